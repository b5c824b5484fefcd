from __future__ import annotations

import pytest

from core.training.config import TrainingConfig
from core.training.kinds import KINDS, read_config


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_is_registered_under_the_name_that_its_config_says(name):
    assert KINDS[name].from_dict({"kind": name} if name != "training" else {}).kind == name


def test_a_header_without_a_kind_is_of_training():
    assert read_config(TrainingConfig(steps=7).to_dict()) == TrainingConfig(steps=7)


def test_a_kind_of_another_version_is_refused_by_name():
    with pytest.raises(ValueError, match="kind must be one of 'training'.*got 'sorcery'"):
        read_config({"kind": "sorcery"})
