"""Whole trainings of small recurrent models, to be run with and without watch and compared bit for bit.

Axes: N batch, T timesteps, H hidden units.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence
from torch.utils.checkpoint import checkpoint

import core
from core.models.recurrent import LinearRNN

N, T, FEATURES, H, STEPS = 3, 5, 2, 4, 20
LENGTHS = torch.tensor([2, 5, 4])
BEHIND = ("nothing", "add", "dropout and relu", "clamp", "zero the detached")
"""What is done in place to the layer's output."""
PASSES = ("one", "penalty", "twice", "checkpoint", "reentrant checkpoint", "siamese", "windows")
KINDS = {"rnn": nn.RNN, "relu": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM, "linear": LinearRNN}


@dataclass(frozen=True)
class Setting:
    """One training, in all that is drawn."""

    kind: str = "gru"
    layers: int = 1
    bidirectional: bool = False
    batch_first: bool = True
    bias: bool = True
    projection: int = 0
    dropout: float = 0.0
    packed: bool = False
    dtype: torch.dtype = torch.float32
    autocast: bool = False
    behind: str = "nothing"
    passes: str = "one"
    learned_state: bool = False
    frozen: bool = False

    def layer(self) -> nn.RNNBase:
        """The recurrent layer."""
        options = dict(
            num_layers=self.layers, bidirectional=self.bidirectional, batch_first=self.batch_first, bias=self.bias
        )
        if self.layers > 1:
            options["dropout"] = self.dropout
        if self.kind == "relu":
            options["nonlinearity"] = "relu"
        if self.kind == "lstm" and self.projection:
            options["proj_size"] = self.projection
        return KINDS[self.kind](FEATURES, H, **options).requires_grad_(not self.frozen)


class Model(nn.Module):
    """An encoder, a recurrent layer, and a head on its output and final states."""

    def __init__(self, setting: Setting) -> None:
        super().__init__()
        self.setting, self.encoder, self.rnn = setting, nn.Linear(FEATURES, FEATURES), setting.layer()
        directions = 2 if setting.bidirectional else 1
        size = self.rnn.proj_size or H
        self.head = nn.Linear(directions * size, 2)
        self.start = nn.Parameter(torch.zeros(setting.layers * directions, 1, size)) if setting.learned_state else None

    def forward(self, inputs: Tensor, state=None) -> tuple[Tensor, Tensor]:
        """Outputs (N, T, 2), or as packed, and the final hidden state."""
        setting, steps = self.setting, self.encoder(inputs)
        steps = steps if setting.batch_first else steps.transpose(0, 1)
        if self.start is not None and state is None and setting.kind != "lstm":
            state = self.start.expand(-1, len(inputs), -1).contiguous()
        if setting.packed:
            packed = pack_padded_sequence(steps, LENGTHS, batch_first=setting.batch_first, enforce_sorted=False)
            output, state = self.rnn(input=packed, hx=state)
            output = output.data
        else:
            output, state = self.rnn(steps, state)
        output = touched(output, setting.behind)
        self.last = state
        return self.head(output), state[0] if isinstance(state, tuple) else state


def touched(output: Tensor, behind: str) -> Tensor:
    """The output after what people do to it in place."""
    if behind == "add":
        output += 1
    elif behind == "dropout and relu":
        output = nn.functional.relu(nn.functional.dropout(output, 0.5, training=True, inplace=True), inplace=True)
    elif behind == "clamp":
        output[..., :2].clamp_(min=0)
    elif behind == "zero the detached":
        output.detach().zero_()
    return output


@dataclass
class Trained:
    """What a training left behind, and the error that ended it."""

    losses: list[Tensor] = field(default_factory=list)
    outputs: list[Tensor] = field(default_factory=list)
    parameters: list[Tensor] = field(default_factory=list)
    gradients: list[Tensor | None] = field(default_factory=list)
    random_state: Tensor | None = None
    error: tuple[str, str] | None = None

    def bits(self) -> list[object]:
        """All of it, to be compared: NaN equals NaN, and -0 is not 0."""
        tensors = [*self.losses, *self.outputs, *self.parameters, *self.gradients, self.random_state]
        return [self.error, *map(bits, tensors)]


