"""What the models learn from: text, voices and demand that come with packages or are computed, none downloaded.

Axes: N batch, T timesteps.
"""

from __future__ import annotations

import numpy as np
import torch
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from torch import Tensor

RATE = 16_000
"""Samples per second."""


def text() -> str:
    """English prose about data, about 14,000 characters."""
    return "\n".join(load().DESCR for load in (load_iris, load_digits, load_wine, load_breast_cancer))


def words() -> list[str]:
    """Words and punctuation of the text, in order."""
    return text().replace(",", " , ").replace(".", " . ").lower().split()


def numbered(items: list[str], reserved: int = 0) -> tuple[dict[str, int], list[int]]:
    """A number for each kind of item, from `reserved` on, and all items by number."""
    numbers = {item: reserved + place for place, item in enumerate(sorted(set(items)))}
    return numbers, [numbers[item] for item in items]


def voices(count: int, samples: int, seed: int = 0) -> Tensor:
    """Vowel-like sounds, shape (N, samples): harmonics of a wandering pitch under two formants, with breath."""
    chance = np.random.default_rng(seed)
    time = np.arange(samples) / RATE
    pitch = chance.uniform(90, 220, (count, 1)) * (
        1 + 0.1 * np.sin(2 * np.pi * chance.uniform(2, 5, (count, 1)) * time)
    )
    phase = 2 * np.pi * np.cumsum(pitch, axis=1) / RATE
    formants = chance.uniform([300, 900], [800, 2400], (count, 2))
    sound = chance.normal(0, 0.02, (count, samples))
    for harmonic in range(1, 16):
        frequency = harmonic * pitch
        loudness = sum(np.exp(-(((frequency - formant[:, None]) / 200) ** 2)) for formant in formants.T)
        sound += 0.2 * loudness * np.sin(harmonic * phase)
    return torch.tensor(sound, dtype=torch.float32)


def demand(count: int, hours: int, seed: int = 0) -> np.ndarray:
    """Hourly demand of shops, shape (N, hours), above 0: days, weeks, growth, noise that lasts."""
    chance = np.random.default_rng(seed)
    hour = np.arange(hours)
    shape = 10 + 3 * np.sin(2 * np.pi * hour / 24) + 2 * np.cos(2 * np.pi * hour / 168) + 0.01 * hour
    noise = chance.normal(0, 1, (count, hours))
    for here in range(1, hours):
        noise[:, here] += 0.7 * noise[:, here - 1]
    return np.maximum(chance.uniform(0.5, 5, (count, 1)) * (shape + noise), 0.1)


def batch_of(items: Tensor, step: int, size: int) -> Tensor:
    """The `step`-th batch, going round."""
    return items[(step * size + torch.arange(size)) % len(items)]
