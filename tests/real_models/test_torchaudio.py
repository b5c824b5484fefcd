"""torchaudio's Tacotron2 (packed BiLSTM, cells in a loop), WaveRNN (two GRUs), and a Demucs that has LSTMs."""

import pytest
import torch
from material import batch_of, numbered, text, voices
from side_by_side import STEPS, both, needed

models = needed("torchaudio.models", "torchaudio")
functional = torch.nn.functional
MELS = 12


def spectrograms(sounds):
    """Log magnitudes of a few bands, shape (N, MELS, T): 64 samples a frame."""
    spectrum = torch.stft(sounds, 128, hop_length=64, window=torch.hann_window(128), return_complex=True).abs()
    return functional.adaptive_avg_pool2d(spectrum[:, None], (MELS, spectrum.shape[-1]))[:, 0].clamp_min(1e-3).log()


def tacotron2(look):
    """Text to speech, as torchaudio's example trains it: squared errors of two spectrograms, and when to stop."""
    model = models.Tacotron2(
        n_mels=MELS,
        n_symbol=80,
        symbol_embedding_dim=16,
        encoder_embedding_dim=16,
        decoder_rnn_dim=24,
        attention_rnn_dim=20,
        attention_hidden_dim=8,
        attention_location_n_filter=4,
        attention_location_kernel_size=5,
        prenet_dim=12,
        postnet_embedding_dim=16,
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-6)
    _, symbols = numbered(list(text()))
    symbols, mels = torch.tensor(symbols[: 12 * 30]).view(12, 30), spectrograms(voices(12, 64 * 24))
    lengths, frames = torch.tensor([30, 22, 17]), torch.tensor([25, 16, 9])
    for step in range(STEPS):
        said, target = batch_of(symbols, step, 3), batch_of(mels, step, 3)
        ended = (torch.arange(25) >= frames[:, None] - 1).float()
        optimizer.zero_grad()
        with look(model):
            before, after, gates, _ = model(said, lengths, target, frames)
            loss = functional.mse_loss(before, target) + functional.mse_loss(after, target)
            loss = loss + functional.binary_cross_entropy_with_logits(gates, ended)
            loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        look.step(loss, optimizer)


def wavernn(look):
    """A vocoder: which of 32 loudnesses comes next."""
    model = models.WaveRNN([2, 4], 32, 8, n_res_block=1, n_rnn=16, n_fc=16, n_freq=MELS, n_hidden=12, n_output=16)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    sounds = voices(12, 64 * 8)
    mels, waves = spectrograms(sounds)[:, None], functional.avg_pool1d(sounds[:, None], 8)[..., : 8 * 5]
    for step in range(STEPS):
        mel, wave = batch_of(mels, step, 4), batch_of(waves, step, 4).clamp(-1, 1)
        optimizer.zero_grad()
        with look(model):
            logits = model(wave, mel)[:, 0]
            target = ((wave[:, 0, 1:] + 1) / 2 * 31).long()
            loss = functional.cross_entropy(logits[:, :-1].transpose(1, 2), target)
            loss.backward()
        look.step(loss, optimizer)


def demucs(look):
    """Separation of two voices, in waveform and spectrogram, with LSTMs in the branches of the inner layers."""
    model = models.HDemucs(
        ["one", "other"], audio_channels=1, channels=4, nfft=64, depth=3, norm_starts=1, dconv_lstm=1
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    sources = torch.stack([voices(8, 1024), voices(8, 1024, seed=1)], dim=1)[:, :, None]
    for step in range(STEPS):
        wanted = batch_of(sources, step, 2)
        optimizer.zero_grad()
        with look(model):
            loss = functional.l1_loss(model(wanted.sum(dim=1)), wanted)
            loss.backward()
        look.step(loss, optimizer)


CASES = [
    (tacotron2, ("encoder.lstm", "decoder.attention_rnn", "decoder.decoder_rnn")),
    (wavernn, ("rnn1", "rnn2")),
    (demucs, tuple(f"freq_encoder.{depth}.dconv.layers.{branch}.3.lstm" for depth in (1, 2) for branch in (0, 1))),
]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case[0].__name__)
def pair(request):
    return both(*request.param)


def test_a_model_of_torchaudio_trains_as_without_watch(pair):
    assert pair.differences() == []


def test_the_layers_of_torchaudio_are_seen_at_every_step(pair):
    assert pair.faults() == []


def test_receipts_of_torchaudio_agree(pair):
    assert pair.bad_receipts() == []
