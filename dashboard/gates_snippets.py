"""Show the code: plain PyTorch that reads with the shipped model, gate by gate, without this project."""

from __future__ import annotations


def reading_code(text: str, unit: int, held: tuple[int, int] | None = None) -> str:
    """About 25 lines that print one unit's gates at each character; `held` timesteps are with f = 1 and i = 0."""
    return f"""import json
import torch
from safetensors import safe_open

path = "assets/character-lstm.safetensors"
with safe_open(path, "pt") as file:
    symbols = json.loads(file.metadata()["unroll"])["vocabulary"]
    weights = {{name: file.get_tensor(name).double() for name in file.keys()}}
W_ih, W_hh = weights["recurrent.weight_ih_l0"], weights["recurrent.weight_hh_l0"]
bias = weights["recurrent.bias_ih_l0"] + weights["recurrent.bias_hh_l0"]

text, unit = {text!r}, {unit}
h = c = torch.zeros(W_hh.shape[1], dtype=torch.double)
for t, character in enumerate(text):
    x = weights["embedding.weight"][symbols.index(character)]
    i, f, g, o = (W_ih @ x + W_hh @ h + bias).chunk(4)
    i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
{_hold(held)}    c = f * c + i * g
    h = o * c.tanh()
    log_probs = (weights["readout.weight"] @ h + weights["readout.bias"]).log_softmax(0)
    values = " ".join(f"{{gate[unit]:+.4f}}" for gate in (i, f, g, o, c, h))
    print(t, repr(character), values, "next:", repr(symbols[log_probs.argmax()]))
"""


def _hold(held: tuple[int, int] | None) -> str:
    if held is None:
        return ""
    return f"""    if {held[0]} <= t <= {held[1]}:
        f, i = torch.ones_like(f), torch.zeros_like(i)  # c stands still
"""
