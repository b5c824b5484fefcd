"""What a run on pairs records of its attention: the numbers of each pair alone, put together."""

from dataclasses import replace

import numpy as np
import pytest

from core.analysis.alignment import FIELDS, alignment_numbers, uniform_numbers
from core.models.seq2seq_config import Seq2SeqConfig
from core.tasks.pair_catalog import make_pairs
from core.tasks.pairs import PairsConfig
from core.training.knobs import Knobs
from core.training.sweep import SweepConfig
from core.training.sweep_rows import sweep_rows
from core.training.translation_alignment import alignment_scalars, uniform_scalars
from core.training.translation_config import TranslationConfig
from core.training.translation_measures import measuring_pairs
from core.training.translation_rows import initial_seq2seq, translation_rows

CONFIG = TranslationConfig(PairsConfig("sort", min_length=2, max_length=5), (Seq2SeqConfig(hidden_size=8),), steps=2)


def measured_on(task):
    config = replace(CONFIG, task=task)
    made = make_pairs(task)
    pairs = measuring_pairs(made, config)
    model, batch = initial_seq2seq(config, 0, made), pairs.held_out
    rows = model.decoder(batch.target_in, model.memory(batch.source, batch.source_lengths))
    return pairs, rows.weights.detach().numpy()


@pytest.mark.parametrize("task", [CONFIG.task, PairsConfig("dates"), PairsConfig("names")], ids=lambda task: task.name)
def test_numbers_are_those_of_each_pair_without_its_padding(task):
    pairs, weights = measured_on(task)
    batch, links = pairs.held_out, pairs.links
    by_pair, mass = [], []
    for place, (rows, columns) in enumerate(zip(batch.target_lengths, batch.source_lengths, strict=True)):
        sure, possible = (one[place, :rows, :columns] for one in links)
        own = weights[place, :rows, :columns].astype(float)
        mass += [float(own[row][possible[row]].sum()) for row in range(rows) if possible[row].any()]
        by_pair.append(alignment_numbers(own, *((sure, possible) if possible.any() else (None, None))))
    found = alignment_scalars(weights, batch, links)
    assert found.keys() == set(FIELDS) and found.pop("gold_mass") == pytest.approx(np.mean(mass), abs=1e-6)
    for name, value in found.items():
        assert value == pytest.approx(np.nanmean([getattr(one, name) for one in by_pair]), abs=1e-9), name


def test_attention_that_knows_nothing_has_the_numbers_of_uniform_weights():
    pairs, weights = measured_on(CONFIG.task)
    lengths = pairs.held_out.source_lengths.numpy()
    places = np.arange(weights.shape[2]) < lengths[:, None, None]
    uniform = uniform_scalars(pairs.held_out, pairs.links)
    flat = alignment_scalars(np.where(places, 1 / lengths[:, None, None], 0) + 0 * weights, pairs.held_out, pairs.links)
    for name in ("gold_mass", "row_entropy", "column_entropy", "coverage_deviation"):
        assert uniform[name] == pytest.approx(flat[name], abs=1e-6), name
    drawn = [uniform_numbers(int(length), int(length)).crossings for length in lengths]
    assert uniform["crossings"] == pytest.approx(np.mean(drawn))


def test_without_a_true_alignment_two_numbers_are_left_out():
    pairs, weights = measured_on(CONFIG.task)
    assert set(FIELDS) - alignment_scalars(weights, pairs.held_out, None).keys() == {"error_rate", "gold_mass"}


def test_a_sweep_over_seeds_keeps_the_numbers_of_each_seeds_own_run():
    sweep = SweepConfig(CONFIG, seeds=(3, 4))
    kept = [row for row in sweep_rows(sweep, Knobs.of(sweep), None) if f"{CONFIG.names[0]}/loss/curve" in row.records]
    assert [row.scalars["point"] for row in kept] == [0, 1]
    for seed, row in zip(sweep.seeds, kept, strict=True):
        alone = replace(CONFIG, seed=seed)
        last = list(translation_rows(alone, Knobs.of(alone), None))[-1]
        for field in FIELDS:
            name = f"{CONFIG.names[0]}/{field}"
            np.testing.assert_array_equal(row.records[f"{name}/curve"][:, -1], (CONFIG.steps, last.scalars[name]))
