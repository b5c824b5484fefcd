"""Questions of the pictures of sequence to sequence: which run, which model, which pair; as an address holds them.

pairs_question("matrix", TranslationConfig(), model=0, example=3)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from core.recordings.storage import check_run_id, read_header
from core.training.translation_config import TranslationConfig
from core.training.translation_measures import SHOWN
from dashboard.asked import whole

MOST_CONFIG = 6000
"""Characters of a config."""
MOST_TEXT = 200
"""Characters of a typed source or beginning."""
MOST_LAID = 20
"""Rows of attention laid by hand."""


@dataclass(frozen=True)
class Hand:
    """What a person changed before the model wrote again."""

    source: str = ""
    """Typed in place of the example's; empty: the example's own."""
    prefix: str = ""
    """What the model was made to write first."""
    laid: tuple[tuple[int, int], ...] = ()
    """Rows whose attention lies on one column alone: (row, column), from 0."""


@dataclass(frozen=True)
class PairsAsked:
    """One question, checked in form. Errors: ValueError (rule, what came, remedy)."""

    name: str
    """Of the picture."""
    config: TranslationConfig
    """Of the run, if there is one, whatever the page says."""
    model: int = 0
    """Its place in `config.models`."""
    example: int = 0
    """Among the pairs that are shown."""
    run_id: str | None = None
    step: int | None = None
    """Training step that is shown; None: the newest."""
    hand: Hand = Hand()

    def __post_init__(self) -> None:
        for what, value, end in (("model", self.model, len(self.config.models)), ("example", self.example, SHOWN)):
            if not 0 <= value < end:
                raise ValueError(f"a question's {what} must be in 0…{end - 1}, got {value}; reload the page.")

    @property
    def model_name(self) -> str:
        """As the recording names it."""
        return self.config.names[self.model]


def pairs_question(
    name: str, config: TranslationConfig, model: int = 0, example: int = 0, at: int | None = None, hand: Hand = Hand()
) -> str:
    """The question as `Panel.question` takes it; the inverse of `read_pairs_question`.

    `at` is the step of a run that ships; of another the browser says the step itself.
    """
    given: dict[str, object] = {"config": json.dumps(config.to_dict(), separators=(",", ":"), ensure_ascii=False)}
    given |= {"model": model, "example": example}
    given |= {} if at is None else {"at": at}
    given |= {key: text for key, text in (("source", hand.source), ("prefix", hand.prefix)) if text}
    given |= {"laid": written_laid(hand.laid)} if hand.laid else {}
    return f"attention/{name}?{urlencode(given)}"


def written_laid(laid: tuple[tuple[int, int], ...]) -> str:
    """Rows laid by hand as an address holds them: "3-5,4-2"."""
    return ",".join(f"{row}-{column}" for row, column in laid)


def read_laid(text: str) -> tuple[tuple[int, int], ...]:
    """The inverse of `written_laid`. Errors: ValueError (rule, what came, remedy)."""
    pairs = [part.split("-") for part in text.split(",") if part][: MOST_LAID + 1]
    if len(pairs) > MOST_LAID or any(len(pair) != 2 for pair in pairs):
        raise ValueError(f"attention laid by hand is at most {MOST_LAID} of row-column, got {text[:60]!r}; reload.")
    return tuple((whole("row", row), whole("column", column)) for row, column in pairs)


def read_pairs_question(name: str, given: Mapping[str, str], runs: Path) -> PairsAsked:
    """The question from an address. Errors: ValueError (rule, what came, remedy); RecordingError for the run."""
    run_id, step = given.get("run"), given.get("step", given.get("at"))
    config = _config(given.get("config", "{}")) if run_id is None else _config_of_run(runs, run_id)
    hand = Hand(given.get("source", "")[:MOST_TEXT], given.get("prefix", "")[:MOST_TEXT],
                read_laid(given.get("laid", "")))  # fmt: skip
    return PairsAsked(
        name,
        config,
        whole("model", given.get("model", "0")),
        whole("example", given.get("example", "0")),
        run_id,
        None if step is None else whole("step", step),
        hand,
    )


def _config(written: str) -> TranslationConfig:
    try:
        data = json.loads(written[:MOST_CONFIG])
    except (ValueError, RecursionError):
        raise ValueError("a question's config is the JSON of a run's settings, got something else; reload.") from None
    return TranslationConfig.from_dict(data)


def _config_of_run(runs: Path, run_id: str) -> TranslationConfig:
    return TranslationConfig.from_dict(read_header(runs / check_run_id(run_id)).config)
