from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.models.config import CELLS, INITIALIZATIONS
from core.tasks.config import COPY_OVERHEAD
from core.training.config import TrainingConfig
from core.training.limits import Limits
from dashboard.situations import FIRST_LOOK
from dashboard.widgets.address import Choice, Flag, Number
from dashboard.widgets.gradient_fields import (
    BIASES,
    SITUATIONS,
    TextField,
    config_of,
    gradient_fields,
    situation,
    values_of,
)

FIELDS = gradient_fields(Limits(), Path("no-texts"))
DEFAULTS = {field.key: field.default for field in FIELDS}


def values_in(field) -> st.SearchStrategy:
    """Everything that a control can hold."""
    if isinstance(field, Number):
        whole = isinstance(field.default, int)
        return st.integers(field.low, field.high) if whole else st.floats(field.low, field.high)
    if isinstance(field, Choice):
        return st.sampled_from(list(field.options))
    return st.booleans() if isinstance(field, Flag) else st.just(field.default)


CONTROLS = st.fixed_dictionaries({field.key: values_in(field) for field in FIELDS})


@given(CONTROLS)
def test_whatever_the_controls_hold_is_a_run_within_the_limits(values):
    config = config_of(values)
    Limits(max_states=10**12).check(config)
    assert TrainingConfig.from_dict(config.to_dict()) == config


@given(CONTROLS)
def test_the_controls_of_a_run_describe_that_run(values):
    config = config_of(values)
    assert config_of(DEFAULTS | values_of(config)) == config


@given(CONTROLS)
def test_the_controls_of_a_run_are_values_that_controls_can_hold(values):
    by_key = {field.key: field for field in FIELDS}
    for key, value in values_of(config_of(values)).items():
        field = by_key[key]
        assert type(value) is type(field.default)
        assert field.read(field.write(value)) == value


@given(CONTROLS)
def test_every_value_comes_back_from_the_address_it_is_written_to(values):
    for field in FIELDS:
        assert field.read(field.write(values[field.key])) == values[field.key]


@pytest.mark.parametrize("name", SITUATIONS)
def test_a_situation_is_a_run_within_the_limits_and_a_link_holds_it(name):
    assert set(SITUATIONS[name]) <= set(DEFAULTS)
    values = situation(name, FIELDS)
    assert values == DEFAULTS | SITUATIONS[name]
    Limits().check(config_of(values))
    for field in FIELDS:
        assert field.read(field.write(values[field.key])) == values[field.key]


def test_the_situations_differ():
    configs = {config_of(situation(name, FIELDS)) for name in SITUATIONS}
    assert len(configs) == len(SITUATIONS)


def test_the_first_look_is_a_run_within_the_limits():
    Limits().check(FIRST_LOOK)


def test_no_control_goes_beyond_a_narrower_server():
    limits = Limits(max_steps=50, max_length=30, max_hidden_size=40, max_layers=1, max_batch_size=16, max_models=2)
    for field in gradient_fields(limits, Path("no-texts")):
        if isinstance(field, Number):
            assert field.low <= field.default <= field.high
    bounds = {field.key: field.high for field in gradient_fields(limits, Path("no-texts")) if isinstance(field, Number)}
    assert (bounds["steps"], bounds["T"], bounds["H"], bounds["layers"]) == (50, 30, 40, 1)
    assert (bounds["batch"], bounds["models"]) == (16, 2)


@pytest.mark.parametrize(
    "narrow", [{"max_length": 10}, {"max_hidden_size": 8}, {"max_models": 1}, {"max_steps": 1, "max_batch_size": 1}]
)
def test_the_situations_of_a_narrow_server_are_runs_that_it_takes(narrow):
    limits = Limits(**narrow)
    for name in SITUATIONS:
        limits.check(config_of(situation(name, gradient_fields(limits, Path("no-texts")))))


def test_copy_memory_is_as_long_as_its_symbols_need():
    assert config_of(DEFAULTS | {"task": "copy_memory", "T": 5}).task.length == COPY_OVERHEAD + 1


def test_a_forget_bias_reaches_the_lstm_alone():
    (rnn, lstm) = config_of(DEFAULTS | {"m1_bias": "5", "m2_bias": "-1"}).models
    assert (rnn.forget_bias, lstm.forget_bias) == (None, -1.0)


def test_the_controls_offer_all_that_core_has():
    options = {field.key: set(field.options) for field in FIELDS if isinstance(field, Choice)}
    for slot in range(1, 5):
        assert options[f"m{slot}_cell"] == set(CELLS)
        assert options[f"m{slot}_init"] == set(INITIALIZATIONS)
        assert options[f"m{slot}_bias"] == set(BIASES)


def test_a_text_of_ones_own_is_taken_once_it_is_there(tmp_path):
    field = TextField("text", "Text", "python-reference", tmp_path)
    own = "sha256:" + "a" * 64
    with pytest.raises(ValueError, match="a text that was given to this server"):
        field.read(own)
    (tmp_path / f"{'a' * 64}.txt").write_text("text")
    assert field.read(own) == own


@pytest.mark.parametrize("text", ["", "../../etc/passwd", "sha256:../x", "sha256:" + "A" * 64, "python"])
def test_no_other_text_is_read(tmp_path, text):
    with pytest.raises(ValueError):
        TextField("text", "Text", "python-reference", tmp_path).read(text)
