from __future__ import annotations

import numpy as np
import pytest

from core.models.config import ModelConfig
from core.tasks.config import TaskConfig
from core.training.config import TrainingConfig
from core.training.measures_unrolled import BENT, MOST_STEPS, Unrolled, unrolled
from core.training.moment import Moment
from core.training.reading import Passage

TEXT = "def f(x):\n    return x"
FORMS = {"tanh": np.tanh, "relu": lambda x: np.maximum(x, 0), "identity": lambda x: x}
CONFIGS = [
    ModelConfig("rnn", 5), ModelConfig("relu_rnn", 5), ModelConfig("linear_rnn", 5), ModelConfig("gru", 5, layers=2),
    ModelConfig("lstm", 5, bidirectional=True), ModelConfig("lstm", 4, layers=2, bidirectional=True),
]  # fmt: skip


def taken_apart(model: ModelConfig, task: str = "next_character", passage: Passage | None = None) -> Unrolled:
    config = TrainingConfig(TaskConfig(task, length=30), (model,), batch_size=2)
    return unrolled(Moment(config, 0), passage or Passage(typed=TEXT))


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize("model", CONFIGS, ids=lambda one: one.name)
def test_the_two_sums_bent_are_the_gates_and_states(model: ModelConfig):
    found = taken_apart(model)
    for one in (one for directions in found.passes for one in directions):
        for gate in BENT[found.kind]:
            state = one.from_state[gate] * (one.planes["reset"] if gate == "new" else 1)
            bend = sigmoid if gate not in ("candidate", "new", "hidden") else FORMS[found.activation]
            np.testing.assert_allclose(bend(one.from_input[gate] + state), one.planes[gate], atol=1e-12)


@pytest.mark.parametrize("model", CONFIGS, ids=lambda one: one.name)
def test_a_sum_is_its_weights_times_what_comes_in(model: ModelConfig):
    found = taken_apart(model)
    for one in (one for directions in found.passes for one in directions):
        biases = (
            np.concatenate([one.from_input[gate] for gate in BENT[found.kind]], 1) - one.inputs @ one.weight_input.T
        )
        np.testing.assert_allclose(biases, biases[:1].repeat(len(TEXT), 0), atol=1e-12)  # b alone is left
        steps = np.concatenate([one.from_state[gate] for gate in BENT[found.kind]], 1)
        assert one.weight_hidden.shape == (steps.shape[1], model.hidden_size)


def test_a_second_layer_reads_the_states_of_the_first_in_both_directions():
    found = taken_apart(CONFIGS[-1])
    below = np.concatenate([one.planes["hidden"] for one in found.passes[0]], axis=1)
    for one in found.passes[1]:
        np.testing.assert_array_equal(one.inputs, below)


def test_a_reader_of_both_directions_expects_nothing_next():
    assert taken_apart(CONFIGS[4]).expected is None
    assert len(taken_apart(CONFIGS[0]).expected or ()) == len(TEXT)


def test_an_example_of_a_task_with_symbols_is_unrolled_and_one_of_numbers_is_refused():
    assert len(taken_apart(CONFIGS[0], "recall", Passage(example=1)).tokens) == 30
    with pytest.raises(ValueError, match="reads tokens"):
        taken_apart(CONFIGS[0], "adding", Passage())


def test_a_text_that_is_too_long_is_refused():
    with pytest.raises(ValueError, match=str(MOST_STEPS)):
        taken_apart(CONFIGS[0], passage=Passage(typed="x" * (MOST_STEPS + 1)))
