from __future__ import annotations

import math

import numpy as np
import pytest

from dashboard.figures.gradient_flow import (
    FLOOR,
    Curve,
    gradient_curves_figure,
    gradient_heatmap_figure,
    learning_figure,
    naive_figure,
    norm_range,
)
from dashboard.figures.log_axis import LEAST_DECADES, measured
from dashboard.theme import CHANCE, NAIVE, Stroke, model_stroke, model_strokes

RED, BLUE = Stroke("#d55e00", "solid"), Stroke("#1c7fc4", "dot")


def curve(*norms: float, label: str = "RNN", stroke: Stroke = RED) -> Curve:
    return Curve(label, stroke, np.array(norms))


def test_each_curve_is_one_line_in_its_stroke_counted_from_timestep_1():
    figure = gradient_curves_figure([curve(1e-3, 1e-2, 0.1), curve(0.5, 0.5, 0.5, label="LSTM", stroke=BLUE)], (-4, 1))
    rnn, lstm = figure.data
    assert (rnn.name, rnn.line.color, rnn.line.dash) == ("RNN", *RED)
    assert (lstm.name, lstm.line.color, lstm.line.dash) == ("LSTM", *BLUE)
    assert list(rnn.x) == [1, 2, 3]
    np.testing.assert_array_equal(rnn.y, [1e-3, 1e-2, 0.1])


def test_the_norm_axis_is_logarithmic_over_the_decades_given():
    figure = gradient_curves_figure([curve(1e-3, 0.1)], (-6, 1))
    assert figure.layout.yaxis.type == "log"
    assert figure.layout.yaxis.range == (-6, 1)
    assert figure.layout.xaxis.title.text == "timestep t"
    assert figure.layout.yaxis.title.text == "gradient norm"


def test_what_is_below_the_floor_lies_on_it_marked_and_says_its_value():
    (line,) = gradient_curves_figure([curve(0.0, 1e-30, 1e-3)], (-15, 0)).data
    np.testing.assert_array_equal(line.y, [FLOOR, FLOOR, 1e-3])
    assert list(line.marker.symbol) == ["triangle-down-open", "triangle-down-open", "circle"]
    assert list(line.customdata) == ["0 (below the floor)", "1e-30 (below the floor)", "0.001"]


def test_nan_stays_a_gap_and_says_nan():
    (line,) = gradient_curves_figure([curve(math.nan, math.inf, 0.1)], (-3, 0)).data
    assert math.isnan(line.y[0])
    assert list(line.customdata) == ["NaN", "Inf", "0.1"]


def test_a_curve_without_rows_yet_is_an_empty_line():
    (line,) = gradient_curves_figure([Curve("RNN", RED, None)], (-6, 1)).data
    assert len(line.x) == len(line.y) == 0
    assert line.name == "RNN"


@pytest.mark.parametrize(
    ("norms", "decades"),
    [
        ((0.5, 0.9), (-5, 1)),
        ((2e-9, 0.9), (-9, 1)),
        ((1e-40, 0.9), (-15, 1)),
        ((0.0, math.nan, 30.0, math.inf), (-3, 3)),
        ((0.0,), (-5, 1)),
    ],
)
def test_the_decades_hold_what_can_be_drawn_and_end_at_the_floor(norms, decades):
    assert norm_range([curve(*norms)]) == decades


def test_curves_share_one_range_and_none_has_a_default_one():
    low, high = norm_range([curve(1e-8, 1.0), curve(5.0, 200.0), Curve("new", RED, None)])
    assert (low, high) == (-8, 4)
    low, high = norm_range([Curve("new", RED, None)])
    assert high - low == LEAST_DECADES


@pytest.mark.parametrize("top", [1e-30, 1e30])
def test_a_range_is_never_upside_down(top):
    low, high = norm_range([curve(top / 2, top)])
    assert low < high


@pytest.mark.parametrize(
    ("value", "text"),
    [(math.nan, "NaN"), (math.inf, "Inf"), (0.1234, "0.12"), (3e-16, "3e-16 (below the floor)"), (1e7, "1e+07")],
)
def test_a_norm_in_words(value, text):
    assert measured(value, FLOOR) == text


def test_the_heatmap_is_empty_with_fixed_colours_and_the_first_timestep_below():
    figure = gradient_heatmap_figure((-9, 1), length=20)
    (heat,) = figure.data
    assert (heat.zmin, heat.zmax) == (-9, 1)
    assert list(heat.y) == list(range(1, 21)) and len(heat.z) == 0
    assert heat.colorbar.title.text == "log₁₀ norm"
    assert figure.layout.yaxis.range == (0.5, 20.5)


def test_learning_curves_wait_empty_beside_the_chance_line():
    figure = learning_figure(["RNN", "LSTM"], [RED, BLUE], "share right", chance=0.125, is_share=True)
    assert [(line.name, len(line.x), line.line.color) for line in figure.data] == [
        ("RNN", 0, RED.color),
        ("LSTM", 0, BLUE.color),
    ]
    (chance,) = figure.layout.shapes
    assert (chance.y0, chance.y1, chance.line.color) == (0.125, 0.125, CHANCE)
    assert figure.layout.annotations[0].text == "chance"
    assert figure.layout.yaxis.range == (0, 1.02)
    assert figure.layout.yaxis.title.text == "share right"


def test_without_a_chance_level_there_is_no_line_and_a_loss_has_no_ceiling():
    figure = learning_figure(["RNN"], [RED], "loss, nats", chance=None, is_share=False)
    assert not figure.layout.shapes
    assert figure.layout.yaxis.range is None and figure.layout.yaxis.rangemode == "tozero"


def test_the_naive_plot_crosses_out_what_it_shows_as_zero():
    total, naive = naive_figure(curve(0.01, 0.1, 1.0), np.array([0.0, 0.0, 1.0]), (-6, 1)).data
    assert naive.name == "output.retain_grad()" and naive.marker.color == NAIVE
    assert list(naive.marker.symbol) == ["x", "x", "circle-open"]
    np.testing.assert_allclose(naive.y, [1e-6, 1e-6, 1.0])
    assert list(naive.customdata) == ["exactly 0", "exactly 0", "1"]
    np.testing.assert_array_equal(total.y, [0.01, 0.1, 1.0])


def test_two_models_of_one_cell_differ_in_colour_and_dash():
    strokes = model_strokes(["lstm", "rnn", "lstm", "lstm"])
    assert strokes[1] == model_stroke("rnn", 0)
    lstms = [strokes[0], strokes[2], strokes[3]]
    assert len({stroke.color for stroke in lstms}) == len({stroke.dash for stroke in lstms}) == 3
