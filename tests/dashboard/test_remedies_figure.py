from __future__ import annotations

import numpy as np
from anatomy_by_hand import fading

from core.analysis.decay import decay
from dashboard.figures.remedies import LONGEST, Effect, factors_figure, horizons_figure
from dashboard.theme import Stroke

BEFORE = decay(fading(0.5))
EFFECTS = [
    Effect("LSTM", decay(fading(0.9))),
    Effect("Explode", decay(fading(1.1))),
    Effect("None", decay(np.zeros(3))),
]


def points(figure, name: str):
    (trace,) = (one for one in figure(BEFORE, EFFECTS, Stroke("#d55e00", "solid")).data if one.name == name)
    return trace


def test_every_remedy_goes_from_the_patients_factor_to_its_own():
    assert list(points(factors_figure, "patient").x) == [BEFORE.factor] * 3
    treated = points(factors_figure, "treated")
    np.testing.assert_allclose(treated.x, [0.9, 1.1, np.nan])
    assert list(treated.text) == ["0.90", "1.10", "NaN"]
    assert list(treated.y) == ["LSTM", "Explode", "None"]


def test_a_horizon_without_end_stands_at_the_edge_as_an_arrow():
    treated = points(horizons_figure, "treated")
    np.testing.assert_allclose(treated.x, [np.log(1e-3) / np.log(0.9), LONGEST, np.nan])
    assert list(treated.marker.symbol) == ["circle", "triangle-right", "circle"]
    assert list(treated.text) == ["66", "no limit", "NaN"]


def test_both_axes_hold_what_is_drawn_and_the_first_remedy_is_on_top():
    factors = factors_figure(BEFORE, EFFECTS, Stroke("#d55e00", "solid")).layout
    horizons = horizons_figure(BEFORE, EFFECTS, Stroke("#d55e00", "solid")).layout
    assert factors.xaxis.range[0] < 0.5 and factors.xaxis.range[1] > 1.1
    assert horizons.xaxis.type == "log" and 10 ** horizons.xaxis.range[1] > LONGEST
    assert factors.yaxis.autorange == horizons.yaxis.autorange == "reversed"
