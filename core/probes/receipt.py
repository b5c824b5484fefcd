"""The receipt: a tap's numbers found a second, slow way, and how far apart the two are, tensor by tensor.

The same weights, inputs and outside gradients run through our explicit cells, one timestep at a time, in float64;
autograd gives the gradient at each step, and central differences check one of them. The same loop in the layer's own
precision tells how close a number of that precision can be.

Axes: L layers, D directions, N batch, E watched examples, T timesteps first, H hidden units, P units of h.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from ..models.cells import Cell
from ..recordings.records import GradientFlow, Receipt, TensorCheck
from .own_layer import own_run
from .recurrent_call import RecurrentCall
from .replay import with_outside
from .unrolled import PARAMETERS, Bump, Unrolled, explicit_cells_of, gradients, in_sequence, torchs_name, unrolled
from .watching.observed import TWICE, ObservedCall
from .watching.sequences import current

NUDGE = 1e-5
FLOORS = {torch.float64: 1e-10}
SAME_STATES = 2**13
"""In units of the last place: how far apart the states of two runs of the same layer may be; 1e-3 in float32."""
DIRECTIONS = ("forward", "reverse")


@torch.enable_grad()
def receipt(calls: Sequence[ObservedCall], flow: GradientFlow) -> Receipt:
    """Compare consecutive calls of a layer with the slow way.

    Errors: RuntimeError if a weight was changed in place since the calls, e.g. by `optimizer.step()`, or an input was.
    """
    pairs = list(zip(calls, current(calls), strict=True))
    for observed, here in pairs:
        if here:
            _check(observed)
    reached = [observed for observed, here in pairs if here]
    tensors = _largest(check for observed in reached for check in _checks(observed))
    last = with_outside(reached[-1].call)
    step, finite = _finite_difference(last)
    cells = [check.difference for check in tensors if check.name.startswith("∂L/∂c")]
    return Receipt(
        hidden=_max(check.difference for check in tensors if check.name.startswith("∂L/∂h")),
        cell=_max(cells) if cells else None,
        parameters=_max(check.difference for check in tensors if not check.name.startswith("∂L/∂")),
        finite_difference=finite,
        finite_difference_step=step + flow.hidden.shape[3] - len(last.inputs),
        reference_norms=np.concatenate([_reference_norms(one.call, here) for one, here in pairs], axis=2),
        tensors=tensors,
    )


def _check(observed: ObservedCall) -> None:
    call = observed.call
    if observed.facts.note == TWICE:
        raise RuntimeError(f"receipt goes back once, but {TWICE}")
    if call.obstacle is not None:
        raise RuntimeError(f"receipt runs the layer again apart, but {call.obstacle}")
    if call.changed_weights():
        raise RuntimeError(
            "receipt needs the weights with which the gradients were computed, but they have changed since; "
            "ask for it before optimizer.step()."
        )


def _checks(observed: ObservedCall) -> Iterator[TensorCheck]:
    """Every tensor of one call. Errors: RuntimeError if its weights give other states now than they gave."""
    call, autocast = with_outside(observed.call), observed.facts.autocast
    own = own_run(call, autocast)
    _check_states(observed, own.hidden)
    cells = explicit_cells_of(call, torch.float64)
    slow = _found(call, cells, unrolled(call, cells))
    plain = _plain(call, autocast)
    ours = _watched(call) | own.gradients
    floor = FLOORS.get(call.weights[0].hidden.dtype, 1e-5)
    for name, value in ours.items():
        some = _some(call, name)
        yield TensorCheck(
            name, difference(value, slow[name][some]), difference(plain[name][some], slow[name][some]), floor
        )


def _check_states(observed: ObservedCall, hidden: Tensor) -> None:
    """The same layer on the same numbers gives the same h_n; torch does not count changes through `.data`."""
    kept = observed.facts.finals[0]
    if not kept.is_intact:
        return
    before = observed.facts.shapes.states(kept.get())
    if difference(hidden, before) > SAME_STATES * torch.finfo(before.dtype).eps:
        raise RuntimeError(
            "receipt needs the weights with which the gradients were computed, but they give other states now, so they "
            "have changed past torch's count, as through .data; ask for it before the weights are updated."
        )


def _plain(call: RecurrentCall, autocast: torch.dtype | None) -> dict[str, Tensor]:
    """The slow way in the precision in which the layer ran."""
    cells = explicit_cells_of(call, call.weights[0].hidden.dtype)
    device = call.hidden.device.type
    with torch.autocast(device, dtype=autocast, enabled=autocast is not None):
        run = unrolled(call, cells)
    return _found(call, cells, run)


def _found(call: RecurrentCall, cells: Sequence[Cell], run: Unrolled) -> dict[str, Tensor]:
    """Every gradient of an unrolled call by its name; of states (T, N, H) in the sequence's order."""
    found = dict(zip(_names(call, "h"), in_sequence(call, gradients(run.loss, run.hidden)), strict=True))
    if run.cell:
        found |= dict(zip(_names(call, "c"), in_sequence(call, gradients(run.loss, run.cell)), strict=True))
    named = _parameters(call, cells)
    values = torch.autograd.grad(run.loss, list(named.values()), allow_unused=True, materialize_grads=True)
    return found | dict(zip(named, values, strict=True))


