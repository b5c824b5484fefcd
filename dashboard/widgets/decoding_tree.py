"""The section *Tree* of the Decoding view: the host of the tree, the verdict, and the n best hypotheses."""

from __future__ import annotations

import streamlit as st

from dashboard import state
from dashboard.decoding_asked import search_question
from dashboard.decoding_measurements import account_of
from dashboard.decoding_readings import cost_sentence, headline, product_sentence
from dashboard.readings import verbatim
from dashboard.widgets.decoding_page import DecodingPage
from dashboard.widgets.decoding_tables import hypotheses_table
from dashboard.widgets.search_tree import search_tree, tree_place


def tree_section(page: DecodingPage) -> None:
    """The tree, and what it comes to. Errors: as `account_of`."""
    asked = page.asked()
    search_tree(
        search_question(asked),
        key=state.SEARCH_TREE,
        node=page.node,
        step=int(page.values["upto"]) or None,
        pruned=str(page.values["pruned"]),
        label="The search tree",
        on_place=remember_place,
        on_forced=force,
    )
    account = account_of(asked)
    if account.read:
        strange = " [unk] stands for what it does not know." if "[unk]" in account.read else ""
        st.caption(f"It has read “{verbatim(account.read)}”.{strange}")
    st.markdown(f"{headline(account)} {product_sentence(account)} {cost_sentence(account)}")
    hypotheses_table(account.symbols, account.hypotheses, account)


def remember_place() -> None:
    """Keep node, step and filter of the tree. A callback, before the controls are drawn."""
    place = tree_place(state.SEARCH_TREE)
    if place is None:
        return
    st.session_state["node"] = _address(place.node)
    st.session_state.update({"upto": place.step or 0, "pruned": place.pruned})


def force() -> None:
    """Begin every hypothesis with the node that was asked for. A callback, before the controls are drawn."""
    place = tree_place(state.SEARCH_TREE)
    if place is not None and place.forced is not None:
        st.session_state["forced"] = ",".join(map(str, place.forced))
        longest = len(place.forced) + 1
        st.session_state["most"] = max(int(st.session_state["most"]), longest)
        st.session_state.update({"node": "", "upto": 0})


def _address(node: tuple[int, ...] | None) -> str:
    """A path of tokens as the address holds it."""
    return "" if node is None else ",".join(map(str, node)) or "root"
