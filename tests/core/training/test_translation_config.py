import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.models.seq2seq_config import ATTENTIONS, PRESETS, Seq2SeqConfig
from core.tasks.pairs import PairsConfig
from core.training.config import CLIPS, OPTIMIZERS
from core.training.kinds import read_config
from core.training.limits import LimitReached, Limits
from core.training.translation_config import TranslationConfig

configs = st.builds(
    TranslationConfig,
    task=st.builds(PairsConfig, name=st.sampled_from(["reverse", "copy"]), symbols=st.integers(4, 26)),
    models=st.lists(
        st.builds(Seq2SeqConfig, attention=st.sampled_from(ATTENTIONS), layers=st.integers(1, 3))
        | st.sampled_from(list(PRESETS.values())),
        min_size=1,
        max_size=4,
    ).map(tuple),
    steps=st.integers(1, 10_000),
    optimizer=st.sampled_from(OPTIMIZERS),
    clip=st.sampled_from(CLIPS),
    teacher_forcing=st.floats(0, 1),
    test_length=st.integers(0, 100),
)


@given(configs)
def test_a_config_survives_json_and_says_its_kind(config):
    data = json.loads(json.dumps(config.to_dict()))
    assert data["kind"] == "pairs" and read_config(data) == config
    assert hash(read_config(data)) == hash(config)


def test_two_models_alike_have_two_names():
    assert TranslationConfig(models=(Seq2SeqConfig(),) * 2).names == ("gru-dot", "gru-dot-2")


def test_a_title_says_task_and_models():
    config = TranslationConfig(models=(PRESETS["clean diagonal"], PRESETS["one vector"]))
    assert config.title == "Reverse: Clean diagonal against One vector"


def test_a_server_limits_lengths_and_what_a_network_of_pairs_takes():
    long = TranslationConfig(PairsConfig("copy", max_length=60), (Seq2SeqConfig(attention="additive"),), batch_size=256)
    assert long.states() == 256 * 64 * (122 + 61 * 61)
    with pytest.raises(LimitReached, match="hidden states"):
        Limits().check(long)
    with pytest.raises(LimitReached, match="at most 100 timesteps, got 122"):
        Limits(max_length=100).check(long)
    with pytest.raises(LimitReached, match="got 202"):
        Limits(max_length=100).check(TranslationConfig(test_length=100))


@pytest.mark.parametrize(
    "change", [{"teacher_forcing": 1.5}, {"models": ()}, {"test_length": -1}, {"steps": 0}, {"optimizer": "magic"}]
)
def test_what_cannot_be_run_is_refused(change):
    with pytest.raises(ValueError, match="got"):
        TranslationConfig(**change)
