"""A run to take home: its scalars, and its whole recording."""

from __future__ import annotations

import streamlit as st


def run_links(run_id: str) -> None:
    """Draw both links, where the caller's row is."""
    st.link_button("Run (CSV)", f"/unroll/runs/{run_id}/export.csv", icon=":material/download:")
    st.link_button("Recording (ZIP)", f"/unroll/runs/{run_id}/recording.zip", icon=":material/download:")
