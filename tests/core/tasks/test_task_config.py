import re

import pytest

from core.tasks.catalog import make_task
from core.tasks.config import VARIANTS, TaskConfig


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"name": "parity"}, "name must be one of .*got 'parity'; choose"),
        ({"name": None}, "name must be one of .*got None; choose"),
        ({"name": ["recall"]}, r"name must be one of .*got \['recall'\]; choose"),
        ({"variant": "1997"}, "variant must be one of '', got '1997'; choose"),
        ({"name": "adding", "variant": "2016"}, "variant must be one of '', 'unit', '1997', got '2016'; choose"),
        ({"loss_at": "first"}, "loss_at must be one of .*got 'first'; choose"),
        ({"length": 4}, "length must be a whole number in 5…400, got 4; choose"),
        ({"length": 401}, "length must be .*got 401; choose"),
        ({"length": 20.0}, "length must be .*got 20.0; choose"),
        ({"length": "20"}, "length must be .*got '20'; choose"),
        ({"length": True}, "length must be .*got True; choose"),
        ({"name": "copy_memory", "length": 20}, "length must be a whole number in 21…400, got 20; choose"),
        ({"symbols": 1}, "symbols must be a whole number in 2…26, got 1; choose"),
        ({"symbols": 27}, "symbols must be .*got 27; choose"),
        ({"text": "shakespeare"}, "text must be one of .*got 'shakespeare'; keep your own text with store_text"),
        ({"text": "sha256:../../etc/passwd"}, "text must be one of .*; keep your own"),
        ({"text": "sha256:" + "A" * 64}, "text must be one of .*; keep your own"),
        ({"text": 7}, "text must be one of .*got 7; keep your own"),
    ],
)
def test_a_bad_value_is_refused_with_rule_value_and_remedy(values, said):
    with pytest.raises(ValueError, match=said):
        TaskConfig(**values)


@pytest.mark.parametrize("name", VARIANTS)
def test_every_named_task_can_be_made_at_its_shortest_and_longest(name):
    for variant in ("", *VARIANTS[name]):
        for length in (TaskConfig.shortest(name), 400):
            assert make_task(TaskConfig(name, length, variant, words=250)).length == length


def test_both_published_variants_of_adding_are_named():
    one, other = (make_task(TaskConfig("adding", variant=variant)) for variant in ("unit", "1997"))
    assert re.search("Arjovsky et al., 2016", one.published) and re.search(
        "Hochreiter & Schmidhuber, 1997", other.published
    )


@pytest.mark.parametrize("name", VARIANTS)
def test_a_config_knows_whether_its_task_has_tokens(name):
    config = TaskConfig(name, 30)
    assert config.has_tokens == (make_task(config).vocabulary_size is not None)
