"""Sentences that read out what cutting a sequence does, and what it costs.

Axes: K window lengths.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from core.analysis.outcome import SOLVED
from core.recordings.truncation import CutText, GradientLikeness, Undetached, WindowCosts
from dashboard.anatomy_readings import percent
from dashboard.figures.truncation import WAY_TITLES
from dashboard.readings import number


def cut_sentence(text: CutText) -> str:
    """How far the loss reaches with each way, and what the cut loses of the whole."""
    whole = text.reaches[0].norms
    parts = []
    for reach in text.reaches[1:]:
        steps = text.place - reach.start
        lost = percent(_share_left(whole, reach.start))
        back = f"{steps} step{'s' * (steps != 1)} back, to t = {reach.start + 1}"
        parts.append(f"**{reach.label}** reaches {back}, and loses {lost}")
    uncut = f"uncut it reaches all {text.place} steps, with {number(whole[0])} at t = 1"
    return (
        f"The loss at t* = {text.place + 1}: {uncut}; {'; '.join(parts)} of the whole one's squared norm. "
        "Left of a cut the gradient is exactly 0."
    )


def _share_left(norms: np.ndarray, start: int) -> float:
    """Of the sum of squares, what lies before `start`."""
    squares = np.square(norms)
    return float(squares[:start].sum() / squares.sum()) if squares.sum() > 0 else math.nan


def reach_sentence(text: CutText) -> str:
    """The loss itself with each way: a fresh start reads less."""
    losses = ", ".join(f"{reach.label} {number(reach.loss)}" for reach in text.reaches)
    return f"The loss at t* = {text.place + 1} itself: {losses}. Windows that start from h₀ = 0 also read less."


def likeness_sentence(found: Sequence[GradientLikeness]) -> str:
    """What the shortest and a middle window keep of the direction."""
    middle = len(found[0].windows) // 2
    parts = [
        f"**{WAY_TITLES[one.label]}** {number(one.cosine[middle])} (W_hh {number(one.recurrent_cosine[middle])}, "
        f"norm × {number(one.ratio[middle])})"
        for one in found
    ]
    is_without = any(np.isnan(one.recurrent_cosine[0]) for one in found)
    nothing = "NaN: no gradient reaches W_hh there, so it has no direction. " if is_without else ""
    short = ", ".join(f"{WAY_TITLES[one.label]} {number(one.recurrent_cosine[0])}" for one in found)
    return (
        f"Cosine at windows of {found[0].windows[middle]}: {'; '.join(parts)}. Of W_hh alone at windows of "
        f"{found[0].windows[0]}: {short}. {nothing}At {found[0].windows[-1]}, the whole sequence, "
        "all are 1."
    )


def costs_sentence(costs: WindowCosts) -> str:
    """The shortest window beside the whole."""
    memory = costs.bytes[-1] / costs.bytes[0]
    slower = costs.seconds[0] / costs.seconds[-1]
    return (
        f"Windows of {costs.windows[0]} keep {number(costs.bytes[0] / 1000)} kB, the whole sequence "
        f"{number(costs.bytes[-1] / 1000)} kB, **{number(memory)} times** as much. A batch takes "
        f"{number(costs.seconds[0] * 1000)} ms in {costs.updates[0]} updates of windows of {costs.windows[0]}, and "
        f"{number(costs.seconds[-1] * 1000)} ms whole: short windows are {number(slower)} times as slow, "
        "and save memory alone."
    )


def undetached_sentence(found: Undetached) -> str:
    """The first and the last window, in time and memory."""
    time = found.attached[-1] / found.attached[0]
    memory = found.attached_bytes[-1] / found.attached_bytes[0]
    return (
        f"Without detach() the {len(found.timesteps)}th window goes back over all {found.timesteps[-1]} timesteps: "
        f"**{number(time)} times** the first one's time and {number(memory)} times its memory. With it, every window "
        f"costs the same: {number(found.detached[0] * 1000)} ms first, {number(found.detached[-1] * 1000)} ms last."
    )


def complaints(found: Undetached) -> str:
    """What PyTorch says to who forgets detach(), and what that means."""
    return (
        f"Then backward() of the second window raises “{_first_sentence(found.second_backward)}”: the first window's "
        "graph is gone, and the carried state still hangs on it. Keep it with retain_graph=True and update the "
        f"weights, and it says “{_first_sentence(found.after_update)}”: the old graph needs the old weights."
    )


def _first_sentence(message: str) -> str:
    return message.split(". ")[0].split(": [")[0].split(" (or")[0] or "nothing"


def staleness_sentence(lines: Mapping[str, tuple[np.ndarray, Sequence[np.ndarray]]]) -> str:
    """The newest, and the largest that there was; `lines`: label → training steps and their shares."""
    parts = []
    for label, (steps, shares) in lines.items():
        means = np.array([float(np.mean(share)) for share in shares])
        worst = int(np.nanargmax(means)) if not np.isnan(means).all() else 0
        parts.append(
            f"**{label}**: at step {steps[-1]} the carried state is {percent(means[-1])} off, at most "
            f"{percent(means[worst])} (step {steps[worst]})"
        )
    return "; ".join(parts) + "."


def lag_sentence(lags: np.ndarray, accuracies: Mapping[str, np.ndarray], chance: float) -> str:
    """Up to which lag each window learns it, in the mean of its seeds; accuracies (K, S) by label."""
    parts = []
    for label, found in accuracies.items():
        known = ~np.isnan(found).all(axis=1)
        if not known.any():
            parts.append(f"**{label}** not trained yet")
            continue
        means, there = np.nanmean(found[known], axis=1), lags[known]
        solved = there[means >= SOLVED]
        longest = f"up to lag {solved.max()}" if len(solved) else "at no lag here"
        parts.append(f"**{label}** {SOLVED:.0%} right {longest} ({percent(means[-1])} at lag {there[-1]})")
    return f"{'; '.join(parts)}. Guessing gets {percent(chance)}."
