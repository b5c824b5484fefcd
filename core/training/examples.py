"""One example of a task's batch, as people read it: its tokens, and the loss of each timestep by itself.

Axes: N batch, T timesteps, C outputs.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..tasks.task import Batch, Task


def example_tokens(task: Task, batch: Batch, example: int) -> tuple[str, ...]:
    """What is read at each timestep: the token as its task prints it, or the values to two digits."""
    inputs, symbols = batch.inputs[example].tolist(), task.symbols
    if symbols:
        return tuple(symbols[token] for token in inputs)
    return tuple(" ".join(f"{value:.2g}" for value in values) for values in inputs)


def example_losses(task: Task, outputs: Tensor, batch: Batch, example: int) -> np.ndarray:
    """The task's own loss of each timestep of outputs (N, T, C), shape (T,); NaN where the mask is False."""
    one = slice(example, example + 1)
    losses = np.full(batch.mask.shape[1], np.nan)
    for step in batch.mask[example].nonzero().flatten().tolist():
        mask = torch.zeros_like(batch.mask[one])
        mask[0, step] = True
        alone = Batch(batch.inputs[one], batch.targets[one], mask)
        losses[step] = task.loss(outputs[one], alone).item()
    return losses
