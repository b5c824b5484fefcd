"""What windows can learn: recall at growing lags, one line a window."""

from __future__ import annotations

from ..models.config import ModelConfig
from ..tasks.config import TaskConfig
from .sweep import Factor, SweepConfig
from .truncation_config import USUAL_MODEL, WHOLE, Truncation, TruncationConfig
from .truncation_study import half

LAG_PATH = "task.length"
LAG_LENGTHS = (5, 10, 15, 20, 30)
LAG_WINDOWS = (5, 10, 20)
SEEDS = (0, 1, 2)


def window_sweep(
    way: str = "carry",
    model: ModelConfig = USUAL_MODEL,
    steps: int = 300,
    seeds: tuple[int, ...] = SEEDS,
) -> SweepConfig:
    """Recall of the first symbol: windows of several lengths and the whole sequence, side by side at each lag."""
    ways = (*(Truncation(way, window, half(window)) for window in LAG_WINDOWS), WHOLE)
    base = TruncationConfig(TaskConfig("recall", length=LAG_LENGTHS[0]), model, ways, steps)
    return SweepConfig(base, (Factor(LAG_PATH, LAG_LENGTHS),), seeds)
