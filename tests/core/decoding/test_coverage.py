"""Coverage in beam search: the attention that a hypothesis has paid is in its score when it finishes."""

import numpy as np
import pytest
import torch

from core.decoding import (
    FINISHED_STAY,
    HUGGING_FACE_DEFAULTS,
    SHRINKING,
    beam_search,
    coverage_bonus,
    coverage_penalty,
    gnmt,
)
from core.models.seq2seq import START, STOP, build_seq2seq
from core.models.seq2seq_config import Seq2SeqConfig
from core.models.seq2seq_step import seq2seq_step
from core.tasks.pair_catalog import make_pairs
from core.tasks.pairs import PairsConfig
from tests.core.decoding.by_hand import EOS, everything, random_model

SIZE, LONGEST, POSITIONS, BETA, WIDE = 4, 4, 3, 0.4, 400


def weights_after(prefix):
    """Attention of the row that follows a prefix, shape (S,), always the same."""
    rng = np.random.default_rng([7, len(prefix), *prefix])
    return rng.dirichlet(np.ones(POSITIONS))


def attending(log_probs):
    """A step whose state is the prefix and the coverage, and its beginning."""

    def step(state, tokens):
        prefixes = [(*prefix, int(token)) for prefix, token in zip(state["prefix"].tolist(), tokens, strict=True)]
        generated = [tuple(token for token in prefix[1:] if token >= 0) for prefix in map(clean, prefixes)]
        rows = np.stack([weights_after(one) for one in generated])
        after = np.array([[*prefix[1:]] for prefix in prefixes])
        return np.array([log_probs(one) for one in generated]), {"prefix": after, "coverage": state["coverage"] + rows}

    def clean(prefix):
        held = [token for token in prefix if token >= 0]
        return tuple(held)

    return step, {"prefix": np.full((1, 8), -1), "coverage": np.zeros((1, POSITIONS))}


def score_by_hand(total, tokens, penalty):
    weights = np.stack([weights_after(tokens[:place]) for place in range(len(tokens))])
    return penalty.score(total, len(tokens)) + coverage_penalty(weights, BETA)


@pytest.mark.parametrize("semantics", [HUGGING_FACE_DEFAULTS, SHRINKING])
@pytest.mark.parametrize("seed", range(12))
def test_a_beam_as_wide_as_the_space_ranks_by_coverage_as_brute_force_does(seed, semantics):
    model, penalty = random_model(seed, SIZE), gnmt(0.6)
    step, state = attending(model)
    bonus = coverage_bonus(BETA, lambda state: state["coverage"])
    given = dict(beam_size=WIDE, max_length=LONGEST, eos=EOS, semantics=semantics, length_penalty=penalty)
    found = beam_search(step, state, **given, bonus=bonus).hypotheses
    by_hand = [(score_by_hand(total, tokens, penalty), tokens) for total, tokens in everything(model, SIZE, LONGEST)]
    best = sorted(by_hand, reverse=True)
    assert [one.tokens for one in found[:5]] == [tokens for _, tokens in best[:5]]
    assert [one.score for one in found] == pytest.approx([score for score, _ in best[: len(found)]])


def test_without_weight_coverage_changes_nothing():
    step, state = attending(random_model(3, SIZE))
    given = dict(beam_size=3, max_length=LONGEST, eos=EOS)
    plain = beam_search(step, state, **given).hypotheses
    assert beam_search(step, state, **given, bonus=coverage_bonus(0.0, lambda s: s["coverage"])).hypotheses == plain


def test_an_encoder_decoder_keeps_the_coverage_that_its_attention_adds_up_to():
    task = make_pairs(PairsConfig("reverse", 4, 4, 8))
    model = build_seq2seq(Seq2SeqConfig("gru", 8, attention="dot"), task, 0).double()
    source = task.encode("ABCD")
    bonus = coverage_bonus(1.0, lambda state: state.coverage)
    step, state = seq2seq_step(model, source)
    for token in (START, 5, 6):
        with torch.no_grad():
            _, state = step(state, torch.tensor([token]))
    assert float(state.coverage.sum()) == pytest.approx(3.0)
    assert bonus(state)[0] == pytest.approx(np.log(np.minimum(state.coverage[0].numpy(), 1)).sum())
    search = beam_search(*seq2seq_step(model, source), beam_size=3, max_length=6, eos=STOP, start=START, bonus=bonus)
    assert all(one.score <= one.log_prob for one in search.hypotheses) and "state" in search.method


def test_a_bonus_that_could_raise_a_score_is_refused():
    step, state = attending(random_model(0, SIZE))
    with pytest.raises(ValueError, match="may not be above 0, got 1"):
        beam_search(step, state, eos=EOS, bonus=lambda state: np.ones(len(state["coverage"])))
    with pytest.raises(ValueError, match="takes no bonus"):
        beam_search(step, state, eos=EOS, semantics=FINISHED_STAY, bonus=lambda state: np.zeros(1))
    with pytest.raises(ValueError, match="beta must be a number"):
        coverage_bonus(-1.0, lambda state: state)
