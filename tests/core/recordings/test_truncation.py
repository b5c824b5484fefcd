"""A writer killed at any byte leaves a readable recording."""

from __future__ import annotations

import os

import pytest
from recorded import append_step, read_everything, stream

from core.recordings.batches import schema_message
from core.recordings.storage import RecordingError, RecordingWriter, open_recording


@pytest.fixture
def recorded(tmp_path):
    """A path, the stream's bytes, and where each message ends, as the file's size after its flush tells."""
    writer, ends = RecordingWriter.create(tmp_path, config={}, seed=0), []
    for step in range(4):
        append_step(writer, step)
        writer.flush()
        ends.append(stream(writer.path).stat().st_size)
    writer.close()
    return writer.path, stream(writer.path).read_bytes(), ends


def test_a_stream_cut_at_any_byte_of_its_last_two_messages_has_exactly_its_whole_messages(recorded) -> None:
    path, content, ends = recorded
    for cut in range(ends[1], ends[3] + 1):
        stream(path).write_bytes(content[:cut])
        rows, damage = read_everything(path)
        assert [row.step for row in rows] == [step for step in range(4) if ends[step] <= cut]
        assert all(row.records["norms"].tolist() == [row.step] * 3 for row in rows) and damage == ""


def test_a_stream_cut_at_any_byte_of_its_last_two_messages_can_be_resumed(recorded) -> None:
    path, content, ends = recorded
    for cut in range(ends[1], ends[3] + 1):
        stream(path).write_bytes(content[:cut])
        with RecordingWriter.resume(path) as writer:
            append_step(writer, 10)
        with open_recording(path) as recording:
            expected = [step for step in range(4) if ends[step] <= cut]
            assert recording.steps.tolist() == [*expected, 10] and recording.damage == ""
            assert recording.record("norms").tolist() == [10] * 3
            assert recording.header.last_step == 10


def test_a_torn_tail_longer_than_what_follows_is_gone(recorded) -> None:
    path, content, ends = recorded
    with RecordingWriter.resume(path) as writer:
        append_step(writer, 4, width=100_000)
    os.truncate(stream(path), stream(path).stat().st_size - 1)
    RecordingWriter.resume(path).close()
    assert stream(path).read_bytes() == content
    stream(path).write_bytes(content[: ends[2]] + content[ends[2] : -1])
    with RecordingWriter.resume(path) as writer:
        writer.append(3, {})
    rows, damage = read_everything(path)
    assert [row.step for row in rows] == [0, 1, 2, 3] and rows[3].records == {} and damage == ""


def test_a_stream_cut_within_its_schema_is_a_recording_without_rows(recorded) -> None:
    path, content, _ = recorded
    for cut in range(len(schema_message()) + 1):
        stream(path).write_bytes(content[:cut])
        assert read_everything(path) == ([], "")
    stream(path).write_bytes(content[:100])
    with open_recording(path) as recording, RecordingWriter.resume(path) as writer:
        append_step(writer, 0)
        assert recording.refresh() == 1


def test_zeros_that_a_power_cut_left_are_not_there_yet(recorded) -> None:
    path, content, ends = recorded
    stream(path).write_bytes(content[: ends[2]] + bytes(5000))
    rows, damage = read_everything(path)
    assert [row.step for row in rows] == [0, 1, 2] and damage == ""
    with RecordingWriter.resume(path) as writer:
        append_step(writer, 3)
    assert stream(path).read_bytes()[: ends[2]] == content[: ends[2]]
    assert [row.step for row in read_everything(path)[0]] == [0, 1, 2, 3]


def test_a_message_appears_with_its_last_byte(recorded) -> None:
    path, content, ends = recorded
    stream(path).write_bytes(content[: ends[2]])
    with open_recording(path) as recording, open(stream(path), "ab", buffering=0) as file:
        for byte in content[ends[2] : ends[3] - 1]:
            file.write(bytes([byte]))
            assert recording.refresh() == 0
        file.write(content[ends[3] - 1 :])
        assert recording.refresh() == 1 and recording.last_step == 3


def test_damage_before_the_tail_is_said_and_never_cut_off(recorded) -> None:
    path, content, ends = recorded
    damaged = content[: ends[1]] + b"garbage!" + content[ends[1] + 8 :]
    stream(path).write_bytes(damaged)
    rows, damage = read_everything(path)
    assert [row.step for row in rows] == [0, 1] and f"damaged at byte {ends[1]}" in damage
    with pytest.raises(RecordingError, match="damaged at byte .* new folder"):
        RecordingWriter.resume(path)
    assert stream(path).read_bytes() == damaged


def test_an_end_of_stream_mark_ends_nothing_for_ever(recorded) -> None:
    path, content, _ = recorded
    stream(path).write_bytes(content + b"\xff\xff\xff\xff\0\0\0\0")
    assert len(read_everything(path)[0]) == 4
    with RecordingWriter.resume(path) as writer:
        append_step(writer, 4)
    assert len(read_everything(path)[0]) == 5
