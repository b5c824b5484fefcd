"""Resemblyzer's speaker encoder with its pretrained weights: three LSTM layers, whose last state is the voice."""

import pytest
import torch
from material import voices
from side_by_side import STEPS, both, needed

resemblyzer = needed("resemblyzer")
SPEAKERS, UTTERANCES = 2, 2


def utterances():
    """Mel spectrograms of 160 frames as Resemblyzer makes them, shape (N, T, mels)."""
    sounds = voices(SPEAKERS * UTTERANCES, 160 * 160).numpy()
    return torch.stack([torch.tensor(resemblyzer.wav_to_mel_spectrogram(sound)[:160]) for sound in sounds])


def telling_apart(embeddings):
    """Whose voice is it? Cross-entropy of each voice's likeness to the speakers' means (Wan et al., 2018)."""
    speakers = embeddings.view(SPEAKERS, UTTERANCES, -1).mean(dim=1)
    owners = torch.arange(SPEAKERS).repeat_interleave(UTTERANCES)
    return torch.nn.functional.cross_entropy(10 * embeddings @ speakers.T - 5, owners)


def train(look):
    model = resemblyzer.VoiceEncoder("cpu", verbose=False).train()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
    mels = utterances()
    for _ in range(STEPS):
        optimizer.zero_grad()
        with look(model):
            loss = telling_apart(model(mels))
            loss.backward()
        look.step(loss, optimizer)


@pytest.fixture(scope="module")
def pair():
    return both(train, layers=("lstm",))


def test_the_speaker_encoder_trains_as_without_watch(pair):
    assert pair.differences() == []


def test_the_lstm_of_the_speaker_encoder_is_seen_at_every_step(pair):
    assert pair.faults() == []


def test_receipts_of_the_speaker_encoder_agree(pair):
    assert pair.bad_receipts() == []
