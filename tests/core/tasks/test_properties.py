"""Labels of source code: by hand, and two lexers against each other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tasks.lexing import code_spans, scanned_spans, tokenized_spans
from core.tasks.library_source import held_out_modules, is_held_out, library_modules, training_modules
from core.tasks.properties import source_properties

QUOTED = "inside_string"
MODULE = library_modules()["textwrap.py"]


def marks(source, name):
    """One character per character: the digit of a number, # and . for yes and no."""
    values = source_properties(source)[name].values
    assert values.shape == (len(source),)
    return "".join(str(value) if values.dtype != bool else "#" if value else "." for value in values)


@pytest.mark.parametrize(
    ("source", "name", "expected"),
    [
        ('x = "ab" + y\n', QUOTED, "....###......"),
        ("x = ''\n", QUOTED, "....#.."),
        ('x = rb"\\""\n', QUOTED, "......###.."),
        ('f"{a}b" "c"\n', QUOTED, ".#####..##.."),
        ('"""a\n"b"""\n', QUOTED, "#########.."),
        ('"""a"""\n', "inside_triple_quotes", "######.."),
        ('"a"\n', "inside_triple_quotes", "...."),
        ("a  # b'c\nd\n", "inside_comment", "...#####..."),
        ("'# no'\n", "inside_comment", "......."),
        ("f(a[1], {2})\n", "bracket_depth", "0112211122100"),
        ("f('(')\n", "bracket_depth", "0111100"),
        ("f(1)  # (\n", "inside_brackets", ".##......."),
        ("if a:\n    b\n  \n", "indentation", "000000123440120"),
        ("ab\n\nc\n", "position_in_line", "120010"),
        ("a1 = 20\n", "is_digit", ".#...##."),
        ("aB = C\n", "is_upper_case", ".#...#."),
    ],
)
def test_labels_are_those_a_person_gives(source, name, expected):
    assert marks(source, name) == expected


@pytest.mark.parametrize(
    ("source", "name", "expected"),
    [
        ("x = 'ab\ny = 1\n", QUOTED, "....###......."),
        ('x = """ab\ny\n', QUOTED, "....########"),
        ("f(a]) + )b(\n", "bracket_depth", "011000000011"),
        ("$ 'a' ? (b)\n", QUOTED, "..##........"),
        ("  a\n b = 'c'\n", QUOTED, ".........##.."),
        ("'\\", QUOTED, "##"),
        ("", QUOTED, ""),
        ("é = '\ud800'\n", QUOTED, "....##.."),
    ],
)
def test_text_that_is_no_python_is_labelled_by_its_quotes_and_brackets(source, name, expected):
    assert marks(source, name) == expected


def test_the_scanner_finds_in_every_module_of_the_library_what_the_tokenizer_finds():
    """The second way: Python's tokenizer against one regular expression, over 4.7 million characters."""
    modules = library_modules()
    assert len(modules) > 100
    for name, source in modules.items():
        assert list(scanned_spans(source)) == list(tokenized_spans(source)), name


@given(st.text(st.sampled_from("ab'\"#([{)]}\\\n f"), max_size=40))
def test_any_text_has_labels_within_its_bounds(source):
    properties = source_properties(source)
    assert all(one.values.shape == (len(source),) for one in properties.values())
    depth, indentation, place = (
        properties[name].values for name in ("bracket_depth", "indentation", "position_in_line")
    )
    assert (depth >= 0).all() and (indentation >= 0).all() and (indentation <= place).all()
    assert (np.abs(np.diff(depth)) <= 1).all()
    assert not (properties[QUOTED].values & properties["inside_comment"].values).any()


@given(st.text(st.sampled_from("ab'\"#([{)]}\\\n "), max_size=40))
def test_spans_come_in_order_and_do_not_overlap(source):
    spans = code_spans(source, len(source))
    assert all(a.stop <= b.start for a, b in zip(spans, spans[1:], strict=False))


def test_held_out_modules_are_the_rest():
    training, held_out = training_modules(), held_out_modules()
    assert sorted([*training, *held_out]) == sorted(library_modules())
    assert not set(training) & set(held_out) and is_held_out("enum.py") and not is_held_out("turtle.py")
    share = sum(map(len, held_out.values())) / sum(map(len, library_modules().values()))
    assert 0.05 < share < 0.2


@pytest.mark.parametrize("length", [0, 1, 17, 500, 4000])
def test_properties_of_a_beginning_are_those_of_the_whole_cut_off(length):
    whole = source_properties(MODULE)
    for name, one in source_properties(MODULE, length).items():
        assert np.array_equal(one.values, whole[name].values[:length]), name


def test_what_comes_after_the_beginning_cannot_spoil_it():
    broken = MODULE + "\n)'''"
    cut = source_properties(broken, len(MODULE))
    assert np.array_equal(cut["inside_string"].values, source_properties(MODULE)["inside_string"].values)
