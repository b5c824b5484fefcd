"""Show the code: an encoder–decoder with attention in plain PyTorch, without this project."""

from __future__ import annotations

from core.models.seq2seq_config import Seq2SeqConfig
from core.training.translation_config import TranslationConfig

LAYERS = {"rnn": "nn.RNN", "gru": "nn.GRU", "lstm": "nn.LSTM"}


def reversal_code(config: TranslationConfig, model: int) -> str:
    """About 30 lines that learn to reverse and print the attention of one pair."""
    chosen = config.models[model]
    length, steps = config.task.max_length, min(config.steps, 300)
    return f"""import torch
from torch import nn

torch.manual_seed({config.seed})
L, H, V, N = {length}, {chosen.hidden_size}, {config.task.symbols + 4}, {config.batch_size}    # 0 … 3 are no symbols
embed, write = nn.Embedding(V, H), nn.Embedding(V, H)
encoder = {LAYERS[chosen.cell]}(H, H // 2, batch_first=True, bidirectional=True)
decoder = {LAYERS[chosen.cell]}(H, H, batch_first=True)
mix, readout = nn.Linear({_width(chosen)}, H), nn.Linear(H, V)
modules = nn.ModuleList([embed, write, encoder, decoder, mix, readout])
optimizer = torch.optim.Adam(modules.parameters(), lr={config.learning_rate:g})

def forward(source, target_in):
    outputs, _ = encoder(embed(source))                                     # (N, S, H)
    states, _ = decoder(write(target_in))                                   # (N, T, H), from zeros
{_attention(chosen)}
    return readout(vectors), weights

for step in range({steps} + 1):
    symbols = torch.randint(4, V, (N, L))
    stop, start = torch.full((N, 1), 2), torch.full((N, 1), 1)
    source, target = torch.cat((symbols, stop), 1), torch.cat((symbols.flip(1), stop), 1)
    logits, weights = forward(source, torch.cat((start, target[:, :-1]), 1))
    loss = nn.functional.cross_entropy(logits.flatten(0, 1), target.flatten())
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(modules.parameters(), {config.max_norm:g})
    optimizer.step()
mass = weights[:, torch.arange(L), torch.arange(L).flip(0)].mean()
print(f"loss {{loss:.3f}} nats, {{mass:.2f}} of the attention on the anti-diagonal")
"""


def _width(model: Seq2SeqConfig) -> str:
    is_pair = model.output == "both" and model.fusion == "concatenate"
    return "2 * H" if is_pair else "H"


def _attention(model: Seq2SeqConfig) -> str:
    values = "embed(source)" if model.values == "embeddings" else "outputs"
    joined = {"concatenate": "torch.cat((states, contexts), -1)", "add": "states + contexts",
              "multiply": "states * contexts"}  # fmt: skip
    vector = "contexts" if model.output == "context" else joined[model.fusion]
    return f"""    weights = (states @ outputs.transpose(1, 2)).softmax(-1)                # (N, T, S): dot scores
    contexts = weights @ {values}
    vectors = mix({vector}).tanh()"""


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
