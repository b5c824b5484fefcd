from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

from core.models.config import ModelConfig
from core.tasks.catalog import make_task
from core.tasks.config import TaskConfig
from core.training.config import TrainingConfig
from core.training.initial import initial_flows
from dashboard.widgets.downloads import curves_html, norms_csv
from dashboard.widgets.gradient_panels import first_look_panel, initial_panels, live_panels, naive_panel

MODELS = (ModelConfig("rnn", 8, 2, True), ModelConfig("lstm", 8, 2, True), ModelConfig("lstm", 8, 2, True))
CONFIG = TrainingConfig(TaskConfig(length=9), MODELS, batch_size=4)


@pytest.fixture(scope="module")
def flows():
    return initial_flows(CONFIG)


@pytest.fixture(scope="module")
def panels(flows):
    return {panel.id: panel for panel in live_panels(CONFIG, flows, make_task(CONFIG.task), layer=1, direction=1)}


def test_each_line_is_fed_by_the_record_of_its_own_model(panels):
    curves = panels["curves"]
    assert [source.name for source in curves.sources] == [
        "rnn-h8-l2-both/hidden_norms", "lstm-h8-l2-both/hidden_norms", "lstm-h8-l2-both-2/hidden_norms",
        "lstm-h8-l2-both/cell_norms", "lstm-h8-l2-both-2/cell_norms",
    ]  # fmt: skip
    assert len(curves.figure.data) == len(curves.sources)
    assert {(source.layer, source.direction) for source in curves.sources} == {(1, 1)}


def test_the_lines_at_first_are_those_of_the_layer_and_direction_chosen(panels, flows):
    lines = panels["curves"].figure.data
    np.testing.assert_array_equal(lines[0].y, np.maximum(flows[0].norms()[1, 1], panels["curves"].floor))
    np.testing.assert_array_equal(lines[3].y, np.maximum(flows[1].cell_norms()[1, 1], panels["curves"].floor))
    assert lines[3].line.color == lines[1].line.color and lines[3].line.dash == "dot"


def test_the_heatmaps_of_all_models_have_one_colour_scale(panels):
    heats = [panel for panel in panels.values() if panel.kind == "heatmap"]
    assert len(heats) == len(MODELS)
    assert len({(heat.figure.data[0].zmin, heat.figure.data[0].zmax) for heat in heats}) == 1
    assert [heat.sources[0].name for heat in heats] == [f"{name}/hidden_norms" for name in CONFIG.names]


def test_every_picture_has_a_text_that_says_what_it_shows(panels, flows):
    for panel in [*panels.values(), *initial_panels(CONFIG, flows, 0, 0), first_look_panel(CONFIG, flows)]:
        assert panel.alt.endswith(".") and len(panel.alt) > 30


def test_the_naive_plot_shows_zero_wherever_the_loss_does_not_look(flows):
    (_, naive) = naive_panel(CONFIG, flows, 0, 0).figure.data
    assert list(naive.customdata[:-1]) == ["exactly 0"] * 8
    assert naive.customdata[-1] != "exactly 0"


def test_where_the_loss_looks_at_every_step_the_naive_plot_is_still_not_the_total():
    config = TrainingConfig(TaskConfig(length=9, loss_at="all"), (ModelConfig("lstm", 8),), batch_size=4)
    total, naive = naive_panel(config, initial_flows(config), 0, 0).figure.data
    assert "exactly 0" not in naive.customdata
    assert naive.y[0] != pytest.approx(total.y[0], rel=0.01)
    assert naive.y[-1] == pytest.approx(total.y[-1], rel=1e-5)


def test_the_csv_holds_every_norm_of_every_layer_and_direction(flows):
    table = pd.read_csv(io.StringIO(norms_csv(CONFIG, flows)))
    assert list(table) == ["model", "quantity", "layer", "direction", "timestep", "norm"]
    assert len(table) == (3 + 2) * 2 * 2 * 9
    row = table[(table.quantity == "∂L/∂h") & (table.layer == 2) & (table.direction == 1) & (table.timestep == 3)]
    np.testing.assert_allclose(row.norm, [flow.norms()[1, 0, 2] for flow in flows])


def test_the_html_needs_nothing_from_elsewhere(flows):
    page = curves_html(CONFIG, flows)
    assert "Plotly.newPlot" in page and len(page) > 1_000_000
    assert '<script src="http' not in page and "cdn.plot.ly/plotly" not in page.lower().split("<script")[1]
