"""Which pairs are held out, and how pairs become a batch.

Axes: N batch, S source positions, T target positions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from itertools import zip_longest

import torch
from torch import Tensor

from .pair_vocabulary import PAD, START
from .pairs import PairBatch

HELD_OUT_PAIRS = 256
"""At most so many pairs does a task keep to be measured on."""
Pair = tuple[Sequence[int], Sequence[int]]
"""Tokens of a source and of its target, each with [stop]."""


def is_held_out(content: str, share: float) -> bool:
    """True for a fixed `share` of all contents, told from the content alone: the same on every machine and day."""
    digest = hashlib.sha256(content.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:4], "big") < share * 2**32


def collate(pairs: Iterable[Pair]) -> PairBatch:
    """The batch of some pairs, at least one."""
    sources, targets = zip(*pairs, strict=True)
    shifted = [[START, *target[:-1]] for target in targets]
    return PairBatch(_padded(sources), _lengths(sources), _padded(shifted), _padded(targets), _lengths(targets))


def _padded(sequences: Sequence[Sequence[int]]) -> Tensor:
    return torch.tensor(list(zip_longest(*sequences, fillvalue=PAD))).T.contiguous()


def _lengths(sequences: Sequence[Sequence[int]]) -> Tensor:
    return torch.tensor([len(one) for one in sequences])
