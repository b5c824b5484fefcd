import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis.outcome import outcome


@given(st.lists(st.sampled_from([0.5, 0.9, 0.95, 1.0]), min_size=1, max_size=40))
def test_a_task_is_solved_from_the_first_five_batches_that_are_right_on_average(accuracy):
    found = outcome(np.array(accuracy), np.zeros(len(accuracy)))
    windows = [accuracy[start : start + 5] for start in range(len(accuracy) - 4)]
    solved = [start for start, window in enumerate(windows) if math.fsum(window) / 5 >= 0.95 - 1e-12]
    assert found.solved_at == (solved[0] if solved else None)
    assert found.final_accuracy == pytest.approx(np.mean(accuracy[-5:]))
    assert found.steps == len(accuracy) - 1


def test_one_lucky_batch_solves_nothing():
    assert outcome(np.array([0.1, 0.1, 1.0, 0.1, 0.1, 0.1]), np.ones(6)).solved_at is None
    assert outcome(np.ones(4), np.ones(4)).solved_at is None


def test_a_run_that_forgets_shows_its_best_and_its_end():
    found = outcome(np.array([0.5] * 5 + [1.0] * 5 + [0.2] * 5), np.array([3.0] * 10 + [4.0] * 5))
    assert (found.solved_at, found.best_accuracy, found.final_accuracy, found.final_loss) == (5, 1.0, 0.2, 4.0)


@pytest.mark.parametrize("end", [np.nan, np.inf])
def test_a_loss_that_is_not_finite_is_shown(end):
    found = outcome(np.array([1.0] * 5 + [0.0]), np.array([1.0] * 5 + [end]))
    np.testing.assert_equal(found.final_loss, end)
    assert found.solved_at == 0


def test_nothing_known_of_the_accuracy_is_nan():
    found = outcome(np.full(6, np.nan), np.ones(6))
    assert found.solved_at is None and math.isnan(found.best_accuracy) and math.isnan(found.final_accuracy)


@pytest.mark.parametrize("shapes", [((0,), (0,)), ((3,), (2,)), ((2, 2), (2, 2))])
def test_outcome_wants_two_curves(shapes):
    with pytest.raises(ValueError, match="outcome needs accuracy and loss of one shape"):
        outcome(*map(np.ones, shapes))
