"""When a call cannot be seen, and how to look without anybody noticing."""

from __future__ import annotations

from contextlib import AbstractContextManager

import torch

TRACED = "it ran while torch traced the model, which records operations instead of computing"
TRANSFORMED = "it ran inside a torch.func transform, whose tensors do not outlive it"
INTERCEPTED = "another tool intercepts torch's operations here, and would take ours for the model's"
META = "its tensors are on the meta device and hold no numbers"


def why_unseen() -> str | None:
    """Why what runs now cannot be watched, as the rest of a sentence; None: it can."""
    if torch.jit.is_tracing():
        return TRACED
    if torch._C._functorch.peek_interpreter_stack() is not None:
        return TRANSFORMED
    if torch._C._len_torch_dispatch_stack():
        return INTERCEPTED
    return None


def autocast_precision(device: str) -> torch.dtype | None:
    """In which precision autocast lets layers on this kind of device compute now; None without it."""
    return torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else None


def quietly() -> AbstractContextManager[None]:
    """While active, tensor subclasses and function modes of the user's do not see what is done."""
    return torch._C.DisableTorchFunction()
