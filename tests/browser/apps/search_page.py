"""One page with a search tree: the address says what is searched; tokens to begin with are heard and searched again."""

from urllib.parse import urlencode

import streamlit as st

from dashboard.widgets.search_tree import search_tree, tree_place

st.set_page_config(layout="wide")
SHOWN = ("node", "at", "pruned")
given = st.query_params.to_dict()
state = st.session_state
state.script_runs = state.get("script_runs", 0) + 1
asked = {name: value for name, value in given.items() if name not in SHOWN} | state.get("asked", {})


def force() -> None:
    """Let every hypothesis begin with the tokens that the person chose."""
    state.forced = tree_place("tree").forced
    state.asked = {"forced": ",".join(map(str, state.forced))}


def tokens(text: str) -> tuple[int, ...]:
    """Of "1,2,3"."""
    return tuple(int(token) for token in text.split(",") if token)


place = tree_place("tree")
heard = search_tree(
    urlencode(asked),
    key="tree",
    node=place.node if place else tokens(given["node"]) if "node" in given else None,
    step=place.step if place else int(given["at"]) if "at" in given else None,
    pruned=place.pruned if place else given.get("pruned", "best"),
    on_forced=force,
)
st.text(f"script runs: {state.script_runs}")
st.text(f"heard: {heard}")
st.text(f"forced: {state.get('forced')}")
