"""The script that trains the shipped model, on a text of a few lines."""

import json

import pytest
import torch
from safetensors.torch import load_file

from assets.train_character_model import Recipe, begin, mean_loss, side_by_side, train, windows
from core.models.config import ModelConfig
from core.models.vocabulary import Vocabulary

torch.set_num_threads(1)

MODULES = {
    "squares.py": "def square(x):\n    return x * x  # once\n\n\n" * 40,
    "names.py": "NAMES = ('one', 'two', [3, {4}])\n" * 40,
}
RECIPE = Recipe(
    ModelConfig("lstm", hidden_size=12), streams=4, window=16, epochs=3, warm_up=5, save_every=7, snapshots=(0, 20)
)


class Killed(Exception):
    """Stands for the machine that goes down."""


class ShortLived(dict):
    """Modules that can be looked at only so often."""

    def __init__(self, modules, looks):
        super().__init__(modules)
        self.looks = looks

    def __getitem__(self, name):
        self.looks -= 1
        if self.looks < 0:
            raise Killed
        return super().__getitem__(name)


def test_killed_and_started_again_it_gives_the_same_weights_bit_for_bit(tmp_path):
    train(tmp_path / "whole", RECIPE, MODULES, MODULES)
    with pytest.raises(Killed):
        train(tmp_path / "torn", RECIPE, MODULES, ShortLived(MODULES, looks=2))
    torn = load_file(tmp_path / "torn" / "checkpoint.safetensors")
    train(tmp_path / "torn", RECIPE, MODULES, MODULES)
    whole, resumed = (load_file(tmp_path / name / "weights-last.safetensors") for name in ("whole", "torn"))
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    assert not torch.equal(torn["model.readout.bias"], whole["readout.bias"]), "there was something left to do"


def test_it_learns_and_says_so(tmp_path):
    train(tmp_path, RECIPE, MODULES, MODULES)
    rows = [json.loads(line) for line in (tmp_path / "steps.jsonl").read_text().splitlines()]
    held_out = [json.loads(line) for line in (tmp_path / "held-out.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == list(range(len(rows)))
    assert held_out[-1]["step"] == len(rows) and len(held_out) == RECIPE.epochs
    assert held_out[-1]["held_out_loss"] < held_out[0]["held_out_loss"] < rows[0]["loss"]
    assert sorted(path.name for path in tmp_path.glob("weights*")) == [
        "weights-0.safetensors", "weights-20.safetensors", "weights-last.safetensors"
    ]  # fmt: skip


def test_windows_side_by_side_cover_each_stream_in_order():
    vocabulary = Vocabulary.of("abcdefghij")
    text = side_by_side("abcdefghij", vocabulary, streams=2)
    pairs = [(inputs.tolist(), targets.tolist()) for inputs, targets in windows(text, 2)]
    assert pairs == [([[0, 1], [5, 6]], [[1, 2], [6, 7]]), ([[2, 3], [7, 8]], [[3, 4], [8, 9]])]


def test_the_state_is_carried_from_window_to_window():
    """The second way: one window as long as the whole stream."""
    vocabulary = RECIPE.vocabulary(MODULES)
    model = begin(RECIPE, vocabulary).model
    text = {"text.py": "".join(MODULES.values())[: 4 * (3 * 16 + 1)]}
    whole = Recipe(RECIPE.model, streams=4, window=48)
    assert mean_loss(RECIPE, model, vocabulary, text) == pytest.approx(mean_loss(whole, model, vocabulary, text))


def test_the_learning_rate_rises_and_then_falls_to_a_hundredth():
    rates = [RECIPE.rate(step, 40) for step in range(41)]
    assert rates[:5] == pytest.approx([3e-3 * step / 5 for step in (1, 2, 3, 4, 5)])
    assert rates[5:] == sorted(rates[5:], reverse=True) and rates[-1] == pytest.approx(3e-5)
