"""What holds at each character of Python source code: the properties that a cell may have learnt to track.

Axes: T characters.

A label says what holds *after* its character was read, as a state does that has just read it. A worked example:

    text              x = f ( " a ( b " )   # 1
    inside_string     . . . . 1 1 1 1 . .   . .      from the opening quote to before the closing one
    bracket_depth     0 0 0 1 1 1 1 1 1 0   0 0      those in strings and comments do not count
    inside_comment    . . . . . . . . . .   1 1      from its # to the end of its line
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .lexing import Span, code_spans


@dataclass(frozen=True)
class TextProperty:
    """One property of every character of a text."""

    name: str
    title: str
    """For people, as the end of "this cell tells whether/which …"."""
    values: np.ndarray
    """Shape (T,): bool, or int32 for a number."""


def source_properties(source: str, length: int | None = None) -> dict[str, TextProperty]:
    """Every property of a text, by name; of text that is no Python what a scan for quotes, brackets and # finds.

    With `length`, of its first characters alone, in the time that these take.
    """
    spans = code_spans(source, len(source) if length is None else length)
    source = source[:length]
    depth = _bracket_depth(len(source), spans)
    in_line = _position_in_line(source)
    characters = np.array(list(source), dtype="U1")
    found = (
        ("inside_string", "inside quotes", _inside(len(source), spans, ("string", "triple"))),
        ("inside_triple_quotes", "inside triple quotes", _inside(len(source), spans, ("triple",))),
        ("inside_comment", "inside a comment", _inside(len(source), spans, ("comment",))),
        ("inside_brackets", "inside brackets", depth > 0),
        ("bracket_depth", "depth of brackets", depth),
        ("indentation", "indentation", _indentation(source, in_line)),
        ("position_in_line", "position in the line", in_line),
        ("is_digit", "digit", np.char.isdecimal(characters)),
        ("is_upper_case", "upper case", np.char.isupper(characters)),
    )
    return {name: TextProperty(name, title, values) for name, title, values in found}


def _inside(length: int, spans: list[Span], kinds: tuple[str, ...]) -> np.ndarray:
    """True from a span's first character to before its last, which ends it; a comment's last is still inside."""
    inside = np.zeros(length, dtype=bool)
    for span in spans:
        if span.kind in kinds:
            inside[span.start : span.stop - span.closes] = True
    return inside


def _bracket_depth(length: int, spans: list[Span]) -> np.ndarray:
    """Brackets open after each character, never below zero whatever closes too much."""
    depth, change = 0, np.zeros(length, dtype=np.int32)
    for span in spans:
        if span.kind == "open":
            change[span.start], depth = 1, depth + 1
        elif span.kind == "close" and depth > 0:
            change[span.start], depth = -1, depth - 1
    return change.cumsum(dtype=np.int32)


def _position_in_line(source: str) -> np.ndarray:
    """Characters of the line read so far; 0 after its newline."""
    is_newline = np.array([character == "\n" for character in source], dtype=bool)
    places = np.arange(1, len(source) + 1, dtype=np.int32)
    return places - np.maximum.accumulate(np.where(is_newline, places, 0), dtype=np.int32)


def _indentation(source: str, in_line: np.ndarray) -> np.ndarray:
    """Spaces and tabs at the beginning of the line, as far as it was read; 0 after its newline."""
    lines = source.split("\n")
    leading = [len(line) - len(line.lstrip(" \t")) for line in lines]
    whole = np.repeat(np.array(leading, dtype=np.int32), [len(line) + 1 for line in lines])[: len(source)]
    return np.minimum(in_line, whole)
