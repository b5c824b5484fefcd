"""Dates of many languages to ISO 8601: where year, month and day stand differs from language to language.

Axes: S source positions, T target positions.

A worked example, by character:

    source   28. září 2022      Czech
    target   2022-09-28         2022 from positions 9…12, 09 from the word at 4…7, 28 from positions 0 and 1

The year's and the day's digits are sure links; a month's number is possible at every letter of its name.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from .date_forms import date_forms
from .pair_drawn import DrawnPairs
from .pair_split import Pair
from .pair_vocabulary import SPECIALS, Vocabulary
from .pairs import DATE_LANGUAGES, Gold, PairError, PairsConfig

FIRST_DAY, LAST_DAY = date(1940, 1, 1).toordinal(), date(2039, 12, 31).toordinal()
ISO_LENGTH = 10
PLACES = {"year": slice(0, 4), "month": slice(5, 7), "day": slice(8, 10)}
"""Where each stands in an ISO date."""


class DatePairs(DrawnPairs):
    """A day of 1940–2039 in one of the languages and styles, drawn alike; held out by the day.

    Errors: PairError if Babel is not installed.
    """

    title = "Dates to ISO"

    def __init__(self, config: PairsConfig) -> None:
        super().__init__(config)
        wanted = config.language or DATE_LANGUAGES[0]
        self.languages = DATE_LANGUAGES[1:] if wanted == "mixed" else (wanted,)
        try:
            self.forms = [form for language in self.languages for form in date_forms(language)]
        except ImportError as error:
            raise PairError(
                f"Dates need the package babel, got: {error}; install it with pip install babel."
            ) from error
        words = [*"0123456789", *(word for form in self.forms for word in _words(form))]
        self.source = Vocabulary.of(words)
        self.target = Vocabulary((*SPECIALS, *"-0123456789"))

    def draw(self, rng: np.random.Generator, length: int | None = None) -> tuple[str, Pair]:
        """A day and a form; `length` cannot be asked for."""
        form = self.forms[rng.integers(len(self.forms))]
        day = date.fromordinal(int(rng.integers(FIRST_DAY, LAST_DAY + 1)))
        iso = day.isoformat()
        return iso, (self.source.encode(form.write(day)), self.target.encode(iso))

    def gold(self, source: np.ndarray, target: np.ndarray) -> Gold:
        """Where year, month and day of the ISO date stand; no links if the source is none of the forms."""
        text = self.source.print(source)
        spans = next((found for form in self.forms if (found := form.read(text))), None)
        if spans is None:
            return Gold.unknown(len(target), len(source))
        gold = Gold.unknown(ISO_LENGTH, len(source))
        for unit, rows in PLACES.items():
            _link(gold, rows, *spans[unit], is_number=text[slice(*spans[unit])].isdigit())
        return Gold(*(_rows(links, len(target)) for links in gold))


def _words(form) -> list[str]:
    return [*form.pieces[::2], *(word for spelt in form.spellings.values() for word in spelt.values())]


def _link(gold: Gold, rows: slice, first: int, last: int, is_number: bool) -> None:
    """Link the rows of a number to its span; digit by digit from the right if the span is digits."""
    gold.possible[rows, first:last] = True
    if is_number:
        for row, place in zip(range(rows.stop - 1, rows.start - 1, -1), range(last - 1, first - 1, -1), strict=False):
            gold.possible[row, first:last] = False
            gold.possible[row, place] = gold.sure[row, place] = True


def _rows(links: np.ndarray, count: int) -> np.ndarray:
    """The links with as many rows as the target has positions."""
    return np.pad(links, ((0, max(count - len(links), 0)), (0, 0)))[:count]
