"""Encoder–decoders against loops over numbers, and the invariants of attention."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from seq2seq_by_hand import ByHand

from core.models.attention import Attention
from core.models.seq2seq import PAD, START, STOP, build_seq2seq
from core.models.seq2seq_config import ATTENTIONS, CELLS, FUSIONS, PRESETS, Seq2SeqConfig
from core.tasks import pair_vocabulary

PORTS = SimpleNamespace(source_symbols=tuple("pstuabc"), target_symbols=tuple("pstuvwxyz"))
SOURCES = [[4, 5, 6, 5, STOP], [6, STOP], [5, 4, 4, STOP]]
TARGETS = [[START, 4, 5, 8], [START, 7, 7, 6], [START, 8, 4, PAD]]
CONFIGS = {
    *(Seq2SeqConfig(cell, 6, attention=attention) for cell in CELLS for attention in ATTENTIONS),
    *(Seq2SeqConfig("gru", 6, fusion=fusion, attention="general") for fusion in FUSIONS),
    *(
        Seq2SeqConfig(cell, 6, layers, both, attention, input_feeding=True)
        for cell, layers, both in [("lstm", 2, True), ("gru", 1, False), ("rnn", 3, True)]
        for attention in ("additive", "scaled_dot")
    ),
    Seq2SeqConfig("lstm", 6, 3, False, "none"),
    Seq2SeqConfig("gru", 6, values="embeddings", output="context", bridge=False),
    Seq2SeqConfig("lstm", 6, 2, values="embeddings", attention="additive", bridge=False),
}


def made(config, dtype=torch.float64):
    return build_seq2seq(config, PORTS, seed=1).to(dtype)


def padded(rows):
    longest = max(map(len, rows))
    return torch.tensor([row + [PAD] * (longest - len(row)) for row in rows]), torch.tensor([len(row) for row in rows])


@pytest.mark.parametrize("config", sorted(CONFIGS, key=str), ids=lambda config: config.name)
def test_a_padded_batch_is_the_plain_loop_of_each_example(config):
    model = made(config)
    (source, lengths), target_in = padded(SOURCES), torch.tensor(TARGETS)
    with torch.no_grad():
        rows = model.decoder(target_in, model.memory(source, lengths))
        logits = model.decoder.readout(rows.vectors)
    for number, (given, fed) in enumerate(zip(SOURCES, TARGETS, strict=True)):
        expected, attention = ByHand(model).decode(given, fed)
        np.testing.assert_allclose(logits[number], expected, atol=1e-12)
        if config.attention != "none":
            np.testing.assert_allclose(rows.weights[number, :, : len(given)], attention, atol=1e-12)


@pytest.mark.parametrize("attention", [kind for kind in ATTENTIONS if kind != "none"])
def test_in_float32_a_batch_is_the_plain_loop_to_1e_6(attention):
    model = made(Seq2SeqConfig("lstm", 32, attention=attention), torch.float32)
    (source, lengths), target_in = padded(SOURCES), torch.tensor(TARGETS)
    with torch.no_grad():
        rows = model.decoder(target_in, model.memory(source, lengths))
    for number, (given, fed) in enumerate(zip(SOURCES, TARGETS, strict=True)):
        _, expected = ByHand(model).decode(given, fed)
        np.testing.assert_allclose(rows.weights[number, :, : len(given)], expected, atol=1e-6)


@pytest.mark.parametrize("attention", [kind for kind in ATTENTIONS if kind != "none"])
def test_rows_sum_to_one_and_padding_gets_exactly_nothing(attention):
    model = made(Seq2SeqConfig("gru", 6, attention=attention), torch.float32)
    source, lengths = padded(SOURCES)
    with torch.no_grad():
        weights = model.decoder(torch.tensor(TARGETS), model.memory(source, lengths)).weights
    np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-6)
    assert all((weights[number, :, length:] == 0).all() for number, length in enumerate(lengths))


@pytest.mark.parametrize("attention", ["additive", "concat"])
def test_a_score_whose_v_is_zero_looks_everywhere_alike(attention):
    module = Attention(attention, 6)
    torch.nn.init.zeros_(module.score.weight)
    mask = torch.tensor([[True, True, True, False]])
    weights = module(torch.randn(1, 2, 6), module.keys(torch.randn(1, 4, 6)), mask)
    np.testing.assert_allclose(weights.detach()[0], [[1 / 3, 1 / 3, 1 / 3, 0]] * 2, atol=1e-7)


@pytest.mark.parametrize("name", PRESETS)
def test_the_gradient_reaches_every_weight_that_is_used(name):
    model = made(PRESETS[name])
    source, lengths = padded(SOURCES)
    model(source, lengths, torch.tensor(TARGETS)).logsumexp(-1).sum().backward()
    assert all(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in model.parameters())


def test_the_same_seed_gives_the_same_weights_whatever_was_drawn():
    one = made(Seq2SeqConfig())
    torch.rand(3)
    for left, right in zip(one.parameters(), made(Seq2SeqConfig()).parameters(), strict=True):
        assert torch.equal(left, right)


def test_what_stands_past_a_source_changes_nothing():
    model = made(Seq2SeqConfig("lstm", 6, 2))
    source, lengths = padded(SOURCES)
    other = source.masked_fill(source == PAD, 5)
    args = lengths, torch.tensor(TARGETS)
    assert torch.equal(model(source, *args), model(other, *args))


def test_answers_are_written_one_token_after_the_other_and_end():
    model = made(Seq2SeqConfig("gru", 6, attention="additive"))
    source, lengths = padded(SOURCES)
    for given, answer in zip(SOURCES, model.answers(source, lengths, 12).tolist(), strict=True):
        written = [START]
        while len(written) <= 12 and written[-1] != STOP:
            written.append(int(ByHand(model).decode(given, written)[0][-1].argmax()))
        assert answer == written[1:] + [PAD] * (13 - len(written))


def test_special_tokens_are_those_of_the_tasks():
    assert (PAD, START, STOP) == (pair_vocabulary.PAD, pair_vocabulary.START, pair_vocabulary.STOP)
