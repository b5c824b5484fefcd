"""How a day is written in many languages: the Unicode Common Locale Data Repository's patterns, by way of Babel."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Literal, NamedTuple

STYLES: tuple[Literal["medium"], Literal["long"], Literal["full"]] = ("medium", "long", "full")
"""Of the repository's four; short is left out, as 3/4/05 is two days."""
UNITS = {"y": "year", "M": "month", "d": "day", "E": "weekday", "c": "weekday"}
"""What a field of a pattern says, by its first letter."""
FIELD = re.compile(r"%\((\w+)\)s")
DAYS: dict[str, Callable[[int], date]] = {
    "month": lambda month: date(2024, month, 1),
    "day": lambda day: date(2024, 1, day),
    "weekday": lambda weekday: date(2024, 1, 1 + weekday),
}
"""A day with that value; 2024 began on a Monday."""
VALUES = {"month": range(1, 13), "day": range(1, 32), "weekday": range(7)}


class DateForm(NamedTuple):
    """One way to write a day: literal text and fields in turn, the literals at the even places."""

    language: str
    """As the repository calls it, e.g. "fr"."""
    style: str
    """One of STYLES."""
    pieces: tuple[str, ...]
    spellings: dict[str, dict[int, str]]
    """Of each field but the year: how its values are written, weekdays from Monday = 0."""

    def write(self, day: date) -> str:
        """The day's text, e.g. "mercredi 28 septembre 2022"."""
        values = {"month": day.month, "day": day.day, "weekday": day.weekday()}
        return "".join(
            piece if not i % 2 else str(day.year) if piece == "y" else self.spellings[piece][values[unit_of(piece)]]
            for i, piece in enumerate(self.pieces)
        )

    def read(self, text: str) -> dict[str, tuple[int, int]] | None:
        """Where year, month, day and weekday stand in a text of this form, as first place and one past the last."""
        found = self._pattern.fullmatch(text)
        return None if found is None else {unit: found.span(unit) for unit in found.groupdict()}

    @property
    def _pattern(self) -> re.Pattern[str]:
        return _pattern(self.pieces, tuple(tuple(self.spellings.get(p, {}).values()) for p in self.pieces))


def unit_of(field: str) -> str:
    """Year, month, day or weekday."""
    return UNITS[field[0]]


@lru_cache(maxsize=256)
def _pattern(pieces: tuple[str, ...], spellings: tuple[tuple[str, ...], ...]) -> re.Pattern[str]:
    """A regular expression of a form, with a group for each unit."""
    parts = []
    for i, (piece, spelt) in enumerate(zip(pieces, spellings, strict=True)):
        words = "|".join(map(re.escape, sorted(spelt, key=len, reverse=True))) or r"\d+"
        parts.append(f"(?P<{unit_of(piece)}>{words})" if i % 2 else re.escape(piece))
    return re.compile("".join(parts))


@lru_cache(maxsize=64)
def date_forms(language: str) -> tuple[DateForm, ...]:
    """The forms of a language, one a style. Errors: ModuleNotFoundError without Babel."""
    from babel.dates import get_date_format

    return tuple(_form(language, style, str(get_date_format(style, language).format)) for style in STYLES)


def _form(language: str, style: str, template: str) -> DateForm:
    pieces = tuple(FIELD.split(template))
    return DateForm(language, style, pieces, {field: _spellings(language, field) for field in pieces[1::2]})


def _spellings(language: str, field: str) -> dict[int, str]:
    """How a field's values are written; {} for the year."""
    from babel import Locale
    from babel.dates import DateTimeFormat

    unit, locale = unit_of(field), Locale.parse(language)
    return {value: DateTimeFormat(DAYS[unit](value), locale)[field] for value in VALUES.get(unit, ())}
