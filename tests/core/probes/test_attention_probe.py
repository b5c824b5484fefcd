"""Attention of given targets, and hands on it."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from core.models.seq2seq import START, STOP, build_seq2seq
from core.models.seq2seq_config import ATTENTIONS, Seq2SeqConfig
from core.probes.attention import decode_with, forced

PORTS = SimpleNamespace(source_symbols=tuple("pstuabc"), target_symbols=tuple("pstuvwxyz"))
SOURCE = [4, 5, 6, 5, STOP]
ATTENDING = [
    Seq2SeqConfig("gru", 8, attention=attention, input_feeding=fed)
    for attention in ATTENTIONS
    if attention != "none"
    for fed in (False, True)
]


def made(config):
    return build_seq2seq(config, PORTS, seed=3).double()


@pytest.mark.parametrize("config", ATTENDING, ids=lambda config: config.name)
def test_what_is_written_freely_has_the_attention_of_the_same_target_forced(config):
    model = made(config)
    free = decode_with(model, SOURCE, max_length=6)
    again = forced(model, SOURCE, free.target.tolist())
    np.testing.assert_allclose(free.weights, again.weights, atol=1e-12)
    np.testing.assert_allclose(free.log_probs, again.log_probs, atol=1e-12)
    assert (free.target == free.log_probs.argmax(axis=1)).all()


@pytest.mark.parametrize("config", ATTENDING, ids=lambda config: config.name)
def test_a_row_laid_by_hand_is_what_the_context_is_made_of(config):
    model = made(config)
    row = np.array([0, 0, 1.0, 0, 0])
    trace = decode_with(model, SOURCE, max_length=4, override={1: row}, prefix=[8, 5, 6])
    values = model.memory(torch.tensor([SOURCE]), torch.tensor([5])).values[0].detach().numpy()
    assert (trace.weights[1] == row).all()
    np.testing.assert_allclose(trace.contexts, trace.weights @ values, atol=1e-12)
    assert (trace.weights[0] == decode_with(model, SOURCE, max_length=4, prefix=[8]).weights[0]).all()


@pytest.mark.parametrize("config", ATTENDING, ids=lambda config: config.name)
def test_laying_by_hand_what_the_model_laid_changes_nothing(config):
    model = made(config)
    free = decode_with(model, SOURCE, max_length=6)
    same = decode_with(model, SOURCE, max_length=6, override=dict(enumerate(free.weights)))
    np.testing.assert_allclose(same.log_probs, free.log_probs, atol=1e-12)


def test_a_prefix_is_written_first_and_the_rest_follows_from_it():
    model = made(Seq2SeqConfig("lstm", 8))
    trace = decode_with(model, SOURCE, max_length=6, prefix=[8, 5])
    assert trace.target[:2].tolist() == [8, 5]
    again = forced(model, SOURCE, trace.target.tolist())
    assert (again.log_probs[2:].argmax(axis=1) == trace.target[2:]).all()


def test_steps_of_the_context_are_distances_of_successive_ones():
    trace = forced(made(Seq2SeqConfig("gru", 8)), SOURCE, [5, 6, 7])
    assert trace.context_steps()[1] == pytest.approx(np.sqrt(((trace.contexts[2] - trace.contexts[1]) ** 2).sum()))


def test_a_model_without_attention_has_none_to_show_or_to_lay():
    model = made(Seq2SeqConfig("gru", 8, attention="none"))
    trace = forced(model, SOURCE, [5])
    assert trace.weights is None and trace.contexts is None
    with pytest.raises(ValueError, match="needs attention"):
        trace.context_steps()
    with pytest.raises(ValueError, match="override needs a model with attention"):
        decode_with(model, SOURCE, 3, override={0: np.full(5, 0.2)})


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"override": {0: np.full(4, 0.25)}}, "must be 5 weights"),
        ({"override": {0: np.full(5, 0.3)}}, "sum 1.5"),
        ({"override": {0: np.array([np.nan, 1, 0, 0, 0])}}, "sum nan"),
        ({"override": {0: np.array([-1.0, 2, 0, 0, 0])}}, "at least 0"),
        ({"prefix": [9]}, "tokens in 0…8"),
        ({"prefix": [5, 5, 5, 5]}, "max_length must be at least"),
    ],
)
def test_what_cannot_be_decoded_is_refused_with_rule_value_and_remedy(asked, says):
    with pytest.raises(ValueError, match=says):
        decode_with(made(Seq2SeqConfig("gru", 8)), SOURCE, 3, **asked)


def test_a_target_has_a_token():
    with pytest.raises(ValueError, match="1 or more tokens"):
        forced(made(Seq2SeqConfig("gru", 8)), SOURCE, [])
    assert forced(made(Seq2SeqConfig("gru", 8)), SOURCE, [START]).weights.shape == (1, 5)
