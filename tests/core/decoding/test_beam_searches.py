"""Beam search in every semantics, against searches written again and against everything there is."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.decoding import (
    FAIRSEQ,
    FINISHED_STAY,
    HUGGING_FACE_CANONICAL,
    HUGGING_FACE_DEFAULTS,
    HUGGING_FACE_EARLY,
    NO_PENALTY,
    SEMANTICS,
    SHRINKING,
    Horizon,
    beam_search,
    by_length,
    exhaustive_count,
    exhaustive_search,
    gnmt,
    greedy,
)
from core.recordings.search_tree import Reason, Status
from tests.core.decoding.by_hand import (
    EOS,
    everything,
    fairseq_beam,
    log_prob_of,
    random_model,
    refilling_beam,
    shrinking_beam,
    staying_beam,
    step_of,
)

LENGTH = 5
PENALTIES = [NO_PENALTY, by_length(1.0), by_length(0.6), by_length(-0.5), gnmt(0.8)]
BY_HAND = {
    HUGGING_FACE_CANONICAL: lambda *given: refilling_beam(*given, "never"),
    HUGGING_FACE_DEFAULTS: lambda *given: refilling_beam(*given, False),
    HUGGING_FACE_EARLY: lambda *given: refilling_beam(*given, True),
    FAIRSEQ: fairseq_beam,
    FINISHED_STAY: staying_beam,
    SHRINKING: shrinking_beam,
}
models = st.builds(random_model, st.integers(0, 10**6), st.integers(2, 5), st.floats(0.1, 4), st.sampled_from([0, 0.3]))
semantics_of = st.sampled_from(SEMANTICS)
sizes = st.integers(1, 9)


def search(model, **given):
    return beam_search(*step_of(model), max_length=LENGTH, eos=EOS, **given)


@pytest.mark.parametrize("semantics", SEMANTICS, ids=lambda one: one.name)
@settings(max_examples=60)
@given(model=models, size=sizes, penalty=st.sampled_from(PENALTIES))
def test_every_semantics_is_what_its_library_does(semantics, model, size, penalty):
    expected = BY_HAND[semantics](model, size, LENGTH, penalty.divisor)
    found = search(model, beam_size=size, semantics=semantics, length_penalty=penalty)
    assert [one.tokens for one in found.hypotheses] == [tokens for _, tokens in expected]
    np.testing.assert_allclose([one.score for one in found.hypotheses], [score for score, _ in expected], atol=1e-9)


@settings(max_examples=60)
@given(model=models, size=sizes, semantics=semantics_of, listed=st.integers(1, 30))
def test_probability_kept_finished_and_pruned_is_all_there_is(model, size, semantics, listed):
    tree = search(model, beam_size=size, semantics=semantics, listed=listed).tree
    np.testing.assert_allclose(tree.mass().sum(axis=1), 1, atol=1e-9)
    assert (tree.mass() > -1e-12).all()


@settings(max_examples=60)
@given(model=models, size=sizes, semantics=semantics_of)
def test_a_node_is_the_sum_of_its_path_teacher_forced(model, size, semantics):
    tree = search(model, beam_size=size, semantics=semantics).tree
    for node in tree.nodes:
        expected = log_prob_of(model, tree.path(node.id)) if np.isfinite(node.log_prob) else -np.inf
        assert node.log_prob == pytest.approx(expected, abs=1e-9)


@settings(max_examples=60)
@given(model=models, size=sizes, semantics=semantics_of)
def test_children_of_what_was_kept_add_up_to_it(model, size, semantics):
    tree = search(model, beam_size=size, semantics=semantics, listed=5).tree
    sums = np.bincount(tree.parent[1:], np.exp(tree.log_prob[1:]), minlength=len(tree)) + tree.rest_mass
    fed = sums > 0
    np.testing.assert_allclose(sums[fed], np.exp(tree.log_prob[fed]), atol=1e-12)
    assert tree.has(Status.KEPT)[fed].all()


@settings(max_examples=60)
@given(model=models, size=sizes, semantics=semantics_of)
def test_only_a_dropped_end_token_may_be_better_than_what_was_kept(model, size, semantics):
    tree = search(model, beam_size=size, semantics=semantics).tree
    for node in tree.nodes:
        if node.status is Status.PRUNED and not np.isnan(node.gap):
            assert node.gap <= 0
        if node.reason is Reason.END_OUTSIDE:
            assert node.token == EOS and size < node.rank <= 2 * size


@settings(max_examples=40)
@given(model=models, size=sizes, semantics=semantics_of)
def test_no_beam_beats_everything(model, size, semantics):
    best = everything(model, len(model(())), LENGTH)[0][0]
    for one in search(model, beam_size=size, semantics=semantics, length_penalty=NO_PENALTY).hypotheses:
        assert one.score <= best + 1e-9


@pytest.mark.parametrize("semantics", SEMANTICS, ids=lambda one: one.name)
@settings(max_examples=15)
@given(seed=st.integers(0, 10**6), penalty=st.sampled_from(PENALTIES))
def test_a_beam_as_wide_as_the_space_finds_the_best(semantics, seed, penalty):
    model, length = random_model(seed), 3
    never_early = (
        dataclasses.replace(semantics, stop=HUGGING_FACE_CANONICAL.stop) if "Hugging" in semantics.name else semantics
    )
    wide = exhaustive_count(4, length + 1)
    found = beam_search(
        *step_of(model), max_length=length, eos=EOS, beam_size=wide, semantics=never_early, length_penalty=penalty
    )
    exact = exhaustive_search(
        *step_of(model), max_length=length, eos=EOS, horizon=semantics.horizon, length_penalty=penalty
    )
    assert found.hypotheses[0].tokens == exact.hypotheses[0].tokens
    assert found.hypotheses[0].score == pytest.approx(exact.hypotheses[0].score, abs=1e-12)


@pytest.mark.parametrize("semantics", [HUGGING_FACE_CANONICAL, FINISHED_STAY, SHRINKING], ids=lambda one: one.name)
@settings(max_examples=40)
@given(model=models)
def test_a_beam_of_one_that_ends_with_its_first_end_token_is_greedy(semantics, model):
    found, taken = greedy(*step_of(model), max_length=LENGTH, eos=EOS), ()
    while len(taken) < LENGTH and EOS not in taken:
        taken = (*taken, int(np.argmax(model(taken))))
    assert [one.tokens for one in found.hypotheses] == [taken]
    beam = search(model, beam_size=1, semantics=semantics, length_penalty=NO_PENALTY)
    assert beam.hypotheses[0].tokens == taken


def test_equal_candidates_come_by_the_rank_of_the_parent_then_by_the_token():
    def even(prefix):
        return np.log(np.full(4, 0.25))

    tree = beam_search(*step_of(even), max_length=2, eos=EOS, beam_size=2).tree
    first = [(node.token, node.status) for node in tree.nodes if node.step == 1]
    assert first == [(0, "kept"), (1, "finished"), (2, "kept"), (3, "pruned")]
    second = [tree.path(node.id) for node in tree.nodes if node.step == 2]
    assert second == [(parent, token) for parent in (0, 2) for token in range(4)]


def test_what_is_not_listed_is_counted_to_the_last_candidate():
    model = random_model(0, size=5)
    whole, few = search(model, beam_size=3).tree, search(model, beam_size=3, listed=6).tree
    counts, masses = few.rest()
    for step in range(1, few.steps + 1):
        in_whole, in_few = whole.step == step, few.step == step
        assert in_whole.sum() == in_few.sum() + counts[step - 1]
        assert np.exp(whole.log_prob[in_whole]).sum() == pytest.approx(
            np.exp(few.log_prob[in_few]).sum() + masses[step - 1], abs=1e-12
        )
    np.testing.assert_allclose(whole.mass(), few.mass(), atol=1e-12)


def test_a_hypothesis_that_is_followed_is_listed_with_its_true_rank():
    model, tokens = random_model(0, size=5), (3, 3, 1)
    whole = search(model, beam_size=2).tree
    lost = next(length for length in (1, 2, 3) if whole.nodes[whole.find(tokens[:length])].status != "kept")
    few = search(model, beam_size=2, listed=1, follow=tokens).tree
    node, expected = few.nodes[few.find(tokens[:lost])], whole.nodes[whole.find(tokens[:lost])]
    assert (node.rank, node.log_prob, node.status) == (expected.rank, expected.log_prob, expected.status)
    np.testing.assert_allclose(few.mass().sum(axis=1), 1, atol=1e-9)


def test_the_model_is_called_once_a_step_with_what_is_alive():
    found = search(random_model(1), beam_size=3)
    kept = found.tree.has(Status.KEPT)
    assert found.calls == found.tree.steps
    assert found.rows == sum((kept & (found.tree.step == step)).sum() for step in range(found.tree.steps))


def test_tokens_before_the_first_generated_one_are_fed_and_not_scored():
    model = random_model(2, size=5)
    found = beam_search(*step_of(lambda prefix: model(prefix)), start=(0, 3, 2), max_length=3, eos=EOS)
    expected = beam_search(*step_of(lambda prefix: model((3, 2, *prefix))), start=0, max_length=3, eos=EOS)
    assert [one.tokens for one in found.hypotheses] == [one.tokens for one in expected.hypotheses]
    assert found.calls == expected.calls + 2


def test_without_an_end_token_every_hypothesis_has_the_greatest_length():
    found = beam_search(*step_of(random_model(3)), max_length=4, eos=None, beam_size=5)
    assert {len(one.tokens) for one in found.hypotheses} == {4} and not any(one.is_ended for one in found.hypotheses)


def test_a_beam_wider_than_its_candidates_holds_them_all():
    found = beam_search(*step_of(random_model(4, size=3)), max_length=2, eos=EOS, beam_size=50)
    assert len(found.hypotheses) == len(everything(random_model(4, size=3), 3, 2))


def test_the_account_shows_why_the_search_could_stop():
    found = search(random_model(4, sharpness=3.0), beam_size=2)
    best, worst = found.stopping[-1]
    assert found.stopped == str(HUGGING_FACE_CANONICAL.stop) and best <= worst
    assert all(alive > beaten for alive, beaten in found.stopping[:-1])


def test_the_horizon_forces_the_end_where_the_semantics_says_so():
    forced = dataclasses.replace(HUGGING_FACE_CANONICAL, horizon=Horizon.FORCE_END)
    found = search(random_model(5), beam_size=4, semantics=forced)
    assert all(one.is_ended for one in found.hypotheses)
    reasons = {node.reason for node in found.tree.nodes if node.step == LENGTH and node.token != EOS}
    assert reasons == {Reason.NOT_END}
