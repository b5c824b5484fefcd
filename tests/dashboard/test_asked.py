from __future__ import annotations

import asyncio
import gzip
import http.client
import json
import socket
import threading
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl

import numpy as np
import plotly.graph_objects as go
import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import Route

from core.models.config import ModelConfig
from core.recordings.storage import RecordingWriter
from core.tasks.config import TaskConfig
from core.training.config import TrainingConfig
from core.training.initial import initial_flows
from core.training.loop import train
from dashboard import server
from dashboard.analysis_call import call_within
from dashboard.answering import asked_endpoint
from dashboard.asked import Analysis, Asked, Drawn, Strip, question, read_question
from dashboard.desk import Call, Desk, Kept, TooManyAsked
from dashboard.frontdoor import MIDDLEWARE
from dashboard.packing import packed
from dashboard.readers import readers_of
from tests.browser.apps.measured import ANALYSES, norms_at

CONFIG = TrainingConfig(
    TaskConfig("recall", length=12),
    (ModelConfig("rnn", hidden_size=6), ModelConfig("lstm", hidden_size=5, layers=2, bidirectional=True)),
    steps=4,
    batch_size=4,
)


def asked(written: str, runs: Path = Path("none"), **more: str) -> Asked:
    name, _, rest = written.partition("?")
    return read_question(name, dict(parse_qsl(rest, keep_blank_values=True)) | more, runs)


