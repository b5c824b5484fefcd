"""silero-vad's streaming speech detector, which comes scripted: its LSTM cell cannot be seen, and trains untouched."""

import pytest
import torch
from material import batch_of, voices
from side_by_side import STEPS, both, needed
from torch import nn

import core

silero = needed("silero_vad")
WINDOW, WINDOWS = 512, 6


class Smoothed(nn.Module):
    """The detector, window after window with its state carried, and a GRU over what it says."""

    def __init__(self) -> None:
        super().__init__()
        self.detector = silero.load_silero_vad()
        self.gru, self.head = nn.GRU(1, 6), nn.Linear(6, 1)

    def forward(self, sounds):
        self.detector.reset_states()
        said = torch.stack([self.detector(window, 16_000) for window in sounds.split(WINDOW, dim=1)])
        return self.head(self.gru(said)[0])[..., 0]


def train(look):
    model = Smoothed().train()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)
    sounds = voices(12, WINDOW * WINDOWS)
    talks = (torch.arange(WINDOWS) % 3 > 0).float()
    for step in range(STEPS):
        heard = batch_of(sounds, step, 3) * talks.repeat_interleave(WINDOW)
        optimizer.zero_grad()
        with look(model):
            logits = model(heard)
            loss = nn.functional.binary_cross_entropy_with_logits(logits, talks[:, None].expand_as(logits))
            loss.backward()
        look.step(loss, optimizer)


@pytest.fixture(scope="module")
def pair():
    return both(train, layers=("gru",))


def test_a_scripted_detector_trains_as_without_watch(pair):
    assert pair.differences() == []


def test_the_gru_behind_a_scripted_detector_is_seen_at_every_step(pair):
    assert pair.faults() == []


def test_receipts_behind_a_scripted_detector_agree(pair):
    assert pair.bad_receipts() == []


def test_a_scripted_model_alone_is_refused_with_a_reason():
    with pytest.raises(ValueError, match="RecursiveScriptModule"):
        core.watch(silero.load_silero_vad())
