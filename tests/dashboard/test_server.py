from __future__ import annotations

import base64
import gzip
import http.client
import json
import re
import shutil
import socket
import threading
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import quote, urlencode

import numpy as np
import pytest
import streamlit
import uvicorn
from plotly.offline import get_plotlyjs, get_plotlyjs_version
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from core.recordings.storage import RecordingWriter, open_recording
from dashboard import server
from dashboard.answers import MOST_COLUMNS, needed_stride
from dashboard.early_scripts import FIRST_HOSTS, MORE_WIDGETS, PLOTLY_URL, WIDGETS, early_tags, imported
from dashboard.frontdoor import MIDDLEWARE
from dashboard.plotly_script import CARTESIAN, bundle, opened
from dashboard.readers import Readers
from dashboard.routes import ROUTES, readers_of
from dashboard.scripts import FOLDER, scripts_address, version_at

LENGTH = 20


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def port(runs: Path) -> Iterator[int]:
    """The routes, served as in the dashboard, without Streamlit's own."""
    with pytest.MonkeyPatch.context() as environment, socket.socket() as listening:
        environment.setenv("UNROLL_RUNS", str(runs))
        environment.setenv("UNROLL_WORKERS", "1")
        listening.bind(("127.0.0.1", 0))
        listening.listen()  # what comes before the server is up waits
        addresses = ["/", *(f"/{view}" for view in FIRST_HOSTS)]
        pages = [
            Route(one, lambda request: HTMLResponse("<html><head></head><body>ø</body></html>")) for one in addresses
        ]
        app = Starlette(routes=[*pages, *ROUTES], middleware=MIDDLEWARE)
        serving = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        thread = threading.Thread(target=serving.run, kwargs={"sockets": [listening]})
        thread.start()
        yield listening.getsockname()[1]
        serving.should_exit = True
        thread.join()
        server.close_jobs()
        readers_of(server.runs_root()).close()


class Answer:
    def __init__(self, response: http.client.HTTPResponse):
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    @property
    def json(self) -> dict:
        return json.loads(self.body)


def ask(port: int, path: str, headers: dict[str, str] | None = None) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers=headers or {})
    answer = Answer(connection.getresponse())
    connection.close()
    return answer


def rows(port: int, run: str, **asked) -> dict:
    return ask(port, f"/unroll/runs/{run}/rows?{urlencode(asked, doseq=True)}").json


def norms(step: int) -> np.ndarray:
    return (np.arange(2 * LENGTH, dtype=np.float32).reshape(1, 2, LENGTH) + step) / 7


def record(root: Path, steps: int, status: str = "finished") -> str:
    with RecordingWriter.create(root, config={"steps": steps}, seed=0) as writer:
        append(writer, range(steps + 1))
        writer.close(status=status)
        return writer.header.id


def append(writer: RecordingWriter, steps: range) -> None:
    for step in steps:
        writer.append(step, {"rnn/loss": 1 / (1 + step)}, {"rnn/hidden_norms": norms(step)})
    writer.flush()


@pytest.fixture(scope="module")
def short(runs: Path) -> str:
    return record(runs, 30)


def floats(array: dict) -> np.ndarray:
    return np.frombuffer(base64.b64decode(array["data"]), "<f4").reshape(array["shape"])


def test_rows_are_what_was_recorded_after_the_step_and_on_the_stride(port: int, short: str) -> None:
    answer = rows(port, short, after=9, stride=4)
    assert [row["step"] for row in answer["rows"]] == [12, 16, 20, 24, 28, 30]
    for row in answer["rows"]:
        assert row["scalars"] == {"rnn/loss": 1 / (1 + row["step"])}
        np.testing.assert_array_equal(floats(row["arrays"]["rnn/hidden_norms"]), norms(row["step"]))
    assert {key: answer[key] for key in ("status", "steps", "last_step", "stride", "more")} == {
        "status": "finished", "steps": 30, "last_step": 30, "stride": 4, "more": False,
    }  # fmt: skip


