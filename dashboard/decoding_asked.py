"""Which search is asked for: in which model, after which prefix, by which method; as an address holds it.

search_question(AskedSearch("shipped", prefix="def ", settings=SearchSettings("beam", size=8, max_length=60)))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import urlencode

from core.decoding.filters import Filters
from core.decoding.length_penalty import LengthPenalty
from core.decoding.presets import GREEDY_LOSES, PRESETS
from core.decoding.rules import Rules
from core.decoding.settings import SearchSettings
from dashboard.asked import number, whole
from dashboard.reading_asked import read_reading
from dashboard.shipped_pairs import shipped_place

PRESET = "preset:"
"""Before the name of a probability table."""
END, NO_END = "\n", ""
"""The symbol that ends a text unless another is asked for, and the one that says that none does."""
MOST_SIZE, MOST_LENGTH = 64, 200
MOST_PREFIX, MOST_FORCED = 1000, 200
PROOF, MOST_PROOF = 1000, 30_000
TEXT_LENGTH = 20
"""Tokens that a model of text generates unless more are asked for."""
PENALTIES = {"none": "none", "length": "by length", "gnmt": "GNMT"}
"""As the address calls a length penalty → as LengthPenalty does."""
_OF_PENALTY = {kind: key for key, kind in PENALTIES.items()}
_DEFAULT = SearchSettings()


@dataclass(frozen=True)
class AskedSearch:
    """One question, checked in form; whether the model has what is asked for, the server finds out.

    Errors: ValueError for what is no model; RecordingError for what is no run's id.
    """

    model: str = PRESET + GREEDY_LOSES.key
    """PRESET and its name, "shipped", "shipped:<recording>:<name>", or "run:<id>:<name of the model>"."""
    step: int | None = None
    """Training step of a run's model; None: the newest."""
    prefix: str = ""
    """Text that the search goes on from; of a table, symbols with spaces between."""
    source: str = ""
    """What a model of pairs turns into something else; empty: the first source that its task holds out."""
    end: str = END
    """The symbol that ends a text, of words a full stop where END is asked; NO_END: none. Others have their own."""
    settings: SearchSettings = _DEFAULT
    proof: int = PROOF
    """Hypotheses fed in order to prove the best of all, beside a search."""

    def __post_init__(self) -> None:
        if self.preset is None:
            if shipped_place(self.model) is None:
                read_reading({"model": self.model})
        elif self.preset not in PRESETS:
            names = ", ".join(PRESET + name for name in PRESETS)
            raise ValueError(f"a table is one of {names}, got {self.model[:60]!r}; choose one of these.")

    @property
    def preset(self) -> str | None:
        """The name of the table; None: a model."""
        return self.model.removeprefix(PRESET) if self.model.startswith(PRESET) else None


def search_question(asked: AskedSearch) -> str:
    """The question as the tree's host takes it; the inverse of `read_search`."""
    one, default = asked.settings, _settings_of(asked.model)
    penalty = one.length_penalty
    given = {
        "step": ("newest" if asked.step is None else asked.step, "newest"),
        "prefix": (asked.prefix, ""),
        "source": (asked.source, ""),
        "end": (asked.end, END),
        "method": (one.method, default.method),
        "size": (one.size, default.size),
        "length": (one.max_length, default.max_length),
        "semantics": (one.semantics, default.semantics),
        "penalty": ("" if penalty is None else _OF_PENALTY[penalty.kind], ""),
        "alpha": (0.0 if penalty is None else penalty.alpha, 0.0),
        "coverage": (one.coverage, 0.0),
        "minimum": (one.rules.min_length, default.rules.min_length),
        "ngram": (one.rules.no_repeat_ngram, 0),
        "forced": (",".join(map(str, one.rules.prefix)), ""),
        "temperature": (one.filters.temperature, 1.0),
        "top_k": (one.filters.top_k or 0, 0),
        "top_p": (one.filters.top_p, 1.0),
        "seed": (one.seed, 0),
        "groups": (one.groups, default.groups),
        "diversity": (one.strength, default.strength),
        "returned": (one.returned, default.returned),
        "proof": (asked.proof, PROOF),
    }
    differs = {key: value for key, (value, usual) in given.items() if value != usual}
    return urlencode({"model": asked.model, **differs})


