from __future__ import annotations

import numpy as np
import pytest

from core.models.config import ModelConfig
from core.recordings.storage import RecordingWriter, read_header
from core.tasks.config import TaskConfig
from core.tasks.properties import source_properties
from core.training.config import TrainingConfig
from core.training.limits import Limits
from core.training.loop import train
from core.training.reading import read
from core.training.rows import records, scalars
from core.training.start import SHIPPED
from core.training.touch import touched
from dashboard import server, state
from dashboard.gates_explanations import GATES_LESSONS
from dashboard.widgets.gates_fields import EXPERIMENTS, SECTIONS, first_place, gates_fields, module_starts
from dashboard.widgets.gates_page import GatesPage
from dashboard.widgets.gates_situations import SITUATIONS, situations
from dashboard.widgets.gates_training import shipped_config, training_config
from tests.dashboard.test_views import text

CONFIG = TrainingConfig(
    TaskConfig("recall", length=8), (ModelConfig("gru", hidden_size=6, layers=2), ModelConfig("lstm", 5)), steps=3,
    batch_size=4,
)  # fmt: skip
NARROW = Limits(max_length=50, max_hidden_size=64, max_batch_size=8, max_steps=20)


@pytest.fixture
def run(runs) -> str:
    """A finished run of a small GRU and LSTM."""
    with RecordingWriter.create(runs, config=CONFIG.to_dict(), seed=CONFIG.seed) as writer:
        for step in train(CONFIG):
            writer.append(step.step, scalars(step), records(step))
        writer.close(status="finished")
        return writer.header.id


@pytest.mark.parametrize("section", SECTIONS)
def test_each_section_is_shown_with_its_question_and_its_lesson(open_view, section: str) -> None:
    page = open_view("gates", show=section)
    said = text(page)
    assert GATES_LESSONS[section].question in said and GATES_LESSONS[section].trying.strip() in said
    assert not page.error and not page.warning and not page.exception


def test_the_address_holds_what_was_chosen_and_gives_it_back(open_view) -> None:
    page = open_view("gates", show="saturation", unit="177", shut="0.2", chars="500", without="input,output")
    page.number_input(key="open").set_value(0.8).run()
    query = {key: value if isinstance(value, str) else value[0] for key, value in page.query_params.items()}
    assert query | {"show": "saturation", "unit": "177", "shut": "0.2", "open": "0.8", "chars": "500"} == query
    assert page.session_state["without"] == ["input", "output"] and not page.error


@pytest.mark.parametrize(
    ("wrong", "says"),
    [({"show": "nothing"}, "Section must be"), ({"unit": "-1"}, "Unit must be"), ({"without": "x"}, "Heatmaps")],
)
def test_what_an_address_may_not_say_is_told_and_the_page_stays(open_view, wrong: dict, says: str) -> None:
    page = open_view("gates", **wrong)
    assert says in page.warning[0].value and not page.error


def test_the_first_reading_begins_with_code_that_the_model_never_saw(open_view) -> None:
    page = open_view("gates")
    assert page.session_state["start"] == first_place() and page.session_state["module"] == "ftplib.py"
    page.selectbox(key="module").set_value("mailcap.py").run()
    assert page.session_state["start"] == module_starts("python-unseen")["mailcap.py"]


def test_a_runs_models_read_their_own_task(open_view, run: str) -> None:
    page = open_view("gates", run=run, model=CONFIG.names[0])
    assert not page.error and not page.warning
    assert page.number_input(key="example").value == 1 and "Unit **5** keeps" in text(page)
    page.button_group(key="layer").set_value(2).run()
    page.selectbox(key="model").set_value(CONFIG.names[1]).run()
    assert not page.error and "Unit **4** keeps" in text(page)


@pytest.mark.parametrize("section", ["saturation", "intervene", "cell"])
def test_a_gru_has_the_pictures_that_it_can_have(open_view, run: str, section: str) -> None:
    page = open_view("gates", run=run, model=CONFIG.names[0], show=section)
    assert not page.error and not page.exception
    if section == "intervene":
        assert page.session_state["act"] == "ablate" and "still" not in page.selectbox(key="act").options


def test_a_run_that_is_not_there_is_told_and_the_shipped_model_reads(open_view) -> None:
    page = open_view("gates", run="no-such-run", model="lstm")
    assert "can no longer be read" in text(page) and page.session_state["model"] == "shipped"


def test_hands_that_cannot_be_are_told_and_the_page_stays(open_view) -> None:
    page = open_view("gates", show="intervene", units="51, 999")
    assert "numbers from 0 to 255" in page.error[0].value
    page.text_input(key="units").set_value("51 177").run()
    assert not page.error


def test_the_hands_of_one_section_are_in_the_reading_of_another(open_view) -> None:
    page = open_view("gates", act="clamp", what="cell", value="3", units="233", first="0", last="3999", chars="60")
    before = text(page)
    page.toggle(key="touched").set_value(True).run()
    assert "runs from 3 to 3" in text(page) and "runs from 3 to 3" not in before


