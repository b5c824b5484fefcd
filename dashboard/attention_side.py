"""Fusion, digits and the model that cheats: their pictures, drawn from a run or from one that ships, and read out.

Axes: K training steps, R seeds, T letters, P patches, V symbols.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch

from core.models.rereading import losses_without_future, rereading_step
from core.recordings.digits import read_digits
from core.recordings.storage import Recording, RecordingError
from core.tasks.catalog import make_task
from core.tasks.digits import WORDS, Digits
from core.tasks.pair_vocabulary import STOP
from core.training.config import TrainingConfig
from core.training.digits_config import DigitsConfig
from core.training.kinds import read_config
from core.training.moment import Moment
from core.training.reading import encode, opened
from dashboard import server
from dashboard.asked import Drawn, whole
from dashboard.attention_shipped import FOLDER
from dashboard.attention_spread import draw_spread
from dashboard.figures.attention_numbers import model_strokes_of
from dashboard.figures.attention_side import band_figure, digit_figure, digit_shares_figure, losses_figure
from dashboard.readers import readers_of
from dashboard.readings import number
from dashboard.summed_sweeps import curves_of, sweep_of

C = TypeVar("C", DigitsConfig, TrainingConfig)
HALF = 0.5
WRITTEN, JUDGED = 120, 300
"""Characters that a model writes, and that it is judged on."""


@dataclass(frozen=True)
class SideAsked:
    """Which picture, of which run, model and digit."""

    name: str
    model: int = 0
    digit: int = 7
    run_id: str | None = None
    step: int | None = None


def read_side_question(name: str, given: Mapping[str, str]) -> SideAsked:
    """The question from an address. Errors: ValueError (rule, what came, remedy)."""
    step = given.get("step")
    return SideAsked(name, whole("model", given.get("model", "0")), whole("digit", given.get("digit", "7")),
                     given.get("run"), None if step is None else whole("step", step))  # fmt: skip


@contextmanager
def side_recording(asked: SideAsked, shipped: str) -> Iterator[Recording]:
    """The run's recording, or that of the run that ships. Errors: RecordingError."""
    root, name = (FOLDER, shipped) if asked.run_id is None else (server.runs_root(), asked.run_id)
    with readers_of(root).reading(name) as recording:
        yield recording


def config_in(recording: Recording, kind: type[C]) -> C:
    """The run's settings. Errors: RecordingError for a run of another kind."""
    config = read_config(recording.header.config)
    if not isinstance(config, kind):
        raise RecordingError(f"Recording {recording.header.id!r} is a run of another kind; open one of this section.")
    return config


def draw_fusion(asked: SideAsked, recording: Recording) -> Drawn:
    """Share of held-out tokens right by step, mean and band over the seeds that are done."""
    base = sweep_of(recording).base
    keys = {name: f"{name}/held_out_tokens" for name in base.names}  # type: ignore[attr-defined]
    done = [curves for _, curves in curves_of(recording, list(keys.values()))]
    if not done:
        return Drawn(band_figure({}, "tokens right"), "The first seed is not through yet.")
    labels = {name: model.fusion for name, model in zip(base.names, base.models, strict=True)}  # type: ignore[attr-defined]
    found = {labels[name]: np.stack([curves[key] for curves in done]) for name, key in keys.items()}
    strokes = model_strokes_of(len(found))
    lines = {label: (stroke, one[0, 0], one[:, 1]) for stroke, (label, one) in zip(strokes, found.items(), strict=True)}
    return Drawn(band_figure(lines, "share of held-out tokens right"), fusion_sentence(lines))


def fusion_sentence(lines: Mapping) -> str:
    """When each mean passes a half, and where it ends with which spread."""
    parts = []
    for label, (_, steps, values) in lines.items():
        passed = steps[values.mean(axis=0) > HALF]
        when = f"passes a half at step {int(passed[0])}" if len(passed) else "never passes a half"
        ends = f"{number(values[:, -1].mean())} ({number(values[:, -1].min())} to {number(values[:, -1].max())})"
        parts.append(f"**{label}** {when} and ends at {ends}")
    count = len(next(iter(lines.values()))[2])
    return f"Mean over {count} seed{'s' * (count > 1)}: {'; '.join(parts)}."


