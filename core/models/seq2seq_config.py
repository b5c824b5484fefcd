"""What an encoder–decoder is, as data: the same object is a cache key, a recording's header and a permalink."""

from __future__ import annotations

from dataclasses import dataclass, fields

from ..checks import check_choice, check_flag, check_whole
from .config import MAX_HIDDEN_SIZE, TITLES

CELLS = ("rnn", "lstm", "gru")
MAX_LAYERS = 3
ATTENTIONS = ("none", "additive", "dot", "general", "concat", "scaled_dot")
FUSIONS = ("concatenate", "add", "multiply")
VALUES = ("states", "embeddings")
OUTPUTS = ("both", "context")
NEEDS_ATTENTION = ("fusion", "input_feeding", "values", "output")
"""Fields that mean nothing without attention, and so keep their defaults there."""
WORDS = {
    "none": "without attention",
    "additive": "additive attention",
    "dot": "dot attention",
    "general": "general attention",
    "concat": "concat attention",
    "scaled_dot": "scaled dot attention",
    "add": "fusion by addition",
    "multiply": "fusion by multiplication",
}
"""How to print each of ATTENTIONS, and the fusions that are not the default."""


@dataclass(frozen=True)
class Seq2SeqConfig:
    """An encoder that reads the source, and a decoder that writes the target, with or without attention.

    Embeddings, encoder outputs, decoder states and context vectors all have H numbers: of a bidirectional encoder each
    direction has H/2 units, so that scores need no projection and fusion may add and multiply.

    Errors: ValueError with rule, value and remedy.
    """

    cell: str = "gru"
    """One of CELLS, of encoder and decoder."""
    hidden_size: int = 64
    """H; even if bidirectional."""
    layers: int = 1
    """Of the encoder and of the decoder, 1 to 3."""
    bidirectional: bool = True
    """Whether the encoder also reads from the end."""
    attention: str = "dot"
    """One of ATTENTIONS. "additive" asks with the decoder's state before its step (Bahdanau et al., 2015), the others
    with the state after it (Luong et al., 2015)."""
    fusion: str = "concatenate"
    """One of FUSIONS: how state h and context c make the attentional vector, tanh W[h; c], tanh W(h + c) or
    tanh W(h ⊙ c)."""
    input_feeding: bool = False
    """Whether the decoder reads beside its token what attention found: "additive" the context of this step, the others
    the attentional vector of the step before."""
    values: str = "states"
    """One of VALUES: what contexts are means of, the encoder's outputs or the source's embeddings."""
    output: str = "both"
    """One of OUTPUTS: whether the attentional vector is made of state and context, or of the context alone."""
    bridge: bool = True
    """Whether the decoder starts from the encoder's last states; else from zeros."""

    def __post_init__(self) -> None:
        check_choice("cell", self.cell, CELLS)
        check_whole("hidden_size", self.hidden_size, 2, MAX_HIDDEN_SIZE)
        check_whole("layers", self.layers, 1, MAX_LAYERS)
        check_choice("attention", self.attention, ATTENTIONS)
        check_choice("fusion", self.fusion, FUSIONS)
        check_choice("values", self.values, VALUES)
        check_choice("output", self.output, OUTPUTS)
        for name in ("bidirectional", "input_feeding", "bridge"):
            check_flag(name, getattr(self, name))
        self._check_agreement()

    def _check_agreement(self) -> None:
        if self.bidirectional and self.hidden_size % 2:
            raise ValueError(
                f"hidden_size must be even for an encoder of two directions, got {self.hidden_size}; each takes half."
            )
        if self.output == "context" and self.fusion != "concatenate":
            raise ValueError(
                f"fusion {self.fusion!r} needs output 'both', got 'context'; there is nothing to join with the context."
            )
        if self.attention != "none":
            return
        if not self.bridge:
            raise ValueError(
                "a decoder without attention needs bridge True, got False; it would see nothing of the source."
            )
        for field in fields(self):
            if field.name in NEEDS_ATTENTION and (value := getattr(self, field.name)) != field.default:
                raise ValueError(
                    f"{field.name} needs attention, got {value!r} without; leave it {field.default!r} there."
                )

    @property
    def label(self) -> str:
        """For people, e.g. "GRU, dot attention": the preset's name if there is one, else all that is not a default."""
        for preset, config in PRESETS.items():
            if config == self:
                return preset[0].upper() + preset[1:]
        return ", ".join([TITLES[self.cell], WORDS[self.attention], *self._differences()])

    def _differences(self) -> list[str]:
        sizes = f"{self.hidden_size} units" if self.hidden_size != Seq2SeqConfig.hidden_size else ""
        parts = (
            sizes,
            f"{self.layers} layers" if self.layers > 1 else "",
            "" if self.bidirectional else "one direction",
            WORDS.get(self.fusion, ""),
            "input feeding" if self.input_feeding else "",
            "values are embeddings" if self.values == "embeddings" else "",
            "output of the context alone" if self.output == "context" else "",
            "" if self.bridge else "no bridge",
        )
        return [part for part in parts if part]

    @property
    def name(self) -> str:
        """A short slug of letters, digits and "-", e.g. "gru-dot" or "lstm-none-h32-forward"."""
        parts = (
            self.cell,
            self.attention.replace("_", "-"),
            f"h{self.hidden_size}" if self.hidden_size != Seq2SeqConfig.hidden_size else "",
            f"l{self.layers}" if self.layers > 1 else "",
            "" if self.bidirectional else "forward",
            self.fusion if self.fusion != "concatenate" else "",
            "fed" if self.input_feeding else "",
            self.values if self.values != "states" else "",
            self.output if self.output != "both" else "",
            "" if self.bridge else "unbridged",
        )
        return "-".join(part for part in parts if part)


PRESETS = {
    "clean diagonal": Seq2SeqConfig(
        cell="gru", hidden_size=64, attention="dot", values="embeddings", output="context", bridge=False
    ),
    "textbook Bahdanau": Seq2SeqConfig(cell="gru", hidden_size=32, attention="additive", input_feeding=True),
    "one vector": Seq2SeqConfig(cell="gru", hidden_size=32, attention="none"),
    "Luong": Seq2SeqConfig(cell="lstm", hidden_size=64, bidirectional=False, attention="general", input_feeding=True),
    "wide LSTM": Seq2SeqConfig(cell="lstm", hidden_size=128, attention="dot"),
}
"""By name: attention that must point at what it writes, as nothing else reaches the output (*clean diagonal*); the
first published one, whose state can carry the source past the attention (Bahdanau et al., 2015); the bottleneck that
it was made against (Sutskever et al., 2014); attention after the step, fed on (Luong et al., 2015); and one with room
for words.
"""
