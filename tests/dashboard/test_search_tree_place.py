from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import streamlit as st

from dashboard.widgets.search_tree import TreeResult, tree_place

KEY = "search-tree-of-the-test"
PLACE = {"node": [2, 0], "step": 3, "pruned": "none"}


@pytest.fixture(autouse=True)
def no_state() -> Iterator[None]:
    yield
    st.session_state.pop(KEY, None)


def heard(**state: Any) -> TreeResult | None:
    st.session_state[KEY] = state
    return tree_place(KEY)


def test_nothing_is_known_before_the_browser_tells() -> None:
    assert tree_place(KEY) is None and heard() is None


def test_a_place_is_a_path_a_step_and_a_filter() -> None:
    assert heard(place=PLACE) == TreeResult((2, 0), 3, "none")
    assert heard(place=PLACE | {"node": [], "step": None}) == TreeResult((), None, "none")
    assert heard(place=PLACE | {"node": None}) == TreeResult(None, 3, "none")


def test_tokens_to_begin_with_come_with_the_place_and_without() -> None:
    assert heard(place=PLACE, forced=[1]) == TreeResult((2, 0), 3, "none", (1,))
    assert heard(forced=[1, 2]) == TreeResult(None, None, "best", (1, 2))


@pytest.mark.parametrize("place", ["x", [], {}, {"pruned": "some"}, {"pruned": None, "node": [1]}])
def test_what_is_no_place_is_not_heard(place: Any) -> None:
    assert heard(place=place) is None


@pytest.mark.parametrize("node", ["x", [1, "2"], [True], [-1], [2.5], [2**40], [1] * 20_000])
def test_what_is_no_path_is_no_node(node: Any) -> None:
    assert heard(place=PLACE | {"node": node}) == TreeResult(None, 3, "none")
    assert heard(forced=node) is None


@pytest.mark.parametrize("step", ["3", -1, 2.5, True])
def test_what_is_no_step_is_the_end(step: Any) -> None:
    assert heard(place=PLACE | {"step": step}) == TreeResult((2, 0), None, "none")
