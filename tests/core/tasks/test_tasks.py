import math

import numpy as np
import pytest
import torch

from core.tasks.catalog import make_task
from core.tasks.config import TaskConfig
from core.tasks.task import Batch

torch.set_num_threads(1)
PYTHON = "python-reference"
EVERY_TASK = [
    TaskConfig("recall", length=7, symbols=5),
    TaskConfig("recall", length=5, loss_at="all"),
    TaskConfig("adding", length=20, variant="unit"),
    TaskConfig("adding", length=20, variant="1997"),
    TaskConfig("adding", length=5, variant="1997"),
    TaskConfig("temporal_order", length=20),
    TaskConfig("temporal_order", length=5),
    TaskConfig("copy_memory", length=24, symbols=3),
    TaskConfig("copy_memory", length=21, loss_at="last"),
    TaskConfig("next_character", length=9, text=PYTHON),
    TaskConfig("next_character", length=9, text="python-source", loss_at="last"),
    TaskConfig("next_word", length=9, words=300),
]
every_task = pytest.mark.parametrize(
    "config", EVERY_TASK, ids=lambda config: f"{config.name}-{config.variant}-{config.length}"
)


def draw(config, size=6, seed=0):
    return make_task(config).batch(np.random.default_rng(seed), size)


def perfect_outputs(task, batch):
    """What a network would say that knows every answer."""
    if task.is_regression:
        return batch.targets[..., None]
    return 50.0 * torch.nn.functional.one_hot(batch.targets, task.outputs).float()


def guess_without_memory(task, batch):
    """The baseline's own answer, in outputs: constant, but for copy memory, which knows when the answer is due."""
    if task.is_regression:
        return torch.full((*batch.targets.shape, 1), 0.5 if task.title.endswith("1997") else 1.0)
    if task.name in ("next_character", "next_word"):
        shares = torch.from_numpy(task.corpus.frequencies())
        return shares.log().expand(*batch.targets.shape, -1)
    outputs = torch.zeros(*batch.targets.shape, task.outputs, dtype=torch.float64)
    if task.name == "copy_memory":
        outputs[:, :-10, task.blank] = 60.0
        outputs[:, -10:, task.blank] = -60.0
    return outputs


def chosen_uniformly(outputs):
    """Break ties between equally likely classes at random, as argmax does not."""
    generator = torch.Generator().manual_seed(0)
    return outputs + 1e-6 * torch.rand(outputs.shape, generator=generator, dtype=outputs.dtype)


@every_task
def test_a_batch_has_the_shapes_and_types_that_the_task_says(config):
    task, batch = make_task(config), draw(config)
    if task.vocabulary_size is None:
        assert batch.inputs.shape == (6, config.length, task.features) and batch.inputs.dtype == torch.float32
        assert task.symbols == ()
    else:
        assert batch.inputs.shape == (6, config.length) and batch.inputs.dtype == torch.int64
        assert 0 <= batch.inputs.min() and batch.inputs.max() < task.vocabulary_size == len(task.symbols)
        assert len(set(task.symbols)) == task.vocabulary_size
    assert batch.targets.shape == batch.mask.shape == (6, config.length) == (6, task.length)
    assert batch.targets.dtype == (torch.float32 if task.is_regression else torch.int64)
    assert batch.mask.dtype == torch.bool
    if task.is_regression:
        assert task.outputs == 1
    else:
        assert 0 <= batch.targets.min() and batch.targets.max() < task.outputs


@every_task
def test_the_generator_alone_decides_the_batch(config):
    one, same, other = draw(config), draw(config), draw(config, seed=1)
    assert torch.equal(one.inputs, same.inputs) and torch.equal(one.targets, same.targets)
    assert not torch.equal(one.inputs, other.inputs)


@every_task
def test_a_perfect_predictor_is_always_right(config):
    task, batch = make_task(config), draw(config)
    outputs = perfect_outputs(task, batch)
    assert task.accuracy(outputs, batch) == 1.0 and task.loss(outputs, batch).item() < 1e-6


@every_task
def test_the_chance_level_is_what_the_guess_without_memory_scores(config):
    task, batch = make_task(config), draw(config, size=20_000)
    outputs = guess_without_memory(task, batch)
    assert task.loss(outputs, batch).item() == pytest.approx(task.chance.loss, rel=0.02)
    assert task.accuracy(chosen_uniformly(outputs), batch) == pytest.approx(task.chance.accuracy, rel=0.05)


@every_task
def test_only_timesteps_in_the_mask_count(config):
    task, batch = make_task(config), draw(config)
    outputs = perfect_outputs(task, batch)
    spoilt = torch.where(batch.mask[..., None], outputs, torch.full_like(outputs, math.nan))
    assert task.accuracy(spoilt, batch) == 1.0 and torch.equal(task.loss(spoilt, batch), task.loss(outputs, batch))


@pytest.mark.parametrize(
    ("name", "loss_at", "counted"),
    [
        ("recall", "task", 1),
        ("recall", "all", 30),
        ("copy_memory", "task", 30),
        ("copy_memory", "last", 1),
        ("next_character", "task", 30),
        ("next_character", "last", 1),
        ("adding", "task", 1),
        ("temporal_order", "all", 30),
    ],
)
def test_the_loss_counts_where_the_config_says(name, loss_at, counted):
    mask = draw(TaskConfig(name, length=30, loss_at=loss_at)).mask
    assert mask.sum(dim=1).tolist() == [counted] * 6 and mask[:, -1].all()


