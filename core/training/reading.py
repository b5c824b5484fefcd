"""A model reads: the shipped one or a run's, a text or an example of its task, with or without hands in the works.

It reads in float64, so that the fused pass and the one step by step, which hands need, agree in every digit shown.

Axes: T timesteps, I input features, H hidden units, C outputs, K likeliest next symbols.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..models.character_model import load_character_model
from ..models.sequence_model import SequenceModel
from ..models.vocabulary import UNKNOWN
from ..probes.intervene import intervene
from ..probes.intervention import NAMES, Intervention
from ..probes.watch import watch
from ..recordings.records import GateTrace
from ..tasks.catalog import make_task
from ..tasks.task import Batch, Task
from ..tasks.texts import UNSEEN, read_text
from .examples import example_losses, example_tokens
from .moment import WATCHED_LAYER, Moment, draw, load_parameters
from .start import initial_model

LIKELIEST = 5
MOST_OPEN, MOST_KEPT = 4, 2
MOST_STATES_KEPT = 4_000_000
"""Hidden states of a reading that is kept for the next question; a larger one is made again."""

Reader = Path | Moment
"""Who reads: a character model in a file, or a run's model at one of its steps."""


@dataclass(frozen=True)
class Passage:
    """What is read: a part of a text; by a model that knows no text, an example of its run's first batch."""

    text: str = UNSEEN
    """As `read_text` takes it."""
    typed: str = ""
    """Unless empty, read in place of the text, from its beginning."""
    start: int = 0
    """First character."""
    length: int = 1000
    example: int = 0
    edits: tuple[tuple[int, str], ...] = ()
    """Timestep, and the symbol to read there in place of the passage's own."""


@dataclass(frozen=True, eq=False)
class Opened:
    """A model that is ready to read."""

    model: SequenceModel
    """In float64."""
    symbols: tuple[str, ...]
    """How each token is printed; () where it reads numbers."""
    task: Task | None
    """None for a model in a file, which reads text."""
    moment: Moment | None

    @property
    def reads_text(self) -> bool:
        """Whether it was trained to expect the next character."""
        return self.task is None or self.task.name == "next_character"

    @property
    def is_language_model(self) -> bool:
        """Whether it expects the next character without having seen it."""
        return self.reads_text and not self.model.recurrent.bidirectional


@dataclass(frozen=True, eq=False)
class Reading:
    """What a model did while it read."""

    opened: Opened
    trace: GateTrace
    """Of one example: arrays of shape (L, D, 1, T, H), float64."""
    tokens: tuple[str, ...]
    """What was read at each timestep, shape (T,)."""
    outputs: np.ndarray
    """Shape (T, C): of a model of text log-probabilities of what comes next, nats; else as the model answers."""
    losses: np.ndarray
    """Shape (T,), NaN where there is none. Of a language model, that of the token itself, −log p(token | those before
    it), nats; else the task's own loss of the answer at t."""
    has_loss: np.ndarray
    """Whether there is one, shape (T,): it can be NaN all the same, where the model's weights are."""

    def plane(self, gate: str, layer: int = 0, direction: int = 0) -> np.ndarray:
        """One gate or state, shape (T, H). Errors: ValueError for one that the model does not have."""
        names, (layers, directions) = NAMES[self.trace.kind], self.trace.hidden.shape[:2]
        if gate not in names or not (0 <= layer < layers and 0 <= direction < directions):
            raise ValueError(
                f"this model has {', '.join(names)} in {layers} layers and {directions} directions, got {gate!r:.40} "
                f"of layer {layer}, direction {direction}; both count from 0."
            )
        return getattr(self.trace, gate)[layer, direction, 0]


_open: dict[Hashable, Opened] = {}
_kept: dict[Hashable, Reading] = {}
"""The models and the readings asked for last, as several pictures of one reading are asked for one after the other."""


def read(reader: Reader, passage: Passage, hands: tuple[Intervention, ...] = (), texts: Path | None = None) -> Reading:
    """Read from zero states. It is only to be looked at: the last ones are kept.

    Errors: TextError for a text that is not there; CharacterModelError for the file; ValueError for an intervention, an
    edit, an example or a character that the model does not have.
    """
    key = (_key(reader), passage, hands, texts)
    if key in _kept:
        return _kept[key]
    reading = _read(opened(reader, texts), passage, hands, texts)
    while len(_kept) >= MOST_KEPT:
        del _kept[next(iter(_kept))]
    if reading.trace.hidden.size <= MOST_STATES_KEPT:
        _kept[key] = reading
    return reading


def opened(reader: Reader, texts: Path | None = None) -> Opened:
    """The model, with the weights that it has at its moment. Errors: as `read`."""
    key = (_key(reader), texts)
    if key not in _open:
        while len(_open) >= MOST_OPEN:
            del _open[next(iter(_open))]
        _open[key] = _from_moment(reader, texts) if isinstance(reader, Moment) else _from_file(reader)
    return _open[key]


def _key(reader: Reader) -> Hashable:
    if not isinstance(reader, Moment):
        return reader
    parameters = None if reader.parameters is None else hashlib.sha256(reader.parameters.tobytes()).digest()
    return (reader.config, reader.model, reader.step, parameters)


