"""Sentences that read the Gates page's pictures out in numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from core.analysis.cell_search import CellSearch
from core.analysis.saturation import Saturation
from core.recordings.interventions import CellPath
from core.training.read_planes import ReadPlanes
from core.training.touch import Touched
from dashboard.figures.cells import beyond_chance
from dashboard.figures.interventions import visible
from dashboard.readings import number
from dashboard.theme import GATE_TITLES

MOSTLY = 0.9
"""Share of the characters from which a unit counts as always open or shut."""
UNKNOWN = "–"
FAITHFUL = 0.1
"""∏ f within this share of the measured derivative."""


def saturation_sentence(
    saturations: Mapping[str, Saturation], place: tuple[int, int], bounds: tuple[float, float]
) -> str:
    """How many units of a layer and direction are nearly always open, or shut, gate by gate."""
    parts = [_saturated(name, one.left[place], one.right[place]) + _missing(one) for name, one in saturations.items()]
    shut, open_ = bounds
    return f"Open is above {open_:g}, shut below {shut:g}. " + " ".join(parts)


def _missing(one: Saturation) -> str:
    return f" **NaN** at {one.missing:.0%} of what was read." if one.missing else ""


def _saturated(name: str, left: np.ndarray, right: np.ndarray) -> str:
    if np.isnan(right).all():
        return f"**{GATE_TITLES[name].capitalize()}**: none of {len(right)} units has a number."
    most = int(np.nanargmax(right))
    return (
        f"**{GATE_TITLES[name].capitalize()}**: {int((right > MOSTLY).sum())} of {len(right)} units are open, "
        f"{int((left > MOSTLY).sum())} shut, at over {MOSTLY:.0%} of what was read; unit {most} is open most often, "
        f"{right[most]:.0%}."
    )


def saturation_training_sentence(steps: np.ndarray, shares: Mapping[str, np.ndarray]) -> str:
    """How much more decided the gates are at the last snapshot than at the first."""
    parts = [
        f"**{GATE_TITLES[name]}** open {_share(values[1, 0])} → {_share(values[1, -1])}, shut {_share(values[0, 0])} → "
        f"{_share(values[0, -1])}"
        for name, values in shares.items()
    ]
    return f"From step {steps[0]} to {steps[-1]}: {'; '.join(parts)}."


def _share(value: float) -> str:
    return "NaN" if np.isnan(value) else f"{value:.0%}"


def cells_sentence(title: str, search: CellSearch, characters: int) -> str:
    """The best unit for a property, and what chance finds."""
    if np.isnan(search.held_out[0]) or np.isnan(search.ranked[0]):
        return f"Nothing in these {characters:,} characters is **{title}**, or everything is: there is nothing to tell."
    unit, sign = int(search.units[0]), "high" if search.signs[0] > 0 else "low"
    share = "" if np.isnan(search.share) else f", which holds at {search.share:.1%} of them"
    return (
        f"Of {len(search.units)} units on {characters:,} characters, unit **{unit}** tells best what is **{title}**"
        f"{share}: it is {sign} there, {search.measure} **{search.held_out[0]:.3f}** on the half that the choice did "
        f"not see. The best of {len(search.units)} random directions reaches {search.random_held_out:.3f}."
    )


def properties_sentence(searches: Mapping[str, CellSearch], titles: Mapping[str, str]) -> str:
    """For which properties a unit is far better than chance."""
    gains = {
        name: beyond_chance(one, float(one.held_out[0])) - beyond_chance(one, one.random_held_out)
        for name, one in searches.items()
    }
    known = {name: gain for name, gain in gains.items() if not np.isnan(gain)}
    if not known:
        return "No property changes in this text."
    best, worst = max(known, key=known.__getitem__), min(known, key=known.__getitem__)
    return (
        f"Farthest beyond chance is the unit for **{titles[best]}**: unit {searches[best].units[0]}, {known[best]:.2f} "
        f"more than the best random direction. Least so is that for **{titles[worst]}** ({known[worst]:+.2f}), "
        "which a random mixture of all units tells about as well."
    )


def reading_sentence(planes: ReadPlanes, label: str, unit: int) -> str:
    """What the reading cost the model called `label`; how often a unit keeps in it, and where its state runs."""
    keep = {"lstm": "forget", "gru": "update"}.get(planes.kind)
    state = planes.planes["cell" if planes.kind == "lstm" else "hidden"][:, unit]
    keeps = "" if keep is None else f"{_keeps(planes.planes[keep][:, unit])}, and "
    known = state[np.isfinite(state)]
    if not len(known):
        return f"{_cost(planes, label)} Unit **{unit}** has no number anywhere: {number(state[0])} from the first on."
    gone = f", and is NaN or infinite at {1 - len(known) / len(state):.0%} of them" * (len(known) < len(state))
    return (
        f"{_cost(planes, label)} Unit **{unit}** {keeps}runs from {number(known.min())} to {number(known.max())}{gone}."
    )


def _keeps(gate: np.ndarray) -> str:
    often, seldom = (gate > 0.9).mean(), (gate < 0.1).mean()
    return f"keeps (gate above 0.9) at {often:.0%} of them, wipes (below 0.1) at {seldom:.0%}"


def _cost(planes: ReadPlanes, label: str) -> str:
    steps = len(planes.tokens)
    if planes.expected is not None:
        return f"Over {steps:,} characters {label} loses **{_mean(planes.losses[planes.has_loss])}** nats each."
    asked = int(planes.has_loss.sum())
    mean = _mean(planes.losses[planes.has_loss])
    return f"Over {steps:,} timesteps, {asked:,} of them with a loss, {label} loses **{mean}** at each."


def similar_sentence(span: tuple[int, int], units: Sequence[int], spans: Sequence[tuple[int, int, float]]) -> str:
    """What is on over a brushed span, and where else."""
    place = f"t = {span[0]} to {span[1]}"
    if not units:
        return f"No unit is on throughout {place} and off just beside it; brush another span, or move *On is above*."
    named = ", ".join(map(str, units[:12])) + (", …" if len(units) > 12 else "")
    on = f"{len(units)} units are on throughout {place} and off just beside it: {named}."
    if not spans:
        return f"{on} Nowhere else are they all on."
    first, last, likeness = spans[0]
    places = f"**{len(spans)}** other place{'s' * (len(spans) > 1)}"
    return (
        f"{on} They are all on at {places} (outlined); the most alike, t = {first} to {last}, shares {likeness:.0%} of "
        "the units that are on just there."
    )


def chances_sentence(touched: Touched, place: int) -> str:
    """Which symbol leads before and after."""
    assert touched.chances is not None
    (before, after), symbols = touched.chances, touched.symbols
    if np.isnan(before).any() or np.isnan(after).any():
        who = "Neither without nor with hands" if np.isnan(before).any() else "With hands no longer"
        return f"After t = {place}: {who} is anything expected: the probabilities are NaN."
    first, second = int(np.argmax(before)), int(np.argmax(after))
    lead = "" if first == second else f", where {_quoted(symbols[second])} leads with **{after[second]:.1%}**"
    came = f" Then came {_quoted(touched.tokens[place + 1])}." if place + 1 < len(touched.tokens) else ""
    return f"After t = {place}: {_quoted(symbols[first])} **{before[first]:.1%} → {after[first]:.1%}**{lead}.{came}"


def _quoted(symbol: str) -> str:
    return f"“{visible(symbol)}”"


def effect_sentence(touched: Touched, span: tuple[int, int] | None) -> str:
    """What the hands cost, and how long their effect lasts."""
    before, after = (_mean(losses[touched.has_loss]) for losses in touched.losses)
    parts = [f"Mean loss **{before} → {after}** over {len(touched.tokens):,} timesteps"]
    if span is not None:
        within = np.flatnonzero(touched.has_loss[span[0] : span[1] + 1]) + span[0]
        inside = [_mean(losses[within]) for losses in touched.losses]
        parts.append(f"in the span {inside[0]} → {inside[1]}")
    sentence = ", ".join(parts) + "."
    if touched.divergence is not None and not np.isfinite(touched.divergence).all():
        first = int(np.argmin(np.isfinite(touched.divergence)))
        sentence += f" From t = {first} on how far expectations are apart is no number."
    elif touched.divergence is not None and touched.divergence.any():
        last = int(np.flatnonzero(touched.divergence > 0.01)[-1]) if (touched.divergence > 0.01).any() else None
        farthest = int(np.argmax(touched.divergence))
        sentence += (
            f" Expectations are farthest apart after t = {farthest}: {number(touched.divergence[farthest])} nats"
        )
        sentence += "." if last is None else f"; the last difference above 0.01 nats is after t = {last}."
    return sentence


def _mean(losses: np.ndarray) -> str:
    """UNKNOWN where there is no loss at all; NaN where one of them is."""
    return number(float(losses.mean())) if len(losses) else UNKNOWN


def state_sentence(touched: Touched, unit: int, name: str, span: tuple[int, int] | None) -> str:
    """How far the unit's state was moved; whether it stood still."""
    before, after = (values[:, unit] for values in touched.state)
    moved = int(np.argmax(np.abs(after - before)))
    change = f"{number(before[moved])} → {number(after[moved])}"
    sentence = f"The {name} state of unit {unit} is moved most at t = {moved}: {change}."
    if touched.stand is not None:
        sentence += (
            " While f = 1 and i = 0, c stands still: the largest |cₜ − cₜ₋₁| of all held units and timesteps is "
            f"**{number(touched.stand)}**" + (", exactly." if touched.stand == 0 else ".")
        )
    return sentence


def path_sentence(path: CellPath, unit: int) -> str:
    """How well the product of forget gates says what is left of a cell state."""
    own, product = path.own, path.product
    with np.errstate(divide="ignore", invalid="ignore"):
        near = np.abs(own - product) <= FAITHFUL * np.abs(own)
    return (
        f"Over {path.last - path.first} steps unit **{unit}** keeps ∏ f = **{number(product[unit])}** along the "
        f"carousel; measured, ∂c/∂c is {number(own[unit])}, and {number(path.from_others[unit])} comes from all other "
        f"units together. For {int(near.sum())} of {len(own)} units the product is within {FAITHFUL:.0%} of the "
        f"measured value; {int((product > 0.5).sum())} units keep more than half."
    )
