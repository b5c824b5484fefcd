"""A BiLSTM tagger with the conditional random field of pytorch-crf, the way its documentation puts the two together."""

import pytest
import torch
from material import numbered, words
from side_by_side import STEPS, both, needed
from torch import nn
from torch.nn.utils.rnn import pad_packed_sequence, pad_sequence

crf = needed("torchcrf")
KINDS = 4
"""Of words: short, long, number, punctuation."""


class Tagger(nn.Module):
    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, 12, padding_idx=0)
        self.lstm = nn.LSTM(12, 16, num_layers=2, bidirectional=True, batch_first=True, dropout=0.3)
        self.dropout = nn.Dropout(0.3)
        self.head = nn.Linear(32, KINDS)
        self.crf = crf.CRF(KINDS, batch_first=True)

    def forward(self, sentences, tags):
        lengths = (sentences != 0).sum(dim=1)
        packed = nn.utils.rnn.pack_padded_sequence(
            self.embedding(sentences), lengths, batch_first=True, enforce_sorted=False
        )
        output, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True)
        return -self.crf(self.head(self.dropout(output)), tags, mask=sentences != 0, reduction="mean")


def kind(word: str) -> int:
    """The tag of a word."""
    return 3 if not word.isalnum() else 2 if word.isdigit() else int(len(word) > 4)


def batches():
    """Sentences of 1 to 24 words and their tags, of unequal length in a batch, padded."""
    vocabulary, numbers = numbered(words(), reserved=1)
    tags = [kind(word) for word in words()]
    for _ in range(STEPS):
        lengths = torch.randint(1, 25, (6,)).tolist()
        starts = torch.randint(0, len(numbers) - 25, (6,)).tolist()
        rows = [slice(start, start + length) for start, length in zip(starts, lengths, strict=True)]
        yield [pad_sequence([torch.tensor(of[row]) for row in rows], batch_first=True) for of in (numbers, tags)]


def train(look):
    model = Tagger(len(set(words())) + 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for sentences, tags in batches():
        optimizer.zero_grad()
        with look(model):
            loss = model(sentences, tags)
            loss.backward()
        look.step(loss, optimizer)


@pytest.fixture(scope="module")
def pair():
    return both(train, layers=("lstm",))


def test_a_tagger_with_a_random_field_trains_as_without_watch(pair):
    assert pair.differences() == []


def test_the_lstm_of_the_tagger_is_seen_at_every_step(pair):
    assert pair.faults() == []


def test_receipts_of_the_tagger_agree(pair):
    assert pair.bad_receipts() == []
