"""Records of how far a gradient goes back over many calls, and of how large states grow in long runs.

Axes: L layers, D directions, N batch, T timesteps over all calls of a pass, from 0; C calls.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

JOINED, DETACHED, NEW = "joined", "detached", "new"
"""How a call starts: from another call's state with its gradient, with its values alone, or from none."""
LAGS = (1, 2, 5, 10, 20, 50, 100, 200, 500)
"""How far back the share is told in words."""
NOTHING = 1e-3
"""A share below this is told as next to nothing."""


@dataclass(frozen=True)
class Start:
    """Where one call begins, and from what."""

    step: int
    """Its first timestep."""
    how: str
    """JOINED, DETACHED or NEW."""
    resets: np.ndarray
    """Which examples begin from zero although the call goes on from another, shape (N,), bool."""


@dataclass(frozen=True)
class Proof:
    """The loss computed again by the user's own forward, with a small step in the state before one timestep."""

    step: int
    """The timestep."""
    how: str
    """How the call starts there."""
    of_resets: bool
    """Whether only the state of examples that are reset there was moved."""
    finite_difference: float
    """How much the loss moves per unit, by central differences."""
    gradient: float
    """How much the gradient says it moves: 0 where that is cut."""
    resolution: float
    """What rounding of the loss alone can make of the finite difference."""

    @property
    def is_moved(self) -> bool:
        """Whether the loss hangs on that state, by more than rounding shows."""
        return abs(self.finite_difference) > self.resolution

    @property
    def holds(self) -> bool:
        """Whether values and gradient go on, or end, as the span says: both alike, or where it is cut values alone."""
        if self.how == DETACHED and not self.of_resets:
            return self.gradient == 0
        return abs(self.finite_difference - self.gradient) <= max(0.05 * abs(self.gradient), self.resolution)

    def __str__(self) -> str:
        which = "the reset examples' state" if self.of_resets else "the state"
        where = ", where it begins," if self.how == NEW else ""
        by = f"moves the loss by {self.finite_difference:.3g} per unit" if self.is_moved else "leaves the loss as it is"
        told = (
            f"Proof: moving {which} before timestep {self.step + 1}{where} {by}, the gradient says {self.gradient:.3g}"
        )
        if not self.holds:
            return f"{told}: again() does not repeat the watched loss, or that is not smooth there."
        if self.how == DETACHED and not self.of_resets and self.is_moved:
            return f"{told}: values go on, the gradient is cut."
        return f"{told}."


@dataclass(frozen=True)
class Span:
    """How far back the gradient goes over all calls of a layer in one pass."""

    name: str
    norms: np.ndarray
    """‖∂L/∂h_t‖ over layers and units, of each example, shape (N, T): from each step's own loss too."""
    valid: np.ndarray
    """Which timesteps each example has, shape (N, T), bool: of packed sequences the shorter ones end before others."""
    starts: tuple[Start, ...]
    """Of each call."""
    share: np.ndarray | None
    """Of what enters at each example's last timestep, how much arrives at each earlier one through the recurrence.

    Shape (N, T): ‖·‖ over its own at the end, by going back through the same steps in float64. NaN where it is not
    known, None where the layer cannot be run again.
    """
    note: str | None = None
    """Why the share is not known."""
    proofs: tuple[Proof, ...] = ()

    @property
    def steps(self) -> int:
        """T."""
        return self.norms.shape[1]

    @property
    def cuts(self) -> tuple[int, ...]:
        """Timesteps before which the gradient ends for every example: after `detach()`, or from a new initial state."""
        return tuple(start.step for start in self.starts if start.step and start.how != JOINED)

    @property
    def resets(self) -> np.ndarray:
        """Whether an example's state was set to zero before a timestep, shape (N, T), bool."""
        found = np.zeros(self.norms.shape, bool)
        for start in self.starts:
            found[: len(start.resets), start.step] = start.resets
        return found

    @property
    def ends(self) -> np.ndarray:
        """Whether the gradient of later timesteps ends at one, bool, shape (N, T): it was cut or reset before."""
        found = self.resets
        found[:, [0, *self.cuts]] = True
        return found

    @property
    def back(self) -> np.ndarray:
        """How many timesteps the last one's gradient spans, itself included, of each example, shape (N,).

        Cuts and resets end it, and so does a gradient that is zero, as where it has vanished below the smallest number.
        """
        rows = zip(self.ends, self.norms, self.valid, strict=True)
        return np.array([_back(ends[valid], norms[valid]) for ends, norms, valid in rows])

    @property
    def longest(self) -> np.ndarray:
        """The longest unbroken run of timesteps of each example, shape (N,)."""
        rows = [row[valid] for row, valid in zip(self.ends, self.valid, strict=True)]
        return np.array([max(np.diff([*np.flatnonzero(row), len(row)]), default=0) for row in rows])

    def __str__(self) -> str:
        lines = [f"{self.name}: {len(self.starts)} call(s), {self.steps} timestep(s), {len(self.norms)} example(s)."]
        lines.append(_back_sentence(self.back, self.longest, self.steps))
        lines += filter(None, (_cut_sentence(self), _reset_sentence(self), _share_sentence(self)))
        return "\n".join([*lines, *map(str, self.proofs)])


