"""A decoder that writes tokens, one after the other, from a memory: of a source text, or of anything else.

Axes: N batch, T target rows, S memory positions, L layers, H units, V tokens.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from .attention import Attention
from .fusion import Fusion
from .seq2seq_config import Seq2SeqConfig

LAYERS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
State = tuple[Tensor, ...]
"""(h,), or (h, c) of an LSTM, each of shape (L, N, H)."""


class Memory(NamedTuple):
    """What a decoder writes from."""

    keys: Tensor
    """As `Attention.keys` gives them, shape (N, S, H)."""
    values: Tensor
    """What contexts are means of, shape (N, S, H)."""
    mask: Tensor
    """True where there is something, shape (N, S), bool."""
    state: State
    """The decoder's first."""


class Carry(NamedTuple):
    """What goes from one row to the next."""

    state: State
    fed: Tensor | None
    """The attentional vector of the row before, shape (N, 1, H); None where it is not read."""


class Rows(NamedTuple):
    """What a decoder did at some rows."""

    vectors: Tensor
    """Of which the readout makes logits, shape (N, T, H)."""
    weights: Tensor | None
    """Attention, shape (N, T, S); None without."""
    contexts: Tensor | None
    """Shape (N, T, H)."""


Choose = Callable[[int, Tensor], Tensor]
"""Given a row's number and its vector (N, 1, H), the tokens that the next row reads, shape (N,)."""


class AttentiveDecoder(nn.Module):
    """Embedding, recurrent stack, attention and fusion where the config has them, linear readout."""

    def __init__(self, config: Seq2SeqConfig, tokens: int) -> None:
        super().__init__()
        size = config.hidden_size
        self.asks_before = config.attention == "additive"
        """Whether the query is the state before the step."""
        self.is_fed = config.input_feeding
        self.embedding = nn.Embedding(tokens, size)
        width = 2 * size if self.is_fed else size
        self.recurrent: nn.RNNBase = LAYERS[config.cell](width, size, config.layers, batch_first=True)
        has_attention = config.attention != "none"
        self.attention = Attention(config.attention, size) if has_attention else None
        self.fusion = (
            Fusion("context" if config.output == "context" else config.fusion, size) if has_attention else None
        )
        self.readout = nn.Linear(size, tokens)

    def first(self, memory: Memory) -> Carry:
        """Before the first row."""
        top = memory.state[0][-1].unsqueeze(1)
        return Carry(memory.state, torch.zeros_like(top) if self.is_fed else None)

    def forward(self, target_in: Tensor, memory: Memory) -> Rows:
        """All rows, fed the tokens (N, T): at once where no row waits for what the one before attended to."""
        if self.is_fed:
            return self.unroll(target_in[:, 0], target_in.shape[1], memory, lambda row, _: target_in[:, row + 1])
        return self.rows(target_in, self.first(memory), memory)[0]

    def unroll(
        self, start: Tensor, rows: int, memory: Memory, choose: Choose, given: dict[int, Tensor] | None = None
    ) -> Rows:
        """Row by row, reading first the tokens `start` (N,) and then what `choose` says.

        Args:
            start: The first tokens, shape (N,).
            rows: T.
            memory: What to write from.
            choose: Called after each row but the last.
            given: Row → weights (N, S) that take the place of its attention.
        """
        tokens, carry, done = start, self.first(memory), []
        for row in range(rows):
            one, carry = self.rows(tokens.unsqueeze(1), carry, memory, (given or {}).get(row))
            done.append(one)
            if row + 1 < rows:
                tokens = choose(row, one.vectors)
        vectors, weights, contexts = zip(*done, strict=True)
        if self.attention is None:
            return Rows(torch.cat(vectors, dim=1), None, None)
        return Rows(torch.cat(vectors, dim=1), torch.cat(weights, dim=1), torch.cat(contexts, dim=1))

    def rows(self, tokens: Tensor, carry: Carry, memory: Memory, given: Tensor | None = None) -> tuple[Rows, Carry]:
        """The next rows, which read tokens (N, T); where the decoder is fed, T is 1."""
        inputs = self.embedding(tokens)  # (N, T) -> (N, T, H)
        if self.is_fed and self.asks_before:
            return self._after_asking(inputs, carry, memory, given)
        if carry.fed is not None:
            inputs = torch.cat((inputs, carry.fed), dim=-1)
        states, state = self._recur(inputs, carry.state)
        if self.attention is None:
            return Rows(states, None, None), Carry(state, None)
        queries = states
        if self.asks_before:  # (N, T, H), one row on
            queries = torch.cat((carry.state[0][-1].unsqueeze(1), states[:, :-1]), dim=1)
        weights, contexts = self._attend(queries, memory, given)
        vectors = self.fusion(states, contexts)  # type: ignore[misc]
        return Rows(vectors, weights, contexts), Carry(state, vectors if self.is_fed else None)

    def _after_asking(self, inputs: Tensor, carry: Carry, memory: Memory, given: Tensor | None) -> tuple[Rows, Carry]:
        """One row that reads the context for which the state before it asks (Bahdanau et al., 2015)."""
        weights, contexts = self._attend(carry.state[0][-1].unsqueeze(1), memory, given)
        states, state = self._recur(torch.cat((inputs, contexts), dim=-1), carry.state)
        vectors = self.fusion(states, contexts)  # type: ignore[misc]
        return Rows(vectors, weights, contexts), carry._replace(state=state)

    def _attend(self, queries: Tensor, memory: Memory, given: Tensor | None) -> tuple[Tensor, Tensor]:
        if given is not None:
            weights = given.unsqueeze(1)
        else:
            weights = self.attention(queries, memory.keys, memory.mask)  # type: ignore[misc]
        return weights, weights @ memory.values

    def _recur(self, inputs: Tensor, state: State) -> tuple[Tensor, State]:
        hx = tuple(part.contiguous() for part in state)
        states, after = self.recurrent(inputs, hx if len(hx) == 2 else hx[0])
        return states, after if isinstance(after, tuple) else (after,)
