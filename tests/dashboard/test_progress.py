from __future__ import annotations

import time
from pathlib import Path

from dashboard.progress import WRITE_SECONDS, progress_file, share_done, writer


def test_what_a_worker_wrote_last_is_what_the_server_reads(tmp_path: Path) -> None:
    path = tmp_path / "share"
    assert share_done(path) is None
    tell = writer(path)
    tell(0.25)
    assert share_done(path) == 0.25
    tell(0.5)  # too soon after the last
    assert share_done(path) == 0.25
    time.sleep(WRITE_SECONDS)
    tell(0.75)
    assert share_done(path) == 0.75


def test_a_share_that_cannot_be_read_or_written_is_none_and_stops_nothing(tmp_path: Path) -> None:
    writer(tmp_path / "gone" / "share")(0.5)
    (tmp_path / "torn").write_text("0.x")
    assert share_done(tmp_path / "torn") is None


def test_each_call_has_a_file_of_its_own() -> None:
    assert progress_file(("a", 1)) == progress_file(("a", 1)) != progress_file(("a", 2))
