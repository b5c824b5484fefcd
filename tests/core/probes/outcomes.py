"""What a piece of code ends with, bit for bit or in its error, and small nets to run it on, with and without watch.

Axes: N batch, T timesteps, H hidden units.
"""

import pytest
import torch
from drawn_trainings import bits, is_readable
from torch import nn

import core

LAYERS = {
    "gru": lambda: nn.GRU(2, 3, batch_first=True),
    "rnn": lambda: nn.RNN(2, 3, batch_first=True),
    "lstm": lambda: nn.LSTM(2, 3, batch_first=True),
    "lstm without bias": lambda: nn.LSTM(2, 3, bias=False, batch_first=True),
    "float64 lstm": lambda: nn.LSTM(2, 3, batch_first=True).double(),
    "projected lstm": lambda: nn.LSTM(2, 4, proj_size=3, batch_first=True),
    "stacked gru": lambda: nn.GRU(2, 3, num_layers=3, bidirectional=True, dropout=0.4, batch_first=True),
    "stacked lstm": lambda: nn.LSTM(2, 3, num_layers=2, bidirectional=True, dropout=0.4, batch_first=True),
}
every_layer = pytest.mark.parametrize("kind", LAYERS)


class Net(nn.Module):
    def __init__(self, kind="gru"):
        super().__init__()
        self.rnn, self.head = LAYERS[kind](), nn.LazyLinear(1)

    def forward(self, inputs):
        return self.head(self.rnn(inputs)[0])


def net_and_inputs(kind="gru"):
    torch.manual_seed(0)
    net, inputs = Net(kind), torch.randn(4, 6, 2)
    net(inputs.to(net.rnn.weight_ih_l0.dtype)) if kind != "float64 lstm" else net.double()(inputs.double())
    return net, inputs.to(net.rnn.weight_ih_l0.dtype)


def flat(result):
    if isinstance(result, list | tuple):
        return [part for each in result for part in flat(each)]
    return [bits(result)]


def outcome(run):
    """The bits of what is returned, or the error; and the random generator's state."""
    torch.manual_seed(1)
    try:
        found = flat(run())
    except Exception as error:
        found = type(error), str(error)
    return found, bits(torch.get_rng_state())


def assert_the_same(model, run, **options):
    """What `run` ends with is not changed by a watch around it; gives back the watch."""
    plain = outcome(run)
    with core.watch(model, **options) as watched:
        ours = outcome(run)
        for name in watched.names:
            is_readable(watched.flow.__getitem__, name)
            is_readable(watched.gates.__getitem__, name)
    assert ours == plain
    return watched
