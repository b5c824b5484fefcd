from __future__ import annotations

import numpy as np
import pytest

from core.analysis.cell_search import cell_search
from core.analysis.saturation import Saturation
from core.recordings.interventions import CellPath
from core.training.read_planes import ReadPlanes
from core.training.touch import Touched
from dashboard.figures.cells import beyond_chance, cells_figure, properties_figure
from dashboard.figures.interventions import (
    LEAST_PATH,
    chances_figure,
    effect_figure,
    path_figure,
    state_figure,
    visible,
)
from dashboard.figures.saturation import saturation_figure, saturation_training_figure
from dashboard.gates_readings import (
    cells_sentence,
    chances_sentence,
    effect_sentence,
    path_sentence,
    properties_sentence,
    reading_sentence,
    similar_sentence,
)

LEFT = np.array([[[0.0, 0.95, 0.2]], [[0.5, 0.1, 0.0]]])  # 2 layers, 1 direction, 3 units
RIGHT = np.array([[[1.0, 0.0, 0.3]], [[0.5, 0.2, 0.1]]])
SATURATIONS = {name: Saturation(name, LEFT, RIGHT) for name in ("reset", "update", "new")}
T = 200


@pytest.fixture(scope="module")
def searches():
    """Unit 1 is high where the property holds, unit 0 low, unit 2 knows nothing."""
    rng = np.random.default_rng(0)
    holds = rng.random(T) < 0.3
    noise = rng.standard_normal((T, 3))
    activations = np.stack([noise[:, 0] - 1.2 * holds, noise[:, 1] + 9 * holds, noise[:, 2]], axis=1)
    return cell_search(activations, {"is_digit": holds, "indentation": rng.integers(0, 9, T)})


def touched(before: np.ndarray, after: np.ndarray) -> Touched:
    losses = np.array([np.nan, 1.0, 2.0]), np.array([np.nan, 1.0, 4.0])
    state = np.zeros((3, 2)), np.ones((3, 2))
    divergence, has_loss = np.array([0.0, 0.0, 0.5]), np.array([False, True, True])
    return Touched(("a", "\n", "b"), losses, has_loss, divergence, ("a", "b", "\n"), (before, after), state, 0.0)


def test_a_scatter_has_each_unit_of_each_layer_and_rings_the_chosen_one() -> None:
    figure = saturation_figure(SATURATIONS, (1, 0, 2))
    first, second, ring = figure.data[:3]
    np.testing.assert_array_equal(
        [first.x, first.y, second.x, second.y], [LEFT[0, 0], RIGHT[0, 0], LEFT[1, 0], RIGHT[1, 0]]
    )
    assert (ring.x[0], ring.y[0], ring.text[0]) == (0.0, 0.1, "2")
    assert list(second.ids) == ["1 0 0", "1 0 1", "1 0 2"]
    assert [note.text for note in figure.layout.annotations] == ["<b>reset r</b>", "<b>update z</b>", "<b>new n</b>"]


def test_shares_over_training_keep_step_zero_on_their_log_axis() -> None:
    shares = {"forget": np.array([[0.1, 0.2, 0.3], [0.0, 0.5, 0.6]])}
    figure = saturation_training_figure(np.array([0, 30, 1000]), shares)
    opened, shut = figure.data
    assert list(opened.x) == [1, 31, 1001] and list(opened.y) == [0.0, 0.5, 0.6] and list(shut.y) == [0.1, 0.2, 0.3]
    assert list(figure.layout.xaxis.ticktext) == [0, 1, 10, 100, 1000]


def test_the_best_unit_is_on_top_with_its_sign_and_chance_beside_it(searches) -> None:
    figure = cells_figure(searches["is_digit"])
    assert list(figure.data[0].ids[:2]) == ["1", "0"] and figure.data[0].y[1] == "unit 0, low"
    random, chance = figure.layout.shapes
    assert chance.x0 == 0.5 and random.x0 == searches["is_digit"].random_held_out
    assert "unit **1** tells best" in cells_sentence("digit", searches["is_digit"], T)


