from __future__ import annotations

import numpy as np
import pytest
import torch

from core.tasks.pair_catalog import make_pairs
from core.tasks.pair_vocabulary import PAD, START, STOP
from core.tasks.pairs import PairError, PairsConfig


def config(name="reverse", **settings):
    return PairsConfig(name, **({"min_length": 2, "max_length": 7} | settings))


def texts(task, batch):
    return list(zip(map(task.source.print, batch.source), map(task.print, batch.target_out), strict=True))


@pytest.mark.parametrize(
    ("name", "answer"), [("copy", str), ("reverse", lambda s: s[::-1]), ("sort", lambda s: "".join(sorted(s)))]
)
def test_each_target_is_its_source_in_the_order_of_the_task(name, answer):
    task = make_pairs(config(name))
    pairs = texts(task, task.batch(np.random.default_rng(1), 50))
    assert all(target == answer(source) for source, target in pairs)
    assert {len(source) for source, _ in pairs} == {2, 3, 4, 5, 6, 7}


def test_a_batch_is_padded_shifted_and_stopped():
    batch = make_pairs(config()).batch(np.random.default_rng(1), 20)
    for i in range(20):
        source, target = int(batch.source_lengths[i]), int(batch.target_lengths[i])
        assert batch.source[i, source - 1] == STOP and (batch.source[i, source:] == PAD).all()
        assert batch.target_out[i, target - 1] == STOP and (batch.target_out[i, target:] == PAD).all()
        assert batch.target_in[i, 0] == START
        assert torch.equal(batch.target_in[i, 1:target], batch.target_out[i, : target - 1])
        assert (batch.target_in[i, target:] == PAD).all()
    assert batch.source.shape[1] == batch.source_lengths.max() and batch.target_in.shape == batch.target_out.shape


def test_the_same_generator_state_draws_the_same_batch():
    one, other = (make_pairs(config()).batch(np.random.default_rng(3), 9) for _ in range(2))
    assert torch.equal(one.source, other.source) and torch.equal(one.target_in, other.target_in)


def test_no_held_out_source_is_ever_drawn():
    task = make_pairs(config(symbols=4))
    kept = {source for source, _ in texts(task, task.held_out())}
    drawn = {source for source, _ in texts(task, task.batch(np.random.default_rng(0), 4000))}
    assert len(kept) == len(task.held_out().source) == 256
    assert not kept & drawn


def test_held_out_pairs_are_had_of_lengths_that_are_never_learnt():
    task = make_pairs(config())
    batch = task.of_length(24, 30)
    assert batch.source.shape == (30, 25) and (batch.source_lengths == 25).all()


@pytest.mark.parametrize("name", ["copy", "reverse", "sort"])
def test_gold_links_join_equal_symbols_and_each_symbol_once(name):
    task = make_pairs(config(name))
    batch = task.held_out()
    for source, target in zip(batch.source.numpy()[:40], batch.target_out.numpy()[:40], strict=True):
        gold = task.gold(source, target)
        length = int(np.argmax(source == STOP))
        assert gold.possible.shape == (len(target), len(source)) and (gold.sure <= gold.possible).all()
        assert all(source[s] == target[t] for t, s in np.argwhere(gold.possible))
        assert gold.possible[:length].any(axis=1).all() and not gold.possible[length:].any()
        assert gold.possible[:, :length].any(axis=0).all() and not gold.possible[:, length:].any()


def test_the_gold_of_the_worked_example():
    reverse, sort = (make_pairs(config(name)) for name in ("reverse", "sort"))
    source = np.array(reverse.encode("CAHA"))
    gold = reverse.gold(source, np.array(reverse.target.encode("AHAC")))
    assert np.argwhere(gold.sure).tolist() == [[0, 3], [1, 2], [2, 1], [3, 0]]
    gold = sort.gold(source, np.array(sort.target.encode("AACH")))
    assert np.argwhere(gold.sure).tolist() == [[2, 0], [3, 2]]
    assert np.argwhere(gold.possible).tolist() == [[0, 1], [0, 3], [1, 1], [1, 3], [2, 0], [3, 2]]


def test_what_is_typed_is_encoded_and_the_unknown_is_said():
    task = make_pairs(config(symbols=4))
    assert task.encode("AD?") == [4, 7, 3, STOP]
    assert task.print([1, 4, 7, 3, STOP, 5]) == "AD[unk]"
    with pytest.raises(PairError, match="must have something to read"):
        task.encode("  ")


@pytest.mark.parametrize(
    ("settings", "rule"),
    [
        ({"name": "reserve"}, "name must be one of"),
        ({"language": "fr"}, "language must be one of"),
        ({"level": "word"}, "level must be one of"),
        ({"min_length": 5, "max_length": 4}, "min_length must be a whole number in 1…4"),
        ({"symbols": 2, "min_length": 2, "max_length": 9}, "reverse needs 1000 sources"),
        ({"held_out": 0.0}, "held_out must be a number in"),
        ({"name": "own"}, "text must be sha256"),
        ({"text": "sha256:" + "0" * 64}, "text is for the task 'own' alone"),
    ],
)
def test_settings_out_of_range_are_refused_with_the_rule(settings, rule):
    with pytest.raises(ValueError, match=rule):
        PairsConfig(**settings)
