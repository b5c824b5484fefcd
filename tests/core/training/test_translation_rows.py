"""Runs on pairs: their rows against a second way, and their recording."""

from dataclasses import replace
from itertools import takewhile

import numpy as np
import pytest
from torch.nn.functional import cross_entropy

from core.analysis.answers import edit_rate
from core.models.seq2seq_config import PRESETS, Seq2SeqConfig
from core.probes.attention import decode_with, forced
from core.recordings.attention import LENGTH, SEQUENCES_RIGHT, TOKENS_RIGHT, read_snapshot
from core.recordings.storage import open_recording
from core.tasks.pair_catalog import make_pairs
from core.tasks.pairs import PairsConfig
from core.training.knobs import Knobs
from core.training.loop import TrainingDiverged
from core.training.run import create_folder, train_into
from core.training.translation_config import TranslationConfig
from core.training.translation_measures import measuring_pairs
from core.training.translation_moment import PairMoment, opened_pairs
from core.training.translation_rows import draw_pairs, fed_logits, initial_seq2seq, translation_rows

MODELS = (
    Seq2SeqConfig("lstm", 8, attention="general", input_feeding=True),
    Seq2SeqConfig("gru", 8, attention="none"),
)
SMALL = TranslationConfig(PairsConfig("reverse", min_length=2, max_length=5), MODELS, steps=6, batch_size=16)


def rows_of(config, knobs=None):
    return list(translation_rows(config, knobs or Knobs.of(config), None))


@pytest.fixture(scope="module")
def rows():
    return rows_of(SMALL)


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    create_folder(root, "run-on-pairs", SMALL, {"host": "here", "pid": 1, "server": "a-server"})
    assert train_into(root / "run-on-pairs", SMALL) == "finished"
    with open_recording(root / "run-on-pairs") as opened:
        yield opened


def test_the_same_config_gives_the_same_rows(rows):
    for left, right in zip(rows, rows_of(SMALL), strict=True):
        assert left.scalars == right.scalars and list(left.records) == list(right.records)
        for name, array in left.records.items():
            np.testing.assert_array_equal(array, right.records[name])


def test_a_models_rows_do_not_depend_on_the_others(rows):
    alone = rows_of(replace(SMALL, models=MODELS[1:]))
    for left, right in zip(rows, alone, strict=True):
        assert right.scalars.items() <= left.scalars.items()


def test_step_0_is_before_any_update_and_each_row_belongs_to_its_own(rows):
    task = make_pairs(SMALL.task)
    model = initial_seq2seq(SMALL, 0, task)
    for step in (0, 1):
        batch = draw_pairs(task, SMALL, step).batch
        logits = model(batch.source, batch.source_lengths, batch.target_in)
        losses = -logits.log_softmax(-1).gather(-1, batch.target_out[..., None])[..., 0]
        mean = losses[batch.target_out != 0].mean().item()
        assert rows[step].scalars[f"{SMALL.names[0]}/loss"] == pytest.approx(mean, rel=1e-5)
    assert rows[0].scalars[f"{SMALL.names[0]}/update_ratio"] == 0 < rows[1].scalars[f"{SMALL.names[0]}/update_ratio"]


def test_a_clipped_gradient_has_the_greatest_norm_that_is_allowed():
    config = replace(SMALL, max_norm=1e-3, steps=1)
    scalars = rows_of(config)[1].scalars
    assert scalars[f"{SMALL.names[0]}/gradient_norm"] > 1e-3
    assert scalars[f"{SMALL.names[0]}/clipped_norm"] == pytest.approx(1e-3)


def test_no_learning_rate_no_update():
    config = replace(SMALL, steps=2)
    knobs = Knobs.of(config)
    knobs.learning_rate = 0.0
    assert rows_of(config, knobs)[2].scalars[f"{SMALL.names[0]}/update_ratio"] == 0


def test_parameters_are_kept_where_the_models_are_measured_and_nowhere_else():
    name, rows = SMALL.names[0], rows_of(replace(SMALL, steps=52))
    kept = [row.step for row in rows if f"{name}/parameters" in row.records]
    assert kept == [row.step for row in rows if f"{name}/held_out_tokens" in row.scalars]
    assert kept == [row.step for row in rows if row.records] == [0, 1, 2, 3, 5, 10, 20, 50, 52]


def test_numbers_that_are_not_finite_end_the_run():
    knobs, rows = Knobs.of(SMALL), []
    with pytest.raises(TrainingDiverged, match="at step 2 .* of lstm"):
        for row in translation_rows(SMALL, knobs, None):
            rows.append(row)
            knobs.learning_rate = np.inf if row.step == 1 else knobs.learning_rate
    assert [row.is_finite for row in rows] == [True, True, False]


def test_a_recorded_snapshot_is_what_the_recorded_parameters_do(recording):
    name = SMALL.names[0]
    snapshot = read_snapshot(recording.record, recording.names(), name)
    opened = opened_pairs(PairMoment(SMALL, 0, recording.record(f"{name}/parameters")))
    for number in range(8):
        source, target, weights = snapshot.example(number)
        trace = forced(opened.model, source.tolist(), target.tolist())
        np.testing.assert_allclose(weights, trace.weights, atol=1e-6)
        free = decode_with(opened.model, source.tolist(), snapshot.answers.shape[1])
        assert snapshot.answers[number, : len(free.target)].tolist() == free.target.tolist()


def test_padded_columns_are_exactly_zero_and_rows_sum_to_one(recording):
    snapshot = read_snapshot(recording.record, recording.names(), SMALL.names[0])
    for number, length in enumerate(snapshot.source_lengths):
        rows = snapshot.target_lengths[number]
        np.testing.assert_allclose(snapshot.weights[number, :rows].sum(axis=1), 1, atol=1e-6)
        assert (snapshot.weights[number, :, length:] == 0).all()


