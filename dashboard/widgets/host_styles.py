"""The styles of the hosts that draw by themselves: what all of them share, and each one's own."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent


def host_styles(*names: str) -> str:
    """The shared rules for buttons, fields, focus and trouble, then those of these files."""
    return "".join((_FOLDER / name).read_text(encoding="utf-8") for name in ("host.css", *names))
