import re
from dataclasses import replace

import pytest

from core.models.config import CELLS, ModelConfig


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cell", "transformer"),
        ("cell", None),
        ("cell", ["lstm"]),
        ("initialization", "xavier"),
        ("hidden_size", 0),
        ("hidden_size", 513),
        ("hidden_size", 32.0),
        ("hidden_size", True),
        ("hidden_size", "32"),
        ("layers", 0),
        ("layers", 5),
        ("bidirectional", 1),
        ("gain", -0.1),
        ("gain", 10.5),
        ("gain", float("nan")),
        ("gain", float("inf")),
        ("gain", True),
        ("forget_bias", 11),
        ("forget_bias", float("nan")),
        ("forget_bias", "3"),
        ("dropout", -0.1),
        ("dropout", 0.95),
        ("dropout", None),
        ("clipped", None),
        ("clipped", 0),
    ],
)
def test_a_bad_value_is_refused_with_rule_value_and_remedy(field, value):
    with pytest.raises(ValueError, match=f"{field} must be .*got {re.escape(repr(value))}; (choose|give) one"):
        ModelConfig(**{field: value})


@pytest.mark.parametrize("cell", [cell for cell in CELLS if cell != "lstm"])
def test_only_an_lstm_has_a_forget_bias(cell):
    with pytest.raises(ValueError, match=f"needs an LSTM, got 3 for cell '{cell}'; leave it None"):
        ModelConfig(cell, forget_bias=3)


@pytest.mark.parametrize(
    ("config", "label", "name"),
    [
        (ModelConfig(), "LSTM", "lstm"),
        (ModelConfig(forget_bias=3), "LSTM, forget bias 3", "lstm-b3"),
        (ModelConfig("rnn", initialization="orthogonal"), "RNN, orthogonal × 1.0", "rnn-orthogonal-1"),
        (
            ModelConfig("relu_rnn", initialization="identity", gain=0.5),
            "ReLU RNN, identity × 0.5",
            "relu-rnn-identity-0_5",
        ),
        (
            ModelConfig("gru", 64, layers=2, bidirectional=True, dropout=0.1),
            "GRU, 64 units, 2 layers, both directions, dropout 0.1",
            "gru-h64-l2-both-d0_1",
        ),
        (ModelConfig("rnn", clipped=False), "RNN, not clipped", "rnn-unclipped"),
    ],
)
def test_a_model_is_called_by_what_sets_it_apart(config, label, name):
    assert (config.label, config.name) == (label, name)


def test_every_change_shows_in_the_name():
    base = ModelConfig(layers=2)
    changes = [{"cell": "gru"}, {"hidden_size": 8}, {"layers": 3}, {"bidirectional": True}, {"forget_bias": 1.0}]
    changes += [{"initialization": "identity"}, {"dropout": 0.2}, {"initialization": "identity", "gain": 2.0}]
    changes += [{"clipped": False}]
    names = {base.name, *(replace(base, **change).name for change in changes)}
    assert len(names) == 1 + len(changes)
    assert all(re.fullmatch(r"[a-z0-9_-]+", name) for name in names)
