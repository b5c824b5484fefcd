"""Sentences that read the Decoding page's pictures out in numbers, and hypotheses as people read them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.recordings.search import Hypothesis
from core.recordings.search_account import ScoreAgainstSize
from core.recordings.search_outcomes import Account, NextTokens, Outcome
from dashboard.figures.interventions import visible
from dashboard.readings import number, verbatim

NOTHING = "∅"


def written(symbols: Sequence[str], tokens: Sequence[int], repeats: Sequence[tuple[int, int]] = ()) -> str:
    """A hypothesis as text; characters are joined, words have spaces between, repeated spans stand in ⟦ ⟧."""
    firsts, lasts = {first for first, _ in repeats}, {last for _, last in repeats}
    parts = [
        "⟦" * (place in firsts) + _printed(symbols[token]) + "⟧" * (place in lasts)
        for place, token in enumerate(tokens)
    ]
    is_text = sum(len(symbol) == 1 for symbol in symbols) > len(symbols) / 2 and len(symbols) > 12
    return ("" if is_text else " ").join(parts) or NOTHING


def _printed(symbol: str) -> str:
    return symbol if symbol == " " else visible(symbol)


def quoted(symbols: Sequence[str], tokens: Sequence[int]) -> str:
    """A hypothesis inside a sentence."""
    return f"“{verbatim(written(symbols, tokens))}”"


def headline(account: Account) -> str:
    """Whether the search found the best there is, and which that is."""
    if account.best is None:
        return "**Whether this is the best there is, is not known.**" if account.why_unknown else "**There is none.**"
    if account.error is None or not account.error.is_search_error:
        return "**This is the best there is.**"
    best = quoted(account.symbols, account.best.tokens)
    return f"**The best there is was missed:** {best} with P = {number(float(np.exp(account.best.log_prob)))}."


def product_sentence(account: Account) -> str:
    """The first answer as a product of its factors."""
    if not account.hypotheses:
        return "The search found nothing."
    first = account.hypotheses[0]
    factors = [number(float(np.exp(value))) for value in first.step_log_probs]
    shown = " · ".join([*factors[:8], *(["…"] if len(factors) > 8 else [])])
    return (
        f"P({quoted(account.symbols, first.tokens)}) = {shown} = **{number(float(np.exp(first.log_prob)))}**, "
        f"log P = {first.log_prob:.4g} nats."
    )


def mass_sentence(account: Account) -> str:
    """What became of all probability, at the end and when most of it was gone."""
    kept, finished, pruned = account.mass[-1]
    half = int(np.argmax(account.mass[:, 2] >= 0.5)) + 1
    when = f" Half was gone at step {half}." if pruned >= 0.5 else ""
    return (
        f"After {len(account.mass)} steps **{number(finished)}** of all probability is finished, {number(kept)} still "
        f"kept, {number(pruned)} pruned; they sum to {account.mass[-1].sum():.9g}.{when}"
    )


def cost_sentence(account: Account) -> str:
    """Calls, hypotheses fed, candidates, and why it ended."""
    return (
        f"{account.calls} calls of the model fed {account.rows} hypotheses and brought "
        f"{int(account.candidates.sum()):,} candidates, at most {int(account.candidates.max()):,} in a step. It ended "
        f"because {account.stopped}."
    )


def stopping_sentence(account: Account) -> str:
    """Where the bound settled it."""
    compared = np.isfinite(account.stopping).all(axis=1)
    over = np.flatnonzero(compared & (account.stopping[:, 0] <= account.stopping[:, 1]))
    if not np.isfinite(account.stopping[:, 0]).any():
        return f"This search compares no bound: it ended because {account.stopped}."
    if not len(over):
        return f"At no step was the bound settled: it ended because {account.stopped}."
    step = int(over[0])
    return (
        f"At step {step + 1} the best score in reach, {account.stopping[step, 0]:.4g}, no longer beats the worst of "
        f"the finished, {account.stopping[step, 1]:.4g}: nothing better can come."
    )


def sizes_sentence(symbols: Sequence[str], found: ScoreAgainstSize, best: Hypothesis | None) -> str:
    """Where wider is worse, how often the answer changes, and the smallest size that finds the best."""
    if len(found.falls):
        falls = f"A **wider beam is worse** at k = {', '.join(map(str, found.falls))}."
    else:
        falls = "The score never falls here, though nothing forbids it."
    changes = f"The answer changes {len(found.changes)} times up to k = {found.sizes[-1]}."
    if best is None:
        return f"{falls} {changes} What the best there is scores is not known."
    smallest = found.smallest(best.tokens)
    reached = f"is found from k = {smallest}" if smallest else f"is found by no k up to {found.sizes[-1]}"
    return f"{falls} {changes} The best there is, {quoted(symbols, best.tokens)}, {reached}."


def methods_sentence(symbols: Sequence[str], outcomes: Sequence[Outcome]) -> str:
    """Who found the best, and at what cost."""
    answers = [(one, one.answer) for one in outcomes if one.answer is not None]
    if not answers:
        return "No method found anything."
    top = max(answer.score for _, answer in answers)
    finders = [one for one, answer in answers if answer.score >= top - 1e-9]
    cheapest = min(finders, key=lambda one: one.rows)
    text = quoted(symbols, next(answer.tokens for one, answer in answers if one is cheapest))
    return (
        f"The highest score, {top:.4g}, is that of {text}: {', '.join(one.label.lower() for one in finders)} found it. "
        f"Of these {cheapest.label.lower()} fed the fewest hypotheses, {cheapest.rows}."
    )


def semantics_sentence(symbols: Sequence[str], outcomes: Sequence[Outcome]) -> str:
    """Whether the meanings of beam search agree, and where they part."""
    answers = {one.label: one.answer.tokens for one in outcomes if one.answer is not None}
    different = list(dict.fromkeys(answers.values()))
    if len(different) < 2:
        return f"All {len(answers)} agree on this question."
    first = different[0]
    parted = [
        f"{label} parts at token {parting(first, tokens) + 1} ({quoted(symbols, tokens)})"
        for label, tokens in answers.items()
        if tokens != first
    ]
    same = [label for label, tokens in answers.items() if tokens == first]
    return f"**{len(different)} different answers.** {', '.join(same)}: {quoted(symbols, first)}. {'; '.join(parted)}."


def parting(one: Sequence[int], other: Sequence[int]) -> int:
    """The first place, from 0, at which two hypotheses differ."""
    pairs = zip(one, other, strict=False)
    return next((place for place, (left, right) in enumerate(pairs) if left != right), min(len(one), len(other)))


def penalty_sentence(
    symbols: Sequence[str], alphas: np.ndarray, scores: np.ndarray, found: Sequence[Hypothesis]
) -> str:
    """Who wins without a penalty, and from which strength on another one does."""
    winners = scores.argmax(axis=0)
    turns = np.flatnonzero(np.diff(winners)) + 1
    said = [f"from α ≈ {alphas[at]:.2f} on {quoted(symbols, found[winners[at]].tokens)}" for at in turns.tolist()]
    first = f"At α = {alphas[0]:g} {quoted(symbols, found[winners[0]].tokens)} wins"
    rest = f"; {'; '.join(said)}" if said else f", and at every α up to {alphas[-1]:g}"
    return f"{first}{rest}. No hypothesis was decoded again: {len(found)} that had finished were divided anew."


def next_sentence(found: NextTokens) -> str:
    """How sure the model is, and what the filters leave."""
    probabilities = np.exp(found.log_probs)
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = -float(np.nansum(probabilities * found.log_probs))
    left = ~found.is_cut
    first = int(found.log_probs.argmax())
    likeliest = verbatim(visible(found.symbols[first]))
    return (
        f"After {quoted(found.symbols, found.tokens)} the likeliest is “{likeliest}” with "
        f"**{number(float(probabilities[first]))}**; the entropy is {entropy:.3g} nats. The filters leave "
        f"{int(left.sum())} of {len(left)} tokens, which hold {number(float(probabilities[left].sum()))} of the "
        "probability."
    )
