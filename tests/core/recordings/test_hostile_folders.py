"""A folder from anywhere: every byte may lie. Only RecordingError comes out, or less than was claimed."""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from recorded import read_everything, record_steps, stream

from core.recordings.arrays import to_entries
from core.recordings.batches import NAMES_KEY, SCHEMA, PendingRow, batch_message, schema_message
from core.recordings.records import GateTrace
from core.recordings.storage import RecordingError, RecordingWriter, open_recording, read_header

many = settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def path(tmp_path) -> Path:
    return record_steps(tmp_path, range(3))


@pytest.fixture(scope="module")
def shared(tmp_path_factory) -> tuple[Path, bytes, int]:
    """A recording with a gate trace last, its stream, and where the last message begins."""
    path = record_steps(tmp_path_factory.mktemp("runs"), range(3))
    before = stream(path).stat().st_size
    trace = GateTrace("lstm", np.ones((1, 1, 2, 3, 4), np.float32), np.array([3, 2]), forget=np.zeros((1, 1, 2, 3, 4)))
    with RecordingWriter.resume(path) as writer:
        writer.append(3, {"loss": 3.0, "accuracy": 0.5}, {"gates": trace, "norms": np.zeros(3)})
    return path, stream(path).read_bytes(), before


def append_message(path: Path, message: bytes) -> None:
    with open(stream(path), "ab") as file:
        file.write(message)


def arrow_message(
    step: object = 3, scalars: object = (), entries: object = (), options=None, names=b"[[],[]]"
) -> bytes:
    """A message with whatever values, as pyarrow writes it."""
    columns = [
        pa.array([value], field.type) for value, field in zip((step, 0.0, scalars, entries), SCHEMA, strict=True)
    ]
    batch = pa.RecordBatch.from_arrays(columns, schema=SCHEMA)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, SCHEMA, options=options) as writer:
        writer.write_batch(batch, custom_metadata={NAMES_KEY: names} if names is not None else None)
        end = sink.tell()
    return sink.getvalue()[len(schema_message()) : end].to_pybytes()


def entry(name="norms", dtype="float32", shape=(2,), data=bytes(8)) -> dict:
    return {"name": name, "dtype": dtype, "shape": shape, "data": data}


@many
@given(content=st.binary(max_size=2000))
def test_random_bytes_are_no_stream(shared, content) -> None:
    path, _, _ = shared
    stream(path).write_bytes(content)
    try:
        assert read_everything(path)[0] == []
    except RecordingError:
        pass


@many
@given(
    content=st.binary(min_size=1, max_size=2000), prefix=st.sampled_from([b"", b"\xff" * 4, b"\xff" * 4 + b"\0\1\0\0"])
)
def test_random_bytes_after_whole_messages_leave_these_readable(shared, content, prefix) -> None:
    path, whole, begin = shared
    stream(path).write_bytes(whole[:begin] + prefix + content)
    rows, _ = read_everything(path)
    assert [row.step for row in rows] == [0, 1, 2]


@many
@given(data=st.data())
def test_flipped_bytes_in_the_last_message_leave_the_others_readable(shared, data) -> None:
    path, whole, begin = shared
    content = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(begin, len(whole) - 1))] = data.draw(st.integers(0, 255))
    stream(path).write_bytes(content)
    rows, _ = read_everything(path)
    assert [row.step for row in rows][:3] == [0, 1, 2] and len(rows) <= 4


def test_any_single_byte_of_the_last_messages_metadata_may_be_inverted(shared) -> None:
    path, whole, begin = shared
    for position in range(begin, begin + 8 + struct.unpack_from("<I", whole, begin + 4)[0]):
        content = bytearray(whole)
        content[position] ^= 0xFF
        stream(path).write_bytes(content)
        assert [row.step for row in read_everything(path)[0]][:3] == [0, 1, 2]


@many
@given(data=st.data())
def test_flipped_bytes_in_the_schema_are_no_recording_or_the_same_recording(shared, data) -> None:
    path, whole, _ = shared
    content = bytearray(whole)
    content[data.draw(st.integers(0, len(schema_message()) - 1))] = data.draw(st.integers(0, 255))
    stream(path).write_bytes(content)
    try:
        assert len(read_everything(path)[0]) in (0, 4)
    except RecordingError:
        pass