def test_chance_is_zero_and_perfect_is_one_for_both_measures(searches) -> None:
    assert [beyond_chance(searches["is_digit"], value) for value in (0.5, 0.75, 1.0)] == [0, 0.5, 1]
    assert [beyond_chance(searches["indentation"], value) for value in (0.0, 0.5, 1.0)] == [0, 0.5, 1]
    figure = properties_figure(searches, {"is_digit": "digit", "indentation": "indentation"})
    assert list(figure.data[-1].ids)[0] == "is_digit 1"
    assert "**digit**" in properties_sentence(searches, {"is_digit": "digit", "indentation": "indentation"})


def test_bars_are_of_the_likeliest_symbols_of_either_reading() -> None:
    before, after = np.array([0.7, 0.2, 0.1]), np.array([0.05, 0.15, 0.8])
    without, with_hands = chances_figure(("a", "b", "\n"), before, after).data
    assert list(without.y) == ["⏎", "a", "b"] and list(with_hands.x) == [0.8, 0.05, 0.15]
    said = chances_sentence(touched(before, after), 1)
    assert "“a” **70.0% → 5.0%**, where “⏎” leads with **80.0%**. Then came “b”." in said


def test_losses_and_divergence_share_their_time_and_the_span_is_shaded() -> None:
    found = touched(np.ones(3) / 3, np.ones(3) / 3)
    figure = effect_figure(found.tokens, found.losses, found.divergence, (1, 2), start=40)
    assert list(figure.data[1].x) == [40, 41, 42] and figure.data[2].y[2] == 0.5 and np.isnan(figure.data[2].y[0])
    assert figure.layout.shapes[0].x0 == 0.5 and figure.layout.shapes[0].x1 == 2.5
    assert "**1.5 → 2.5**" in effect_sentence(found, (1, 2))
    level = state_figure(np.arange(3.0), np.ones(3), "c", 7, None)
    assert list(level.data[1].y) == [1, 1, 1] and level.layout.yaxis.title.text == "c of unit 7"


def test_a_path_is_drawn_no_lower_than_its_floor_and_a_negative_one_is_marked() -> None:
    path = CellPath(3, 9, np.arange(3), np.array([0.5, 0.0, 0.2]), np.diag([0.5, -1e-30, 0.4]))
    points = path_figure(path).data[1]
    assert list(points.x) == [0.5, LEAST_PATH, 0.2] and list(points.y) == [0.5, LEAST_PATH, 0.4]
    assert list(points.marker.symbol) == ["circle", "triangle-down", "circle"]
    assert "Over 6 steps unit **0** keeps ∏ f = **0.5**" in path_sentence(path, 0)
    assert "For 1 of 3 units" in path_sentence(path, 0)


@pytest.mark.parametrize(
    ("kind", "expected", "says"),
    [
        ("lstm", ((("a", 1.0),),) * 3, "Over 3 characters the model loses **1.5** nats each."),
        ("rnn", None, "2 of them with a loss, the model loses **1.5** at each."),
    ],
)
def test_a_reading_says_what_was_lost_where(kind: str, expected, says: str) -> None:
    planes = {name: np.array([[0.95], [0.05], [0.5]]) for name in ("forget", "cell", "hidden")}
    read = ReadPlanes(
        kind, 1, 1, planes, ("a", "b", "c"), np.array([np.nan, 1.0, 2.0]), np.array([False, True, True]), expected
    )
    said = reading_sentence(read, "the model", 0)
    assert says in said and "runs from 0.05 to 0.95" in said
    assert ("keeps (gate above 0.9) at 33% of them" in said) == (kind == "lstm")


def test_similar_spans_are_counted_and_their_absence_is_said() -> None:
    assert "No unit is on" in similar_sentence((1, 2), [], [])
    assert "Nowhere else" in similar_sentence((1, 2), [4], [])
    assert "at **1** other place (outlined)" in similar_sentence((1, 2), [4], [(7, 9, 0.5)])


def test_symbols_without_ink_can_be_seen() -> None:
    assert [visible(symbol) for symbol in "\n \tx"] == ["⏎", "␣", "→", "x"]
