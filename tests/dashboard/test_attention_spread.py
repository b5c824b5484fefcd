"""The numbers of attention from seed to seed: what ships, what is drawn, and which runs are such a spread."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.analysis.alignment import FIELDS
from core.recordings.storage import RecordingWriter
from core.tasks.pairs import PairsConfig
from core.training.knobs import Knobs
from core.training.sweep import Factor, SweepConfig
from core.training.sweep_rows import sweep_rows
from core.training.translation_config import TranslationConfig
from dashboard import server
from dashboard.attention_asked import PairsAsked
from dashboard.attention_seen import recording_of
from dashboard.attention_shipped import FOLDER, FUSION, PAIRS, SPREAD, spread_config
from dashboard.attention_spread import ranged, spread_of, spread_sentence, uniform_on
from dashboard.figures.attention_spread import spread_figure
from dashboard.readers import readers_of
from dashboard.widgets.attention_runs import _is_spread
from tests.dashboard.reading_server import port, shipped
from tests.dashboard.test_gates_pictures import picture

__all__ = ["port", "shipped"]


def shipped_spread():
    with readers_of(FOLDER).reading("reverse-seeds") as recording:
        return spread_of(recording)


def test_the_first_seed_of_the_spread_that_ships_is_the_run_that_ships():
    spread, config = shipped_spread(), PAIRS["reverse"]
    with recording_of(PairsAsked("x", config)) as recording:
        assert recording is not None
        for model, name in zip(config.models, config.names, strict=True):
            own = recording.scalars([f"{name}/gold_mass"]).dropna().iloc[-1].item()
            assert spread[model.label]["gold_mass"][0] == own and len(spread[model.label]["gold_mass"]) == 5


def test_the_sentence_says_mean_and_range_of_what_is_drawn(port):
    status, answer = picture(port, "attention/seeds?")
    spread = shipped_spread()
    assert status == 200 and answer["reading"].startswith("5 seeds, held-out pairs. Mass on the true links")
    for label, numbers in spread.items():
        assert f"**{label}** {ranged(numbers['gold_mass'])}" in answer["reading"]
    assert "knows nothing has 0.0909. No two ranges overlap" in answer["reading"]


def test_every_number_has_its_range_its_mean_and_its_seeds_beside_knowing_nothing():
    spread, uniform = shipped_spread(), uniform_on(PAIRS["reverse"])
    figure = spread_figure(spread, uniform)
    assert uniform["gold_mass"] == pytest.approx(1 / 11) and len(figure.data[0].x) == len(FIELDS)
    bars, seeds, means = (figure.data[place] for place in (1, 2, 3))
    first = spread[PAIRS["reverse"].models[0].label]
    assert len(means.x) == len(first) and len(seeds.x) == 5 * len(first)
    values = first["held_out_strings"]
    assert bars.x[:2] == (values.min(), values.max()) and means.x[0] == pytest.approx(values.mean())


def test_ranges_that_meet_are_said_to():
    near = {"a": {"gold_mass": np.array([0.2, 0.6])}, "b": {"gold_mass": np.array([0.5, 0.9])}}
    spread = {label: numbers | {"held_out_strings": np.ones(2)} for label, numbers in near.items()}
    assert "Ranges overlap" in spread_sentence(spread, {"gold_mass": 0.1})
    assert "No model of this run attends" in spread_sentence({"c": {"held_out_strings": np.ones(2)}}, {"gold_mass": 0})


def test_a_run_over_seeds_is_drawn_without_a_true_alignment_and_without_attention(port):
    base = TranslationConfig(PairsConfig("interface", level="word"), steps=1, batch_size=4)
    config = spread_config(base, 2)
    server.runs_root().mkdir(exist_ok=True)
    with RecordingWriter.create(server.runs_root(), config=config.to_dict(), seed=0) as writer:
        status, answer = picture(port, f"attention/seeds?run={writer.header.id}")
        assert status == 200 and "not through yet" in answer["reading"]
        for row in sweep_rows(config, Knobs.of(config), None):
            writer.append(row.step, row.scalars, row.records)
        writer.close()
    status, answer = picture(port, f"attention/seeds?run={writer.header.id}")
    assert status == 200 and answer["reading"].startswith("2 seeds, held-out pairs. Entropy of a row")


def test_only_the_same_pair_models_from_successive_seeds_are_a_spread():
    assert _is_spread(SPREAD) and _is_spread(spread_config(replace(PAIRS["dates-to-iso"], seed=4), 3))
    assert _is_spread(FUSION)  # by form; that section claims its own first
    assert not _is_spread(PAIRS["reverse"]) and not _is_spread(SweepConfig(PAIRS["reverse"], seeds=(0, 2)))
    assert not _is_spread(SweepConfig(PAIRS["reverse"], (Factor("learning_rate", (0.1,)),), seeds=(0, 1)))
    assert not _is_spread(SweepConfig(seeds=(0, 1)))
