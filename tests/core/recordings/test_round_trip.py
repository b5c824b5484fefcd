"""Save → load is the identity."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recorded import record_steps, same_array, same_record, same_row, stream
from recorded_values import arrays, gate_traces, gradient_flows, records, scalars

from core.recordings.records import GateTrace
from core.recordings.storage import RecordingError, RecordingWriter, open_recording


@settings(max_examples=150)
@given(rows=st.lists(st.tuples(scalars, records), min_size=1, max_size=4))
def test_rows_come_back_as_they_were_recorded(rows) -> None:
    with tempfile.TemporaryDirectory() as root:
        with RecordingWriter.create(Path(root), config={}, seed=0) as writer:
            for step, (numbers, values) in enumerate(rows):
                writer.append(3 * step, numbers, values)
        with open_recording(writer.path) as recording:
            read = list(recording.rows())
            assert recording.damage == "" and len(read) == len(rows)
            for step, (row, (numbers, values)) in enumerate(zip(read, rows, strict=True)):
                assert same_row(row, 3 * step, numbers, values)


@settings(max_examples=100)
@given(value=arrays | gate_traces() | gradient_flows())
def test_one_record_comes_back_as_it_was_recorded(value) -> None:
    with tempfile.TemporaryDirectory() as root:
        with RecordingWriter.create(Path(root), config={}, seed=0) as writer:
            writer.append(0, {}, {"lstm/gates": value})
        with open_recording(writer.path) as recording:
            assert recording.names() == ("lstm/gates",)
            assert same_record(value, recording.record("lstm/gates"))


def test_absent_fields_of_a_gate_trace_stay_absent(tmp_path) -> None:
    hidden = np.random.default_rng(0).random((1, 2, 3, 4, 5), np.float32)
    trace = GateTrace("gru", hidden, np.array([4, 4, 2]), reset=hidden, update=hidden, new=hidden)
    with RecordingWriter.create(tmp_path, config={}, seed=0) as writer:
        writer.append(0, {}, {"gru/gates": trace})
    with open_recording(writer.path) as recording:
        read = recording.record("gru/gates")
        assert read.forget is None and read.cell is None and read.kind == "gru"
        assert same_array(read.reset, hidden)


def test_arrays_are_recorded_as_they_are_when_appended(tmp_path) -> None:
    array = np.zeros(3, np.float32)
    with RecordingWriter.create(tmp_path, config={}, seed=0) as writer:
        for step in range(3):
            array[:] = step
            writer.append(step, {}, {"norms": array})
        array[:] = -1
    with open_recording(writer.path) as recording:
        assert [row.records["norms"][0] for row in recording.rows()] == [0, 1, 2]


@pytest.mark.parametrize(
    "array",
    [np.arange(6, dtype=">f4").reshape(2, 3), np.arange(12.0).reshape(3, 4)[::2, ::-1], np.arange(6.0).reshape(2, 3).T],
    ids=["big-endian", "strided", "transposed"],
)
def test_the_memory_layout_of_an_array_does_not_matter(tmp_path, array) -> None:
    with RecordingWriter.create(tmp_path, config={}, seed=0) as writer:
        writer.append(0, {}, {"norms": array})
    with open_recording(writer.path) as recording:
        read = recording.record("norms")
        assert np.array_equal(read, array) and read.dtype == array.dtype.newbyteorder("=")


def test_an_array_larger_than_a_flush_comes_back(tmp_path) -> None:
    array = np.random.default_rng(0).random((3, 500_000))
    with RecordingWriter.create(tmp_path, config={}, seed=0) as writer:
        writer.append(0, {"loss": 1.0}, {"norms": array})
        writer.append(1, {"loss": 2.0}, {"norms": array[:0]})
    with open_recording(writer.path) as recording:
        assert same_array(recording.record("norms", 0), array)
        assert recording.record("norms").shape == (0, 500_000)


def test_pyarrow_alone_reads_the_stream(tmp_path) -> None:
    path = record_steps(tmp_path, range(5))
    table = pa.ipc.open_stream(stream(path).read_bytes()).read_all()
    assert table["step"].to_pylist() == [0, 1, 2, 3, 4]
    assert table["scalars"].to_pylist()[2] == [("loss", 2.0)]


@pytest.mark.parametrize(
    "value",
    [np.array([None]), np.array(["a"]), np.array([1], "datetime64[s]"), [1.0], "text", None, object()],
    ids=["objects", "strings", "dates", "list", "text", "none", "object"],
)
def test_what_is_neither_numbers_nor_a_record_is_refused_and_the_row_not_taken(tmp_path, value) -> None:
    with RecordingWriter.create(tmp_path, config={}, seed=0) as writer:
        with pytest.raises(RecordingError, match=r"got .*; convert it"):
            writer.append(0, {}, {"norms": value})
        writer.append(0, {"loss": 1.0})
    with open_recording(writer.path) as recording:
        assert recording.steps.tolist() == [0] and recording.names() == ("loss",)


@pytest.mark.parametrize("name", ["", "x" * 201, "\ud800", 7])
def test_names_that_cannot_be_stored_are_refused(tmp_path, name) -> None:
    with RecordingWriter.create(tmp_path, config={}, seed=0) as writer:
        with pytest.raises(RecordingError, match="A name is text"):
            writer.append(0, {name: 1.0})
        with pytest.raises(RecordingError, match="A name is text"):
            writer.append(0, {}, {name: np.zeros(1)})


def test_a_scalar_that_is_no_number_is_refused(tmp_path) -> None:
    with RecordingWriter.create(tmp_path, config={}, seed=0) as writer:
        for value in (None, "abc", [1, 2], 10**400):
            with pytest.raises(RecordingError, match="A scalar is a number"):
                writer.append(0, {"loss": value})


def test_a_name_that_a_records_part_has_is_refused(tmp_path) -> None:
    trace = GateTrace("rnn", np.zeros(1), np.zeros(1))
    with RecordingWriter.create(tmp_path, config={}, seed=0) as writer:
        with pytest.raises(RecordingError, match="unique"):
            writer.append(0, {}, {"gates": trace, "gates.hidden": np.zeros(1)})


def test_more_names_than_a_reader_believes_are_refused(tmp_path) -> None:
    with RecordingWriter.create(tmp_path, config={}, seed=0) as writer:
        for step in range(5):
            writer.append(step, {f"{step}/{i}": 0.0 for i in range(4000)})
        with pytest.raises(RecordingError, match="at most 20000 names"):
            writer.append(5, {"one more": 0.0})
        with pytest.raises(RecordingError, match="characters"):
            writer.append(5, {f"{i:0200}": 0.0 for i in range(600)})
    with open_recording(writer.path) as recording:
        assert recording.damage == "" and len(recording.names()) == 20_000 and len(recording.steps) == 5