def _from_file(path: Path) -> Opened:
    shipped = load_character_model(path)
    return Opened(shipped.model.double(), shipped.vocabulary.symbols, None, None)


def _from_moment(moment: Moment, texts: Path | None) -> Opened:
    task = make_task(moment.config.task, texts)
    model = initial_model(moment.config, moment.model, task, texts)
    if moment.parameters is not None:
        load_parameters(model, moment.parameters)
    return Opened(model.eval().double(), task.symbols, task, moment)


def _read(opened: Opened, passage: Passage, hands: Sequence[Intervention], texts: Path | None) -> Reading:
    if not opened.reads_text:
        inputs, batch, tokens = _example(opened, passage)
        outputs, trace = run(opened.model, inputs, hands)
        assert opened.task is not None
        losses = example_losses(opened.task, outputs, batch, 0)
        return Reading(opened, trace, tokens, outputs[0].numpy(), losses, batch.mask[0].numpy())
    tokens = passage_text(passage, texts)
    inputs = encode(opened.symbols, tokens)
    outputs, trace = run(opened.model, inputs[None], hands)
    log_probs = torch.log_softmax(outputs[0], dim=-1)
    has_loss = np.arange(len(tokens)) > 0 if opened.is_language_model else np.zeros(len(tokens), bool)
    return Reading(opened, trace, tokens, log_probs.numpy(), _surprise(opened, log_probs, inputs), has_loss)


@torch.no_grad()
def run(model: SequenceModel, inputs: Tensor, hands: Sequence[Intervention] = ()) -> tuple[Tensor, GateTrace]:
    """Answers (1, T, C) and gates of inputs (1, T) or (1, T, I): fused, or step by step where hands are in it."""
    if hands:
        hidden, trace = intervene(model.recurrent, model.embedding(inputs), hands)
        return model.readout(hidden), trace
    with watch(model, examples=None) as watched:
        outputs = model(inputs)
    return outputs, watched.gates[WATCHED_LAYER]


def passage_text(passage: Passage, texts: Path | None) -> tuple[str, ...]:
    """The characters of a passage, edited. Errors: ValueError for a start or an edit beyond it; TextError."""
    whole = passage.typed or read_text(passage.text, texts)
    start = 0 if passage.typed else passage.start
    characters = list(whole[start : start + passage.length])
    if not characters:
        raise ValueError(f"the text has {len(whole):,} characters, got a start at {start:,}; begin earlier.")
    for step, symbol in passage.edits:
        if not 0 <= step < len(characters) or len(symbol) != 1:
            raise ValueError(
                f"an edit puts one character at a timestep from 0 to {len(characters) - 1}, got {symbol!r:.40} at "
                f"{step}; edit there."
            )
        characters[step] = symbol
    return tuple(characters)


def encode(symbols: Sequence[str], characters: Sequence[str]) -> Tensor:
    """Tokens of a text, shape (T,), int64; what is unknown is [unk].

    Errors: ValueError for an unknown character where there is no [unk].
    """
    places = {symbol: place for place, symbol in enumerate(symbols)}
    unknown = places.get(UNKNOWN)
    strange = next((one for one in characters if one not in places), None)
    if strange is not None and unknown is None:
        raise ValueError(
            f"this model knows the {len(symbols)} characters of the text that it learns, got {strange!r}; "
            "let it read that text, or leave the character out."
        )
    return torch.tensor([places.get(one, unknown) for one in characters], dtype=torch.long)


def _example(opened: Opened, passage: Passage) -> tuple[Tensor, Batch, tuple[str, ...]]:
    """One example of the run's first batch, edited; inputs of shape (1, T) or (1, T, I)."""
    assert opened.task is not None and opened.moment is not None
    config = opened.moment.config
    if not 0 <= passage.example < config.batch_size:
        raise ValueError(f"the batch has {config.batch_size} examples, got {passage.example}; they count from 0.")
    whole, one = draw(opened.task, config, 0).batch, slice(passage.example, passage.example + 1)
    inputs, targets = (values[one].double() if values.is_floating_point() else values[one].clone()
                       for values in (whole.inputs, whole.targets))  # fmt: skip
    for step, symbol in passage.edits:
        if symbol not in opened.symbols or not 0 <= step < inputs.shape[1]:
            raise ValueError(
                f"an edit puts one of the symbols {' '.join(opened.symbols):.80} at a timestep from 0 to "
                f"{inputs.shape[1] - 1}, got {symbol!r:.40} at {step}; edit there."
            )
        inputs[0, step] = opened.symbols.index(symbol)
    batch = Batch(inputs, targets, whole.mask[one])
    return inputs, batch, example_tokens(opened.task, batch, 0)


def _surprise(opened: Opened, log_probs: Tensor, tokens: Tensor) -> np.ndarray:
    """−log p of each token, nats, shape (T,); NaN for the first, and where the model has seen it beforehand."""
    losses = np.full(len(tokens), np.nan)
    if opened.is_language_model:
        losses[1:] = -log_probs[:-1].gather(1, tokens[1:, None]).squeeze(1).numpy()
    return losses
