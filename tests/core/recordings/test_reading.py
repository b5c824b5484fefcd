"""The reader: what it gives, and that it reads no more than that takes."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from recorded import append_step, bytes_read, record_quickly, record_steps, stream

from core.recordings.records import GateTrace
from core.recordings.storage import RecordingError, RecordingWriter, RecordNotFoundError, open_recording

needs_proc = pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="only Linux counts a process's bytes")


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    """Steps 0, 3, 6, … 297; accuracy every other row, a gate trace at steps 0, 30, 60, …"""
    with RecordingWriter.create(tmp_path_factory.mktemp("runs"), config={}, seed=0) as writer:
        for step in range(0, 300, 3):
            scalars = {"loss": step / 10, **({"accuracy": 1.0} if step % 2 else {})}
            gates = {"gates": GateTrace("rnn", np.full((1, 1, 1, 2, 3), step), np.array([2]))} if step % 30 == 0 else {}
            writer.append(step, scalars, {"norms": np.full(4, step, np.float32), **gates})
    return writer.path


@pytest.fixture
def recording(path):
    with open_recording(path) as recording:
        yield recording


def test_steps_and_names_are_those_recorded(recording) -> None:
    assert recording.steps.tolist() == list(range(0, 300, 3)) and recording.steps.dtype == np.int64
    assert recording.names() == ("accuracy", "gates", "loss", "norms")
    assert recording.last_step == 297


@pytest.mark.parametrize("after", [-1, 0, 1, 2, 3, 150, 296, 297, 10**9, 10**30, -(10**30)])
@pytest.mark.parametrize("stride", [1, 2, 5, 1000, 10**30])
def test_rows_are_those_after_a_step_at_multiples_of_the_stride(recording, after, stride) -> None:
    rows = list(recording.rows(after=after, stride=stride))
    assert [row.step for row in rows] == [step for step in range(0, 300, 3) if step > after and step % stride == 0]
    assert all(row.records["norms"].tolist() == [row.step] * 4 and row.scalars["loss"] == row.step / 10 for row in rows)


@pytest.mark.parametrize("most", [1, 2, 3, 7, 99, 100, 500])
def test_at_most_so_many_rows_come_evenly_spaced_with_the_newest(recording, most) -> None:
    steps = [row.step for row in recording.rows(most=most)]
    assert len(steps) == min(most, 100) and steps[-1] == 297 and (most == 1 or steps[0] == 0)
    assert most == 1 or max(np.diff(steps)) - min(np.diff(steps)) <= 3
    assert recording.scalars(most=most).index.tolist() == steps


def test_rows_hold_only_the_names_that_were_asked_for(recording) -> None:
    for row in recording.rows(names={"gates", "loss"}):
        assert set(row.scalars) == {"loss"} and set(row.records) == ({"gates"} if row.step % 30 == 0 else set())


def test_a_record_is_the_newest_at_or_before_a_step(recording) -> None:
    assert recording.record("gates").hidden.max() == 270
    for step in (0, 29, 30, 31, 299):
        assert recording.record("gates", step).hidden.max() == min(step // 30 * 30, 270)
        assert recording.record("norms", step)[0] == step // 3 * 3
        assert recording.dated_record("gates", step)[0] == min(step // 30 * 30, 270)


def test_what_was_never_recorded_is_a_lookup_error_that_names_what_was(recording) -> None:
    with pytest.raises(RecordNotFoundError, match="no record 'gate'; it has gates, norms"):
        recording.record("gate")
    with pytest.raises(LookupError, match="at or before step -1"):
        recording.record("norms", -1)
    with pytest.raises(RecordingError):
        recording.record("loss")


def test_scalars_agree_with_the_rows(recording) -> None:
    frame, rows = recording.scalars(), list(recording.rows())
    assert frame.index.name == "step" and frame.index.tolist() == [row.step for row in rows]
    assert list(frame.columns) == ["loss", "accuracy"]
    for name in frame.columns:
        expected = np.array([row.scalars.get(name, np.nan) for row in rows])
        assert np.array_equal(frame[name].to_numpy(), expected, equal_nan=True)


def test_scalars_may_be_picked_by_name_and_step(recording) -> None:
    frame = recording.scalars(["accuracy", "unheard of"], since=150)
    assert list(frame.columns) == ["accuracy", "unheard of"] and frame.index[0] == 150 and frame.index[-1] == 297
    assert frame["unheard of"].isna().all() and frame["accuracy"].notna().sum() == 25
    assert recording.scalars(since=298).empty


def test_a_recording_without_rows_gives_nothing_and_no_error(tmp_path) -> None:
    with open_recording(record_steps(tmp_path, [])) as recording:
        assert recording.last_step == -1 and recording.names() == () and list(recording.rows()) == []
        assert recording.scalars(["loss"]).shape == (0, 1) and recording.scalars(most=5).empty
        with pytest.raises(RecordNotFoundError, match="nothing yet"):
            recording.record("norms")


@pytest.mark.parametrize(
    ("arguments", "rule"), [({"stride": 0}, "stride"), ({"stride": -1}, "stride"), ({"most": 0}, "1 row")]
)
def test_a_stride_or_count_below_one_is_refused(recording, arguments, rule) -> None:
    with pytest.raises(RecordingError, match=rule):
        list(recording.rows(**arguments))


def test_nan_and_infinity_are_kept(tmp_path) -> None:
    with RecordingWriter.create(tmp_path, config={}, seed=0) as writer:
        for step, loss in enumerate((1.0, np.inf, -np.inf, np.nan)):
            writer.append(step, {"loss": loss}, {"norms": np.array([loss, np.nan])})
    with open_recording(writer.path) as recording:
        assert np.array_equal(recording.scalars()["loss"], [1, np.inf, -np.inf, np.nan], equal_nan=True)
        assert np.isnan(recording.record("norms")).all()


def test_rows_that_are_read_while_more_are_written_are_those_of_the_call(tmp_path) -> None:
    with RecordingWriter.create(tmp_path, config={}, seed=0) as writer, open_recording(writer.path) as recording:
        for step in range(10):
            append_step(writer, step)
            writer.flush()
        recording.refresh()
        rows, steps = recording.rows(), recording.steps
        first = next(rows)
        for step in range(10, 500):
            append_step(writer, step)
        writer.flush()
        assert recording.refresh() == 490
        assert [first.step, *(row.step for row in rows)] == list(range(10)) == steps.tolist()


@needs_proc
def test_few_rows_cost_few_bytes_however_long_the_recording(tmp_path) -> None:
    path = record_quickly(tmp_path, range(30_000))
    with open_recording(path) as recording:
        asks = (
            lambda: list(recording.rows(stride=5000)),
            lambda: recording.scalars(most=6),
            lambda: list(recording.rows(after=29_990)),
            lambda: recording.record("norms", 15_000),
        )
        asks[1]()  # pandas reads its own files when it is first imported
        for ask in asks:
            before = bytes_read()
            ask()
            assert bytes_read() - before < 7 * 70_000 < stream(path).stat().st_size / 10


@needs_proc
def test_opening_reads_no_arrays_of_large_messages(tmp_path) -> None:
    path = record_steps(tmp_path, range(20), width=500_000)
    before = bytes_read()
    with open_recording(path) as recording:
        assert len(recording.steps) == 20
    assert bytes_read() - before < 21 * 66_000 + 5000 < stream(path).stat().st_size / 20


def test_reading_a_whole_recording_holds_a_few_messages_in_memory(tmp_path) -> None:
    path = record_steps(tmp_path, range(40), width=500_000)
    tracemalloc.start()
    try:
        with open_recording(path) as recording:
            assert sum(row.records["norms"].nbytes for row in recording.rows()) == 80_000_000
            recording.scalars()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 12_000_000
