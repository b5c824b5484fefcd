"""The pages, each under its own name."""

import streamlit as st

NAMES = ("live", "asked", "reader", "cell", "search")


def nothing() -> None:
    """What has no name."""


pages = [st.Page(f"{name}_page.py") for name in NAMES]
st.navigation([st.Page(nothing, default=True), *pages], position="hidden").run()
