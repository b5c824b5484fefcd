"""Config dataclasses from data that nobody vouches for: a permalink, a file, another version's recording."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, Union, get_args, get_origin, get_type_hints

from ..checks import quote


def read_dataclass(kind: type, data: object, where: str = "config") -> Any:
    """The dataclass `kind` from a mapping as JSON gives it; absent keys take their defaults.

    Errors: ValueError for anything but a mapping, an unknown key, a value of a wrong type (True is no number, "3"
    neither), and whatever the dataclass itself refuses.
    """
    if not isinstance(data, Mapping):
        raise ValueError(f"{where} needs a mapping of settings, got {quote(data)}; give one such as {{}}.")
    hints = get_type_hints(kind)
    known = {field.name for field in fields(kind)}
    unknown = [key for key in data if key not in known]
    if unknown:
        raise ValueError(f"{where} knows {', '.join(sorted(known))}, got {quote(unknown[0])}; remove it.")
    missing = [field.name for field in fields(kind) if _is_required(field) and field.name not in data]
    if missing:
        raise ValueError(f"{where} needs {', '.join(missing)}, got {quote(dict(data))}; add it.")
    return kind(**{key: _read(hints[key], value, f"{where}.{key}") for key, value in data.items()})


def _is_required(field: Field) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _read(hint: Any, value: object, where: str) -> Any:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        options = [option for option in get_args(hint) if option is not type(None)]
        return None if value is None and len(options) < len(get_args(hint)) else _read(options[0], value, where)
    if origin is tuple:
        return _read_tuple(get_args(hint)[0], value, where)
    if is_dataclass(hint) and isinstance(hint, type):
        return read_dataclass(hint, value, where)
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        return _as_float(value, where)
    if type(value) is hint:
        return value
    raise ValueError(f"{where} needs {_describe(hint)}, got {quote(value)}; give {_describe(hint)} or leave it out.")


def _read_tuple(hint: Any, value: object, where: str) -> tuple:
    if not isinstance(value, list | tuple):
        raise ValueError(f"{where} needs a list, got {quote(value)}; put it in [ ].")
    return tuple(_read(hint, item, f"{where}[{index}]") for index, item in enumerate(value))


def _as_float(value: int | float, where: str) -> float:
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{where} needs a number a float holds, got {quote(value)}; give a smaller one.") from None


def _describe(hint: Any) -> str:
    return {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}.get(hint, str(hint))
