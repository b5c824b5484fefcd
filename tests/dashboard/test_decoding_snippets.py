from __future__ import annotations

import contextlib
import io
import re
from dataclasses import replace
from typing import Any

import pytest

from core.decoding.filters import Filters
from core.decoding.length_penalty import gnmt
from core.decoding.methods import search
from core.decoding.presets import PRESETS
from core.decoding.rules import Rules
from core.decoding.settings import METHODS, SEMANTICS_KEYS, SearchSettings
from core.training.start import SHIPPED
from dashboard.decoding_asked import AskedSearch
from dashboard.decoding_snippets import plain_code, search_code
from dashboard.decoding_sources import Source, opened_source
from dashboard.reading_asked import SHIPPED as SHIPPED_MODEL

CODE = AskedSearch(SHIPPED_MODEL, prefix="def ", settings=SearchSettings(size=3, max_length=10))


def executed(code: str) -> tuple[dict[str, Any], str]:
    """What the code leaves behind, and what it prints."""
    names: dict[str, Any] = {}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, names)  # the code that the page shows
    return names, printed.getvalue()


def here(asked: AskedSearch):
    source = Source("shipped", "", None if asked.preset else SHIPPED)
    opened = opened_source(source, asked, None)
    return opened, search(opened.decoder, asked.settings)


def assert_same(asked: AskedSearch) -> None:
    ours, theirs = here(asked)[1], executed(search_code(asked))[0]["search"]
    assert [one.tokens for one in theirs.hypotheses[: asked.settings.returned]] == [
        one.tokens for one in ours.hypotheses
    ]
    assert [one.score for one in theirs.hypotheses[: asked.settings.returned]] == [one.score for one in ours.hypotheses]
    assert (theirs.tree.parent == ours.tree.parent).all() and (theirs.tree.reason == ours.tree.reason).all()


@pytest.mark.parametrize("method", METHODS)
def test_the_code_shown_gives_the_search_shown(method: str) -> None:
    filters = Filters(0.8, 3, 0.9)
    assert_same(AskedSearch(settings=SearchSettings(method, 2, 4, rules=Rules(3), filters=filters, seed=5)))
    if method != "exhaustive":
        assert_same(replace(CODE, settings=replace(CODE.settings, method=method, size=4)))


@pytest.mark.parametrize("semantics", SEMANTICS_KEYS)
def test_the_code_names_semantics_penalty_prefix_and_rules(semantics: str) -> None:
    settings = SearchSettings("beam", 3, 6, semantics, rules=Rules(1, 2, (0,)))
    assert_same(AskedSearch("preset:wider-is-worse", prefix="B", settings=settings))
    assert_same(AskedSearch("preset:wider-is-worse", settings=replace(settings, length_penalty=gnmt(0.6))))


@pytest.mark.parametrize(
    "asked",
    [
        CODE,
        replace(CODE, prefix="import ", end=" "),
        replace(CODE, end=""),
        replace(CODE, settings=replace(CODE.settings, method="greedy")),
        *(
            AskedSearch(f"preset:{key}", settings=SearchSettings(size=size, max_length=one.max_length, rules=one.rules))
            for key, one in PRESETS.items()
            for size in one.beam_sizes
        ),
        AskedSearch(prefix="A C", settings=SearchSettings(size=2, max_length=3)),
    ],
)
def test_the_plain_code_finds_the_same_without_this_project(asked: AskedSearch) -> None:
    code = plain_code(asked)
    assert code is not None and "core" not in re.sub(r"scores?", "", code)
    assert len(code.splitlines()) <= 55
    names, _ = executed(code)
    _, ours = here(asked)
    assert [tokens for _, tokens in names["finished"]] == [one.tokens for one in ours.hypotheses]
    assert [total for total, _ in names["finished"]] == pytest.approx([one.log_prob for one in ours.hypotheses])


def test_what_the_plain_code_cannot_say_has_none() -> None:
    for settings in (
        SearchSettings("sample"), SearchSettings(semantics="fairseq"), SearchSettings(length_penalty=gnmt(1)),
        SearchSettings(rules=Rules(no_repeat_ngram=2)),
    ):  # fmt: skip
        assert plain_code(AskedSearch(settings=settings)) is None
