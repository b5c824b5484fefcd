import hashlib
import math
import os

import numpy as np
import pytest

from core.tasks.catalog import make_task
from core.tasks.config import TaskConfig
from core.tasks.next_character import NextCharacter
from core.tasks.texts import MAX_BYTES, UNKNOWN, TextError, load_corpus, store_text, tokenize

GOOD = ("To be, or not to be: à la recherche du temps perdu — 人生\n" * 20).encode()


def corpus_text(corpus):
    return "".join(np.array(corpus.symbols)[corpus.tokens])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "got an empty file; choose another"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" * 100, "got a binary file"),
        ("wide".encode("utf-16") * 500, r"got a binary file \(it holds NUL bytes\); save it as plain UTF-8"),
        (
            b"fine so far " * 50 + b"\xff\xfe",
            "must be UTF-8, got byte 0xff at place 600, which is not; save it as UTF-8",
        ),
        ("Grüße ".encode("latin-1") * 200, "must be UTF-8, got byte 0xfc at place 2"),
        (b"ab" * (MAX_BYTES // 2 + 1), r"may have 5 MB, got 5\.0 MB; cut out a part"),
        (b"a short one", "needs 500 characters, got 11; choose a longer one"),
        (b"a" * 600, "needs two different characters, got only 'a'"),
        (b"\xef\xbb\xbf", "needs 500 characters, got 0"),
    ],
)
def test_a_text_that_cannot_be_learnt_is_refused_and_not_kept(tmp_path, data, said):
    with pytest.raises(TextError, match=said):
        store_text(data, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_stored_text_comes_back_as_a_task(tmp_path):
    text = store_text(GOOD, tmp_path / "texts")
    assert text == f"sha256:{hashlib.sha256(GOOD).hexdigest()}"
    assert store_text(GOOD, tmp_path / "texts") == text
    assert [file.name for file in (tmp_path / "texts").iterdir()] == [f"{text[7:]}.txt"]
    task = make_task(TaskConfig("next_character", text=text), tmp_path / "texts")
    assert corpus_text(task.corpus) == GOOD.decode() and UNKNOWN not in task.symbols


def test_a_byte_order_mark_and_foreign_line_ends_are_no_characters(tmp_path):
    data = b"\xef\xbb\xbf" + b"one line\r\nand another\rand a third\n" * 30
    corpus = load_corpus(store_text(data, tmp_path), tmp_path)
    assert corpus_text(corpus) == "one line\nand another\nand a third\n" * 30


def test_a_missing_text_asks_for_a_new_upload(tmp_path):
    text = "sha256:" + "0" * 64
    for folder in (tmp_path, tmp_path / "nowhere", None):
        with pytest.raises(TextError, match="000000000000… is not kept here; upload it again"):
            make_task(TaskConfig("next_character", text=text), folder)


def test_a_changed_text_is_not_trusted(tmp_path):
    text = store_text(GOOD, tmp_path)
    (tmp_path / f"{text[7:]}.txt").write_bytes(GOOD + b"!")
    with pytest.raises(TextError, match="got a changed file; upload it again"):
        load_corpus(text, tmp_path)


def test_a_folder_that_cannot_be_written_gives_a_sentence(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(TextError, match="must be kept on disk, got: .*; free some space and try again"):
        store_text(GOOD, tmp_path / "file")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_failed_write_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fdopen", lambda handle, mode: (os.close(handle), open("/dev/full", mode))[1])
    with pytest.raises(TextError, match="No space left on device"):
        store_text(GOOD, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_256_most_frequent_characters_are_known_and_the_rest_share_a_token():
    common = "".join(map(chr, range(0x4E00, 0x4E00 + 256)))
    corpus = tokenize(common * 2 + "ABC" + common)
    assert len(corpus.symbols) == 257 and corpus.symbols[:256] == tuple(common) and corpus.symbols[256] == UNKNOWN
    assert corpus_text(corpus).count(UNKNOWN) == 3
    assert corpus.frequencies().sum() == pytest.approx(1) and corpus.frequencies()[256] == 3 / len(corpus.tokens)


@pytest.mark.parametrize("text", ["python-reference", "python-source"])
def test_pythons_own_texts_are_long_and_cheap_to_index(text):
    corpus = load_corpus(text)
    assert len(corpus.tokens) > 400_000 and "def" in corpus_text(corpus)[:100_000]
    assert corpus.tokens.dtype == np.int16 and 90 < len(corpus.symbols) <= 257


def test_a_text_of_two_alternating_characters_has_an_entropy_of_ln_2():
    chance = NextCharacter(tokenize("ab" * 300), length=10).chance
    assert chance.loss == pytest.approx(math.log(2)) and chance.accuracy == 0.5


def test_a_text_must_be_longer_than_the_sequences():
    with pytest.raises(ValueError, match="longer than T = 10, got 10 characters; choose a smaller T"):
        NextCharacter(tokenize("ab" * 5), length=10)
    assert NextCharacter(tokenize("ab" * 5 + "c"), length=10).batch(np.random.default_rng(0), 2).targets[0, -1] == 2
