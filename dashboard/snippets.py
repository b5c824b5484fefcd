"""Show the code: plain PyTorch that reproduces a picture, without this project; one function a picture."""

from __future__ import annotations

from core.models.config import ModelConfig


def gradient_flow_code(model: ModelConfig, length: int, batch_size: int, seed: int) -> str:
    """About 30 lines that print ‖∂L/∂h_t‖ of one model on the recall task, by an unrolled loop."""
    return f"""{_beginning(model, length, batch_size, seed)}
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


def jacobian_code(model: ModelConfig, length: int, batch_size: int, seed: int) -> str:
    """About 30 lines that print the largest singular value of each step's Jacobian and of their product to the end."""
    is_lstm = model.cell == "lstm"
    step = _step(model).replace("tokens[:, t]", "tokens[0, t]").strip()
    unpack, pack = ("h, c = s[:H], s[H:]", "torch.cat([h, c])") if is_lstm else ("h = s", "h")
    return f"""{_beginning(model, length, batch_size, seed)}

def after(s, t):                                 # one step; the state s is {"h, then c" if is_lstm else "h"}
    {unpack}
    {step}
    return {pack}

s, jacobians = torch.zeros({"2 * H" if is_lstm else "H"}), []
for t in range(T):
    if t > 0:
        jacobians.append(torch.autograd.functional.jacobian(lambda s: after(s, t), s))
    s = after(s, t).detach()
product = torch.eye(len(s), dtype=torch.float64)
for t in range(T, 1, -1):                        # ∂s_T/∂s_(t−1) = ∂s_T/∂s_t ∂s_t/∂s_(t−1)
    product = product @ jacobians[t - 2].double()
    print(t, f"{{torch.linalg.svdvals(jacobians[t - 2])[0]:.3e}} {{torch.linalg.svdvals(product)[0]:.3e}}")
"""


def loss_reach_code(model: ModelConfig, length: int, batch_size: int, seed: int) -> str:
    """About 30 lines that print, for the loss of every step, how much of its gradient is left at each earlier state."""
    return f"""{_beginning(model, length, batch_size, seed)}
states, losses, {_state(model)} = [], [], {_zeros(model)}
for t in range(T):
{_step(model)}
    states.append(h)
    losses.append(nn.functional.cross_entropy(readout(h), tokens[:, 0]))
for t in range(T):                               # one way back for each loss
    gradients = torch.autograd.grad(losses[t], states[: t + 1], retain_graph=True)
    norms = torch.stack([gradient.norm() for gradient in gradients])
    print(t + 1, " ".join(f"{{share:.1e}}" for share in norms / norms[-1]))
"""


def _beginning(model: ModelConfig, length: int, batch_size: int, seed: int) -> str:
    return f"""import torch
from torch import nn

torch.manual_seed({seed})
T, N, H, symbols = {length}, {batch_size}, {model.hidden_size}, 8
tokens = torch.randint(symbols, (N, T))          # recall: the answer is the first symbol
embedding, readout = nn.Embedding(symbols, H), nn.Linear(H, symbols)
cell = {_cell(model)}
{_initialization(model)}"""


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
