"""transformers' Parakeet, a transducer of speech to text: conformer layers that drop out whole, an LSTM on the text."""

import pytest
import torch
from material import batch_of, numbered, text, voices
from side_by_side import STEPS, both, needed

transformers = needed("transformers")
if not hasattr(transformers, "ParakeetForTDT"):
    pytest.skip("this transformers has no Parakeet: install the one of tests/requirements.txt", allow_module_level=True)
MELS, LETTERS = 16, 8


def transducer(blank: int):
    encoder = dict(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        subsampling_conv_channels=4,
        num_mel_bins=MELS,
    )
    config = transformers.ParakeetTDTConfig(
        vocab_size=blank + 1,
        decoder_hidden_size=12,
        num_decoder_layers=2,
        encoder_config=encoder,
        blank_token_id=blank,
        pad_token_id=blank,
    )
    return transformers.ParakeetForTDT(config).train()


def spectrograms():
    """Log magnitudes of a few bands, shape (N, T, MELS)."""
    spectrum = torch.stft(voices(12, 64 * 120), 128, hop_length=64, window=torch.hann_window(128), return_complex=True)
    bands = torch.nn.functional.adaptive_avg_pool2d(spectrum.abs()[:, None], (MELS, 121))[:, 0]
    return bands.clamp_min(1e-3).log().transpose(1, 2)


def train(look):
    letters, said = numbered(list(text()))
    blank = len(letters)
    model = transducer(blank)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    mels, said = spectrograms(), torch.tensor(said[: 12 * LETTERS]).view(12, LETTERS)
    heard = torch.ones(2, 121, dtype=torch.long)
    heard[1, 90:] = 0
    for step in range(STEPS):
        labels = batch_of(said, step, 2).clone()
        labels[1, 5:] = blank
        before = torch.cat([torch.full((2, 1), blank), labels], dim=1)
        optimizer.zero_grad()
        with look(model):
            loss = model(batch_of(mels, step, 2), heard, decoder_input_ids=before, labels=labels).loss
            loss.backward()
        look.step(loss, optimizer)


@pytest.fixture(scope="module")
def pair():
    return both(train, layers=("decoder.lstm",))


def test_parakeet_trains_as_without_watch(pair):
    assert pair.differences() == []


def test_the_lstm_of_parakeet_is_seen_at_every_step(pair):
    assert pair.faults() == []


def test_receipts_of_parakeet_agree(pair):
    assert pair.bad_receipts() == []
