"""Beam search with its whole tree recorded, against Hugging Face's `generate` without one; and wide and long beams.

Run: pytest -m benchmark -s tests/benchmarks/test_decoding.py
"""

import time

import numpy as np
import pytest
import torch

pytest.importorskip("transformers", reason="the peer is not installed: pip install -r tests/requirements.txt")

from core.decoding import beam_search, best_first_search, exhaustive_search
from core.decoding.states import chosen
from core.models.config import ModelConfig
from core.models.language_model import language_step
from core.models.sequence_model import build_model
from core.models.vocabulary import Vocabulary
from tests.oracles.huggingface import Oracle, StatefulOracle, generate

ROUNDS = 7


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def seconds(run):
    """The shortest of some rounds, processor seconds, and what came out."""
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        result = run()
        times.append(time.process_time() - start)
    return min(times), result


def made(size, hidden=64):
    vocabulary = Vocabulary.of("".join(chr(33 + place) for place in range(size - 1)))
    model = build_model(ModelConfig("lstm", hidden_size=hidden), vocabulary, seed=0).eval()
    with torch.no_grad():
        model.readout.weight *= 8
        model.readout.bias[1] -= 8  # the end token is rare, so that the search goes on to its greatest length
    return model


@pytest.mark.benchmark
def test_beam_search_with_its_tree_against_generate_without_one():
    model, steps = made(64), 40
    step = language_step(model)
    settings = dict(early_stopping="never", length_penalty=0.0)
    ours, search = seconds(lambda: beam_search(*step, beam_size=4, max_length=steps))
    whole, whole_answers = seconds(lambda: generate(Oracle(64, model).eval(), 4, steps, **settings))
    carried, answers = seconds(lambda: generate(StatefulOracle(64, model).eval(), 4, steps, use_cache=True, **settings))
    assert search.tree.steps == steps and search.tree.rest()[0].sum() == 0
    for theirs in (answers, whole_answers):
        assert [one.tokens for one in search.hypotheses] == [tokens for tokens, _ in theirs]
        np.testing.assert_allclose([one.score for one in search.hypotheses], [one for _, one in theirs], atol=1e-4)
    print(f"\nV = 64, H = 64, k = 4, 40 steps, {len(search.tree)} nodes listed: {ours * 1e3:.1f} ms")
    print(f"generate with the same step: {carried * 1e3:.1f} ms, {carried / ours:.1f} x")
    print(f"generate that reads the whole prefix each step: {whole * 1e3:.1f} ms, {whole / ours:.1f} x")


@pytest.mark.benchmark
@pytest.mark.parametrize(("size", "steps"), [(8, 60), (64, 200)])
def test_wide_and_long_beams(size, steps):
    step = language_step(made(100))
    bare, _ = seconds(lambda: read_along(*step, size, steps))
    taken, search = seconds(lambda: beam_search(*step, beam_size=size, max_length=steps, eos=None))
    bytes_held = sum(array.nbytes for array in vars(search.tree).values() if isinstance(array, np.ndarray))
    nodes, _ = seconds(lambda: list(search.tree.nodes))
    print(
        f"\nV = 100, k = {size}, {steps} steps: {taken * 1e3:.0f} ms, {taken / bare:.1f} x the model alone; "
        f"{len(search.tree)} nodes listed and {search.tree.rest()[0].sum()} counted, {bytes_held / 1e6:.1f} MB, "
        f"all of them as objects {nodes * 1e3:.0f} ms"
    )


def read_along(step, state, size, steps):
    """The model's share of such a search: `size` rows fed `steps` times."""
    state, tokens = chosen(state, np.zeros(size, dtype=np.int64)), torch.zeros(size, dtype=torch.int64)
    with torch.no_grad():
        for _ in range(steps):
            _, state = step(state, tokens)


@pytest.mark.benchmark
def test_best_first_against_everything():
    step = language_step(made(6, 16))
    whole, everything = seconds(lambda: exhaustive_search(*step, max_length=6))
    first, best = seconds(lambda: best_first_search(*step, max_length=6))
    assert best.hypotheses[0].tokens == everything.hypotheses[0].tokens
    print(
        f"\nV = 6, 6 steps: best first feeds {best.rows} of {everything.rows} hypotheses, "
        f"{first * 1e3:.0f} ms against {whole * 1e3:.0f} ms"
    )
