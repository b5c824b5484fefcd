"""What tests of real processes share: waiting on a condition, and one warm pool, which costs seconds to make."""

import time
from collections.abc import Callable

import pytest
import torch

from core.training.workers import WorkerPool

DEADLINE = 30.0


def _wait_until(condition: Callable[[], object], seconds: float = DEADLINE, meanwhile: Callable[[], None] = int):
    """What `condition` returns once that is true; AssertionError after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, "the condition did not come true in time"
        meanwhile()
        time.sleep(0.005)
    return result


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """As in a worker: small models are slower with more, and far slower beside other processes."""
    torch.set_num_threads(1)


@pytest.fixture
def wait_until():
    return _wait_until


@pytest.fixture(scope="session")
def pool():
    with WorkerPool(2) as pool:
        assert pool.wait_until_warm(DEADLINE * 2)
        yield pool
