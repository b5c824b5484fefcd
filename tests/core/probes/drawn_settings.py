"""What a small recurrent training is made of, as it is drawn: layers, cells, and the code that people put around them.

Axes: N batch, T timesteps, F features, H hidden units, P units of the hidden state, L layers, D directions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.utils import parametrizations

from core.models import cells as explicit
from core.models.recurrent import LinearRNN

FEATURES = 2
LAYERS = {"rnn": nn.RNN, "relu rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM, "linear rnn": LinearRNN}
CELLS = {
    "rnn cell": nn.RNNCell,
    "relu rnn cell": nn.RNNCell,
    "gru cell": nn.GRUCell,
    "lstm cell": nn.LSTMCell,
    "explicit rnn cell": explicit.RNNCell,
    "explicit gru cell": explicit.GRUCell,
    "explicit lstm cell": explicit.LSTMCell,
}
DTYPES = (torch.float32, torch.float64, torch.bfloat16, torch.float16)
BEHIND = ("nothing", "add", "dropout and relu", "clamp", "zero the detached")
"""What is done in place to the layer's output."""
BETWEEN = ("nothing", "reset in place", "mask", "detach")
"""What is done to a cell's state between two steps."""
WAYS = ("one", "penalty", "penalty of the sum", "twice", "checkpoint", "reentrant checkpoint", "siamese")
"""How a loss and its gradients are had."""
STARTS = ("none", "given", "learned", "carried")
"""The initial state; carried: the final one of the batch before, detached."""
WEIGHTS: dict[str, Callable[[nn.Module, str], object]] = {
    "plain": lambda module, name: None,
    "weight norm": parametrizations.weight_norm,
    "spectral norm": parametrizations.spectral_norm,
    "hooked weight norm": nn.utils.weight_norm,
}
"""What is made of the recurrent weights of the first layer."""


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
    packed: str = "no"
    """no; or with lengths that are sorted, unsorted, equal."""
    keyword: bool = False
    """Whether the layer is called by keyword: `rnn(input=…, hx=…)`."""
    dtype: torch.dtype = torch.float32
    autocast: str = "off"
    """off; forward: the backward pass is outside of it; both."""
    start: str = "none"
    behind: str = "nothing"
    between: str = "nothing"
    way: str = "one"
    frozen: str = "nothing"
    """nothing; layer; both: the layer, and the linear map before it."""
    tied: bool = False
    """Whether a second layer shares the recurrent weights of the first."""
    weights: str = "plain"
    batches: int = 1
    """How many batches a step accumulates gradients of."""
    optimizer: str = "sgd"
    sizes: tuple[int, int, int] = (3, 5, 4)
    """N, T, H."""

    @property
    def is_cell(self) -> bool:
        """Whether Python loops over the timesteps."""
        return self.kind in CELLS

    @property
    def has_cell_state(self) -> bool:
        """Whether the state is a pair (h, c)."""
        return "lstm" in self.kind

    @property
    def state_shapes(self) -> list[tuple[int, ...]]:
        """Of the initial state: h, and an LSTM's c; N is left out as 1."""
        hidden = self.sizes[2]
        sizes = [self.projection or hidden, hidden][: 2 if self.has_cell_state else 1]
        rows = () if self.is_cell else (self.layers * (2 if self.bidirectional else 1),)
        return [(*rows, 1, size) for size in sizes]

    @property
    def width(self) -> int:
        """Features of the output: D·P."""
        return self.state_shapes[0][-1] * (2 if self.bidirectional else 1)

    def lengths(self) -> Tensor:
        """Of the packed sequences; the longest is not always T. Shape (N,)."""
        size, steps, _ = self.sizes
        if self.packed == "equal":
            return torch.full((size,), steps - 1)
        lengths = (torch.arange(size) * (steps - 2) + steps - 2) % steps + 1
        return lengths.sort(descending=True).values if self.packed == "sorted" else lengths


def recurrent(setting: Setting) -> nn.Module:
    """The drawn layer or cell."""
    options: dict[str, object] = {"bias": setting.bias}
    if setting.kind.startswith("relu"):
        options["nonlinearity"] = "relu"
    if setting.is_cell:
        return CELLS[setting.kind](FEATURES, setting.sizes[2], **options)
    options |= {"num_layers": setting.layers, "dropout": setting.dropout}
    options |= {"bidirectional": setting.bidirectional, "batch_first": setting.batch_first}
    if setting.projection:
        options["proj_size"] = setting.projection
    return LAYERS[setting.kind](FEATURES, setting.sizes[2], **options)


def second(setting: Setting, first: nn.Module) -> nn.Module:
    """Another layer on top, with the recurrent weights of the first."""
    width, hidden, projection = setting.width, setting.sizes[2], setting.projection
    options = {"proj_size": projection} if projection else {}
    if setting.kind == "relu rnn":
        options["nonlinearity"] = "relu"
    layer = LAYERS[setting.kind](width, hidden, batch_first=True, bias=setting.bias, **options)
    layer.weight_hh_l0 = first.weight_hh_l0
    return layer


def sensible(setting: Setting) -> Setting:
    """The setting without what does not apply to its kind; what torch refuses stays."""
    changes: dict[str, object] = {}
    if setting.kind != "lstm":
        changes["projection"] = 0
    if setting.kind == "linear rnn":
        changes["packed"] = "no"
    if setting.layers == 1:
        changes["dropout"] = 0.0
    if setting.weights != "plain" or setting.packed != "no":
        changes["tied"] = False
    return replace(setting, **changes)


COMMON = {
    "bias": st.booleans(),
    "dtype": st.sampled_from((torch.float32, *DTYPES)),
    "autocast": st.sampled_from(("off", "off", "forward", "both")),
    "start": st.sampled_from(STARTS),
    "behind": st.sampled_from(BEHIND),
    "way": st.sampled_from(("one", *WAYS)),
    "frozen": st.sampled_from(("nothing", "nothing", "nothing", "layer", "both")),
    "weights": st.sampled_from(("plain", "plain", "plain", *WEIGHTS)),
    "batches": st.sampled_from((1, 1, 2)),
    "optimizer": st.sampled_from(("sgd", "adam")),
    "sizes": st.tuples(st.integers(2, 5), st.integers(3, 8), st.integers(3, 6)),
}
LAYER_SETTINGS = st.builds(
    Setting,
    kind=st.sampled_from(sorted(LAYERS)),
    layers=st.integers(1, 3),
    bidirectional=st.booleans(),
    batch_first=st.booleans(),
    projection=st.sampled_from((0, 2)),
    dropout=st.sampled_from((0.0, 0.4)),
    packed=st.sampled_from(("no", "sorted", "unsorted", "equal")),
    keyword=st.booleans(),
    tied=st.booleans(),
    **COMMON,
).map(sensible)
CELL_SETTINGS = st.builds(Setting, kind=st.sampled_from(sorted(CELLS)), between=st.sampled_from(BETWEEN), **COMMON)
