"""fastai's AWD-LSTM language model: dropped weights, tied embeddings, carried states, its own regularizer and loop."""

import pytest
import torch
from material import numbered, words
from side_by_side import STEPS, LongLook, Look, both, needed

fastai = needed("fastai.text.all")
BATCH, WINDOW = 8, 20


class Looking(fastai.Callback):
    """Looks at every training step of fastai's loop."""

    def __init__(self, look):
        self.look = look

    def before_batch(self):
        if self.training:
            self.block = self.look(self.model)
            self.block.__enter__()

    def after_backward(self):
        self.block.__exit__(None, None, None)
        self.look.before_step(self.learn.loss_grad)

    def after_step(self):
        self.look.after_step(self.opt, hidden=self.model[0].hidden)


def train(look):
    vocabulary, numbers = numbered(words())
    numbers = torch.tensor((numbers * 3)[: BATCH * WINDOW * STEPS + 1])
    batches = fastai.LMDataLoader([numbers], bs=BATCH, seq_len=WINDOW, num_workers=0)
    config = fastai.awd_lstm_lm_config | dict(emb_sz=16, n_hid=24, n_layers=3)
    model = fastai.get_language_model(fastai.AWD_LSTM, len(vocabulary), config)
    learner = fastai.Learner(
        fastai.DataLoaders(batches, batches),
        model,
        loss_func=fastai.CrossEntropyLossFlat(),
        cbs=[*fastai.rnn_cbs(alpha=2.0, beta=1.0), fastai.GradientClip(0.4), Looking(look)],
    )
    with learner.no_bar(), learner.no_logging():
        learner.fit(1, lr=1e-2)


@pytest.fixture(scope="module", params=[Look, LongLook], ids=["a watch a step", "one watch"])
def pair(request):
    return both(train, layers=tuple(f"0.rnns.{layer}.module" for layer in range(3)), looking=request.param)


def test_awd_lstm_trains_as_without_watch(pair):
    assert len(pair.plain.diary) == STEPS
    assert pair.differences() == []


def test_every_layer_of_awd_lstm_is_seen_at_every_step(pair):
    assert pair.faults() == []


def test_receipts_of_awd_lstm_agree(pair):
    assert pair.bad_receipts() == []
