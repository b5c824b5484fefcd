"""Sweeps that measure what is claimed of recurrent networks: how far back they learn, and what a second layer adds.

Axes: K points of one sweep, S seeds.
"""

from __future__ import annotations

from dataclasses import replace

from ..models.config import ModelConfig
from ..models.sequence_model import Ports
from ..tasks.config import TaskConfig
from .config import TrainingConfig
from .sweep import Factor, SweepConfig

LAG_PATH = "task.length"
LAG_LENGTHS = (5, 10, 20, 40, 80)
LAG_MODELS = (ModelConfig("rnn"), ModelConfig("gru"), ModelConfig("lstm"), ModelConfig("lstm", forget_bias=3.0))
SEEDS = (0, 1, 2)
STACK_TASK = TaskConfig("next_character", length=50, text="python-source")
STACK_STEPS, STACK_BATCH = 1000, 32
GATES = {"rnn": 1, "relu_rnn": 1, "linear_rnn": 1, "gru": 3, "lstm": 4}
"""Blocks of rows in the weights of each cell."""


def lag_sweep(steps: int = 300, seeds: tuple[int, ...] = SEEDS) -> SweepConfig:
    """Recall of the first symbol at growing lags, four models side by side, each lag a run of its own."""
    base = TrainingConfig(TaskConfig("recall", length=LAG_LENGTHS[0]), LAG_MODELS, steps=steps)
    return SweepConfig(base, (Factor(LAG_PATH, LAG_LENGTHS),), seeds)


def stack_sweep(models: tuple[ModelConfig, ...], steps: int = STACK_STEPS) -> SweepConfig:
    """The next character of source code by one layer and by two, of `stacks`; seeds are all that varies."""
    base = TrainingConfig(STACK_TASK, models, steps=steps, batch_size=STACK_BATCH)
    return SweepConfig(base, (), SEEDS)


def stacks(cell: str, units: int, ports: Ports) -> tuple[ModelConfig, ModelConfig, ModelConfig]:
    """One layer of `units`; two layers so narrow that the whole model has as nearly as many numbers; two of `units`."""
    one = ModelConfig(cell, units)
    wanted = parameter_count(one, ports)
    narrow = [replace(one, layers=2, hidden_size=size) for size in range(1, units + 1)]
    nearest = min(narrow, key=lambda stack: abs(parameter_count(stack, ports) - wanted))
    return one, nearest, replace(one, layers=2)


def parameter_count(config: ModelConfig, ports: Ports) -> int:
    """Numbers of the whole model, embedding and readout included; of tokens, in one direction."""
    symbols, units, gates = ports.vocabulary_size or 0, config.hidden_size, GATES[config.cell]
    return 2 * symbols * units + ports.outputs + config.layers * gates * units * (2 * units + 2)
