"""Each preset table shows what it says, in its own numbers."""

import numpy as np
import pytest

from core.decoding import PRESETS, beam_search, exhaustive_search, greedy, table_step
from core.recordings.search_tree import Reason


def best(preset, size):
    settings = dict(max_length=preset.max_length, eos=preset.eos, start=preset.start, rules=preset.rules)
    return beam_search(*preset.model(), beam_size=size, **settings)


def mode(preset):
    settings = dict(max_length=preset.max_length, eos=preset.eos, start=preset.start, rules=preset.rules)
    return exhaustive_search(*preset.model(), **settings).hypotheses[0]


def probability(one):
    return pytest.approx(np.exp(one.log_prob), abs=1e-12)


def test_greedy_loses_and_two_find_the_best():
    preset = PRESETS["greedy-loses"]
    taken = greedy(*preset.model(), max_length=4, eos=preset.eos, start=preset.start, rules=preset.rules).hypotheses[0]
    assert taken.tokens == (0, 1, 2, 3) and 0.048 == probability(taken)
    assert best(preset, 2).hypotheses[0].tokens == (0, 2, 1, 3) == mode(preset).tokens and 0.054 == probability(
        mode(preset)
    )


def test_two_lose_to_three():
    preset = PRESETS["two-loses-to-three"]
    assert 0.152 == probability(best(preset, 2).hypotheses[0])
    assert best(preset, 3).hypotheses[0].tokens == (2, 3) == mode(preset).tokens and 0.261 == probability(mode(preset))


def test_the_best_is_empty_and_three_drop_it():
    preset = PRESETS["best-is-empty"]
    assert mode(preset).tokens == (preset.eos,) and 0.2 == probability(mode(preset))
    three = best(preset, 3)
    lost = three.tree.nodes[three.tree.find((preset.eos,))]
    assert (lost.rank, lost.reason) == (4, Reason.END_OUTSIDE) and 0.09 == probability(three.hypotheses[0])
    assert best(preset, 4).hypotheses[0].tokens == (preset.eos,)


def test_wider_is_worse():
    preset = PRESETS["wider-is-worse"]
    one, two, three = (best(preset, size).hypotheses[0] for size in (1, 2, 3))
    assert one.tokens == (0, 2, 3) == three.tokens == mode(preset).tokens
    assert 0.18 == probability(one) and 0.027 == probability(two)


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_a_preset_names_sizes_whose_answers_differ(preset):
    answers = [best(preset, size).hypotheses[0].tokens for size in preset.beam_sizes]
    assert len(set(answers)) == 2 and len(preset.symbols) == len(next(iter(preset.otherwise.values())))


def test_a_beginning_that_is_not_named_has_the_row_of_its_length():
    table = {(0, 0): (0.7, 0.3)}
    step, state = table_step(table, {0: (0.5, 0.5), 2: (0.2, 0.8)})
    found = exhaustive_search(step, state, max_length=4, eos=None, returned=16)
    rows = {(): (0.5, 0.5), (0,): (0.5, 0.5), (1,): (0.5, 0.5), (0, 0): (0.7, 0.3)}
    for one in found.hypotheses:
        beginnings = [one.tokens[:place] for place in range(4)]
        expected = np.prod(
            [rows.get(begun, (0.2, 0.8))[token] for begun, token in zip(beginnings, one.tokens, strict=True)]
        )
        assert expected == probability(one)


@pytest.mark.parametrize("row", [(0.5, 0.6), (-0.1, 1.1), (1.0,), (np.nan, 1.0)])
def test_a_row_that_is_no_distribution_is_refused(row):
    with pytest.raises(ValueError, match="each row of a table holds 2 probabilities"):
        table_step({(0,): row}, {0: (0.5, 0.5)})
