"""Watch any model that contains recurrent layers: exact gradients through time, gates and states, with a receipt.

Watching takes no part: torch's own forward and backward run, bit for bit as without it. Module hooks tell which layer
ran, and what torch's graph holds anyway is read.

Axes: N batch, T timesteps, H hidden units.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import replace
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

from ..models.cells import Cell
from ..recordings.records import GateTrace, GradientFlow, Receipt
from ..recordings.span import Span, StateLife
from .life import state_life
from .receipt import receipt
from .recurrent_call import RecurrentCall
from .span import gradient_span
from .span_proof import Rerun, prove
from .timeline import gate_trace, gradient_flow
from .watching.graph import current_pass, saved_values_are_packed
from .watching.observed import ObservedCall, exits_of
from .watching.observer import Observer
from .watching.ran import Part, Ran, ran_state
from .watching.seeing import META, autocast_precision, quietly, why_unseen
from .watching.sequences import Calls
from .watching.setting import set_taps

Record = TypeVar("Record")
Key = str | tuple[str, int]
"""A module's path; with a number, the record of another sequence of its calls."""
_owners = itertools.count()


class LazyRecords(Mapping[Key, Record], Generic[Record]):
    """Records by module path, each made when it is asked for.

    `["gru"]` is the first sequence of calls, `["gru", 1]` the second, where a layer is called for two inputs.
    """

    def __init__(self, calls: Mapping[str, Calls], make: Callable[[list[ObservedCall]], Record]) -> None:
        self._calls, self._make = calls, make

    def __getitem__(self, key: Key) -> Record:
        """The record of one sequence. Errors: KeyError for a name not watched, LookupError if the layer did not run."""
        return self._make(_sequence(self._calls, key))

    def __iter__(self) -> Iterator[Key]:
        return iter(self._calls)

    def __len__(self) -> int:
        return len(self._calls)


def _sequence(calls: Mapping[str, Calls], key: Key) -> list[ObservedCall]:
    name, index = key if isinstance(key, tuple) else (key, 0)
    if name not in calls:
        raise KeyError(f"no recurrent layer is called {name!r}; watched are {', '.join(calls)}.")
    sequences = calls[name].sequences()
    if not sequences:
        raise LookupError(_did_not_run(name, calls[name].obstacle))
    if not 0 <= index < len(sequences):
        raise LookupError(
            f"{name!r} has {len(sequences)} sequence(s) of calls in this pass, got number {index}; "
            f"ask for 0 to {len(sequences) - 1}."
        )
    return sequences[index]


def _did_not_run(name: str, obstacle: str | None) -> str:
    if obstacle is not None:
        return f"{name!r} cannot be seen, because {obstacle}; it is trained as usual."
    return (
        f"{name!r} did not run inside the with block, or ran where Python does not see it (torch.compile, a scripted "
        "model, a call of its forward method instead of the module); call the model there, as model(x)."
    )


class Watched:
    """What the recurrent layers of a model did between entering and leaving a `with core.watch(model)` block.

    Nothing is replaced: outputs, gradients, random numbers and errors are those of the unwatched model, bit for bit.
    A call that starts from the final state of an earlier one, through whatever lies between, goes on in its time; one
    that does not begins a sequence of its own. After a backward pass the next such call begins another pass, and the
    last pass counts.
    """

    def __init__(self, model: nn.Module, examples: int | None = 8, steps: Mapping[str, Part] | None = None) -> None:
        if examples is not None and (not isinstance(examples, int) or examples < 0):
            raise ValueError(
                f"watch needs examples ≥ 0, a whole number, or None for all, got {examples!r}; "
                "pass how many of the batch to keep."
            )
        self._model, self._modules = model, _watched_modules(model, steps or {})
        if not self._modules and isinstance(model, torch.jit.ScriptModule):
            raise ValueError(
                f"watch needs modules that Python calls, got {type(model).__name__}, a scripted model, whose layers "
                "run where Python does not see them; pass the model that was scripted."
            )
        if not self._modules and steps is None:
            raise ValueError(
                "watch needs a model with nn.RNN, nn.LSTM, nn.GRU or their cells, "
                f"got {type(model).__name__} without any; pass the module that holds the recurrent layer, or name "
                "modules of your own in steps={…}; steps={} if you mark states with watched.state alone."
            )
        self._owner = next(_owners)
        self._steps = {_name(model, path): part for path, part in (steps or {}).items()}
        self._calls = {name: Calls((self._owner, name)) for name in self._modules}
        self._keeper = _Keeper(self._calls, examples)
        self.flow: LazyRecords[GradientFlow] = LazyRecords(self._calls, gradient_flow)
        """Gradients by module path; ask for them after `loss.backward()`."""
        self.gates: LazyRecords[GateTrace] = LazyRecords(self._calls, gate_trace)
        """Gates and states by module path; a forward pass is enough."""
        self._observer: Observer | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Paths of the watched modules, in the model's order; a model that is itself a layer goes by its class name."""
        return tuple(self._calls)

    def calls(self, name: str) -> list[RecurrentCall]:
        """Every call of one layer in this pass, in order. Errors: as `flow`, but that none need have a gradient."""
        _sequence(self._calls, name)
        return [call.call for row in self._calls[name].sequences() for call in row]

    def span(self, name: str, direction: int = 0, again: Callable[[], Tensor] | None = None) -> Span:
        """How far back the gradient goes over all calls of a layer in this pass, where it is cut, and where reset.

        Args:
            name: The layer's path.
            direction: 1 for the reverse direction of a bidirectional layer.
            again: Computes the watched loss once more and returns it, without going back. Then the span is proved:
                the state before some calls is moved a little, and the loss has to move as the gradient says.

        Errors: as `flow`; ValueError for another direction, or an `again` that gives no loss.
        """
        _sequence(self._calls, name)
        rows = self._calls[name].sequences()
        found = gradient_span(name, rows, direction)
        if again is None:
            return found
        batch_axis = 0 if rows[0][0].facts.shapes.is_cell else 1
        rerun = Rerun(self._modules[name], self._model, again, batch_axis)
        return replace(found, proofs=prove(rerun, found.starts))

    def life(self, name: str) -> StateLife:
        """How large the layer's states are at every timestep that ran in the block. Errors: as `gates`."""
        _sequence(self._calls, name)
        return state_life(name, self._calls[name].all_sequences())

    def state(self, name: str, value: Tensor) -> Tensor:
        """Mark a state inside a loop of the user's own: each time it is marked is one timestep of `name`.

        Args:
            name: What to call it; its records are under this name.
            value: The state, shape (N, …); units of further axes are taken together.

        Returns:
            `value` itself.

        Errors: ValueError for the name of a watched module.
        """
        if name in self._modules:
            raise ValueError(f"{name!r} is a watched module already; give the state a name of its own.")
        calls = self._calls.setdefault(name, Calls((self._owner, name)))
        if self._observer is not None:
            self._keeper.see(calls, lambda: [ran_state(value)])
        return value

    def receipt(self, name: Key) -> Receipt:
        """The same gradients the slow way. Errors: as `flow`; RuntimeError after `optimizer.step()`."""
        return receipt(_sequence(self._calls, name), self.flow[name])

    def __enter__(self) -> Watched:
        self._observer = Observer(self._modules, self._steps, self._keeper)
        self._observer.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._observer is not None:
            self._observer.stop()
            self._observer = None