def test_a_brushed_span_is_told_with_the_units_that_are_on_in_it(open_view) -> None:
    said = text(open_view("gates", brush="13-16", on="0.1"))
    assert "throughout t = 13 to 16" in said


@pytest.mark.parametrize("order", ["mean", "saturation", "likeness", "property"])
def test_units_are_ordered_without_an_error(open_view, order: str) -> None:
    page = open_view("gates", order=order, chars="200")
    assert not page.error and not page.exception


@pytest.mark.parametrize("limits", [NARROW], ids=["narrow"])
def test_what_is_trained_fits_the_servers_limits(open_view, limits: Limits) -> None:
    limits.check(training_config("drawn", limits))
    page = open_view("gates")
    assert page.button(key="train-shipped").disabled and not page.button(key="train-drawn").disabled


def test_a_trained_model_reads_and_the_run_is_found_again(open_view) -> None:
    page = open_view("gates", chars="50")
    page.button(key="train-drawn").click().run()
    run_id = page.session_state[state.GATES_RUN]
    try:
        assert page.session_state["model"] == "lstm-b1-h128" and server.jobs().runs_of is not None
        assert not page.error
        page.switch_page("views/gradient_flow.py").run()
        page.switch_page("views/gates.py").run()
        assert page.session_state[state.GATES_RUN] == run_id and page.session_state["model"] == "lstm-b1-h128"
    finally:
        server.jobs().end(run_id)


def test_a_run_is_as_long_wide_and_fast_as_was_wished(open_view) -> None:
    page = open_view("gates", chars="50")
    for name, value in (("steps", 7), ("units", 16), ("drawn", 0.01)):
        page.number_input(key=f"train-{name}-value").set_value(value)
    page.button(key="train-drawn").click().run()
    run_id = page.session_state[state.GATES_RUN]
    try:
        config = TrainingConfig.from_dict(read_header(server.runs_root() / run_id).config)
        assert (config.steps, config.models[0].hidden_size, config.learning_rate) == (7, 16, 0.01)
    finally:
        server.jobs().end(run_id)


def test_every_field_gives_its_default_back() -> None:
    for field in gates_fields(Limits(), server.texts_root()):
        assert field.read(field.write(field.default)) == field.default


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_each_experiment_sets_its_hands_and_is_lit(open_view, name: str) -> None:
    page = open_view("gates", show="intervene", units="5", start="77", unit="9")
    page.button_group(key="experiment").set_value(name).run()
    assert not page.error and page.session_state["experiment"] == name
    assert (page.session_state["start"], page.session_state["unit"]) == (first_place(), 9)


def test_the_bracket_that_a_cell_does_not_see_is_not_closed() -> None:
    values = {field.key: field.default for field in gates_fields(Limits(), server.texts_root())}
    page = GatesPage(shipped_config(), "", True, None, values | EXPERIMENTS["Hide the bracket from unit 233"])
    asked = page.asked(with_hands=True)
    found = touched(SHIPPED, asked.passage, asked.hands, page.last_touched, 0, 0, None)
    assert found.chances is not None and "".join(found.tokens[:17]) == "def parse150(resp"
    without, hidden = (chance[found.symbols.index(")")] for chance in found.chances)
    assert (round(without, 2), round(hidden, 3)) == (0.65, 0.015)


def test_the_code_under_the_page_is_of_the_model_that_is_shown(open_view, run: str) -> None:
    page = open_view("gates", run=run, model=CONFIG.names[1], show="intervene")
    page.session_state["shown_code"] = True
    page.run()
    code = page.code[0].value
    assert f'open_recording("runs/{run}")' in code and f'"{CONFIG.names[1]}/parameters", 3' in code
    assert not page.error and not page.exception
    page.selectbox(key="model").set_value("shipped").run()
    assert "character-lstm.safetensors" in page.code[0].value and "f[:] = 1" in page.code[0].value


@pytest.mark.parametrize("name", SITUATIONS)
def test_each_situation_of_reading_sets_unit_and_place_and_says_what_to_see(open_view, name: str) -> None:
    page = open_view("gates", unit="5", start="77")
    assert page.session_state["situation"] is None
    page.button_group(key="situation").set_value(name).run()
    assert not page.error and page.session_state["situation"] == name and SITUATIONS[name][1] in text(page)
    assert page.session_state["unit"] == SITUATIONS[name][0] != 5


@pytest.mark.parametrize(
    ("name", "property", "sign"),
    [("Brackets", "inside_brackets", -1), ("Quotes", "inside_string", 1), ("Indentation", "indentation", 1),
     ("Position in the line", "position_in_line", -1)],
)  # fmt: skip
def test_the_unit_of_each_situation_does_what_its_caption_says(name: str, property: str, sign: int) -> None:
    fields = {field.key: field.default for field in gates_fields(Limits(), server.texts_root())}
    page = GatesPage(shipped_config(), "", True, None, fields | dict(situations()[name]))
    reading = read(SHIPPED, page.asked().passage)
    told = source_properties("".join(reading.tokens))[property].values
    state = np.tanh(reading.plane("cell")[:, page.unit])
    assert sign * np.corrcoef(state, told.astype(float))[0, 1] > 0.6