@pytest.mark.parametrize("size", [8, 1 << 20, (1 << 20) + 8, 1 << 30, 0x7FFFFFF8, 0x80000000, 0xFFFFFFF8, 13])
def test_a_huge_length_of_metadata_is_not_believed(path, size) -> None:
    append_message(path, struct.pack("<II", 0xFFFFFFFF, size) + bytes(64))
    assert [row.step for row in read_everything(path)[0]] == [0, 1, 2]


@pytest.mark.parametrize("size", [-1, -(2**63), 0, 8, 2**40, 2**63 - 1])
def test_a_wrong_length_of_a_body_is_not_believed(path, size) -> None:
    message = arrow_message()
    metadata_size = struct.unpack_from("<I", message, 4)[0]
    body_size = len(message) - 8 - metadata_size
    metadata = message[8 : 8 + metadata_size].replace(struct.pack("<q", body_size), struct.pack("<q", size))
    append_message(path, message[:8] + metadata + message[8 + metadata_size :])
    assert [row.step for row in read_everything(path)[0]] == [0, 1, 2]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (entry(dtype="object"), "dtype is one of"),
        (entry(dtype="O"), "dtype is one of"),
        (entry(dtype="U2"), "dtype is one of"),
        (entry(dtype="datetime64[s]"), "dtype is one of"),
        (entry(dtype="(1000000,1000000)f8"), "dtype is one of"),
        (entry(dtype=""), "dtype is one of"),
        (entry(dtype="Receipt", shape=()), "dtype is one of"),
        (entry(shape=(3,)), "fill its shape"),
        (entry(shape=()), "fill its shape"),
        (entry(shape=(-2, -1)), "fill its shape"),
        (entry(shape=(2**62, 4)), "fill its shape"),
        (entry(shape=(2**32, 2**32)), "fill its shape"),
        (entry(shape=(0, 2**62), data=b""), "fill its shape"),
        (entry(shape=(0, 2**47, 2**47), data=b""), "no array of shape"),
        (entry(shape=(1,) * 40 + (2,)), "fill its shape"),
        (entry(data=bytes(7)), "fill its shape"),
        (entry(dtype="GateTrace", shape=(), data=b"lstm"), "needs 'hidden'"),
        (entry(dtype="GateTrace", shape=(), data=b"\xff\xfe"), "kind is one of"),
        (entry(dtype="GradientFlow", shape=(), data=b"x" * 10**5), "kind is one of"),
        (entry(name=None), "nulls"),
        (entry(data=None), "nulls"),
        (entry(shape=None), "nulls"),
        (entry(shape=(2, None)), "nulls"),
        (None, "nulls"),
    ],
)
def test_an_array_that_is_not_what_it_claims_is_left_out_and_said(path, bad, reason) -> None:
    append_message(path, arrow_message(entries=[bad], names=b'[[],["norms"]]'))
    append_message(path, batch_message([PendingRow(4, 0.0, {}, ("norms",), to_entries("norms", np.zeros(1)))]))
    rows, damage = read_everything(path)
    assert [row.step for row in rows] == [0, 1, 2, 4] and reason in damage and "step" in damage
    with open_recording(path) as recording, pytest.raises(RecordingError, match="damaged at step"):
        recording.record("norms", 3)


@pytest.mark.parametrize("message", [
    arrow_message(step=None),
    arrow_message(step=2),
    arrow_message(step=-5),
    arrow_message(names=None),
    arrow_message(names=b"[" * 100_000),
    arrow_message(names=b"[[1],[]]"),
    arrow_message(names=b"\xff"),
    arrow_message(names=json.dumps([[str(i) for i in range(30_000)], []]).encode()),
    arrow_message(entries=[entry(data=bytes(10**6))] * 3, options=pa.ipc.IpcWriteOptions(compression="zstd")),
    schema_message(),
], ids=["null step", "old step", "negative step", "no names", "deep names", "numbers as names", "no UTF-8",
        "many names", "compressed", "schema"])  # fmt: skip
