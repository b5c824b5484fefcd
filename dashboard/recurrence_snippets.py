"""Show the code: plain PyTorch that unrolls a cell, stacks two layers, or reads in both directions."""

from __future__ import annotations

from dashboard.recurrence_asked import AskedUnrolled
from dashboard.summed_snippets import CLASSES

_STEPS = {
    "rnn": """    a = layer.weight_ih_l0 @ x + layer.bias_ih_l0
    u = layer.weight_hh_l0 @ h + layer.bias_hh_l0
    h = torch.tanh(a + u)""",
    "gru": """    a = (layer.weight_ih_l0 @ x + layer.bias_ih_l0).chunk(3)
    u = (layer.weight_hh_l0 @ h + layer.bias_hh_l0).chunk(3)
    r, z = torch.sigmoid(a[0] + u[0]), torch.sigmoid(a[1] + u[1])
    n = torch.tanh(a[2] + r * u[2])
    h = (1 - z) * n + z * h""",
    "lstm": """    a = (layer.weight_ih_l0 @ x + layer.bias_ih_l0).chunk(4)
    u = (layer.weight_hh_l0 @ h + layer.bias_hh_l0).chunk(4)
    i, f, g, o = (one + other for one, other in zip(a, u))
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    h = o.sigmoid() * c.tanh()""",
}


def step_code(cell: str, asked: AskedUnrolled) -> str:
    """About 25 lines that unroll one layer by hand and compare each state with PyTorch's own."""
    fused, _ = CLASSES[cell]
    return f"""{_beginning(asked)}
layer = {fused}(H, H, batch_first=True)
states, _ = layer(inputs[None])                  # PyTorch's own, all timesteps
h = c = torch.zeros(H)
for t, x in enumerate(inputs):                   # the same weights at every timestep
{_STEPS[cell]}
    apart = (h - states[0, t]).abs().max()
    print(t, repr(text[t]), *(f"{{one:+.3f}}" for one in h.tolist()), f"apart {{apart:.0e}}")
"""


def stack_code(cell: str, width: int) -> str:
    """About 25 lines that train one layer and two of as many numbers on this very text."""
    fused, _ = CLASSES[cell]
    return f"""import torch
from torch import nn

torch.manual_seed(0)
text = open(torch.__file__, encoding="utf-8").read()
symbols = sorted(set(text))
tokens = torch.tensor([symbols.index(one) for one in text])

def make(units, layers):
    return nn.ModuleList([nn.Embedding(len(symbols), units),
        {fused}(units, units, layers, batch_first=True), nn.Linear(units, len(symbols))])

def size(model):
    return sum(weight.numel() for weight in model.parameters())

one = make({width}, 1)
two = min((make(units, 2) for units in range(1, {width})), key=lambda model: abs(size(model) - size(one)))
for model in (one, two):
    embedding, layer, readout = model
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    for step in range(200):
        starts = torch.randint(len(tokens) - 51, (32, 1))
        windows = tokens[starts + torch.arange(51)]
        outputs = readout(layer(embedding(windows[:, :-1]))[0])
        loss = nn.functional.cross_entropy(outputs.flatten(0, 1), windows[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    print(layer.num_layers, "layers of", layer.hidden_size, size(model), f"numbers, {{loss:.3f}} nats")
"""


def both_code(cell: str, asked: AskedUnrolled) -> str:
    """About 20 lines that print which states change when one more symbol comes at the end."""
    fused, _ = CLASSES[cell]
    return f"""{_beginning(asked)}
layer = {fused}(H, H, batch_first=True, bidirectional=True)
before, _ = layer(inputs[None])
longer = torch.cat([inputs, embedding.weight[:1]])
after, _ = layer(longer[None])                   # one more symbol at the end
moved = (after[0, : len(text)] - before[0]).abs()
for t, one in enumerate(moved):
    print(t, repr(text[t]), f"forward {{one[:H].max():.1e}}", f"reverse {{one[H:].max():.1e}}")
"""


def _beginning(asked: AskedUnrolled) -> str:
    return f"""import torch
from torch import nn

torch.manual_seed({asked.seed})
torch.set_default_dtype(torch.float64)
torch.set_grad_enabled(False)
text, H = {asked.typed!r}, {asked.units}
symbols = sorted(set(text))
embedding = nn.Embedding(len(symbols), H)
inputs = embedding(torch.tensor([symbols.index(one) for one in text]))  # (T, H)"""
