"""Questions of the Gates page's pictures: a reading, and what else a picture wants to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from dashboard.asked import number, whole
from dashboard.reading_asked import AskedReading, read_reading, reading_question

_OF_READING = frozenset(
    ("model", "step", "text", "typed", "start", "length", "example", "layer", "direction", "hands")
)  # fmt: skip
MOST_EXTRA, MOST_CHARACTERS = 12, 60


@dataclass(frozen=True)
class GatesQuestion:
    """One question, checked in form."""

    name: str
    """Of the picture."""
    reading: AskedReading
    extra: Mapping[str, str]

    def number(self, name: str, default: float, low: float, high: float) -> float:
        """A number of its own. Errors: ValueError."""
        value = number(name, self.extra[name]) if name in self.extra else default
        if not low <= value <= high:
            raise ValueError(f"{name} lies in [{low:g}, {high:g}], got {value:g}; choose one in that range.")
        return value

    def whole(self, name: str, default: int, most: int) -> int:
        """A whole number of its own from 0 on. Errors: ValueError."""
        value = whole(name, self.extra.get(name, str(default)))
        if value > most:
            raise ValueError(f"{name} is a whole number from 0 to {most}, got {value}; choose one in that range.")
        return value

    def choice(self, name: str, options: tuple[str, ...]) -> str:
        """One of several words, the first if there is none. Errors: ValueError."""
        value = self.extra.get(name, options[0])
        if value not in options:
            raise ValueError(f"{name} is one of {', '.join(options)}, got {value!r}; choose one of these.")
        return value


def gates_question(name: str, reading: AskedReading, **extra: str | float) -> str:
    """The question as `Panel.question` takes it; the inverse of `read_gates_question`."""
    return f"gates/{name}?{reading_question(reading)}&{urlencode(extra)}"


def read_gates_question(name: str, given: Mapping[str, str]) -> GatesQuestion:
    """The question from an address. Errors: ValueError (rule, what came, remedy); RecordingError for a run's id."""
    extra = {key: text for key, text in given.items() if key not in (*_OF_READING, "since", "run")}
    if len(extra) > MOST_EXTRA or any(len(part) > MOST_CHARACTERS for pair in extra.items() for part in pair):
        raise ValueError(f"a question has at most {MOST_EXTRA} short words of its own, got more; reload the page.")
    return GatesQuestion(name, read_reading(given), extra)
