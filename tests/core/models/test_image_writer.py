from __future__ import annotations

import numpy as np
import pytest
import torch

from core.models.image_writer import build_image_writer, patches
from core.models.seq2seq_config import Seq2SeqConfig

TOKENS, SIDE = 9, 8


def writer(patch=2, seed=1, **settings):
    config = Seq2SeqConfig(**({"hidden_size": 6, "attention": "additive"} | settings))
    return build_image_writer(config, TOKENS, SIDE, patch, seed).double()


def images(count=3):
    return torch.rand(count, SIDE, SIDE, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("patch", [1, 2, 4, 8])
def test_patches_are_squares_of_the_image_row_by_row(patch):
    image = np.arange(64.0).reshape(1, 8, 8)
    across = 8 // patch
    slow = [
        image[0, patch * row : patch * (row + 1), patch * column : patch * (column + 1)].ravel()
        for row in range(across)
        for column in range(across)
    ]
    assert np.array_equal(patches(torch.from_numpy(image), patch)[0].numpy(), slow)


@pytest.mark.parametrize("fusion", ["concatenate", "add", "multiply"])
def test_a_row_is_what_its_equations_say(fusion):
    model = writer(fusion=fusion)
    named = {name: weight.detach().numpy() for name, weight in model.named_parameters()}
    image = images(1)

    def linear(name, vector):
        return named[f"{name}.weight"] @ vector + named.get(f"{name}.bias", 0)

    squares = patches(image, 2)[0].numpy()
    embedded = [linear("embedding", square) + place for square, place in zip(squares, named["places"], strict=True)]
    states = [np.tanh(linear("states", one)) for one in embedded]
    hidden = np.tanh(linear("bridge", np.mean(states, axis=0)))
    query = linear("decoder.attention.of_query", hidden)
    scores = np.array(
        [
            named["decoder.attention.score.weight"][0] @ np.tanh(query + linear("decoder.attention.of_key", s))
            for s in states
        ]
    )
    weights = np.exp(scores) / np.exp(scores).sum()
    context = weights @ states
    cell = torch.nn.GRUCell(6, 6).double()
    cell.load_state_dict({name: getattr(model.decoder.recurrent, f"{name}_l0") for name in cell.state_dict()})
    token = model.decoder.embedding(torch.tensor([1]))
    state = cell(token, torch.from_numpy(hidden)[None])[0].detach().numpy()
    joined = {"concatenate": np.r_[state, context], "add": state + context, "multiply": state * context}[fusion]
    logits = linear("decoder.readout", np.tanh(linear("decoder.fusion.mix", joined)))
    assert model(image, torch.tensor([[1]]))[0, 0].detach().numpy() == pytest.approx(logits, abs=1e-12)
    assert model.answers(image, 1)[1][0, 0].numpy() == pytest.approx(weights, abs=1e-12)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"attention": "dot"},
        {"attention": "none"},
        {"input_feeding": True},
        {"cell": "lstm", "layers": 2},
        {"bridge": False},
        {"values": "embeddings"},
    ],
)
def test_one_image_alone_is_as_in_a_batch(settings):
    model, batch = writer(**settings), images()
    tokens = torch.tensor([[1, 5, 6], [1, 7, 4], [1, 4, 4]])
    together = model(batch, tokens)
    alone = torch.cat([model(batch[i : i + 1], tokens[i : i + 1]) for i in range(3)])
    assert together.detach().numpy() == pytest.approx(alone.detach().numpy(), abs=1e-12)


def test_what_it_writes_by_itself_is_the_likeliest_token_of_what_it_is_fed():
    model, batch = writer(), images()
    answers, weights = model.answers(batch, 5)
    fed = torch.cat((torch.ones(3, 1, dtype=torch.long), answers[:, :-1]), dim=1)
    assert torch.equal(model(batch, fed).argmax(dim=-1), answers)
    assert weights.shape == (3, 5, 16) and weights.sum(dim=2).numpy() == pytest.approx(1, abs=1e-12)
    assert writer(attention="none").answers(batch, 5)[1] is None


def test_the_same_seed_gives_the_same_weights():
    one, other, third = (torch.cat([p.flatten() for p in writer(seed=s).parameters()]) for s in (1, 1, 2))
    assert torch.equal(one, other) and not torch.equal(one, third)