def test_a_source_picks_one_scalar_or_one_layer_and_direction(port: int, short: str) -> None:
    sources = ["rnn/hidden_norms[0,1]", "rnn/loss", "rnn/hidden_norms[7,0]", "rnn/absent", "[[", "a[1]"]
    (row,) = rows(port, short, after=29, source=sources)["rows"]
    assert row["scalars"] == {"rnn/loss": 1 / 31}
    assert list(row["arrays"]) == ["rnn/hidden_norms[0,1]"]
    np.testing.assert_array_equal(floats(row["arrays"]["rnn/hidden_norms[0,1]"]), norms(30)[0, 1])


def test_nothing_new_is_an_empty_answer(port: int, short: str) -> None:
    assert rows(port, short, after=30)["rows"] == []


def test_numbers_that_are_no_numbers_arrive_as_words(port: int, runs: Path) -> None:
    with RecordingWriter.create(runs, config={}, seed=0) as writer:
        writer.append(0, {"a": float("nan"), "b": float("inf"), "c": float("-inf")})
        writer.close(status="diverged", message="Loss is NaN.")
    answer = rows(port, writer.header.id)
    assert answer["rows"][0]["scalars"] == {"a": "NaN", "b": "Infinity", "c": "-Infinity"}
    assert (answer["status"], answer["message"]) == ("diverged", "Loss is NaN.")


@pytest.mark.parametrize(
    "asked", ["after=x&stride=y", "after=&stride=", "after=1e3", "stride=0", "stride=-5", "after=-9"]
)
def test_numbers_out_of_range_in_the_address_fall_back(port: int, short: str, asked: str) -> None:
    answer = ask(port, f"/unroll/runs/{short}/rows?{asked}")
    assert answer.status == 200
    assert len(answer.json["rows"]) == 31


def test_a_huge_number_in_the_address_is_held_in_range(port: int, short: str) -> None:
    answer = rows(port, short, after="9" * 400, stride="9" * 400)
    assert answer["last_step"] == 30


HOSTILE = [
    "..",
    "../../etc",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e",
    "/etc/passwd",
    "a" * 65,
    "A" * 10,
    "runs\x00",
    "-" * 10,
    "ab cd",
]


@pytest.mark.parametrize("run", HOSTILE)
@pytest.mark.parametrize("what", ["rows", "export.csv", "recording.zip"])
def test_a_hostile_id_is_refused_with_a_sentence_or_no_route(port: int, run: str, what: str) -> None:
    answer = ask(port, f"/unroll/runs/{quote(run, safe='%')}/{what}")
    assert answer.status == 404
    assert b"root:" not in answer.body


def test_a_run_that_never_was_and_one_that_vanished_are_told_apart(port: int, runs: Path) -> None:
    assert ask(port, "/unroll/runs/no-such-run/rows").status == 404
    gone = record(runs, 3)
    assert ask(port, f"/unroll/runs/{gone}/rows").status == 200
    shutil.rmtree(runs / gone)
    vanished, later = ask(port, f"/unroll/runs/{gone}/rows"), ask(port, f"/unroll/runs/{gone}/rows")
    assert (vanished.status, later.status) == (410, 404)
    assert "vanished" in vanished.json["error"]


def test_a_run_that_goes_on_is_tailed(port: int, runs: Path) -> None:
    with RecordingWriter.create(runs, config={"steps": 10}, seed=0) as writer:
        append(writer, range(3))
        assert rows(port, writer.header.id)["last_step"] == 2
        append(writer, range(3, 5))
        answer = rows(port, writer.header.id, after=2)
        assert [row["step"] for row in answer["rows"]] == [3, 4]
        assert (answer["status"], answer["queue"]) == ("running", None)


def test_equal_news_cost_equal_bytes_after_500_and_after_5000_steps(port: int, runs: Path) -> None:
    sizes = {}
    for steps in (500, 5000):
        run = record(runs, steps)
        answer = ask(port, f"/unroll/runs/{run}/rows?{urlencode({'after': steps - 1, 'stride': needed_stride(steps)})}")
        assert len(answer.json["rows"]) == 1
        sizes[steps] = len(answer.body)
    assert abs(sizes[5000] - sizes[500]) < 64  # digits of the numbers


