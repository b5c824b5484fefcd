import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.models.config import ModelConfig
from core.tasks.config import TaskConfig
from core.training.config import CLIPS, MAX_LEARNING_RATE, MAX_SEED, OPTIMIZERS, TrainingConfig

configs = st.builds(
    TrainingConfig,
    task=st.builds(TaskConfig, length=st.integers(5, 400), symbols=st.integers(2, 26)),
    models=st.lists(
        st.one_of(
            st.builds(ModelConfig, cell=st.sampled_from(["rnn", "gru"]), layers=st.integers(1, 4)),
            st.builds(ModelConfig, forget_bias=st.none() | st.floats(-5, 5), bidirectional=st.booleans()),
        ),
        min_size=1,
        max_size=4,
    ).map(tuple),
    steps=st.integers(1, 10_000),
    batch_size=st.integers(1, 4096),
    optimizer=st.sampled_from(OPTIMIZERS),
    learning_rate=st.floats(1e-9, MAX_LEARNING_RATE),
    clip=st.sampled_from(CLIPS),
    max_norm=st.floats(1e-6, 1e6),
    seed=st.integers(0, MAX_SEED),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(configs)
def test_a_config_survives_json(config):
    assert TrainingConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


@given(configs)
def test_a_config_is_a_cache_key(config):
    assert hash(config) == hash(TrainingConfig.from_dict(config.to_dict()))


@given(st.sampled_from(list(TrainingConfig().to_dict())), json_values)
def test_any_json_gives_a_config_or_a_value_error(name, value):
    data = TrainingConfig().to_dict() | {name: value}
    try:
        config = TrainingConfig.from_dict(data)
    except ValueError as error:
        assert "got" in str(error) and len(str(error)) < 400
    else:
        given_back = config.to_dict()[name]
        is_partial = isinstance(value, dict | list)  # what is left out of a task or a model is at its default
        assert type(value) is not bool and (given_back == value or is_partial)


@given(json_values)
def test_anything_but_a_mapping_of_settings_is_refused(value):
    if not isinstance(value, dict):
        with pytest.raises(ValueError, match="mapping"):
            TrainingConfig.from_dict(value)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("steps",), True),
        (("steps",), 3.0),
        (("steps",), "3"),
        (("steps",), 0),
        (("seed",), -1),
        pytest.param(("seed",), 10**5000, id="seed-huge"),
        (("learning_rate",), math.nan),
        (("learning_rate",), math.inf),
        (("learning_rate",), 0),
        (("learning_rate",), 10**400),
        (("max_norm",), -1.0),
        (("clip",), "NORM"),
        (("clip",), ["norm"]),
        (("optimizer",), None),
        (("models",), []),
        (("models",), [{}] * 5),
        (("models",), {"cell": "lstm"}),
        (("models", 0, "hidden_size"), "32"),
        (("models", 0, "hiden_size"), 32),
        (("models", 0, "bidirectional"), 1),
        (("task", "length"), 401),
        (("task", "name"), "no such task"),
        (("task",), None),
        (("unknown",), 1),
    ],
)
def test_what_is_wrong_in_a_config_is_named(path, value):
    data = json.loads(json.dumps(TrainingConfig().to_dict()))
    inner = data
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    names = [str(key) for key in path if isinstance(key, str)]
    with pytest.raises(ValueError) as caught:
        TrainingConfig.from_dict(data)
    assert names[-1] in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_whole_number_passes_for_a_real_one():
    learning_rate = TrainingConfig.from_dict({"learning_rate": 1}).learning_rate
    assert learning_rate == 1.0 and isinstance(learning_rate, float)


def test_names_are_unique_also_for_equal_models():
    config = TrainingConfig(models=(ModelConfig(),) * 3 + (ModelConfig("rnn"),))
    assert config.names == ("lstm", "lstm-2", "lstm-3", "rnn")


def test_a_config_recorded_before_there_was_clipped_reads_as_clipped():
    config = TrainingConfig(models=(ModelConfig("rnn"), ModelConfig("gru", clipped=False)))
    data = config.to_dict()
    assert data["models"][1].pop("clipped") is False
    assert TrainingConfig.from_dict(data).models == (ModelConfig("rnn"), ModelConfig("gru"))