def played(scene: Coroutine) -> None:
    """Run a scene on an event loop of its own thread: a browser of other tests may keep one on this thread."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, scene).result()


@given(models=st.permutations([0, 1]), example=st.integers(0, 3), rho=st.floats(-9, 9), seed=st.integers(0, 2**32 - 1))
def test_a_question_comes_back_as_it_was_asked(models, example, rho, seed) -> None:
    config = replace(CONFIG, seed=seed)
    written = question("reach", config, tuple(models), example=example, rho=rho)
    assert asked(written) == Asked("reach", config, tuple(models), example=example, extra={"rho": rho})


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"config": "{"}, "JSON"),
        ({"config": "[" * 100_000}, "JSON"),
        ({"config": '{"steps": 0}'}, "steps"),
        ({"config": '{"evil": 1}'}, "knows"),
        ({"models": "2"}, "models 0 to 1"),
        ({"models": ""}, "whole number"),
        ({"models": "-1"}, "whole number"),
        ({"models": "٣"}, "whole number"),
        ({"layer": "1"}, "layer of RNN"),
        ({"direction": "1"}, "direction of RNN"),
        ({"example": "4"}, "from 0 to 3"),
        ({"step": "1e3"}, "whole number"),
        ({"rho": "nan"}, "is a number"),
        ({"rho": "x"}, "is a number"),
        ({f"n{index}": "1" for index in range(9)}, "at most 8"),
        ({"__class__": "1"}, "at most 8"),
    ],
)
def test_a_question_that_nobody_would_ask_is_refused_with_a_sentence(wrong: dict, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        asked(question("reach", CONFIG), **wrong)


@pytest.mark.parametrize(
    "parts", [{}, {"compute": norms_at}, {"draw": print}, {"compute": norms_at, "draw_run": print}]
)
def test_an_analysis_is_computed_and_drawn_or_drawn_from_a_run(parts: dict) -> None:
    with pytest.raises(ValueError, match="either compute and draw"):
        Analysis("half", **parts)


def test_what_is_kept_stays_within_its_bytes_and_forgets_the_oldest() -> None:
    kept = Kept(most=3000)
    for name in "abc":
        kept.put(name, bytes(900))
    kept.get("a")
    kept.put("d", bytes(900))
    assert [name in kept for name in "abcd"] == [True, False, True, True]
    kept.put("huge", bytes(5000))
    assert "huge" not in kept and 2700 < kept.bytes <= 3000


class ByHand(Executor):
    """Runs nothing by itself: the test ends its calls."""

    def __init__(self):
        self.futures: list[Future] = []

    def submit(self, function, /, *args, **kwargs):
        self.futures.append(Future())
        return self.futures[-1]


def call(key: str) -> Call:
    return Call(key, len, ())


def test_equal_questions_share_one_computation_and_its_result_is_kept() -> None:
    async def scene() -> None:
        hand = ByHand()
        desk = Desk(hand)
        waiting = [asyncio.ensure_future(desk.results(visitor, [call("a")], 5)) for visitor in ("ada", "bob")]
        await asyncio.sleep(0)
        hand.futures[0].set_result(7)
        assert await asyncio.gather(*waiting) == [[7], [7]]
        assert await desk.results("cleo", [call("a")], 0) == [7]
        assert len(hand.futures) == 1

    played(scene())


def test_a_question_that_nobody_waits_for_leaves_the_queue_and_one_that_another_wants_stays() -> None:
    async def scene() -> None:
        hand = ByHand()
        desk = Desk(hand)
        alone = asyncio.ensure_future(desk.results("ada", [call("a")], 5))
        shared = [asyncio.ensure_future(desk.results(visitor, [call("b")], 5)) for visitor in ("ada", "bob")]
        await asyncio.sleep(0)
        alone.cancel()
        shared[0].cancel()
        await asyncio.wait([alone, shared[0]])
        assert [future.cancelled() for future in hand.futures] == [True, False]
        again = asyncio.ensure_future(desk.results("ada", [call("a")], 5))
        await asyncio.sleep(0)
        for future in hand.futures[1:]:
            future.set_result(1)
        assert await again == await shared[1] == [1]

    played(scene())


def test_a_question_told_to_wait_knows_its_place_and_is_kept_for_a_while(monkeypatch) -> None:
    monkeypatch.setattr("dashboard.desk.GRACE_SECONDS", 0.05)

    async def scene() -> None:
        hand = ByHand()
        desk = Desk(hand)
        assert [await desk.results("ada", [call(key)], 0) for key in "abc"] == [None] * 3
        assert [desk.place([call(key)]) for key in "abc"] == [1, 2, 3]
        hand.futures[0].set_running_or_notify_cancel()
        assert [desk.place([call(key)]) for key in "abc"] == [0, 1, 2]
        while not hand.futures[2].cancelled():
            await asyncio.sleep(0.01)
        assert not hand.futures[0].cancelled()
        hand.futures[0].set_result("late")
        await asyncio.sleep(0.01)
        assert await desk.results("bob", [call("a")], 0) == ["late"]

    played(scene())


def test_a_visitor_waits_for_few_pictures_at_once_and_others_are_not_held_up() -> None:
    async def scene() -> None:
        desk = Desk(ByHand(), most_asked=2)
        for key in "ab":
            await desk.results("ada", [call(key)], 0)
        assert await desk.results("ada", [call("a")], 0) is None
        with pytest.raises(TooManyAsked, match="2 pictures"):
            await desk.results("ada", [call("c")], 0)
        assert await desk.results("bob", [call("c")], 0) is None

    played(scene())


def test_an_analysis_is_stopped_after_its_time() -> None:
    started = time.monotonic()
    with pytest.raises(TimeoutError, match="fewer timesteps"):
        call_within(0.05, time.sleep, 30)
    assert time.monotonic() - started < 10
    assert call_within(5, len, "abc") == 3


def test_a_strip_travels_as_bytes_with_its_nan() -> None:
    rows = np.array([[0.0, 0.5], [1.0, np.nan]])
    strip = json.loads(gzip.decompress(packed(Drawn(go.Figure(), "", Strip(("a", "b"), rows, "reaches")), None)))[
        "strip"
    ]
    assert strip == {"tokens": ["a", "b"], "title": "reaches", "shape": [2, 2], "data": "AH/+/w==", "names": []}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def port(runs: Path) -> Iterator[int]:
    """The endpoint with the tests' analyses and a real worker."""
    with pytest.MonkeyPatch.context() as environment, socket.socket() as listening:
        environment.setenv("UNROLL_RUNS", str(runs))
        environment.setenv("UNROLL_WORKERS", "1")
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        app = Starlette(routes=[Route("/unroll/asked/{name}", asked_endpoint(lambda: ANALYSES))], middleware=MIDDLEWARE)
        serving = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        thread = threading.Thread(target=serving.run, kwargs={"sockets": [listening]})
        thread.start()
        assert server.analysis_pool().wait_until_warm(120)
        yield listening.getsockname()[1]
        serving.should_exit = True
        thread.join()
        server.close_jobs()
        server.close_analysis_pool()
        readers_of(server.runs_root()).close()


def once(port: int, written: str, **more) -> tuple[int, dict]:
    """Status and answer."""
    added = "".join(f"&{name}={value}" for name, value in more.items())
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", f"/unroll/asked/{written}{added}")
    answer = connection.getresponse()
    found = answer.status, json.loads(answer.read())
    connection.close()
    return found


def ask(port: int, written: str, **more) -> tuple[int, dict]:
    """The same, asked again while it is 202."""
    while (answer := once(port, written, **more))[0] == 202:
        pass
    return answer


def first_norm(answer: dict) -> float:
    return float(answer["reading"].split("**")[3])


def test_before_training_the_picture_is_that_of_the_initial_models(port: int) -> None:
    status, answer = ask(port, question("norms", CONFIG, (0, 1)))
    flow = initial_flows(CONFIG)[0]
    assert (status, answer["step"]) == (200, None)
    assert first_norm(answer) == pytest.approx(flow.norms()[0, 0, 0], rel=5e-3)
    assert [trace["name"] for trace in answer["figure"]["data"]] == [model.label for model in CONFIG.models]
    assert "template" not in answer["figure"]["layout"]


