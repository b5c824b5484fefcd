"""Text from a model inside a figure."""

from __future__ import annotations


def plain(text: str) -> str:
    """The text as Plotly shows it unchanged: it reads a little HTML, links too."""
    return text.replace("&", "&amp;").replace("<", "&lt;")
