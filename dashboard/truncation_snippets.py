"""Show the code: plain PyTorch of truncated backpropagation, without this project."""

from __future__ import annotations

from core.models.config import ModelConfig
from core.training.truncation_config import TruncationConfig

LAYERS = {"rnn": "nn.RNN", "gru": "nn.GRU", "lstm": "nn.LSTM"}
CELLS = {"rnn": "nn.RNNCell", "gru": "nn.GRUCell", "lstm": "nn.LSTMCell"}


def reach_code(config: TruncationConfig, place: int) -> str:
    """About 25 lines that print ‖∂L_t*/∂h_t‖ with each way of cutting, by an unrolled loop with detach."""
    window, model = config.truncations[-1].window, config.model
    is_pair = model.cell == "lstm"
    return f"""import torch
from torch import nn

torch.manual_seed({config.seed})
T, H, symbols, k, place = {config.task.length}, {model.hidden_size}, 8, {window}, {place}
tokens = torch.randint(symbols, (T + 1,))        # the loss stands at t* = place + 1
embedding, cell, readout = nn.Embedding(symbols, H), {CELLS[model.cell]}(H, H), nn.Linear(H, symbols)
{_forget_bias(model, "cell", "bias_ih", "bias_hh")}
zero = {"(torch.zeros(H), torch.zeros(H))" if is_pair else "torch.zeros(H)"}
for way in ("whole", "zero", "carry"):
    state, hidden = zero, []
    for t in range(place + 1):
        if t % k == 0 and t > 0 and way != "whole":        # a window begins
            state = zero if way == "zero" else {"tuple(s.detach() for s in state)" if is_pair else "state.detach()"}
        state = cell(embedding(tokens[t]), state)
        hidden.append({"state[0]" if is_pair else "state"})
        hidden[-1].retain_grad()
    loss = nn.functional.cross_entropy(readout(hidden[-1]), tokens[place + 1])
    loss.backward()
    print(way, *(f"{{0 if h.grad is None else h.grad.norm().item():.1e}}" for h in hidden))
"""


def training_code(config: TruncationConfig) -> str:
    """About 30 lines that train on windows with the state carried and the gradient cut."""
    window, model = config.truncations[-1].window, config.model
    is_pair = model.cell == "lstm"
    return f"""import torch
from torch import nn

torch.manual_seed({config.seed})
T, N, H, symbols, k = {config.task.length}, {config.batch_size}, {model.hidden_size}, 8, {window}
embedding, readout = nn.Embedding(symbols, H), nn.Linear(H, symbols)
layer = {LAYERS[model.cell]}(H, H, batch_first=True)
{_forget_bias(model, "layer", "bias_ih_l0", "bias_hh_l0")}
weights = [*embedding.parameters(), *layer.parameters(), *readout.parameters()]
optimizer = torch.optim.Adam(weights, lr={config.learning_rate:g})
for step in range({min(config.steps, 100)}):
    tokens = torch.randint(symbols, (N, 5)).repeat(1, T)[:, : T + 1]   # what comes is what came five steps before
    state, losses = None, []                               # None: h₀ = 0
    for start in range(0, T, k):
        inputs, targets = tokens[:, start : start + k], tokens[:, start + 1 : start + k + 1]
        inputs, targets = inputs[:, : T - start], targets[:, : T - start]
        hidden, state = layer(embedding(inputs), state)
        loss = nn.functional.cross_entropy(readout(hidden).flatten(0, 1), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        state = {"tuple(s.detach() for s in state)" if is_pair else "state.detach()"}   # the cut; None: from h₀ = 0
        losses.append(loss.item())
    print(step, sum(losses) / len(losses))
"""


def _forget_bias(model: ModelConfig, layer: str, ours: str, theirs: str) -> str:
    if model.forget_bias is None:
        return "# weights as PyTorch draws them"
    gate = "[H : 2 * H]"
    return f"with torch.no_grad(): {layer}.{ours}{gate} = {model.forget_bias:g}; {layer}.{theirs}{gate} = 0"
