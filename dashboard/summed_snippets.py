"""Show the code: plain PyTorch that measures the claims, without this project."""

from __future__ import annotations

from dashboard.summed_asked import SummedModel

CLASSES = {"rnn": ("nn.RNN", "nn.RNNCell"), "gru": ("nn.GRU", "nn.GRUCell"), "lstm": ("nn.LSTM", "nn.LSTMCell")}


def claims_code(model: SummedModel) -> str:
    """About 35 lines that print, for one cell, what the page's pictures show."""
    fused, cell = CLASSES[model.cell]
    state = "(torch.zeros(8, H), torch.zeros(8, H))" if model.cell == "lstm" else "torch.zeros(8, H)"
    hidden = "state[0]" if model.cell == "lstm" else "state"
    return f"""import time
import torch
from torch import nn

torch.manual_seed({model.seed})
torch.set_default_dtype(torch.float64)
H, T = {model.units}, {model.length}
layer = {fused}(H, H, batch_first=True)
for length in (1, 10, 100, 1000):                # any length, the same numbers
    outputs, _ = layer(torch.randn(1, length, H))
    print(length, tuple(outputs.shape), sum(p.numel() for p in layer.parameters()), "numbers")

inputs = torch.randn(8, T, H)
layer(inputs)[0][:, -1].square().mean().backward()
cells = []                                       # one copy of the weights for each timestep
for t in range(T):
    cells.append({cell}(H, H))
    cells[t].load_state_dict({{name.removesuffix("_l0"): p for name, p in layer.state_dict().items()}})
state = {state}
for t, cell in enumerate(cells):
    state = cell(inputs[:, t], state)
{hidden}.square().mean().backward()
copies = [cell.weight_hh.grad for cell in cells]
print("norms", *(f"{{gradient.norm():.1e}}" for gradient in copies))
print("sum against autograd", float((sum(copies) - layer.weight_hh_l0.grad).abs().max()))

rows, weights = torch.randn(1000, 2 * H), torch.randn(2 * H, len(layer.weight_hh_l0))
sequence = torch.randn(1, 1000, H)
for name, work in (("1,000 steps", lambda: layer(sequence)), ("one product", lambda: rows @ weights)):
    with torch.no_grad():
        work()
        begun = time.perf_counter()
        work()
        print(name, f"{{(time.perf_counter() - begun) * 1000:.2f}} ms")
"""