def test_a_long_run_opens_with_as_many_rows_as_a_page_keeps(port: int, runs: Path) -> None:
    answer = rows(port, record(runs, 5000))
    assert answer["stride"] == needed_stride(5000) == 16
    assert [row["step"] for row in answer["rows"]] == [*range(0, 5000, 16), 5000]
    assert len(answer["rows"]) <= MOST_COLUMNS + 1


def test_a_large_answer_comes_in_parts(port: int, runs: Path) -> None:
    with RecordingWriter.create(runs, config={}, seed=0) as writer:
        for step in range(40):
            writer.append(step, {}, {"a": np.zeros((1, 1, 100_000), np.float32)})
        writer.close()
    seen, after = [], -1
    while (answer := rows(port, writer.header.id, after=after))["more"]:
        seen += [row["step"] for row in answer["rows"]]
        after = seen[-1]
    seen += [row["step"] for row in answer["rows"]]
    assert seen == list(range(40))


def test_exports_are_the_scalars_and_the_folder(port: int, runs: Path, short: str, tmp_path: Path) -> None:
    table = ask(port, f"/unroll/runs/{short}/export.csv")
    assert table.body.decode().splitlines()[:2] == ["step,rnn/loss", "0,1.0"]
    packed = ask(port, f"/unroll/runs/{short}/recording.zip")
    assert packed.headers["content-disposition"] == f'attachment; filename="{short}.zip"'
    zipfile.ZipFile(BytesIO(packed.body)).extractall(tmp_path)
    with open_recording(tmp_path / short) as recording:
        assert recording.last_step == 30


