from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from anatomy_by_hand import fading, gru_paths, histograms, jacobians, lstm_paths, reach, recurrent, rnn_paths

from core.analysis.reach import reach_profile
from dashboard.anatomy_readings import (
    histograms_sentence,
    jacobian_sentence,
    paths_sentence,
    percent,
    powers_sentence,
    reach_sentence,
    spectrum_sentence,
    weights_sentence,
)


@pytest.mark.parametrize(
    ("factor", "text"),
    [(0.53, "53 %"), (1.034, "103 %"), (1e-8, "1.0 · 10⁻⁶ %"), (2.1e4, "2.1 · 10⁴ times"), (float("nan"), "NaN")],
)
def test_shares_as_people_read_them(factor, text):
    assert percent(factor) == text


def test_the_product_of_an_rnn_is_read_with_every_factor_and_what_the_bound_can_say():
    sentence = paths_sentence("RNN", rnn_paths())
    for part in ("keeps **50 %** of ∂L/∂h", "φ′ alone would keep 80 %", "W_hh alone 60 %", "γ·σ_max is 120 %"):
        assert part in sentence
    assert sentence.endswith("the bound alone allows it to explode.")
    assert "so it must vanish" in paths_sentence("RNN", replace(rnn_paths(), bound=fading(0.9)))


def test_the_two_paths_of_an_lstm_are_read_as_shares_of_the_whole():
    sentence = paths_sentence("LSTM", lstm_paths())
    carousel = 0.9**9 / (2 * 0.95**9)
    assert "keeps **95 %** of ∂L/∂c" in sentence and "products of f (mean 0.9), would keep 90 %" in sentence
    assert f"carousel is {percent(carousel)} of the whole, the part through gates and W_hh 60 %" in sentence
    assert "within 3.0 · 10⁻¹⁶" in sentence


def test_a_gru_is_read_with_z():
    assert "products of z (mean 0.5)" in paths_sentence("GRU", gru_paths())


def test_of_several_losses_no_slope_is_read_as_what_a_step_keeps():
    everywhere = np.full(10, 0.1)
    rnn = paths_sentence("RNN", replace(rnn_paths(), direct=everywhere))
    assert "enters at 10 of 10 timesteps" in rnn and "each step back keeps" not in rnn
    assert f"At step 1 ∂L/∂h is {0.5**9:.3g}; φ′ alone would leave {0.8**9:.3g}" in rnn
    lstm = paths_sentence("LSTM", replace(lstm_paths(), direct=everywhere))
    assert "each step back keeps" not in lstm and "took the carousel is" in lstm


def test_an_underflow_is_read_with_what_float64_holds_there():
    paths = rnn_paths(200)
    recorded = paths.hidden.astype(np.float32)
    lost = int((recorded == 0).sum())
    assert lost > 40
    sentence = paths_sentence("RNN", paths, recorded)
    assert f"float32 holds 0 at {lost} of 200 steps; in float64 it is 1.2 · 10⁻⁶⁰ at step 1." in sentence
    assert "Underflow" not in paths_sentence("RNN", rnn_paths(), rnn_paths().hidden)


def test_jacobians_are_read_as_what_one_step_and_all_steps_can_do():
    sentence = jacobian_sentence("RNN", jacobians())
    assert "stretches by at most 1.1 (median over t; 1.1 to 1.1)" in sentence
    assert (
        "Of any gradient at the last step at most **1.46** reaches step 1; in the median direction 0.0625" in sentence
    )


def test_a_product_that_rounding_hides_is_said_to_be_hidden():
    hidden = replace(jacobians("lstm"), resolved=np.full(4, 0.1))
    assert "of (h, c)" in jacobian_sentence("LSTM", hidden)
    assert "median direction less than rounding, 0.1" in jacobian_sentence("LSTM", hidden)


def test_the_reverse_direction_is_read_towards_the_end():
    sentence = jacobian_sentence("RNN", jacobians(), is_reverse=True)
    assert "at the first step at most **1.1** reaches step 5" in sentence


def test_rho_below_one_is_said_to_prove_nothing():
    sentence = spectrum_sentence("RNN", recurrent())
    assert "ρ(W_hh) = 0.6, σ_max = **1.2**, not below 1" in sentence and "proves nothing" in sentence
    small = replace(recurrent(), singular_values=np.array([[0.9, 0.5, 0.1]]))
    assert "every gradient must vanish" in spectrum_sentence("RNN", small)
    gates = spectrum_sentence("GRU", recurrent(("reset", "update", "new")))
    assert "reset 0.6 and 1.2; update 0.6 and 1.2" in gates


def test_reach_is_read_as_a_horizon_per_model():
    reaches = [reach(0.5, 12), reach(1.0, 12)]
    sentence = reach_sentence(["RNN", "LSTM"], [reach_profile(one.norms) for one in reaches], reaches)
    assert "is left after: **RNN** 10 steps; **LSTM** more than 11 steps. The rows" in sentence


def test_histograms_are_read_with_extremes_zeros_and_nan():
    sentence = histograms_sentence("RNN", histograms())
    assert "largest in W_hh (0.01) and smallest in b_hh (1.0 · 10⁻⁶)" in sentence
    assert "6 of 20 entries are exactly zero, 1 NaN or Inf" in sentence
    empty = replace(histograms(), gradient_counts=np.zeros((2, 2), int), zeros=np.full(2, 10), not_finite=np.zeros(2))
    assert histograms_sentence("RNN", empty) == "**RNN**: 20 of 20 entries are exactly zero, none NaN or Inf."


def test_weights_are_read_with_their_extremes():
    assert "is about 1 in b_hh; the block whose largest is smallest is W_hh (0.5)" in weights_sentence(
        "RNN", replace(histograms(), counts=np.array([[4, 6], [9, 1]]))
    )


def test_powers_are_read_beside_rho():
    linear = replace(rnn_paths(factor=0.9), keep=np.ones(10))
    sentence = powers_sentence(0.9, linear, rnn_paths(factor=0.5))
    assert "keeps **90 %**, ρ to within a relative" in sentence
    assert f"after 9 steps {0.9**9:.3g} is left, so it vanishes" in sentence
    assert "tanh on the same weights keeps **50 %**: its mean slope is 0.8." in sentence
    assert "explodes" in powers_sentence(1.2, replace(linear, hidden=fading(1.2)), linear)
