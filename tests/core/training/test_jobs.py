import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.models.config import ModelConfig
from core.recordings.storage import RecordingError, RecordingWriter, open_recording, read_header
from core.tasks.config import TaskConfig
from core.training.config import TrainingConfig
from core.training.control import WATCHED_FILE
from core.training.jobs import Jobs, NotRunning
from core.training.limits import LimitReached, Limits
from core.training.server_lock import LOCK_FOLDER

ROOT = Path(__file__).parents[3]
SHORT = TrainingConfig(TaskConfig(length=5), (ModelConfig("rnn", hidden_size=4),), steps=5, batch_size=4)
LONG = replace(SHORT, steps=20_000)


@pytest.fixture
def jobs(pool, tmp_path):
    with serving(tmp_path, pool) as jobs:
        yield jobs


@contextmanager
def serving(root, pool, slots=2, limits=None):
    jobs = Jobs(root, pool, slots, limits or Limits())
    try:
        yield jobs
    finally:
        jobs.close()


def status(jobs, run_id):
    return read_header(jobs.root / run_id).status


def is_over(jobs, run_id):
    return not read_header(jobs.root / run_id).is_active


def rows(jobs, run_id):
    """How many rows are on disk now."""
    with open_recording(jobs.root / run_id) as recording:
        return len(recording.steps)


def started(jobs, wait_until, config=LONG, visitor="ada"):
    run_id = jobs.start(config, visitor)
    wait_until(lambda: rows(jobs, run_id) > 3)
    return run_id


def paused(jobs, wait_until, config=LONG, visitor="ada"):
    run_id = started(jobs, wait_until, config, visitor)
    jobs.pause(run_id)
    wait_until(lambda: status(jobs, run_id) == "paused")
    return run_id


def test_a_run_is_trained_to_its_end(jobs, wait_until):
    run_id = jobs.start(SHORT, "ada")
    wait_until(lambda: is_over(jobs, run_id))
    assert status(jobs, run_id) == "finished" and rows(jobs, run_id) == SHORT.steps + 1
    assert read_header(jobs.root / run_id).owner["pid"] != os.getpid()


def test_runs_wait_in_a_visible_queue_and_start_by_themselves(pool, tmp_path, wait_until):
    with serving(tmp_path, pool, slots=1) as jobs:
        first = started(jobs, wait_until)
        second, third = jobs.start(SHORT, "bob"), jobs.start(SHORT, "eve")
        assert [status(jobs, run) for run in (second, third)] == ["queued", "queued"]
        assert [jobs.queue_position(run) for run in (first, second, third)] == [None, 1, 2]
        jobs.end(first)
        wait_until(lambda: is_over(jobs, third))
        assert [status(jobs, run) for run in (first, second, third)] == ["ended", "finished", "finished"]
        assert jobs.queue_position(third) is None


def test_a_run_that_waits_can_be_ended_and_the_next_moves_up(pool, tmp_path, wait_until):
    with serving(tmp_path, pool, slots=1) as jobs:
        started(jobs, wait_until)
        second, third = jobs.start(SHORT, "bob"), jobs.start(SHORT, "eve")
        jobs.end(second)
        assert status(jobs, second) == "ended" and jobs.queue_position(third) == 1


def test_a_run_that_is_ending_cannot_be_called_back(jobs, wait_until):
    run_id = started(jobs, wait_until)
    jobs.end(run_id)
    for act in (jobs.resume, jobs.step_once, jobs.set_knobs):
        with pytest.raises(NotRunning):
            act(run_id)
    jobs.end(run_id)
    wait_until(lambda: status(jobs, run_id) == "ended")


def test_a_run_that_no_worker_can_take_is_marked_failed(tmp_path):
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with serving(tmp_path, executor) as jobs:
        header = read_header(tmp_path / jobs.start(SHORT, "ada"))
    assert header.status == "failed" and "shut down" in header.message


def test_runs_may_be_trained_by_any_executor(tmp_path, wait_until):
    with ThreadPoolExecutor(1) as threads, serving(tmp_path, threads, slots=3) as jobs:
        runs = [jobs.start(SHORT, visitor) for visitor in ("ada", "bob", "eve")]
        wait_until(lambda: all(status(jobs, run_id) == "finished" for run_id in runs))


