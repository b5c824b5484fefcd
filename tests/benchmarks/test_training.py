"""How soon a run's first step can be seen, and what recording and steering cost a training step."""

import time
from dataclasses import replace
from statistics import median

import numpy as np
import pytest
import torch

from core.models.config import ModelConfig
from core.models.sequence_model import build_model
from core.recordings.storage import open_recording, read_header
from core.tasks.catalog import make_task
from core.tasks.config import TaskConfig
from core.training.config import TrainingConfig
from core.training.jobs import Jobs
from core.training.limits import Limits
from core.training.loop import train
from core.training.run import create_folder, train_into
from core.training.workers import WorkerPool

pytestmark = pytest.mark.benchmark

MODELS = (ModelConfig("lstm", forget_bias=3.0), ModelConfig("rnn"))
RECALL = TrainingConfig(TaskConfig("recall", length=20), MODELS, steps=300)


@pytest.fixture
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_from_start_to_the_first_recorded_row(tmp_path):
    began = time.perf_counter()
    with WorkerPool(1) as pool:
        assert pool.wait_until_warm(60)
        print(f"\nwarming a pool: {time.perf_counter() - began:.2f} s")
        jobs = Jobs(tmp_path, pool, 1, Limits())
        for config in (RECALL, replace(RECALL, task=TaskConfig("recall", length=100))):
            took = median(_seconds_to_first_row(jobs, config) for _ in range(5))
            print(f"start() -> first row on disk, 2 models, T={config.task.length}: {1e3 * took:.0f} ms (median of 5)")
        jobs.close()


def _seconds_to_first_row(jobs, config):
    began = time.perf_counter()
    run_id = jobs.start(config, "visitor")
    while not _rows(jobs.root / run_id):
        time.sleep(0.001)
    took = time.perf_counter() - began
    jobs.end(run_id)
    while read_header(jobs.root / run_id).is_active:
        time.sleep(0.001)
    return took


def _rows(folder):
    with open_recording(folder) as recording:
        return len(recording.steps)


@pytest.mark.parametrize("length", [20, 100])
def test_a_training_step_watched_and_recorded_against_a_bare_one(tmp_path, one_thread, length):
    config = replace(RECALL, task=TaskConfig("recall", length=length), steps=100)
    bare = _seconds_a_step(config, lambda: _bare_training(config))
    watched = _seconds_a_step(config, lambda: sum(1 for _ in train(config)))
    count = iter(range(1000))

    def record():
        name = f"run-number-{next(count)}"
        create_folder(tmp_path, name, config, {})
        train_into(tmp_path / name, config)

    recorded = _seconds_a_step(config, record)
    print(
        f"\nT={length}, 2 models, CPU ms a step: bare {1e3 * bare:.2f}, "
        f"train() {1e3 * watched:.2f} ({watched / bare:.2f}×), "
        f"recorded and steered {1e3 * recorded:.2f} ({recorded / bare:.2f}×; {recorded / watched:.2f}× of train())"
    )


def _seconds_a_step(config, work):
    """CPU seconds, which other processes on the machine change little; the least of three."""
    work()
    times = []
    for _ in range(3):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times) / config.steps


def _bare_training(config):
    """The same updates of the same models with PyTorch alone, and nothing measured but the loss."""
    task = make_task(config.task)
    models = [build_model(model, task, config.seed) for model in config.models]
    optimizers = [torch.optim.Adam(model.parameters(), config.learning_rate, fused=True) for model in models]
    for step in range(config.steps + 1):
        batch = task.batch(np.random.default_rng([config.seed, step]), config.batch_size)
        for model, optimizer in zip(models, optimizers, strict=True):
            optimizer.zero_grad()
            loss = task.loss(model(batch.inputs), batch)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), config.max_norm)
            optimizer.step()
            loss.item()
