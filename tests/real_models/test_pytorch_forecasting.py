"""pytorch-forecasting's DeepAR and temporal fusion transformer, whose LSTM is a subclass that packs by itself."""

import numpy as np
import pandas as pd
import pytest
import torch
from material import demand
from side_by_side import STEPS, both, needed

import core

forecasting = needed("pytorch_forecasting")
metrics = needed("pytorch_forecasting.metrics")
SHOPS, HOURS = 4, 120


def dataset():
    """Demand of a few shops; the past that is known is of unequal length."""
    table = pd.DataFrame(
        {
            "demand": demand(SHOPS, HOURS).astype(np.float32).reshape(-1),
            "hour": np.tile(np.arange(HOURS), SHOPS),
            "time": np.tile(np.arange(HOURS) % 24 / 24.0, SHOPS),
            "shop": np.repeat([f"shop {shop}" for shop in range(SHOPS)], HOURS),
        }
    )
    return forecasting.TimeSeriesDataSet(
        table,
        time_idx="hour",
        target="demand",
        group_ids=["shop"],
        static_categoricals=["shop"],
        min_encoder_length=4,
        max_encoder_length=16,
        min_prediction_length=2,
        max_prediction_length=6,
        time_varying_known_reals=["time"],
        time_varying_unknown_reals=["demand"],
        randomize_length=True,
        target_normalizer=forecasting.GroupNormalizer(groups=["shop"]),
    )


def deepar(data, cell):
    return forecasting.DeepAR.from_dataset(data, cell_type=cell, hidden_size=12, rnn_layers=2, dropout=0.1)


def transformer(data):
    return forecasting.TemporalFusionTransformer.from_dataset(
        data, hidden_size=8, lstm_layers=2, attention_head_size=2, hidden_continuous_size=4, dropout=0.1
    )


def training(build):
    def train(look):
        data = dataset()
        model = build(data).train()
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
        batches = iter(data.to_dataloader(train=True, batch_size=8, num_workers=0))
        for _ in range(STEPS):
            inputs, target = next(batches)
            optimizer.zero_grad()
            with look(model):
                loss = model.loss(model(inputs).prediction, target)
                loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 0.1)
            look.step(loss, optimizer)

    return train


CASES = {
    "DeepAR with LSTMs": (training(lambda data: deepar(data, "LSTM")), ("rnn",)),
    "DeepAR with GRUs": (training(lambda data: deepar(data, "GRU")), ("rnn",)),
    "temporal fusion transformer": (training(transformer), ("lstm_encoder", "lstm_decoder")),
}


@pytest.fixture(scope="module", params=CASES)
def pair(request):
    return both(*CASES[request.param])


def test_a_forecaster_trains_as_without_watch(pair):
    assert pair.differences() == []


def test_the_layers_of_a_forecaster_are_seen_at_every_step(pair):
    assert pair.faults() == []


def test_receipts_of_a_forecaster_agree(pair):
    assert pair.bad_receipts() == []


def test_the_span_of_deepar_crosses_from_encoder_to_decoder():
    data = dataset()
    model = deepar(data, "GRU").eval()
    inputs, target = next(iter(data.to_dataloader(train=True, batch_size=8, num_workers=0)))
    with core.watch(model) as watched:
        model.loss(model(inputs).prediction, target).backward()
    lengths = inputs["encoder_lengths"] - 1 + inputs["decoder_lengths"]
    assert watched.span("rnn").back.tolist() == lengths.tolist()
