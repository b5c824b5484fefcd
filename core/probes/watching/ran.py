"""What a recurrent module was given and gave back, in one form whichever module it is.

Axes: L layers, D directions, N batch, T timesteps, I input, H hidden units, P units of the hidden state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from ...models.cells import Cell
from ...models.cells import GRUCell as ExplicitGRUCell
from ...models.cells import LSTMCell as ExplicitLSTMCell
from ...models.recurrent import LinearRNN

TORCHS_OWN = {nn.RNN.forward, nn.LSTM.forward, nn.GRU.forward, LinearRNN.forward}
CELLS_OWN = {nn.RNNCell.forward, nn.LSTMCell.forward, nn.GRUCell.forward}
KINDS = {"LSTM": "lstm", "GRU": "gru", "RNN_TANH": "rnn_tanh", "RNN_RELU": "rnn_relu", "RNN_IDENTITY": "rnn_identity"}
CELL_WEIGHTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
Part = int | str | None
"""Which part of what a module returns is its state: a place in a tuple, a key or attribute; None: all of it."""
KINDS_OF_FUNCTIONS = {
    torch.lstm: "lstm",
    torch.gru: "gru",
    torch.rnn_tanh: "rnn_tanh",
    torch.rnn_relu: "rnn_relu",
}


@dataclass
class Ran:
    """One call. Tensors are the user's own, with their graph."""

    kind: str
    inputs: Tensor
    """(T, N, I), (N, T, I) if batch first, (T, I) if unbatched, packed (ΣT, I), or a cell's (N, I)."""
    initial: tuple[Tensor, ...]
    """h_0, of an LSTM c_0 too, as they were given; empty: zeros."""
    output: Tensor | None
    """As the inputs; None of a cell."""
    finals: tuple[Tensor, ...]
    """h_n, and c_n of an LSTM."""
    flat_weights: Sequence[Tensor]
    """As torch lists them, by layer, then direction; empty where the arithmetic is not torch's."""
    has_biases: bool = True
    layers: int = 1
    directions: int = 1
    batch_first: bool = False
    dropout: float = 0.0
    """Between layers, if it acts."""
    batch_sizes: Tensor | None = None
    """Packed: how many examples have each timestep."""
    order: Tensor | None = None
    """Packed: the place in the kernel's batch of each example as the user counts them."""
    states_in_users_order: bool = True
    is_cell: bool = False
    autocast: torch.dtype | None = None
    """In which precision autocast let the layer compute; None without it."""


def ran_layer(layer: nn.RNNBase, args: Sequence[Any], kwargs: Mapping[str, Any], result: Any) -> Ran:
    """A call of a fused layer with torch's own `forward`."""
    inputs = args[0] if args else kwargs["input"]
    given = args[1] if len(args) > 1 else kwargs.get("hx")
    output, finals = result
    ran = Ran(
        KINDS[layer.mode],
        inputs,
        _states(given),
        output,
        _states(finals),
        layer._flat_weights,  # type: ignore[arg-type]
        layer.bias,
        layer.num_layers,
        2 if layer.bidirectional else 1,
        layer.batch_first,
        layer.dropout if layer.training and layer.num_layers > 1 else 0.0,
    )
    if isinstance(inputs, PackedSequence):
        ran.inputs, ran.output, ran.batch_sizes, ran.order = inputs[0], output[0], inputs[1], inputs[3]
    return ran


def ran_function(func: Any, args: Sequence[Any], result: Sequence[Tensor]) -> Ran:
    """A call of one of KINDS_OF_FUNCTIONS, from within a module with a `forward` of its own."""
    is_packed = isinstance(args[3], list | tuple)  # (data, batch_sizes, states, weights, …), else the flag for biases
    inputs, batch_sizes = args[0], args[1] if is_packed else None
    states, flat, has_biases, layers, dropout, train, bidirectional, *batch_first = args[2 if is_packed else 1 :]
    directions = 2 if bidirectional else 1
    return Ran(
        KINDS_OF_FUNCTIONS[func],
        inputs,
        _states(states),
        result[0],
        tuple(result[1:]),
        flat,
        has_biases,
        layers,
        directions,
        bool(batch_first and batch_first[0]),
        dropout if train and layers > 1 else 0.0,
        batch_sizes,
        states_in_users_order=False,
    )


def ran_cell(cell: nn.Module, args: Sequence[Any], kwargs: Mapping[str, Any], result: Any) -> Ran:
    """A call of one of torch's cells, or of our explicit ones."""
    names = {**dict(zip(("input", "hx"), args, strict=False)), **kwargs}
    state = names.get("hx", names.get("state"))
    kind = _kind_of_cell(cell)
    is_ours = isinstance(cell, Cell) or getattr(cell.forward, "__func__", None) in CELLS_OWN
    weights = [weight for name in CELL_WEIGHTS if (weight := _held(cell, name)) is not None]
    has_biases = _held(cell, "bias_ih") is not None
    if not is_ours or _held(cell, "weight_ih") is None or _held(cell, "weight_hh") is None:
        weights = []
    return Ran(kind, names["input"], _states(state), None, _states(result), weights, has_biases, is_cell=True)


def ran_step(name: str, part: Part, args: Sequence[Any], kwargs: Mapping[str, Any], result: Any) -> Ran:
    """A call of a module of the user's own. Errors: TypeError if the part of its result is no tensor."""
    state = result
    if isinstance(part, str):
        state = result[part] if isinstance(result, Mapping) else getattr(result, part)
    elif part is not None and not isinstance(result, Tensor):
        state = result[part]
    if not isinstance(state, Tensor):
        raise TypeError(
            f"steps says that part {part!r} of what {name!r} returns is its state, but it is {type(state).__name__}; "
            "name the tensor."
        )
    return ran_state(state)


def ran_state(state: Tensor) -> Ran:
    """A state that was marked, as a call of one timestep."""
    if not isinstance(state, Tensor):
        raise TypeError(f"a state is a tensor of shape (N, …), got {type(state).__name__}; mark h and c apart.")
    return Ran("state", state, (), None, (state,), (), is_cell=True)


def _held(cell: nn.Module, name: str) -> Tensor | None:
    """A weight that the module holds; one that is computed at each access is left alone, as that may change it."""
    return cell._parameters.get(name, cell.__dict__.get(name))


def _kind_of_cell(cell: nn.Module) -> str:
    if isinstance(cell, nn.LSTMCell | ExplicitLSTMCell):
        return "lstm"
    if isinstance(cell, nn.GRUCell | ExplicitGRUCell):
        return "gru"
    return f"rnn_{cell.activation if isinstance(cell, Cell) else cell.nonlinearity}"


def _states(value: Any) -> tuple[Tensor, ...]:
    if value is None:
        return ()
    return tuple(value) if isinstance(value, tuple | list) else (value,)