def test_a_message_that_the_writer_would_not_write_ends_the_recording(path, message) -> None:
    append_message(path, message)
    rows, damage = read_everything(path)
    assert [row.step for row in rows] == [0, 1, 2] and "damaged at byte" in damage


def test_a_null_scalar_is_damage(path) -> None:
    append_message(path, arrow_message(scalars=[("loss", None)], names=b'[["loss"],[]]'))
    with open_recording(path) as recording:
        assert len(recording.steps) == 4
        assert recording.scalars().index.tolist() == [0, 1, 2] and "nulls" in recording.damage


def test_scalars_that_the_metadata_do_not_name_make_no_columns(path) -> None:
    append_message(path, arrow_message(scalars=[(str(i), 0.0) for i in range(50_000)]))
    with open_recording(path) as recording:
        assert recording.scalars().shape == (4, 1)


def test_a_stream_of_another_schema_is_no_recording(path) -> None:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, pa.schema([("step", pa.int64())])) as writer:
        writer.write_table(pa.table({"step": [1, 2]}))
    stream(path).write_bytes(sink.getvalue())
    with pytest.raises(RecordingError, match="another schema"):
        open_recording(path)


def header_of(path: Path) -> dict:
    return json.loads((path / "run.json").read_text())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("id", bad) for bad in ("../../etc", "", "A" * 10, 5, None, "a" * 65)],
        *[("created", bad) for bad in ("now", None, float("nan"), float("inf"), 10**400)],
        *[("status", bad) for bad in ("done", None, [], {})],
        *[("config", bad) for bad in ([], None, "x")],
        *[("seed", bad) for bad in (1.5, "0", None, True)],
        *[("last_step", bad) for bad in (1.5, None)],
        *[("message", bad) for bad in (None, 5)],
        *[("owner", bad) for bad in (None, [])],
        *[("format", bad) for bad in (2, "1", None, 0)],
    ],
)
def test_a_header_with_a_wrong_field_names_it(path, name, value) -> None:
    (path / "run.json").write_text(json.dumps({**header_of(path), name: value}))
    with pytest.raises(RecordingError, match=f"as '{name}', got"):
        open_recording(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"[]", b"null", b"{", b"[" * 100_000, b'{"a":' * 50_000, b"1" * 10_000, b" " * 5_000_000, b"{}"],
    ids=["empty", "binary", "list", "null", "torn", "deep", "deep objects", "long number", "huge", "no fields"],
)
def test_a_header_that_is_none_is_refused(path, content) -> None:
    (path / "run.json").write_bytes(content)
    with pytest.raises(RecordingError):
        read_header(path)


def test_fields_of_a_newer_unroll_do_no_harm(path) -> None:
    (path / "run.json").write_text(json.dumps({**header_of(path), "colour": "red"}))
    assert read_header(path).seed == 0


@pytest.mark.parametrize("name", ["run.json", "steps.arrows"])
def test_what_is_no_regular_file_is_refused_at_once(path, name) -> None:
    (path / name).unlink()
    os.mkfifo(path / name)
    with pytest.raises(RecordingError):
        open_recording(path)
    (path / name).unlink()
    (path / name).symlink_to("/dev/zero")
    with pytest.raises(RecordingError):
        open_recording(path)
    (path / name).unlink()
    (path / name).mkdir()
    with pytest.raises(RecordingError):
        open_recording(path)
    with pytest.raises(RecordingError):
        RecordingWriter.resume(path)


@pytest.mark.parametrize("name", ["run.json", "steps.arrows"])
def test_a_missing_file_is_said(path, name) -> None:
    (path / name).unlink()
    with pytest.raises(RecordingError, match=name):
        open_recording(path)


def test_a_missing_folder_and_a_file_are_no_recordings(tmp_path) -> None:
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "nowhere", tmp_path / "file"):
        with pytest.raises(RecordingError, match=r"a folder with run\.json"):
            open_recording(path)
