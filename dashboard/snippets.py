"""Show the code: plain PyTorch that reproduces a picture, without this project."""

from __future__ import annotations

from core.models.config import ModelConfig


def gradient_flow_code(model: ModelConfig, length: int, batch_size: int, seed: int) -> str:
    """About 30 lines that print ‖∂L/∂h_t‖ of one model on the recall task, by an unrolled loop."""
    size = model.hidden_size
    return f"""import torch
from torch import nn

torch.manual_seed({seed})
T, N, H, symbols = {length}, {batch_size}, {size}, 8
tokens = torch.randint(symbols, (N, T))          # recall: the answer is the first symbol
embedding, readout = nn.Embedding(symbols, H), nn.Linear(H, symbols)
cell = {_cell(model)}
{_initialization(model)}
states, {_state(model)} = [], {_zeros(model)}
for t in range(T):
{_step(model)}
    h.retain_grad()                              # on each step's own h, never on a fused layer's output
    states.append(h)
loss = nn.functional.cross_entropy(readout(h), tokens[:, 0])
loss.backward()
for t, h in enumerate(states, start=1):
    print(t, f"{{h.grad.norm():.3e}}")            # total ∂L/∂h_t: direct and through the recurrence
"""


def _cell(model: ModelConfig) -> str:
    if model.cell == "lstm":
        return "nn.LSTMCell(H, H)"
    if model.cell == "gru":
        return "nn.GRUCell(H, H)"
    activation = ', nonlinearity="relu"' if model.cell == "relu_rnn" else ""
    return f"nn.RNNCell(H, H{activation})"


def _initialization(model: ModelConfig) -> str:
    lines = []
    if model.initialization == "orthogonal":
        lines.append(f"    for block in cell.weight_hh.split(H): nn.init.orthogonal_(block, gain={model.gain:g})")
    elif model.initialization == "identity":
        lines.append(f"    for block in cell.weight_hh.split(H): block.copy_({model.gain:g} * torch.eye(H))")
    if model.forget_bias is not None:
        lines.append(f"    cell.bias_ih[H : 2 * H] = {model.forget_bias:g}; cell.bias_hh[H : 2 * H] = 0")
    return "\n".join(["with torch.no_grad():", *lines]) if lines else "# weights as PyTorch draws them"


def _state(model: ModelConfig) -> str:
    return "(h, c)" if model.cell == "lstm" else "h"


def _zeros(model: ModelConfig) -> str:
    return "(torch.zeros(N, H), torch.zeros(N, H))" if model.cell == "lstm" else "torch.zeros(N, H)"


def _step(model: ModelConfig) -> str:
    if model.cell == "lstm":
        return "    h, c = cell(embedding(tokens[:, t]), (h, c))"
    if model.cell == "linear_rnn":
        weights = "embedding(tokens[:, t]) @ cell.weight_ih.T + cell.bias_ih + h @ cell.weight_hh.T + cell.bias_hh"
        return f"    h = {weights}"
    return "    h = cell(embedding(tokens[:, t]), h)"
