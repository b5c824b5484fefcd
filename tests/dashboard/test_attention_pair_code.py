"""The code that is shown for pairs: it runs for every task and kind of model, and learns what it shows."""

from __future__ import annotations

import contextlib
import io
import re
from dataclasses import replace

import pytest
import torch

from core.models.seq2seq_config import ATTENTIONS, PRESETS, Seq2SeqConfig
from core.tasks.pairs import PairsConfig
from core.training.translation_config import TranslationConfig
from dashboard.attention_pair_code import pairs_code, unshown

OWN = PairsConfig("own", text=f"sha256:{'0' * 64}")
TASKS = [
    PairsConfig("reverse", min_length=2, max_length=6), PairsConfig("copy"), PairsConfig("sort"), PairsConfig("dates"),
    PairsConfig("dates", language="fi"), PairsConfig("names", language="it"), PairsConfig("names", level="word"),
    PairsConfig("interface"), PairsConfig("interface", language="zh", level="word"), OWN, replace(OWN, level="word"),
]  # fmt: skip
MODELS = [
    *PRESETS.values(), *(Seq2SeqConfig("lstm", 8, 2, attention=kind) for kind in ATTENTIONS),
    Seq2SeqConfig("rnn", 8, bidirectional=False, attention="additive", bridge=False, fusion="multiply"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def one_thread():
    """Small models are slower with more."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def said_by(code: str, folder, monkeypatch) -> str:
    """What a shortened version prints, in a folder with a file of pairs."""
    lines = ["good evening,bonsoir", "a dog,un chien", *(f"word {place},mot {place}" for place in range(60))]
    (folder / "pairs.csv").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.chdir(folder)
    printed, short = io.StringIO(), code.replace("20_000", "300")
    with contextlib.redirect_stdout(printed):
        exec(compile(short, "shown", "exec"), {"__name__": "shown"})
    return printed.getvalue()


def readable(code: str) -> bool:
    return code.count("\n") <= 59 and max(map(len, code.splitlines())) <= 122


@pytest.mark.parametrize("task", TASKS, ids=lambda task: f"{task.name}-{task.language}-{task.level}")
def test_the_code_of_every_task_runs_on_its_own_pairs(task, tmp_path, monkeypatch):
    code = pairs_code(TranslationConfig(task, (Seq2SeqConfig(hidden_size=8),), steps=2, batch_size=4), 0)
    said = said_by(code, tmp_path, monkeypatch)
    assert re.match(r"loss \d+\.\d+ nats a token", said) and said.splitlines()[-1].startswith("[stop] <- ")
    assert readable(code)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_the_code_of_every_kind_of_model_runs(model, tmp_path, monkeypatch):
    config = TranslationConfig(PairsConfig(min_length=3, max_length=6), (model,), steps=2, batch_size=4)
    said = said_by(pairs_code(config, 0), tmp_path, monkeypatch)
    assert ("<-" in said) == (model.attention != "none")
    assert readable(pairs_code(config, 0))


def test_the_code_learns_to_look_at_the_other_end(tmp_path, monkeypatch):
    task = PairsConfig(min_length=5, max_length=5)
    said = said_by(
        pairs_code(TranslationConfig(task, (PRESETS["clean diagonal"],), steps=80), 0), tmp_path, monkeypatch
    )
    looks = [line.split(" <- ") for line in said.splitlines()[1:6]]
    assert sum(wrote == read.split()[0] for wrote, read in looks) >= 4


def test_what_the_code_cannot_show_is_said():
    config = TranslationConfig(PairsConfig("dates"), (PRESETS["textbook Bahdanau"],), steps=5000, teacher_forcing=0.5)
    assert [what.split()[0] for what in unshown(config, 0)] == ["input", "teacher", "[unk]", "steps"]
    assert unshown(TranslationConfig(), 0) == []
