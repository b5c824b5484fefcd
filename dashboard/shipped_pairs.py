"""Models of pairs that ship, as a question names them; a leaf, which workers load too.

shipped_place("shipped:reverse:gru-dot-embeddings-context-unbridged")
"""

from __future__ import annotations

import re

from dashboard.attention_shipped import PAIRS

TITLES = {
    "reverse": "Reverse",
    "dates-to-iso": "Dates to ISO",
    "french-names": "Names, English to French",
    "bottleneck": "Reverse, 2 to 16 symbols",
}
"""What their recordings are called in a list of models."""
_SHIPPED = re.compile(r"shipped:(?P<folder>[a-z-]{1,40}):(?P<name>[A-Za-z0-9_-]{1,80})")


def shipped_models() -> dict[str, str]:
    """Those that ship: as AskedSearch.model names them → how they are called."""
    return {
        f"shipped:{folder}:{name}": f"{TITLES[folder]}: {model.label}"
        for folder, config in PAIRS.items()
        for name, model in zip(config.names, config.models, strict=True)
    }


def shipped_place(model: str) -> tuple[str, str] | None:
    """The recording's folder and the model's name there; None for a model named in another form.

    Errors: ValueError for one that does not ship.
    """
    match = _SHIPPED.fullmatch(model)
    if match is None:
        return None
    if model not in shipped_models():
        raise ValueError(f"the models that ship are {', '.join(shipped_models())}, got {model[:60]!r}; choose one.")
    return match["folder"], match["name"]
