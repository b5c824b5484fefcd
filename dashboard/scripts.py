"""Our own browser scripts, and the address under which a browser keeps them until one of them changes."""

from __future__ import annotations

import hashlib
import time
from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).parent / "widgets"
META = "unroll-scripts"
"""Name of the page's <meta> that says where its scripts are."""


def script(name: str) -> Path | None:
    """The file of one script; None if there is none of that name."""
    path = FOLDER / name
    return path if path.suffix == ".js" and path.parent == FOLDER and path.is_file() else None


def scripts_version() -> str:
    """Another one within a second after any script has become another."""
    return version_at(int(time.monotonic()))


@lru_cache(maxsize=1)
def version_at(_second: int) -> str:
    """Of the scripts as they lie there at the first call for this second."""
    seen = [(path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(FOLDER.glob("*.js"))]
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


def scripts_address() -> str:
    """The folder of this version; scripts import each other from beside them, so all of a page are of one version."""
    return f"/unroll/scripts/{scripts_version()}/"


def loader(scripts: list[str], begin: str = "") -> str:
    """The JavaScript by which Streamlit mounts a host: the first of these scripts, loaded with all the others at once.

    `begin` runs before that at the first call, with `load` and `component` at hand.
    """
    return f"""
const base = document.querySelector("meta[name={META}]")?.content ?? "/unroll/";
const load = (name) => import(window.location.origin + base + name);
let loading;
export default async function (component) {{
  if (!loading) {{ {begin} }}
  loading ??= Promise.all({scripts}.map(load));
  return (await loading)[0].mount(component);
}}
"""
