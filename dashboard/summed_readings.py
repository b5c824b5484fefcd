"""Sentences that read the claims' pictures out in numbers.

Axes: T timesteps, K lengths, S seeds.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.training.measures_length import LENGTHS, AnyLength
from core.training.measures_sharing import SharedGradient
from core.training.measures_time import Times
from dashboard.readings import number

SOLVED = 0.95
"""Share right from which a run counts as solved."""


def length_sentence(found: AnyLength) -> str:
    """What the shipped model does beyond the length that it was trained on."""
    beyond = found.losses[found.positions > found.trained_length]
    within = found.losses[found.positions <= found.trained_length][-3:]
    apart = float(found.apart.max())
    same = "exactly that" if apart == 0 else f"that, to {number(apart)},"
    return (
        f"The same **{found.parameters:,}** numbers read 1 character and {LENGTHS[-1]:,}. In training they saw windows "
        f"of {found.trained_length}; near that end a character costs {number(float(within.mean()))} nats, beyond it "
        f"**{number(float(beyond.mean()))}**. Cut off after 1, 2, 5, … timesteps, a reading ends in {same} state which "
        "the long one had there."
    )


def size_sentence(sizes: Mapping[str, int], window: tuple[int, int]) -> str:
    """The sizes, which no length changes, and how the other network's grows."""
    said = ", ".join(f"{label} **{size:,}**" for label, size in sizes.items())
    return (
        f"At every T alike: {said} numbers. A network that sees the whole window at once has {window[0]:,} at T = 1 "
        f"and {window[1]:,} at T = 1,000, and is made for one T alone."
    )


def sharing_sentence(found: SharedGradient) -> str:
    """Whether the copies' gradients add up, and which of them matter."""
    worst = max(found.apart, key=found.apart.__getitem__)
    shares = np.square(found.norms) / np.square(found.norms).sum()
    fewest = int(np.searchsorted(np.cumsum(np.sort(shares)[::-1]), 0.9)) + 1
    return (
        f"The gradients of the **{len(found.norms)} copies** add up to that of the one shared W_hh: their sum is "
        f"{number(float(found.sums[0]))}, autograd's {number(found.whole)}; over all weights and biases they differ by "
        f"at most **{number(found.apart[worst])}** of the largest entry ({worst}). 90 % of all squared gradient is in "
        f"{fewest} of the copies; the first one's is {number(float(found.norms[0]))}, as h₀ = 0."
    )


def times_sentence(found: Times, label: str) -> str:
    """How time grows with T, and how far the product is ahead."""
    slope = found.recurrent[-1] / found.recurrent[-3]
    ratio = found.lengths[-1] / found.lengths[-3]
    ahead = found.recurrent[-1] / found.product[-1]
    return (
        f"From T = {found.lengths[-3]} to {found.lengths[-1]:,}, {ratio:.0f} times as many steps, the {label} takes "
        f"**{slope:.1f} times** as long: {found.recurrent[-1] * 1000:.2g} ms at the end, for "
        f"{found.multiplications[-1]:,} multiplications. One matrix product of just as many takes "
        f"{found.product[-1] * 1000:.2g} ms: **{ahead:.1f} times** faster on one core of this server, for no row of it "
        "waits for another; each h waits for the one before."
    )


def lag_sentence(curves: Mapping[str, tuple[np.ndarray, np.ndarray]], chance: float) -> str:
    """Up to which lag each model solved the task; lags (K,) and accuracies (K, S) by label."""
    return " ".join(_lag(label, *curve, chance) for label, curve in curves.items())


def _lag(label: str, lags: np.ndarray, accuracies: np.ndarray, chance: float) -> str:
    known = ~np.isnan(accuracies)
    if not known.any():
        return f"**{label}**: no run is done yet."
    solved = [int(lag) for lag, row, is_known in zip(lags, accuracies, known, strict=True)
              if is_known.any() and row[is_known].min() >= SOLVED]  # fmt: skip
    reaches = f"all seeds solve it up to a lag of **{max(solved)}**" if solved else "no lag is solved by all seeds"
    last = np.flatnonzero(known.any(axis=1))[-1]
    end = float(np.nanmean(accuracies[last]))
    return f"**{label}**: {reaches}; at {lags[last]} it is right {end:.0%} of the time (chance {chance:.1%})."
