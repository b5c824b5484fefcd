from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.models.cells import LSTMCell
from core.models.character_model import CharacterModel, save_character_model
from core.models.config import ModelConfig
from core.models.explicit import explicit_cells
from core.models.sequence_model import build_model
from core.models.vocabulary import Vocabulary
from core.probes.intervention import Intervention, still_cell
from core.tasks.config import TaskConfig
from core.tasks.library_source import held_out_modules
from core.tasks.texts import UNSEEN, read_text
from core.training.config import TrainingConfig
from core.training.loop import train
from core.training.moment import Moment, observe
from core.training.read_planes import read_planes
from core.training.reading import Passage, opened, passage_text, read

TEXT = 'def f(x):\n    return "a" + x  # note\n'
CONFIGS = {
    "rnn": ModelConfig("rnn", hidden_size=5),
    "lstm": ModelConfig("lstm", hidden_size=6, layers=2, bidirectional=True),
    "gru": ModelConfig("gru", hidden_size=4, layers=2),
}


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A character model in a file, not trained."""
    path = tmp_path_factory.mktemp("shipped") / "tiny.safetensors"
    config, vocabulary = ModelConfig("lstm", hidden_size=8), Vocabulary.of(TEXT)
    save_character_model(path, CharacterModel(build_model(config, vocabulary, 3), config, vocabulary, {}))
    return path


def moment(name: str, task: TaskConfig, step: int = 0) -> Moment:
    """A model of a run, at first or as training has left it at a step."""
    config = TrainingConfig(task, (CONFIGS[name],), steps=max(step, 1), batch_size=4)
    if not step:
        return Moment(config, 0)
    rows = {row.step: row.models[0].parameters for row in train(config)}
    return Moment(config, 0, step, rows[step])


def test_gates_are_those_of_the_equations_step_by_step(shipped: Path) -> None:
    planes = read_planes(shipped, Passage(typed=TEXT), (), 0, 0, None).planes
    model = opened(shipped).model
    (cell,), h, c = explicit_cells(model.recurrent)[0], torch.zeros(1, 8).double(), torch.zeros(1, 8).double()
    assert isinstance(cell, LSTMCell)
    for step, token in enumerate(Vocabulary.of(TEXT).encode(TEXT)):
        i, f, g, o = cell.gates(model.embedding(token[None]), h)
        c = f * c + i * g
        h = o * torch.tanh(c)
        for name, value in zip(planes, (i, f, g, o, c, h), strict=True):
            np.testing.assert_allclose(planes[name][step], value[0].detach().numpy(), atol=1e-6)


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("task", ["recall", "adding", "next_character"])
def test_a_reading_with_idle_hands_is_the_one_without(name: str, task: str) -> None:
    reader, passage = moment(name, TaskConfig(task, length=9)), Passage("python-reference", length=9)
    idle = (Intervention("hidden", "scale", 1.0),)
    plain, touched = read(reader, passage), read(reader, passage, idle)
    np.testing.assert_allclose(plain.outputs, touched.outputs, atol=1e-12)
    np.testing.assert_allclose(plain.losses, touched.losses, atol=1e-12)
    for gate in read_planes(reader, passage, (), 0, 0, None).planes:
        for place in np.ndindex(plain.trace.hidden.shape[:2]):
            np.testing.assert_allclose(plain.plane(gate, *place), touched.plane(gate, *place), atol=1e-12)


@pytest.mark.parametrize("step", [0, 2])
def test_a_run_is_read_with_the_weights_of_its_step(step: int) -> None:
    reader = moment("gru", TaskConfig("recall", length=7), step)
    reading, seen = read(reader, Passage(example=2)), observe(replace(reader, step=0))
    trace = seen.watched.gates["recurrent"]
    np.testing.assert_allclose(reading.plane("update", 1), trace.update[1, 0, 2], atol=1e-6)
    np.testing.assert_allclose(reading.outputs, seen.outputs[2].numpy(), atol=1e-5)


def test_losses_are_the_surprise_at_each_character(shipped: Path) -> None:
    reading = read(shipped, Passage(typed=TEXT))
    tokens = Vocabulary.of(TEXT).encode(TEXT)
    alone = torch.nn.functional.cross_entropy(
        opened(shipped).model(tokens[None])[0, :-1], tokens[1:], reduction="none"
    ).detach()
    assert np.isnan(reading.losses[0])
    np.testing.assert_allclose(reading.losses[1:], alone, atol=1e-12)


def test_the_likeliest_next_symbols_lead_and_are_part_of_a_whole(shipped: Path) -> None:
    reading = read(shipped, Passage(typed=TEXT))
    expected = read_planes(shipped, Passage(typed=TEXT), (), 0, 0, None).expected
    assert expected is not None and len(expected) == len(TEXT)
    for row, log_probs in zip(expected, reading.outputs, strict=True):
        chances = [chance for _, chance in row]
        assert chances == sorted(np.exp(log_probs), reverse=True)[:5]
        assert np.exp(log_probs).sum() == pytest.approx(1)


def test_a_model_of_both_directions_expects_nothing_that_it_has_not_seen() -> None:
    reader = moment("lstm", TaskConfig("next_character", length=9))
    planes = read_planes(reader, Passage("python-reference", length=9), (), 1, 1, None)
    assert planes.expected is None and np.isnan(planes.losses).all() and planes.layers == planes.directions == 2


def test_hands_act_and_the_cell_stands_still(shipped: Path) -> None:
    planes = read_planes(shipped, Passage(typed=TEXT), still_cell(5), 0, 0, None).planes
    assert (planes["cell"][5:] == planes["cell"][4]).all() and (planes["forget"][5:] == 1).all()


def test_an_edited_symbol_is_read_and_changes_only_what_follows(shipped: Path) -> None:
    before, after = read(shipped, Passage(typed=TEXT)), read(shipped, Passage(typed=TEXT, edits=((4, "x"),)))
    assert after.tokens[4] == "x" and after.tokens[5:] == before.tokens[5:]
    assert (after.plane("cell")[:4] == before.plane("cell")[:4]).all()
    assert (after.plane("cell")[4:] != before.plane("cell")[4:]).any(axis=1).all()


def test_a_symbol_of_a_task_is_edited_too() -> None:
    reader = moment("rnn", TaskConfig("recall", length=7))
    symbol = opened(reader).symbols[3]
    assert read(reader, Passage(edits=((2, symbol),))).tokens[2] == symbol


def test_the_unseen_text_is_what_the_shipped_model_was_not_trained_on() -> None:
    assert read_text(UNSEEN) == "\n".join(held_out_modules().values())
    assert passage_text(Passage(start=7, length=20), None) == tuple(read_text(UNSEEN)[7:27])


@pytest.mark.parametrize(
    ("passage", "says"),
    [
        (Passage(start=10**9), "begin earlier"),
        (Passage(typed="ab", edits=((2, "x"),)), "from 0 to 1"),
        (Passage(typed="ab", edits=((1, "xy"),)), "one character"),
        (Passage(typed="a\u2603"), "leave the character out"),
    ],
)
def test_a_passage_that_cannot_be_read_is_refused_with_a_sentence(passage: Passage, says: str) -> None:
    reader = moment("rnn", TaskConfig("next_character", length=9))
    with pytest.raises(ValueError, match=says):
        read(reader, passage)


@pytest.mark.parametrize(
    ("passage", "says"),
    [(Passage(example=4), "4 examples"), (Passage(edits=((0, "?"),)), "one of the symbols")],
)
def test_an_example_that_is_not_there_is_refused_with_a_sentence(passage: Passage, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read(moment("rnn", TaskConfig("recall", length=7)), passage)


def test_a_gate_that_the_model_does_not_have_is_refused() -> None:
    reading = read(moment("gru", TaskConfig("recall", length=7)), Passage())
    for wrong in (("forget", 0, 0), ("lengths", 0, 0), ("update", 2, 0), ("update", 0, 1)):
        with pytest.raises(ValueError, match="both count from 0"):
            reading.plane(*wrong)
