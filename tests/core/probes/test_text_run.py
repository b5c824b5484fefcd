"""Reading a text: against the plain model, with hands in the works, and long texts in pieces."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

import core
from core.models.config import ModelConfig
from core.models.sequence_model import build_model
from core.models.vocabulary import Vocabulary
from core.probes.intervention import Intervention, still_cell
from core.probes.text_run import STREAMS, WARM_UP, text_run, text_states

torch.set_num_threads(1)

VOCABULARY = Vocabulary.of("abc \n")
CONFIGS = {
    "lstm": ModelConfig("lstm", hidden_size=7),
    "deep lstm": ModelConfig("lstm", hidden_size=7, layers=3),
    "gru": ModelConfig("gru", hidden_size=7, layers=2),
    "rnn": ModelConfig("rnn", hidden_size=7),
    "relu": ModelConfig("relu_rnn", hidden_size=7, initialization="orthogonal", gain=0.5),
    "linear": ModelConfig("linear_rnn", hidden_size=7),
}


def model(kind="lstm"):
    return build_model(CONFIGS[kind], VOCABULARY, seed=1).eval()


def tokens(length):
    return torch.randint(len(VOCABULARY.symbols), (length,), generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("kind", CONFIGS)
def test_it_expects_and_loses_what_the_plain_model_does(kind):
    run, text = text_run(model(kind), tokens(30)), tokens(30)
    logits = model(kind)(text[None])[0].detach()
    assert np.allclose(run.log_probs, logits.log_softmax(-1).numpy(), atol=1e-5)
    assert run.losses.shape == (29,)
    assert run.loss == pytest.approx(cross_entropy(logits[:-1], text[1:]).item(), abs=1e-5)
    assert np.allclose(np.exp(run.log_probs).sum(axis=1), 1, atol=1e-5)


def test_a_hand_changes_no_expectation_before_its_span_and_some_after():
    plain, held = text_run(model(), tokens(30)), text_run(model(), tokens(30), still_cell(10, 14))
    assert (held.log_probs[:10] == plain.log_probs[:10]).all()
    assert (held.log_probs[10:] != plain.log_probs[10:]).any(axis=1).all()
    assert held.loss != plain.loss


def test_an_edited_token_changes_no_expectation_before_it():
    edited = tokens(30)
    edited[12] = (edited[12] + 1) % len(VOCABULARY.symbols)
    plain, other = text_run(model(), tokens(30)), text_run(model(), edited)
    assert (other.log_probs[:12] == plain.log_probs[:12]).all()
    assert (other.log_probs[12] != plain.log_probs[12]).any()


def test_a_hand_in_the_last_hidden_state_leaves_the_readout_s_bias_alone():
    run = text_run(model(), tokens(5), [Intervention("hidden", "set", 0.0)])
    expected = model().readout.bias.detach().log_softmax(-1).numpy()
    assert np.allclose(run.log_probs, expected, atol=1e-6)


@pytest.mark.parametrize("kind", CONFIGS)
def test_states_of_a_short_text_are_those_of_one_reading(kind):
    text, layer = tokens(2 * WARM_UP - 1), CONFIGS[kind].layers - 1
    reader = model(kind)
    with torch.no_grad(), core.watch(reader) as watched:
        reader(text[None])
    states = text_states(reader, text, "hidden", layer)
    assert states.shape == (len(text), 7)
    assert np.abs(states - watched.gates["recurrent"].hidden[layer, 0, 0]).max() <= 1e-6


@pytest.mark.parametrize("length", [2 * WARM_UP, 5000, STREAMS * 300 + 17])
def test_states_of_a_long_text_in_pieces_are_those_of_one_reading_but_for_what_is_long_remembered(length):
    """A fresh LSTM forgets in a few steps, so a warm-up of 256 leaves only rounding."""
    reader, text = model(), tokens(length)
    with torch.no_grad(), core.watch(reader) as watched:
        reader(text[None])
    for name in ("cell", "forget"):
        states = text_states(reader, text, name)
        assert states.shape == (length, 7)
        assert np.abs(states - getattr(watched.gates["recurrent"], name)[0, 0, 0]).max() <= 1e-5


def test_progress_rises_to_one():
    told = []
    text_states(model(), tokens(3000), progress=told.append)
    assert told == sorted(told) and told[-1] == 1 and len(told) > 1


def test_what_cannot_be_read_is_refused():
    with pytest.raises(ValueError, match=r"tokens of shape \(T,\) with T ≥ 1, got \(1, 3\); pass one text"):
        text_run(model(), tokens(3)[None])
    with pytest.raises(ValueError, match="got 'reset' in layer 0; choose one of these"):
        text_states(model(), tokens(9), "reset")
    with pytest.raises(ValueError, match="in 1 layers, got 'cell' in layer 1"):
        text_states(model(), tokens(9), "cell", layer=1)
    both = build_model(ModelConfig("lstm", hidden_size=3, bidirectional=True), VOCABULARY, seed=0)
    with pytest.raises(ValueError, match="one direction, got one of both; use text_run"):
        text_states(both, tokens(9))
