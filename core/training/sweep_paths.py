"""Settings of a run by their paths: "task.length", "models", "models.0.hidden_size"."""

from __future__ import annotations

from dataclasses import asdict, is_dataclass
from typing import Any

from ..checks import quote
from .run_config import RunConfig


def changed(config: RunConfig, changes: dict[str, Any]) -> RunConfig:
    """The config with other values at some paths; values as JSON or as the config holds them.

    Errors: ValueError for a path that is not there and for a value that the config refuses.
    """
    from . import kinds  # late: it knows sweeps as well

    data = config.to_dict()
    for path, value in changes.items():
        *way, last = path.split(".")
        place: Any = data
        for part in way:
            place = place[_key(place, part, path)]
        place[_key(place, last, path)] = plain(value)
    return kinds.read_config(data)


def value_at(config: RunConfig, path: str) -> Any:
    """What the config holds at a path. Errors: ValueError for one that is not there."""
    place: Any = config
    for part in path.split("."):
        if isinstance(place, tuple):
            place = place[_key(place, part, path)]
        elif is_dataclass(place) and part in place.__dataclass_fields__:
            place = getattr(place, part)
        else:
            raise _no_such(path, part)
    return place


def plain(value: Any) -> Any:
    """The value as JSON holds it."""
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


def _key(place: Any, part: str, path: str) -> Any:
    """Of a list, a position; of a mapping, one of its keys."""
    if isinstance(place, list | tuple):
        if part.isascii() and part.isdigit() and len(part) < 4 and int(part) < len(place):
            return int(part)
    elif isinstance(place, dict) and part in place and part != "kind":
        return part
    raise _no_such(path, part)


def _no_such(path: str, part: str) -> ValueError:
    return ValueError(f"a factor's path leads to a setting, got {quote(path)}: there is no {part!r}; correct it.")
