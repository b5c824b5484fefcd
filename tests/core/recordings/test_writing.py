"""The writer: when rows reach the disk, and what happens if they cannot."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from recorded import append_step, read_everything, stream

from core.recordings.storage import RecordingError, RecordingWriter, open_recording, read_header
from core.recordings.writer import FLUSH_INTERVAL, HEARTBEAT_INTERVAL

REPOSITORY = Path(__file__).parents[3]


def fill_disk(root: Path, limit: str) -> dict:
    script = Path(__file__).with_name("full_disk.py")
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, str(script), str(root), limit]
    return json.loads(subprocess.run(command, env=environment, check=True, capture_output=True).stdout)


@pytest.fixture
def small_disk(tmp_path):
    """A filesystem of 1 MB, of which a file "ballast" holds 0.6."""
    mount = tmp_path / "disk"
    mount.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", mount], capture_output=True)
    if done.returncode:
        pytest.skip("only root may mount a small disk")
    (mount / "ballast").write_bytes(bytes(600_000))
    yield mount
    subprocess.run(["umount", mount], check=True)


class Clock:
    """Seconds that pass when the test says so."""

    now = 1000.0


@pytest.fixture
def clock(monkeypatch) -> Clock:
    """The clock by which the writer decides what is due."""
    clock = Clock()
    monkeypatch.setattr("core.recordings.writer.time.monotonic", lambda: clock.now)
    return clock


def check_that_nothing_was_lost(result: dict) -> None:
    assert "needs room" in result["error"] and "free some space" in result["error"]
    assert result["size"] == result["whole"]
    assert all("needs room" in failure for failure in result["failures"])
    assert result["torn"] == list(range(result["first_failed"]))
    assert result["steps"] == list(range(result["first_failed"] + 31))
    assert result["status"] == "finished"


@pytest.mark.skipif(not hasattr(os, "pread"), reason="limits of a process are POSIX")
def test_a_write_that_fails_keeps_whole_messages_on_disk_and_the_rest_in_memory(tmp_path) -> None:
    result = fill_disk(tmp_path, "rlimit")
    check_that_nothing_was_lost(result)
    assert result["size"] < 200_000


@pytest.mark.skipif(sys.platform != "linux", reason="tmpfs is Linux")
def test_a_full_disk_keeps_whole_messages_and_loses_no_row(small_disk) -> None:
    check_that_nothing_was_lost(fill_disk(small_disk, "disk"))


def test_a_recording_that_cannot_begin_leaves_no_folder(small_disk) -> None:
    (small_disk / "ballast").write_bytes(b"")
    with open(small_disk / "ballast", "wb", buffering=0) as ballast:
        try:
            while ballast.write(bytes(4096)):
                pass
        except OSError:
            pass
    with pytest.raises(RecordingError, match="needs room"):
        RecordingWriter.create(small_disk, config={}, seed=0, run_id="no-room")
    assert not (small_disk / "no-room").exists()


def test_the_first_row_is_on_disk_at_once(tmp_path) -> None:
    with RecordingWriter.create(tmp_path, config={}, seed=0) as writer:
        append_step(writer, 0)
        assert [row.step for row in read_everything(writer.path)[0]] == [0]


def test_rows_follow_within_the_flush_interval(tmp_path, clock) -> None:
    with RecordingWriter.create(tmp_path, config={}, seed=0) as writer, open_recording(writer.path) as recording:
        seen = []
        for step in range(6):
            clock.now += 0.4 * FLUSH_INTERVAL
            append_step(writer, step)
            recording.refresh()
            seen.append(len(recording.steps))
    assert seen == [1, 1, 1, 4, 4, 4]
    assert sum(1 for _ in pa.ipc.open_stream(stream(writer.path).read_bytes())) == 3


def test_many_bytes_do_not_wait_for_the_interval(tmp_path) -> None:
    with RecordingWriter.create(tmp_path, config={}, seed=0) as writer:
        append_step(writer, 0)
        append_step(writer, 1, width=2_000_000)
        assert len(read_everything(writer.path)[0]) == 2


@pytest.mark.parametrize("step", [5, 4, -1, 2**63, 6.0, "7", None])
def test_steps_that_do_not_grow_are_refused(tmp_path, step) -> None:
    with RecordingWriter.create(tmp_path, config={}, seed=0) as writer:
        append_step(writer, 5)
        with pytest.raises(RecordingError, match="Steps are integers that grow"):
            append_step(writer, step) if isinstance(step, int) else writer.append(step, {})
        append_step(writer, 7)
    assert [row.step for row in read_everything(writer.path)[0]] == [5, 7]


def test_a_taken_folder_is_refused_and_untouched(tmp_path) -> None:
    with RecordingWriter.create(tmp_path, config={"a": 1}, seed=0, run_id="mine-1") as writer:
        append_step(writer, 0)
        with pytest.raises(RecordingError, match="taken"):
            RecordingWriter.create(tmp_path, config={}, seed=1, run_id="mine-1")
        with pytest.raises(RecordingError, match="one writer"):
            RecordingWriter.resume(writer.path)
    assert read_header(writer.path).config == {"a": 1}


def test_leaving_the_context_says_how_the_run_ended(tmp_path) -> None:
    with RecordingWriter.create(tmp_path, config={}, seed=0) as finished:
        append_step(finished, 0)
    with pytest.raises(ZeroDivisionError), RecordingWriter.create(tmp_path, config={}, seed=0) as failed:
        append_step(failed, 0)
        append_step(failed, 1 // 0)
    with pytest.raises(KeyboardInterrupt), RecordingWriter.create(tmp_path, config={}, seed=0) as ended:
        raise KeyboardInterrupt
    with RecordingWriter.create(tmp_path, config={}, seed=0) as diverged:
        diverged.set_status("diverged", "The loss became NaN at step 0.")
    headers = [read_header(writer.path) for writer in (finished, failed, diverged, ended)]
    assert [header.status for header in headers] == ["finished", "failed", "diverged", "ended"]
    assert "ZeroDivisionError" in headers[1].message and "NaN" in headers[2].message
    assert headers[0].last_step == headers[1].last_step == 0


def test_a_queued_recording_is_handed_to_whoever_resumes_it(tmp_path) -> None:
    queued = RecordingWriter.create(tmp_path, config={}, seed=3, status="queued", owner={"server": "a"})
    queued.close("queued")
    with RecordingWriter.resume(queued.path) as writer:
        assert read_header(queued.path).status == "running" and writer.header.owner == {"server": "a"}
        append_step(writer, 0)
    with RecordingWriter.resume(queued.path, owner={"server": "b"}) as writer:
        append_step(writer, 1)
    assert (writer.header.owner, writer.header.seed, writer.header.last_step) == ({"server": "b"}, 3, 1)


def test_a_closed_writer_takes_no_rows(tmp_path) -> None:
    writer = RecordingWriter.create(tmp_path, config={}, seed=0)
    writer.close()
    writer.close("crashed")
    with pytest.raises(RecordingError, match="closed"):
        append_step(writer, 0)
    assert read_header(writer.path).status == "finished"


@pytest.mark.parametrize("config", [{"a": object()}, {"a": np.float32(1)}, {1j: 2}, {"a": "x" * 5_000_000}])
def test_a_config_that_a_header_cannot_hold_is_refused_before_anything_is_on_disk(tmp_path, config) -> None:
    with pytest.raises(RecordingError, match="header"):
        RecordingWriter.create(tmp_path, config=config, seed=0)
    assert list(tmp_path.iterdir()) == []


def test_a_status_that_does_not_exist_is_refused(tmp_path) -> None:
    with RecordingWriter.create(tmp_path, config={}, seed=0) as writer:
        with pytest.raises(RecordingError, match="one of queued"):
            writer.set_status("done")


def test_a_heartbeat_is_written_at_most_once_a_second(tmp_path, clock) -> None:
    with RecordingWriter.create(tmp_path, config={}, seed=0) as writer:
        beats = []
        for _ in range(5):
            clock.now += 0.4 * HEARTBEAT_INTERVAL
            writer.heartbeat()
            beats.append(read_header(writer.path).heartbeat)
    assert [beats.index(beat) for beat in beats] == [0, 0, 2, 2, 2]


def test_a_folder_that_vanishes_while_written_is_said_and_no_row_is_lost(tmp_path) -> None:
    writer = RecordingWriter.create(tmp_path, config={}, seed=0)
    append_step(writer, 0)
    elsewhere = writer.path.rename(tmp_path / "elsewhere")
    for step in (1, 2):
        with pytest.raises(RecordingError, match="vanished"):
            append_step(writer, step)
            writer.flush()
    elsewhere.rename(writer.path)
    writer.close()
    assert [row.step for row in read_everything(writer.path)[0]] == [0, 1, 2]


def test_a_folder_that_is_removed_while_written_is_said_even_though_the_file_takes_bytes(tmp_path) -> None:
    writer = RecordingWriter.create(tmp_path, config={}, seed=0)
    append_step(writer, 0)
    shutil.rmtree(writer.path)
    for act in (lambda: [append_step(writer, 1), writer.flush()], lambda: writer.set_status("paused"), writer.close):
        with pytest.raises(RecordingError, match="vanished"):
            act()
    with pytest.raises(RecordingError, match="vanished"):
        writer.__exit__(None, None, None)
    assert not writer.path.exists()
