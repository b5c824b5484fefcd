from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.tasks.pair_catalog import make_pairs
from core.tasks.pair_own import MAX_BYTES, delimiter, read_pairs, store_pairs
from core.tasks.pair_vocabulary import MAX_TOKENS, UNKNOWN
from core.tasks.pairs import PairError, PairsConfig

ROWS = [(f"good {number}", f"bon {number}") for number in range(100, 160)]


def table(rows=ROWS, sign=",", header=""):
    return (header + "".join(sign.join(row) + "\n" for row in rows)).encode()


@pytest.mark.parametrize("sign", ["\t", ",", ";", "|"])
@pytest.mark.parametrize("header", [False, True])
def test_any_usual_table_is_read(sign, header):
    data = table(sign=sign, header=f"Source{sign}Target\n" if header else "")
    assert read_pairs(data) == dict(ROWS)
    assert read_pairs(b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n")) == dict(ROWS)


def test_a_tab_parts_where_sentences_have_commas():
    rows = [(f"well, {source}", f"eh, {target}") for source, target in ROWS]
    assert read_pairs(table(rows, "\t")) == dict(rows)


def test_quotes_hold_a_comma_and_a_third_column_is_left_out():
    data = table() + b'"good evening, sir",bonsoir  monsieur ,CC-BY\n\n'
    assert read_pairs(data)["good evening, sir"] == "bonsoir monsieur"


def test_the_first_row_of_a_source_counts():
    assert read_pairs(table() + b"good 100,autre\n")["good 100"] == "bon 100"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "got an empty file"),
        (b"\n\n \n", "must have 50 different sources, got 0"),
        (table()[:200], "must have 50 different sources, got"),
        (table() + b"alone\n", "must have two columns, line 61 has one"),
        (b"".join(b"word%d\n" % n for n in range(99)), "must have two columns, line 1 has one"),
        (table() + b"good,\n", "the target of line 61 has none"),
        (table() + b" ,bon\n", "the source of line 61 has none"),
        (table() + b"a" * 101 + b",b\n", "the source of line 61 has 101"),
        (table() + b'"unclosed,bon\n' + table() * 2, "mend its quotation marks"),
        (b"\xff\xfe" + table(), "must be UTF-8, got byte 0xff"),
        (table() + b"a\0,b", "binary"),
        (b"x,y\n" * (MAX_BYTES // 4 + 1), "may have 10 MB"),
        (b"".join(b"%x,y\n" % n for n in range(1_000_000)), "may have 50,000 pairs, got more"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused_in_words(data, said):
    with pytest.raises(PairError, match=said):
        read_pairs(data)


@settings(max_examples=30)
@given(st.binary(max_size=300))
def test_no_file_makes_another_error(data):
    for content in (data, table() + data):
        try:
            read_pairs(content)
        except PairError:
            pass


def own(tmp_path, data, **settings):
    return make_pairs(PairsConfig("own", text=store_pairs(data, tmp_path), **settings), tmp_path)


def test_kept_pairs_are_a_task_split_by_content(tmp_path):
    task = own(tmp_path, table(), held_out=0.2)
    kept = {task.source.print(one) for one in task.held_out().source}
    drawn = {task.source.print(one) for one in task.batch(np.random.default_rng(0), 3000).source}
    assert 4 < len(kept) < 20 and kept | drawn == set(dict(ROWS)) and not kept & drawn


def test_mixed_scripts_are_tokens_like_any(tmp_path):
    rows = [(f"привет {n} мир", f"你好 {n} שלום") for n in range(60)]
    task = own(tmp_path, table(rows))
    batch = task.batch(np.random.default_rng(0), 50)
    assert {task.print(one) for one in batch.target_out} <= {target for _, target in rows}


def test_held_out_words_that_were_never_learnt_are_unknown(tmp_path):
    task = own(tmp_path, table(), level="word")
    held_out = task.held_out()
    assert (held_out.source[:, 1] == UNKNOWN).all() and (held_out.target_out[:, 1] == UNKNOWN).all()
    assert task.source.print(held_out.source[0]) == "good [unk]"


def test_pairs_that_are_not_kept_or_were_changed_are_said(tmp_path):
    name = store_pairs(table(), tmp_path / "texts")
    with pytest.raises(PairError, match="not kept here; upload it again"):
        make_pairs(PairsConfig("own", text=name), tmp_path / "elsewhere")
    (path,) = (tmp_path / "texts").iterdir()
    path.write_bytes(table(ROWS[:55]))
    with pytest.raises(PairError, match="got a changed file; upload it again"):
        make_pairs(PairsConfig("own", text=name), tmp_path / "texts")


def test_of_more_words_than_a_vocabulary_holds_the_rarest_are_unknown(tmp_path):
    rows = [(f"the word{n}", f"le mot{n}") for n in range(MAX_TOKENS + 2000)]
    task = own(tmp_path, table(rows), level="word")
    assert len(task.source_symbols) == len(task.target_symbols) == MAX_TOKENS
    assert task.encode("the word")[0] != UNKNOWN
    assert (task.batch(np.random.default_rng(0), 2000).source == UNKNOWN).any()


def test_the_sign_that_parts_every_line_in_two_parts_the_columns():
    rows = "".join(f"well, {place};bien, {place}\n" for place in range(60)).encode()
    assert read_pairs(rows)["well, 7"] == "bien, 7"
    assert delimiter(["a\tb", "c\td, e"]) == "\t" and delimiter(["a,b;c", "d,e"]) == "," and delimiter([]) == ","


def test_a_cell_beyond_all_bounds_is_refused_in_words():
    with pytest.raises(PairError, match="Line 1 must end a cell, got: field larger than field limit"):
        read_pairs(b"x" * 200_000 + b",y\n")
