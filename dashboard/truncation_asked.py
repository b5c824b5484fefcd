"""Questions of the Truncation page's pictures: a config, and where in it one looks; as an address holds it.

cut_question("text", TruncationConfig(), place=45)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from core.recordings.storage import check_run_id, read_header
from core.training.truncation_config import TruncationConfig
from dashboard.asked import whole

MOST_CONFIG = 4000
"""Characters of a config."""


@dataclass(frozen=True)
class CutAsked:
    """One question, checked in form."""

    name: str
    """Of the picture."""
    config: TruncationConfig
    """Of the run, if there is one, whatever the page says."""
    place: int = 0
    """t*, from 0."""
    example: int = 0
    """Position in the batch."""
    of: int = 0
    """In a run: the truncation whose weights are looked at, by its position."""
    run_id: str | None = None
    step: int | None = None
    """Training step that is shown; None: the newest."""


def cut_question(name: str, config: TruncationConfig, place: int = 0, example: int = 0, of: int = 0) -> str:
    """The question as `Panel.question` takes it; the inverse of `read_cut_question`."""
    written = json.dumps(config.to_dict(), separators=(",", ":"), ensure_ascii=False)
    return f"truncation/{name}?{urlencode({'config': written, 'place': place, 'example': example, 'of': of})}"


def read_cut_question(name: str, given: Mapping[str, str], runs: Path) -> CutAsked:
    """The question from an address. Errors: ValueError (rule, what came, remedy); RecordingError for the run."""
    run_id, step = given.get("run"), given.get("step")
    config = _config(given.get("config", "{}")) if run_id is None else _config_of_run(runs, run_id)
    places = {key: whole(key, given.get(key, "0")) for key in ("place", "example", "of")}
    if places["of"] >= len(config.truncations):
        raise ValueError(
            f"of is the position of one of {len(config.truncations)} truncations, got {places['of']}; reload the page."
        )
    return CutAsked(name, config, **places, run_id=run_id, step=None if step is None else whole("step", step))


def _config(written: str) -> TruncationConfig:
    try:
        data = json.loads(written[:MOST_CONFIG])
    except (ValueError, RecursionError):
        raise ValueError("a question's config is the JSON of a run's settings, got something else; reload.") from None
    return TruncationConfig.from_dict(data)


def _config_of_run(runs: Path, run_id: str) -> TruncationConfig:
    return TruncationConfig.from_dict(read_header(runs / check_run_id(run_id)).config)
