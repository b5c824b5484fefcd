"""Sentences that read out what training did: clipping, remedies, outcomes."""

from __future__ import annotations

import math
from collections.abc import Sequence

from core.analysis.clipping import ClipStatistics
from core.analysis.decay import Decay
from core.analysis.outcome import SOLVED, Outcome
from dashboard.anatomy_readings import percent
from dashboard.readings import number


def clip_sentence(label: str, statistics: ClipStatistics, threshold: float, is_clipped: bool) -> str:
    """How often the threshold was met, how large gradients are, and where a threshold might be."""
    if is_clipped:
        met = f"**{percent(statistics.share)}** of the steps clipped at {number(threshold)}"
        met += f", the largest to 1/{number(statistics.largest_factor)}" if statistics.share else ""
    else:
        over = "" if math.isnan(statistics.over) else f" ({percent(statistics.over)} of the norms above the threshold)"
        met = f"**not clipped**{over}"
    low, high = statistics.suggested
    broken = f"; {statistics.not_finite} norms are NaN or Inf" if statistics.not_finite else ""
    return (
        f"**{label}**: {met}. Norm before clipping {number(statistics.mean)} on average, {number(statistics.median)} "
        f"in the median, at most {number(statistics.largest)}{broken}. Half to ten times the mean would be "
        f"{number(low)} to {number(high)}."
    )


def remedies_sentence(patient: str, before: Decay, effects: Sequence[tuple[str, Decay]]) -> str:
    """How the patient stands, and which treatments bring its factor nearest to 1."""
    known = [(title, decay) for title, decay in effects if decay.factor > 0]
    best = sorted(known, key=lambda effect: abs(math.log(effect[1].factor)))[:2]
    told = " and ".join(f"**{title}** ({percent(decay.factor)}, {_horizon(decay)})" for title, decay in best)
    return (
        f"**{patient}** keeps {percent(before.factor)} per step back before training ({_horizon(before)}). Nearest to "
        f"100 %: {told or 'none'}."
    )


def _horizon(decay: Decay) -> str:
    if math.isnan(decay.horizon):
        return "no horizon can be told"
    return "without limit" if math.isinf(decay.horizon) else f"1/1000 after {decay.horizon:.0f} steps"


def outcome_table(rows: Sequence[tuple[str, Outcome]]) -> str:
    """A table in Markdown: model, from where it gets 95 % right, accuracy and loss at the end, steps trained."""
    head = ["model", f"{SOLVED:.0%} right from", "right at the end", "loss at the end", "steps"]
    lines = [head, ["---"] * len(head), *(_cells(label, outcome) for label, outcome in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cells(label: str, outcome: Outcome) -> list[str]:
    solved = "never" if outcome.solved_at is None else f"step {outcome.solved_at}"
    return [label, solved, percent(outcome.final_accuracy), number(outcome.final_loss), str(outcome.steps)]
