"""The runs that ship with the page of sequence to sequence, so that it shows a trained model before any click."""

from __future__ import annotations

from pathlib import Path

from core.models.config import ModelConfig
from core.models.seq2seq_config import FUSIONS, PRESETS, Seq2SeqConfig
from core.tasks.config import TaskConfig
from core.tasks.pairs import PairsConfig
from core.training.config import TrainingConfig
from core.training.digits_config import DigitsConfig
from core.training.run_config import RunConfig
from core.training.sweep import SweepConfig
from core.training.translation_config import TranslationConfig

FOLDER = Path(__file__).resolve().parents[1] / "assets" / "attention"
NO_ATTENTION = Seq2SeqConfig(attention="none")

SEEDS = 5
"""Of a sweep, as long as nobody says otherwise."""

PAIRS: dict[str, TranslationConfig] = {
    "reverse": TranslationConfig(models=(PRESETS["clean diagonal"], PRESETS["textbook Bahdanau"])),
    "dates-to-iso": TranslationConfig(PairsConfig("dates"), (PRESETS["wide LSTM"],), steps=1000, learning_rate=3e-3),
    "french-names": TranslationConfig(
        PairsConfig("names", language="fr"), (PRESETS["wide LSTM"],), steps=600, batch_size=32, learning_rate=3e-3
    ),
    "bottleneck": TranslationConfig(
        PairsConfig("reverse", min_length=2, max_length=16),
        (NO_ATTENTION, Seq2SeqConfig()),
        steps=1500,
        learning_rate=3e-3,
        test_length=24,
    ),
}
"""Runs on pairs, by the name of their folder."""
FUSION = SweepConfig(
    TranslationConfig(models=tuple(Seq2SeqConfig(hidden_size=32, fusion=fusion) for fusion in FUSIONS), steps=200),
    seeds=tuple(range(SEEDS)),
)
"""Models that differ in one thing, how state and context are joined, from five seeds."""
SPREAD = SweepConfig(PAIRS["reverse"], seeds=tuple(range(SEEDS)))
"""The models of "reverse" from five seeds."""
DIGITS = DigitsConfig()
CHEAT = TrainingConfig(
    TaskConfig("next_character", length=40, text="python-reference"),
    (ModelConfig("lstm", 64), ModelConfig("lstm", 64, bidirectional=True)),
    steps=400,
    batch_size=32,
    learning_rate=1e-2,
)
"""One model that reads forwards, and one that reads both ways."""
SHIPPED: dict[str, RunConfig] = {
    **PAIRS, "reverse-seeds": SPREAD, "fusion": FUSION, "digits": DIGITS, "both-ways": CHEAT,
}  # fmt: skip
"""All of them, by the name of their folder."""


def spread_config(config: TranslationConfig, count: int) -> SweepConfig:
    """The same models from so many seeds, the config's own first. Errors: ValueError for one beyond the largest."""
    return SweepConfig(config, seeds=tuple(range(config.seed, config.seed + count)))


def shipped_name(config: RunConfig) -> str | None:
    """The folder of the run with exactly these settings; None if none of them ships."""
    return next((name for name, one in SHIPPED.items() if one == config), None)