def test_limits_hold_for_a_run_for_a_visitor_and_for_all(pool, tmp_path, wait_until):
    with serving(tmp_path, pool, slots=1, limits=Limits(max_queued=1, max_steps=20_000)) as jobs:
        with pytest.raises(LimitReached, match="at most 20000 steps, got 20001"):
            jobs.start(replace(SHORT, steps=20_001), "ada")
        first = started(jobs, wait_until)
        with pytest.raises(LimitReached, match="You have 1 run"):
            jobs.start(SHORT, "ada")
        second = jobs.start(SHORT, "bob")
        with pytest.raises(LimitReached, match="queues at most 1,"):
            jobs.start(SHORT, "eve")
        assert len(list(tmp_path.glob("[0-9]*"))) == 2, "a refused run leaves no folder"
        jobs.end(first)
        wait_until(lambda: is_over(jobs, first) and jobs.queue_position(second) is None)
        jobs.start(SHORT, "ada")


def test_a_visitor_may_start_anew_at_once_after_ending(jobs, wait_until):
    jobs.end(started(jobs, wait_until))
    second = jobs.start(SHORT, "ada")
    wait_until(lambda: status(jobs, second) == "finished")


def test_a_paused_run_keeps_its_place_and_its_heartbeat_and_goes_on(jobs, wait_until):
    run_id = paused(jobs, wait_until)
    before, beat = rows(jobs, run_id), read_header(jobs.root / run_id).heartbeat
    wait_until(lambda: read_header(jobs.root / run_id).heartbeat > beat)
    assert rows(jobs, run_id) == before
    jobs.resume(run_id)
    wait_until(lambda: rows(jobs, run_id) > before)
    assert status(jobs, run_id) == "running"


def test_a_single_step_is_exactly_one_step(jobs, wait_until):
    run_id = paused(jobs, wait_until)
    before = rows(jobs, run_id)
    for count in range(1, 4):
        jobs.step_once(run_id)
        wait_until(lambda count=count: rows(jobs, run_id) == before + count)
    beat = read_header(jobs.root / run_id).heartbeat
    wait_until(lambda: read_header(jobs.root / run_id).heartbeat > beat)
    assert rows(jobs, run_id) == before + 3 and status(jobs, run_id) == "paused"


def test_single_steps_asked_for_at_once_are_all_taken_and_none_later(jobs, wait_until):
    run_id = paused(jobs, wait_until)
    before = rows(jobs, run_id)
    for _ in range(5):
        jobs.step_once(run_id)
    wait_until(lambda: rows(jobs, run_id) == before + 5)
    jobs.resume(run_id)
    wait_until(lambda: rows(jobs, run_id) > before + 5)
    jobs.pause(run_id)
    wait_until(lambda: status(jobs, run_id) == "paused")


def test_the_learning_rate_and_the_clip_change_while_a_run_goes_on(jobs, wait_until):
    config = replace(LONG, optimizer="sgd", clip="none", learning_rate=1e-4)
    run_id = paused(jobs, wait_until, config)
    before = rows(jobs, run_id)
    jobs.set_knobs(run_id, learning_rate=1e-2, clip="norm", max_norm=1e-3)
    jobs.step_once(run_id)
    wait_until(lambda: rows(jobs, run_id) == before + 1)
    with open_recording(jobs.root / run_id) as recording:
        last = recording.scalars().iloc[-2:]
    per_gradient = (last["rnn-h4/update_ratio"] / last["rnn-h4/clipped_norm"]).to_numpy()
    assert per_gradient[1] / per_gradient[0] == pytest.approx(100, rel=0.02)
    assert last["rnn-h4/clipped_norm"].iloc[0] == last["rnn-h4/gradient_norm"].iloc[0]
    assert last["rnn-h4/clipped_norm"].iloc[1] == pytest.approx(1e-3, rel=1e-4)