def _back(ends: np.ndarray, norms: np.ndarray) -> int:
    reached = np.flatnonzero(norms)
    if not len(reached):
        return 0
    last = reached[-1]
    first = np.flatnonzero(ends[: last + 1])[-1]
    zeros = np.flatnonzero(norms[first : last + 1] == 0)
    return int(last - first + 1 if not len(zeros) else last - first - zeros[-1])


def _back_sentence(back: np.ndarray, longest: np.ndarray, steps: int) -> str:
    if not len(back):
        return "There is no example."
    counts = f"{back.max()}" if back.min() == back.max() else f"{back.min()} to {back.max()}"
    whole = " (all of them)" if back.min() == steps else ""
    return f"The gradient of the last timestep spans {counts}{whole}; the longest unbroken run is {longest.max()}."


def _cut_sentence(span: Span) -> str:
    words = {DETACHED: "only values are passed on (detach)", NEW: "a new initial state"}
    told = [f"{start.step + 1}: {words[start.how]}" for start in span.starts if start.step and start.how != JOINED]
    more = f", and {len(told) - 5} more" if len(told) > 5 else ""
    return f"It is cut before timestep {'; '.join(told[:5])}{more}." if told else ""


def _reset_sentence(span: Span) -> str:
    resets = span.resets
    if not resets.any():
        return ""
    examples = int(resets.any(axis=1).sum())
    return f"{examples} example(s) are reset to zero on the way, {int(resets.sum())} time(s) in all."


def _share_sentence(span: Span) -> str:
    if span.share is None:
        return "" if span.note is None else f"What share arrives is not known: {span.note}"
    with np.errstate(invalid="ignore"):
        means = np.array([row[np.isfinite(row)].mean() if np.isfinite(row).any() else np.nan for row in span.share.T])
    lags = [lag for lag in LAGS if lag < span.steps and np.isfinite(means[-1 - lag])]
    nothing = next((place for place, lag in enumerate(lags) if means[-1 - lag] == 0), len(lags))
    parts = [f"{_percent(means[-1 - lag])} {lag} back" for lag in lags[: nothing + 1]]
    return f"Of what enters at the last timestep there arrives, on average: {', '.join(parts)}." if parts else ""


def _percent(share: float) -> str:
    return "nothing" if share == 0 else f"{share:.1%}" if share >= NOTHING else f"{share * 100:.1e} %"


@dataclass(frozen=True)
class StateLife:
    """How large a layer's states are, timestep by timestep, over everything that it ran."""

    name: str
    hidden: np.ndarray
    """Largest |h| over examples and units, shape (L, D, T)."""
    cell: np.ndarray | None
    """LSTM: largest |c|, shape (L, D, T)."""
    starts: tuple[int, ...]
    """Timesteps that began from a new state, or with every example reset."""

    @property
    def growth(self) -> float:
        """By how much the largest |c|, of others |h|, grows per timestep over the last half: a line's slope."""
        grown = self._largest
        half = grown[len(grown) // 2 :]
        return float(np.polyfit(np.arange(len(half)), half, 1)[0]) if len(half) > 1 else 0.0

    @property
    def _largest(self) -> np.ndarray:
        return (self.hidden if self.cell is None else self.cell).max(axis=(0, 1))

    def __str__(self) -> str:
        grown, symbol = self._largest, "h" if self.cell is None else "c"
        steps = len(grown)
        places = sorted({min(steps, max(1, round(steps * share))) for share in (0.01, 0.1, 0.5, 1)})
        sizes = ", ".join(f"{grown[place - 1]:.3g} at {place}" for place in places)
        trend = f"it changes by {self.growth:+.2g} a timestep over the last half"
        fresh = f"the state begins anew {len(self.starts)} time(s)"
        return f"{self.name}: largest |{symbol}| is {sizes} of {steps} timesteps; {trend}; {fresh}."
