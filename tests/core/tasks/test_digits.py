from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

from core.tasks.digits import LONGEST_WORD, WORDS, Digits
from core.tasks.pair_vocabulary import STOP

TASK = Digits()


def test_images_are_those_of_scikit_learn_each_with_its_word():
    known = {
        image.astype(np.float32).tobytes(): digit for image, digit in zip(*load_digits(return_X_y=True), strict=True)
    }
    for batch in (TASK.held_out(), TASK.batch(np.random.default_rng(0), 50)):
        for image, digit, word in zip(batch.images.numpy(), batch.digits, batch.target_out, strict=True):
            assert known[(image.ravel() * 16).tobytes()] == digit
            assert TASK.print(word) == WORDS[digit]
        assert batch.images.min() == 0 and batch.images.max() == 1


def test_a_word_is_fed_one_letter_late_and_stopped():
    batch = TASK.held_out()
    seven = batch.digits.tolist().index(7)
    assert TASK.print(batch.target_in[seven]) == "seven"
    assert batch.target_out[seven, 5] == STOP and batch.target_lengths[seven] == LONGEST_WORD == 6


@pytest.mark.parametrize("share", [0.1, 0.4])
def test_no_held_out_image_is_ever_drawn(share):
    task = Digits(share)
    kept = {image.tobytes() for image in task.held_out().images.numpy()}
    drawn = {image.tobytes() for image in task.batch(np.random.default_rng(0), 20_000).images.numpy()}
    assert not kept & drawn
    assert len(task.held_out().images) == pytest.approx(1797 * share, rel=0.15) and len(drawn) > 1000
