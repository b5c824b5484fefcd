import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.training.snapshots import (
    EARLY_SNAPSHOTS,
    MOST_BYTES,
    is_snapshot,
    parameter_steps,
    snapshot_steps,
)

SIZES = {"128 units": 699_032, "256 units, the shipped model's": 2_445_976}
"""Bytes of the parameters of what the page of gates trains."""
GATES_OF_256 = 4_910_000


def test_snapshots_are_taken_often_at_first_and_then_every_50_steps():
    assert [step for step in range(201) if is_snapshot(step)] == [0, 1, 2, 3, 5, 10, 20, 50, 100, 150, 200]


def test_parameters_that_are_small_are_kept_at_every_snapshot_every_ten_steps_at_first_and_at_the_last_step():
    early = [*EARLY_SNAPSHOTS, 30, 40, 50, 60, 70, 80, 90, 100]
    assert sorted(parameter_steps(160, 40_000)) == [*early, 150, 160]
    assert sorted(parameter_steps(4, 40_000)) == [0, 1, 2, 3, 4]
    kept = parameter_steps(3000, 40_000)
    assert kept >= {step for step in range(3001) if is_snapshot(step)}


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("steps", [3000, 20_000])
def test_a_model_that_one_watches_is_kept_ten_times_and_more_in_its_first_200_steps(steps, size):
    kept = sorted(parameter_steps(steps, size))
    assert sum(step <= 200 for step in kept) >= 10 and len(kept) * size <= MOST_BYTES
    late = [(after + 1) / (before + 1) for before, after in zip(kept, kept[1:], strict=False) if before >= 200]
    assert max(late) < 1.3


def test_the_gates_of_a_long_run_of_a_large_model_fit_and_lie_where_most_is_learnt():
    kept = sorted(snapshot_steps(20_000, GATES_OF_256))
    assert len(kept) * GATES_OF_256 <= MOST_BYTES < sum(map(is_snapshot, range(20_001))) * GATES_OF_256
    assert sum(step <= 200 for step in kept) >= 8


def test_parameters_larger_than_the_room_are_kept_twice():
    assert parameter_steps(300, 70_000_000) == {0, 300}


@given(st.integers(1, 30_000), st.integers(1, 200_000_000))
def test_the_first_and_the_last_are_kept_whatever_the_size_and_the_rest_fits(steps, size):
    kept = parameter_steps(steps, size)
    assert {0, steps} <= kept <= set(range(steps + 1))
    assert all(is_snapshot(step) or step % 10 == 0 for step in kept - {steps})
    assert len(kept) == 2 or len(kept) * size <= MOST_BYTES


@given(st.integers(1, 30_000), st.integers(0, 200_000_000))
def test_gates_are_kept_at_snapshots_and_at_the_last_step_alone(steps, size):
    kept = snapshot_steps(steps, size)
    assert {0, steps} <= kept and all(is_snapshot(step) for step in kept - {steps})
    assert len(kept) <= 2 or len(kept) * size <= MOST_BYTES
