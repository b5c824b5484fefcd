"""gluonts' DeepAR: an autoregressive LSTM with dropout between its layers that gives a distribution of demand."""

import pytest
import torch
from material import demand
from side_by_side import STEPS, both, needed

module = needed("gluonts.torch.model.deepar.module")
BATCH, CONTEXT, AHEAD, HOURS = 8, 24, 12, 1500


def batches(past: int):
    """Windows at random places of the series, as gluonts' splitter would cut them."""
    series = torch.tensor(demand(BATCH, HOURS), dtype=torch.float32)
    hours = torch.arange(HOURS) / 24
    clock = torch.stack([torch.sin(2 * torch.pi * hours), torch.cos(2 * torch.pi * hours)], dim=1)
    for _ in range(STEPS):
        end = int(torch.randint(past, HOURS - AHEAD, ()))
        before, after = slice(end - past, end), slice(end, end + AHEAD)
        yield dict(
            feat_static_cat=torch.arange(BATCH)[:, None],
            feat_static_real=torch.zeros(BATCH, 1),
            past_time_feat=clock[before].expand(BATCH, -1, -1),
            past_target=series[:, before],
            past_observed_values=torch.ones(BATCH, past),
            future_time_feat=clock[after].expand(BATCH, -1, -1),
            future_target=series[:, after],
            future_observed_values=torch.ones(BATCH, AHEAD),
        )


def train(look):
    model = module.DeepARModel(
        "h",
        CONTEXT,
        AHEAD,
        num_feat_dynamic_real=2,
        cardinality=[BATCH],
        num_layers=2,
        hidden_size=20,
        dropout_rate=0.2,
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2, weight_decay=1e-8)
    for batch in batches(model.past_length):
        optimizer.zero_grad()
        with look(model):
            loss = model.loss(**batch).mean()
            loss.backward()
        look.step(loss, optimizer)


@pytest.fixture(scope="module")
def pair():
    return both(train, layers=("rnn",))


def test_deepar_trains_as_without_watch(pair):
    assert pair.differences() == []


def test_the_lstm_of_deepar_is_seen_at_every_step(pair):
    assert pair.faults() == []


def test_receipts_of_deepar_agree(pair):
    assert pair.bad_receipts() == []
