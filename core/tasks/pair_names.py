"""Names of countries, languages, scripts and currencies, from English to a Romance language, where the order inverts.

Axes: S source positions, T target positions.

A worked example, by word:

    source   Tunisian Arabic
    target   arabe tunisien       possible links (0,1) and (1,0), told from the spelling

The names are those of the Unicode Common Locale Data Repository, by way of Babel.
"""

from __future__ import annotations

import unicodedata
from difflib import SequenceMatcher
from functools import lru_cache

import numpy as np

from .pair_table import TablePairs
from .pair_vocabulary import UNKNOWN, split
from .pairs import LANGUAGES, Gold, PairError, PairsConfig

LISTS = ("territories", "languages", "scripts", "currencies", "variants")
"""Of two names of one source, the list that comes first has its way."""
CLEARLY = 0.25
"""So much more alike must words be in one order than in the other, in shares of letters of both words, to tell."""
TITLES = {"fr": "Names, English to French", "es": "Names, English to Spanish", "it": "Names, English to Italian"}


class NamePairs(TablePairs):
    """Names in two languages. Errors: PairError if Babel is not installed."""

    def __init__(self, config: PairsConfig) -> None:
        language = config.language or LANGUAGES["names"][0]
        super().__init__(config, TITLES[language], names(language))

    def gold(self, source: np.ndarray, target: np.ndarray) -> Gold:
        """The order of two words whose spelling tells it, all letters of a word alike; no links for other pairs."""
        said, meant = self.print(target), self.source.print(source)
        order = inverts(meant, said)
        if order is None or UNKNOWN in target or UNKNOWN in source:
            return Gold.unknown(len(target), len(source))
        rows, places = _words(said, self.config.level, len(target)), _words(meant, self.config.level, len(source))
        if order:
            places = np.where(places >= 0, 1 - places, -1)
        possible = (rows[:, None] == places) & (rows[:, None] >= 0)
        return Gold(possible & (self.config.level == "word"), possible)


@lru_cache(maxsize=8)
def names(language: str) -> dict[str, str]:
    """Name by English name. Errors: PairError if Babel is not installed."""
    try:
        from babel import Locale
    except ImportError as error:
        raise PairError(f"Names need the package babel, got: {error}; install it with pip install babel.") from error
    english, other = Locale.parse("en"), Locale.parse(language)
    found: dict[str, str] = {}
    for name in LISTS:
        translated = getattr(other, name)
        for key, source in getattr(english, name).items():
            if key in translated:
                found.setdefault(source, translated[key])
    return found


def inverts(source: str, target: str) -> bool | None:
    """True if two words changed places, False if they kept them; None unless both are two words and spelling tells."""
    one, other = source.split(), target.split()
    if not len(one) == len(other) == 2:
        return None
    alike = [[_likeness(word, said) for said in other] for word in one]
    gain = alike[0][1] + alike[1][0] - alike[0][0] - alike[1][1]
    return None if abs(gain) < CLEARLY else gain > 0


def _likeness(one: str, other: str) -> float:
    """Share of letters that two words have in common in the same order, in [0, 1], whatever case and accents."""
    return SequenceMatcher(None, _plain(one), _plain(other), autojunk=False).ratio()


def _plain(word: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFD", word.lower()) if letter.isalpha())


def _words(text: str, level: str, count: int) -> np.ndarray:
    """The word, 0 or 1, in which each of `count` tokens of two words stands; −1 for a space and past the end."""
    first, second = text.split()
    gap = [-1] if level == "character" else []
    places = [*(0 for _ in split(first, level)), *gap, *(1 for _ in split(second, level))][:count]
    return np.array(places + [-1] * (count - len(places)))
