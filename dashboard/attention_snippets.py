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
