"""bi-lstm-crf's tagger, an LSTM or a GRU: it sorts, packs, and has its own conditional random field."""

import pytest
import torch
from material import numbered, words
from side_by_side import STEPS, both, needed

tagger = needed("bi_lstm_crf.model.model")


def batches():
    """Padded sentences and tags: whether a word is short, long, or none."""
    vocabulary, numbers = numbered(words(), reserved=1)
    for _ in range(STEPS):
        lengths = torch.randint(2, 20, (5, 1))
        starts = torch.randint(0, len(numbers) - 20, (5, 1))
        places = torch.arange(int(lengths.max()))
        sentences = torch.tensor(numbers)[starts + places] * (places < lengths)
        kinds = torch.tensor([1 if len(word) > 4 else 2 if word.isalpha() else 0 for word in words()])
        yield sentences, kinds[starts + places] * (places < lengths)


def training(kind):
    def train(look):
        model = tagger.BiRnnCrf(len(set(words())) + 1, 3, 12, 16, num_rnn_layers=2, rnn=kind)
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-2, weight_decay=1e-4)
        for sentences, tags in batches():
            optimizer.zero_grad()
            with look(model):
                loss = model.loss(sentences, tags)
                loss.backward()
            look.step(loss, optimizer)

    return train


@pytest.fixture(scope="module", params=["lstm", "gru"])
def pair(request):
    return both(training(request.param), layers=("rnn",))


def test_bi_lstm_crf_trains_as_without_watch(pair):
    assert pair.differences() == []


def test_the_rnn_of_bi_lstm_crf_is_seen_at_every_step(pair):
    assert pair.faults() == []


def test_receipts_of_bi_lstm_crf_agree(pair):
    assert pair.bad_receipts() == []
