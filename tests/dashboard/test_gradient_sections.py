"""Every section's pictures: what their panels ask is computed, drawn and read out, before training and of a run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl

import numpy as np
import pytest
import torch
from plotly.io.json import to_json_plotly

from core.models.config import ModelConfig
from core.recordings.storage import open_recording, read_header
from core.tasks.catalog import make_task
from core.tasks.config import TaskConfig
from core.training.config import TrainingConfig
from core.training.limits import Limits
from core.training.moment import Moment
from core.training.run import create_folder, train_into
from dashboard.analyses import ANALYSES
from dashboard.asked import Drawn, read_question
from dashboard.explanations import LESSONS
from dashboard.situations import CLIPPED_OR_NOT
from dashboard.widgets.anatomy_panels import powers_config
from dashboard.widgets.gradient_fields import config_of, gradient_fields
from dashboard.widgets.gradient_page import SECTIONS, GradientPage, place_fields
from dashboard.widgets.gradient_sections import section_panels
from dashboard.widgets.live_figures import Panel
from dashboard.widgets.run_controls import ShownRun

MODELS = (
    ModelConfig("rnn", 8, 2, True),
    ModelConfig("lstm", 8, 2, True),
    ModelConfig("gru", 8, 2, True, clipped=False),
)
CONFIG = TrainingConfig(TaskConfig(length=7, loss_at="all"), MODELS, steps=6, batch_size=4)
ONE_LOSS = replace(CONFIG, task=TaskConfig(length=7))
PLACES = {field.key: field.default for field in place_fields(Limits())}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one finished run of CONFIG."""
    root = tmp_path_factory.mktemp("sections")
    create_folder(root, "the-run", CONFIG, {})
    train_into(root / "the-run", CONFIG)
    return root


