from __future__ import annotations

import math

import numpy as np
import pytest

from core.analysis.decay import decay
from core.recordings.records import Receipt, TensorCheck
from dashboard.readings import (
    click_sentence,
    decay_sentence,
    number,
    receipt_sentence,
    several_losses_sentence,
    verbatim,
)


def receipt(**changes) -> Receipt:
    values = {"hidden": 2e-7, "cell": None, "parameters": 1e-6, "finite_difference": 3e-5, "finite_difference_step": 0}
    tensors = (TensorCheck("∂L/∂h, layer 1, forward", (values | changes)["hidden"], plain=3e-7),)
    return Receipt(**(values | changes), reference_norms=np.ones((1, 1, 3)), tensors=tensors)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.53, "0.53"),
        (12.345, "12.3"),
        (0.001, "0.001"),
        (123.4, "123"),
        (9999.0, "9999"),
        (2.1e-14, "2.1 · 10⁻¹⁴"),
        (9.96e-4, "1.0 · 10⁻³"),
        (-3.2e7, "-3.2 · 10⁷"),
        (1.5e300, "1.5 · 10³⁰⁰"),
        (math.nan, "NaN"),
        (math.inf, "infinite"),
    ],
)
def test_numbers_as_people_read_them(value, text):
    assert number(value) == text


def test_a_fading_gradient_is_read_out_with_factor_and_horizon():
    sentence = decay_sentence("RNN", "∂L/∂h", decay(0.5 ** np.arange(9.0, -1, -1)))
    assert sentence == (
        "**RNN**: ∂L/∂h at step 1 is 0.00195 of that at step 10; each step back keeps 50 %, "
        "and 1/1000 is left after 10 steps."
    )


def test_a_growing_gradient_says_how_fast_and_names_no_horizon():
    sentence = decay_sentence("RNN", "∂L/∂h", decay(1.1 ** np.arange(9.0, -1, -1)))
    assert "grows by 10.0 %" in sentence and "nothing limits how far it reaches" in sentence
    assert "1/1000" not in sentence


def test_a_gradient_that_arrives_whole_does_not_grow_by_nothing():
    sentence = decay_sentence("RNN", "∂L/∂h", decay(np.ones(10)))
    assert "is kept whole" in sentence and "grows" not in sentence


def test_of_several_losses_no_share_per_step_is_told():
    sentence = several_losses_sentence("RNN", "∂L/∂h", decay(0.9 ** np.arange(9.0, -1, -1)))
    assert sentence == "**RNN**: ∂L/∂h at step 1 is 0.387 of that at step 10."


def test_an_underflow_is_told_as_one():
    sentence = decay_sentence("RNN", "∂L/∂h", decay(np.array([0.0, 0.0, 1e-20, 1e-10, 1.0])))
    assert "float32 rounds the gradient that reaches step 1 to zero" in sentence
    assert "keeps 1.0 · 10⁻⁸ %" in sentence


@pytest.mark.parametrize("norms", [np.zeros(5), np.full(5, math.nan)])
def test_where_nothing_can_be_fitted_the_sentence_says_so(norms):
    assert decay_sentence("GRU", "∂L/∂h", decay(norms)) == "**GRU**: no gradient ∂L/∂h can be read here."


def test_a_gradient_at_one_step_alone_is_told_with_the_step():
    sentence = decay_sentence("ReLU RNN", "∂L/∂h", decay(np.array([0.0, 0.0, 1.0])))
    assert sentence == "**ReLU RNN**: a gradient ∂L/∂h that float32 can hold reaches step 3 alone."


def test_what_hardly_fades_is_not_said_to_be_kept_whole():
    sentence = decay_sentence("Linear RNN", "∂L/∂h", decay(0.9999 ** np.arange(9.0, -1, -1)))
    assert "keeps nearly all, and 1/1000 is left after 69074 steps" in sentence


def test_a_nan_at_the_first_step_is_told():
    assert "∂L/∂h at step 1 is NaN" in decay_sentence("RNN", "∂L/∂h", decay(np.array([math.nan, 0.5, 1.0])))


def test_a_receipt_tells_every_difference():
    sentence = receipt_sentence("LSTM", receipt(cell=4e-7))
    assert sentence.startswith("**LSTM** agrees with")
    for part in (
        "∂L/∂h 2.0 · 10⁻⁷",
        "∂L/∂c 4.0 · 10⁻⁷",
        "weights 1.0 · 10⁻⁶",
        "step 1: 3.0 · 10⁻⁵",
        "up to 3.0 · 10⁻⁷",
    ):
        assert part in sentence


def test_a_receipt_that_disagrees_says_not():
    sentence = receipt_sentence("RNN", receipt(hidden=0.2))
    assert "does **not** agree" in sentence and "∂L/∂c" not in sentence


def test_a_click_is_told_with_what_it_names():
    assert click_sentence("Loss", 12, None, 0.5) == "**Loss** at training step 12: 0.5."
    assert click_sentence("RNN", 3, 7, 1e-9) == "**RNN** at training step 3, timestep 7: 1.0 · 10⁻⁹."
    assert click_sentence("Curves", None, 7, math.nan) == "**Curves**, timestep 7: NaN."


def test_a_text_from_outside_makes_no_link_and_no_picture():
    assert verbatim("![x](//a.b/c.png) `$` … é") == r"\!\[x\]\(\/\/a\.b\/c\.png\) \`\$\` … é"
