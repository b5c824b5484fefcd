"""A button that copies the page's address, which holds all that shapes its pictures."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_CSS = """
button {
  font: inherit; font-size: 0.875rem; color: var(--st-text-color); background: none; cursor: pointer;
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius); padding: 0.3rem 0.8rem;
}
button:hover, button:focus-visible { border-color: var(--st-primary-color); color: var(--st-primary-color); }
"""
_BUTTON = st.components.v2.component(
    "unroll_copy_link",
    html='<button type="button" aria-live="polite">Copy link</button>',
    css=_CSS,
    js=(Path(__file__).parent / "copy_link.js").read_text(encoding="utf-8"),
)


def copy_link() -> None:
    """Draw it."""
    _BUTTON(key="copy-link")
