import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis.matching import brushed_units, matches


def states(*rows):
    """Values of one unit a row, "#" on and "." off, shape (T, H)."""
    return np.array([[float(mark == "#") for mark in row] for row in rows]).T


def test_the_brushed_units_are_on_in_the_span_and_off_just_outside():
    values = states("..##..", ".###..", "..#...", "..###.", "..##.#")
    assert brushed_units(values, 2, 3, 0.5).tolist() == [0, 4]


def test_at_the_ends_of_the_text_nothing_must_be_off():
    assert brushed_units(states("##.", "###", ".##"), 0, 1, 0.5).tolist() == [0]
    assert brushed_units(states("##.", "###", ".##"), 0, 2, 0.5).tolist() == [1]


def test_the_same_units_at_once_elsewhere_are_found_best_first():
    values = states(
        ".##..##...##..#..",
        ".##..##...##..#..",
        "..........##.....",
    )
    found = matches(values, 1, 2, 0.5)
    assert [(match.first, match.last) for match in found] == [(5, 6), (14, 14), (10, 11)]
    assert [match.shared for match in found] == [2, 2, 2]
    assert found[0].likeness == found[1].likeness == 1 and found[2].likeness == pytest.approx(2 / 3)


def test_with_a_lower_share_some_of_the_units_suffice():
    values = states(".##...##", ".##.....", ".##...##")
    assert matches(values, 1, 2, 0.5) == []
    (match,) = matches(values, 1, 2, 0.5, least=0.6)
    assert (match.first, match.last, match.shared) == (6, 7, 2) and match.likeness == pytest.approx(2 / 3)


def test_a_span_over_which_no_unit_is_on_has_no_match():
    assert matches(states("....", "####"), 1, 2, 0.5) == []


@given(st.integers(0, 2**32), st.integers(0, 39), st.integers(0, 6))
def test_every_match_is_apart_from_the_brush_and_has_all_units_on(seed, first, length):
    values = np.random.default_rng(seed).random((40, 4))
    last = min(first + length, 39)
    units = brushed_units(values, first, last, 0.4)
    for match in matches(values, first, last, 0.4):
        assert match.last < first or match.first > last
        assert (values[match.first : match.last + 1][:, units] >= 0.4).all()
        assert 0 <= match.likeness <= 1 and match.shared <= len(units)


@pytest.mark.parametrize(("first", "last"), [(-1, 2), (3, 2), (0, 4)])
def test_a_brush_outside_the_text_is_refused(first, last):
    with pytest.raises(ValueError, match="0 ≤ first ≤ last < T .* brush within the text"):
        brushed_units(states("...."), first, last, 0.5)


def test_a_share_of_no_units_is_refused():
    with pytest.raises(ValueError, match=r"least is a share in \(0, 1\], got 0"):
        matches(states("...."), 0, 1, 0.5, least=0)
