"""What a search says of a model that answers nonsense, and of settings that make none."""

import numpy as np
import pytest
import torch

from core.decoding import FAIRSEQ, beam_search, greedy, sample, stochastic_beam_search
from core.decoding.states import chosen
from tests.core.decoding.by_hand import random_model, step_of

EVEN = np.log(np.full((1, 4), 0.25))


def answering(answer):
    return (lambda state, tokens: (answer, state)), None


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (np.zeros((1, 4)), "must add up to 1, got 4 in row 0"),
        (np.full((1, 4), np.nan), "must add up to 1, got nan in row 0"),
        (np.array([[0.0, np.nan]]), "must add up to 1, got nan in row 0"),
        (torch.full((1, 4), -np.inf), "must add up to 1, got 0 in row 0"),
        (np.full((1, 3), 900.0), "must add up to 1, got inf in row 0"),
        (np.full((2, 4), np.log(0.25)), r"shape \(1, V\), got \(2, 4\)"),
        (np.log(np.full(4, 0.25)), r"shape \(1, V\), got \(4,\)"),
        (np.zeros((1, 0)), r"shape \(1, V\), got \(1, 0\)"),
    ],
)
def test_rows_that_are_no_probabilities_are_refused(answer, message):
    with pytest.raises(ValueError, match=message):
        beam_search(*answering(answer))


def test_a_vocabulary_that_changes_is_refused():
    def step(state, tokens):
        return np.log(np.full((len(tokens), 4 + state[0]), 1 / (4 + state[0]))), state + 1

    with pytest.raises(ValueError, match="as many tokens each time, got 5 after 4"):
        beam_search(step, np.zeros(1, dtype=int))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"beam_size": 0}, "beam_size must be a whole number"),
        ({"beam_size": 2.5}, "beam_size must be a whole number"),
        ({"max_length": 0}, "max_length must be a whole number"),
        ({"eos": 4}, r"eos must be a token in 0…3, got 4"),
        ({"eos": -1}, "eos must be a whole number"),
        ({"eos": None, "semantics": FAIRSEQ}, "needs an end token, got eos None"),
        ({"start": ()}, "start must hold at least one token, got none"),
        ({"start": (0, -2)}, "start must be a whole number"),
        ({"listed": 0}, "listed must be a whole number"),
    ],
)
def test_settings_out_of_range_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        beam_search(*answering(EVEN), **given)


@pytest.mark.parametrize("search", [greedy, sample, stochastic_beam_search])
def test_every_search_refuses_an_unknown_end_token(search):
    with pytest.raises(ValueError, match="eos must be a token in 0…3, got 9"):
        search(*answering(EVEN), eos=9)


def test_rounding_in_float32_is_normalised_away():
    model = random_model(0)
    exact = beam_search(*step_of(model), max_length=4)
    rounded = beam_search(*step_of(lambda prefix: model(prefix).astype(np.float32)), max_length=4)
    np.testing.assert_allclose(rounded.tree.mass().sum(axis=1), 1, atol=1e-12)
    assert rounded.hypotheses[0].log_prob == pytest.approx(exact.hypotheses[0].log_prob, abs=1e-5)


def test_a_state_of_any_nest_follows_the_rows_chosen():
    parts = {"a": (torch.arange(3), [np.arange(6).reshape(3, 2), None]), "b": torch.arange(3.0)[:, None]}
    picked = chosen(parts, np.array([2, 0, 0, 1]))
    assert picked["a"][0].tolist() == [2, 0, 0, 1] and picked["b"].shape == (4, 1)
    assert picked["a"][1][0].tolist() == [[4, 5], [0, 1], [0, 1], [2, 3]] and picked["a"][1][1] is None


def test_a_state_of_something_else_is_refused():
    with pytest.raises(TypeError, match="got str; convert it"):
        chosen(("text",), np.array([0]))


def test_no_gradient_is_kept():
    weights = torch.zeros(4, requires_grad=True)

    def step(state, tokens):
        log_probs = weights.log_softmax(-1).expand(len(tokens), 4)
        assert not log_probs.requires_grad
        return log_probs, state

    assert beam_search(step, None, max_length=2).hypotheses