def _names(call: RecurrentCall, state: str) -> list[str]:
    return [
        f"∂L/∂{state}, layer {index // call.directions + 1}, {DIRECTIONS[index % call.directions]}"
        for index in range(call.layers * call.directions)
    ]


def _parameters(call: RecurrentCall, cells: Sequence[Cell]) -> dict[str, Tensor]:
    """The cells' parameters under torch's names for a stack's."""
    return {
        torchs_name(call, index, name): getattr(cell, name)
        for index, cell in enumerate(cells)
        for name in PARAMETERS.values()
        if getattr(cell, name, None) is not None
    }


def _watched(call: RecurrentCall) -> dict[str, Tensor]:
    """What the taps have, by name."""
    found = {name: torch.as_tensor(tap.hidden) for name, tap in zip(_names(call, "h"), call.taps, strict=True)}
    if call.kind == "lstm":
        pairs = zip(_names(call, "c"), call.taps, strict=True)
        found |= {name: torch.as_tensor(tap.cell) for name, tap in pairs if tap.cell is not None and tap.cell.size}
    return found


def _some(call: RecurrentCall, name: str) -> tuple[slice, Tensor | slice]:
    """Which timesteps and examples of a slow gradient were watched."""
    if not name.startswith("∂L/∂c"):
        return (slice(None),) if not name.startswith("∂L/∂h") else (slice(None), slice(None))  # type: ignore[return-value]
    tap = call.taps[0]
    assert tap.cell is not None  # it was named
    count = tap.cell.shape[1]
    return slice(None), slice(0, count) if call.order is None else call.order[:count]


def difference(found: Tensor, expected: Tensor) -> float:
    """Max |found − expected| / max |expected| over finite entries; NaN unless both are finite in the same places."""
    found, expected = found.detach().double().cpu(), expected.detach().double().cpu()
    finite = expected.isfinite()
    if not torch.equal(finite, found.isfinite()):
        return float("nan")
    if not bool(finite.any()):
        return 0.0
    apart, largest = float((found - expected)[finite].abs().max()), float(expected[finite].abs().max())
    return apart / largest if largest else apart


def _largest(checks: Iterator[TensorCheck]) -> tuple[TensorCheck, ...]:
    """One check a name: of several calls, the one that is furthest off."""
    found: dict[str, TensorCheck] = {}
    for check in checks:
        before = found.get(check.name)
        if before is None or (before.agrees and not check.difference <= before.difference):
            found[check.name] = check
    return tuple(found.values())


def _max(values: Iterator[float] | Sequence[float]) -> float:
    """The largest; NaN if any is."""
    return float(np.max([0.0, *values]))


def _reference_norms(call: RecurrentCall, is_reached: bool) -> np.ndarray:
    """‖∂L/∂h_t‖₂ over batch and units, shape (L, D, T), in the sequence's order; zero where no pass came."""
    shape = (call.layers, call.directions)
    if not is_reached:
        return np.zeros((*shape, len(call.inputs)))
    run = unrolled(call, explicit_cells_of(call, torch.float64))
    rows = [value.square().sum(dim=(1, 2)).sqrt() for value in in_sequence(call, gradients(run.loss, run.hidden))]
    return torch.stack(rows).unflatten(0, shape).cpu().numpy()


def _finite_difference(call: RecurrentCall) -> tuple[int, float]:
    """The earliest step with no less than 10⁻⁴ of the largest gradient, and how far central differences are from it."""
    cells = explicit_cells_of(call, torch.float64)
    run = unrolled(call, cells)
    gradient = gradients(run.loss, run.hidden[:1])[0]  # (T, N, P) of the first layer
    norms = gradient.flatten(1).norm(dim=1)
    if not bool(norms.max() > 0):
        return 0, 0.0
    step = int((norms >= 1e-4 * norms.max()).nonzero()[0])
    exact = float(norms[step])
    direction = gradient[step] / norms[step] * NUDGE
    with torch.no_grad():
        ahead, behind = (unrolled(call, cells, Bump(0, step, sign * direction)).loss for sign in (1, -1))
    return step, abs(float(ahead - behind) / (2 * NUDGE) - exact) / exact
