from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.models.config import ModelConfig
from core.probes.intervention import Intervention, still_cell
from core.tasks.config import TaskConfig
from core.training.config import TrainingConfig
from core.training.moment import Moment
from core.training.reading import Passage, opened, read
from core.training.touch import path_between, touched

TEXT = TrainingConfig(
    TaskConfig("next_character", length=9),
    (ModelConfig("lstm", hidden_size=6), ModelConfig("gru", hidden_size=5), ModelConfig("lstm", 4, bidirectional=True)),
    batch_size=2,
)
LSTM, GRU, BOTH = (Moment(TEXT, model) for model in range(3))
PASSAGE = Passage("python-reference", start=50, length=30)


def test_without_hands_nothing_changes() -> None:
    same = touched(LSTM, PASSAGE, (), 3, 0, 0, None)
    assert same.divergence is not None and same.chances is not None
    assert (same.divergence == 0).all() and (same.chances[0] == same.chances[1]).all() and same.stand is None
    np.testing.assert_array_equal(*same.losses)


def test_a_cell_held_from_a_step_on_stands_still_to_the_last_bit() -> None:
    held = touched(LSTM, PASSAGE, still_cell(10, 20), 15, 0, 0, None)
    assert held.stand == 0.0
    assert (held.state[1][10:21] == held.state[1][9]).all() and (held.state[0][10:21] != held.state[0][9]).all()


def test_only_timesteps_from_the_hand_on_change() -> None:
    found = touched(LSTM, PASSAGE, (Intervention("output", "set", 0.0, (2,), 12, 14),), 29, 0, 0, None)
    assert found.divergence is not None
    assert (found.divergence[:12] == 0).all() and (found.divergence[12:15] > 0).all()


def test_the_divergence_is_torchs_own() -> None:
    hands = still_cell(5)
    found = touched(LSTM, PASSAGE, hands, 8, 0, 0, None)
    plain, other = (torch.tensor(read(LSTM, PASSAGE, one).outputs) for one in ((), hands))
    kl = torch.nn.functional.kl_div(other, plain, reduction="none", log_target=True).sum(-1)
    np.testing.assert_allclose(found.divergence, kl, atol=1e-12)
    assert found.chances is not None
    np.testing.assert_allclose(found.chances[1], other[8].exp(), atol=1e-15)


def test_an_edit_is_compared_with_the_text_as_it_was() -> None:
    edited = replace(PASSAGE, edits=((4, "Z"),))
    found = touched(GRU, edited, (), 4, 0, 0, None)
    assert found.tokens[4] == "Z" and (found.state[0][4] != found.state[1][4]).any()
    assert (found.state[0][:4] == found.state[1][:4]).all()


def test_a_model_of_both_directions_has_states_but_no_expectations() -> None:
    found = touched(BOTH, PASSAGE, still_cell(3, 7, direction=1), 5, 0, 1, None)
    assert found.chances is None and found.divergence is None and found.stand == 0.0


def test_the_path_of_a_cell_is_the_jacobian_of_its_unrolled_steps() -> None:
    path = path_between(LSTM, PASSAGE, 4, 9, 0, 0, None)
    forget = read(LSTM, PASSAGE).plane("forget")
    np.testing.assert_allclose(path.product, forget[5:10].prod(axis=0), rtol=1e-12)
    stack = opened(LSTM).model.recurrent
    inputs = opened(LSTM).model.embedding(torch.tensor([opened(LSTM).symbols.index(one)
                                                       for one in read(LSTM, PASSAGE).tokens])).detach()  # fmt: skip
    _, (h, c) = stack(inputs[None, :5])

    def later(cell: torch.Tensor) -> torch.Tensor:
        output = torch.sigmoid((inputs[4] @ stack.weight_ih_l0.T + stack.bias_ih_l0 + before @ stack.weight_hh_l0.T
                                + stack.bias_hh_l0)[-6:])  # fmt: skip
        hidden = output * torch.tanh(cell)
        return stack(inputs[None, 5:10], (hidden[None, None], cell[None, None]))[1][1][0, 0]

    before = stack(inputs[None, :4])[1][0][0, 0]
    np.testing.assert_allclose(path.jacobian, torch.autograd.functional.jacobian(later, c[0, 0]), atol=1e-12)
    assert h.shape == c.shape


def test_what_has_no_cell_or_no_tokens_has_no_path() -> None:
    with pytest.raises(ValueError, match="needs an LSTM, got GRU"):
        path_between(GRU, PASSAGE, 1, 2, 0, 0, None)
    numbers = Moment(replace(TEXT, task=TaskConfig("adding", length=9)), 0)
    with pytest.raises(ValueError, match="got one of numbers"):
        path_between(numbers, PASSAGE, 1, 2, 0, 0, None)
