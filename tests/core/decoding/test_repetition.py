from hypothesis import given
from hypothesis import strategies as st

from core.decoding.repetition import repeated_spans


def test_a_span_is_what_occurred_before_joined_as_far_as_it_goes():
    assert repeated_spans([1, 2, 3, 1, 2, 3, 4, 1, 2, 9], 3) == [(3, 5)]
    assert repeated_spans([1, 1, 1, 1], 2) == [(1, 3)]
    assert repeated_spans([1, 2, 3], 2) == [] and repeated_spans([], 2) == []


def test_what_was_in_the_prefix_counts_as_before_and_only_the_hypothesis_is_marked():
    assert repeated_spans([1, 2], 2, [1, 2]) == [(0, 1)]
    assert repeated_spans([2, 5], 2, [1, 2, 3, 1]) == [(0, 0)]
    assert repeated_spans([5], 2, [1, 2, 1, 2]) == []


@given(st.lists(st.integers(0, 2), max_size=14), st.lists(st.integers(0, 2), max_size=5), st.integers(1, 3))
def test_a_token_is_marked_if_and_only_if_an_ngram_around_it_occurred_earlier(tokens, before, size):
    whole = [*before, *tokens]
    ngrams = [tuple(whole[at : at + size]) for at in range(len(whole) - size + 1)]
    by_hand = {at + j for at, one in enumerate(ngrams) if one in ngrams[:at] for j in range(size)}
    marked = {place for first, last in repeated_spans(tokens, size, before) for place in range(first, last + 1)}
    assert marked == {place - len(before) for place in by_hand if place >= len(before)}
