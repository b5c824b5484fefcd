"""The source code of Python's own standard library, by module, and which modules no shipped model has seen."""

from __future__ import annotations

import hashlib
import sysconfig
from pathlib import Path

ONE_IN = 10
"""The share of modules that are held out is one in so many."""


def library_modules() -> dict[str, str]:
    """File name → source of the top-level modules, sorted by name; empty where the library has no sources."""
    files = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    return {file.name: file.read_text(encoding="utf-8", errors="replace") for file in files}


def is_held_out(name: str) -> bool:
    """Whether a module is for testing only; by its name alone, so that it stays so in every version of Python."""
    return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % ONE_IN == 0


def training_modules() -> dict[str, str]:
    """The modules to train on."""
    return {name: source for name, source in library_modules().items() if not is_held_out(name)}


def held_out_modules() -> dict[str, str]:
    """The modules to test on."""
    return {name: source for name, source in library_modules().items() if is_held_out(name)}
