import os
import pickle
import signal
import subprocess
import sys
import time
from concurrent.futures import CancelledError
from pathlib import Path

import pytest
import torch

from core.training.workers import WorkerDied, WorkerPool

ROOT = Path(__file__).parents[3]


def is_process(pid: int) -> bool:
    """True while the process runs; a zombie does not."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_a_pool_is_an_executor(pool):
    assert list(pool.map(pow, [2, 3, 4], [3, 2, 1])) == [8, 9, 4]
    assert pool.submit(int, "12", base=5).result() == 7


def test_calls_run_in_the_workers_in_parallel(pool, wait_until):
    pids = {future.result() for future in [pool.submit(os.getpid) for _ in range(20)]}
    assert pids <= set(pool.pids) and os.getpid() not in pids
    first, second = pool.submit(time.sleep, 0.3), pool.submit(time.sleep, 0.3)
    wait_until(lambda: first.running() and second.running())


def test_a_warm_worker_has_imported_torch_and_uses_one_thread(pool):
    assert pool.submit(torch.get_num_threads).result() == 1
    assert "torch" in pool.submit(eval, "sorted(__import__('sys').modules)").result()


def test_an_exception_arrives_with_the_workers_traceback(pool):
    error = pool.submit(int, "no number").exception()
    assert isinstance(error, ValueError) and "no number" in str(error)
    assert "worker.py" in "".join(error.__notes__)


def test_what_does_not_pickle_is_an_error_and_the_worker_lives(pool):
    with pytest.raises((pickle.PicklingError, AttributeError, TypeError)):
        pool.submit(lambda: 1)
    pids = set(pool.pids)
    assert "does not pickle" in str(pool.submit(eval, "lambda: 1").exception())
    assert pool.submit(abs, -1).result() == 1
    assert set(pool.pids) == pids


def test_what_a_worker_prints_does_not_disturb_it(pool):
    pool.submit(print, "a line to stderr").result()
    pool.submit(os.write, 1, b"bytes to stderr\n").result()
    assert pool.submit(eval, "__import__('sys').stdin.read()").result() == ""


def test_a_killed_worker_fails_its_own_call_alone_and_is_replaced(pool):
    before = pool.pids
    other = pool.submit(time.sleep, 1.0)
    killed = pool.submit(signal.raise_signal, signal.SIGKILL)
    error = killed.exception(timeout=10)
    assert isinstance(error, WorkerDied) and error.returncode == -9
    assert "SIGKILL" in str(error)
    assert other.result(timeout=10) is None
    assert pool.wait_until_warm(30)
    assert len(set(pool.pids) - set(before)) == 1 and all(map(is_process, pool.pids))
    assert pool.submit(abs, -2).result() == 2


def test_a_worker_that_dies_while_idle_is_replaced_without_a_call(pool, wait_until):
    victim = pool.pids[0]
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: victim not in pool.pids)
    assert pool.wait_until_warm(30)
    assert pool.submit(abs, -3).result() == 3


def test_a_worker_that_exits_by_itself_says_its_status(pool):
    error = pool.submit(os._exit, 7).exception(timeout=10)
    assert isinstance(error, WorkerDied) and "exit status 7" in str(error)


def test_shutting_down_finishes_what_was_submitted_and_ends_the_workers():
    pool = WorkerPool(1)
    futures = [pool.submit(pow, 2, number) for number in range(5)]
    pids = pool.pids
    pool.shutdown(wait=True)
    assert [future.result(timeout=0) for future in futures] == [1, 2, 4, 8, 16]
    assert not any(map(is_process, pids)) and pool.pids == []
    with pytest.raises(RuntimeError, match="until it is shut down"):
        pool.submit(abs, 1)


def test_shutting_down_cancels_what_waits_if_asked_to(wait_until):
    pool = WorkerPool(1)
    running = pool.submit(time.sleep, 0.2)
    wait_until(running.running)
    waiting = pool.submit(abs, 1)
    pool.shutdown(wait=True, cancel_futures=True)
    assert running.result(timeout=0) is None
    with pytest.raises(CancelledError):
        waiting.result(timeout=0)


def test_a_pool_has_a_worker():
    with pytest.raises(ValueError, match="at least one worker, got size 0"):
        WorkerPool(0)


def test_workers_end_with_their_server_killed_also_while_they_warm_up(wait_until):
    script = "from core.training.workers import WorkerPool; pool = WorkerPool(1)\n"
    script += "print(*pool.pids, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as server:
        pid = int(server.stdout.readline())
        assert is_process(pid)
        server.kill()
    wait_until(lambda: not is_process(pid))
