"""A model whose weights are not finite: what the page of gates is sent, end to end."""

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np
import pytest

from core.models.config import ModelConfig
from core.probes.intervention import Intervention
from core.recordings.storage import RecordingWriter
from core.tasks.catalog import make_task
from core.tasks.config import TaskConfig
from core.training.config import TrainingConfig
from core.training.loop import TrainingDiverged, train
from core.training.reading import Passage
from core.training.rows import records, scalars
from dashboard import server
from dashboard.gates_asked import gates_question
from dashboard.gates_calls import ORDERS
from dashboard.gates_measurements import order_of, sentence_of
from dashboard.reading_asked import AskedReading, reading_question
from tests.dashboard.reading_server import TEXT, get, port, shipped

__all__ = ["port", "shipped"]
CONFIG = TrainingConfig(
    TaskConfig("next_character", length=8, text="python-source"),
    (ModelConfig("lstm", 6), ModelConfig("gru", 6), ModelConfig("relu_rnn", 6)),
    steps=1,
    batch_size=4,
)
SICK = 2
"""The unit whose weights are not finite."""


def strict(body: bytes) -> Any:
    """As a browser reads JSON, which knows no NaN."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"a browser cannot read {constant}")

    return json.loads(body, parse_constant=refuse)


@pytest.fixture(scope="module")
def sick(port: int) -> str:
    """A run whose recorded parameters hold, at its last step, one NaN: W_ih of unit SICK's first gate."""
    server.runs_root().mkdir(exist_ok=True)
    with RecordingWriter.create(server.runs_root(), config=CONFIG.to_dict(), seed=0) as writer:
        for step in train(CONFIG):
            kept = records(step)
            for name, one in zip(CONFIG.names, CONFIG.models, strict=True):
                parameters = np.array(kept[f"{name}/parameters"])
                rows = len(symbols()) * one.hidden_size  # of the embedding, which comes first
                if step.step == 1:
                    parameters[rows + SICK * one.hidden_size] = np.nan
                kept[f"{name}/parameters"] = parameters
            writer.append(step.step, scalars(step), kept)
        writer.close(status="crashed")
        return writer.header.id


def symbols() -> tuple[str, ...]:
    return make_task(CONFIG.task).symbols


def asked_of(run: str, name: str, step: int | None = None, hands: tuple[Intervention, ...] = ()) -> AskedReading:
    return AskedReading(f"run:{run}:{name}", step, Passage(typed=TEXT), hands=hands)


def reading(port: int, asked: AskedReading) -> dict[str, Any]:
    status, _, body = get(port, f"/unroll/reading?{reading_question(asked)}")
    assert status == 200, body
    return strict(body)


def plane(port: int, asked: AskedReading, gate: str) -> np.ndarray:
    status, headers, body = get(port, f"/unroll/reading/plane?{reading_question(asked)}&gate={gate}&precision=single")
    assert status == 200, body
    return np.frombuffer(body, "<f4").reshape([int(size) for size in headers["X-Shape"].split(",")])


def picture(port: int, asked: AskedReading, name: str, **extra: float | str) -> tuple[int, dict[str, Any]]:
    """Status and answer, once it is no longer in the queue."""
    for _ in range(200):
        status, _, body = get(port, f"/unroll/asked/{gates_question(name, asked, **extra)}")
        if status != 202:
            return status, strict(body)
        time.sleep(0.1)
    raise AssertionError("the picture did not come")


@pytest.mark.parametrize("name", CONFIG.names)
def test_a_nan_in_the_weights_reaches_the_browser_as_nan_and_not_as_zero(port: int, sick: str, name: str) -> None:
    well, ill = (reading(port, asked_of(sick, name, step)) for step in (0, None))
    assert (well["step"], ill["step"]) == (0, 1) and ill["losses"][0] is None
    assert all(isinstance(loss, float) for loss in well["losses"][1:])
    assert ill["losses"][1:] == ["NaN"] * (len(TEXT) - 1) and {p for row in ill["next"] for _, p in row} == {"NaN"}
    for gate in ill["gates"]:
        here = plane(port, asked_of(sick, name), gate)
        assert np.isfinite(plane(port, asked_of(sick, name, 0), gate)).all()
        assert np.isnan(here[:, 1:]).all()  # from t = 1 on the others catch it by h
        assert np.isfinite(here[[unit for unit in range(6) if unit != SICK], 0]).all()
    assert np.isnan(plane(port, asked_of(sick, name), "hidden")[SICK, 0])


@pytest.mark.parametrize("name", CONFIG.names)
def test_pictures_of_nan_say_so(port: int, sick: str, name: str) -> None:
    asked = asked_of(sick, name)
    status, shown = picture(port, asked, "saturation")
    assert status == 200 and "**NaN** at" in shown["reading"]
    status, shown = picture(port, asked, "chances", place=3)
    assert status == 200 and "the probabilities are NaN" in shown["reading"]
    status, shown = picture(port, asked_of(sick, name, hands=(Intervention("hidden", first=2),)), "effect")
    assert status == 200 and "Mean loss **NaN → NaN**" in shown["reading"] and "is no number" in shown["reading"]
    status, shown = picture(port, asked, "state", unit=SICK)
    assert status == 200 and "NaN → NaN" in shown["reading"]
    status, shown = picture(port, asked, "cells", property="indentation")
    assert status == 400 and "needs states that are numbers" in shown["error"]
    if name.startswith("lstm"):
        status, shown = picture(port, asked, "path", first=1, last=5)
        assert status == 200 and "∏ f = **NaN**" in shown["reading"]


@pytest.mark.parametrize("name", CONFIG.names)
@pytest.mark.parametrize("by", ORDERS)
def test_units_without_numbers_still_have_an_order_and_a_sentence(port: int, sick: str, name: str, by: str) -> None:
    asked = asked_of(sick, name, 1)
    assert sorted(order_of(asked, "hidden", by, "indentation")) == list(range(6))
    assert "loses **NaN** nats each" in sentence_of(asked, SICK) and "NaN" in sentence_of(asked, SICK).split("Unit")[1]


def test_a_run_that_diverged_is_read_up_to_its_last_weights(port: int) -> None:
    """A ReLU RNN at a learning rate of 1,000: its last weights are finite, its states are not."""
    config = TrainingConfig(CONFIG.task, (ModelConfig("relu_rnn", 6, gain=3.0, initialization="identity"),), steps=20,
                            batch_size=4, learning_rate=1000.0, optimizer="sgd", clip="none")  # fmt: skip
    with RecordingWriter.create(server.runs_root(), config=config.to_dict(), seed=0) as writer:
        with pytest.raises(TrainingDiverged):
            for step in train(config):
                writer.append(step.step, scalars(step), records(step))
        writer.close(status="diverged")
    asked = asked_of(writer.header.id, config.names[0])
    shown, states = reading(port, asked), plane(port, asked, "hidden")
    assert shown["step"] > 0 and not np.isfinite(states).all()
    assert picture(port, asked, "saturation")[0] == 200