def bits(tensor: Tensor | None) -> tuple | None:
    """A tensor's type, shape and bytes."""
    if tensor is None:
        return None
    flat = tensor.detach().contiguous().reshape(-1)
    return tensor.dtype, tuple(tensor.shape), flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b""


def train(setting: Setting, look: Callable[[nn.Module], object] = lambda model: nullcontext(), steps: int = STEPS):
    """A whole training under `look`, which is entered around forward and backward of every step."""
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of projections, and of second derivatives
        model = Model(setting).to(setting.dtype)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        trained = Trained()
        try:
            for _ in range(steps):
                inputs = torch.randn(N, T, FEATURES, dtype=setting.dtype)
                optimizer.zero_grad()
                with look(model):
                    trained.losses.append(go_back(model, inputs, trained.outputs).detach().clone())
                optimizer.step()
        except (RuntimeError, NotImplementedError, TypeError, ValueError) as error:
            trained.error = type(error).__name__, str(error).split("\n")[0]
        trained.parameters = [parameter.detach().clone() for parameter in model.parameters()]
        trained.gradients = [None if one.grad is None else one.grad.clone() for one in model.parameters()]
        trained.random_state = torch.get_rng_state()
    return trained


def go_back(model: Model, inputs: Tensor, outputs: list[Tensor]) -> Tensor:
    """One loss, and its gradients in the model."""
    setting = model.setting
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=setting.autocast):
        return PASS[setting.passes](model, inputs, outputs)


def loss_of(model: Model, inputs: Tensor, outputs: list[Tensor], state=None) -> Tensor:
    """Squares of the outputs, and of the final hidden state."""
    output, final = model(inputs, state)
    outputs.append(output.detach().clone())
    return output.float().square().mean() + final.float().square().mean()


def _one(model: Model, inputs: Tensor, outputs: list[Tensor]) -> Tensor:
    loss = loss_of(model, inputs, outputs)
    loss.backward()
    return loss


def _penalty(model: Model, inputs: Tensor, outputs: list[Tensor]) -> Tensor:
    inputs.requires_grad_()
    loss = loss_of(model, inputs, outputs)
    (slope,) = torch.autograd.grad(loss, inputs, create_graph=True)
    total = loss + slope.float().square().sum()
    total.backward()
    return total


def _twice(model: Model, inputs: Tensor, outputs: list[Tensor]) -> Tensor:
    output, final = model(inputs)
    output.float().square().mean().backward(retain_graph=True)
    loss = final.float().square().mean()
    loss.backward()
    return loss


def _checkpointed(model: Model, inputs: Tensor, outputs: list[Tensor], use_reentrant: bool = False) -> Tensor:
    output, final = checkpoint(model, inputs.requires_grad_(), use_reentrant=use_reentrant)
    loss = output.float().square().mean() + final.float().square().mean()
    loss.backward()
    return loss


def _reentrant(model: Model, inputs: Tensor, outputs: list[Tensor]) -> Tensor:
    return _checkpointed(model, inputs, outputs, use_reentrant=True)


def _siamese(model: Model, inputs: Tensor, outputs: list[Tensor]) -> Tensor:
    loss = loss_of(model, inputs, outputs) - 0.5 * loss_of(model, inputs.flip(0), outputs)
    loss.backward()
    return loss


def _windows(model: Model, inputs: Tensor, outputs: list[Tensor]) -> Tensor:
    state, total = None, torch.zeros(())
    for _ in range(3):
        loss = loss_of(model, inputs, outputs, state)
        loss.backward()
        state = tuple(part.detach() for part in model.last) if isinstance(model.last, tuple) else model.last.detach()
        total = total + loss.detach()
    return total


PASS = dict(
    zip(PASSES, (_one, _penalty, _twice, _checkpointed, _reentrant, _siamese, _windows), strict=True)
)  # by their names


def read_all(watched: core.probes.watch.Watched) -> None:
    """Ask for every record, as a user would; what cannot be had is told in words."""
    for name in watched.names:
        for records in (watched.flow, watched.gates):
            try:
                records[name]
            except (LookupError, RuntimeError) as error:
                assert len(str(error)) > 20