@pytest.fixture(autouse=True)
def served(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.set_num_threads(1)  # as the workers do
    monkeypatch.setenv("UNROLL_RUNS", str(runs))


def page_of(config: TrainingConfig, show: str, run: ShownRun | None = None, **places: object) -> GradientPage:
    values = PLACES | {"show": show, **places}
    return GradientPage(config, make_task(config.task), run, values)


def shown_run(runs: Path) -> ShownRun:
    return ShownRun(read_header(runs / "the-run"), CONFIG, is_own=False)


def answer(panel: Panel, runs: Path, run_id: str | None) -> Drawn:
    """What the server would answer to a panel's question."""
    assert panel.question is not None
    name, _, query = panel.question.partition("?")
    asked = read_question(name, dict(parse_qsl(query)) | ({"run": run_id} if run_id else {}), runs)
    analysis = ANALYSES[name]
    if analysis.draw_run is not None:
        with open_recording(runs / str(run_id)) as recording:
            return analysis.draw_run(asked, recording)
    moments = [moment(asked.config, model, runs, run_id) for model in asked.models]
    assert analysis.compute is not None and analysis.draw is not None
    places = (asked.layer, asked.direction, asked.example, None)
    return analysis.draw(asked, [analysis.compute(one, *places) for one in moments], moments[0].step)


def moment(config: TrainingConfig, model: int, runs: Path, run_id: str | None) -> Moment:
    if run_id is None:
        return Moment(config, model)
    with open_recording(runs / run_id) as recording:
        step, parameters = recording.dated_record(f"{config.names[model]}/parameters")
    return Moment(config, model, step, parameters)


@pytest.mark.parametrize("with_run", [False, True], ids=["before training", "of a run"])
@pytest.mark.parametrize("show", SECTIONS)
def test_whatever_a_section_asks_is_computed_drawn_and_read_out(show, with_run, runs):
    page = page_of(CONFIG, show, shown_run(runs) if with_run else None, layer=2, direction="reverse", example=3)
    panels = section_panels(page)
    assert panels and len({panel.id for panel in panels}) == len(panels)
    for panel in panels:
        assert panel.alt.endswith(".") and len(panel.alt) > 30
        if panel.kind != "asked":
            assert len(panel.figure.data) >= len(panel.sources)
            continue
        drawn = answer(panel, runs, page.run_id)
        assert drawn.figure.data and drawn.reading.endswith(".") and "nan" not in drawn.reading
        assert json.loads(to_json_plotly(drawn.figure))["data"]


@pytest.mark.parametrize("show", SECTIONS)
def test_each_section_has_a_question_an_explanation_and_a_task_with_a_goal(show):
    lesson = LESSONS[show]
    assert len(lesson.question) < 130
    assert "Goal:" in lesson.trying and "Predict" in lesson.trying
    assert "$$" in lesson.seeing and lesson.seeing.count("$$") % 2 == 0


def test_a_task_with_one_loss_has_no_matrix_but_a_profile():
    assert [panel.id for panel in section_panels(page_of(ONE_LOSS, "reach"))] == ["profile"]


def test_of_two_models_the_pictures_of_a_kind_stand_side_by_side_and_of_one_below_each_other():
    two = [panel.id for panel in section_panels(page_of(replace(CONFIG, models=MODELS[:2]), "why"))]
    assert two == ["paths-0", "paths-1", "jacobians-0", "jacobians-1", "circle-0", "circle-1"]
    one = [panel.id for panel in section_panels(page_of(replace(CONFIG, models=MODELS[:1]), "why"))]
    assert one == ["paths-0", "jacobians-0", "circle-0"]


def test_the_pictures_of_the_cell_with_most_gates_are_the_costliest():
    models = (ModelConfig("rnn"), ModelConfig("gru"), ModelConfig("lstm"))
    costs = {panel.id: panel.cost for panel in section_panels(page_of(replace(CONFIG, models=models), "why"))}
    assert max(costs, key=lambda name: costs[name]) == "jacobians-2"
    assert costs["jacobians-0"] < costs["jacobians-1"] and not costs["circle-2"]


def test_without_tanh_the_page_follows_no_run_and_its_models_are_its_own(runs):
    page = page_of(CONFIG, "powers", shown_run(runs), rho=1.2)
    assert page.run_id is None
    linear, with_tanh = powers_config(page).models
    assert (linear.cell, with_tanh.cell, linear.gain, with_tanh.gain) == ("linear_rnn", "rnn", 1.2, 1.2)
    drawn = answer(section_panels(page)[0], runs, None)
    predicted, measured = drawn.figure.data[:2]
    np.testing.assert_allclose(measured.y, predicted.y, rtol=1e-5)


def test_each_block_of_weights_has_its_row_and_a_model_that_is_not_clipped_one_line(runs):
    panels = {panel.id: panel for panel in section_panels(page_of(CONFIG, "weights", shown_run(runs)))}
    with open_recording(runs / "the-run") as recording:
        for index, name in enumerate(CONFIG.names):
            rows = recording.record(f"{name}/block_gradients")
            assert len(panels[f"block_gradients-{index}"].figure.data[0].y) == len(rows)
    norms = section_panels(page_of(CONFIG, "clipping", shown_run(runs)))[0]
    assert [source.name.split("/")[1] for source in norms.sources] == [
        "gradient_norm", "clipped_norm", "gradient_norm", "clipped_norm", "gradient_norm",
    ]  # fmt: skip


def test_places_beyond_the_models_are_held_within_them():
    page = page_of(replace(CONFIG, models=(ModelConfig("rnn", 8),)), "why", layer=4, direction="reverse", patient=3)
    assert (page.layer, page.direction, page.patient) == (0, 0, 0)
    assert page_of(CONFIG, "why", example=99).example == CONFIG.batch_size - 1


def test_the_pair_with_and_without_clipping_differs_in_clipping_alone():
    fields = gradient_fields(Limits(), Path("no-texts"))
    config = config_of({field.key: field.default for field in fields} | CLIPPED_OR_NOT)
    unclipped, clipped = config.models
    assert replace(unclipped, clipped=True) == clipped and not unclipped.clipped
    Limits().check(config)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_of_that_pair_only_the_clipped_model_learns(seed, tmp_path):
    fields = gradient_fields(Limits(), Path("no-texts"))
    config = config_of({field.key: field.default for field in fields} | CLIPPED_OR_NOT | {"seed": seed})
    create_folder(tmp_path, "the-pair", config, {})
    train_into(tmp_path / "the-pair", config)
    with open_recording(tmp_path / "the-pair") as recording:
        last = recording.scalars([f"{name}/accuracy" for name in config.names]).tail(20).mean()
    assert last.iloc[1] > 0.95 > 0.7 > last.iloc[0]
