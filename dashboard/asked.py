"""What a live figure may ask for: pictures that are computed when the browser wants them, and how they are drawn.

A page puts `question("reach", config, models=(0, 1))` into a `Panel(kind="asked")`; the browser asks it of the server,
adding the run and the step that it shows; the server computes the analysis of that name in a worker.

Axes: T timesteps, M heatmaps.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import numpy as np

from core.recordings.storage import Recording, check_run_id, read_header
from core.training.config import MAX_MODELS, TrainingConfig

if TYPE_CHECKING:
    import plotly.graph_objects as go  # slow to load, and the server's start needs it not

MOST_EXTRA = 8
"""Numbers of its own that a question carries."""
MOST_DIGITS = 16
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_OWN = ("config", "models", "layer", "direction", "example", "run", "step", "since")


@dataclass(frozen=True)
class Asked:
    """One question, checked. Errors: ValueError (rule, what came, remedy)."""

    name: str
    """Of the analysis."""
    config: TrainingConfig
    """Of the run, if there is one, whatever the page says."""
    models: tuple[int, ...] = (0,)
    """Positions in `config.models`, in the order of the results."""
    layer: int = 0
    direction: int = 0
    example: int = 0
    """Position in the batch."""
    run_id: str | None = None
    """None: the models as they are before training."""
    step: int | None = None
    """Training step that is shown; None: the newest."""
    extra: Mapping[str, float] = field(default_factory=dict)
    """Numbers that this analysis alone knows, given to `draw`."""

    def __post_init__(self):
        most = len(self.config.models)
        if not self.models or any(not 0 <= model < most for model in self.models):
            raise ValueError(f"a question is about models 0 to {most - 1} of its run, got {self.models}; choose those.")
        for chosen in (self.config.models[model] for model in self.models):
            _check_below(f"layer of {chosen.label}", self.layer, chosen.layers)
            _check_below(f"direction of {chosen.label}", self.direction, 1 + chosen.bidirectional)
        _check_below("example", self.example, self.config.batch_size)


def _check_below(what: str, value: int, end: int) -> None:
    if not 0 <= value < end:
        raise ValueError(f"the {what} is a whole number from 0 to {end - 1}, got {value}; choose one in that range.")


@dataclass(frozen=True)
class Strip:
    """A line of text under a picture with a heatmap of T rows; the row that is pointed at colours its tokens."""

    tokens: tuple[str, ...]
    """One a timestep."""
    rows: np.ndarray
    """Strength of each token for each row of the heatmap, in [0, 1], shape (T, T); (M, T, T) for M subplots of one."""
    title: str
    """What the colours say, e.g. "Loss at t reaches back to"."""
    names: tuple[str, ...] = ()
    """How the rows are called, where they are others than the tokens; `rows` is then of shape (len(names), T)."""


@dataclass(frozen=True)
class Drawn:
    """The answer as the page shows it."""

    figure: go.Figure
    reading: str
    """One sentence in numbers; **bold** is the only markup."""
    strip: Strip | None = None


@dataclass(frozen=True)
class Analysis:
    """How the questions of one name are answered: computed in a worker and drawn, or drawn from the run's recording."""

    name: str
    compute: Callable[..., Any] | None = None
    """Called in a worker for each model asked about, (moment, layer, direction, example, texts) → record."""
    draw: Callable[[Asked, list, int | None], Drawn] | None = None
    """(what was asked, one record a model, step of the parameters or None without a run) → picture."""
    draw_run: Callable[[Asked, Recording], Drawn] | None = None
    """In place of both: (what was asked, the run's recording) → picture."""
    is_initial: bool = False
    """Whether it looks at the models as they are before training also in a run, and so stays while that goes on."""

    def __post_init__(self):
        is_whole = self.draw_run is None if self.compute and self.draw else self.draw_run and not self.compute
        if not is_whole:
            raise ValueError(f"analysis {self.name!r} needs either compute and draw, or draw_run alone; give those.")


def question(
    name: str,
    config: TrainingConfig,
    models: tuple[int, ...] = (0,),
    layer: int = 0,
    direction: int = 0,
    example: int = 0,
    **numbers: float,
) -> str:
    """The question as `Panel.question` takes it; `Asked` says what the arguments are."""
    places = {"models": ",".join(map(str, models)), "layer": layer, "direction": direction, "example": example}
    written = json.dumps(config.to_dict(), separators=(",", ":"), ensure_ascii=False)
    return f"{name}?{urlencode({'config': written, **places, **numbers})}"


def read_question(name: str, given: Mapping[str, str], runs: Path) -> Asked:
    """The question from an address. Errors: ValueError for what it must not be; RecordingError for the run."""
    run_id, step = given.get("run"), given.get("step")
    config = _config(given.get("config", "{}")) if run_id is None else _config_of_run(runs, run_id)
    models = given.get("models", "0").split(",")[:MAX_MODELS]
    return Asked(
        name,
        config,
        tuple(whole("models", part) for part in models),
        layer=whole("layer", given.get("layer", "0")),
        direction=whole("direction", given.get("direction", "0")),
        example=whole("example", given.get("example", "0")),
        run_id=run_id,
        step=None if step is None else whole("step", step),
        extra=_numbers({key: text for key, text in given.items() if key not in _OWN}),
    )


def _config(written: str) -> TrainingConfig:
    try:
        data = json.loads(written)
    except (ValueError, RecursionError):
        raise ValueError("a question's config is the JSON of a run's settings, got something else; reload.") from None
    return TrainingConfig.from_dict(data)


def _config_of_run(runs: Path, run_id: str) -> TrainingConfig:
    return TrainingConfig.from_dict(read_header(runs / check_run_id(run_id)).config)


def whole(what: str, text: str) -> int:
    """A whole number from an address. Errors: ValueError for other text."""
    if not text.isascii() or not text.isdigit() or len(text) > MOST_DIGITS:
        raise ValueError(f"a question's {what} is a whole number, got {text[:60]!r}; reload the page.")
    return int(text)


def _numbers(given: Mapping[str, str]) -> dict[str, float]:
    if len(given) > MOST_EXTRA or not all(_NAME.fullmatch(name) for name in given):
        raise ValueError(f"a question carries at most {MOST_EXTRA} numbers with names, got {list(given)[:3]}; reload.")
    return {name: number(name, text) for name, text in given.items()}


def number(name: str, text: str) -> float:
    """A finite number from an address. Errors: ValueError for other text."""
    try:
        value = float(text[:40])
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"a question's {name} is a number, got {text[:60]!r}; reload the page.")
    return value