def draw_digit(asked: SideAsked, recording: Recording) -> Drawn:
    """One image, and where a model looks for each letter."""
    config = config_in(recording, DigitsConfig)
    name = config.names[min(asked.model, len(config.names) - 1)]
    seen = read_digits(lambda key: recording.record(key, asked.step), recording.names(), name)
    place = int(np.argmax(seen.digits == asked.digit)) if asked.digit in seen.digits else 0
    symbols, answer = Digits(config.held_out).target_symbols, seen.answers[place]
    stops = np.flatnonzero(answer == STOP)
    rows = int(stops[0]) + 1 if len(stops) else len(answer)
    letters = [symbols[token] for token in answer[:rows]]
    word, said = WORDS[int(seen.digits[place])], "".join(letters[: rows - bool(len(stops))])
    verdict = "and so it writes" if said == word else f"but it writes “{said}”"
    if seen.weights is None:
        return Drawn(
            digit_figure(seen.images[place], np.zeros((0, 1)), []), f"“{word}”, {verdict}; it has no attention."
        )
    weights = seen.weights[place, :rows]
    most = float(weights.max(axis=1).mean())
    return Drawn(
        digit_figure(seen.images[place], weights, letters),
        f"The image is of “**{word}**”, {verdict}. The patch it looks at most gets {number(most)} of the weight on "
        f"average, where {number(1 / weights.shape[1])} is looking at all {weights.shape[1]} alike.",
    )


def draw_digit_shares(asked: SideAsked, recording: Recording) -> Drawn:
    """Words right by digit, of every model."""
    config = config_in(recording, DigitsConfig)
    shares = {}
    for stroke, model, name in zip(model_strokes_of(len(config.names)), config.models, config.names, strict=True):
        shares[model.fusion] = (stroke, np.asarray(recording.record(f"{name}/by_digit", asked.step)))
    parts = [f"**{label}** {number(100 * float(np.nanmean(values)))} %" for label, (_, values) in shares.items()]
    hardest = int(np.nanargmin(np.nanmean([values for _, values in shares.values()], axis=0)))
    return Drawn(
        digit_shares_figure(shares, WORDS),
        f"Held-out words right, mean over digits: {', '.join(parts)}. The hardest for all is “{WORDS[hardest]}”.",
    )


DRAWN: dict[str, tuple[str, Callable[[SideAsked, Recording], Drawn]]] = {
    "fusion": ("fusion", draw_fusion),
    "digit": ("digits", draw_digit),
    "digit-shares": ("digits", draw_digit_shares),
    "seeds": ("reverse-seeds", draw_spread),
}
"""By name: the run that ships, and what draws it."""


@dataclass(frozen=True)
class Honesty:
    """What a language model loses and writes where the future is not written yet."""

    loss: float
    """Nats a character."""
    text: str
    """What it wrote."""
    symbols: int
    """V."""


def honesty(moment: Moment, texts: Path) -> Honesty:
    """Judge a model on a text as a writer, and let it write, always the likeliest character."""
    model = opened(moment, texts)
    assert model.task is not None
    batch = make_task(moment.config.task, texts).batch(np.random.default_rng(0), 8)
    tokens = torch.as_tensor(batch.inputs).reshape(-1)[:JUDGED]
    loss = float(losses_without_future(model.model, tokens).mean())
    return Honesty(loss, _written(model, "The "), len(model.symbols))


@torch.no_grad()
def _written(model, beginning: str) -> str:
    """What it goes on to write."""
    step, state = rereading_step(model.model)
    tokens = encode(model.symbols, list(beginning)).tolist()
    state = torch.tensor([tokens[:-1]])
    for _ in range(WRITTEN):
        log_probs, state = step(state, torch.tensor(tokens[-1:]))
        tokens.append(int(log_probs[0].argmax()))
    return "".join(model.symbols[token] for token in tokens)


def draw_cheat(config: TrainingConfig, recording_losses: Mapping, found: list[Honesty]) -> Drawn:
    """Losses in training and in writing, and what is written."""
    labels = [model.label for model in config.models]
    strokes = model_strokes_of(len(labels))
    lines = {
        label: (stroke, *recording_losses[name])
        for label, stroke, name in zip(labels, strokes, config.names, strict=True)
    }
    written = {label: one.loss for label, one in zip(labels, found, strict=True)}
    parts = [
        f"**{label}** loses {number(float(lines[label][2][-1]))} nats in training, {number(one.loss)} when it writes: "
        f"“{' '.join(one.text.split())}”"
        for label, one in zip(labels, found, strict=True)
    ]
    alike = math.log(found[0].symbols)
    return Drawn(losses_figure(lines, written, alike), f"{'; '.join(parts)}. All alike would lose {number(alike)}.")


def losses_in(recording: Recording, config: TrainingConfig) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """By model: training steps and losses."""
    table = recording.scalars([f"{name}/loss" for name in config.names])
    return {name: (table.index.to_numpy(), table[f"{name}/loss"].to_numpy()) for name in config.names}
