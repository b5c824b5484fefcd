"""The dashboard's routes on a free port with a tiny shipped model, for tests of what models read."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette

from core.models.character_model import CharacterModel, save_character_model
from core.models.config import ModelConfig
from core.models.sequence_model import build_model
from core.models.vocabulary import Vocabulary
from core.recordings.storage import RecordingWriter
from core.tasks.config import TaskConfig
from core.training.config import TrainingConfig
from core.training.loop import train
from core.training.rows import records
from dashboard import reading_choice, server
from dashboard.frontdoor import MIDDLEWARE
from dashboard.readers import readers_of
from dashboard.routes import ROUTES

TEXT = 'def f(x):\n    return "a" + x\n'
CONFIG = TrainingConfig(
    TaskConfig("recall", length=8),
    (ModelConfig("gru", hidden_size=6), ModelConfig("lstm", hidden_size=5, layers=2, bidirectional=True)),
    steps=3,
    batch_size=4,
)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("assets") / "tiny.safetensors"
    config, vocabulary = ModelConfig("lstm", hidden_size=8), Vocabulary.of(TEXT)
    save_character_model(path, CharacterModel(build_model(config, vocabulary, 3), config, vocabulary, {}))
    return path


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory, shipped: Path) -> Iterator[int]:
    """The dashboard's routes on a free port, with one worker and a tiny shipped model."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UNROLL_RUNS", str(tmp_path_factory.mktemp("reading") / "runs"))
        patch.setenv("UNROLL_ANALYSIS_WORKERS", "1")
        patch.setenv("UNROLL_WORKERS", "1")
        patch.setattr(reading_choice, "SHIPPED", shipped)
        reading_choice._shipped.cache_clear()
        server.close_jobs()
        server.close_analysis_pool()
        serving = uvicorn.Server(uvicorn.Config(Starlette(routes=ROUTES, middleware=MIDDLEWARE), log_level="error"))
        thread = threading.Thread(target=serving.run, kwargs={"sockets": [listening]})
        thread.start()
        assert server.analysis_pool().wait_until_warm(120)
        yield listening.getsockname()[1]
        serving.should_exit = True
        thread.join()
        server.close_jobs()
        server.close_analysis_pool()
        readers_of(server.runs_root()).close()
    reading_choice._shipped.cache_clear()


@pytest.fixture(scope="module")
def run(port: int) -> str:
    """A run of CONFIG's models, whose parameters are recorded at steps 0 and 2."""
    root = server.runs_root()
    root.mkdir(exist_ok=True)
    with RecordingWriter.create(root, config=CONFIG.to_dict(), seed=CONFIG.seed) as writer:
        for step in train(CONFIG):
            kept = records(step)
            if step.step not in (0, 2):
                kept = {name: value for name, value in kept.items() if not name.endswith("parameters")}
            writer.append(step.step, {}, kept)
        writer.close()
        return writer.header.id


def get(port: int, path: str, **headers: str) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    found = answer.status, answer.headers, answer.read()
    connection.close()
    return found
