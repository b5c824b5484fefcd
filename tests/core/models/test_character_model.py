"""The character model's file: there and back, and everything that is none."""

import json
import pickle
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from core.models.character_model import (
    FORMAT,
    HEADER,
    CharacterModel,
    CharacterModelError,
    load_character_model,
    save_character_model,
)
from core.models.config import ModelConfig
from core.models.sequence_model import build_model
from core.models.vocabulary import Vocabulary

torch.set_num_threads(1)

CONFIG = ModelConfig("lstm", hidden_size=6, layers=2)
VOCABULARY = Vocabulary.of("hello, world")


def made(config=CONFIG):
    return CharacterModel(build_model(config, VOCABULARY, seed=3), config, VOCABULARY, {"held_out_loss": 1.25})


def test_a_saved_model_comes_back_with_its_answers(tmp_path):
    model = made()
    save_character_model(tmp_path / "model.safetensors", model)
    loaded = load_character_model(tmp_path / "model.safetensors")
    assert (loaded.config, loaded.vocabulary, loaded.card) == (CONFIG, VOCABULARY, {"held_out_loss": 1.25})
    tokens = VOCABULARY.encode("hello")[None]
    assert torch.allclose(loaded.model(tokens), model.model(tokens), atol=2e-3), "weights are kept in float16"
    save_character_model(tmp_path / "again.safetensors", loaded)
    assert (tmp_path / "again.safetensors").read_bytes() == (tmp_path / "model.safetensors").read_bytes()


def test_unknown_characters_share_the_last_token():
    assert VOCABULARY.symbols == (*sorted(set("hello, world")), "[unk]")
    assert VOCABULARY.encode("lé").tolist() == [VOCABULARY.symbols.index("l"), len(VOCABULARY.symbols) - 1]
    assert Vocabulary.of("aab", at_least=2).symbols == ("a", "[unk]")


@pytest.mark.parametrize("symbols", [(), ("[unk]",), ("a", "b"), ("a", "a", "[unk]"), ("ab", "[unk]"), ("a",) * 2000])
def test_what_is_no_vocabulary_is_refused(symbols):
    with pytest.raises(ValueError, match=r"different characters and \[unk\], got .* Vocabulary.of"):
        Vocabulary(symbols)


def altered(tmp_path, weights=None, **header):
    """A good file with something changed; a header's None takes the entry away."""
    path = tmp_path / "model.safetensors"
    save_character_model(path, made())
    good = {"format": FORMAT, "config": asdict(CONFIG), "vocabulary": VOCABULARY.symbols, "card": {}}
    changed = {name: value for name, value in (good | header).items() if value is not None}
    save_file(load_file(path) | (weights or {}), path, {HEADER: json.dumps(changed)})
    return path


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ({"format": "other"}, f"format 'other' instead of '{FORMAT}'.*; train the model anew"),
        ({"format": None}, r"must hold format, config, vocabulary and card, got: KeyError\('format'\)"),
        ({"config": None}, r"KeyError\('config'\)"),
        ({"config": {"cell": "transformer"}}, "got: ValueError.*cell must be one of"),
        ({"config": {"heads": 8}}, "got: TypeError.*heads"),
        ({"config": [1]}, "got: TypeError"),
        ({"vocabulary": ["a", "b"]}, "got: ValueError.*a vocabulary is"),
        ({"vocabulary": 3}, "got: TypeError"),
        ({"card": 3}, "got: TypeError"),
        ({"config": {"cell": "gru", "hidden_size": 6, "layers": 2}}, "recurrent.* must have shape"),
        ({"config": {"cell": "lstm", "hidden_size": 7, "layers": 2}}, "must have shape .*7.* by the file's own"),
        ({"vocabulary": ["a", "[unk]"]}, r"embedding.weight must have shape \[2, 6\] .* got \[10, 6\]"),
    ],
)
def test_a_header_that_does_not_describe_the_weights_is_refused(tmp_path, header, said):
    with pytest.raises(CharacterModelError, match=said):
        load_character_model(altered(tmp_path, **header))


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}, {HEADER: "{"}, {HEADER: "[]"}, {HEADER: "[" * 10**5}])
def test_safetensors_of_others_are_refused(tmp_path, metadata):
    save_file({"weight": torch.zeros(2)}, tmp_path / "model.safetensors", metadata)
    with pytest.raises(CharacterModelError, match="header must hold format, config, vocabulary and card"):
        load_character_model(tmp_path / "model.safetensors")


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ({"extra": torch.zeros(2)}, r"extra must have shape None .* got \[2\]"),
        ({"readout.bias": torch.zeros(3)}, r"readout.bias must have shape \[10\] .* got \[3\]"),
        ({"readout.bias": torch.full((10,), torch.nan)}, "finite number, got others in readout.bias"),
    ],
)
def test_weights_that_are_not_the_model_s_are_refused(tmp_path, weights, said):
    with pytest.raises(CharacterModelError, match=said):
        load_character_model(altered(tmp_path, weights))


class Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, touched):
        self.touched = touched

    def __reduce__(self):
        return Path.touch, (self.touched,)


def test_a_pickle_is_refused_and_never_run(tmp_path):
    path = tmp_path / "model.safetensors"
    trap = pickle.dumps(Trap(tmp_path / "unpickled"))
    path.write_bytes(trap)
    with pytest.raises(CharacterModelError, match=r"model.safetensors must be safetensors, got: .*; train it anew"):
        load_character_model(path)
    assert not (tmp_path / "unpickled").exists()
    pickle.loads(trap)
    assert (tmp_path / "unpickled").exists()  # the trap would have shown it


def test_a_torn_an_empty_and_a_missing_file_are_refused(tmp_path):
    path = altered(tmp_path)
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(CharacterModelError, match="must be safetensors"):
        load_character_model(path)
    path.write_bytes(b"")
    with pytest.raises(CharacterModelError, match="must be safetensors"):
        load_character_model(path)
    with pytest.raises(CharacterModelError, match="none.safetensors cannot be read: No such file"):
        load_character_model(tmp_path / "none.safetensors")


def test_a_file_of_a_size_no_model_has_is_refused_unread(tmp_path):
    path = tmp_path / "big.safetensors"
    with path.open("wb") as file:
        file.truncate(50_000_001)
    with pytest.raises(CharacterModelError, match="at most 50 MB, big.safetensors has more"):
        load_character_model(path)
