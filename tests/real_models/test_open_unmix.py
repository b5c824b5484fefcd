"""Open-Unmix, which separates music: three bidirectional LSTM layers with dropout between batch norms."""

import pytest
import torch
from material import batch_of, voices
from side_by_side import STEPS, both, needed

unmix = needed("openunmix.model", "torchaudio")
FRAME = 128
"""Samples a frame of the spectrogram."""


def spectrograms(sounds):
    """Magnitudes, shape (N, 1, bins, T)."""
    window = torch.hann_window(FRAME)
    return torch.stft(sounds, FRAME, hop_length=FRAME // 2, window=window, return_complex=True).abs()[:, None]


def train(look):
    model = unmix.OpenUnmix(nb_bins=65, nb_channels=1, hidden_size=32, nb_layers=3, max_bin=60)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-5)
    wanted, other = voices(12, 1600), voices(12, 1600, seed=1)
    for step in range(STEPS):
        mix, target = (spectrograms(batch_of(sounds, step, 4)) for sounds in (wanted + other, wanted))
        optimizer.zero_grad()
        with look(model):
            loss = torch.nn.functional.mse_loss(model(mix), target)
            loss.backward()
        look.step(loss, optimizer)


@pytest.fixture(scope="module")
def pair():
    return both(train, layers=("lstm",))


def test_open_unmix_trains_as_without_watch(pair):
    assert pair.differences() == []


def test_the_lstm_of_open_unmix_is_seen_at_every_step(pair):
    assert pair.faults() == []


def test_receipts_of_open_unmix_agree(pair):
    assert pair.bad_receipts() == []
