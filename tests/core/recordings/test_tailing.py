"""Reading while somebody writes: in another process, until it is killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from recorded import append_step, bytes_read, record_quickly, record_steps, stream

from core.recordings.storage import RecordingError, RecordingWriter, open_recording, read_header, write_header

REPOSITORY = Path(__file__).parents[3]
WRITER = """
import sys, itertools
import numpy as np
from pathlib import Path
from core.recordings.storage import RecordingWriter
writer = RecordingWriter.create(Path(sys.argv[1]), config={}, seed=0, run_id="killed")
for step in itertools.count():
    writer.append(step, {"loss": step / 2}, {"norms": np.full(500, step, np.float32)})
    if step % 20 == 0:
        writer.flush()
"""
needs_proc = pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="only Linux counts a process's bytes")


def start_writer(root: Path) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", WRITER, str(root)], cwd=REPOSITORY)


def wait_for(condition, seconds: float = 60.0):
    """Poll a condition, of which RecordingError means "not yet"."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if result := condition():
                return result
        except RecordingError:
            pass
        time.sleep(0.001)
    raise AssertionError("the condition never held")


def test_a_reader_follows_a_writer_process_until_it_is_killed(tmp_path) -> None:
    process = start_writer(tmp_path)
    try:
        recording = wait_for(lambda: open_recording(tmp_path / "killed"))
        refreshes = 0
        while len(recording.steps) < 4000:
            before = recording.last_step
            if not recording.refresh():
                continue
            refreshes += 1
            new = list(recording.rows(after=before))
            assert [row.step for row in new] == list(range(before + 1, recording.last_step + 1))
            assert all(row.records["norms"][-1] == row.step and row.scalars["loss"] == row.step / 2 for row in new)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == -signal.SIGKILL and refreshes > 1
    recording.refresh()
    assert recording.damage == "" and recording.header.status == "running"
    assert np.array_equal(recording.steps, np.arange(len(recording.steps)))
    last = recording.last_step
    with RecordingWriter.resume(tmp_path / "killed") as writer:
        append_step(writer, last + 1)
    recording.refresh()
    assert recording.last_step == last + 1 and recording.header.status == "finished"
    recording.close()


def test_a_writer_that_lives_keeps_others_out_and_a_killed_one_does_not(tmp_path) -> None:
    process = start_writer(tmp_path)
    try:
        wait_for(lambda: open_recording(tmp_path / "killed").last_step > 0)
        with pytest.raises(RecordingError, match="one writer"):
            RecordingWriter.resume(tmp_path / "killed")
    finally:
        process.kill()
        process.wait()
    RecordingWriter.resume(tmp_path / "killed").close()


@needs_proc
def test_a_refresh_reads_the_new_bytes_and_no_more_whatever_came_before(tmp_path) -> None:
    read = {}
    for history in (500, 5000, 20_000):
        path = record_quickly(tmp_path, range(history))
        with open_recording(path) as recording, RecordingWriter.resume(path) as writer:
            end = stream(path).stat().st_size
            for step in range(history, history + 20):
                append_step(writer, step, width=50)
            writer.flush()
            header, new = (path / "run.json").stat().st_size, stream(path).stat().st_size - end
            before = bytes_read()
            assert recording.refresh() == 20
            read[history] = bytes_read() - before
            assert read[history] <= new + header + 2000  # and what /proc itself takes
    assert max(read.values()) <= min(read.values()) + 500


@needs_proc
def test_a_refresh_without_news_reads_the_header_alone(tmp_path) -> None:
    path = record_quickly(tmp_path, range(5000))
    with open_recording(path) as recording:
        before = bytes_read()
        assert recording.refresh() == 0
        assert bytes_read() - before <= (path / "run.json").stat().st_size + 1500


def test_a_reader_never_sees_a_part_of_a_header(tmp_path) -> None:
    path = record_steps(tmp_path, range(1))
    code = (
        "import sys, itertools; from pathlib import Path; from dataclasses import replace\n"
        "from core.recordings.storage import read_header, write_header\n"
        "path = Path(sys.argv[1]); header = read_header(path)\n"
        "for i in itertools.count(): write_header(path, replace(header, last_step=i, message='x' * (i % 7 * 1000)))"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(path)], cwd=REPOSITORY)
    try:
        seen = set()
        wait_for(lambda: read_header(path).last_step > 0)
        while len(seen) < 30 and process.poll() is None:
            header = read_header(path)
            assert len(header.message) == header.last_step % 7 * 1000
            seen.add(header.last_step)
    finally:
        process.kill()
        process.wait()
    assert len(seen) == 30
    RecordingWriter.resume(path).close()
    assert sorted(file.name for file in path.iterdir()) == ["run.json", "steps.arrows"]


def test_two_processes_that_replace_one_header_leave_one_of_theirs(tmp_path) -> None:
    path = record_steps(tmp_path, range(1))
    code = (
        "import sys; from pathlib import Path; from dataclasses import replace\n"
        "from core.recordings.storage import read_header, write_header\n"
        "path = Path(sys.argv[1]); header = read_header(path)\n"
        "for i in range(25): write_header(path, replace(header, message=sys.argv[2]))"
    )
    command = [sys.executable, "-c", code, str(path)]
    processes = [subprocess.Popen([*command, name], cwd=REPOSITORY) for name in ("a", "b")]
    assert [process.wait() for process in processes] == [0, 0]
    assert read_header(path).message in ("a", "b")


@pytest.mark.parametrize("remove", [shutil.rmtree, lambda path: path.rename(path.with_name("elsewhere")),
                                    lambda path: stream(path).unlink()],
                         ids=["removed", "renamed", "without its stream"])  # fmt: skip
def test_a_folder_that_vanishes_while_read_is_said_and_what_was_read_stays(tmp_path, remove) -> None:
    path = record_steps(tmp_path, range(5))
    with open_recording(path) as recording:
        remove(path)
        with pytest.raises(RecordingError, match="vanished"):
            recording.refresh()
        assert [row.step for row in recording.rows()] == [0, 1, 2, 3, 4]
        assert recording.scalars()["loss"].tolist() == [0, 1, 2, 3, 4]


def test_a_folder_that_is_exchanged_while_read_is_said(tmp_path) -> None:
    path, other = record_steps(tmp_path, range(5)), record_steps(tmp_path, range(9))
    with open_recording(path) as recording:
        shutil.rmtree(path)
        other.rename(path)
        with pytest.raises(RecordingError, match="vanished"):
            recording.refresh()


def test_a_stream_that_is_shortened_while_read_is_said(tmp_path) -> None:
    path = record_steps(tmp_path, range(5))
    with open_recording(path) as recording:
        os.truncate(stream(path), 900)
        with pytest.raises(RecordingError, match="vanished"):
            recording.refresh()
        assert [row.step for row in recording.rows()] == [] and "damaged" in recording.damage


def test_a_refresh_brings_the_header_of_the_moment(tmp_path) -> None:
    path = record_steps(tmp_path, range(2))
    with open_recording(path) as recording:
        header = read_header(path)
        values = {**json.loads((path / "run.json").read_text()), "status": "crashed", "message": "killed"}
        write_header(path, type(header)(**values))
        assert recording.header.status == "finished"
        recording.refresh()
        assert (recording.header.status, recording.header.message) == ("crashed", "killed")


def test_a_closed_recording_says_so(tmp_path) -> None:
    recording = open_recording(record_steps(tmp_path, range(2)))
    recording.close()
    recording.close()
    for ask in (recording.refresh, lambda: recording.record("norms")):
        with pytest.raises(RecordingError, match="closed"):
            ask()
