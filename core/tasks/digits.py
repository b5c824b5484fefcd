"""Handwritten digits to spell out: another modality on the source's side.

Axes: N batch, T target positions, V tokens.

A worked example: an image of 8 × 8 grey values of a 7, to be written letter by letter:

    target_in    [start] s e v e n
    target_out   s e v e n [stop]

The images are the test part of Alpaydin & Kaynak (1998), as scikit-learn ships them: 1,797 digits of 13 writers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from .pair_split import collate, is_held_out
from .pair_vocabulary import Vocabulary
from .pairs import PairError

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SIDE = 8
"""Pixels of a side of an image."""
BRIGHTEST = 16
LONGEST_WORD = max(map(len, WORDS)) + 1
"""Rows of the longest target, with [stop]."""


@dataclass(frozen=True)
class DigitBatch:
    """Images and their words, padded at the end with [pad]."""

    images: Tensor
    """Grey values in [0, 1], shape (N, 8, 8), float32."""
    digits: Tensor
    """What they are of, 0 to 9, shape (N,), int64."""
    target_in: Tensor
    """[start] and the word, shape (N, T), int64."""
    target_out: Tensor
    """The word and [stop], shape (N, T), int64."""
    target_lengths: Tensor
    """Shape (N,), int64."""


class Digits:
    """Images of digits, split by content. Errors: PairError if scikit-learn is not installed."""

    title = "Digits spelt out"

    def __init__(self, held_out: float = 0.1) -> None:
        self.target = Vocabulary.of(WORDS)
        images, digits = _images()
        apart = np.array([is_held_out(image.tobytes().hex(), held_out) for image in images])
        self._learnt = images[~apart], digits[~apart]
        self._held_out = images[apart], digits[apart]

    @property
    def target_symbols(self) -> tuple[str, ...]:
        """How to print each token of a target, shape (V,)."""
        return self.target.symbols

    def batch(self, rng: np.random.Generator, size: int) -> DigitBatch:
        """Draw `size` images to learn from, with replacement."""
        images, digits = self._learnt
        places = rng.integers(len(images), size=size)
        return self._batch(images[places], digits[places])

    def held_out(self) -> DigitBatch:
        """All images that `batch` never draws, in a fixed order."""
        return self._batch(*self._held_out)

    def print(self, tokens) -> str:
        """The word of target tokens, up to the first [stop]."""
        return self.target.print(tokens)

    def _batch(self, images: np.ndarray, digits: np.ndarray) -> DigitBatch:
        words = [self.target.encode(WORDS[digit]) for digit in digits]
        pairs = collate((word, word) for word in words)
        grey = torch.from_numpy(images.astype(np.float32) / BRIGHTEST)
        return DigitBatch(grey, torch.from_numpy(digits), pairs.target_in, pairs.target_out, pairs.target_lengths)


@lru_cache(maxsize=1)
def _images() -> tuple[np.ndarray, np.ndarray]:
    """Grey values, shape (1797, 8, 8), uint8, and digits, shape (1797,), int64."""
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise PairError(
            f"Digits need the package scikit-learn, got: {error}; install it with pip install scikit-learn."
        ) from error
    loaded = load_digits()
    return loaded.images.astype(np.uint8), loaded.target.astype(np.int64)
