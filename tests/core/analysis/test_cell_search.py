"""The search for cells, against scikit-learn one unit at a time, and on units planted by hand."""

import numpy as np
import pytest

from core.analysis.cell_search import _spread, cell_search

LENGTH, UNITS = 400, 70
rng = np.random.default_rng(0)
INSIDE = np.repeat(rng.random(40) < 0.4, 10)
DEPTH = np.repeat(rng.integers(5, size=40), 10)


def planted():
    """Noise, with a unit that tells INSIDE, one that is low inside, and one that follows DEPTH."""
    values = np.random.default_rng(1).standard_normal((LENGTH, UNITS)).astype(np.float32)
    values[:, 40] += 4 * INSIDE
    values[:, 5] -= 2 * INSIDE
    values[:, 66] += DEPTH
    return values


def test_the_units_that_were_planted_are_found_with_their_sign():
    found = cell_search(planted(), {"inside": INSIDE, "depth": DEPTH})
    inside, depth = found["inside"], found["depth"]
    assert inside.units[:2].tolist() == [40, 5] and inside.signs[:2].tolist() == [1, -1]
    assert depth.units[0] == 66 and depth.signs[0] == 1
    assert (inside.measure, depth.measure) == ("AUC", "Spearman")
    assert inside.share == INSIDE.mean() and np.isnan(depth.share)
    assert sorted(inside.units) == list(range(UNITS))


def test_each_figure_is_scikit_learn_s_on_its_half_alone():
    metrics, stats = pytest.importorskip("sklearn.metrics"), pytest.importorskip("scipy.stats")
    values, half = planted(), LENGTH // 2
    found = cell_search(values, {"inside": INSIDE, "depth": DEPTH})
    for place in (0, 1, UNITS - 1):
        inside, depth = found["inside"], found["depth"]
        ours = inside.signs[place] * values[:, inside.units[place]]
        assert inside.ranked[place] == pytest.approx(metrics.roc_auc_score(INSIDE[:half], ours[:half]))
        assert inside.held_out[place] == pytest.approx(metrics.roc_auc_score(INSIDE[half:], ours[half:]))
        ours = depth.signs[place] * values[:, depth.units[place]]
        assert depth.ranked[place] == pytest.approx(stats.spearmanr(ours[:half], DEPTH[:half])[0])
        assert depth.held_out[place] == pytest.approx(stats.spearmanr(ours[half:], DEPTH[half:])[0])


def test_units_are_ranked_by_distance_from_chance_on_the_first_half():
    found = cell_search(planted(), {"inside": INSIDE})["inside"]
    assert (np.diff(found.ranked) <= 0).all() and (found.ranked >= 0.5).all()


def test_on_noise_the_best_unit_is_no_better_than_the_best_random_direction():
    noise = np.random.default_rng(2).standard_normal((4000, 50))
    found = cell_search(noise, {"coin": np.random.default_rng(3).random(4000) < 0.5})["coin"]
    assert found.ranked[0] > 0.52 and found.random_ranked > 0.52, "the best of 50 looks good where it was chosen"
    assert abs(found.held_out[0] - 0.5) < 0.03 and abs(found.random_held_out - 0.5) < 0.03


def test_a_planted_unit_beats_the_best_random_direction():
    found = cell_search(planted(), {"inside": INSIDE})["inside"]
    assert found.held_out[0] > 0.95 > found.random_held_out > 0.5


def test_the_best_random_direction_can_be_found_again_by_hand():
    metrics = pytest.importorskip("sklearn.metrics")
    values, half = planted(), LENGTH // 2
    spread = values[:half].std(axis=0, dtype=np.float64)
    directions = np.random.default_rng(7).standard_normal((UNITS, UNITS)) / spread[:, None]
    scores = [metrics.roc_auc_score(INSIDE[:half], column) for column in (values[:half] @ directions).T]
    best = int(np.argmax(np.abs(np.array(scores) - 0.5)))
    sign = np.sign(scores[best] - 0.5)
    found = cell_search(values, {"inside": INSIDE}, seed=7)["inside"]
    assert found.random_ranked == pytest.approx(0.5 + sign * (scores[best] - 0.5), abs=1e-3)
    again = metrics.roc_auc_score(INSIDE[half:], values[half:] @ directions[:, best])
    assert found.random_held_out == pytest.approx(0.5 + sign * (again - 0.5), abs=1e-3)


def test_the_same_seed_gives_the_same_directions():
    first, second, other = (cell_search(planted(), {"inside": INSIDE}, seed)["inside"] for seed in (1, 1, 2))
    assert first.random_held_out == second.random_held_out != other.random_held_out


def test_progress_rises_to_one():
    told = []
    cell_search(planted(), {"inside": INSIDE, "depth": DEPTH}, progress=told.append)
    assert told == sorted(told) and told[-1] == 1 and len(told) > 6


def test_a_unit_with_a_nan_has_no_figure_and_comes_last():
    values = planted()
    values[3, 40] = np.nan
    found = cell_search(values, {"inside": INSIDE})["inside"]
    assert found.units[0] == 5 and found.units[-1] == 40 and np.isnan(found.ranked[-1])


def test_a_property_that_never_holds_has_no_figures():
    found = cell_search(planted(), {"never": np.zeros(LENGTH, dtype=bool)})["never"]
    assert np.isnan(found.ranked).all() and np.isnan(found.random_held_out) and found.share == 0


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"shape \(T, H\) with T ≥ 4, got \(3, 2\); pass a longer text"):
        cell_search(np.zeros((3, 2)), {})
    with pytest.raises(ValueError, match=r"inside needs one value for each of the 400 characters, got shape \(9,\)"):
        cell_search(planted(), {"inside": INSIDE[:9]})


def test_units_are_weighed_by_their_spread_and_one_that_stands_still_has_none():
    noise = np.random.default_rng(3).standard_normal((1000, 4))
    values = (noise * [1, 1e-3, 50, 0] + [0, 0.1, -20, 0.1]).astype(np.float32)
    np.testing.assert_allclose(_spread(values)[:3], values.astype(np.float64).std(axis=0)[:3], rtol=1e-9)
    assert _spread(values)[3] == 0