def read_search(given: Mapping[str, str]) -> AskedSearch:
    """The question from an address. Errors: ValueError (rule, what came, remedy); RecordingError for a run's id."""
    model = given.get("model", AskedSearch.model)
    step = given.get("step", "newest")
    return AskedSearch(
        model,
        None if step == "newest" else whole("step", step),
        _short("prefix", given.get("prefix", "")),
        _short("source", given.get("source", "")),
        given.get("end", END)[:40],
        _settings(given, _settings_of(model)),
        _within(given, "proof", PROOF, 1, MOST_PROOF),
    )


def _within(given: Mapping[str, str], name: str, usual: int, low: int, high: int) -> int:
    value = whole(name, given.get(name, str(usual)))
    if not low <= value <= high:
        raise ValueError(f"{name} is a whole number from {low} to {high:,}, got {value:,}; choose one of these.")
    return value


def _settings_of(model: str) -> SearchSettings:
    """What a search is unless something else is asked for: of a table, as its lesson has it."""
    preset = PRESETS.get(model.removeprefix(PRESET)) if model.startswith(PRESET) else None
    if preset is None:
        return replace(_DEFAULT, max_length=TEXT_LENGTH)
    return replace(_DEFAULT, max_length=preset.max_length, rules=preset.rules, size=preset.beam_sizes[0])


def _settings(given: Mapping[str, str], default: SearchSettings) -> SearchSettings:
    within = partial(_within, given)
    top_k, top_p = within("top_k", 0, 0, 1_000_000), number("top_p", given.get("top_p", "1"))
    return SearchSettings(
        method=given.get("method", default.method),
        size=within("size", default.size, 1, MOST_SIZE),
        max_length=within("length", default.max_length, 1, MOST_LENGTH),
        semantics=given.get("semantics", default.semantics),
        length_penalty=_penalty(given),
        coverage=number("coverage", given.get("coverage", "0")),
        rules=Rules(
            within("minimum", default.rules.min_length, 0, MOST_LENGTH),
            within("ngram", 0, 0, MOST_LENGTH),
            _tokens("forced", given.get("forced", "")),
        ),
        filters=Filters(number("temperature", given.get("temperature", "1")), top_k or None, top_p),
        seed=within("seed", 0, 0, 1_000_000),
        groups=within("groups", default.groups, 1, MOST_SIZE),
        strength=number("diversity", given.get("diversity", str(default.strength))),
        returned=within("returned", default.returned, 1, MOST_SIZE),
    )


def _penalty(given: Mapping[str, str]) -> LengthPenalty | None:
    """The length penalty; None: that of the semantics."""
    name = given.get("penalty", "")
    if not name:
        return None
    if name not in PENALTIES:
        raise ValueError(f"penalty is one of {', '.join(PENALTIES)}, got {name[:60]!r}; choose one of these.")
    kind: Any = PENALTIES[name]
    return LengthPenalty(kind, 0.0 if kind == "none" else number("alpha", given.get("alpha", "0")))


def read_tokens(text: str) -> tuple[int, ...]:
    """The generated tokens of a hypothesis, from an address. Errors: ValueError."""
    return _tokens("tokens", text)


def _tokens(what: str, text: str) -> tuple[int, ...]:
    parts = text.split(",") if text else []
    if len(parts) > MOST_FORCED:
        raise ValueError(f"{what} may have {MOST_FORCED} tokens, got {len(parts):,}; shorten it.")
    return tuple(whole(what, part) for part in parts)


def _short(what: str, text: str) -> str:
    if len(text) > MOST_PREFIX:
        raise ValueError(f"{what} may have {MOST_PREFIX:,} characters, got {len(text):,}; shorten it.")
    return text
