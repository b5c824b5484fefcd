"""Which reading is asked for: who reads what, and with which hands in the works; as an address holds it.

reading_question(model="shipped", passage=Passage(length=400), hands=still_cell(100))
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

from core.probes.intervention import Intervention
from core.recordings.storage import check_run_id
from core.tasks.config import BUNDLED_TEXTS, OWN_TEXT
from core.tasks.texts import UNSEEN
from core.training.reading import Passage
from dashboard.asked import whole

SHIPPED = "shipped"
MOST_LENGTH = 4000
"""Characters of one reading."""
MOST_TYPED = 1000
MOST_START = 10_000_000
MOST_HANDS = 16
TEXTS = (UNSEEN, *BUNDLED_TEXTS)
TOKEN = "token"
"""The `what` of a hand that edits the text: {"what": "token", "at": timestep, "symbol": "x"}."""
_RUN = re.compile(r"run:(?P<run>[^:]+):(?P<name>[A-Za-z0-9_-]{1,80})")


@dataclass(frozen=True)
class AskedReading:
    """One question, checked in form; who reads, and whether it has what is asked for, the server finds out."""

    model: str = SHIPPED
    """SHIPPED, or "run:<id>:<name of the model>"."""
    step: int | None = None
    """Training step of a run's model; None: the newest."""
    passage: Passage = Passage()
    layer: int = 0
    direction: int = 0
    hands: tuple[Intervention, ...] = ()

    @property
    def run(self) -> tuple[str, str] | None:
        """The run and the name of its model; None for the shipped one."""
        match = _RUN.fullmatch(self.model)
        return None if match is None else (match["run"], match["name"])


def reading_question(asked: AskedReading) -> str:
    """The question as the reader's host takes it; the inverse of `read_reading`."""
    passage = asked.passage
    hands = [_written(hand) for hand in asked.hands]
    hands += [{"what": TOKEN, "at": step, "symbol": symbol} for step, symbol in passage.edits]
    given = {
        "model": asked.model,
        "step": "newest" if asked.step is None else asked.step,
        "text": passage.text,
        "typed": passage.typed,
        "start": passage.start,
        "length": passage.length,
        "example": passage.example,
        "layer": asked.layer,
        "direction": asked.direction,
        "hands": json.dumps(hands, separators=(",", ":"), ensure_ascii=False) if hands else "",
    }
    default = {"step": "newest", "typed": "", "start": 0, "example": 0, "layer": 0, "direction": 0, "hands": ""}
    return urlencode({key: value for key, value in given.items() if default.get(key) != value})


def _written(hand: Intervention) -> dict[str, Any]:
    written = asdict(hand)
    return written | {"units": None if hand.units is None else list(hand.units)}


def read_reading(given: Mapping[str, str]) -> AskedReading:
    """The question from an address. Errors: ValueError (rule, what came, remedy); RecordingError for a run's id."""
    hands, edits = _hands(given.get("hands", ""))
    step = given.get("step", "newest")
    asked = AskedReading(
        _model(given.get("model", SHIPPED)),
        None if step == "newest" else whole("step", step),
        Passage(
            _text(given.get("text", UNSEEN)),
            _short("typed", given.get("typed", ""), MOST_TYPED),
            _within("start", given, 0, 0, MOST_START),
            _within("length", given, 1000, 1, MOST_LENGTH),
            _within("example", given, 0, 0, MOST_START),
            edits,
        ),
        _within("layer", given, 0, 0, 99),
        _within("direction", given, 0, 0, 1),
        hands,
    )
    return asked


def _model(text: str) -> str:
    match = _RUN.fullmatch(text)
    if match is None and text != SHIPPED:
        raise ValueError(f"a reading is by model=shipped or run:<id>:<name>, got {text[:60]!r}; choose one.")
    if match is not None:
        check_run_id(match["run"])
    return text


def _text(text: str) -> str:
    if text not in TEXTS and not OWN_TEXT.fullmatch(text):
        raise ValueError(f"text must be one of {', '.join(TEXTS)} or a text of one's own, got {text[:60]!r}; choose.")
    return text


def _short(what: str, text: str, most: int) -> str:
    if len(text) > most:
        raise ValueError(f"{what} may have {most:,} characters, got {len(text):,}; shorten it.")
    return text


def _within(what: str, given: Mapping[str, str], default: int, low: int, high: int) -> int:
    value = whole(what, given.get(what, str(default)))
    if not low <= value <= high:
        raise ValueError(f"{what} is a whole number from {low:,} to {high:,}, got {value:,}; choose one in that range.")
    return value


def _hands(written: str) -> tuple[tuple[Intervention, ...], tuple[tuple[int, str], ...]]:
    """Interventions, and edits of the text."""
    try:
        listed = json.loads(written) if written else []
        if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
            raise TypeError
    except (ValueError, TypeError, RecursionError):
        raise ValueError("hands are a JSON list of objects, got something else; reload the page.") from None
    if len(listed) > MOST_HANDS:
        raise ValueError(f"a reading takes at most {MOST_HANDS} hands, got {len(listed)}; leave some out.")
    edits = tuple(_edit(one) for one in listed if one.get("what") == TOKEN)
    return tuple(_intervention(one) for one in listed if one.get("what") != TOKEN), edits


def _edit(one: Mapping[str, Any]) -> tuple[int, str]:
    step, symbol = one.get("at"), one.get("symbol")
    if not _is_whole(step) or not isinstance(symbol, str) or not 1 <= len(symbol) <= 20:
        raise ValueError(f'an edit is {{"what":"token","at":timestep,"symbol":"x"}}, got {str(one):.80}; mend it.')
    return step, symbol  # type: ignore[return-value]


def _intervention(one: Mapping[str, Any]) -> Intervention:
    units = one.get("units")
    whole_ones = [one.get(name, 0) for name in ("first", "layer", "direction")]
    whole_ones += [one["last"]] if one.get("last") is not None else []
    whole_ones += units if isinstance(units, list) else []
    value = one.get("value", 0.0)
    is_formed = (
        set(one) <= {"what", "how", "value", "units", "first", "last", "layer", "direction"}
        and isinstance(one.get("what"), str)
        and isinstance(value, int | float)
        and (units is None or isinstance(units, list))
        and all(map(_is_whole, whole_ones))
    )
    if not is_formed:
        raise ValueError(
            f"a hand has what, how, value, units, first, last, layer, direction, got {str(one):.80}; mend it."
        )
    fields = {**one, "value": float(value), "units": None if units is None else tuple(units)}
    return Intervention(**fields)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31
