import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from core.tasks.vector_store import keep_vectors, load_vectors, task_rows
from core.tasks.vector_tensors import read_tensor_vectors
from core.tasks.vector_text import read_text_vectors
from core.tasks.vectors import VectorError

GLOVE = b"the 0.5 -1 2e-1\nof 1 2 3\n, 4 5 6\n"


def written(folder, content, name="vectors.txt"):
    path = folder / name
    path.write_bytes(content)
    return path


def test_glove_and_word2vec_give_the_same_vectors(tmp_path):
    glove = read_text_vectors(written(tmp_path, GLOVE))
    word2vec = read_text_vectors(written(tmp_path, b"3 3\n" + GLOVE))
    assert glove.words == word2vec.words == ("the", "of", ",")
    np.testing.assert_array_equal(glove.matrix, np.array([[0.5, -1, 0.2], [1, 2, 3], [4, 5, 6]], np.float32))
    np.testing.assert_array_equal(glove.matrix, word2vec.matrix)


def test_line_ends_and_trailing_blanks_of_either_kind_do_not_matter(tmp_path):
    marked = GLOVE.replace(b"\n", b" \r\n")
    np.testing.assert_array_equal(
        read_text_vectors(written(tmp_path, marked)).matrix, read_text_vectors(written(tmp_path, GLOVE)).matrix
    )


def test_a_word_may_hold_a_space_and_the_first_of_two_alike_counts(tmp_path):
    vectors = read_text_vectors(written(tmp_path, b"a 1 2\n. . . 3 4\na 5 6\n"))
    assert vectors.words == ("a", ". . .") and vectors.matrix.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a 1 2\nb 3\n", r"line 2 must hold a word and 2 numbers, .* got 'b 3' \(more or fewer\)"),
        (b"a 1 2\nb 3 4\nc 5 x\n", r"line 3 must hold a word and 2 numbers, .* got 'c 5 x' \(could not convert"),
        (b"a 1 2\n\nb 3 4\n", r"line 2 must hold a word"),
        (b"a 1 2\nb nan 4\n", r"line 2 must hold finite numbers"),
        (b"a 1 2\nb 1 1e60\n", r"line 2 must hold finite numbers"),
        (b"a 1 2\n\xff\xfe 1 2\n", r"line 2 must hold a word .*not UTF-8"),
        (b"2 2\na 1 2 3\n", r"line 2 must"),
        (b"", r"holds no vectors: line 1 is empty"),
        (b"5 3\n", r"holds no vectors after its first line"),
        (b"just prose, no numbers\nmore\n", r"line 1 must hold a word"),
        (b"word\n", r"line 1 must hold a word and 2 to 1024 numbers, got 0"),
        (b"a" * 70_000, r"line 1 has more than 65,536 bytes"),
    ],
)
def test_a_malformed_file_is_refused_by_the_line_that_is_wrong(tmp_path, content, said):
    with pytest.raises(VectorError, match=said):
        read_text_vectors(written(tmp_path, content))


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(VectorError, match="cannot be read: No such file"):
        read_text_vectors(tmp_path / "none.txt")


def test_progress_rises_to_the_whole_file(tmp_path):
    told = []
    content = b"".join(b"w%d 1 2\n" % number for number in range(20_000))
    read_text_vectors(written(tmp_path, content), told.append)
    assert told == sorted(told) and len(told) == 3 and told[-1] == 1.0


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Z", "C")), min_size=1, max_size=8)
NUMBERS = st.floats(width=32, allow_nan=False, allow_infinity=False)


@settings(max_examples=30)
@given(st.dictionaries(WORDS, st.lists(NUMBERS, min_size=3, max_size=3), min_size=1, max_size=20))
def test_what_is_written_is_read_back(tmp_path_factory, table):
    lines = [f"{word} {' '.join(map(repr, numbers))}\n" for word, numbers in table.items()]
    path = written(tmp_path_factory.mktemp("vectors"), f"{len(table)} 3\n{''.join(lines)}".encode())
    vectors = read_text_vectors(path)
    assert vectors.words == tuple(table)
    np.testing.assert_array_equal(vectors.matrix, np.array(list(table.values()), np.float32))


def saved(folder, matrix, words, **more):
    path = folder / "vectors.safetensors"
    save_file({"table": matrix, **more}, path, None if words is None else {"words": words})
    return path


def test_safetensors_take_their_words_from_the_header_or_from_a_file_beside(tmp_path):
    matrix = np.arange(6, dtype=np.float32).reshape(3, 2)
    headed = read_tensor_vectors(saved(tmp_path, matrix, json.dumps(["a", "b", "c"])))
    assert headed.words == ("a", "b", "c")
    np.testing.assert_array_equal(headed.matrix, matrix)
    (tmp_path / "vectors.txt").write_text("a\nb\nc\n")
    assert read_tensor_vectors(saved(tmp_path, matrix.astype(np.float16), None)).words == headed.words


@pytest.mark.parametrize(
    ("matrix", "words", "said"),
    [
        (np.ones((3, 2), np.float32), '["a", "b"]', "needs a different word for each of its 3 rows, got 2"),
        (np.ones((2, 2), np.float32), '["a", "a"]', "a different word for each"),
        (np.ones((2, 2), np.float32), "[1, 2]", "JSON list of texts"),
        (np.ones((2, 2), np.float32), None, "says no words"),
        (np.full((1, 2), np.inf, np.float32), '["a"]', "row 1 of .* must hold finite numbers"),
        (np.ones((2, 3000), np.float32), '["a", "b"]', "2 to 1024 numbers"),
        (np.ones((2, 2, 2), np.float32), '["a", "b"]', "must hold one matrix, got 0"),
    ],
)
def test_malformed_safetensors_are_refused_with_the_reason(tmp_path, matrix, words, said):
    with pytest.raises(VectorError, match=said):
        read_tensor_vectors(saved(tmp_path, matrix, words))


def test_what_is_no_safetensors_is_refused(tmp_path):
    with pytest.raises(VectorError, match="must be safetensors"):
        read_tensor_vectors(written(tmp_path, b"\x80\x04pickle", "vectors.safetensors"))


def test_kept_vectors_come_back_by_their_id_for_the_tokens_of_a_task(tmp_path):
    source = keep_vectors(written(tmp_path, GLOVE), tmp_path / "kept")
    rows = task_rows(source, 3, ("The", "[unk]", "of"), tmp_path / "kept")
    np.testing.assert_array_equal(rows[0], np.array([0.5, -1, 0.2], np.float32))
    assert np.isnan(rows[1]).all() and rows[2].tolist() == [1, 2, 3]
    assert keep_vectors(written(tmp_path, b"3 3\n" + GLOVE, "other.vec"), tmp_path / "kept") == source


def test_vectors_that_do_not_fit_are_refused(tmp_path):
    source = keep_vectors(written(tmp_path, GLOVE), tmp_path)
    with pytest.raises(VectorError, match="need embedding_size 3, got 4"):
        load_vectors(source, 4, tmp_path)
    with pytest.raises(VectorError, match="none of the task's tokens has a vector"):
        task_rows(source, 3, ("A", "B"), tmp_path)
    with pytest.raises(VectorError, match="are not kept here"):
        load_vectors("sha256:" + "0" * 64, 3, tmp_path)
