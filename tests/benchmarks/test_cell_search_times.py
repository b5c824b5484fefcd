"""What the Gates page asks for: seconds, and ratios against the obvious way, in one run with one thread.

Run: pytest -m benchmark -s tests/benchmarks/test_cell_search_times.py
"""

import time

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

import core
from core.analysis.cell_search import cell_search
from core.models.config import ModelConfig
from core.models.sequence_model import build_model
from core.models.vocabulary import Vocabulary
from core.probes.cell_path import cell_path
from core.probes.intervention import still_cell
from core.probes.text_run import text_run, text_states
from core.tasks.properties import source_properties
from core.tasks.texts import UNSEEN, read_text

CHARACTERS = 200_000
VOCABULARY = Vocabulary.of("".join(map(chr, range(32, 127))))


@pytest.fixture(autouse=True)
def one_thread():
    """As workers compute: no library spreads one product over threads."""
    torch.set_num_threads(1)
    with threadpool_limits(1):
        yield


def made(size):
    return build_model(ModelConfig("lstm", hidden_size=size), VOCABULARY, seed=0).eval()


def tokens(length):
    return torch.randint(len(VOCABULARY.symbols), (length,), generator=torch.Generator().manual_seed(0))


def seconds(work):
    """Processor seconds and what came out: a busy machine does not count."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


@pytest.mark.benchmark
@pytest.mark.parametrize("size", [256, 512])
def test_cell_search_against_scikit_learn_unit_by_unit(size):
    rng = np.random.default_rng(0)
    states = rng.standard_normal((CHARACTERS, size), dtype=np.float32)
    yes = {f"yes {index}": rng.random(CHARACTERS) < 0.3 for index in range(6)}
    numbers = {f"number {index}": rng.integers(0, 80, CHARACTERS) for index in range(3)}
    begun = time.perf_counter()
    search, found = seconds(lambda: cell_search(states, yes | numbers))
    waited = time.perf_counter() - begun
    half, few = CHARACTERS // 2, 4
    slow, expected = seconds(lambda: [roc_auc_score(yes["yes 0"][:half], states[:half, unit]) for unit in range(few)])
    # 3 passes: units on either half, random directions on the first; each of 9 properties
    ratio = slow / few * 3 * size * 9 / search
    ours = {int(unit): place for place, unit in enumerate(found["yes 0"].units)}
    for unit, figure in enumerate(expected):
        place = ours[unit]
        turned = found["yes 0"].ranked[place]
        assert min(abs(turned - figure), abs(1 - turned - figure)) < 1e-9
    sizes = f"{size} units x {CHARACTERS} characters x 9"
    print(f"\ncell search, {sizes}: {waited:.1f} s on the clock, {search:.1f} s of processors, {ratio:.0f} x faster")


@pytest.mark.benchmark
@pytest.mark.parametrize("size", [256, 512])
def test_states_of_a_long_text_against_one_reading_by_the_fused_layer(size):
    model, part = made(size), 4000
    pieces, states = seconds(lambda: text_states(model, tokens(CHARACTERS), "cell"))
    with torch.no_grad():
        fused, _ = seconds(lambda: model(tokens(part)[None]))
    assert states.shape == (CHARACTERS, size)
    print(f"\nstates, {size} units: {pieces:.1f} s, {fused * CHARACTERS / part / pieces:.1f} x faster than one reading")


@pytest.mark.benchmark
def test_two_thousand_characters_watched_and_with_a_hand_in_the_works():
    model, text = made(256), tokens(2000)

    def watched():
        with torch.no_grad(), core.watch(model) as seen:
            model(text[None])
        return seen.gates["recurrent"]

    watched()
    with torch.no_grad():
        fused, _ = seconds(lambda: model(text[None]))
    tapped, _ = seconds(watched)
    held, _ = seconds(lambda: text_run(model, text, still_cell(1000)))
    print(f"\n2000 characters x 256: fused {fused:.2f} s, watched {tapped:.2f} s ({tapped / fused:.2f} x)", end="")
    print(f", with interventions {held:.2f} s ({held / fused:.2f} x)")


@pytest.mark.benchmark
def test_a_cell_path_of_all_units_against_one_backward_pass_each():
    model = made(256)
    inputs = model.embedding(tokens(130))
    some, _ = seconds(lambda: cell_path(model.recurrent, inputs, 20, 120, units=range(8)))
    every, _ = seconds(lambda: cell_path(model.recurrent, inputs, 20, 120))
    one, _ = seconds(lambda: cell_path(model.recurrent, inputs, 20, 120, units=[0]))
    print(f"\n∂c/∂c over 100 steps: 8 of 256 units {some:.2f} s, all {every:.2f} s, {256 * one / every:.1f} x faster")


@pytest.mark.benchmark
@pytest.mark.parametrize("size", [256, 512])
def test_a_whole_search_from_the_text_to_the_ranked_units(size):
    model = made(size)
    source = read_text(UNSEEN)[:CHARACTERS]
    begun = time.perf_counter()
    states = text_states(model, VOCABULARY.encode(source), "cell")
    read = time.perf_counter() - begun
    found = cell_search(states, {name: one.values for name, one in source_properties(source).items()})
    whole = time.perf_counter() - begun
    assert all(len(one.units) == size for one in found.values())
    print(f"\n{size} units x {CHARACTERS} characters x {len(found)}: read {read:.1f} s, all {whole:.1f} s on the clock")
