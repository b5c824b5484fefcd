"""Watch any model that contains recurrent layers: exact gradients through time, gates and states, with a receipt.

Axes: N batch, T timesteps, H hidden units.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any, Generic, TypeVar

from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from ..models.cells import Cell
from ..models.cells import GRUCell as ExplicitGRUCell
from ..models.cells import LSTMCell as ExplicitLSTMCell
from ..recordings.records import GateTrace, GradientFlow, Receipt
from .receipt import receipt
from .recurrent_call import Interception, RecurrentCall
from .timeline import gate_trace, gradient_flow

Record = TypeVar("Record")
Calls = dict[str, list[RecurrentCall]]
"""By module path; what is asked of it holds no reference back to `Watched`, so that memory is freed at once."""


class LazyRecords(Mapping[str, Record], Generic[Record]):
    """Records by module path, each made when it is asked for."""

    def __init__(self, calls: Calls, make: Callable[[list[RecurrentCall]], Record]) -> None:
        self._calls, self._make = calls, make

    def __getitem__(self, name: str) -> Record:
        """The record of one layer. Errors: KeyError for a name not watched, LookupError if the layer did not run."""
        return self._make(_of_layer(self._calls, name))

    def __iter__(self) -> Iterator[str]:
        return iter(self._calls)

    def __len__(self) -> int:
        return len(self._calls)


def _of_layer(calls: Calls, name: str) -> list[RecurrentCall]:
    if name not in calls:
        raise KeyError(f"no recurrent layer is called {name!r}; watched are {', '.join(calls)}.")
    if not calls[name]:
        raise LookupError(f"{name!r} did not run inside the with block; call the model there.")
    return calls[name]


class Watched:
    """What the recurrent layers of a model did between entering and leaving a `with core.watch(model)` block.

    A layer that is called again from its own final state goes on in time; any other call starts a new record, and the
    last one counts. Cells are put together over all their calls. Values and gradients equal the unwatched model's to
    float rounding.
    """

    def __init__(self, model: nn.Module, examples: int | None = 8) -> None:
        if examples is not None and examples < 0:
            raise ValueError(
                f"watch needs examples ≥ 0 or None for all, got {examples}; pass how many of the batch to keep."
            )
        self._layers = _recurrent_layers(model)
        if not self._layers:
            raise ValueError(
                "watch needs a model with nn.RNN, nn.LSTM, nn.GRU or their cells, "
                f"got {type(model).__name__} without any; pass the module that holds the recurrent layer."
            )
        self._examples = examples
        self._calls: Calls = {name: [] for name in self._layers}
        self.flow: LazyRecords[GradientFlow] = LazyRecords(self._calls, gradient_flow)
        """Gradients by module path; ask for them after `loss.backward()`."""
        self.gates: LazyRecords[GateTrace] = LazyRecords(self._calls, gate_trace)
        """Gates and states by module path; a forward pass is enough."""
        self._patches = ExitStack()

    @property
    def names(self) -> tuple[str, ...]:
        """Paths of the watched modules, in the model's order; a model that is itself a layer goes by its class name."""
        return tuple(self._layers)

    def calls(self, name: str) -> list[RecurrentCall]:
        """The calls that make up one layer's record. Errors: KeyError for an unknown name, LookupError if none ran."""
        return _of_layer(self._calls, name)

    def receipt(self, name: str) -> Receipt:
        """The same gradients the slow way. Errors: as `calls`; RuntimeError after `optimizer.step()`."""
        return receipt(self.calls(name), self.flow[name])

    def __enter__(self) -> Watched:
        for name, layer in self._layers.items():
            self._patches.callback(_unpatch, layer, layer.__dict__.get("forward"))
            layer.forward = self._tapped(name, layer, layer.forward)
        return self

    def __exit__(self, *exception: object) -> None:
        self._patches.close()

    def _tapped(self, name: str, layer: nn.Module, forward: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            order = next((value.unsorted_indices for value in args if isinstance(value, PackedSequence)), None)
            interception = Interception(lambda call: self._keep(name, call), self._examples, order)
            with interception:
                return (
                    _explicit_step(layer, interception, *args) if isinstance(layer, Cell) else forward(*args, **kwargs)
                )

        return run

    def _keep(self, name: str, call: RecurrentCall) -> None:
        before = self._calls[name]
        same_batch = bool(before) and before[-1].hidden.shape == call.hidden.shape
        if same_batch and (call.is_cell or _continues(before[-1], call)):
            before.append(call)
        else:
            self._calls[name] = [call]


def watch(model: nn.Module, examples: int | None = 8) -> Watched:
    """Watch a model's recurrent layers for one forward and backward pass.

    Args:
        model: Holds `nn.RNN`, `nn.LSTM`, `nn.GRU` (any layers, directions, `batch_first`, packed, `proj_size`,
            dropout) or cells.
        examples: How many examples, from the first, to keep gates and ∂L/∂c_t of; None for all. ∂L/∂h_t is kept
            of all.

    Returns:
        A context manager. Its `.flow`, `.gates` and `.receipt(name)` can be asked for inside the block and after it.

    Errors: ValueError for a model without recurrent layers.
    """
    return Watched(model, examples)


def _recurrent_layers(model: nn.Module) -> dict[str, nn.Module]:
    kinds = (nn.RNNBase, nn.RNNCellBase, Cell)
    found = {path: module for path, module in model.named_modules() if isinstance(module, kinds)}
    return {path or type(model).__name__.lower(): module for path, module in found.items()}


def _unpatch(layer: nn.Module, before: Any) -> None:
    if before is None:
        del layer.__dict__["forward"]
    else:
        layer.__dict__["forward"] = before


def _continues(before: RecurrentCall, call: RecurrentCall) -> bool:
    """True if the call starts from the very state in which the one before ended."""
    ended, starts = before.final_states[0], call.hidden
    return ended.data_ptr() == starts.data_ptr() and ended._version == starts._version and call.attached


def _explicit_step(layer: Cell, interception: Interception, input: Tensor, state: Any) -> Any:
    """Run one of our explicit cells through the tap."""
    kind = "lstm" if isinstance(layer, ExplicitLSTMCell) else "gru" if isinstance(layer, ExplicitGRUCell) else None
    kind = kind or f"rnn_{layer.activation}"
    projection = layer.weight_hr if layer.proj_size else None
    weights = (layer.weight_ih, layer.weight_hh, layer.bias_ih, layer.bias_hh, projection)
    return interception._cell(kind, input, state, *weights)
