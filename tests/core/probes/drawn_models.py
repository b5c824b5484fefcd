"""Models of drawn settings: a linear map, a recurrent layer or a loop over a cell, code in place, and a head.

Axes: N batch, T timesteps, F features, H hidden units.
"""

from __future__ import annotations

import torch
from drawn_settings import FEATURES, Setting, recurrent, second
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

State = tuple[Tensor, ...] | None
"""The one or two parts of a recurrent state; None: the layer's own zeros."""


class Model(nn.Module):
    """A linear map, a recurrent layer or a loop over a cell, and a head."""

    def __init__(self, setting: Setting) -> None:
        super().__init__()
        self.setting, self.encoder, self.rnn = setting, nn.Linear(FEATURES, FEATURES), recurrent(setting)
        self.second = second(setting, self.rnn) if setting.tied else None
        self.behind = nn.Sequential(nn.Dropout(0.4, inplace=True), nn.ReLU(inplace=True))
        self.head = nn.Linear(setting.state_shapes[0][-1] if setting.tied else setting.width, 2)
        learned = setting.state_shapes if setting.start == "learned" else []
        self.start = nn.ParameterList(torch.randn(shape) for shape in learned)

    def forward(self, inputs: Tensor, state: State = None) -> tuple[Tensor, ...]:
        """Scores, shape (N, T, 2) or as packed, and the final state's one or two parts, from inputs (N, T, F)."""
        return self.behind_encoder(self.encoder(inputs), state)

    def behind_encoder(self, steps: Tensor, state: State) -> tuple[Tensor, ...]:
        """The layer and the head."""
        run = self._loop if self.setting.is_cell else self._layer
        output, finals = run(steps, state)
        output = self._touched(output)
        if self.second is not None:
            output = self.second(output)[0]
        return self.head(output), *finals

    def initial_state(self, size: int, carried: State) -> State:
        """As drawn; None: the layer's own."""
        setting = self.setting
        if setting.start == "learned":
            return tuple(part.expand(*part.shape[:-2], size, -1).contiguous() for part in self.start)
        if setting.start == "given":
            return tuple(torch.randn(*shape[:-2], size, shape[-1]).to(setting.dtype) for shape in setting.state_shapes)
        return carried if setting.start == "carried" else None

    def _layer(self, steps: Tensor, state: State) -> tuple[Tensor, tuple[Tensor, ...]]:
        setting = self.setting
        steps = steps if setting.batch_first else steps.transpose(0, 1)
        if setting.packed != "no":
            is_sorted = setting.packed != "unsorted"
            steps = pack_padded_sequence(steps, setting.lengths(), setting.batch_first, enforce_sorted=is_sorted)
        given = self._given(state)
        output, finals = self.rnn(input=steps, hx=given) if setting.keyword else self.rnn(steps, given)
        if setting.packed != "no":
            output = output.data
        elif setting.tied and not setting.batch_first:
            output = output.transpose(0, 1)
        return output, finals if isinstance(finals, tuple) else (finals,)

    def _loop(self, steps: Tensor, state: State) -> tuple[Tensor, tuple[Tensor, ...]]:
        if state is None and hasattr(self.rnn, "initial_state"):
            state = tuple(part.new_zeros(len(steps), part.shape[1]) for part in self._zeros())
        outputs = []
        for current in steps.unbind(1):
            found = self.rnn(current, self._given(state))
            state = between(found if isinstance(found, tuple) else (found,), self.setting.between)
            outputs.append(state[0])
        return torch.stack(outputs, 1), state  # T x (N, H) -> (N, T, H)

    def _zeros(self) -> tuple[Tensor, ...]:
        zeros = self.rnn.initial_state(1)
        return zeros if isinstance(zeros, tuple) else (zeros,)

    def _given(self, state: State) -> State | Tensor:
        return state if state is None or self.setting.has_cell_state else state[0]

    def _touched(self, output: Tensor) -> Tensor:
        behind = self.setting.behind
        if behind == "add":
            output += 0.5
        elif behind == "dropout and relu":
            output = self.behind(output)
        elif behind == "clamp":
            output[..., :2].clamp_(min=0)
        elif behind == "zero the detached":
            output.detach().zero_()
        return output


def between(state: tuple[Tensor, ...], what: str) -> tuple[Tensor, ...]:
    """The state after what is done to it between two steps."""
    if what == "nothing":
        return state
    if what == "detach":
        return tuple(part.detach() for part in state)
    done = torch.rand(len(state[0])) < 0.3  # (N,)
    if what == "mask":
        return tuple(part * (~done).to(part.dtype).unsqueeze(1) for part in state)
    for part in state:
        part[done] = 0
    return state
