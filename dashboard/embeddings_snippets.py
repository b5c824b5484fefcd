"""Show the code of the Embeddings page: plain PyTorch and numpy, without this project; one function a section."""

from __future__ import annotations


def space_code(token: str) -> str:
    """The shipped model's table in its plane, and who is near a token."""
    return f"""import json
import torch
from safetensors import safe_open

with safe_open("assets/character-lstm.safetensors", "pt") as file:
    symbols = json.loads(file.metadata()["unroll"])["vocabulary"]
    W = file.get_tensor("embedding.weight").float()      # (V, E)

centred = W - W.mean(0)
U, S, axes = torch.linalg.svd(centred, full_matrices=False)
plane = centred @ axes[:2].T                             # (V, 2): the first two components
print(f"the plane shows {{(S[:2] ** 2).sum() / (S ** 2).sum():.0%}} of the variance")

v = symbols.index({token!r})
cosines = torch.nn.functional.cosine_similarity(W, W[v : v + 1])
for w in cosines.argsort(descending=True)[1:9].tolist():
    print(repr(symbols[w]), f"cosine {{cosines[w]:.3f}}", [round(x, 3) for x in plane[w].tolist()])

def onto(X, Y):                                          # Procrustes: turn a frame X (V, 2) onto the one before
    left, _, right = torch.linalg.svd(X.T @ Y)
    return X @ left @ right
"""


def rows_code(token: str) -> str:
    """A few updates of a small model, and which rows never moved."""
    return """import torch
from torch import nn

torch.manual_seed(0)
V, E, H, N, T = 1000, 32, 64, 32, 20
frequency = 1 / torch.arange(1, V + 1)                   # words come about as often as 1/rank (Zipf)
table, lstm, readout = nn.Embedding(V, E), nn.LSTM(E, H, batch_first=True), nn.Linear(H, V)
weights = [*table.parameters(), *lstm.parameters(), *readout.parameters()]
optimizer = torch.optim.Adam(weights, 3e-3)
before, met = table.weight.detach().clone(), torch.zeros(V, dtype=torch.long)
for step in range(20):
    tokens = torch.multinomial(frequency, N * (T + 1), replacement=True).view(N, T + 1)
    logits = readout(lstm(table(tokens[:, :-1]))[0])
    loss = nn.functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    met += torch.bincount(tokens[:, :-1].flatten(), minlength=V)
moved = (table.weight.detach() - before).norm(dim=1)
print("never moved:", int((moved == 0).sum()), "never met:", int((met == 0).sum()))
assert torch.equal(moved == 0, met == 0)
"""


def lookup_code(token: str) -> str:
    """Look-up and product side by side: equal results, unequal time."""
    return """import time
import torch
from torch.nn.functional import embedding, one_hot

for V in (100, 1000, 10_000, 30_000):
    W, tokens = torch.randn(V, 64), torch.randint(V, (8, 20))
    start = time.perf_counter()
    looked = embedding(tokens, W)                        # copies a row a token
    between = time.perf_counter()
    product = one_hot(tokens, V).float() @ W             # (8, 20, V) x (V, 64)
    end = time.perf_counter()
    assert torch.equal(looked, product)
    print(f"V = {V}: {between - start:.1e} s and {end - between:.1e} s; {W.numel():,} parameters either way")
"""


def pretrained_code(token: str) -> str:
    """How a table begins with vectors and is tuned or frozen."""
    return """import torch
from torch import nn

words = ["the", "list", "of", "[unk]"]
vectors = {"the": [0.4, 0.2], "list": [0.1, -0.9], "of": [0.7, 0.2]}   # a line a word, as GloVe's files have them

drawn = nn.Embedding(len(words), 2)
tuned, frozen = nn.Embedding(len(words), 2), nn.Embedding(len(words), 2)
with torch.no_grad():
    for place, word in enumerate(words):
        for table in (tuned, frozen):
            table.weight[place] = torch.tensor(vectors.get(word, drawn.weight[place].tolist()))
frozen.weight.requires_grad_(False)                      # no gradient, so no update

target = torch.zeros(4, 2)
for name, table in (("drawn", drawn), ("tuned", tuned), ("frozen", frozen)):
    head = nn.Linear(2, 2)
    optimizer = torch.optim.Adam([*[w for w in table.parameters() if w.requires_grad], *head.parameters()], 0.1)
    before = table.weight.detach().clone()
    for _ in range(20):
        loss = (head(table(torch.arange(4))) - target).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(name, "moved by", (table.weight.detach() - before).norm(dim=1))
"""


def words_code(token: str) -> str:
    """An analogy by a file of vectors."""
    return """import numpy as np

path = "vectors.txt"                                     # GloVe's form: a word and its numbers a line
with open(path, encoding="utf-8") as file:
    rows = [line.split(" ") for line in file]
words = [row[0] for row in rows]
W = np.array([row[1:] for row in rows], dtype=np.float32)
W /= np.linalg.norm(W, axis=1, keepdims=True)

a, b, c = (words.index(word) for word in ("man", "woman", "king"))
scores = W @ (W[b] - W[a] + W[c])
scores /= np.linalg.norm(W[b] - W[a] + W[c])
scores[[a, b, c]] = -np.inf                              # else one of the three would mostly win
for place in np.argsort(-scores)[:5]:
    print(words[place], f"{scores[place]:.3f}")
"""


CODES = {
    "space": space_code,
    "rows": rows_code,
    "lookup": lookup_code,
    "pretrained": pretrained_code,
    "words": words_code,
}
"""By section; each is given the chosen token."""
