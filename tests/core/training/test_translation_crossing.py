"""Whether attention crosses where two words change places."""

import numpy as np
import pytest

import core.training.translation_crossing as crossing
from core.models.seq2seq_config import Seq2SeqConfig
from core.recordings.attention import AttentionTrace
from core.tasks.pair_catalog import make_pairs
from core.tasks.pairs import PairsConfig
from core.training.translation_config import TranslationConfig
from core.training.translation_moment import PairMoment, opened_pairs

NAMES = PairsConfig("names", language="fr")


@pytest.mark.parametrize("level", ["character", "word"])
@pytest.mark.parametrize("is_gold", [True, False])
def test_attention_on_the_true_words_crosses_and_on_the_others_does_not(level, is_gold, monkeypatch):
    opened = opened_pairs(PairMoment(TranslationConfig(PairsConfig("names", language="fr", level=level)), 0))

    def laid(model, source, target):
        possible = opened.task.gold(np.array(source), np.array(target)).possible
        words = [row for row in possible if row.any()]
        other = {True: words[-1], False: words[0]}
        rows = [row if is_gold or not row.any() else other[bool((row == words[0]).all())] for row in possible]
        weights = np.array([row / row.sum() if row.any() else np.full(len(source), 1 / len(source)) for row in rows])
        return AttentionTrace(np.array(source), np.array(target), np.zeros((len(target), 1)), weights, None)

    monkeypatch.setattr(crossing, "forced", laid)
    found = crossing.word_order(opened.model, opened.task)
    assert found.pairs > 10 and found.crossed == (found.pairs if is_gold else 0)
    np.testing.assert_allclose(found.weights, np.eye(2)[::-1] if is_gold else np.eye(2))


def test_a_model_without_attention_has_no_order():
    opened = opened_pairs(PairMoment(TranslationConfig(NAMES, (Seq2SeqConfig(attention="none"),)), 0))
    with pytest.raises(ValueError, match="needs a model with attention"):
        crossing.word_order(opened.model, opened.task)


def test_a_task_without_such_names_has_no_pair():
    task = make_pairs(PairsConfig("copy"))
    model = opened_pairs(PairMoment(TranslationConfig(PairsConfig("copy")), 0)).model
    found = crossing.word_order(model, task)
    assert found.pairs == 0 and np.isnan(found.weights).all()
