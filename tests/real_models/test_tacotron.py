"""Tacotron with dynamic convolution attention (package `tacotron`): a GRU encoder, three LSTM cells, zoneout."""

import pytest
import torch
from material import batch_of, numbered, text, voices
from side_by_side import STEPS, both, needed

tacotron = needed("tacotron")
MELS, FRAMES = 10, 24
ENCODER = dict(
    n_symbols=91,
    embedding_dim=16,
    prenet=dict(input_size=16, hidden_size=16, output_size=12, dropout=0.5),
    cbhg=dict(K=4, input_channels=12, channels=12, projection_channels=12, n_highways=2, highway_size=12, rnn_size=12),
)
DECODER = dict(
    prenet=dict(input_size=MELS, hidden_size=16, output_size=12, dropout=0.5, fixed=True),
    attention=dict(
        attn_rnn_size=20,
        hidden_size=12,
        static_channels=4,
        static_kernel_size=5,
        dynamic_channels=4,
        dynamic_kernel_size=5,
        prior_length=5,
        alpha=0.1,
        beta=0.9,
    ),
    input_size=12,
    n_mels=MELS,
    attn_rnn_size=20,
    decoder_rnn_size=20,
    reduction_factor=2,
    zoneout_prob=0.1,
)


def spectrograms():
    """Log magnitudes of a few bands, shape (N, MELS, T)."""
    spectrum = torch.stft(
        voices(12, 64 * FRAMES), 128, hop_length=64, window=torch.hann_window(128), return_complex=True
    )
    bands = torch.nn.functional.adaptive_avg_pool2d(spectrum.abs()[:, None], (MELS, FRAMES))[:, 0]
    return bands.clamp_min(1e-3).log()


def train(look):
    model = tacotron.Tacotron(ENCODER, DECODER)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    _, symbols = numbered(list(text()))
    symbols, mels = torch.tensor(symbols[: 12 * 20]).view(12, 20), spectrograms()
    for step in range(STEPS):
        said, target = batch_of(symbols, step, 3), batch_of(mels, step, 3)
        optimizer.zero_grad()
        with look(model):
            loss = torch.nn.functional.l1_loss(model(said, target)[0], target)
            loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.05)
        look.step(loss, optimizer)


@pytest.fixture(scope="module")
def pair():
    cells = tuple(f"decoder_cell.{cell}" for cell in ("attn_rnn", "rnn1", "rnn2"))
    return both(train, layers=("encoder.cbhg.rnn", *cells))


def test_tacotron_trains_as_without_watch(pair):
    assert pair.differences() == []


def test_the_gru_and_the_cells_of_tacotron_are_seen_at_every_step(pair):
    assert pair.faults() == []


def test_receipts_of_tacotron_agree(pair):
    assert pair.bad_receipts() == []
