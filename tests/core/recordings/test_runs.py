"""Run ids, lists of runs, and exports."""

from __future__ import annotations

import io
import shutil
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import append_step, record_steps, stream

from core.recordings.run_id import RUN_ID
from core.recordings.storage import (
    RecordingError,
    RecordingWriter,
    check_run_id,
    export_csv,
    export_zip,
    list_runs,
    new_run_id,
    open_recording,
    read_header,
    write_header,
)


def test_new_ids_are_ids_that_sort_by_time() -> None:
    ids = [new_run_id() for _ in range(200)]
    assert all(check_run_id(run_id) == run_id for run_id in ids) and len(set(ids)) == 200
    times = [run_id.rsplit("-", 1)[0] for run_id in ids]
    assert times == sorted(times)


@pytest.mark.parametrize(
    "run_id",
    ["", "short", "../../../etc", "a/b/c/d", "..", "-abcdef", "ABCDEF", "a" * 65, "abcdef\n", "äbcdef", None, 7],
)
def test_what_is_no_id_is_refused(run_id, tmp_path) -> None:
    with pytest.raises(RecordingError, match="A run id has"):
        check_run_id(run_id)
    if run_id is not None:
        with pytest.raises(RecordingError, match="A run id has"):
            RecordingWriter.create(tmp_path, config={}, seed=0, run_id=run_id)


@given(st.text())
def test_an_id_cannot_leave_its_root(text) -> None:
    try:
        check_run_id(text)
    except RecordingError:
        return
    assert not set(text) & set("/\\.\0") and RUN_ID.fullmatch(text)


def test_runs_are_listed_newest_first_and_the_unreadable_are_said(tmp_path) -> None:
    paths = [record_steps(tmp_path, range(1)) for _ in range(3)]
    for age, path in enumerate(paths):
        write_header(path, replace(read_header(path), created=100.0 - age))
    (tmp_path / "not-a-run").mkdir()
    (tmp_path / "broken-run").mkdir()
    (tmp_path / "broken-run" / "run.json").write_text("{")
    (tmp_path / "file").write_text("x")
    (tmp_path / ".hidden").mkdir()
    headers, problems = list_runs(tmp_path)
    assert [header.id for header in headers] == [path.name for path in paths]
    assert len(problems) == 2 and problems[0].startswith("broken-run: ") and problems[1].startswith("not-a-run: ")


def test_a_copied_run_is_listed_under_its_own_name(tmp_path) -> None:
    path = record_steps(tmp_path, range(1))
    shutil.copytree(path, tmp_path / "copy-of-it")
    assert {header.id for header in list_runs(tmp_path)[0]} == {path.name, "copy-of-it"}


def test_a_root_that_is_not_there_yet_has_no_runs(tmp_path) -> None:
    assert list_runs(tmp_path / "nowhere") == ([], [])


def test_a_csv_holds_the_scalars(tmp_path) -> None:
    with RecordingWriter.create(tmp_path, config={}, seed=0) as writer:
        writer.append(0, {"loss": 0.1, 'a,"b"': 1.0})
        writer.append(5, {"loss": np.inf})
    file = io.StringIO()
    with open_recording(writer.path) as recording:
        export_csv(recording, file)
        file.seek(0)
        read = pd.read_csv(file, index_col="step")
        pd.testing.assert_frame_equal(read, recording.scalars())


def test_a_zip_unpacks_to_the_same_recording_even_while_it_is_written(tmp_path) -> None:
    with RecordingWriter.create(tmp_path / "runs", config={"a": 1}, seed=0) as writer:
        for step in range(10):
            append_step(writer, step)
        writer.flush()
        with open(stream(writer.path), "ab") as file:
            file.write(stream(writer.path).read_bytes()[:500][::-1])  # torn
        archive = zipfile.ZipFile(io.BytesIO(export_zip(writer.path)))
        archive.extractall(tmp_path / "unpacked")
    with open_recording(tmp_path / "unpacked" / writer.path.name) as recording:
        assert recording.steps.tolist() == list(range(10)) and recording.header.config == {"a": 1}
        assert recording.record("norms").tolist() == [9, 9, 9]


def test_only_a_recording_can_be_zipped(tmp_path) -> None:
    (tmp_path / "secrets.txt").write_text("x")
    with pytest.raises(RecordingError):
        export_zip(tmp_path)
