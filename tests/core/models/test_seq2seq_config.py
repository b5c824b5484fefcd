from dataclasses import replace

import pytest

from core.models.seq2seq_config import ATTENTIONS, CELLS, FUSIONS, PRESETS, Seq2SeqConfig


def test_configs_that_differ_have_names_that_differ():
    configs = {
        *(Seq2SeqConfig(cell, attention=attention) for cell in CELLS for attention in ATTENTIONS),
        *(Seq2SeqConfig(fusion=fusion, input_feeding=fed) for fusion in FUSIONS for fed in (False, True)),
        *PRESETS.values(),
        Seq2SeqConfig(bidirectional=False),
        Seq2SeqConfig(layers=2, bridge=False),
    }
    assert len({config.name for config in configs}) == len({config.label for config in configs}) == len(configs)


def test_a_label_says_the_preset_or_what_differs_from_the_defaults():
    assert Seq2SeqConfig().label == "GRU, dot attention"
    assert Seq2SeqConfig(fusion="add", bridge=False).label == "GRU, dot attention, fusion by addition, no bridge"
    assert PRESETS["textbook Bahdanau"].label == "Textbook Bahdanau"
    assert replace(PRESETS["one vector"], layers=2).label == "GRU, without attention, 32 units, 2 layers"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"attention": "sorcery"}, "attention must be one of 'none'"),
        ({"hidden_size": 33}, "hidden_size must be even"),
        ({"hidden_size": True}, "hidden_size must be a whole number"),
        ({"layers": 4}, "layers must be a whole number in 1…3"),
        ({"attention": "none", "bridge": False}, "needs bridge True"),
        ({"attention": "none", "input_feeding": True}, "input_feeding needs attention"),
        ({"attention": "none", "fusion": "add"}, "fusion needs attention"),
        ({"output": "context", "fusion": "add"}, "fusion 'add' needs output 'both'"),
    ],
)
def test_what_cannot_be_built_is_refused_with_rule_value_and_remedy(fields, says):
    with pytest.raises(ValueError, match=says) as error:
        Seq2SeqConfig(**fields)
    assert "got" in str(error.value)
