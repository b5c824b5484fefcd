"""A language model as a decoder sees it, against the model reading the whole text at once."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from core.decoding import beam_search
from core.models.config import CELLS, ModelConfig
from core.models.language_model import language_step
from core.models.sequence_model import build_model
from core.models.vocabulary import Vocabulary

VOCABULARY = Vocabulary.of("abcd")


def made(kind, **given):
    return build_model(ModelConfig(kind, hidden_size=6, **given), VOCABULARY, seed=0).eval()


@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize("layers", [1, 2])
def test_step_by_step_is_all_at_once(kind, layers):
    model = made(kind, layers=layers)
    step, state = language_step(model)
    tokens = torch.tensor([0, 2, 1, 3, 3, 0])
    state = tuple(tuple(part.expand(3, -1) for part in layer) for layer in state)
    for place, expected in enumerate(model(tokens[None])[0].double().log_softmax(-1)):
        log_probs, state = step(state, tokens[place].expand(3))
        torch.testing.assert_close(log_probs, expected.expand(3, -1), atol=1e-6, rtol=0)
    assert len(state) == layers
    assert all(len(layer) == (2 if kind == "lstm" else 1) and layer[0].shape == (3, 6) for layer in state)


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_a_hypothesis_has_the_log_probability_of_its_text(kind):
    model = made(kind, layers=2)
    for one in beam_search(*language_step(model), beam_size=5, max_length=6, eos=None).hypotheses:
        with torch.no_grad():
            log_probs = model(torch.tensor([[0, *one.tokens[:-1]]]))[0].double().log_softmax(-1)
        expected = log_probs[torch.arange(6), torch.tensor(one.tokens)]
        np.testing.assert_allclose(one.step_log_probs, expected, atol=1e-6)


def test_a_model_that_reads_both_ways_is_no_generator():
    with pytest.raises(ValueError, match="reads forward only, got a bidirectional model"):
        language_step(made("lstm", bidirectional=True))


def test_a_model_of_numbers_is_no_generator():
    numbers = SimpleNamespace(vocabulary_size=None, features=2, outputs=3)
    with pytest.raises(ValueError, match="reads tokens, got a model of real-valued input"):
        language_step(build_model(ModelConfig("gru", hidden_size=6), numbers, seed=0))
