from __future__ import annotations

import numpy as np
import pytest

from core.decoding import PRESETS, beam_search
from core.decoding.length_penalty import by_length
from core.decoding.reranking import ranked, reranked, scores_under
from core.decoding.rules import Rules
from core.decoding.settings import SearchSettings
from core.recordings.search import Hypothesis
from core.recordings.search_account import ScoreAgainstSize
from core.recordings.search_outcomes import NextTokens, Outcome
from dashboard.decoding_asked import AskedSearch
from dashboard.decoding_calls import account, finished, meanings, methods, sizes
from dashboard.decoding_readings import (
    headline,
    mass_sentence,
    methods_sentence,
    next_sentence,
    parting,
    penalty_sentence,
    product_sentence,
    semantics_sentence,
    sizes_sentence,
    stopping_sentence,
    written,
)
from dashboard.decoding_sources import Source
from dashboard.decoding_verdict import verdict
from dashboard.figures.search_account import Line, mass_figure, product_figure, stopping_figure
from dashboard.figures.search_next import next_figure
from dashboard.figures.search_outcomes import costs_figure, penalty_figure
from dashboard.figures.search_sizes import sizes_figure

TABLE = Source("table", "a table")
GREEDY = AskedSearch(settings=SearchSettings("greedy", 1, 4, rules=Rules(3)))
WIDER = AskedSearch("preset:wider-is-worse", settings=SearchSettings("beam", 2, 5))


def hypothesis(log_prob: float, length: int = 1) -> Hypothesis:
    return Hypothesis((0,) * length, log_prob, log_prob, (log_prob / length,) * length, True, 1)


def test_the_mass_of_the_picture_is_that_of_the_products_by_hand() -> None:
    found = account(TABLE, GREEDY, None)
    figure = mass_figure(found.mass)
    kept, finished_, pruned = (trace.y for trace in figure.data)
    np.testing.assert_allclose(kept, [0.5, 0.5 * 0.4, 0.5 * 0.4 * 0.4, 0])
    np.testing.assert_allclose(finished_, [0, 0, 0, 0.048])
    np.testing.assert_allclose(pruned, [0.5, 0.8, 0.92, 0.952])
    assert figure.layout.yaxis.range == (0, 1) and figure.layout.barmode == "stack"
    assert "**0.048** of all probability is finished, 0 still kept, 0.952 pruned" in mass_sentence(found)


def test_the_lines_of_the_product_add_up_logarithms_and_name_what_is_new_in_them() -> None:
    lines = [Line("1", ("A", "B"), (-1.0, -0.5)), Line("best", ("A", "<b>"), (-1.0, -0.25), True)]
    first, best = product_figure(lines).data
    np.testing.assert_allclose(first.y, [0, -1, -1.5])
    assert first.text == ("", "A", "B") and best.text == ("", "", "&lt;b>") and best.line.dash == "dot"
    assert best.customdata[2][2] == f"{np.exp(-1.25):.4g}"


def test_a_bound_that_is_not_asked_is_a_gap_and_a_settled_one_is_said() -> None:
    figure = stopping_figure(np.array([[-1.0, -np.inf], [-2.0, -1.5], [np.nan, np.nan]]))
    assert np.isnan(figure.data[1].y[0]) and figure.data[0].y[1] == -2 and np.isnan(figure.data[0].y[2])
    said = stopping_sentence(account(TABLE, AskedSearch("preset:best-is-empty", settings=SearchSettings(size=4)), None))
    assert said.startswith("At step 3 the best score in reach")


def test_a_wider_beam_that_is_worse_has_a_triangle() -> None:
    symbols, found, best = sizes(TABLE, WIDER, None)
    assert best is not None
    figure = sizes_figure(found, [written(symbols, tokens) for tokens in found.answers], best.score)
    (line,) = figure.data
    assert [str(symbol) for symbol in line.marker.symbol[:3]] == ["circle", "triangle-down", "circle"]
    np.testing.assert_allclose(np.exp(line.y[:3]), [0.18, 0.027, 0.18])
    assert "worse** at k = 2" in sizes_sentence(symbols, found, best)


def test_scores_that_never_fall_and_a_best_that_is_not_known_are_said() -> None:
    flat = ScoreAgainstSize(np.array([1, 2]), np.array([-2.0, -1.0]), ((0,), (1,)), np.ones(2), np.ones(2))
    said = sizes_sentence(("A", "B"), flat, None)
    assert "never falls" in said and "changes 1 times" in said and "not known" in said


def test_scores_that_differ_by_rounding_are_drawn_level() -> None:
    scores = np.array([-1.0, -1.0 + 1e-15, np.nan])
    rounded = ScoreAgainstSize(np.array([1, 2, 3]), scores, ((0,), (0,), ()), np.ones(3), np.ones(3))
    low, high = sizes_figure(rounded, ["A", "A", ""], -1.0 - 1e-15).layout.yaxis.range
    assert low < -1.001 and high > -0.999
    apart = ScoreAgainstSize(np.array([1, 2, 3]), np.array([-2.0, -1.0, np.nan]), ((0,), (1,), ()), *np.ones((2, 3)))
    assert sizes_figure(apart, ["A", "B", ""], None).layout.yaxis.range is None


