from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from babel.dates import format_date
from hypothesis import given, settings
from hypothesis import strategies as st

from core.tasks.date_forms import STYLES, date_forms
from core.tasks.pair_catalog import make_pairs
from core.tasks.pair_vocabulary import PAD, UNKNOWN
from core.tasks.pairs import DATE_LANGUAGES, LONGEST, PairsConfig

MIXED = make_pairs(PairsConfig("dates"))
DAYS = st.dates(date(1940, 1, 1), date(2039, 12, 31))


def links(task, source):
    gold = task.gold(np.array(task.encode(source)), np.zeros(11))
    return [np.argwhere(one).tolist() for one in gold]


@settings(max_examples=30)
@given(DAYS, st.sampled_from(DATE_LANGUAGES[1:]), st.integers(0, 2))
def test_a_day_is_written_as_babel_writes_it(day, language, style):
    form = date_forms(language)[style]
    assert form.write(day) == format_date(day, STYLES[style], locale=language)


@settings(max_examples=30)
@given(DAYS)
def test_no_text_is_two_days(day):
    for form in MIXED.forms:
        spans = [other.read(form.write(day)) for other in MIXED.forms]
        found = {tuple(span[unit] for unit in ("year", "month", "day")) for span in spans if span}
        assert len(found) == 1
        year, _, number = next(iter(found))
        assert form.write(day)[slice(*year)] == str(day.year) and int(form.write(day)[slice(*number)]) == day.day


@settings(max_examples=30)
@given(DAYS)
def test_every_form_fits_the_vocabulary_and_the_bound(day):
    for form in MIXED.forms:
        assert UNKNOWN not in MIXED.encode(form.write(day)) and len(form.write(day)) <= LONGEST["dates"][0]


def test_more_than_twelve_languages_are_mixed():
    assert len({form.language for form in MIXED.forms}) == len(DATE_LANGUAGES) - 1 >= 12


def test_days_held_out_are_in_no_batch_in_any_language():
    task, rng = MIXED, np.random.default_rng(0)
    kept = {task.print(target) for target in task.held_out().target_out}
    drawn = {task.print(target) for target in task.batch(rng, 3000).target_out}
    assert len(kept) > 200 and not kept & drawn


def test_held_out_dates_are_had_by_length():
    batch = MIXED.of_length(12, 20)
    assert batch.source.shape[1] == 13 and not (batch.source == PAD).any()
    assert MIXED.of_length(60, 1) is None


def test_the_gold_of_the_worked_example():
    sure, possible = links(make_pairs(PairsConfig("dates", language="cs")), "28. září 2022")
    year, day = [[0, 9], [1, 10], [2, 11], [3, 12]], [[8, 0], [9, 1]]
    assert sure == year + day
    assert possible == year + [[row, place] for row in (5, 6) for place in (4, 5, 6, 7)] + day


def test_a_day_of_one_digit_says_its_digit_surely_and_its_zero_possibly():
    sure, possible = links(make_pairs(PairsConfig("dates", language="en")), "March 9, 1983")
    assert [9, 6] in sure and [8, 6] not in sure and [8, 6] in possible


def test_gold_has_the_shape_of_the_attention_and_has_no_links_for_no_date():
    source = np.array(MIXED.encode("9 mars 1983"))
    assert MIXED.gold(source, np.zeros(7)).sure.shape == (7, len(source))
    assert MIXED.gold(source, np.zeros(14)).sure.shape == (14, len(source))
    assert not MIXED.gold(np.array(MIXED.encode("marsupial")), np.zeros(11)).possible.any()


def test_a_language_alone_is_a_task_of_its_own():
    task = make_pairs(PairsConfig("dates", language="tr"))
    assert {form.language for form in task.forms} == {"tr"}
    with pytest.raises(ValueError, match="language must be one of"):
        PairsConfig("dates", language="tlh")
