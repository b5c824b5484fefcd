"""Who decodes: a table of probabilities, the shipped model or a run's, made ready to be searched in a worker.

A source is found out by the server (`source_of`), travels to the worker, and is opened there (`opened_source`).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.decoding.methods import Decoder
from core.decoding.presets import PRESETS
from core.models.language_model import language_step
from core.training.reading import Reader, encode, opened
from dashboard.decoding_asked import NO_END, AskedSearch

TABLE_REPEATS, TEXT_REPEATS = 2, 4
"""Tokens that have to occur again to be called a repetition."""


@dataclass(frozen=True, eq=False)
class Source:
    """A model, not opened yet."""

    key: Hashable
    """Equal for models of equal weights."""
    label: str
    reader: Reader | None = None
    """None: the table that the question names."""
    step: int | None = None
    """Training step of the weights; None where there is no run."""


@dataclass(frozen=True, eq=False)
class Opened:
    """A model with its prefix read, as a search and its picture need it."""

    decoder: Decoder
    symbols: tuple[str, ...]
    prefix: tuple[int, ...]
    """Tokens of the prefix, as it was typed."""
    repeats: int
    """Tokens that have to occur again to be called a repetition."""


def opened_source(source: Source, asked: AskedSearch, texts: Path | None) -> Opened:
    """The model ready for its search.

    Errors: ValueError for a prefix or an end that it does not know, and for a model that generates no text.
    """
    return _table(asked) if source.reader is None else _text_model(source.reader, asked, texts)


def _table(asked: AskedSearch) -> Opened:
    preset = PRESETS[asked.preset or ""]
    step, state = preset.model()
    prefix = _tokens(preset.symbols, asked.prefix.split())
    if preset.eos in prefix:
        raise ValueError("nothing follows the end token, got it in the prefix; leave it out.")
    return Opened(Decoder(step, state, (preset.start, *prefix), preset.eos), preset.symbols, prefix, TABLE_REPEATS)


def _text_model(reader: Reader, asked: AskedSearch, texts: Path | None) -> Opened:
    model = opened(reader, texts)
    if not model.is_language_model:
        raise ValueError(
            "a search needs a model that expects the next symbol from those before it, got one that does not; "
            "choose one trained on next character, in one direction."
        )
    if not asked.prefix:
        raise ValueError("a model of text needs at least one character to go on from, got none; type a prefix.")
    prefix = tuple(encode(model.symbols, list(asked.prefix)).tolist())
    end = None if asked.end == NO_END else _tokens(model.symbols, [asked.end])[0]
    step, state = language_step(model.model)
    return Opened(Decoder(step, state, prefix, end), model.symbols, prefix, TEXT_REPEATS)


def _tokens(symbols: Sequence[str], written: Sequence[str]) -> tuple[int, ...]:
    strange = next((one for one in written if one not in symbols), None)
    if strange is not None:
        known = " ".join(symbols) if len(symbols) <= 12 else f"{len(symbols)} symbols"
        raise ValueError(f"the model knows {known}, got {strange!r:.40}; write one that it knows.")
    return tuple(symbols.index(one) for one in written)
