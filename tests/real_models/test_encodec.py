"""transformers' Encodec, a neural audio codec with an LSTM in encoder and decoder; small, with random weights.

It cuts sound into chunks that overlap, and calls encoder and decoder for each.
"""

import pytest
import torch
from material import batch_of, voices
from side_by_side import STEPS, both, needed

transformers = needed("transformers")
ENCODER, DECODER = "encoder.layers.7.lstm", "decoder.layers.1.lstm"


def codec():
    """A codec of two downsamplings, 800 samples a chunk, with codes to choose from."""
    config = transformers.EncodecConfig(
        sampling_rate=16_000,
        target_bandwidths=[48.0],
        num_filters=4,
        hidden_size=16,
        codebook_size=64,
        upsampling_ratios=[4, 2],
        normalize=True,
        chunk_length_s=0.05,
        overlap=0.1,
        num_lstm_layers=2,
    )
    model = transformers.EncodecModel(config).train()
    for layer in model.quantizer.layers:
        layer.codebook.embed.normal_()
    return model


def decode_only(model, sounds):
    """The codec as it comes: no gradient gets through its codes."""
    return (model(sounds).audio_values - sounds).abs().mean()


def straight_through(model, sounds):
    """Encoder and decoder learn, past the codes."""
    exact = model.encoder(sounds)
    coded = model.quantizer.decode(model.quantizer.encode(exact))
    rebuilt = model.decoder(exact + (coded - exact).detach())
    return (rebuilt - sounds).abs().mean() + (exact - coded.detach()).square().mean()


def training(loss_of):
    def train(look):
        model, sounds = codec(), voices(12, 1200)[:, None]
        optimizer = torch.optim.Adam(model.parameters(), lr=3e-4)
        for step in range(STEPS):
            optimizer.zero_grad()
            with look(model):
                loss = loss_of(model, batch_of(sounds, step, 4))
                loss.backward()
            look.step(loss, optimizer)

    return train


CASES = [(decode_only, (DECODER,), (ENCODER,)), (straight_through, (ENCODER, DECODER), ())]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case[0].__name__)
def pair(request):
    loss_of, layers, unreached = request.param
    return both(training(loss_of), layers, unreached)


def test_encodec_trains_as_without_watch(pair):
    assert pair.differences() == []


def test_the_lstms_of_encodec_are_seen_at_every_step(pair):
    assert pair.faults() == []


def test_receipts_of_encodec_agree(pair):
    assert pair.bad_receipts() == []
