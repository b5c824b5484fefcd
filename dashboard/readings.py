"""Sentences that read a picture out in numbers."""

from __future__ import annotations

import math
import re

import numpy as np

from core.analysis.decay import HORIZON_SHARE, Decay
from core.recordings.records import GradientFlow, Receipt


def number(value: float) -> str:
    """A number as people read it: 0.53, 2.1 · 10⁻¹⁴, NaN."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "infinite"
    if value == 0 or 1e-3 <= abs(value) < 1e4:
        return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa} · 10{str(int(exponent)).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"


def verbatim(text: str) -> str:
    """A text from outside as Markdown shows it unchanged: no link, no picture that a browser would fetch."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)


def decay_sentence(label: str, symbol: str, decay: Decay) -> str:
    """One model's curve in a sentence: how much arrives, what each step keeps, how far that reaches."""
    if math.isnan(decay.factor):
        alone = f"a gradient {symbol} that float32 can hold reaches step {decay.last_step} alone"
        return f"**{label}**: {alone if decay.last else f'no gradient {symbol} can be read here'}."
    if decay.underflow:
        arrives = "float32 rounds the gradient that reaches step 1 to zero"
    else:
        arrives = f"{symbol} at step 1 is {number(decay.ratio)} of that at step {decay.last_step}"
    return f"**{label}**: {arrives}; {_pace(decay)}."


def several_losses_sentence(label: str, symbol: str, decay: Decay) -> str:
    """One model's curve where losses enter on the way: its slope says nothing of what a step keeps."""
    return f"**{label}**: {symbol} at step 1 is {number(decay.ratio)} of that at step {decay.last_step}."


SEVERAL_LOSSES = (
    "A loss enters at every timestep and hides what is lost on the way: the section *Which loss* takes them apart, and "
    "*Task → Loss at: last timestep* leaves one."
)


def _pace(decay: Decay) -> str:
    if decay.factor >= 1:
        grows = f"grows by {(decay.factor - 1) * 100:.1f} %" if decay.factor >= 1.0005 else "is kept whole"
        return f"each step back it {grows}, so nothing limits how far it reaches"
    share = f"{number(decay.factor * 100)} %" if decay.factor < 0.9995 else "nearly all"
    kept = f"each step back keeps {share}"
    return f"{kept}, and 1/{1 / HORIZON_SHARE:.0f} is left after {decay.horizon:.0f} steps"


def naive_sentence(label: str, flow: GradientFlow) -> str:
    """What the usual measurement would have said of a model."""
    assert flow.direct is not None
    reached = np.abs(flow.direct).max(axis=(0, 2)) > 0
    return (
        f"`output.retain_grad()` on the same {label.split(',')[0]} shows exactly 0 at {int((~reached).sum())} of "
        f"{len(reached)} steps: only what reaches each output directly, not what flows through time."
    )


def receipt_sentence(label: str, receipt: Receipt) -> str:
    """How far a model's numbers are from the slow way."""
    verdict = "agrees" if receipt.agrees else "does **not** agree"
    plain = max((tensor.plain for tensor in receipt.tensors), default=0.0)
    cell = "" if receipt.cell is None else f", ∂L/∂c {number(receipt.cell)}"
    return (
        f"**{label}** {verdict} with an unrolled float64 loop. Largest relative differences: ∂L/∂h "
        f"{number(receipt.hidden)}{cell}, weights {number(receipt.parameters)}; central differences at step "
        f"{receipt.finite_difference_step + 1}: {number(receipt.finite_difference)}. The same loop in the model's own "
        f"precision is off by up to {number(plain)}."
    )


def click_sentence(panel: str, step: int | None, t: int | None, value: float) -> str:
    """What was clicked, in words."""
    when = "" if step is None else f" at training step {step}"
    where = "" if t is None else f", timestep {t}"
    return f"**{panel}**{when}{where}: {number(value)}."
