"""Names of the models of a run."""

from __future__ import annotations

from collections.abc import Iterable


def unique_names(names: Iterable[str]) -> tuple[str, ...]:
    """The names in their order, each once: the second "lstm" is called "lstm-2"."""
    unique: list[str] = []
    for given in names:
        name, number = given, 2
        while name in unique:
            name, number = f"{given}-{number}", number + 1
        unique.append(name)
    return tuple(unique)
