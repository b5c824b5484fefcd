from __future__ import annotations

import contextlib
import io
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.models.character_model import load_character_model
from core.models.config import ModelConfig
from core.models.embedding_costs import embedding_costs
from core.recordings.storage import RecordingWriter, open_recording
from core.tasks.catalog import make_task
from core.tasks.config import TaskConfig
from core.training.config import TrainingConfig
from core.training.loop import train
from core.training.rows import records, scalars
from core.training.start import SHIPPED, initial_model
from dashboard.embeddings_calls import analogous_words, initial_rows, similar_words, times_met
from dashboard.embeddings_drawings import (
    draw_analogy,
    draw_memory,
    draw_movement,
    draw_neighbours,
    draw_norms,
    draw_product,
    draw_space,
    draw_times,
    draw_treatments,
    kinds_of,
    labels_of,
)
from dashboard.embeddings_readings import treatments_sentence
from dashboard.embeddings_snippets import CODES
from dashboard.embeddings_sweeps import SHIPPED_TREATMENTS
from dashboard.embeddings_tables import planned_table, run_table, shipped_table

WORDS = TrainingConfig(
    TaskConfig("next_word", 6, words=400),
    (ModelConfig("gru", 8, embedding_size=5), ModelConfig("gru", 8, embedding_size=2)),
    steps=3,
    batch_size=4,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A finished run of two small models of words."""
    root = tmp_path_factory.mktemp("embeddings")
    with RecordingWriter.create(root, config=WORDS.to_dict(), seed=0, run_id="words-run") as writer:
        for step in train(WORDS):
            writer.append(step.step, scalars(step), records(step))
        writer.close(status="finished")
    return root / "words-run"


@pytest.fixture
def recording(folder):
    with open_recording(folder) as recording:
        yield recording


def test_the_table_of_a_run_is_the_embedding_that_training_had(recording, runs) -> None:
    for model in (0, 1):
        table = run_table(recording, WORDS, model, 2)
        parameters = list(train(WORDS))[2].models[model].parameters
        np.testing.assert_array_equal(table.rows.ravel(), parameters[: table.rows.size])
        task = make_task(WORDS.task)
        np.testing.assert_array_equal(table.first, initial_model(WORDS, model, task).embedding.weight.detach())
        np.testing.assert_array_equal(table.first, initial_rows(WORDS, model, None))
        assert table.step == 2 and table.frames.shape == (3, 401, 2)


def test_rows_of_two_numbers_are_their_places_and_longer_ones_keep_their_distances_in_the_plane(
    recording, runs
) -> None:
    two = run_table(recording, WORDS, 1, None)
    np.testing.assert_array_equal(two.frames[-1], two.rows)
    assert two.share is None
    five = run_table(recording, WORDS, 0, None)
    centred = five.rows - five.rows.mean(axis=0)
    axes = np.linalg.svd(centred.astype(float), full_matrices=False)[2][:2]
    ours, theirs = five.frames[-1], centred @ axes.T
    np.testing.assert_allclose(ours @ ours.T, theirs @ theirs.T, atol=1e-5)
    assert np.abs(np.diff(five.frames, axis=0)).max() < 0.1  # no frame flips against the one before


def test_what_training_added_is_the_rows_less_their_start(recording, runs) -> None:
    whole, added = (run_table(recording, WORDS, 0, 3, is_change) for is_change in (False, True))
    np.testing.assert_array_equal(added.rows, whole.rows - whole.first)
    assert added.first is None and (added.frames[0] == 0).all() and "what training added" in added.label
    nothing = run_table(recording, WORDS, 0, 0, is_change=True)
    assert "nothing, as yet" in draw_space(nothing, 3).reading and "only zeros" in draw_neighbours(nothing, 3).reading


def test_rows_that_never_moved_are_exactly_those_that_no_batch_had(recording, runs) -> None:
    table = run_table(recording, WORDS, 0, 3)
    met = times_met(WORDS, 3, None)
    assert met.sum() == 2 * 4 * 6  # the update of step 3 comes after its parameters are kept
    still = (table.rows == table.first).all(axis=1)
    np.testing.assert_array_equal(still, met == 0)
    drawn = draw_movement(table, 5, met, is_frozen=False)
    assert f"{still.sum():,} of 401 rows never moved" in drawn.reading and "exactly those" in drawn.reading
    crosses = next(trace for trace in drawn.figure.data if trace.name == "never moved")
    assert sorted(map(int, crosses.ids)) == np.flatnonzero(still).tolist()


def test_a_frozen_table_is_said_to_stand() -> None:
    table = planned_table(replace(WORDS, models=WORDS.models[:1]), 0, initial_rows(WORDS, 0, None))
    reading = draw_movement(table, 0, np.ones(401, int), is_frozen=True).reading
    assert reading.startswith("The table is frozen: all 401 rows stand")


def test_the_shipped_models_nearest_to_a_digit_are_digits() -> None:
    table = shipped_table()
    shipped = load_character_model(SHIPPED)
    weight = shipped.model.embedding.weight
    token = shipped.vocabulary.symbols.index("3")
    cosines = torch.nn.functional.cosine_similarity(weight, weight[token : token + 1])
    by_torch = [shipped.vocabulary.symbols[place] for place in cosines.argsort(descending=True)[1:6]]
    drawn = draw_neighbours(table, token)
    assert list(drawn.figure.data[0].y[:5]) == by_torch and all(one.isdigit() for one in by_torch)
    np.testing.assert_allclose(drawn.figure.data[0].x[0], cosines.sort(descending=True).values[1].item(), atol=1e-6)
    assert table.tokens.shares.sum() == pytest.approx(1)


def test_the_space_has_a_point_a_token_with_its_id_and_its_kind() -> None:
    table = shipped_table()
    drawn = draw_space(table, table.tokens.symbols.index("3"))
    points = {point: trace.name for trace in drawn.figure.data if trace.ids is not None for point in trace.ids}
    assert sorted(map(int, points)) == list(range(97))
    assert points[str(table.tokens.symbols.index("e"))] == "vowel" and points["96"] == "unknown"
    assert drawn.figure.layout.xaxis.range == drawn.figure.layout.yaxis.range
    assert "**: The plane shows 6% of the variance of rows of 256 numbers" in drawn.reading


def test_words_are_marked_by_how_frequent_they_are(recording, runs) -> None:
    table = run_table(recording, WORDS, 0, None)
    kinds = dict(zip(table.tokens.symbols, kinds_of(table), strict=True))
    assert kinds["the"] == "one of the 100 most frequent" and kinds["."] == "mark" and kinds["[unk]"] == "unknown"
    assert len(set(labels_of(table))) == 401


def test_the_ring_of_norms_is_the_chosen_row(recording, runs) -> None:
    table = run_table(recording, WORDS, 0, None)
    drawn = draw_norms(table, 7)
    assert drawn.figure.data[-1].y[0] == pytest.approx(np.linalg.norm(table.rows[7]))
    assert drawn.figure.layout.xaxis.type == "log" and "√5 = 2.24" in drawn.reading


@pytest.mark.parametrize("token", [0, 200, 400])
def test_the_product_shown_is_the_chosen_row(recording, runs, token: int) -> None:
    table = run_table(recording, WORDS, 0, None)
    hot, window, product = draw_product(table, token).figure.data
    np.testing.assert_allclose(np.asarray(hot.z).T @ np.asarray(window.z), product.z)
    np.testing.assert_allclose(product.z[0], table.rows[token], rtol=1e-6)


def test_the_costs_are_of_equal_results_and_their_pictures_on_log_axes() -> None:
    costs = embedding_costs((50, 200))
    assert costs.largest_difference == 0 and costs.parameters == (50 * 64, 200 * 64)
    assert costs.product_bytes[1] == 4 * costs.product_bytes[0] and costs.look_up_bytes[0] == costs.look_up_bytes[1]
    times, memory = draw_times(costs), draw_memory(costs)
    assert len(times.figure.data) == 4 and len(memory.figure.data) == 2
    assert times.figure.layout.yaxis.type == memory.figure.layout.xaxis.type == "log"
    assert "Largest difference of the results: 0." in times.reading


def test_ranked_words_leave_out_what_was_asked() -> None:
    found = analogous_words("counted", 50, ("open", "close", "read"), 10, None)
    assert not {"open", "close", "read"} & set(found.words) and (np.diff(found.cosines) <= 0).all()
    drawn = draw_analogy(found, ("open", "close", "read"))
    assert f"“read” to **“{found.words[0]}”**" in drawn.reading and len(drawn.figure.data[0].y) == 10
    assert "write" in similar_words("counted", 50, "read", 5, None).words
    with pytest.raises(ValueError, match="'zebra' must be a word of counted .* which has no vector for it"):
        similar_words("counted", 50, "zebra", 5, None)


def test_the_sweep_that_ships_says_what_its_numbers_say() -> None:
    with open_recording(SHIPPED_TREATMENTS) as recording:
        drawn = draw_treatments(recording)
    lines = [trace for trace in drawn.figure.data if trace.showlegend is not False]
    assert [line.name for line in lines] == ["drawn, trained", "counted vectors, tuned", "counted vectors, frozen"]
    assert all(len(line.x) == 301 for line in lines) and "3 seeds" in drawn.reading
    assert "Counted vectors, frozen ends 0.20" in drawn.reading and "apart from its range" in drawn.reading


def test_a_single_seed_is_not_compared_with_a_range_that_it_lacks() -> None:
    said = treatments_sentence(["drawn", "tuned"], [np.array([4.5]), np.array([4.6])])
    assert "1 seed:" in said and "range" in said and "apart" not in said and "within" not in said
    assert treatments_sentence(["drawn"], [np.array([])]).startswith("No seed is done yet")


@pytest.mark.parametrize("section", [name for name in CODES if name != "words"])
def test_the_code_shown_runs(section: str) -> None:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(CODES[section]("3"), {})
    assert printed.getvalue()
    if section == "space":
        assert "shows 6% of the variance" in printed.getvalue() and printed.getvalue().splitlines()[1].startswith("'5'")


def test_the_code_of_analogies_runs_on_a_file(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    words = {"man": (1, 0, 0), "woman": (1, 1, 0), "king": (1, 0, 1), "queen": (1, 1, 1), "table": (-1, 0, 0.1)}
    (tmp_path / "vectors.txt").write_text("".join(f"{w} {a} {b} {c}\n" for w, (a, b, c) in words.items()))
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(CODES["words"](""), {})
    assert printed.getvalue().split()[0] == "queen"
