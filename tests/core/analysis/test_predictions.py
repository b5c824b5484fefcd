import numpy as np
import pytest

from core.analysis.predictions import prediction_shift, top_predictions
from core.recordings.interventions import TextRun
from core.recordings.records import GateTrace

TRACE = GateTrace("rnn", np.zeros((1, 1, 1, 2, 3)), np.array([2]))


def run(probabilities, came=0):
    log_probs = np.log(np.array(probabilities, dtype=np.float32))
    return TextRun(TRACE, log_probs, -log_probs[:-1, came])


def test_the_most_likely_come_first():
    top = top_predictions(run([[0.2, 0.5, 0.3], [0.4, 0.2, 0.4]]).log_probs, 2)
    assert top.tokens.tolist() == [[1, 2], [0, 2]]
    assert top.probabilities == pytest.approx(np.array([[0.5, 0.3], [0.4, 0.4]]))


def test_of_a_small_vocabulary_all_are_given():
    top = top_predictions(run([[0.2, 0.8]]).log_probs, 5)
    assert top.tokens.shape == (1, 2) and top.probabilities.sum() == pytest.approx(1)


def test_the_divergence_is_the_sum_over_the_vocabulary():
    before, after = run([[0.5, 0.5], [0.9, 0.1]]), run([[0.5, 0.5], [0.3, 0.7]])
    shift = prediction_shift(before, after)
    assert shift.divergence == pytest.approx([0, 0.9 * np.log(3) + 0.1 * np.log(1 / 7)], abs=1e-6)
    assert shift.is_other_choice.tolist() == [False, True] and shift.first == 1


def test_the_change_of_loss_is_that_of_the_character_that_came():
    shift = prediction_shift(run([[0.5, 0.5], [0.5, 0.5]]), run([[0.25, 0.75], [0.5, 0.5]]))
    assert shift.loss_change == pytest.approx([np.log(2)], abs=1e-6)


def test_a_run_does_not_differ_from_itself():
    shift = prediction_shift(run([[0.5, 0.5]]), run([[0.5, 0.5]]))
    assert shift.first is None and not shift.is_other_choice.any()


def test_a_nan_counts_as_different():
    shift = prediction_shift(run([[0.5, 0.5]]), run([[np.nan, 0.5]]))
    assert np.isnan(shift.divergence[0]) and shift.first == 0


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"shape \(T, V\) and a count from 1 on, got \(3,\) and 5"):
        top_predictions(np.zeros(3))
    with pytest.raises(ValueError, match="count from 1 on, got .* and 0"):
        top_predictions(np.zeros((2, 3)), 0)
    with pytest.raises(ValueError, match=r"one length and vocabulary, got \(1, 2\) and \(2, 2\)"):
        prediction_shift(run([[0.5, 0.5]]), run([[0.5, 0.5]] * 2))
