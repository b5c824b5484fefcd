"""Which unit tells a property of the text: all units ranked, and random directions beside them, so that chance shows.

Axes: T characters, H hidden units, K directions of a chunk, P properties.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from .ranks import Targets, figures

CHUNK = 32
"""Units ranked at once."""
ROWS = 256
"""Characters at once where a cache holds them."""
RESOLVED = 1e-6
"""A unit that varies by less than this share of its mean stands still."""
THREADS = 2
"""That sort side by side; NumPy sorts without the interpreter's lock."""
Progress = Callable[[float], None]


@dataclass(frozen=True)
class CellSearch:
    """Units by how well each alone tells one property.

    They are ranked on the first half of the text, and their figure is taken on the second, which the ranking did not
    see. A unit that is low where the property holds is as good: its figure is turned, and `signs` says so.
    """

    name: str
    """Of the property."""
    measure: str
    """"AUC", 0.5 by chance, or "Spearman", 0 by chance; 1 is perfect."""
    units: np.ndarray
    """Best first, shape (H,), int64."""
    signs: np.ndarray
    """1, or −1 where the unit is low when the property holds or is large; shape (H,), in the order of `units`."""
    ranked: np.ndarray
    """Figure on the first half, by which they are ordered, shape (H,); NaN (last) where it has none."""
    held_out: np.ndarray
    """Figure on the second half, shape (H,), in the order of `units`; the one to report."""
    random_ranked: float
    """The same for the best of as many random directions in the space of all units."""
    random_held_out: float
    """The same direction on the second half."""
    share: float
    """Share of characters where the property holds; NaN for a number."""


def cell_search(
    activations: np.ndarray, properties: Mapping[str, np.ndarray], seed: int = 0, progress: Progress | None = None
) -> dict[str, CellSearch]:
    """Rank all units for every property, and as many random directions (Gaussian, of standardised units).

    Args:
        activations: One value of every unit at every character, shape (T, H).
        properties: Name → what holds at every character, shape (T,): bool for yes or no, else a number.
        seed: Of the random directions.
        progress: Told the share done, in (0, 1], now and then.

    Errors: ValueError for shapes that do not fit, or a text of less than four characters.
    """
    _check(activations, properties)
    half = len(activations) // 2
    parts = activations[:half], activations[half:]
    values = list(properties.values())
    targets = Targets.of([value[:half] for value in values]), Targets.of([value[half:] for value in values])
    directions = _random_directions(parts[0], seed)
    tick = _ticker(progress, 3 * activations.shape[1] + len(properties))
    units = [_figures(part, None, target, tick) for part, target in zip(parts, targets, strict=True)]
    random = _figures(parts[0], directions, targets[0], tick)
    best = [_best_first(row, chance)[0] for row, chance in zip(random, targets[0].chance, strict=True)]
    again = _figures(parts[1], directions[:, best], targets[1], tick).diagonal()
    rows = zip(properties.items(), *units, random[range(len(best)), best], again, strict=True)
    return {name: _search(name, value, *figure) for (name, value), *figure in rows}


def _check(activations: np.ndarray, properties: Mapping[str, np.ndarray]) -> None:
    if activations.ndim != 2 or len(activations) < 4 or not activations.shape[1]:
        raise ValueError(
            f"cell_search needs activations of shape (T, H) with T ≥ 4, got {activations.shape}; pass a longer text."
        )
    for name, value in properties.items():
        if value.shape != (len(activations),):
            raise ValueError(
                f"{name} needs one value for each of the {len(activations)} characters, got shape {value.shape}; "
                "take both from the same text."
            )


def _random_directions(part: np.ndarray, seed: int) -> np.ndarray:
    """As many directions as units, shape (H, H), Gaussian in units of each unit's standard deviation."""
    spread, size = _spread(part), part.shape[1]
    directions = np.random.default_rng(seed).standard_normal((size, size))
    return (directions / np.where(spread > 0, spread, 1)[:, None]).astype(np.float32)


def _spread(part: np.ndarray) -> np.ndarray:
    """Standard deviation of every unit, shape (H,), float64; 0 for one that stands still."""
    sums, squares = np.zeros((2, part.shape[1]))
    for start in range(0, len(part), ROWS):
        rows = part[start : start + ROWS].astype(np.float64)
        sums += rows.sum(axis=0)
        squares += np.einsum("th,th->h", rows, rows)
    mean = sums / len(part)
    spread = np.sqrt(np.maximum(squares / len(part) - mean**2, 0))
    return np.where(spread > RESOLVED * np.abs(mean), spread, 0)


def _ticker(progress: Progress | None, total: int) -> Callable[[int], None]:
    """Count columns that are done, and tell their share."""
    done = 0

    def tick(count: int) -> None:
        nonlocal done
        done += count
        if progress is not None:
            progress(done / total)

    return tick


def _figures(
    part: np.ndarray, directions: np.ndarray | None, targets: Targets, tick: Callable[[int], None]
) -> np.ndarray:
    """Figures of every unit, or of every direction, for each property, shape (P, K)."""

    def of_chunk(start: int) -> np.ndarray:
        chunk = slice(start, start + CHUNK)
        columns = part[:, chunk] if directions is None else part @ directions[:, chunk]
        return figures(np.ascontiguousarray(columns.T), targets)

    blocks: list[np.ndarray] = []
    starts = range(0, (part if directions is None else directions).shape[1], CHUNK)
    with ThreadPoolExecutor(THREADS) as threads:
        for block in threads.map(of_chunk, starts):
            blocks.append(block)
            tick(block.shape[1])
    return np.concatenate(blocks, axis=1)


def _best_first(figure: np.ndarray, chance: float) -> np.ndarray:
    """Places by distance from chance, NaN last."""
    distance = np.abs(figure - chance)
    return np.argsort(-np.where(np.isnan(distance), -1, distance), kind="stable")


def _search(
    name: str, values: np.ndarray, ranked: np.ndarray, held_out: np.ndarray, random: float, random_held_out: float
) -> CellSearch:
    is_yes_or_no = values.dtype == bool
    chance = 0.5 if is_yes_or_no else 0.0
    order = _best_first(ranked, chance)
    signs = np.where(ranked[order] < chance, -1, 1)

    sign = -1 if random < chance else 1
    return CellSearch(
        name=name,
        measure="AUC" if is_yes_or_no else "Spearman",
        units=order,
        signs=signs,
        ranked=chance + signs * (ranked[order] - chance),
        held_out=chance + signs * (held_out[order] - chance),
        random_ranked=chance + sign * (float(random) - chance),
        random_held_out=chance + sign * (float(random_held_out) - chance),
        share=float(values.mean()) if is_yes_or_no else float("nan"),
    )
