"""Figures of why a gradient fades, on records whose numbers are known."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from anatomy_by_hand import (
    fading,
    gru_paths,
    histograms,
    jacobians,
    lstm_paths,
    reach,
    recurrent,
    rnn_paths,
)

from dashboard.figures.gradient_flow import Curve
from dashboard.figures.jacobians import jacobian_figure, unit_circle_figure
from dashboard.figures.log_axis import add_float32_limits, decades_of, log_axis
from dashboard.figures.loss_reach import loss_reach_figure, reach_profile_figure
from dashboard.figures.powers import powers_figure
from dashboard.figures.product import product_figure
from dashboard.figures.weights import (
    blocks_figure,
    gradient_histograms_figure,
    largest_weights,
    weight_histograms_figure,
)
from dashboard.theme import CELL_COLORS, ELEMENTWISE, GATE_MARKS, NOT_A_NUMBER, THROUGH_WEIGHTS, Stroke

BLUE = Stroke("#1c7fc4", "dash")


def lines(figure) -> dict[str, object]:
    return {trace.name: trace for trace in figure.data}


def test_the_product_of_an_rnn_is_drawn_beside_each_factor_alone_and_the_bound():
    drawn = lines(product_figure(rnn_paths(), BLUE))
    assert list(drawn) == ["∂L/∂h, measured", "φ′ alone (W_hh = identity)", "W_hh alone (φ′ = 1)",
                           "bound γ·σ_max per step", "mean φ′"]  # fmt: skip
    np.testing.assert_array_equal(drawn["W_hh alone (φ′ = 1)"].y, fading(0.6))
    assert drawn["W_hh alone (φ′ = 1)"].line.color == THROUGH_WEIGHTS
    assert drawn["φ′ alone (W_hh = identity)"].line.color == ELEMENTWISE
    assert drawn["∂L/∂h, measured"].line.color == BLUE.color


def test_where_no_way_leads_a_line_has_a_gap_and_says_zero():
    paths = replace(lstm_paths(), through_gates=np.array([*fading(0.9)[:-1], 0.0]))
    line = lines(product_figure(paths, BLUE))["through gates and W_hh"]
    assert np.isnan(line.y[-1]) and not np.isnan(line.y[:-1]).any()
    assert line.customdata[-1] == "0 (below the floor)"


def test_an_lstm_shows_its_two_paths_and_both_derivatives_and_a_gru_its_z():
    lstm, gru = product_figure(lstm_paths(), BLUE), product_figure(gru_paths(), BLUE)
    assert list(lines(lstm)) == ["∂L/∂c, measured", "∂L/∂h, measured", "carousel: products of f alone",
                                 "through gates and W_hh", "mean f"]  # fmt: skip
    np.testing.assert_array_equal(lines(lstm)["∂L/∂c, measured"].y, 2 * fading(0.95))
    assert "carousel: products of z alone" in lines(gru) and lines(gru)["mean z"].y[0] == 0.5
    assert lstm.layout.yaxis2.range == (0, 1.02) and lstm.layout.yaxis.type == "log"


def test_what_float32_lost_lies_on_the_floor_crossed_out_beside_the_float64_line():
    paths = rnn_paths(200, factor=0.5)
    recorded = paths.hidden.astype(np.float32)
    figure = product_figure(paths, BLUE, recorded)
    single, exact = lines(figure)["∂L/∂h in float32, as trained"], lines(figure)["∂L/∂h, measured"]
    assert exact.y[0] == pytest.approx(0.5**199)
    assert list(single.x[:2]) == [200, 195] and single.customdata[0] == "1"
    assert single.marker.symbol[-1] == "x" and single.customdata[-1] == "0: float32 holds nothing this small"
    assert math.log10(single.y[-1]) == pytest.approx(figure.layout.yaxis.range[0])
    assert [note.text for note in figure.layout.annotations] == ["float32 loses digits below", "float32 is 0 below"]


def test_float32_limits_stand_only_where_the_axis_reaches():
    figure = product_figure(rnn_paths(), BLUE)
    assert not figure.layout.shapes and not figure.layout.annotations
    add_float32_limits(figure, (-40, 0))
    (line,) = figure.layout.shapes
    assert line.y0 == pytest.approx(1.18e-38, rel=1e-2)


@pytest.mark.parametrize(
    ("values", "floor", "decades"),
    [
        ([np.array([1e-3, 0.5])], 1e-150, (-5, 1)),
        ([np.array([1e-200, 1.0]), None], 1e-150, (-150, 1)),
        ([], 1e-15, (-5, 1)),
    ],
)
def test_decades_hold_the_values_down_to_the_floor(values, floor, decades):
    assert decades_of(values, floor) == decades
    assert log_axis("norm", decades)["range"] == list(decades)


def test_jacobians_show_the_largest_the_median_and_the_smallest_of_each_step_and_of_the_products():
    figure = jacobian_figure(jacobians(), BLUE)
    steps, products = figure.data[:3], figure.data[3:6]
    assert [line.y[0] for line in steps] == [1.1, 0.5, 0.2]
    assert list(steps[0].x) == [2, 3, 4, 5] and list(products[0].x) == [1, 2, 3, 4]
    np.testing.assert_allclose(products[0].y, 1.1 ** np.arange(4, 0, -1))
    assert figure.data[6].name == "rounding below"
    assert figure.layout.shapes[0].y0 == 1
    assert "∂h<sub>T</sub>/∂h<sub>t</sub>" in figure.layout.yaxis2.title.text


def test_lines_of_the_products_end_where_rounding_begins():
    hidden = replace(jacobians(), resolved=np.full(4, 0.1))
    largest, _, smallest = jacobian_figure(hidden, BLUE).data[3:6]
    assert not np.isnan(largest.y).any()
    np.testing.assert_array_equal(np.isnan(smallest.y), [True, True, True, False])


def test_the_reverse_direction_steps_from_the_right_and_an_lstm_has_a_state_of_two():
    figure = jacobian_figure(jacobians("lstm"), BLUE, is_reverse=True)
    assert list(figure.data[0].x) == [1, 2, 3, 4] and list(figure.data[3].x) == [2, 3, 4, 5]
    assert figure.layout.yaxis.title.text == "σ of ∂s<sub>t</sub>/∂s<sub>t+1</sub>"


def test_eigenvalues_stand_about_the_unit_circle_with_rings_at_rho_and_sigma_max():
    circle, points, rho, sigma = unit_circle_figure(recurrent(), BLUE).data
    for ring, radius in ((circle, 1.0), (rho, 0.6), (sigma, 1.2)):
        np.testing.assert_allclose(np.hypot(ring.x, ring.y), radius)
    assert points.name == "W_hh: ρ 0.60, σ_max 1.20"
    np.testing.assert_allclose(points.y, [0.6, -0.6, 0])


def test_the_circle_is_round_and_holds_everything():
    layout = unit_circle_figure(recurrent(), BLUE).layout
    assert layout.yaxis.scaleanchor == "x"
    assert layout.xaxis.range == layout.yaxis.range == (pytest.approx(-1.32), pytest.approx(1.32))


def test_each_gate_has_its_own_mark_and_the_rings_are_left_out():
    gates = ("input", "forget", "candidate", "output")
    _, *points = unit_circle_figure(recurrent(gates), BLUE).data
    assert [point.legendgroup for point in points] == list(gates)
    assert {point.marker.color for point in points} == {GATE_MARKS[gate].color for gate in gates}
    assert len({(point.marker.color, point.marker.symbol) for point in points}) == 4
    assert set(GATE_MARKS) >= set(gates)


def test_the_matrix_of_losses_is_log_coloured_in_its_triangle_alone():
    (heat,) = loss_reach_figure([("RNN", reach())], (-3, 1)).data
    assert (heat.zmin, heat.zmax) == (-3, 1)
    assert heat.z[3][1] == pytest.approx(math.log10(4 * 0.25))
    assert np.isnan(heat.z[1][3])
    assert heat.customdata[3][1] == 1.0


def test_models_are_stacked_on_one_colour_scale_with_the_first_loss_on_top():
    figure = loss_reach_figure([("RNN", reach()), ("LSTM", reach(0.9))], (-3, 1))
    assert {(heat.zmin, heat.zmax) for heat in figure.data} == {(-3, 1)}
    assert [heat.showscale for heat in figure.data] == [True, False]
    assert figure.layout.yaxis.range == figure.layout.yaxis2.range == (6.5, 0.5)
    assert [note.text for note in figure.layout.annotations] == ["<b>RNN</b>", "<b>LSTM</b>"]


def test_a_step_without_a_loss_is_blank_and_a_nan_is_marked():
    record = reach()
    record.norms[2] = 0.0
    record.norms[4, 1] = np.nan
    heat, gaps = loss_reach_figure([("RNN", record)], (-3, 1)).data
    assert np.isnan(heat.z[2]).all()
    assert gaps.colorscale[0][1] == NOT_A_NUMBER and gaps.z[4][1] == 1 and np.nansum(gaps.z) == 1


def test_an_underflow_inside_the_triangle_is_drawn_at_the_floor():
    record = reach()
    record.norms[5, 0] = 0.0
    (heat,) = loss_reach_figure([("RNN", record)], (-20, 1)).data
    assert heat.z[5][0] == -15 and heat.customdata[5][0] == 0


def test_the_profile_counts_steps_back_from_zero():
    (line,) = reach_profile_figure([Curve("RNN", BLUE, np.array([1.0, 0.5, 0.0]))]).data
    assert list(line.x) == [0, 1, 2]
    assert list(line.y) == [1.0, 0.5, 1e-9]


def test_blocks_wait_empty_with_the_first_block_on_top():
    figure = blocks_figure(("W_ih", "W_hh"), (-8, 1), "gradient norm")
    (heat,) = figure.data
    assert list(heat.y) == ["W_ih", "W_hh"] and len(heat.x) == 0 and (heat.zmin, heat.zmax) == (-8, 1)
    assert figure.layout.yaxis.autorange == "reversed"


def test_an_outline_is_as_high_as_its_fullest_bin_and_stands_on_its_row():
    ridges = [trace for trace in weight_histograms_figure(histograms(), BLUE).data if trace.name]
    assert [ridge.name for ridge in ridges] == ["W_hh", "b_hh"]
    np.testing.assert_allclose(ridges[0].y, [0, -0.6, -0.6, -0.9, -0.9, 0])
    np.testing.assert_allclose(ridges[1].y, [1, 0.1, 0.1, 1, 1, 1])
    assert list(ridges[0].x) == [-2, -2, 0, 0, 2, 2]  # in units of 0.5, the middle of its outermost bin
    assert list(ridges[0].customdata[:3]) == ["-1 to 0: 4 entries"] * 3


def test_each_block_says_its_scale_and_one_whose_weights_are_equal_their_value():
    constant = replace(histograms(), edges=np.array([[-1.0, 0.0, 1.0], [2.5, 3.0, 3.5]]))
    notes = weight_histograms_figure(constant, BLUE).layout.annotations
    assert [note.text for note in notes] == ["±0.5", "all 3"]
    np.testing.assert_array_equal(largest_weights(constant), [0.5, 3.0])


def test_zeros_and_nan_are_said_beside_the_gradients_of_their_block():
    figure = gradient_histograms_figure(histograms(), BLUE)
    (note,) = figure.layout.annotations
    assert note.text == "60% exactly 0, 1 NaN or Inf" and note.y == 1 and note.font.color == NOT_A_NUMBER
    assert figure.layout.xaxis.range == (-8, 0)
    assert list(figure.layout.yaxis.ticktext) == ["W_hh", "b_hh"]


def test_without_an_activation_the_rings_stand_on_the_powers_of_rho():
    linear = replace(rnn_paths(factor=0.9), keep=np.ones(10))
    predicted, measured, tanh, slope = powers_figure(linear, rnn_paths(factor=0.5), 0.9).data
    np.testing.assert_allclose(predicted.y, measured.y)
    assert predicted.name == "predicted, 0.9^(T−t)"
    np.testing.assert_array_equal(tanh.y, fading(0.5))
    assert slope.y[0] == 0.8
    assert {trace.line.color or trace.marker.color for trace in (measured, tanh)} == {
        CELL_COLORS["linear_rnn"][0],
        CELL_COLORS["rnn"][0],
    }
