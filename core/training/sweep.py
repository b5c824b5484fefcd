"""Sweep: one run after another, each with other values of one or two settings, over several seeds.

Axes: P points, K measured steps of one point.

    base = TrainingConfig(models=(ModelConfig("rnn"), ModelConfig("lstm", forget_bias=3.0)))
    SweepConfig(base, (Factor("task.length", (5, 10, 20)),), seeds=(0, 1, 2))   # nine points, seed by seed

Its recording has, for every point, at most 50 rows with the scalars

    point, inner_step           which point, from 0 in the order of `SweepConfig.points`, and how far it is
    <model>/loss, …             each scalar that the point's own run records, as its mean since the row before

and the point's last row also has the arrays

    <model>/loss/curve, …       all of a scalar, shape (2, K): at which inner steps it was measured, and its values
    <model>/<array>             the newest small array that the point's own run recorded under this name, as it is

so that a picture can show mean and range over the seeds while the sweep goes on (`core.analysis.sweep`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any, ClassVar

from ..checks import check_whole, quote
from .config import MAX_SEED, TrainingConfig
from .run_config import RunConfig, Size
from .sweep_paths import changed, plain, value_at

MAX_FACTORS, MAX_POINTS = 2, 200


@dataclass(frozen=True)
class Factor:
    """One setting and the values that it takes."""

    path: str
    """Where it is in the config, e.g. "task.length", "learning_rate", "models", "models.0.hidden_size"."""
    values: tuple[Any, ...]
    """As the config holds them: numbers, texts, or frozen dataclasses such as tuples of ModelConfig."""


@dataclass(frozen=True)
class Point:
    """One of the runs of a sweep."""

    values: tuple[Any, ...]
    """One a factor."""
    config: RunConfig

    @property
    def labels(self) -> tuple[str, ...]:
        """One a factor, for people."""
        return tuple(map(value_label, self.values))


@dataclass(frozen=True)
class SweepConfig:
    """Runs of one kind that differ in one or two settings and in the seed.

    What a sweep compares is fixed: it can be paused and ended, but learning rate and clipping are those of its points.

    Errors: ValueError (rule, what came, remedy), also for a point that its kind refuses.
    """

    kind: ClassVar[str] = "sweep"
    base: RunConfig = TrainingConfig()
    """What all points share; of any kind but this."""
    factors: tuple[Factor, ...] = ()
    """None (seeds alone), one or two; of two, every pair of values is a point."""
    seeds: tuple[int, ...] = (0,)
    """Each of them takes the place of the base's own."""

    def __post_init__(self) -> None:
        if self.base.kind == self.kind:
            raise ValueError("a sweep's base must be a run of another kind, got a sweep; name its own base.")
        if len(self.factors) > MAX_FACTORS:
            raise ValueError(f"a sweep has at most {MAX_FACTORS} factors, got {len(self.factors)}; leave some out.")
        for what, values in [("seeds", self.seeds), *((factor.path, factor.values) for factor in self.factors)]:
            if not values or len(set(values)) < len(values):
                raise ValueError(f"a sweep needs values of {what}, each once, got {quote(values)}; give a tuple.")
        for seed in self.seeds:
            check_whole("seed", seed, 0, MAX_SEED)
        if (count := len(self.seeds) * math.prod(len(factor.values) for factor in self.factors)) > MAX_POINTS:
            raise ValueError(f"a sweep has at most {MAX_POINTS} points, got {count}; give fewer values or seeds.")
        _ = self.points

    @cached_property
    def points(self) -> tuple[Point, ...]:
        """All runs in their order: every pair of values with the first seed, then with the next, and so on."""
        paths = [factor.path for factor in self.factors]
        combinations = list(product(*(factor.values for factor in self.factors)))
        return tuple(
            Point(values, changed(self.base, dict(zip(paths, values, strict=True)) | {"seed": seed}))
            for seed in self.seeds
            for values in combinations
        )

    @property
    def title(self) -> str:
        """For people, e.g. "RNN against LSTM, T = 20; by task.length; 3 seeds"."""
        paths = "".join(f"; by {factor.path}" for factor in self.factors)
        return f"{self.base.title}{paths}; {len(self.seeds)} seed{'s' * (len(self.seeds) > 1)}"

    @property
    def steps(self) -> int:
        """All rows of all points, those left out as well, less one."""
        return sum(point.config.steps + 1 for point in self.points) - 1

    @property
    def seed(self) -> int:
        """The first."""
        return self.seeds[0]

    @property
    def learning_rate(self) -> float:
        """The base's."""
        return self.base.learning_rate

    @property
    def clip(self) -> str:
        """The base's."""
        return self.base.clip

    @property
    def max_norm(self) -> float:
        """The base's."""
        return self.base.max_norm

    def sizes(self) -> tuple[Size, ...]:
        """Of each respect, that of the largest point."""
        largest: dict[tuple[str, str], Size] = {}
        for size in (size for point in self.points for size in point.config.sizes()):
            key = size.what, size.limit
            largest[key] = max(size, largest.get(key, size), key=lambda one: one.value)
        return tuple(largest.values())

    def states(self) -> int:
        """Of the largest point: one is trained at a time."""
        return max(point.config.states() for point in self.points)

    def to_dict(self) -> dict[str, Any]:
        """The config as JSON holds it; `from_dict` gives it back."""
        factors = [{"path": factor.path, "values": plain(factor.values)} for factor in self.factors]
        return {"kind": self.kind, "base": self.base.to_dict(), "factors": factors, "seeds": list(self.seeds)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> SweepConfig:
        """The config from JSON. Errors: ValueError for unknown keys, wrong types and values out of range."""
        known = {"kind", "base", "factors", "seeds"}
        if unknown := sorted(set(data) - known):
            raise ValueError(f"a sweep knows {', '.join(sorted(known))}, got {quote(unknown[0])}; remove it.")
        base = _read_base(data.get("base", {}))
        factors = tuple(_read_factor(base, given) for given in _items("factors", data.get("factors", [])))
        return cls(base, factors, tuple(_items("seeds", data.get("seeds", [0]))))


def value_label(value: Any) -> str:
    """A value of a factor for people: its label where it has one, else as it is printed."""
    if isinstance(value, tuple):
        return " against ".join(map(value_label, value))
    return str(getattr(value, "label", value))


def _read_base(data: object) -> RunConfig:
    from . import kinds  # late: it knows this kind as well

    if not isinstance(data, Mapping) or data.get("kind") == SweepConfig.kind:
        raise ValueError(f"a sweep's base is the settings of a run of another kind, got {quote(data)}; give those.")
    return kinds.read_config(data)


def _read_factor(base: RunConfig, data: object) -> Factor:
    if not isinstance(data, Mapping) or set(data) != {"path", "values"} or not isinstance(data["path"], str):
        raise ValueError(f"a factor has a path and values, got {quote(data)}; give both.")
    path = data["path"]
    values = _items(path, data["values"])
    return Factor(path, tuple(value_at(changed(base, {path: value}), path) for value in values))


def _items(what: str, data: object) -> list:
    if not isinstance(data, list | tuple) or len(data) > MAX_POINTS:
        raise ValueError(f"{what} of a sweep must be a list of at most {MAX_POINTS}, got {quote(data)}; put it in [ ].")
    return list(data)
