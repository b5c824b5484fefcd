"""Words of prose as tokens: the most frequent have one each, all others share [unk].

Axes: V words.

    "The Fish (or fishes) don't swim."   →   the fish ( or fishes ) don't swim .
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from pathlib import Path

import numpy as np

from .library_source import training_modules
from .texts import UNKNOWN, Corpus, TextError, read_text

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|[.,;:?!()]")
"""Letters of any script, with what an apostrophe joins; and the marks that part sentences."""
PROSE = re.compile(r'"""(.*?)"""|\'\'\'(.*?)\'\'\'|#([^\n]*)', re.DOTALL)
"""What is written for people in source code: triple-quoted strings and comments."""
MIN_DIFFERENT = 50


def words_of(text: str) -> list[str]:
    """The words and marks of a text in order, in lower case; numbers and other signs are left out."""
    return WORD.findall(text.lower())


def count_words(words: list[str], most: int) -> tuple[str, ...]:
    """The most frequent words, most frequent first; of equally frequent ones by code point."""
    ordered = sorted(Counter(words).items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(word for word, _ in ordered[:most])


def word_corpus(text: str, most: int) -> Corpus:
    """A text as word tokens: symbols are the words known by frequency, and [unk] at the end if there are more.

    Errors: TextError for a text of fewer than MIN_DIFFERENT different words.
    """
    words = words_of(text)
    known = count_words(words, most)
    if len(known) < MIN_DIFFERENT:
        raise TextError(
            f"Next word needs a text of {MIN_DIFFERENT} different words, got {len(known)}; choose a longer one."
        )
    places = {word: place for place, word in enumerate(known)}
    tokens = np.array([places.get(word, len(known)) for word in words], dtype=np.int16)
    has_others = bool((tokens == len(known)).any())
    return Corpus(tokens, (*known, *([UNKNOWN] if has_others else [])))


@lru_cache(maxsize=4)
def load_words(text: str, most: int, folder: Path | None = None) -> Corpus:
    """The words of TaskConfig.text; of Python's standard library, its comments and docstrings.

    Errors: TextError, as `read_text`, and for too few words.
    """
    source = read_text(text, folder)
    return word_corpus(prose_of(source) if text == "python-source" else source, most)


def prose_of(source: str) -> str:
    """What is written for people in Python source code."""
    return "\n".join("".join(parts) for parts in PROSE.findall(source))


@lru_cache(maxsize=1)
def library_prose() -> tuple[str, ...]:
    """The words of the comments and docstrings of the standard library, but for the modules held out.

    Errors: TextError where Python came without its sources.
    """
    modules = training_modules()
    if not modules:
        raise TextError("Counted vectors need the standard library's source files, got none; choose other vectors.")
    return tuple(words_of(prose_of("\n".join(modules.values()))))
