"""What holds for all tests of real models."""

import pytest
import torch


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    """Sums are added in one order, and threads of small models do not wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
