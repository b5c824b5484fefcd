"""What the head of a page lets the browser load beside Streamlit's start, not one after the other.

The scripts of the view's first picture, plotly.js where it draws that, and Streamlit's parts of the widgets that our
pages have: it asks for each of these only when the page's script has said that it is there.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path

import plotly
import streamlit

from dashboard.scripts import FOLDER, META, scripts_address

PLOTLY_URL = f"/unroll/plotly.min.js?v={plotly.__version__}-cartesian"
FIGURES = "live_figures.js"
FIRST_HOSTS = {"gates": "reader_host.js", "recurrence": "unrolled_host.js", "decoding": "search_host.js"}
"""Views whose first section is not drawn by plotly.js: what draws it."""
WIDGETS = (
    "BidiComponent",
    "Button",
    "ButtonGroup",
    "DownloadButton",
    "NumberInput",
    "Selectbox",
    "TextInput",
    "rehype-katex",
)
"""Streamlit's names of what nearly every page of ours has."""
MORE_WIDGETS = {"attention": ("Slider",), "gates": ("Checkbox",)}
"""Of what the first section of a view has beside them."""
CONNECT = """<script>window.__streamlit = {
  BACKEND_BASE_URL: location.origin,
  HOST_CONFIG: { allowedOrigins: [location.origin], useExternalAuthToken: false },
};</script>"""
"""Tells Streamlit's page where its server is: else it asks twice, and first below the address of the view, in vain."""
_STREAMLITS = Path(streamlit.__file__).parent / "static" / "static" / "js"
_IMPORTED = re.compile(r"""\b(?:from|import)\s*"\./([\w.-]+\.js)\"""")


def early_tags(path: str, query: str) -> bytes:
    """HTML for the head of the page at an address."""
    view = path.strip("/")
    host = FIGURES if "show=" in query else FIRST_HOSTS.get(view, FIGURES)
    return _tags(host, (*WIDGETS, *MORE_WIDGETS.get(view, ())), scripts_address())


@lru_cache(maxsize=32)
def _tags(host: str, widgets: tuple[str, ...], folder: str) -> bytes:
    addresses = [folder + name for name in sorted(imported(FOLDER, [host]))]
    addresses += [f"/static/js/{name}" for name in widget_scripts(widgets)]
    plotly_js = f'<script async src="{PLOTLY_URL}"></script>' if host == FIGURES else ""
    where = f'<meta name="{META}" content="{folder}">'
    preloads = "".join(f'<link rel="modulepreload" href="{one}">' for one in addresses)
    return (CONNECT + where + plotly_js + preloads).encode()


@cache
def widget_scripts(widgets: tuple[str, ...]) -> list[str]:
    """Streamlit's scripts of these widgets beside those with which every page starts."""
    found = [path.name for name in widgets for path in _STREAMLITS.glob(f"{name}.*.js")]
    start = [path.name for path in _STREAMLITS.glob("index.*.js")]
    return sorted(imported(_STREAMLITS, found) - imported(_STREAMLITS, start))


def imported(folder: Path, names: list[str]) -> set[str]:
    """These scripts and all that they import from their folder, however indirectly."""
    found, open_ones = set[str](), list(names)
    while open_ones:
        name = open_ones.pop()
        if name not in found:
            found.add(name)
            open_ones += _IMPORTED.findall((folder / name).read_text(encoding="utf-8"))
    return found
