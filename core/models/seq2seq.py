"""Sequence to sequence: an encoder reads the source, a decoder writes the target.

Axes: N batch, S source positions, T target rows, L layers, D directions, H units, V tokens.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from .attentive_decoder import LAYERS, AttentiveDecoder, Memory, State
from .seq2seq_config import Seq2SeqConfig

PAD, START, STOP = range(3)
"""The first tokens of every vocabulary of pairs."""


class PairPorts(Protocol):
    """How wide a model is where it meets the world; every task of pairs says so."""

    @property
    def source_symbols(self) -> tuple[str, ...]:
        """How each token of a source is printed."""

    @property
    def target_symbols(self) -> tuple[str, ...]:
        """How each token of a target is printed."""


class Encoded(NamedTuple):
    """What an encoder made of a source."""

    outputs: Tensor
    """Its last layer's states, both directions side by side, shape (N, S, H); zeros past a source's length."""
    embeddings: Tensor
    """Shape (N, S, H)."""
    state: State
    """Each layer's last states, both directions side by side, each of shape (L, N, H)."""


class Encoder(nn.Module):
    """Embedding and recurrent stack; with two directions of H/2 units each."""

    def __init__(self, config: Seq2SeqConfig, tokens: int) -> None:
        super().__init__()
        size, directions = config.hidden_size, 2 if config.bidirectional else 1
        self.embedding = nn.Embedding(tokens, size)
        self.recurrent: nn.RNNBase = LAYERS[config.cell](
            size, size // directions, config.layers, batch_first=True, bidirectional=config.bidirectional
        )

    def forward(self, source: Tensor, lengths: Tensor) -> Encoded:
        """Read sources (N, S) of these lengths (N,); what is past a length changes nothing."""
        embeddings = self.embedding(source)
        if bool((lengths == source.shape[1]).all()):
            outputs, last = self.recurrent(embeddings)
        else:
            packed = pack_padded_sequence(embeddings, lengths, batch_first=True, enforce_sorted=False)
            packed_outputs, last = self.recurrent(packed)
            outputs, _ = pad_packed_sequence(packed_outputs, batch_first=True, total_length=source.shape[1])
        parts = last if isinstance(last, tuple) else (last,)
        return Encoded(outputs, embeddings, tuple(map(self._side_by_side, parts)))

    def _side_by_side(self, last: Tensor) -> Tensor:
        """(L·D, N, H/D) -> (L, N, H)."""
        layers = self.recurrent.num_layers
        return last.unflatten(0, (layers, -1)).transpose(1, 2).flatten(2)


class Seq2Seq(nn.Module):
    """An encoder and a decoder (Sutskever et al., 2014), joined by attention where the config says so."""

    encoder: Encoder
    decoder: AttentiveDecoder

    def __init__(self, config: Seq2SeqConfig, ports: PairPorts) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config, len(ports.source_symbols))
        self.decoder = AttentiveDecoder(config, len(ports.target_symbols))

    def memory(self, source: Tensor, lengths: Tensor) -> Memory:
        """What the decoder writes from, of sources (N, S) with these lengths (N,)."""
        encoded = self.encoder(source, lengths)
        attention = self.decoder.attention
        mask = torch.arange(source.shape[1], device=source.device) < lengths.unsqueeze(1).to(source.device)
        state = encoded.state if self.config.bridge else tuple(map(torch.zeros_like, encoded.state))
        return Memory(
            keys=encoded.outputs if attention is None else attention.keys(encoded.outputs),
            values=encoded.embeddings if self.config.values == "embeddings" else encoded.outputs,
            mask=mask,
            state=state,
        )

    def forward(self, source: Tensor, lengths: Tensor, target_in: Tensor) -> Tensor:
        """Logits of each row, shape (N, T, V), while the right target (N, T) is fed."""
        return self.decoder.readout(self.decoder(target_in, self.memory(source, lengths)).vectors)

    @torch.no_grad()
    def answers(self, source: Tensor, lengths: Tensor, rows: int) -> Tensor:
        """What it writes by itself, always the likeliest next token, shape (N, rows): [pad] after [stop]."""
        memory = self.memory(source, lengths)
        start = torch.full((len(source),), START)
        done = self.decoder.unroll(start, rows, memory, lambda _, vectors: self.likeliest(vectors)[:, 0])
        tokens = self.likeliest(done.vectors)
        is_after = (tokens == STOP).cumsum(dim=1) - (tokens == STOP).long() > 0
        return tokens.masked_fill(is_after, PAD)

    @torch.no_grad()
    def likeliest(self, vectors: Tensor) -> Tensor:
        """The likeliest token of each row, shape (N, T), given the decoder's vectors (N, T, H)."""
        return self.decoder.readout(vectors).argmax(dim=-1)


def build_seq2seq(config: Seq2SeqConfig, ports: PairPorts, seed: int) -> Seq2Seq:
    """The model for a task of pairs; the same seed gives the same weights, whatever else was drawn before."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return Seq2Seq(config, ports)