def test_edits_are_the_distances_of_the_answers_that_are_written_freely(rows):
    task, name = make_pairs(SMALL.task), SMALL.names[0]
    pairs = measuring_pairs(task, SMALL).held_out
    model = initial_seq2seq(SMALL, 0, task)
    written = [decode_with(model, source[:length].tolist(), pairs.target_out.shape[1]).target.tolist()
               for source, length in zip(pairs.source, pairs.source_lengths, strict=True)]  # fmt: skip
    targets = [row[: length - 1].tolist() for row, length in zip(pairs.target_out, pairs.target_lengths, strict=True)]
    answers = [[*takewhile(lambda token: token != 2, row)] for row in written]
    assert rows[0].scalars[f"{name}/held_out_edits"] == pytest.approx(edit_rate(answers, targets))


def test_gold_mass_is_the_weight_on_the_anti_diagonal(recording):
    name = SMALL.names[0]
    opened = opened_pairs(PairMoment(SMALL, 0, recording.record(f"{name}/parameters")))
    batch, masses = opened.task.held_out(), []
    for number in range(128):
        source = batch.source[number, : batch.source_lengths[number]].tolist()
        weights = forced(opened.model, source, batch.target_out[number, : len(source)].tolist()).weights
        masses += [weights[row, len(source) - 2 - row] for row in range(len(source) - 1)]
    assert recording.scalars()[f"{name}/gold_mass"].dropna().iloc[-1] == pytest.approx(np.mean(masses), abs=1e-6)


def test_a_model_without_attention_records_none(recording):
    name = SMALL.names[1]
    snapshot = read_snapshot(recording.record, recording.names(), name)
    assert snapshot.weights is None and snapshot.possible is not None
    assert f"{name}/gold_mass" not in recording.scalars().columns


def test_accuracy_by_length_puts_together_the_accuracy_of_all(recording):
    for name in SMALL.names:
        table = recording.record(f"{name}/by_length")
        assert table[:, LENGTH].tolist() == [2, 3, 4, 5] and table[:, 1].sum() == 128
        scalars = recording.scalars().dropna()
        for column, number in ((TOKENS_RIGHT, "tokens"), (SEQUENCES_RIGHT, "strings")):
            whole = np.average(table[:, column], weights=table[:, 1])
            assert scalars[f"{name}/held_out_{number}"].iloc[-1] == pytest.approx(whole, abs=1e-6)


def test_lengths_beyond_those_that_are_learnt_are_measured_where_asked_for():
    table = rows_of(replace(SMALL, steps=1, test_length=9))[1].records[f"{SMALL.names[0]}/by_length"]
    assert table[:, LENGTH].tolist() == list(range(2, 10)) and table[-1, 1] == 32


def test_recorded_gradient_norms_are_those_of_every_row_put_together_by_hand(recording):
    opened = opened_pairs(PairMoment(SMALL, 0, recording.record(f"{SMALL.names[0]}/parameters")))
    model, whole = opened.model.requires_grad_(True), opened.task.held_out()
    states = []

    def keep(_, __, output):
        outputs, (last, _) = output  # of one row: h_t as it is attended with, and as it goes to the next row
        outputs.retain_grad()
        last.retain_grad()
        states.append((outputs, last))

    with model.decoder.recurrent.register_forward_hook(keep):
        logits = model(whole.source[:128], whole.source_lengths[:128], whole.target_in[:128])
    cross_entropy(logits.flatten(0, 1), whole.target_out[:128].flatten(), ignore_index=0).backward()
    totals = [outputs.grad[:, 0] + (0 if last.grad is None else last.grad[0]) for outputs, last in states]
    norms = [total.norm().item() for total in totals]
    np.testing.assert_allclose(recording.record(f"{SMALL.names[0]}/decoder_norms")[0, 0], norms, rtol=1e-4)


def test_without_teacher_forcing_each_row_reads_the_models_own_token():
    config = replace(SMALL, teacher_forcing=0.0)
    task = make_pairs(config.task)
    model = initial_seq2seq(config, 0, task).double()
    drawn = draw_pairs(task, config, 1)
    logits = fed_logits(model, drawn)
    source = drawn.batch.source[0, : drawn.batch.source_lengths[0]].tolist()
    free = forced(model, source, logits[0].argmax(-1).tolist())
    np.testing.assert_allclose(logits[0].log_softmax(-1).detach(), free.log_probs, atol=1e-9)


def test_half_of_the_rows_are_forced_where_half_is_asked_for():
    config = replace(SMALL, teacher_forcing=0.5, batch_size=512)
    share = draw_pairs(make_pairs(config.task), config, 1).is_forced.double().mean()
    assert share == pytest.approx(0.5, abs=0.05)


def test_with_teacher_forcing_row_by_row_is_all_at_once():
    task = make_pairs(SMALL.task)
    model = initial_seq2seq(replace(SMALL, models=(PRESETS["clean diagonal"],)), 0, task).double()
    drawn = draw_pairs(task, SMALL, 1)
    batch = drawn.batch
    memory = model.memory(batch.source, batch.source_lengths)
    rows = model.decoder.unroll(
        batch.target_in[:, 0], batch.target_in.shape[1], memory, lambda row, _: batch.target_in[:, row + 1]
    )
    np.testing.assert_allclose(
        fed_logits(model, drawn).detach(), model.decoder.readout(rows.vectors).detach(), atol=1e-12
    )


def test_a_moment_has_one_of_the_runs_models():
    with pytest.raises(ValueError, match="must be in 0…1, got 2"):
        PairMoment(SMALL, 2)
