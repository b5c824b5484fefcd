"""The pull of each row's loss on each source position, against the gradient of one loss after the other."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

import core.probes.attention_gradient as probe
from core.models.seq2seq import START, STOP, build_seq2seq
from core.models.seq2seq_config import ATTENTIONS, Seq2SeqConfig
from core.probes.attention_gradient import source_gradient

PORTS = SimpleNamespace(source_symbols=tuple("pstuabc"), target_symbols=tuple("pstuvwxyz"))
SOURCE, TARGET = [4, 5, 6, STOP], [8, 5, 4, 6, STOP]
MODELS = [
    *(Seq2SeqConfig("lstm", 8, attention=kind) for kind in ATTENTIONS),
    Seq2SeqConfig("gru", 8, 2, attention="additive", input_feeding=True),
    Seq2SeqConfig("rnn", 8, bidirectional=False, attention="dot", values="embeddings", output="context", bridge=False),
]


def made(config):
    return build_seq2seq(config, PORTS, seed=3).double()


def one_by_one(model):
    """The norms, shape (T, S), from the gradient of the embedding's own weights: no token of it is there twice."""
    rows = []
    for row in range(len(TARGET)):
        logits = model(torch.tensor([SOURCE]), torch.tensor([len(SOURCE)]), torch.tensor([[START, *TARGET[:-1]]]))
        loss = -logits[0, row].log_softmax(-1)[TARGET[row]]
        (grad,) = torch.autograd.grad(loss, model.encoder.embedding.weight)
        rows.append(grad[SOURCE].norm(dim=-1))
    return torch.stack(rows).numpy()


@pytest.mark.parametrize("most", [10**9, 1], ids=["all rows at once", "row by row"])
@pytest.mark.parametrize("config", MODELS, ids=lambda config: config.name)
def test_it_is_the_gradient_of_each_rows_loss(config, most, monkeypatch):
    monkeypatch.setattr(probe, "MOST_NUMBERS", most)
    model = made(config)
    found = source_gradient(model, SOURCE, TARGET)
    np.testing.assert_allclose(found.total, one_by_one(model), atol=1e-12)
    assert (found.total <= found.by_attention + found.by_state + 1e-12).all()
    assert (found.total >= np.abs(found.by_attention - found.by_state) - 1e-12).all()
    np.testing.assert_allclose(found.shares().sum(axis=1), 1)


def test_without_attention_all_comes_through_the_first_state_and_without_a_bridge_nothing_does():
    vector = source_gradient(made(Seq2SeqConfig("gru", 8, attention="none")), SOURCE, TARGET)
    assert not vector.by_attention.any() and vector.attention_share() == 0
    np.testing.assert_array_equal(vector.total, vector.by_state)
    looking = source_gradient(made(MODELS[-1]), SOURCE, TARGET)
    assert not looking.by_state.any() and looking.attention_share() == 1


def test_the_model_is_left_as_it_was():
    model = made(MODELS[2]).requires_grad_(False)
    before = model(torch.tensor([SOURCE]), torch.tensor([4]), torch.tensor([TARGET]))
    source_gradient(model, SOURCE, TARGET)
    assert not model.encoder.embedding._forward_hooks
    assert all(weight.grad is None for weight in model.parameters())
    torch.testing.assert_close(model(torch.tensor([SOURCE]), torch.tensor([4]), torch.tensor([TARGET])), before)


def test_unknown_tokens_are_refused():
    with pytest.raises(ValueError, match="target must be 1 or more tokens"):
        source_gradient(made(MODELS[0]), SOURCE, [99])
