from __future__ import annotations

import numpy as np
import pytest
from babel import Locale

from core.tasks.pair_catalog import make_pairs
from core.tasks.pair_names import inverts, names
from core.tasks.pairs import PairsConfig

CHARACTERS = make_pairs(PairsConfig("names"))
WORDS = make_pairs(PairsConfig("names", level="word"))


def gold(task, source, target):
    return task.gold(np.array(task.encode(source)), np.array(task.target.encode(target)))


@pytest.mark.parametrize("language", ["fr", "es", "it"])
def test_most_names_of_two_words_invert(language):
    two = [pair for pair in names(language).items() if all(len(side.split()) == 2 for side in pair)]
    orders = [inverts(*pair) for pair in two]
    assert len(two) > 300
    assert 270 <= orders.count(True) <= 290 and 40 <= orders.count(False) <= 50 and orders.count(None) < 20


def test_names_are_those_of_the_repository():
    assert names("fr")["Germany"] == Locale("fr").territories["DE"] == "Allemagne"
    assert len(names("fr")) > 1400


@pytest.mark.parametrize(
    ("source", "target", "order"),
    [
        ("Tunisian Arabic", "arabe tunisien", True),
        ("Costa Rica", "Costa Rica", False),
        ("British Pound", "livre sterling", None),
        ("Germany", "Allemagne", None),
        ("Korean Won", "won de Corée", None),
    ],
)
def test_order_is_told_from_the_spelling_alone(source, target, order):
    assert inverts(source, target) is order


def test_the_gold_of_the_worked_example_crosses():
    links = gold(WORDS, "Moroccan Arabic", "arabe marocain")
    assert np.argwhere(links.possible).tolist() == np.argwhere(links.sure).tolist() == [[0, 1], [1, 0]]
    assert links.possible.shape == (3, 3)


def test_by_character_every_letter_of_a_word_is_possible_and_none_is_sure():
    links = gold(CHARACTERS, "Moroccan Arabic", "arabe marocain")
    assert links.possible[:5, 9:15].all() and links.possible[6:14, :8].all()
    assert links.possible.sum() == 5 * 6 + 8 * 8 and not links.sure.any()


def test_gold_has_no_links_where_words_are_unknown_or_tell_nothing():
    assert not gold(WORDS, "Zyx Arabic", "arabe marocain").possible.any()
    assert not gold(CHARACTERS, "British Pound", "livre sterling").possible.any()
    assert not gold(CHARACTERS, "Germany", "Allemagne").possible.any()


def test_held_out_names_are_never_drawn():
    kept = {CHARACTERS.source.print(one) for one in CHARACTERS.held_out().source}
    drawn = CHARACTERS.batch(np.random.default_rng(0), 5000)
    assert 100 < len(kept) and not kept & {CHARACTERS.source.print(one) for one in drawn.source}
    assert all(names("fr")[source] for source in kept)