def test_plotly_is_served_from_the_wheel_compressed_and_kept(port: int) -> None:
    packed = ask(port, "/unroll/plotly.min.js", {"Accept-Encoding": "gzip"})
    plain = ask(port, "/unroll/plotly.min.js", {"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body
    assert "immutable" in packed.headers["cache-control"]
    assert b"plotly.js (cartesian - minified)" in plain.body[:100]
    assert CARTESIAN.stat().st_size - len(plain.body) < 500


def test_the_smaller_plotly_is_of_the_installed_version_and_else_the_installed_one_is_served() -> None:
    assert bundle(get_plotlyjs_version()) == CARTESIAN.read_text(encoding="utf-8")
    assert bundle("0.0.0") == get_plotlyjs()


def test_plotly_loses_its_loader_and_keeps_its_license_and_an_unknown_script_is_left_alone() -> None:
    for wrapped in (get_plotlyjs(), CARTESIAN.read_text(encoding="utf-8")):
        assert "function(root, factory)" in wrapped[:500]
        assert "function(root, factory)" not in opened(wrapped)[:500]
        assert "Licensed under the MIT license" in opened(wrapped)[:500]
    assert opened("var Plotly = 1;") == "var Plotly = 1;"


def test_scripts_of_the_newest_version_are_kept_and_nothing_else_is_served(port: int) -> None:
    newest = ask(port, f"{scripts_address()}live_figures.js")
    assert newest.headers["content-type"].startswith("text/javascript")
    assert "immutable" in newest.headers["cache-control"]
    for address in ("/unroll/live_figures.js", "/unroll/scripts/older/live_figures.js"):
        script = ask(port, address)
        assert (script.body, script.headers["cache-control"]) == (newest.body, "no-cache")
        assert ask(port, address, {"If-None-Match": script.headers["etag"]}).status == 304
    assert {ask(port, f"/unroll/{name}").status for name in ("live_figures.py", "..%2fserver.py", "x.js")} == {404}


def test_pages_carry_a_random_visitor_and_other_answers_none(port: int, short: str) -> None:
    page = {"Accept": "text/html"}
    first, second = (ask(port, "/", page).headers["set-cookie"] for _ in range(2))
    assert first != second
    assert "HttpOnly" in first and "SameSite=Lax" in first
    assert ask(port, "/", {**page, "Cookie": first.split(";")[0]}).headers["set-cookie"] is None
    assert ask(port, f"/unroll/runs/{short}/rows").headers["set-cookie"] is None


def early(port: int, address: str) -> tuple[str, set[str]]:
    """The page at an address, and the scripts that it lets the browser load early."""
    page = ask(port, address)
    text = page.body.decode()
    assert int(page.headers["content-length"]) == len(page.body)
    return text, preloaded(text.split("</head>")[0])


def preloaded(head: str) -> set[str]:
    return set(re.findall(r'<link rel="modulepreload" href="([^"]+)"', head))


def test_pages_begin_plotly_the_hosts_modules_and_widgets_early(port: int) -> None:
    text, scripts = early(port, "/")
    live = {path.name for path in FOLDER.glob("live_*.js")}
    ours = {script.removeprefix(scripts_address()) for script in scripts}
    assert live - ours == {"live_csv.js"}  # which comes when a table is asked for
    assert f'<script async src="{PLOTLY_URL}"></script>' in text.split("</head>")[0]
    check_widgets(scripts, WIDGETS)


def check_widgets(scripts: set[str], widgets: tuple[str, ...]) -> None:
    for widget in widgets:
        (name,) = [script for script in scripts if script.startswith(f"/static/js/{widget}.")]
        assert (Path(streamlit.__file__).parent / "static" / name[1:]).is_file()


@pytest.mark.parametrize("view", MORE_WIDGETS)
def test_a_view_begins_the_widgets_that_others_do_without(view: str) -> None:
    check_widgets(preloaded(early_tags(f"/{view}", "").decode()), MORE_WIDGETS[view])
    for widget in MORE_WIDGETS[view]:
        assert f"/static/js/{widget}." not in early_tags("/", "").decode()


@pytest.mark.parametrize("view", FIRST_HOSTS)
def test_a_view_that_plotly_does_not_draw_first_begins_its_own_host(port: int, view: str) -> None:
    text, scripts = early(port, f"/{view}")
    assert scripts_address() + FIRST_HOSTS[view] in scripts and PLOTLY_URL not in text
    assert all(ask(port, script).status == 200 for script in scripts if script.startswith("/unroll/"))
    text, scripts = early(port, f"/{view}?r_show=stack&show=other")
    assert PLOTLY_URL in text and f"{scripts_address()}live_figures.js" in scripts


def test_a_script_that_changes_gets_another_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.scripts.FOLDER", tmp_path)
    seen = []
    for text in ("1", "22"):
        (tmp_path / "one.js").write_text(text)
        version_at.cache_clear()
        seen.append(scripts_address())
    version_at.cache_clear()
    assert seen[0] != seen[1]


def test_scripts_are_followed_to_all_that_they_import() -> None:
    found = imported(FOLDER, ["search_host.js"])
    assert {"search_inspector.js", "search_attention.js", "reader_words.js"} <= found  # host, inspector, its parts
    assert all((FOLDER / name).exists() for name in found)


def test_foreign_host_names_are_refused_and_all_answers_are_guarded(port: int, short: str) -> None:
    assert ask(port, f"/unroll/runs/{short}/rows", {"Host": "evil.example"}).status == 400
    headers = ask(port, f"/unroll/runs/{short}/rows", {"Host": f"localhost:{port}"}).headers
    assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "SAMEORIGIN")


def test_readers_keep_few_recordings_open(tmp_path: Path) -> None:
    ids = [record(tmp_path, 2) for _ in range(4)]
    readers = Readers(tmp_path, most=2)
    for run in [*ids, *ids]:
        with readers.reading(run) as recording:
            assert recording.last_step == 2
    assert list(readers._open) == ids[-2:]
    readers.close()


@pytest.mark.parametrize("given", ["0", "-1", "two", "1.5", "65"])
def test_a_worker_count_that_is_none_is_refused_with_a_remedy(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("UNROLL_WORKERS", given)
    with pytest.raises(ValueError, match="set one or unset it"):
        server.worker_count()
