"""Beam search and greedy against `transformers`: every hypothesis, score, candidate taken up and hypothesis kept."""

import dataclasses
import itertools

import numpy as np
import pytest
import torch

pytest.importorskip("transformers", reason="the oracle is not installed: pip install -r tests/requirements.txt")

from core.decoding import FREE, HUGGING_FACE_CANONICAL, Rules, Stop, beam_search, by_length, greedy
from core.recordings.search_tree import Status
from tests.oracles.huggingface import EOS, generate, tiny

EARLY = {True: Stop.WHEN_FULL, False: Stop.BOUND_NOW, "never": Stop.BOUND_HORIZON}
PENALTIES = (0.0, 0.6, 1.0, 2.0)
GRID = list(itertools.product(range(2, 9), EARLY, PENALTIES))
LENGTH = 6
WITHIN = 1e-5
"""Hugging Face accumulates in float32."""


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def ours(step, beams, early, alpha, rules=FREE, length=LENGTH):
    semantics = dataclasses.replace(HUGGING_FACE_CANONICAL, stop=EARLY[early])
    return beam_search(
        *step, beam_size=beams, max_length=length, semantics=semantics, length_penalty=by_length(alpha), rules=rules
    )


def same(mine, theirs):
    assert [tokens for tokens, _ in mine] == [tokens for tokens, _ in theirs]
    np.testing.assert_allclose([one for _, one in mine], [one for _, one in theirs], atol=WITHIN, rtol=0)


def at(tree, chosen, step):
    """(tokens, log-probability) of chosen nodes of a step, best first."""
    nodes = np.flatnonzero(chosen & (tree.step == step))
    return [(tree.path(node), tree.log_prob[node]) for node in nodes[np.argsort(tree.rank[nodes])]]


def agree(model, beams, early, alpha, rules=FREE, length=LENGTH, **settings):
    _, step, oracle = model
    theirs = generate(oracle, beams, length, early_stopping=early, length_penalty=alpha, **settings)
    search = ours(step, beams, early, alpha, rules, length)
    same([(one.tokens, one.score) for one in search.hypotheses], theirs)
    tree = search.tree
    assert tree.steps == len(oracle.kept)
    for place, (taken, kept) in enumerate(zip(oracle.taken, oracle.kept, strict=True), start=1):
        same(at(tree, np.isfinite(tree.score) & (tree.rank <= 2 * beams), place), taken)
        same(at(tree, tree.has(Status.KEPT), place), kept)


@pytest.mark.parametrize("seed", range(12))
def test_beam_search_is_hugging_faces(seed):
    model = tiny(seed)
    for beams, early, alpha in GRID[seed::12]:
        agree(model, beams, early, alpha)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("seed", range(100, 180))
def test_beam_search_is_hugging_faces_on_240_models(seed, kind):
    model = tiny(seed, size=4 + seed % 4, kind=kind, sharpness=2.0 + seed % 7)
    for beams, early, alpha in GRID[seed % 4 :: 4]:
        agree(model, beams, early, alpha)


@pytest.mark.parametrize("seed", range(6))
def test_no_ngram_comes_twice_as_with_hugging_face(seed):
    model, size = tiny(seed, size=6), 1 + seed % 3
    for beams, early, alpha in GRID[seed % 12 :: 12]:
        agree(model, beams, early, alpha, Rules(no_repeat_ngram=size), no_repeat_ngram_size=size)


@pytest.mark.parametrize("seed", range(6))
def test_the_least_length_is_hugging_faces(seed):
    model, least = tiny(seed), 1 + seed % 4
    for beams, early, alpha in GRID[seed % 12 :: 12]:
        agree(model, beams, early, alpha, Rules(min_length=least), min_new_tokens=least)


@pytest.mark.parametrize("seed", range(10))
def test_greedy_is_hugging_faces(seed):
    _, step, oracle = tiny(seed)
    for rules, settings in (
        (FREE, {}),
        (Rules(no_repeat_ngram=2), {"no_repeat_ngram_size": 2}),
        (Rules(min_length=3), {"min_new_tokens": 3}),
    ):
        theirs = generate(oracle, 1, 10, **settings)
        search = greedy(*step, max_length=10, eos=EOS, rules=rules)
        assert [one.tokens for one in search.hypotheses] == [tokens for tokens, _ in theirs]


def test_the_oracle_runs_our_weights():
    model, _, oracle = tiny(3)
    again, _, _ = tiny(3)
    for name, tensor in oracle.model.state_dict().items():
        assert tensor.equal(again.state_dict()[name])
    assert oracle.model is model
