"""transformers' SLANet, which reads tables: a GRU cell with attention to the picture is fed its own last choice."""

import pytest
import torch
from side_by_side import STEPS, both, needed

transformers = needed("transformers")
if not hasattr(transformers, "SLANetForTableRecognition"):
    pytest.skip("this transformers has no SLANet: install the one of tests/requirements.txt", allow_module_level=True)
TOKENS, LENGTH = 10, 12


def tables(count: int):
    """Pictures of lines across and down, shape (N, 3, 64, 64), and how many of each as tokens (N, LENGTH + 1)."""
    pictures, tokens = torch.ones(count, 3, 64, 64), torch.full((count, LENGTH + 1), TOKENS - 1)
    for picture, row in zip(pictures, tokens, strict=True):
        across, down = (int(lines) for lines in torch.randint(2, 6, (2,)))
        picture[:, :: 64 // across] = 0
        picture[:, :, :: 64 // down] = 0
        row[:across], row[across : across + down] = 1, 2
    return pictures, tokens


def train(look):
    config = transformers.SLANetConfig(
        post_conv_out_channels=16, out_channels=TOKENS, hidden_size=16, max_text_length=LENGTH
    )
    model = transformers.SLANetForTableRecognition(config).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(STEPS):
        pictures, tokens = tables(2)
        optimizer.zero_grad()
        with look(model):
            told = model(pictures).last_hidden_state
            loss = torch.nn.functional.nll_loss(told.log().transpose(1, 2), tokens[:, : told.shape[1]])
            loss.backward()
        look.step(loss, optimizer)


@pytest.fixture(scope="module")
def pair():
    return both(train, layers=("head.structure_attention_cell.rnn",))


def test_slanet_trains_as_without_watch(pair):
    assert pair.differences() == []


def test_the_cell_of_slanet_is_seen_at_every_step(pair):
    assert pair.faults() == []


def test_receipts_of_slanet_agree(pair):
    assert pair.bad_receipts() == []