@pytest.fixture(scope="module")
def run(runs: Path) -> str:
    """A run of CONFIG's models, whose parameters are recorded at steps 0 and 2."""
    with RecordingWriter.create(runs, config=CONFIG.to_dict(), seed=CONFIG.seed) as writer:
        for step in train(CONFIG):
            arrays = {f"{model.name}/hidden_norms": model.hidden_norms for model in step.models}
            for model in step.models if step.step in (0, 2) else ():
                arrays[f"{model.name}/parameters"] = model.parameters
            writer.append(step.step, {}, arrays)
        writer.close()
        return writer.header.id


def recorded_norm(runs: Path, run: str, step: int) -> float:
    with readers_of(runs).reading(run) as recording:
        return float(recording.record(f"{CONFIG.names[0]}/hidden_norms", step)[0, 0, 0])


@pytest.mark.parametrize(("step", "snapshot"), [(0, 0), (1, 0), (2, 2), (3, 2), (None, 2)])
def test_in_a_run_the_picture_is_that_of_the_last_snapshot(port, runs, run, step, snapshot) -> None:
    added = {"run": run} if step is None else {"run": run, "step": step}
    status, answer = ask(port, question("norms", TrainingConfig()), **added)
    assert (status, answer["step"]) == (200, snapshot)
    assert answer["reading"].startswith(f"At training step {snapshot}. ")
    assert first_norm(answer) == pytest.approx(recorded_norm(runs, run, snapshot), rel=5e-3)


def test_what_is_of_the_initial_models_stays_the_same_throughout_a_run(port: int, run: str) -> None:
    status, answer = ask(port, question("initial", CONFIG), run=run)
    _, before = ask(port, question("norms", CONFIG))
    assert (status, answer["step"], first_norm(answer)) == (200, 0, first_norm(before))
    assert once(port, question("initial", CONFIG), run=run, since=0) == (200, {"unchanged": True})


def test_a_picture_that_the_browser_has_is_not_sent_again(port: int, run: str) -> None:
    assert ask(port, question("norms", CONFIG), run=run, since=2) == (200, {"unchanged": True})
    assert ask(port, question("rows", CONFIG), run=run, since=4) == (200, {"unchanged": True})


def test_a_picture_is_drawn_from_the_recording_alone(port: int, run: str) -> None:
    assert ask(port, question("rows", CONFIG), run=run)[1]["reading"] == "**5** rows."
    status, answer = ask(port, question("rows", CONFIG))
    assert status == 400 and "train one first" in answer["error"]


HUGE = replace(CONFIG, models=(ModelConfig("rnn", hidden_size=257),))


@pytest.mark.parametrize(
    ("written", "status", "says"),
    [
        (question("norms", HUGE), 400, "at most 256 hidden units"),
        (question("norms", CONFIG, layer=3), 400, "layer of RNN"),
        (question("absent", CONFIG), 404, "no such picture"),
        (question("refused", CONFIG), 400, "choose another model"),
        (question("failed", CONFIG), 500, "could not be computed"),
        (question("norms", CONFIG) + "&run=no-such-run", 404, "no-such-run"),
        (question("norms", CONFIG) + "&run=..%2f..", 404, "run"),
    ],
)
def test_what_cannot_be_answered_is_a_sentence_and_a_status(port: int, written: str, status: int, says: str) -> None:
    answered, answer = ask(port, written)
    assert answered == status and says in answer["error"] and "secret" not in answer["error"]


def test_a_worker_that_dies_is_said_and_the_next_question_is_answered(port: int) -> None:
    before = server.analysis_pool().pids
    status, answer = ask(port, question("killed", CONFIG))
    assert status == 503 and "SIGKILL" in answer["error"]
    status, _ = ask(port, question("norms", replace(CONFIG, seed=9)))
    assert status == 200 and server.analysis_pool().pids != before


def test_a_browser_that_leaves_takes_its_question_off_the_queue(port: int) -> None:
    busy = socket.create_connection(("127.0.0.1", port))
    request(busy, question("slow", replace(CONFIG, seed=20)))
    with socket.create_connection(("127.0.0.1", port)) as left:
        request(left, question("slow", replace(CONFIG, seed=21)))
    assert once(port, question("slow", replace(CONFIG, seed=22))) == (202, {"place": 1})
    busy.close()


def request(connection: socket.socket, written: str) -> None:
    connection.sendall(f"GET /unroll/asked/{written} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    connection.settimeout(0.2)
    with pytest.raises(TimeoutError):
        connection.recv(1)
