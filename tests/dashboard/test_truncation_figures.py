from __future__ import annotations

import numpy as np
import pytest

from core.recordings.truncation import CutReach, CutText, GradientLikeness, Undetached, WindowCosts
from dashboard.figures.truncation import (
    WAY_STROKES,
    cut_reach_figure,
    cut_text_figure,
    likeness_figure,
    staleness_figure,
)
from dashboard.figures.truncation_costs import undetached_figure, window_costs_figure
from dashboard.truncation_drawings import row_width
from dashboard.truncation_readings import (
    complaints,
    costs_sentence,
    cut_sentence,
    lag_sentence,
    likeness_sentence,
    staleness_sentence,
    undetached_sentence,
)

TEXT = CutText(
    ("a", " ", "b", "\n", "c", "d"),
    3,
    (
        CutReach("whole sequence", np.array([1.0, 2.0, 2.0, 4.0, 0.0, 0.0]), 1.5, 0, ()),
        CutReach("windows of 2, h carried", np.array([0.0, 0.0, 2.0, 4.0, 0.0, 0.0]), 1.5, 2, (2, 4)),
    ),
)
LIKENESS = GradientLikeness(
    "carry", np.array([1, 5, 20]), np.array([0.5, 0.8, 1.0]), np.array([np.nan, 0.6, 1.0]), np.array([0.3, 0.7, 1.0])
)
COSTS = WindowCosts(
    np.array([1, 10, 60]), np.array([0.4, 0.04, 0.02]), np.array([1000, 10000, 60000]), np.array([60, 6, 1])
)
FORGOTTEN = Undetached(
    np.array([10, 20]), np.array([0.001, 0.001]), np.array([0.001, 0.002]), np.array([500, 1000]), np.array([500, 500]),
    "Trying to backward through the graph a second time (or directly access). Saved", "one has been modified: [x] is",
)  # fmt: skip


def test_text_stands_in_rows_of_one_window_and_is_grey_where_nothing_is_reached():
    figure = cut_text_figure(TEXT, 2)
    nothing, reached, letters = figure.data[3:6]
    np.testing.assert_array_equal(np.isnan(nothing.z), [[False, False], [True, True], [False, False]])
    np.testing.assert_allclose(np.asarray(reached.z)[1], np.log10([2, 4]))
    assert list(reached.text[1]) == ["b", "↵"] and list(letters.text) == ["a", "␣", "c", "d"]
    assert nothing.customdata[0][1] == "t = 2, ' ': exactly 0"


def test_the_loss_is_framed_and_cuts_within_a_row_are_drawn():
    shapes = cut_text_figure(TEXT, 6).layout.shapes
    frames = [shape for shape in shapes if shape.type == "rect"]
    lines = [shape.x0 for shape in shapes if shape.type == "line"]
    assert [(shape.x0, shape.x1) for shape in frames] == [(3.5, 4.5)] * 2 and lines == [2.5, 4.5]


def test_titles_stay_within_the_picture():
    figure = cut_text_figure(TEXT, 2)
    assert max(axis.domain[1] for axis in figure.select_yaxes()) < 0.96
    assert all(title.y < 0.96 for title in figure.layout.annotations)


def test_an_exact_zero_is_a_cross_on_the_floor_and_says_so():
    _, carried = cut_reach_figure(TEXT, ["whole", "carry"]).data
    assert list(carried.marker.symbol) == ["x-thin-open"] * 2 + ["circle"] * 2
    assert list(carried.customdata) == ["exactly 0", "exactly 0", "2", "4"]
    assert carried.y[0] < carried.y[2] == 2 and carried.line.color == WAY_STROKES["carry"].color


def test_likeness_has_a_line_of_all_weights_and_a_dotted_one_of_the_recurrent_ones():
    every, recurrent = likeness_figure([LIKENESS]).data
    np.testing.assert_array_equal(every.y, LIKENESS.cosine)
    np.testing.assert_array_equal(recurrent.y, LIKENESS.recurrent_cosine)
    assert recurrent.line.dash == "dot" and every.line.dash == "solid"


def test_costs_are_milliseconds_and_kilobytes():
    time, memory = window_costs_figure(COSTS).data
    np.testing.assert_allclose(time.y, [400, 40, 20])
    np.testing.assert_allclose(memory.y, [1, 10, 60])


def test_the_forgotten_detach_is_drawn_beside_the_right_way():
    traces = undetached_figure(FORGOTTEN).data
    assert [trace.name for trace in traces] == ["without detach()"] * 2 + ["with detach()"] * 2
    np.testing.assert_allclose(traces[0].y, [1, 2])


def test_staleness_is_a_mean_in_a_band_in_per_cent():
    steps = np.array([0, 1])
    band, mean = staleness_figure({"carried": (WAY_STROKES["carry"], steps, [np.zeros(2), np.array([0.1, 0.3])])}).data
    np.testing.assert_allclose(mean.y, [0, 20])
    np.testing.assert_allclose(band.y, [0, 30, 10, 0])


@pytest.mark.parametrize(
    ("window", "length", "width"), [(10, 60, 10), (1, 60, 5), (50, 60, 50), (80, 60, 60), (7, 400, 35)]
)
def test_a_row_is_whole_windows_and_there_are_at_most_twelve(window, length, width):
    assert row_width(window, length) == width and -(-length // width) <= 12


def test_the_reading_says_what_a_cut_loses():
    said = cut_sentence(TEXT)
    assert "reaches 1 step back, to t = 3, and loses 20 % of" in said and "exactly 0" in said


def test_the_readings_say_the_numbers():
    assert "h carried** 0.8 (W_hh 0.6, norm × 0.7)" in likeness_sentence([LIKENESS])
    assert "NaN: no gradient" in likeness_sentence([LIKENESS])
    assert "60 times** as much" in costs_sentence(COSTS) and "20 times as slow" in costs_sentence(COSTS)
    assert "2 times** the first one's time" in undetached_sentence(FORGOTTEN)
    assert "Trying to backward through the graph a second time”:" in complaints(FORGOTTEN)
    stale = staleness_sentence({"carried": (np.array([0, 1, 2]), [np.zeros(1), np.array([0.2]), np.array([0.05])])})
    assert "at step 2 the carried state is 5 % off, at most 20 % (step 1)" in stale


def test_the_longest_lag_that_is_learnt_is_the_reading_of_lags():
    found = {"ten": np.array([[1.0, 0.94], [0.5, np.nan]]), "new": np.full((2, 2), np.nan)}
    said = lag_sentence(np.array([4, 9]), found, 0.125)
    assert "**ten** 95% right up to lag 4 (50 % at lag 9)" in said and "**new** not trained yet" in said


def test_a_row_too_long_for_letters_has_colours_and_says_them_when_pointed_at():
    length = 90
    reach = CutReach("whole sequence", np.ones(length), 1.0, 0, ())
    _, reached, letters = cut_text_figure(CutText(("x",) * length, 80, (reach,)), length).data
    assert set(reached.text[0]) == {""} and len(letters.x) == 0
    assert reached.customdata[0][4] == "t = 5, 'x': 1"
