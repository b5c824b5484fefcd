"""The state of a model, of whatever shape: hypotheses are chosen along the first axis of everything in it.

Axes: B hypotheses.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor


def chosen(state: Any, rows: np.ndarray) -> Any:
    """The state of the hypotheses at `rows` (may repeat), shape (len(rows), …) in every tensor and array.

    Tuples, lists and dicts may nest; None stays None. Errors: TypeError for anything else.
    """
    return _chosen(state, rows, torch.from_numpy(np.ascontiguousarray(rows, dtype=np.int64)))


def _chosen(state: Any, rows: np.ndarray, places: Tensor) -> Any:
    if isinstance(state, Tensor):
        return state.index_select(0, places.to(state.device))
    if isinstance(state, np.ndarray):
        return state[rows]
    if state is None:
        return None
    if isinstance(state, dict):
        return {name: _chosen(part, rows, places) for name, part in state.items()}
    if isinstance(state, tuple | list):
        parts = [_chosen(part, rows, places) for part in state]
        return type(state)(*parts) if hasattr(state, "_fields") else type(state)(parts)
    raise TypeError(
        "a state is made of tensors and arrays in tuples, lists and dicts, "
        f"got {type(state).__name__}; convert it to one of these."
    )
