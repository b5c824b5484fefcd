"""Show the code of the sections with runs of their own, in plain PyTorch, without this project."""

from __future__ import annotations

FUSION_CODE = """import torch
from torch import nn

L, H, V, N = 10, 32, 12, 64                       # tokens 0 ... 3 are no symbols
JOINS = {
    "concatenate": lambda h, c: torch.cat((h, c), -1),
    "add": lambda h, c: h + c,
    "multiply": lambda h, c: h * c,
}
for name, join in JOINS.items():
    torch.manual_seed(0)
    embed, write, readout = nn.Embedding(V, H), nn.Embedding(V, H), nn.Linear(H, V)
    encoder = nn.GRU(H, H // 2, batch_first=True, bidirectional=True)
    decoder = nn.GRU(H, H, batch_first=True)
    mix = nn.Linear(2 * H if name == "concatenate" else H, H)
    weights = nn.ModuleList([embed, write, readout, encoder, decoder, mix]).parameters()
    optimizer = torch.optim.Adam(weights, lr=1e-2)
    for step in range(200):
        symbols = torch.randint(4, V, (N, L))
        target_in = torch.cat((torch.full((N, 1), 1), symbols.flip(1)[:, :-1]), 1)
        outputs, last = encoder(embed(symbols))
        states, _ = decoder(write(target_in), last.transpose(0, 1).reshape(1, N, H))
        contexts = (states @ outputs.transpose(1, 2)).softmax(-1) @ outputs
        logits = readout(mix(join(states, contexts)).tanh())
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), symbols.flip(1).flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(name, (logits.argmax(-1) == symbols.flip(1)).float().mean().item())
"""
DIGITS_CODE = """import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
digits = load_digits()
images = torch.tensor(digits.images / 16, dtype=torch.float32)
words = "zero one two three four five six seven eight nine".split()
letters = ["-", "^", *sorted(set("".join(words)))]                  # end, start, letters
coded = torch.tensor([[letters.index(c) for c in f"{w:-<6}"] for w in words])
H, V = 32, len(letters)
patch, place = nn.Linear(4, H), nn.Parameter(torch.randn(16, H))
write, decoder, query, mix = nn.Embedding(V, H), nn.GRU(H, H, batch_first=True), nn.Linear(H, H), nn.Linear(2 * H, V)
parameters = [place, *(p for m in (patch, write, decoder, query, mix) for p in m.parameters())]
optimizer = torch.optim.Adam(parameters, lr=1e-2)
for step in range(301):
    chosen = torch.randint(len(images), (64,))
    squares = images[chosen].unfold(1, 2, 2).unfold(2, 2, 2).reshape(64, 16, 4)
    target = coded[torch.as_tensor(digits.target)[chosen]]
    memory = (patch(squares) + place).tanh()                        # (N, 16 patches, H)
    states, _ = decoder(write(torch.cat((torch.ones(64, 1, dtype=torch.long), target[:, :-1]), 1)))
    weights = (query(states) @ memory.transpose(1, 2)).softmax(-1)  # (N, letters, patches)
    logits = mix(torch.cat((states, weights @ memory), -1))
    loss = nn.functional.cross_entropy(logits.flatten(0, 1), target.flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(loss.item(), weights[0, 0].reshape(4, 4))
"""
CHEAT_CODE = """import inspect, json
import torch
from torch import nn

text = inspect.getsource(json.decoder)
symbols = sorted(set(text))
tokens = torch.tensor([symbols.index(c) for c in text])
for both in (False, True):
    torch.manual_seed(0)
    embed, layer = nn.Embedding(len(symbols), 64), nn.LSTM(64, 64, batch_first=True, bidirectional=both)
    readout = nn.Linear(64 * (1 + both), len(symbols))
    model = nn.ModuleList([embed, layer, readout])
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for step in range(150):
        start = torch.randint(len(tokens) - 41, (32, 1)) + torch.arange(41)
        window = tokens[start]
        logits = readout(layer(embed(window[:, :-1]))[0])           # both: position t has read t + 1 as well
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), window[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    written = [symbols.index(c) for c in "def "]
    for _ in range(60):                                             # now the next character is not there to read
        logits = readout(layer(embed(torch.tensor([written])))[0])
        written.append(int(logits[0, -1].argmax()))
    print(both, loss.item(), repr("".join(symbols[t] for t in written)))
"""
