import re
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis.decay import decay
from core.models.config import CELLS, INITIALIZATIONS, ModelConfig
from core.tasks.config import VARIANTS, TaskConfig
from core.training.config import CLIPS, TrainingConfig
from core.training.initial import initial_flows
from core.training.limits import Limits
from core.training.remedies import remedies

RUN = TrainingConfig(TaskConfig(length=40), (ModelConfig("rnn"),), batch_size=16)
patients = st.builds(
    ModelConfig,
    cell=st.sampled_from([cell for cell in CELLS if cell != "lstm"]),
    layers=st.integers(1, 3),
    bidirectional=st.booleans(),
    initialization=st.sampled_from(INITIALIZATIONS),
    gain=st.sampled_from([0.5, 1.0, 2.0]),
    clipped=st.booleans(),
) | st.builds(ModelConfig, forget_bias=st.sampled_from([None, 1.0, 3.0]))


def by_key(config, model=0):
    return {remedy.key: remedy for remedy in remedies(config, model)}


def factors(remedy):
    return [decay(flow.norms()[0, 0]).factor for flow in initial_flows(remedy.config)]


@given(patients, st.sampled_from(list(VARIANTS)), st.sampled_from(CLIPS), st.integers(21, 100))
def test_patient_and_treated_differ_and_share_all_but_what_the_remedy_names(patient, task, clip, length):
    config = TrainingConfig(TaskConfig(task, length), (ModelConfig("gru"), patient), clip=clip, seed=7)
    found = by_key(config, 1)
    assert len(found) == len(remedies(config, 1))
    for key, remedy in found.items():
        assert (remedy.config.seed, remedy.config.batch_size, remedy.config.steps) == (7, 64, 300)
        assert len(set(remedy.config.models)) == len(remedy.config.models)
        Limits().check(remedy.config)
        if key == "clipping":
            assert [model.clipped for model in remedy.config.models] == [False, True]
            assert remedy.config.clip != "none" and (clip == "none" or remedy.config.clip == clip)
            assert {replace(model, clipped=True) for model in remedy.config.models} == {replace(patient, clipped=True)}
        elif key == "shorter":
            assert remedy.config == replace(config, task=remedy.config.task, models=(patient,))
            assert remedy.config.task.length < length
        else:
            assert remedy.config == replace(config, models=(patient, remedy.config.models[1]))


@pytest.mark.parametrize(
    ("patient", "keys"),
    [
        (ModelConfig("rnn"), "orthogonal identity relu lstm lstm-forget-bias gru clipping shorter"),
        (ModelConfig("lstm"), "orthogonal forget-bias gru clipping shorter"),
        (ModelConfig("lstm", forget_bias=3.0), "orthogonal gru clipping shorter"),
        (ModelConfig("gru", initialization="orthogonal"), "lstm lstm-forget-bias clipping shorter"),
        (
            ModelConfig("relu_rnn", initialization="identity"),
            "orthogonal lstm lstm-forget-bias gru clipping shorter",
        ),
    ],
)
def test_only_what_changes_something_is_a_remedy(patient, keys):
    assert [*by_key(replace(RUN, models=(patient,)))] == keys.split()


def test_a_task_at_its_shortest_has_no_shorter_one():
    for task in (TaskConfig(length=5), TaskConfig("copy_memory", 21)):
        assert "shorter" not in by_key(replace(RUN, task=task))
    assert by_key(replace(RUN, task=TaskConfig("copy_memory", 30)))["shorter"].config.task.length == 21


@pytest.mark.parametrize("cell", ["orthogonal", "identity", "lstm-forget-bias"])
def test_before_training_a_vanishing_rnn_keeps_more_when_treated(cell):
    before, after = factors(by_key(RUN)[cell])
    assert before < 0.6 and before + 0.2 < after <= 1.0


def test_the_forget_gate_keeps_what_its_bias_says():
    """σ(3) = 0.953 per step back, where the LSTM as PyTorch draws it keeps far less."""
    before, after = factors(by_key(replace(RUN, models=(ModelConfig("lstm"),)))["forget-bias"])
    assert before < 0.7 and after == pytest.approx(0.953, abs=0.02)


def test_clipping_changes_nothing_before_training():
    before, after = factors(by_key(RUN)["clipping"])
    assert before == after


def test_every_remedy_says_why_in_one_sentence_with_a_source():
    for model in (ModelConfig("rnn"), ModelConfig("lstm")):
        for remedy in remedies(replace(RUN, models=(model,))):
            assert remedy.why.endswith(").") and re.search(r"\(.*[A-Z][a-z]+.*, [12]\d{3}\)\.$", remedy.why)
            assert all(getattr(remedy, field.name) for field in fields(remedy))