class _Keeper:
    """Keeps what has run; what goes wrong in looking is told when the record is asked for, and stops no training."""

    def __init__(self, calls: Mapping[str, Calls], examples: int | None) -> None:
        self._calls, self._examples = calls, examples

    def __call__(self, name: str, read: Callable[[], list[Ran]]) -> None:
        self.see(self._calls[name], read)

    def see(self, calls: Calls, read: Callable[[], list[Ran]]) -> None:
        """Keep a call that is read when it can be."""
        if current_pass() >= 0 and saved_values_are_packed():
            return  # a checkpoint runs the call again to get values back; no gradient goes through what it builds
        if (obstacle := why_unseen()) is not None:
            calls.obstacle = obstacle
            return
        try:
            with quietly(), torch.no_grad():
                for ran in read():
                    self._keep(calls, ran)
        except Exception as error:  # what observes must not end what it observes
            calls.obstacle = f"looking at it failed with {type(error).__name__}: {error}"

    def _keep(self, calls: Calls, ran: Ran) -> None:
        if ran.inputs.is_meta:
            calls.obstacle = META
            return
        device, exits = ran.inputs.device.type, exits_of(ran)
        ran.autocast = autocast_precision(device)
        with nullcontext() if ran.autocast is None else torch.autocast(device, enabled=False):
            observed = calls.add(ran, self._examples, exits)
            try:
                set_taps(observed, ran, exits)
            except Exception:
                calls.drop(observed)  # so that the record says why, and not that no gradient came
                raise


def watch(model: nn.Module, examples: int | None = 8, steps: Mapping[str, Part] | None = None) -> Watched:
    """Watch a model's recurrent layers for one forward and backward pass.

    Args:
        model: Holds `nn.RNN`, `nn.LSTM`, `nn.GRU` (any layers, directions, `batch_first`, packed, `proj_size`,
            dropout) or cells.
        examples: How many examples, from the first, to keep gates and ∂L/∂c_t of; None for all. ∂L/∂h_t is kept
            of all.
        steps: Modules of the user's own that are called once a timestep, by path, and which part of what they return
            is the state: a place in a tuple, a key or an attribute; None: all of it.

    Returns:
        A context manager. Its `.flow`, `.gates`, `.span(name)`, `.life(name)` and `.receipt(name)` can be asked for
        inside the block and after it; `.state(name, h)` marks a state inside it.

    Errors: ValueError for a model without recurrent layers, or a path in `steps` that it does not have.
    """
    return Watched(model, examples, steps)


def _watched_modules(model: nn.Module, steps: Mapping[str, Part]) -> dict[str, nn.Module]:
    """Recurrent layers and the user's own steps by path, in the model's order."""
    kinds = (nn.RNNBase, nn.RNNCellBase, Cell)
    every = dict(model.named_modules())
    for path in steps:
        if path not in every:
            raise ValueError(f"steps names {path!r}, which the model does not have; it has {', '.join(every)[:500]}.")
    found = {path: module for path, module in every.items() if isinstance(module, kinds) or path in steps}
    return {_name(model, path): module for path, module in found.items()}


def _name(model: nn.Module, path: str) -> str:
    """A module's path; a model that is itself watched goes by its class name."""
    return path or type(model).__name__.lower()