def test_a_knob_out_of_range_is_refused_and_changes_nothing(jobs, wait_until):
    run_id = started(jobs, wait_until)
    with pytest.raises(ValueError, match="learning_rate .* got nan"):
        jobs.set_knobs(run_id, learning_rate=float("nan"))
    before = rows(jobs, run_id)
    wait_until(lambda: rows(jobs, run_id) > before)


def test_a_run_that_is_over_or_unknown_cannot_be_steered(jobs, wait_until):
    run_id = jobs.start(SHORT, "ada")
    wait_until(lambda: not jobs.steers(run_id))
    for act in (jobs.pause, jobs.resume, jobs.step_once):
        with pytest.raises(NotRunning, match=f"{run_id} is over"):
            act(run_id)
    with pytest.raises(NotRunning):
        jobs.set_knobs("../../etc", learning_rate=1.0)
    jobs.end(run_id)
    jobs.watch(run_id)
    assert status(jobs, run_id) == "finished"


def test_a_killed_worker_marks_its_run_crashed_and_leaves_the_others(jobs, pool, wait_until):
    victim, other = started(jobs, wait_until), started(jobs, wait_until, visitor="bob")
    before = rows(jobs, other)
    os.kill(read_header(jobs.root / victim).owner["pid"], signal.SIGKILL)
    wait_until(lambda: is_over(jobs, victim))
    header = read_header(jobs.root / victim)
    assert header.status == "crashed" and "killed by SIGKILL" in header.message and rows(jobs, victim) > 3
    wait_until(lambda: rows(jobs, other) > before)
    assert status(jobs, other) == "running"
    third = jobs.start(SHORT, "ada")
    wait_until(lambda: status(jobs, third) == "finished")


def test_a_run_that_diverges_is_marked_so(jobs, wait_until):
    model = ModelConfig("relu_rnn", hidden_size=16, initialization="identity", gain=2.0)
    config = replace(LONG, models=(model,), optimizer="sgd", clip="none", learning_rate=1000.0)
    run_id = jobs.start(config, "ada")
    wait_until(lambda: is_over(jobs, run_id))
    header = read_header(jobs.root / run_id)
    assert header.status == "diverged" and model.name in header.message
    with open_recording(jobs.root / run_id) as recording:
        assert not np.isfinite(recording.scalars().iloc[-1].to_numpy()).all()


def test_an_unwatched_run_ends_and_a_watched_one_goes_on(pool, tmp_path, wait_until):
    with serving(tmp_path, pool, limits=Limits(unwatched_seconds=1.0)) as jobs:
        forgotten, watched = jobs.start(LONG, "ada"), jobs.start(LONG, "bob")
        wait_until(lambda: is_over(jobs, forgotten), meanwhile=lambda: jobs.watch(watched))
        assert "Nobody looked" in read_header(tmp_path / forgotten).message
        assert status(jobs, watched) == "running"


def test_whoever_steers_a_run_looks_at_it(jobs, wait_until):
    run_id = started(jobs, wait_until)
    watched = jobs.root / run_id / WATCHED_FILE
    for act in (jobs.pause, jobs.step_once, jobs.resume, jobs.set_knobs, jobs.watch):
        os.utime(watched, (1, time.time() - 200))
        act(run_id)
        assert time.time() - watched.stat().st_mtime < 100


def test_a_run_whose_folder_vanishes_frees_its_slot(pool, tmp_path, wait_until):
    with serving(tmp_path, pool, slots=1) as jobs:
        vanishing = started(jobs, wait_until)
        other = jobs.start(SHORT, "bob")
        shutil.rmtree(tmp_path / vanishing)
        with pytest.raises(RecordingError, match="vanished"):
            jobs.pause(vanishing)
        wait_until(lambda: status(jobs, other) == "finished")
        assert not (tmp_path / vanishing).exists()


def test_a_full_disk_holds_a_run_and_nothing_is_lost(jobs, wait_until):
    config = replace(LONG, steps=400)
    run_id = paused(jobs, wait_until, config)
    pid, folder = read_header(jobs.root / run_id).owner["pid"], jobs.root / run_id
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    full = max(file.stat().st_size for file in folder.iterdir()) + 100
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (full, hard))
    jobs.resume(run_id)
    wait_until(lambda: "room" in read_header(folder).message)
    assert status(jobs, run_id) == "paused"
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))
    wait_until(lambda: status(jobs, run_id) == "finished")
    with open_recording(folder) as recording:
        assert list(recording.steps) == list(range(401)) and recording.header.message == ""


