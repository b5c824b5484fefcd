from __future__ import annotations

import math

import numpy as np
import pytest

from core.analysis.clipping import clip_statistics
from core.analysis.decay import decay
from core.analysis.outcome import outcome
from dashboard.figures.clipping import NormHistogram, clipping_figure, norm_histogram_figure
from dashboard.theme import Stroke
from dashboard.training_readings import clip_sentence, outcome_table, remedies_sentence

RED, BLUE = Stroke("#d55e00", "solid"), Stroke("#1c7fc4", "dash")
NORMS = np.array([0.5, 1.0, 2.0, 8.0, math.inf])
STATISTICS = clip_statistics(NORMS, np.minimum(NORMS, 1.0), 1.0, "norm")
HISTOGRAM = NormHistogram("RNN", RED, np.array([-1.0, 0.0, 1.0]), np.array([2, 3]), STATISTICS)


def test_before_and_after_clipping_wait_empty_and_a_model_that_is_not_clipped_has_one_line():
    figure = clipping_figure([("RNN", RED, True), ("LSTM", BLUE, False)], 0.5, (-3, 2))
    assert [line.name for line in figure.data] == ["RNN, before", "RNN, after", "LSTM"]
    assert [line.line.color for line in figure.data] == [RED.color, RED.color, BLUE.color]
    assert figure.data[0].line.width < figure.data[1].line.width and not figure.data[0].x
    assert figure.layout.yaxis.type == "log"


def test_the_threshold_is_a_line_at_its_value_named_in_the_legend():
    for figure, letter in (
        (clipping_figure([("RNN", RED, True)], 0.01, (-3, 2)), "y"),
        (norm_histogram_figure([HISTOGRAM], 0.01), "x"),
    ):
        line = next(shape for shape in figure.layout.shapes if shape.type == "line")
        assert line[f"{letter}0"] == line[f"{letter}1"] == 0.01
        assert line.showlegend and line.name == "threshold 0.01"


def test_without_clipping_there_is_no_threshold():
    assert not clipping_figure([("RNN", RED, True)], None, (-3, 2)).layout.shapes


def test_the_histogram_counts_steps_between_its_edges_and_bars_what_pascanu_suggests():
    figure = norm_histogram_figure([HISTOGRAM], None)
    (outline,) = figure.data
    np.testing.assert_allclose(outline.x, [0.1, 1, 10])
    assert list(outline.y) == [2, 3, 0] and outline.line.shape == "hv"
    (shade,) = figure.layout.shapes
    assert (shade.x0, shade.x1) == (pytest.approx(STATISTICS.mean / 2), pytest.approx(STATISTICS.mean * 10))
    assert shade.y1 <= 1 and figure.layout.yaxis.domain[1] < shade.y0
    assert figure.layout.xaxis.range == (-1, 1)


def test_norms_that_are_all_infinite_suggest_nothing():
    broken = clip_statistics(np.array([math.inf]), np.array([math.nan]), 1.0, "norm")
    figure = norm_histogram_figure([NormHistogram("RNN", RED, np.array([-1.0, 1.0]), np.array([0]), broken)], 1.0)
    assert [shape.type for shape in figure.layout.shapes] == ["line"]


def test_clipping_is_read_with_its_share_its_largest_and_the_suggested_range():
    sentence = clip_sentence("RNN", STATISTICS, 1.0, is_clipped=True)
    assert "**50 %** of the steps clipped at 1, the largest to 1/8" in sentence
    assert "2.88 on average, 1.5 in the median, at most 8; 1 norms are NaN or Inf" in sentence
    assert sentence.endswith("Half to ten times the mean would be 1.44 to 28.8.")


def test_a_model_that_is_not_clipped_is_read_as_one():
    statistics = clip_statistics(NORMS, NORMS, 1.0, "norm")
    sentence = clip_sentence("RNN", statistics, 1.0, is_clipped=False)
    assert "**not clipped** (50 % of the norms above the threshold)" in sentence


def test_the_remedies_nearest_to_keeping_all_are_named():
    fading = {factor: decay(factor ** np.arange(9.0, -1, -1)) for factor in (0.5, 0.9, 1.02, 0.99)}
    effects = [("GRU", fading[0.9]), ("LSTM", fading[0.99]), ("Identity", fading[1.02]), ("None", decay(np.zeros(3)))]
    sentence = remedies_sentence("RNN", fading[0.5], effects)
    assert sentence.startswith("**RNN** keeps 50 % per step back before training (1/1000 after 10 steps).")
    assert "**LSTM** (99 %, 1/1000 after 687 steps) and **Identity** (102 %, without limit)" in sentence


def test_outcomes_are_a_table_of_numbers():
    solved = outcome(np.array([0.1, *[1.0] * 9]), np.full(10, 0.02))
    table = outcome_table([("LSTM", solved), ("RNN", outcome(np.full(10, 0.125), np.full(10, 2.08)))])
    assert table.splitlines()[0].startswith("| model | 95% right from |")
    assert table.splitlines()[2:] == ["| LSTM | step 1 | 100 % | 0.02 | 9 |", "| RNN | never | 12.5 % | 2.08 | 9 |"]
