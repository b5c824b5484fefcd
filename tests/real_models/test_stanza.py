"""stanza's language model, with dropout inside its own recurrence, its tagger, and its lemmatizer with attention."""

import pytest
import torch
from material import numbered, text, words
from side_by_side import STEPS, both, needed
from torch import nn

char_model = needed("stanza.models.common.char_model")
seq2seq = needed("stanza.models.common.seq2seq_model")
losses = needed("stanza.models.common.loss")


def pieces(length: int, count: int):
    """Pieces of text of unequal length, longest first, characters by number, shape (N, T), and their lengths."""
    _, characters = numbered(list(text()), reserved=4)
    characters = torch.tensor(characters)
    for _ in range(STEPS):
        lengths = torch.randint(2, length + 1, (count,)).sort(descending=True).values
        starts = torch.randint(0, len(characters) - length - 1, (count, 1))
        places = torch.arange(int(lengths.max()) + 1)
        yield characters[starts + places] * (places <= lengths[:, None]), lengths.tolist()


def language_model(dropout):
    def train(look):
        size = len(set(text())) + 4
        options = dict(char_emb_dim=8, char_hidden_dim=12, char_num_layers=2, char_dropout=0.1, char_unit_dropout=0.05)
        model = char_model.CharacterLanguageModel(options | dict(char_rec_dropout=dropout), {"char": range(size)})
        optimizer = torch.optim.SGD(model.parameters(), lr=1.0, momentum=0.9)
        for characters, lengths in pieces(16, 4):
            optimizer.zero_grad()
            with look(model):
                _, _, logits = model(characters[:, :-1], lengths)
                loss = nn.functional.cross_entropy(logits.transpose(1, 2), characters[:, 1:])
                loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            look.step(loss, optimizer)

    return train


def lemmatizer(look):
    """Words in, reversed words out: a packed BiLSTM, a cell with attention that may copy, and a classifier of edits."""
    numbers, _ = numbered(list(text().lower()), reserved=4)
    options = dict(
        vocab_size=4 + len(numbers),
        emb_dim=8,
        hidden_dim=16,
        num_layers=2,
        dropout=0.3,
        emb_dropout=0.1,
        max_dec_len=20,
        attn_type="soft",
        copy=True,
        edit=True,
        num_edit=3,
    )
    model = seq2seq.Seq2SeqModel(options)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    tell = losses.MixLoss(options["vocab_size"], 0.5)
    vocabulary = [word for word in sorted(set(words())) if 1 < len(word) < 15]
    for step in range(STEPS):
        some = sorted(vocabulary[step * 5 : step * 5 + 5], key=len, reverse=True)
        rows = [torch.tensor([numbers[character] for character in word]) for word in some]
        source = nn.utils.rnn.pad_sequence(rows, batch_first=True)
        targets = [torch.cat([torch.tensor([2]), row.flip(0), torch.tensor([3])]) for row in rows]
        target = nn.utils.rnn.pad_sequence(targets, batch_first=True)
        optimizer.zero_grad()
        with look(model):
            log_probs, edits = model(source, source == 0, target[:, :-1])
            loss = tell(log_probs.flatten(0, 1), target[:, 1:].flatten(), edits, torch.tensor([0, 1, 2, 0, 1]))
            loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        look.step(loss, optimizer)


CASES = {
    "language model": (language_model(0.0), ("charlstm.lstm",)),
    "language model with dropout of states": (language_model(0.3), ("charlstm.lstm.cells.0", "charlstm.lstm.cells.1")),
    "lemmatizer": (lemmatizer, ("encoder", "decoder.lstm_cell")),
}


@pytest.fixture(scope="module", params=CASES)
def pair(request):
    return both(*CASES[request.param])


def test_a_model_of_stanza_trains_as_without_watch(pair):
    assert pair.differences() == []


def test_the_layers_of_stanza_are_seen_at_every_step(pair):
    assert pair.faults() == []


def test_receipts_of_stanza_agree(pair):
    assert pair.bad_receipts() == []
