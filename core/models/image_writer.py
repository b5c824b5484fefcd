"""An image described by a decoder that attends to its patches: the memory is an image, the decoder any text's.

Axes: N batch, P patches, A pixels of a patch, T target rows, L layers, H units, V tokens.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .attentive_decoder import AttentiveDecoder, Memory
from .seq2seq import START
from .seq2seq_config import Seq2SeqConfig


class ImageWriter(nn.Module):
    """Patches and their places, embedded; attention over them while a word is written (after Xu et al., 2015).

        e_p = W x_p + b + place_p        h_p = tanh(U e_p + d)

    are what the config calls embeddings and states. With a bridge the decoder starts from tanh(B mean_p h_p), else from
    zeros. Patches are read in no order, so `bidirectional` means nothing here.
    """

    def __init__(self, config: Seq2SeqConfig, tokens: int, side: int, patch: int) -> None:
        super().__init__()
        size = config.hidden_size
        self.config, self.patch = config, patch
        self.embedding = nn.Linear(patch**2, size)
        self.places = nn.Parameter(torch.randn((side // patch) ** 2, size))
        self.states = nn.Linear(size, size)
        self.bridge = nn.Linear(size, size) if config.bridge else None
        self.decoder = AttentiveDecoder(config, tokens)

    def memory(self, images: Tensor) -> Memory:
        """What the decoder writes from, of images of shape (N, side, side)."""
        embeddings = self.embedding(patches(images, self.patch)) + self.places  # (N, P, A) -> (N, P, H)
        states = self.states(embeddings).tanh()
        attention = self.decoder.attention
        return Memory(
            keys=states if attention is None else attention.keys(states),
            values=embeddings if self.config.values == "embeddings" else states,
            mask=torch.ones(states.shape[:2], dtype=torch.bool),
            state=self._first(states),
        )

    def forward(self, images: Tensor, target_in: Tensor) -> Tensor:
        """Logits of each row, shape (N, T, V), while the right word (N, T) is fed."""
        return self.decoder.readout(self.decoder(target_in, self.memory(images)).vectors)

    @torch.no_grad()
    def answers(self, images: Tensor, rows: int) -> tuple[Tensor, Tensor | None]:
        """What it writes by itself, always the likeliest next token, shape (N, rows), and where it looks, (N, rows, P).

        What follows [stop] in a row is to be left out. Without attention the second is None.
        """
        start = torch.full((len(images),), START)
        done = self.decoder.unroll(start, rows, self.memory(images), lambda _, vectors: self._likeliest(vectors)[:, 0])
        return self._likeliest(done.vectors), done.weights

    def _likeliest(self, vectors: Tensor) -> Tensor:
        return self.decoder.readout(vectors).argmax(dim=-1)

    def _first(self, states: Tensor) -> tuple[Tensor, ...]:
        """The decoder's first state, each part of shape (L, N, H)."""
        shape = (self.config.layers, len(states), self.config.hidden_size)
        zeros = states.new_zeros(shape)
        hidden = zeros if self.bridge is None else self.bridge(states.mean(dim=1)).tanh().expand(shape)
        return (hidden, zeros) if self.config.cell == "lstm" else (hidden,)


def patches(images: Tensor, patch: int) -> Tensor:
    """Squares of `patch` pixels a side, row by row, shape (N, P, patch²), of images of shape (N, side, side)."""
    squares = images.unfold(1, patch, patch).unfold(2, patch, patch)  # (N, side/patch, side/patch, patch, patch)
    return squares.flatten(1, 2).flatten(2)


def build_image_writer(config: Seq2SeqConfig, tokens: int, side: int, patch: int, seed: int) -> ImageWriter:
    """The model; the same seed gives the same weights, whatever else was drawn before."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return ImageWriter(config, tokens, side, patch)
