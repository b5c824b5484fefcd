"""What recordings cost: opening, refreshing, asking for little, writing. Ratios of one run, printed."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from core.recordings.arrays import to_entries
from core.recordings.batches import PendingRow, batch_message, schema_message
from core.recordings.storage import RecordingWriter, open_recording

pytestmark = pytest.mark.benchmark
NAMES = [
    f"{model}/{name}" for model in ("rnn", "lstm") for name in ("loss", "accuracy", "gradient_norm", "update_ratio")
]
NORMS = np.random.default_rng(0).random((1, 1, 100), np.float32)
ARRAYS = {"rnn/hidden_norms": NORMS, "lstm/hidden_norms": NORMS, "lstm/cell_norms": NORMS}


def scalars(step: int) -> dict[str, float]:
    return dict.fromkeys(NAMES, float(step))


def record(root: Path, steps: int) -> Path:
    """Two models of T = 100, written as training does."""
    with RecordingWriter.create(root, config={}, seed=0) as writer:
        for step in range(steps):
            writer.append(step, scalars(step), ARRAYS)
    return writer.path


def record_slowly(root: Path, steps: int) -> Path:
    """The worst case: so slow a training that every step is a message of its own."""
    path = record(root, 0)
    entries = [entry for name, array in ARRAYS.items() for entry in to_entries(name, array)]
    message = batch_message([PendingRow(10**15, 0.0, scalars(0), tuple(ARRAYS), entries)])
    step, stream = np.int64(10**15).tobytes(), [schema_message()]
    stream += [message.replace(step, np.int64(i).tobytes()) for i in range(steps)]
    (path / "steps.arrows").write_bytes(b"".join(stream))
    return path


def seconds(work: Callable[[], object], repeats: int = 5) -> float:
    """The shortest of some runs."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return min(times)


def read_with_pyarrow(path: Path) -> int:
    with pa.OSFile(str(path / "steps.arrows")) as file:
        return pa.ipc.open_stream(file).read_all().num_rows


@pytest.mark.parametrize("make", [record, record_slowly])
def test_opening_100_000_steps_against_pyarrow_reading_them_whole(tmp_path, make) -> None:
    path = make(tmp_path, 100_000)
    size = (path / "steps.arrows").stat().st_size / 1e6
    whole = seconds(lambda: read_with_pyarrow(path), 3)

    def open_it() -> None:
        with open_recording(path) as recording:
            assert len(recording.steps) == 100_000 and recording.damage == ""

    opened = seconds(open_it, 3)
    print(f"\n{make.__name__}: {size:.0f} MB; open {opened * 1e3:.1f} ms, pyarrow whole {whole * 1e3:.1f} ms", end="")
    print(f" -> {opened / whole:.2f}x of reading it whole (budget: open < 1 s)")
    with open_recording(path) as recording:
        asks = {
            "scalars(most=500)": lambda: recording.scalars(most=500),
            "rows(stride=200), 500 rows": lambda: list(recording.rows(stride=200)),
            "record(newest)": lambda: recording.record("lstm/hidden_norms"),
        }
        for name, ask in asks.items():
            print(f"  {name}: {(took := seconds(ask, 3)) * 1e3:.2f} ms -> {took / whole:.3f}x of reading it whole")


def test_a_refresh_after_a_long_history_against_a_short_one(tmp_path) -> None:
    took = {}
    for history in (500, 5_000, 100_000):
        path = record(tmp_path, history)
        with open_recording(path) as recording, RecordingWriter.resume(path) as writer:
            times, step = [], history
            for _ in range(40):
                for _ in range(20):
                    writer.append(step, scalars(step), ARRAYS)
                    step += 1
                writer.flush()
                last, begin = recording.last_step, time.perf_counter()
                assert recording.refresh() == 20
                assert len(list(recording.rows(after=last))) == 20
                times.append(time.perf_counter() - begin)
            took[history] = float(np.median(times))
    print("\nrefresh and read 20 new rows, median of 40:")
    for history, t in took.items():
        print(f"  after {history:7,} steps: {t * 1e3:.2f} ms -> {t / took[500]:.2f}x of after 500")


def test_appending_against_writing_the_same_bytes_bare(tmp_path) -> None:
    rows = 5_000
    appended = seconds(lambda: record(tmp_path, rows), 3)
    entries = [entry for name, array in ARRAYS.items() for entry in to_entries(name, array)]
    content = b"".join(entry.data for entry in entries) + bytes(8 * len(NAMES))

    def bare() -> None:
        with open(tmp_path / "bare", "wb") as file:
            for _ in range(rows):
                file.write(content)

    print(
        f"\nappend: {appended / rows * 1e6:.0f} µs a step -> {appended / seconds(bare):.1f}x of writing the bytes bare"
    )
