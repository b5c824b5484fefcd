"""Whether the search or the model failed, where the best was lost, and ranking again without decoding again."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.decoding import (
    HUGGING_FACE_CANONICAL,
    HUGGING_FACE_EARLY,
    SHRINKING,
    beam_search,
    best_first_search,
    by_length,
    gnmt,
    reranked,
    score_against_size,
    search_error,
)
from core.decoding.search_error import NOT_LISTED, PUSHED_OUT, STOPPED_BEFORE
from core.recordings.search_tree import Status
from tests.core.decoding.by_hand import EOS, continuations, random_model, step_of

LENGTH = 5


def beam(model, size, **given):
    return beam_search(*step_of(model), beam_size=size, max_length=LENGTH, eos=EOS, **given)


def best_of(model, **given):
    return best_first_search(*step_of(model), max_length=LENGTH, eos=EOS, **given).hypotheses[0]


@settings(max_examples=80)
@given(seed=st.integers(0, 10**6), size=st.integers(1, 3))
def test_the_best_is_lost_where_its_beginning_was_not_kept(seed, size):
    model = random_model(seed, size=5)
    best = best_of(model)
    error = search_error(beam(model, size, follow=best.tokens, listed=1), best)
    assert error.gap == pytest.approx(max(best.score - error.found.score, 0), abs=1e-12)
    if not error.is_search_error:
        assert error.found.tokens == best.tokens and error.lost_at is None
    elif error.rank is not None and error.status is not Status.FINISHED:
        kept, found = [(0.0, ())], []
        for _ in range(error.lost_at):
            found = continuations(model, kept)
            kept = [one for one in found[: 2 * size] if one[1][-1] != EOS][:size]
        ranked = [tokens for _, tokens in found]
        assert ranked.index(best.tokens[: error.lost_at]) + 1 == error.rank > size
        lost = next(total for total, tokens in found if tokens == best.tokens[: error.lost_at])
        assert error.short == pytest.approx(kept[-1][0] - lost, abs=1e-9)


def test_every_way_to_lose_the_best_is_told_apart():
    reasons = set()
    for seed in range(60):
        model = random_model(seed, size=6)
        for semantics, penalty in ((HUGGING_FACE_EARLY, by_length(0)), (HUGGING_FACE_CANONICAL, by_length(-2))):
            best = best_of(model, length_penalty=penalty)
            found = beam(model, 2, semantics=semantics, length_penalty=penalty, listed=4)
            reasons.add(str(search_error(found, best).reason))
    assert {"None", "below the last one kept", STOPPED_BEFORE, NOT_LISTED} <= reasons


def test_what_finished_and_was_pushed_out_is_said_to_be():
    model, penalty = random_model(0), by_length(2.0)
    search = beam(model, 1, length_penalty=penalty)
    gone = next(node for node in search.tree.nodes if node.left)
    worse = dataclasses.replace(
        search.hypotheses[0], tokens=search.tree.path(gone.id), score=search.hypotheses[0].score + 1
    )
    error = search_error(search, worse)
    assert error.reason == PUSHED_OUT and error.lost_at == gone.left


def test_score_against_size_tells_where_it_falls_and_what_is_smallest():
    model = random_model(12, size=5)
    account = score_against_size(lambda size: beam(model, size), range(6, 0, -1))
    alone = [beam(model, size).hypotheses[0] for size in range(1, 7)]
    assert account.sizes.tolist() == [1, 2, 3, 4, 5, 6]
    assert account.scores.tolist() == [one.score for one in alone]
    assert account.falls.tolist() == [k for k in range(2, 7) if alone[k - 1].score < alone[k - 2].score]
    assert account.changes.tolist() == [k for k in range(2, 7) if alone[k - 1].tokens != alone[k - 2].tokens]
    assert account.smallest(alone[-1].tokens) == min(k for k in range(1, 7) if alone[k - 1].tokens == alone[-1].tokens)
    assert account.smallest((9, 9)) is None
    assert (np.diff(account.rows) > 0).all() and (account.calls <= LENGTH).all()


@pytest.mark.parametrize("semantics", [SHRINKING, HUGGING_FACE_EARLY], ids=lambda one: one.name)
@settings(max_examples=40)
@given(seed=st.integers(0, 10**6), penalty=st.sampled_from([by_length(0.6), by_length(2), by_length(-1), gnmt(1)]))
def test_ranking_again_is_decoding_again_where_the_stop_does_not_ask_for_the_penalty(semantics, seed, penalty):
    model = random_model(seed)
    again = beam(model, 3, semantics=semantics, length_penalty=penalty).hypotheses
    ranked = reranked(beam(model, 3, semantics=semantics).tree, penalty, count=3)
    assert [(one.tokens, one.score) for one in ranked] == [(one.tokens, one.score) for one in again]
