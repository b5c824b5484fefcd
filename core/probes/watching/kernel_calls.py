"""Torch's recurrent functions, looked at while a layer with a `forward` of its own runs: what went in and came out.

Axes: N batch.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from .ran import KINDS_OF_FUNCTIONS, Ran, ran_function

REORDERINGS = {torch.Tensor.index_select, torch.index_select}


class KernelCalls(TorchFunctionMode):
    """While active, notes each call of a recurrent function; every function runs as it would."""

    def __init__(self) -> None:
        super().__init__()
        self.ran: list[Ran] = []

    def __torch_function__(self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        """Run the function; then look."""
        result = func(*args, **(kwargs or {}))
        if func in KINDS_OF_FUNCTIONS:
            self.ran.append(ran_function(func, args, result))
        elif func in REORDERINGS and self.ran:
            self._note_order(args)
        return result

    def _note_order(self, args: tuple) -> None:
        """Torch gives the final states of packed examples back in the user's order: by which, is that order."""
        last = self.ran[-1]
        if last.batch_sizes is not None and len(args) > 2 and any(args[0] is state for state in last.finals):
            last.order = args[2]
