import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.analysis.neighbours import analogy, closest, cosines_with, distances_from, neighbours_of
from core.analysis.principal import principal_components
from core.analysis.procrustes import aligned, rotation_onto


def cloud(seed=0, points=30, size=5):
    return np.random.default_rng(seed).standard_normal((points, size)) * np.arange(1, size + 1)


def turned(points, seed):
    return points @ np.linalg.qr(np.random.default_rng(seed).standard_normal((points.shape[1],) * 2))[0]


def test_components_are_the_right_singular_vectors_of_the_centred_points():
    points = cloud()
    centred = points - points.mean(axis=0)
    _, values, axes = np.linalg.svd(centred, full_matrices=False)
    found = principal_components(points)
    np.testing.assert_allclose(found.shares, values[:2] ** 2 / (values**2).sum())
    expected = centred @ axes[:2].T
    np.testing.assert_allclose(np.abs(found.coordinates), np.abs(expected), atol=1e-10)


def test_components_of_a_turned_cloud_are_those_of_the_cloud():
    one, other = principal_components(cloud()), principal_components(turned(cloud(), 3))
    np.testing.assert_allclose(one.coordinates, other.coordinates, atol=1e-9)


def test_points_on_a_line_have_one_component_and_one_place_has_none():
    line = np.outer(np.arange(4.0), [1, 2, 2])
    found = principal_components(line)
    np.testing.assert_allclose(found.shares, [1, 0], atol=1e-12)
    np.testing.assert_allclose(np.diff(found.coordinates[:, 0]) ** 2, 9)
    assert np.isnan(principal_components(np.ones((3, 4))).shares).all()
    assert principal_components(np.array([[1.0, 2, 3]])).coordinates.tolist() == [[0, 0]]


@pytest.mark.parametrize(("points", "said"), [(np.ones((3, 1)), "got shape"), (np.full((3, 3), np.nan), "finite")])
def test_what_has_no_components_is_refused(points, said):
    with pytest.raises(ValueError, match=said):
        principal_components(points)


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(1, 4))
def test_a_turned_cloud_is_turned_back_exactly(seed, size):
    points = cloud(seed, 12, size)
    rotation = rotation_onto(turned(points, seed + 1), points)
    np.testing.assert_allclose(turned(points, seed + 1) @ rotation, points, atol=1e-9)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(size), atol=1e-12)


def test_no_other_rotation_is_nearer():
    points, target = cloud(1, size=2), cloud(2, size=2)
    best = np.linalg.norm(points @ rotation_onto(points, target) - target)
    angles = np.linspace(0, 2 * np.pi, 200)
    for mirror in (np.eye(2), np.diag([1.0, -1])):
        turns = [mirror @ [[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]] for a in angles]
        assert min(np.linalg.norm(points @ turn - target) for turn in turns) >= best - 1e-9


def test_frames_that_only_turn_stand_still_once_aligned():
    frames = [turned(cloud(size=2), seed) for seed in range(5)]
    for frame in aligned(frames):
        np.testing.assert_allclose(frame, frames[0], atol=1e-9)


def test_neighbours_by_hand():
    rows = np.array([[1.0, 0], [2, 0.1], [0, 3], [-1, 0], [0, 0]])
    found = neighbours_of(rows, 0, 3)
    assert found.places.tolist() == [1, 2, 3]
    np.testing.assert_allclose(found.cosines, [2 / np.hypot(2, 0.1), 0, -1], rtol=1e-6)
    assert np.isnan(cosines_with(rows, rows[0])[4])


def test_an_analogy_that_holds_exactly_is_found():
    rows = np.array([[1, 0, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0], [1, 1, 1, 0], [0, 0, 0, 1.0]])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    assert analogy(rows, (0, 1, 2), 1).places.tolist() == [3]
    assert not {0, 1, 2} & set(analogy(rows, (0, 1, 2), 5).places.tolist())


def test_the_closest_rows_are_those_at_the_least_distance():
    rows = cloud(points=40, size=2)
    by_loop = sorted((np.hypot(*(row - rows[7])), place) for place, row in enumerate(rows) if place != 7)
    assert closest(rows, 7, 5).tolist() == [place for _, place in by_loop[:5]]
    np.testing.assert_allclose(distances_from(rows, 7)[closest(rows, 7, 5)], [away for away, _ in by_loop[:5]])
    assert len(closest(rows[:3], 0, 5)) == 2
