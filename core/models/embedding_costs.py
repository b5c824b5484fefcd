"""What a look-up and a one-hot product cost for a growing vocabulary: parameters, time, memory.

Axes: V vocabulary, E length of a row, N batch, T timesteps, K sizes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import embedding

from .embedding import one_hot_product

SIZES = (100, 1000, 10_000, 30_000)
BATCH, LENGTH, WIDTH = 8, 20, 64
"""N, T and E of the measurement."""
REPEATS, LEAST_SECONDS = 3, 0.01
"""A time is the least of so many, each of as many calls as last so long."""
TOKEN_BYTES, NUMBER_BYTES = 8, 4


@dataclass(frozen=True, eq=False)
class EmbeddingCosts:
    """Measured side by side for each V, each a tuple of K."""

    sizes: tuple[int, ...]
    parameters: tuple[int, ...]
    """V · E of either way: the matrix is the same."""
    look_up_seconds: tuple[float, ...]
    """Forward."""
    product_seconds: tuple[float, ...]
    """Forward, with the making of the one-hot vectors."""
    look_up_step_seconds: tuple[float, ...]
    """Forward and backward."""
    product_step_seconds: tuple[float, ...]
    look_up_bytes: tuple[int, ...]
    """Of the input: N · T tokens."""
    product_bytes: tuple[int, ...]
    """Of the input: N · T · V numbers."""
    largest_difference: float
    """Between the results of the two ways, over all V."""


def embedding_costs(sizes: tuple[int, ...] = SIZES) -> EmbeddingCosts:
    """Measure both ways on tokens (N, T) drawn by a fixed seed, in float32 on this machine."""
    generator = torch.Generator().manual_seed(0)
    measured = [_measure(size, generator) for size in sizes]
    look_up, product, look_up_step, product_step, differences = zip(*measured, strict=True)
    tokens = BATCH * LENGTH
    return EmbeddingCosts(
        sizes,
        tuple(size * WIDTH for size in sizes),
        look_up,
        product,
        look_up_step,
        product_step,
        look_up_bytes=tuple(tokens * TOKEN_BYTES for _ in sizes),
        product_bytes=tuple(tokens * size * NUMBER_BYTES for size in sizes),
        largest_difference=max(differences),
    )


def _measure(size: int, generator: torch.Generator) -> tuple[float, float, float, float, float]:
    """Seconds of look-up and product, forward and with the way back; the results' largest difference."""
    weight = torch.randn(size, WIDTH, generator=generator).requires_grad_()
    tokens = torch.randint(size, (BATCH, LENGTH), generator=generator)
    ways: tuple[Callable[[Tensor, Tensor], Tensor], ...] = (lambda w, t: embedding(t, w), one_hot_product)
    with torch.no_grad():
        looked, multiplied = (way(weight, tokens) for way in ways)
        forward = [_seconds(partial(way, weight, tokens)) for way in ways]
    both = [_seconds(partial(_step, way, weight, tokens)) for way in ways]
    return forward[0], forward[1], both[0], both[1], float((looked - multiplied).abs().max())


def _step(way: Callable[[Tensor, Tensor], Tensor], weight: Tensor, tokens: Tensor) -> None:
    torch.autograd.grad(way(weight, tokens).sum(), weight)


def _seconds(call: Callable[[], object]) -> float:
    """Of one call, the least of REPEATS means."""
    call()
    found = []
    for _ in range(REPEATS):
        count, start = 0, time.perf_counter()
        while (passed := time.perf_counter() - start) < LEAST_SECONDS:
            call()
            count += 1
        found.append(passed / max(count, 1))
    return min(found)
