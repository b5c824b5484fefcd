"""What a language model does while it reads a text: its gates, its expectations, and its states over long texts.

Axes: T characters, S streams side by side, H hidden units, V vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from ..models.sequence_model import SequenceModel
from ..recordings.interventions import TextRun
from .intervene import intervene
from .intervention import NAMES, Intervention, kind_of
from .recurrent_call import split_weights
from .scanning import make_scan
from .scans import Scan, Weights

STREAMS, WARM_UP, CHUNK = 128, 256, 16
State = tuple[Tensor, Tensor | None]
"""h, shape (S, P), and an LSTM's c, shape (S, H)."""
THREADS = 2
"""Python's, which do not wait for each other at every product, as those within a library would."""


@torch.no_grad()
def text_run(model: SequenceModel, tokens: Tensor, interventions: Sequence[Intervention] = ()) -> TextRun:
    """Read one text from a zero state, perhaps with hands in the works; run it with and without to compare.

    Args:
        model: Reads tokens and predicts the next one.
        tokens: The text, shape (T,), int64. To edit a token, pass the edited text.
        interventions: What to set or scale on the way.

    Errors: ValueError for a text without characters, or an intervention that does not fit.
    """
    if tokens.dim() != 1 or not len(tokens):
        raise ValueError(f"text_run needs tokens of shape (T,) with T ≥ 1, got {tuple(tokens.shape)}; pass one text.")
    hidden, trace = intervene(model.recurrent, model.embedding(tokens.unsqueeze(0)), interventions)
    log_probs = torch.log_softmax(model.readout(hidden)[0], dim=-1)  # (T, V)
    losses = -log_probs[:-1].gather(1, tokens[1:, None]).squeeze(1)
    return TextRun(trace, log_probs.cpu().numpy(), losses.cpu().numpy())


@torch.no_grad()
def text_states(
    model: SequenceModel,
    tokens: Tensor,
    name: str = "hidden",
    layer: int = 0,
    progress: Callable[[float], None] | None = None,
) -> np.ndarray:
    """One gate or state of every unit at every character of a long text, shape (T, H), float32.

    The text is read as STREAMS pieces side by side. Each but the first begins WARM_UP characters early, from zero, so
    that its states differ from those of one long reading only by what is remembered for longer than that.

    Args:
        model: Reads tokens, in one direction.
        tokens: Shape (T,), int64.
        name: A gate or state, as in `GateTrace`.
        layer: Which layer, from 0.
        progress: Told the share done, in (0, 1], now and then.

    Errors: ValueError for a model of both directions, whose second one would have to begin at the end.
    """
    stack = model.recurrent
    if stack.bidirectional:
        raise ValueError("text_states needs a model of one direction, got one of both; use text_run on a short text.")
    if name not in NAMES[kind_of(stack)] or not 0 <= layer < stack.num_layers:
        raise ValueError(
            f"the model has {', '.join(NAMES[kind_of(stack)])} in {stack.num_layers} layers, got {name!r} in layer "
            f"{layer}; choose one of these, layers count from 0."
        )
    pieces, warm_up = _pieces(tokens)
    parts = pieces.tensor_split(min(THREADS, len(pieces)))
    width = stack.proj_size if name == "hidden" and stack.proj_size else stack.hidden_size
    found = torch.empty(len(pieces), pieces.shape[1] - warm_up, width)
    rooms = found.tensor_split(len(parts))
    for share in _side_by_side(list(map(partial(_read, model, name, layer, warm_up), parts, rooms))):
        if progress is not None:
            progress(share)
    return found.view(-1, width)[: len(tokens)].numpy()


def _pieces(tokens: Tensor) -> tuple[Tensor, int]:
    """The text as S pieces that begin early, shape (S, early + length), and how early that is."""
    streams = min(STREAMS, max(1, len(tokens) // WARM_UP))
    length = math.ceil(len(tokens) / streams)
    warm_up = 0 if streams == 1 else min(WARM_UP, length)
    places = torch.arange(-warm_up, length) + length * torch.arange(streams)[:, None]
    return tokens[places.clamp(0, len(tokens) - 1)], warm_up


def _side_by_side(readers: Sequence[Iterator[float]]) -> Iterator[float]:
    """The share that all have done, after each chunk; each reads in a thread of its own."""
    with ThreadPoolExecutor(len(readers)) as threads:
        while shares := [share for share in threads.map(lambda reader: next(reader, None), readers) if share]:
            yield min(shares)


@torch.no_grad()
def _read(model: SequenceModel, name: str, layer: int, warm_up: int, pieces: Tensor, found: Tensor) -> Iterator[float]:
    """Write the states after the warm-up into `found`, shape (S, T − warm_up, H), chunk by chunk; gives the share done.

    Before the first piece of the text stands nothing, whatever its warm-up has read: its state begins from zero again.
    """
    weights = _of_tokens(model)[: layer + 1]
    states = [_zero_state(model, len(pieces)) for _ in weights]
    bounds = [*range(0, warm_up, CHUNK), *range(warm_up, pieces.shape[1], CHUNK), pieces.shape[1]]
    is_beginning = found.storage_offset() == 0
    for start, stop in zip(bounds, bounds[1:], strict=False):
        if start == warm_up and is_beginning:
            _forget_first(states)
        top = _read_chunk(model.recurrent.mode.lower(), pieces[:, start:stop].t(), states, weights)
        if start >= warm_up:
            found[:, start - warm_up : stop - warm_up] = top.plane(name).transpose(0, 1)
        yield stop / pieces.shape[1]


def _read_chunk(kind: str, tokens: Tensor, states: list[State], weights: Sequence[Weights]) -> Scan:
    """Read tokens (T, S) by all layers from `states`, which go on; the scan of the last layer."""
    last = torch.full((tokens.shape[1],), len(tokens) - 1)
    steps = tokens
    for depth, (state, its) in enumerate(zip(states, weights, strict=True)):
        scan = make_scan(kind, steps, *state, its)
        steps = scan.outputs
        states[depth] = (steps[-1].clone(), scan.final_cell(last))
    return scan


def _of_tokens(model: SequenceModel) -> list[Weights]:
    """By layer; those of the first one read unit vectors, shape (G, V), the embedding multiplied in."""
    stack, embedding = model.recurrent, model.embedding
    assert isinstance(embedding, nn.Embedding)  # it reads tokens
    first, *others = split_weights(
        [tensor for row in stack.all_weights for tensor in row], stack.bias, stack.num_layers
    )
    return [replace(first, input=first.input @ embedding.weight.t()), *others]


def _forget_first(states: list[State]) -> None:
    for layer in states:
        for state in layer:
            if state is not None:
                state[0] = 0


def _zero_state(model: SequenceModel, streams: int) -> State:
    stack = model.recurrent
    zeros = torch.zeros(streams, stack.proj_size or stack.hidden_size)
    return zeros, torch.zeros(streams, stack.hidden_size) if kind_of(stack) == "lstm" else None