def test_what_could_not_run_is_left_out_of_the_costs_and_said_in_the_sentence() -> None:
    symbols, found = methods(TABLE, GREEDY, None)
    figure = costs_figure([*found, Outcome("Too large", None, 0, 0, 0.0, "why")])
    calls, fed = figure.data
    assert list(calls.y) == [one.label for one in found] and "Too large" not in calls.y
    by_name = dict(zip(fed.y, fed.x, strict=True))
    assert by_name["Exhaustive"] == 1 + 3 + 9 + 27 and by_name["Greedy"] == 4
    said = methods_sentence(symbols, found)
    assert "A C B" in said and "best first (exact), depth first (exact), exhaustive found it" in said


def test_the_penalty_picture_divides_and_names_the_turns() -> None:
    alphas, found = np.linspace(0, 2, 81), (hypothesis(-1.0, 1), hypothesis(-1.5, 3), hypothesis(-9.0, 2))
    scores = scores_under(found, [by_length(float(alpha)) for alpha in alphas])
    np.testing.assert_allclose(scores[1], -1.5 / 3**alphas)
    figure = penalty_figure(alphas, scores, ["short", "long", "bad"], 0.5)
    turn = np.log(1.5) / np.log(3)
    wins = alphas[np.flatnonzero(np.array(figure.data[1].y) == 0)[0]]
    assert turn <= wins < turn + 0.03 and [trace.showlegend for trace in figure.data] == [True, True, False]
    assert f"from α ≈ {wins:.2f}" in penalty_sentence(("A",), alphas, scores, found)


def test_ranking_again_is_the_same_from_the_tree_and_from_the_hypotheses() -> None:
    _, found = finished(
        TABLE, AskedSearch("preset:best-is-empty", settings=SearchSettings("exhaustive", max_length=5)), None
    )
    preset = PRESETS["best-is-empty"]
    step, state = preset.model()
    search = beam_search(step, state, beam_size=5, max_length=5, eos=3, start=3)
    again = reranked(search.tree, by_length(0.7))
    assert [one.tokens for one in ranked(reranked(search.tree, by_length(0.0)), by_length(0.7))] == [
        one.tokens for one in again
    ]
    assert found[0].tokens == (3,) and len(found) == 200


def test_next_tokens_are_cut_where_the_line_is() -> None:
    probabilities = np.array([0.5, 0.1, 0.3, 0.1, 0.0])
    with np.errstate(divide="ignore"):
        found = NextTokens(tuple("ab\n d"), (), np.log(probabilities), np.array([0.625, 0, 0.375, 0, 0]),
                           np.array([False, True, False, True, True]))  # fmt: skip
    figure = next_figure(found, ["a", "b", "⏎", "␣", "d"])
    outline, filled = figure.data
    np.testing.assert_allclose(outline.y, [0.5, 0.3, 0.1, 0.1, 0])
    assert list(filled.y[:2]) == [0.625, 0.375] and figure.layout.shapes[0].x0 == 1.5
    said = next_sentence(found)
    assert "2 of 5 tokens, which hold 0.8" in said and "entropy is 1.17 nats" in said


def test_semantics_that_disagree_are_said_with_the_token_at_which_they_part() -> None:
    symbols, found = meanings(TABLE, AskedSearch("preset:best-is-empty", settings=SearchSettings(size=4)), None)
    said = semantics_sentence(symbols, found)
    answers = {one.label: one.answer.tokens for one in found if one.answer}
    assert len(set(answers.values())) > 1 and f"**{len(set(answers.values()))} different answers.**" in said
    assert "parts at token 1" in said


@pytest.mark.parametrize(("one", "other", "place"), [((1, 2), (1, 3), 1), ((1,), (1, 2), 1), ((), (1,), 0)])
def test_hypotheses_part_at_the_first_token_that_differs(one, other, place) -> None:
    assert parting(one, other) == place


def test_text_is_joined_words_stand_apart_and_repetition_is_marked() -> None:
    letters = tuple("abcdefghijklmnop\n ")
    assert written(letters, (0, 17, 1, 16)) == "a b⏎" and written(letters, ()) == "∅"
    assert written(letters, (0, 1, 0, 1), ((2, 3),)) == "ab⟦ab⟧"
    assert written(("A", "B", "[stop]"), (0, 1, 2)) == "A B [stop]"


def test_each_verdict_is_its_own_sentence() -> None:
    found = account(TABLE, GREEDY, None)
    assert "lost at step 2, where it ranked 2, 0.2877 nats short" in verdict(found.best, "", found.error)
    assert verdict(None, "too many.", None).endswith("is not known: too many.")
    assert "no hypothesis at all" in verdict(None, "", None)
    assert "A C B" in headline(found) and "0.5 · 0.4 · 0.4 · 0.6" in product_sentence(found)
    right = account(TABLE, AskedSearch(settings=SearchSettings("beam", 2, 4, rules=Rules(3))), None)
    assert "was found" in verdict(right.best, "", right.error) and "the best there is" in headline(right)
