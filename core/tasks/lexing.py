"""Where strings, comments and brackets of Python source are, by Python's own tokenizer.

Text that is no Python, such as a piece cut out of the middle, is scanned for quotes, brackets and # instead, from
outside of any string.
"""

from __future__ import annotations

import io
import re
import token
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, takewhile

OPENING, CLOSING = "([{", ")]}"
QUOTES = re.compile("\"\"\"|'''|\"|'")
FSTRING_START = getattr(token, "FSTRING_START", None)
"""From Python 3.12 on an f-string is many tokens; before, it is one STRING. Either way it is one span here."""
FSTRING_END = getattr(token, "FSTRING_END", None)
SCANNED = re.compile(
    r"""
      (?P<comment> \#[^\n]* )
    | (?P<triple> \"\"\"|''' ) (?: \\(?:.|\Z) | (?!(?P=triple))[^\\] )*+ (?P<triple_end> (?P=triple)? )
    | (?P<string> ["'] ) (?: \\(?:.|\Z) | (?!(?P=string))[^\\\n] )*+ (?P<string_end> (?P=string)? )
    | (?P<open> [(\[{] ) | (?P<close> [)\]}] )
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Span:
    """A lexical piece of source code: characters `start` to before `stop`."""

    kind: str
    """"string" (in one quote each side), "triple", "comment", "open" or "close"."""
    start: int
    """A string's span begins at its quote, not at its prefix."""
    stop: int
    closes: bool = False
    """Whether a string's last character closes it; False if the text or the line ends first."""


def code_spans(source: str, length: int) -> list[Span]:
    """Every span that begins in the first `length` characters, in order; what comes later is not looked at.

    Brackets inside of strings, f-strings too, and of comments are none.
    """
    try:
        return _first(tokenized_spans(source), length)
    except (tokenize.TokenError, SyntaxError, ValueError):  # ValueError: characters that UTF-8 cannot hold
        return _first(scanned_spans(source), length)


def _first(spans: Iterator[Span], length: int) -> list[Span]:
    return list(takewhile(lambda span: span.start < length, spans))


def tokenized_spans(source: str) -> Iterator[Span]:
    """Spans by `tokenize`. Errors: TokenError, SyntaxError or ValueError for text that is no Python."""
    lines = list(accumulate((len(line) + 1 for line in source.split("\n")), initial=0))
    fstrings: list[int] = []
    for one in tokenize.generate_tokens(io.StringIO(source).readline):
        start, stop = (lines[row - 1] + column for row, column in (one.start, one.end))
        if one.type == FSTRING_START:
            fstrings.append(start)
        elif one.type == FSTRING_END:
            start = fstrings.pop()
            if not fstrings:
                yield _string(source, start, stop)
        elif not fstrings:
            yield from _span(one, source, start, stop)


def _span(one: tokenize.TokenInfo, source: str, start: int, stop: int) -> Iterator[Span]:
    if one.type == token.ERRORTOKEN:
        raise SyntaxError(f"tokenize knows no {one.string!r}")
    if one.type == token.STRING:
        yield _string(source, start, stop)
    elif one.type == token.COMMENT:
        yield Span("comment", start, stop)
    elif one.type == token.OP and one.string in OPENING + CLOSING:
        yield Span("open" if one.string in OPENING else "close", start, stop)


def _string(source: str, start: int, stop: int) -> Span:
    quote = QUOTES.search(source, start)
    assert quote is not None  # a string has one
    return Span("triple" if len(quote[0]) == 3 else "string", quote.start(), stop, closes=True)


def scanned_spans(source: str) -> Iterator[Span]:
    """Spans by quotes, brackets and # alone, of any text; a string in one quote each side ends with its line."""
    for found in SCANNED.finditer(source):
        kind = next(name for name in ("comment", "triple", "string", "open", "close") if found[name])
        yield Span(kind, *found.span(), closes=kind in ("triple", "string") and bool(found[f"{kind}_end"]))
