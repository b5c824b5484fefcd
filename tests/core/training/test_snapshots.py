from hypothesis import given
from hypothesis import strategies as st

from core.training.snapshots import EARLY_SNAPSHOTS, PARAMETER_BYTES, is_snapshot, parameter_steps


def test_snapshots_are_taken_often_at_first_and_then_every_50_steps():
    assert [step for step in range(201) if is_snapshot(step)] == [0, 1, 2, 3, 5, 10, 20, 50, 100, 150, 200]


def test_parameters_that_are_small_are_kept_at_every_snapshot_and_at_the_last_step():
    assert sorted(parameter_steps(120, 40_000)) == [0, 1, 2, 3, 5, 10, 20, 50, 100, 120]
    assert sorted(parameter_steps(4, 40_000)) == [0, 1, 2, 3, 4]


def test_parameters_that_are_large_are_kept_more_seldom():
    kept = sorted(parameter_steps(20_000, 1_000_000))
    assert kept[:7] == list(EARLY_SNAPSHOTS) and kept[-1] == 20_000
    assert {after - before for before, after in zip(kept[7:-1], kept[8:], strict=False)} == {400}


def test_parameters_larger_than_the_room_are_kept_twice():
    assert parameter_steps(300, 50_000_000) == {0, 300}


@given(st.integers(1, 30_000), st.integers(1, 200_000_000))
def test_the_first_and_the_last_are_kept_whatever_the_size_and_the_rest_fits(steps, size):
    kept = parameter_steps(steps, size)
    assert {0, steps} <= kept <= set(range(steps + 1))
    assert all(is_snapshot(step) for step in kept - {steps})
    assert len(kept) == 2 or len(kept) * size <= PARAMETER_BYTES
