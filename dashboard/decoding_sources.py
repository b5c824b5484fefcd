"""Who decodes: a table of probabilities, the shipped model or a run's, made ready to be searched in a worker.

A source is found out by the server (`search_room.source_of`), travels to the worker, and is opened there.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from torch import Tensor

from core.decoding.methods import Decoder
from core.decoding.presets import PRESETS
from core.models.language_model import language_step
from core.models.seq2seq import START, STOP, Seq2Seq
from core.models.seq2seq_step import Writing, seq2seq_step
from core.probes.attention import forced
from core.tasks.pairs import PairTask
from core.tasks.word_corpus import words_of
from core.training.reading import Reader, encode, opened
from core.training.translation_moment import PairMoment, opened_pairs
from dashboard.decoding_asked import END, NO_END, AskedSearch

TABLE_REPEATS, TEXT_REPEATS = 2, 4
"""Tokens that have to occur again to be called a repetition."""
GENERATING = ("next_character", "next_word")
"""Tasks whose models expect the next symbol."""
FULL_STOP = "."


@dataclass(frozen=True, eq=False)
class Source:
    """A model, not opened yet."""

    key: Hashable
    """Equal for models of equal weights."""
    label: str
    reader: Reader | PairMoment | None = None
    """None: the table that the question names."""
    step: int | None = None
    """Training step of the weights; None where there is no run."""


@dataclass(frozen=True, eq=False)
class Attending:
    """What a model attends to, and how."""

    symbols: tuple[str, ...]
    """Of the source, with [stop], S."""
    weights: Callable[[tuple[int, ...]], np.ndarray]
    """Generated tokens, n → where it looked while it wrote them, shape (n, S)."""


@dataclass(frozen=True, eq=False)
class Opened:
    """A model with its prefix read, as a search and its picture need it."""

    decoder: Decoder
    symbols: tuple[str, ...]
    prefix: tuple[int, ...]
    """Tokens of the prefix, as it was typed."""
    repeats: int
    """Tokens that have to occur again to be called a repetition."""
    read: str = ""
    """The source that an encoder read, what it does not know as [unk]; empty where there is none."""
    attending: Attending | None = None
    """None of a model without attention."""


def opened_source(source: Source, asked: AskedSearch, texts: Path | None) -> Opened:
    """The model ready for its search.

    Errors: ValueError for a prefix, a source or an end that it does not know, and for a model that generates nothing.
    """
    if source.reader is None:
        return _table(asked)
    if isinstance(source.reader, PairMoment):
        return _pairs(source.reader, asked, texts)
    return _text_model(source.reader, asked, texts)


def _table(asked: AskedSearch) -> Opened:
    preset = PRESETS[asked.preset or ""]
    step, state = preset.model()
    prefix = _tokens(preset.symbols, asked.prefix.split())
    if preset.eos in prefix:
        raise ValueError("nothing follows the end token, got it in the prefix; leave it out.")
    return Opened(Decoder(step, state, (preset.start, *prefix), preset.eos), preset.symbols, prefix, TABLE_REPEATS)


def _text_model(reader: Reader, asked: AskedSearch, texts: Path | None) -> Opened:
    model = opened(reader, texts)
    name = "next_character" if model.task is None else model.task.name
    if name not in GENERATING or model.model.recurrent.bidirectional:
        raise ValueError(
            "a search needs a model that expects the next symbol from those before it, got one that does not; "
            "choose one trained on next character, in one direction."
        )
    words = words_of(asked.prefix) if name == "next_word" else list(asked.prefix)
    if not words:
        raise ValueError(f"a model of text needs at least one {name[5:]} to go on from, got none; type a prefix.")
    prefix = tuple(encode(model.symbols, words).tolist())
    step, state = language_step(model.model)
    return Opened(Decoder(step, state, prefix, _end(model.symbols, asked.end)), model.symbols, prefix, TEXT_REPEATS)


def _end(symbols: Sequence[str], asked: str) -> int | None:
    """The token that ends a text; of words, which know no newline, a full stop. Errors: ValueError."""
    if asked == NO_END:
        return None
    known = FULL_STOP if asked == END and END not in symbols and FULL_STOP in symbols else asked
    return _tokens(symbols, [known])[0]


def _pairs(moment: PairMoment, asked: AskedSearch, texts: Path | None) -> Opened:
    model = opened_pairs(moment, texts)
    task = model.task
    source = task.encode(asked.source or first_source(task))
    step, state = seq2seq_step(model.model, source)
    prefix = tuple(task.target.encode(asked.prefix)[:-1])
    coverage, attending = None, None
    if state.coverage is not None:
        symbols = tuple(task.source_symbols[token] for token in source)
        coverage, attending = _coverage, Attending(symbols, partial(_weights, model.model, source, prefix))
    decoder = Decoder(step, state, (START, *prefix), STOP, coverage)
    return Opened(decoder, task.target_symbols, prefix, TEXT_REPEATS, task.source.print(source), attending)


def _weights(model: Seq2Seq, source: Sequence[int], prefix: tuple[int, ...], tokens: tuple[int, ...]) -> np.ndarray:
    weights = forced(model, source, (*prefix, *tokens)).weights
    assert weights is not None
    return weights[len(prefix) :]


def _coverage(state: Writing) -> Tensor:
    assert state.coverage is not None
    return state.coverage


def first_source(task: PairTask) -> str:
    """The first source that is held out, as text."""
    return task.source.print(task.held_out().source[0].tolist())


def _tokens(symbols: Sequence[str], written: Sequence[str]) -> tuple[int, ...]:
    strange = next((one for one in written if one not in symbols), None)
    if strange is not None:
        known = " ".join(symbols) if len(symbols) <= 12 else f"{len(symbols)} symbols"
        raise ValueError(f"the model knows {known}, got {strange!r:.40}; write one that it knows.")
    return tuple(symbols.index(one) for one in written)
