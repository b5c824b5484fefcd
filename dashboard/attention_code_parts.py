"""Lines of the code that is shown: what differs from model to model.

Axes: N batch, S source positions, T target rows, H units.
"""

from __future__ import annotations

from core.models.attention import NETWORKS
from core.models.seq2seq_config import Seq2SeqConfig

LAYERS = {"rnn": "nn.RNN", "gru": "nn.GRU", "lstm": "nn.LSTM"}
JOINS = {"concatenate": "torch.cat((states, contexts), -1)", "add": "states + contexts",
         "multiply": "states * contexts"}  # fmt: skip


def layer_lines(model: Seq2SeqConfig) -> str:
    """The model's parts, and all of them in one list."""
    layer, depth = LAYERS[model.cell], f", {model.layers}" if model.layers > 1 else ""
    size, both = ("H // 2", ", bidirectional=True") if model.bidirectional else ("H", "")
    names = ["embed", "write", "encoder", "decoder", "readout"]
    lines = [
        "embed, write = (nn.Embedding(len(places) + 3, H) for places in known)",
        f"encoder = {layer}(H, {size}{depth}, batch_first=True{both})",
        f"decoder = {layer}(H, H{depth}, batch_first=True)",
        "readout = nn.Linear(H, len(known[1]) + 3)",
    ]
    if model.attention != "none":
        wide = "2 * H" if _is_pair(model) else "H"
        lines.append(f"mix = nn.Linear({wide}, H)")
        names.append("mix")
    scorers = {"general": ["of_key"], **dict.fromkeys(NETWORKS, ["of_key", "of_query", "v"])}.get(model.attention, [])
    if scorers:
        made = ", ".join("nn.Linear(H, 1, bias=False)" if one == "v" else "nn.Linear(H, H, bias=False)"
                         for one in scorers)  # fmt: skip
        lines.append(f"{', '.join(scorers)} = {made}")
    return "\n".join([*lines, f"modules = nn.ModuleList([{', '.join(names + scorers)}])"])


def bridge_line(model: Seq2SeqConfig) -> str:
    """The decoder's first state."""
    if not model.bridge:
        return "    first = None                                                # the decoder starts from zeros"
    if model.cell == "lstm":
        return f"    first = tuple(part.unflatten(0, ({model.layers}, -1)).transpose(1, 2).flatten(2) for part in last)"
    return f"    first = last.unflatten(0, ({model.layers}, -1)).transpose(1, 2).flatten(2)  # both ways side by side"


def attention_lines(model: Seq2SeqConfig) -> str:
    """From the decoder's states to logits and weights."""
    if model.attention == "none":
        return "    return readout(states), None"
    vector = "contexts" if model.output == "context" else JOINS[model.fusion]
    values = "embed(source)" if model.values == "embeddings" else "outputs"
    return f"""{_scores(model)}
    weights = scores.masked_fill((source == 0)[:, None], -torch.inf).softmax(-1)         # (N, T, S)
    contexts = weights @ {values}
    return readout(mix({vector}).tanh()), weights"""


def _scores(model: Seq2SeqConfig) -> str:
    if model.attention not in NETWORKS:
        keys = "of_key(outputs)" if model.attention == "general" else "outputs"
        scale = " / H**0.5" if model.attention == "scaled_dot" else ""
        return f"    scores = states @ {keys}.transpose(1, 2){scale}"
    asked = "    queries = states"
    if model.attention == "additive":
        top = "torch.zeros_like(states[:, :1])" if not model.bridge else (
            "first[0][-1][:, None]" if model.cell == "lstm" else "first[-1][:, None]"
        )  # fmt: skip
        asked = f"    queries = torch.cat(({top}, states[:, :-1]), 1)               # the state before each row"
    return f"{asked}\n    scores = v((of_query(queries)[:, :, None] + of_key(outputs)[:, None]).tanh())[..., 0]"


def _is_pair(model: Seq2SeqConfig) -> bool:
    return model.output == "both" and model.fusion == "concatenate"