def test_a_full_disk_refuses_a_run_and_leaves_no_folder(jobs):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        with pytest.raises(RecordingError, match="room"):
            jobs.start(SHORT, "ada")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [folder.name for folder in jobs.root.iterdir()] == [LOCK_FOLDER]


def test_jobs_may_be_used_from_many_threads(pool, tmp_path, wait_until):
    with serving(tmp_path, pool, slots=2, limits=Limits(max_queued=40)) as jobs:
        runs = []

        def visit(name):
            run_id = jobs.start(SHORT, name)
            jobs.watch(run_id)
            jobs.queue_position(run_id)
            runs.append(run_id)

        threads = [threading.Thread(target=visit, args=(f"visitor {number}",)) for number in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wait_until(lambda: all(is_over(jobs, run_id) for run_id in runs))
        assert len(set(runs)) == 12 and {status(jobs, run_id) for run_id in runs} == {"finished"}


def test_closing_ends_all_runs_and_starts_no_more(pool, tmp_path, wait_until):
    jobs = Jobs(tmp_path, pool, 1, Limits())
    running = started(jobs, wait_until)
    waiting = jobs.start(SHORT, "bob")
    jobs.close()
    for run_id in (running, waiting):
        header = read_header(tmp_path / run_id)
        assert (header.status, header.message) == ("ended", "It ended with its server.")
    with pytest.raises(LimitReached, match="stopping"):
        jobs.start(SHORT, "eve")
    jobs.close()


@contextmanager
def another_server(root):
    """A server in a process of its own; its run and its worker's process id."""
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("serve.py")), str(root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as server:
        try:
            run_id, pid = server.stdout.readline().split()
            yield server, run_id, int(pid)
        finally:
            server.kill()


def is_process(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_everything_ends_with_a_killed_server_and_the_next_one_heals_its_runs(pool, tmp_path, wait_until):
    with another_server(tmp_path) as (server, run_id, pid):
        with serving(tmp_path, pool) as second:
            wait_until(lambda: rows(second, run_id) > 3)
            assert "Another dashboard (process" in second.notice
            assert status(second, run_id) == "running", "a second server does not touch the first one's runs"
            for act in (second.pause, second.end):
                with pytest.raises(NotRunning, match="another server's"):
                    act(run_id)
            assert is_process(pid)
            server.kill()
            server.wait()
            wait_until(lambda: not is_process(pid), seconds=5)
            assert status(second, run_id) == "running"
        with serving(tmp_path, pool) as third:
            header = read_header(tmp_path / run_id)
            assert header.status == "crashed" and header.message and rows(third, run_id) > 3
            assert third.notice == ""


def test_a_server_that_stops_in_order_ends_its_runs(tmp_path, wait_until):
    with another_server(tmp_path) as (server, run_id, pid):
        wait_until(lambda: read_header(tmp_path / run_id).status == "running")
        server.stdin.close()
        assert server.wait(30) == 0
        assert read_header(tmp_path / run_id).status == "ended" and not is_process(pid)


def test_an_unfinished_recording_of_a_dead_script_is_healed_and_a_living_ones_is_not(pool, tmp_path):
    script = subprocess.Popen([sys.executable, "-c", ""])
    script.wait()
    host = os.uname().nodename
    owners = {"dead-script": script.pid, "living-script": os.getpid()}
    for run_id, pid in owners.items():
        owner = {"host": host, "pid": pid}
        RecordingWriter.create(tmp_path, config={}, seed=0, run_id=run_id, owner=owner).close("running")
    elsewhere = {"host": host + "-not", "pid": script.pid}
    RecordingWriter.create(tmp_path, config={}, seed=0, run_id="elsewhere", owner=elsewhere).close("running")
    with serving(tmp_path, pool):
        found = [read_header(tmp_path / run_id).status for run_id in (*owners, "elsewhere")]
    assert found == ["crashed", "running", "running"]
