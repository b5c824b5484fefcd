"""Sentences that read the Recurrence page's pictures out in numbers.

Axes: T timesteps, D directions, M training steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from core.training.measures_directions import Changes
from dashboard.readings import number

LAST_STEPS = 100
"""Of which the mean is what a run came to."""


def stacking_sentence(losses: Mapping[str, Sequence[np.ndarray]], sizes: Mapping[str, int]) -> str:
    """What each model came to, and whether the seeds' ranges lie apart."""
    ends = {label: [float(one[-LAST_STEPS:].mean()) for one in runs] for label, runs in losses.items() if runs}
    if len(ends) < len(losses):
        return "No seed is done yet."
    said = ", ".join(f"**{label}** ({sizes[label]:,} numbers) {_range(values)}" for label, values in ends.items())
    (one, first), (two, second), *_ = ends.items()
    better, worse = (one, two) if np.mean(first) < np.mean(second) else (two, one)
    apart = max(ends[better]) < min(ends[worse])
    verdict = (
        f"of as many numbers, {better} is better with each of {len(first)} seeds, by "
        f"**{abs(float(np.mean(first) - np.mean(second))):.3f}** nats a character"
        if apart
        else f"of as many numbers, {one} and {two} overlap: the seeds do not tell which is better"
    )
    return f"Over the last {LAST_STEPS} updates: {said}. So after this training, {verdict}."


def _range(values: Sequence[float]) -> str:
    return f"{np.mean(values):.3f} nats ({min(values):.3f} to {max(values):.3f})"


def changes_sentence(found: Changes, place: int) -> str:
    """Which states stand still, forward and in reverse."""
    place = min(place, len(found.tokens) - 1)
    edited, appended = (_still(moved) for moved in (found.edited, found.appended))
    steps = len(found.tokens)
    if len(found.edited) == 1:
        return (
            f"Forward, {edited[0]} of {steps} states stand still, exactly: those before t = {place}. One more symbol "
            f"at the end changes {steps - appended[0]} of them. Choose both directions to see the other."
        )
    return (
        f"Another symbol at t = {place} leaves the {edited[0]} **forward** states before it as they were, exactly, and "
        f"the {edited[1]} **reverse** states after it. One more symbol at the end changes {steps - appended[0]} "
        f"forward states and **{steps - appended[1]} of {steps}** reverse ones, the last one by "
        f"{number(float(found.appended[1, -1]))} of itself. A generator adds one symbol at a time: with the reverse "
        "direction it would have to read everything anew for each, and in training it would have seen the very symbol "
        "that it is to guess."
    )


def _still(moved: np.ndarray) -> list[int]:
    return [int((row == 0).sum()) for row in moved]
