"""From fused stacks to explicit cells and back, weights unchanged.

Axes: L layers, D directions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import torch
from torch import nn

from .cells import Cell, GRUCell, LSTMCell, RNNCell

CELL_OF_MODE: dict[str, Callable[..., Cell]] = {
    "RNN_TANH": partial(RNNCell, activation="tanh"),
    "RNN_RELU": partial(RNNCell, activation="relu"),
    "RNN_IDENTITY": partial(RNNCell, activation="identity"),
    "LSTM": LSTMCell,
    "GRU": GRUCell,
}


def explicit_cells(layer: nn.RNNBase) -> list[list[Cell]]:
    """Copy a fused stack into cells, `cells[layer][direction]`, of the same dtype and device.

    Args:
        layer: An nn.RNN, nn.LSTM (also with proj_size), nn.GRU or LinearRNN.

    Errors: TypeError for another kind of module.
    """
    if not isinstance(layer, nn.RNNBase) or layer.mode not in CELL_OF_MODE:
        raise TypeError(
            f"explicit_cells needs an nn.RNN, nn.LSTM, nn.GRU or LinearRNN, got {type(layer).__name__}; "
            "pass the recurrent layer itself, not the model around it."
        )
    directions = 2 if layer.bidirectional else 1
    cells = [[_empty_cell(layer, depth) for _ in range(directions)] for depth in range(layer.num_layers)]
    with torch.no_grad():
        for ours, theirs in _pairs(layer, cells):
            ours.copy_(theirs)
    return cells


def load_cells(layer: nn.RNNBase, cells: Sequence[Sequence[Cell]]) -> None:
    """Copy the weights of `cells[layer][direction]` into a fused stack, in place.

    Errors: ValueError if the cells do not have the stack's layers, directions and shapes; nothing is copied then.
    """
    pairs = list(_pairs(layer, cells))
    for ours, theirs in pairs:
        if ours.shape != theirs.shape:
            raise ValueError(
                f"load_cells needs cells of the stack's sizes, got a weight of shape {tuple(ours.shape)} "
                f"for {tuple(theirs.shape)}; build the cells with explicit_cells."
            )
    with torch.no_grad():
        for ours, theirs in pairs:
            theirs.copy_(ours)


def _empty_cell(layer: nn.RNNBase, depth: int) -> Cell:
    width = (layer.proj_size or layer.hidden_size) * (2 if layer.bidirectional else 1)
    options = {"proj_size": layer.proj_size} if layer.proj_size else {}
    weight = layer.all_weights[0][0]
    return CELL_OF_MODE[layer.mode](
        layer.input_size if depth == 0 else width,
        layer.hidden_size,
        bias=layer.bias,
        dtype=weight.dtype,
        device=weight.device,
        **options,
    )


def _pairs(layer: nn.RNNBase, cells: Sequence[Sequence[Cell]]) -> Iterator[tuple[nn.Parameter, nn.Parameter]]:
    """Each parameter of the cells with the stack's; both hold W_ih, W_hh, b_ih, b_hh, W_hr in this order."""
    flat = [list(cell.parameters()) for directions in cells for cell in directions]
    if [len(parameters) for parameters in flat] != [len(parameters) for parameters in layer.all_weights]:
        raise ValueError(
            f"load_cells needs the cells of all the stack's {len(layer.all_weights)} layers and directions, with the "
            f"same parameters, got {len(flat)} cells; build them with explicit_cells."
        )
    for ours, theirs in zip(flat, layer.all_weights, strict=True):
        yield from zip(ours, theirs, strict=True)
