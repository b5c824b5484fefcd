from __future__ import annotations

import numpy as np
from anatomy_by_hand import fading

from core.analysis.decay import decay
from dashboard.figures.remedies import LONGEST, Effect, remedies_figure
from dashboard.theme import Stroke

BEFORE = decay(fading(0.5))
EFFECTS = [
    Effect("LSTM", decay(fading(0.9))),
    Effect("Explode", decay(fading(1.1))),
    Effect("None", decay(np.zeros(3))),
]


def points(name: str, column: int):
    figure = remedies_figure(BEFORE, EFFECTS, Stroke("#d55e00", "solid"))
    axis = {1: None, 2: "x2"}[column]
    (trace,) = (one for one in figure.data if one.name == name and one.xaxis in (axis, "x" if column == 1 else axis))
    return trace


def test_every_remedy_goes_from_the_patients_factor_to_its_own():
    assert list(points("patient", 1).x) == [BEFORE.factor] * 3
    np.testing.assert_allclose(points("treated", 1).x, [0.9, 1.1, np.nan])
    assert list(points("treated", 1).text) == ["0.90", "1.10", "NaN"]
    assert list(points("treated", 1).y) == ["LSTM", "Explode", "None"]


def test_a_horizon_without_end_stands_at_the_edge_as_an_arrow():
    treated = points("treated", 2)
    np.testing.assert_allclose(treated.x, [np.log(1e-3) / np.log(0.9), LONGEST, np.nan])
    assert list(treated.marker.symbol) == ["circle", "triangle-right", "circle"]
    assert list(treated.text) == ["66", "no limit", "NaN"]


def test_both_axes_hold_what_is_drawn_and_the_first_remedy_is_on_top():
    layout = remedies_figure(BEFORE, EFFECTS, Stroke("#d55e00", "solid")).layout
    assert layout.xaxis.range[0] < 0.5 and layout.xaxis.range[1] > 1.1
    assert layout.xaxis2.type == "log" and 10 ** layout.xaxis2.range[1] > LONGEST
    assert layout.yaxis.autorange == "reversed"
