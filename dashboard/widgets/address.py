"""Controls whose values live in the address: a link, a reload and the back button bring them back.

A value in the address that is not allowed falls back to its default, and the page says so. Fields of one group come
and go together: a link that names one of them sets the others to their defaults, and leaves other groups alone.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import streamlit as st

from dashboard import state
from dashboard.readings import verbatim

CONTROLS = "controls"
"""The group of what a run is made of."""
LATE_SECONDS = 5.0
"""How long an address that this page has replaced may still arrive, sent before the browser heard of the new one."""


@dataclass(frozen=True)
class Number:
    """A number within bounds, both included."""

    key: str
    label: str
    default: float | int
    low: float | int
    high: float | int

    def read(self, text: str) -> float | int:
        """The value that a text names. Errors: ValueError with the rule."""
        try:
            value = int(text) if isinstance(self.default, int) else float(text)
        except ValueError:
            value = math.nan
        if not self.low <= value <= self.high:
            kind = "a whole number" if isinstance(self.default, int) else "a number"
            raise ValueError(f"{kind} from {self.low:g} to {self.high:g}")
        return value

    def write(self, value: Any) -> str:
        """The value as the address holds it."""
        short = f"{value:g}"
        return short if isinstance(value, float) and float(short) == value else str(value)


@dataclass(frozen=True)
class Choice:
    """One of several values, each with a title."""

    key: str
    label: str
    default: str
    options: Mapping[str, str]
    """Value → title."""

    def read(self, text: str) -> str:
        """The value that a text names. Errors: ValueError with the rule."""
        if text not in self.options:
            raise ValueError(f"one of {', '.join(self.options)}")
        return text

    def write(self, value: Any) -> str:
        """The value as the address holds it."""
        return str(value)


@dataclass(frozen=True)
class Words:
    """A short text, any."""

    key: str
    label: str
    default: str
    most: int
    """Characters."""

    def read(self, text: str) -> str:
        """The text. Errors: ValueError with the rule."""
        if len(text) > self.most:
            raise ValueError(f"a text of at most {self.most} characters")
        return text

    def write(self, value: Any) -> str:
        """The value as the address holds it."""
        return str(value)


@dataclass(frozen=True)
class Several:
    """Any of several values, each with a title."""

    key: str
    label: str
    default: list[str]
    options: Mapping[str, str]
    """Value → title."""

    def read(self, text: str) -> list[str]:
        """The values that a text names. Errors: ValueError with the rule."""
        values = [value for value in text.split(",") if value]
        if not set(values) <= set(self.options):
            raise ValueError(f"some of {', '.join(self.options)}")
        return values

    def write(self, value: Any) -> str:
        """The values as the address holds them."""
        return ",".join(value)


@dataclass(frozen=True)
class Flag:
    """Yes or no."""

    key: str
    label: str
    default: bool

    def read(self, text: str) -> bool:
        """The value that a text names. Errors: ValueError with the rule."""
        if text not in ("yes", "no"):
            raise ValueError("yes or no")
        return text == "yes"

    def write(self, value: Any) -> str:
        """The value as the address holds it."""
        return "yes" if value else "no"


class Field(Protocol):
    """One value that the address holds under `key`."""

    @property
    def key(self) -> str:
        """Its name in the address, and its widget's key."""

    @property
    def label(self) -> str:
        """For people."""

    @property
    def default(self) -> Any:
        """What it is if the address does not say."""

    def read(self, text: str) -> Any:
        """The value that a text names. Errors: ValueError with the rule."""

    def write(self, value: Any) -> str:
        """The value as the address holds it."""


def read_address(fields: Sequence[Field], group: str = CONTROLS) -> list[str]:
    """Put the values of a new address into the session; one sentence for each that is not allowed.

    Call it before the controls are drawn. An address without any of the fields, as the menu of pages leaves it, keeps
    what this session had.
    """
    given = {field.key: st.query_params.get(field.key) for field in fields}
    kept = st.session_state.get(_of(state.CONTROLS, group), {})
    for field in fields:
        # Set anew in each run: a control in a closed popover is made when it opens, and else shows its lowest value.
        value = st.session_state.get(field.key, kept.get(field.key, field.default))
        st.session_state[field.key] = value if _is_own(field, value) else kept.get(field.key, field.default)
    if any(given.values()) and _is_new(given, group):
        notices = [notice for field in fields if (notice := _read(field, given[field.key]))]
        st.session_state[_of(state.ADDRESS_NOTICES, group)] = notices
    return list(st.session_state.get(_of(state.ADDRESS_NOTICES, group), []))


def _is_own(field: Field, value: Any) -> bool:
    """Whether the field takes the value; another page may have a control of the same key."""
    try:
        return bool(field.read(field.write(value)) == value)
    except (TypeError, ValueError):
        return False


def _of(key: str, group: str) -> str:
    return f"{key}-{group}"


def _is_new(given: dict[str, str | None], group: str) -> bool:
    """True unless this page wrote the address itself; a browser may send for a while what it was before."""
    now = time.monotonic()
    before = st.session_state.get(_of(state.ADDRESSES_BEFORE, group), [])
    lately = [address for address, until in before if now - until < LATE_SECONDS]
    return given != st.session_state.get(_of(state.ADDRESS, group)) and given not in lately


def _read(field: Field, text: str | None) -> str | None:
    if text is None:
        st.session_state[field.key] = field.default
        return None
    try:
        st.session_state[field.key] = field.read(text)
    except ValueError as rule:
        st.session_state[field.key] = field.default
        said = verbatim(repr(text[:40]))
        return f"{field.label} must be {rule}; the address said {said}, so it is {field.write(field.default)}."
    return None


def write_address(fields: Sequence[Field], group: str = CONTROLS) -> None:
    """Put what differs from the defaults into the address. Call it after the controls."""
    values = {field.key: st.session_state.get(field.key, field.default) for field in fields}
    for field in fields:
        text = field.write(values[field.key])
        if values[field.key] == field.default:
            st.query_params.pop(field.key, None)
        elif st.query_params.get(field.key) != text:
            st.query_params[field.key] = text
    st.session_state[_of(state.CONTROLS, group)] = values
    _note({field.key: st.query_params.get(field.key) for field in fields}, group)


def _note(written: dict[str, str | None], group: str) -> None:
    before = st.session_state.get(_of(state.ADDRESS, group))
    if before is not None and before != written:
        history = st.session_state.get(_of(state.ADDRESSES_BEFORE, group), [])
        st.session_state[_of(state.ADDRESSES_BEFORE, group)] = [(before, time.monotonic()), *history[:9]]
    st.session_state[_of(state.ADDRESS, group)] = written


def set_values(fields: Sequence[Field], values: Mapping[str, Any], group: str = CONTROLS) -> None:
    """Set every field, those that are not named to their defaults. For callbacks, before the controls are drawn."""
    for field in fields:
        st.session_state[field.key] = values.get(field.key, field.default)
    st.session_state[_of(state.ADDRESS_NOTICES, group)] = []
