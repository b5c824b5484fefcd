"""The character LSTM in `assets/`: what its card says, measured again on Python's library of this machine."""

from pathlib import Path

import numpy as np
import pytest
import torch

import core
from core.analysis.cell_search import cell_search
from core.models.character_model import load_character_model
from core.probes.intervene import intervene
from core.probes.intervention import still_cell
from core.probes.text_run import text_run, text_states
from core.tasks.library_source import held_out_modules
from core.tasks.properties import source_properties

torch.set_num_threads(1)

ASSETS = Path(__file__).resolve().parents[3] / "assets"
NAME = "character-lstm"
MODEL = load_character_model(ASSETS / f"{NAME}.safetensors")
TEXT = "\n".join(held_out_modules().values())


def test_it_and_its_recording_take_at_most_five_megabytes():
    files = [ASSETS / f"{NAME}.safetensors", *(ASSETS / NAME).iterdir()]
    assert sum(file.stat().st_size for file in files) <= 5_000_000


def test_it_predicts_text_it_never_saw_about_as_well_as_its_card_says():
    run = text_run(MODEL.model, MODEL.vocabulary.encode(TEXT[:20_000]))
    assert run.loss < 1.6 < MODEL.card["unigram_loss"] / 1.5
    assert run.loss == pytest.approx(MODEL.card["held_out_loss"], abs=0.25)
    assert MODEL.card["held_out_loss"] == pytest.approx(MODEL.card["held_out_loss_before_rounding"], abs=1e-3)


@pytest.mark.parametrize("name", ["inside_string", "inside_comment", "inside_brackets", "position_in_line"])
def test_the_cells_of_its_card_tell_what_they_should_and_better_than_chance(name):
    text = TEXT[:40_000]
    states = text_states(MODEL.model, MODEL.vocabulary.encode(text), "cell")
    (found,) = cell_search(states, {name: source_properties(text)[name].values}).values()
    said = MODEL.card["cells"][name]
    place = int(np.flatnonzero(found.units == said["best"][0]["unit"])[0])
    assert place < 5 and found.signs[place] == said["best"][0]["sign"]
    assert found.held_out[place] == pytest.approx(said["best"][0]["held_out"], abs=0.1)
    assert found.held_out[0] > found.random_held_out + 0.05 and said["best"][0]["held_out"] > said["random"] + 0.05


def test_its_cells_stand_still_where_they_are_held():
    tokens = MODEL.vocabulary.encode(TEXT[:120])[None]
    with torch.no_grad():
        inputs = MODEL.model.embedding(tokens)
    _, trace = intervene(MODEL.model.recurrent, inputs, still_cell(60))
    assert (trace.cell[0, 0, 0, 60:] == trace.cell[0, 0, 0, 59]).all()


def test_its_recording_opens_and_ends_where_the_model_is():
    with core.open_recording(ASSETS / NAME) as recording:
        losses = recording.scalars()[f"{MODEL.config.name}/held_out_loss"].dropna()
        step = int(losses.index[-1])
        trace = recording.record(f"{MODEL.config.name}/gates", step)
        tokens = recording.record(f"{MODEL.config.name}/tokens", step)
    assert losses.iloc[-1] == pytest.approx(MODEL.card["held_out_loss_before_rounding"], abs=1e-4)
    run = text_run(MODEL.model, torch.from_numpy(tokens.astype(np.int64)))
    assert np.abs(run.trace.cell - trace.cell).max() < 0.05, "both are rounded to float16"