@pytest.mark.parametrize(
    ("config", "loss", "accuracy"),
    [
        (TaskConfig("recall"), math.log(8), 1 / 8),
        (TaskConfig("adding"), 1 / 6, 0.0784),
        (TaskConfig("adding", variant="unit"), 1 / 6, 0.0784),
        (TaskConfig("adding", variant="1997"), 1 / 24, 0.1536),
        (TaskConfig("temporal_order"), math.log(4), 1 / 4),
        (TaskConfig("copy_memory", length=70), 0.2971, (60 + 10 / 8) / 70),
        (TaskConfig("copy_memory", length=120), 0.1733, (110 + 10 / 8) / 120),
        (TaskConfig("copy_memory", length=320), 0.0650, (310 + 10 / 8) / 320),
    ],
)
def test_the_chance_level_is_the_published_one(config, loss, accuracy):
    chance = make_task(config).chance
    assert chance.loss == pytest.approx(loss, abs=5e-5) and chance.accuracy == pytest.approx(accuracy)


@every_task
def test_every_task_names_its_published_result(config):
    task = make_task(config)
    assert task.name == config.name and task.title and task.chance.source
    assert "(" in task.published and any(year in task.published for year in ("1997", "2013", "2014", "2016"))


def test_recall_asks_for_the_first_symbol():
    batch = draw(TaskConfig("recall", length=6))
    assert torch.equal(batch.targets[:, -1], batch.inputs[:, 0])


def test_recall_draws_every_symbol_everywhere():
    inputs = draw(TaskConfig("recall", length=5, symbols=3), size=300).inputs
    assert all(set(inputs[:, t].tolist()) == {0, 1, 2} for t in range(5))


@pytest.mark.parametrize("length", [5, 6, 7, 20, 101])
def test_adding_unit_marks_one_value_in_each_half_and_asks_for_their_sum(length):
    batch = draw(TaskConfig("adding", length=length, variant="unit"), size=400)
    values, markers = batch.inputs.unbind(-1)
    assert values.min() >= 0 and values.max() <= 1 and set(markers.unique().tolist()) == {0.0, 1.0}
    half = length // 2
    assert (markers[:, :half].sum(1) == 1).all() and (markers[:, half:].sum(1) == 1).all()
    torch.testing.assert_close(batch.targets[:, -1], (values * markers).sum(1))
    assert (markers.sum(0) > 0).all()


@pytest.mark.parametrize("length", [5, 6, 12, 20, 21, 100])
def test_adding_1997_marks_as_published(length):
    batch = draw(TaskConfig("adding", length=length, variant="1997"), size=2000)
    values, markers = batch.inputs.unbind(-1)
    assert values.min() < 0 and values.abs().max() <= 1
    assert (markers[:, [0, -1]] == -1).all()
    inner = markers[:, 1:-1]
    assert set(inner.unique().tolist()) <= {0.0, 1.0} and (inner.sum(1) == 2).all()
    places = markers.eq(1).nonzero()[:, 1].view(-1, 2)
    assert places[:, 0].max() < 10 and places[:, 1].max() < max(length // 2, 3)
    torch.testing.assert_close(batch.targets[:, -1], 0.5 + (values * markers.clamp(min=0)).sum(1) / 4)
    assert batch.targets.min() >= 0 and batch.targets.max() <= 1


@pytest.mark.parametrize(
    ("length", "first", "second"), [(100, (10, 20), (50, 60)), (20, (2, 4), (10, 12)), (5, (1, 1), (2, 3))]
)
def test_temporal_order_asks_for_the_order_of_two_relevant_symbols(length, first, second):
    task = make_task(TaskConfig("temporal_order", length=length))
    batch = task.batch(np.random.default_rng(0), 1000)
    found = np.array([list(map(task.symbols.__getitem__, row)) for row in batch.inputs.tolist()])
    assert (found[:, 0] == "E").all() and (found[:, -1] == "B").all()
    relevant = np.isin(found, ["X", "Y"])
    assert (relevant.sum(axis=1) == 2).all()
    places = np.nonzero(relevant)[1].reshape(-1, 2)
    assert (places.min(axis=0) == (first[0], second[0])).all() and (places.max(axis=0) == (first[1], second[1])).all()
    classes = {"XX": 0, "XY": 1, "YX": 2, "YY": 3}
    orders = ["".join(row[there]) for row, there in zip(found, relevant, strict=True)]
    assert [classes[order] for order in orders] == batch.targets[:, -1].tolist()
    assert np.isin(found[:, 1:-1][~relevant[:, 1:-1]], list("abcd")).all()


def test_copy_memory_asks_for_ten_symbols_after_the_blanks():
    task = make_task(TaskConfig("copy_memory", length=24))
    batch = task.batch(np.random.default_rng(0), 3)
    for inputs, targets in zip(batch.inputs.tolist(), batch.targets.tolist(), strict=True):
        assert "".join(task.symbols[token] for token in inputs[10:]) == "···>··········"
        assert targets == [task.blank] * 14 + inputs[:10] and max(inputs[:10]) < 8


def test_next_character_is_the_text_moved_by_one():
    task = make_task(TaskConfig("next_character", length=30, text=PYTHON))
    batch = task.batch(np.random.default_rng(0), 4)
    text = "".join(np.array(task.symbols)[task.corpus.tokens])
    for inputs, targets in zip(batch.inputs.tolist(), batch.targets.tolist(), strict=True):
        window = "".join(task.symbols[token] for token in [*inputs, targets[-1]])
        assert window in text and inputs[1:] == targets[:-1]


def test_a_regression_answer_counts_as_right_within_four_hundredths():
    task = make_task(TaskConfig("adding", length=5))
    batch = Batch(torch.zeros(2, 5, 2), torch.zeros(2, 5), torch.ones(2, 5, dtype=torch.bool))
    outputs = torch.tensor([0.0, 0.039, -0.039, 0.041, -0.041]).repeat(2, 1)[..., None]
    assert task.accuracy(outputs, batch) == pytest.approx(3 / 5)
