"""An encoder–decoder as a search sees it, against all rows at once."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from core.decoding import beam_search, coverage_penalty, greedy
from core.models.seq2seq import START, STOP, build_seq2seq
from core.models.seq2seq_config import PRESETS, Seq2SeqConfig
from core.models.seq2seq_step import seq2seq_step
from core.probes.attention import forced

PORTS = SimpleNamespace(source_symbols=tuple("pstuabc"), target_symbols=tuple("pstuvwxyz"))
SOURCE = [4, 5, 6, STOP]
CONFIGS = [
    *PRESETS.values(),
    Seq2SeqConfig("lstm", 6, 3, False, "none"),
    Seq2SeqConfig("rnn", 6, attention="additive"),
]


def made(config):
    return build_seq2seq(config, PORTS, seed=2).double()


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.name)
def test_every_hypothesis_has_the_log_probability_of_its_target(config):
    model = made(config)
    search = beam_search(*seq2seq_step(model, SOURCE), beam_size=4, max_length=5, eos=STOP, start=START)
    for one in search.hypotheses:
        np.testing.assert_allclose(one.step_log_probs, forced(model, SOURCE, one.tokens).step_log_probs(), atol=1e-9)


def test_greedy_search_writes_the_models_own_answer():
    model = made(Seq2SeqConfig("lstm", 6, input_feeding=True))
    best = greedy(*seq2seq_step(model, SOURCE), max_length=7, eos=STOP, start=START).hypotheses[0]
    answer = model.answers(torch.tensor([SOURCE]), torch.tensor([4]), 7)[0].tolist()
    assert answer == [*best.tokens, *[0] * (7 - len(best.tokens))]


def test_a_state_holds_the_attention_that_each_position_got():
    model = made(PRESETS["textbook Bahdanau"])
    step, state = seq2seq_step(model, SOURCE)
    for token in (START, 5, 7):
        with torch.no_grad():
            _, state = step(state, torch.tensor([token]))
    weights = forced(model, SOURCE, [5, 7, 4]).weights
    np.testing.assert_allclose(state.coverage[0], weights.sum(axis=0), atol=1e-9)
    assert coverage_penalty(weights, beta=0.2) == pytest.approx(
        0.2 * np.log(np.minimum(state.coverage[0].numpy(), 1)).sum()
    )


def test_a_source_that_the_model_cannot_read_is_refused():
    model = made(Seq2SeqConfig())
    for source in ([], [4, 7]):
        with pytest.raises(ValueError, match="one or more tokens in 0…6, got"):
            seq2seq_step(model, source)
