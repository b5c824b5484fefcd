"""Sentences that read out what a decoder looked at, and what that is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from core.analysis.alignment import AlignmentNumbers, crossings, links, row_entropy
from core.recordings.attention import LENGTH, SEQUENCES_RIGHT, TOKENS_RIGHT, SourceGradient
from core.tasks.pair_vocabulary import UNKNOWN
from core.training.translation_crossing import WordOrder
from dashboard.attention_calls import HandTried
from dashboard.attention_seen import Seen
from dashboard.figures.attention import Aligned
from dashboard.readings import number


def pair_sentence(seen: Seen, name: str, example: int, pair: Aligned) -> str:
    """What is written of what, whether it is right, and how much of the attention lies where it should."""
    snapshot = seen.snapshots[name]
    source, target, _ = snapshot.example(example)
    meant, said = seen.task.print(target), seen.task.print(snapshot.answers[example])
    verdict = "and so it writes" if said == meant else f"but by itself it writes “{said}”"
    entropy = float(row_entropy(pair.weights).mean())
    return (
        f"“{seen.task.source.print(source)}” should become **“{meant}”**, {verdict}. {_mass(pair)} "
        f"Rows have {number(entropy)} of the entropy of knowing nothing. Point at a row: the source below lights up."
    )


def _mass(pair: Aligned) -> str:
    if pair.possible is None:
        return "The true alignment of this pair is not known."
    known = pair.possible.any(axis=1)
    mass = float((pair.weights * pair.possible).sum(axis=1)[known].mean())
    uniform = float(pair.possible[known].mean())
    return f"**{number(mass)}** of its attention lies in the frames; {number(uniform)} would if it knew nothing."


def order_sentence(pair: Aligned) -> str:
    """Which links cross."""
    share = crossings(links(pair.weights[:-1]))
    strong = int((pair.weights.max(axis=1) > 0.5).sum())
    return (
        f"**{number(100 * share)} %** of all pairs of links cross (0: same order, 100: reversed; [stop] left out). "
        f"{strong} of {len(pair.target)} tokens have one ribbon of more than half their weight."
    )


def word_order_sentence(found: WordOrder) -> str:
    """In how many pairs attention crosses."""
    own, other = found.weights[[0, 1], [1, 0]].mean(), found.weights[[0, 1], [0, 1]].mean()
    share = number(100 * found.crossed / found.pairs)
    return (
        f"Attention crosses in **{found.crossed} of {found.pairs}** ({share} %): both words look more at their own "
        f"word than at the other. On average a letter lays {number(own)} of its weight on its own word, "
        f"{number(other)} on the other."
    )


def numbers_sentence(by_model: Mapping[str, AlignmentNumbers], uniform: AlignmentNumbers, count: int) -> str:
    """Mass on the true links and error rate of each model beside knowing nothing."""
    if not by_model:
        return "No model of this run attends to anything."
    if np.isnan(uniform.gold_mass):
        parts = [f"**{label}** {number(one.row_entropy)}" for label, one in by_model.items()]
        return f"Means over {count} pairs. No true alignment is known; entropy of a row: {'; '.join(parts)}."
    parts = [
        f"**{label}** has {number(one.gold_mass)} of its weight on the true links, error rate {number(one.error_rate)}"
        for label, one in by_model.items()
    ]
    return (
        f"Means over {count} pairs: {'; '.join(parts)}. Attention that knows nothing: {number(uniform.gold_mass)} and "
        f"{number(uniform.error_rate)}."
    )


def progress_sentence(
    curves: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]], last: Mapping[str, Mapping[str, float]]
) -> str:
    """What each model came to: strings and tokens right, edits, and mass."""
    parts = []
    for label, (_, right, mass) in curves.items():
        found, known = f"**{label}** has {number(100 * right[-1])} % of held-out strings right", last[label]
        if "held_out_tokens" in known:
            found += f", {number(100 * known['held_out_tokens'])} % of tokens"
        if "held_out_edits" in known:
            found += f", and is {number(known['held_out_edits'])} edits a token away (Levenshtein, 1966)"
        looks = "" if np.isnan(mass[-1]) else f"; {number(mass[-1])} of its attention is on the true links"
        parts.append(f"{found}{looks}")
    steps = next(iter(curves.values()))[0]
    return f"At step {steps[-1]}: {'. '.join(parts)}."


def film_sentence(steps: Sequence[int], frames: Sequence[np.ndarray]) -> str:
    """How sharp the matrix was, first and last."""
    first, last = (float(frame.max(axis=1).mean()) for frame in (frames[0], frames[-1]))
    return (
        f"The largest weight of a row is {number(first)} on average at step {steps[0]} and **{number(last)}** at step "
        f"{steps[-1]}."
    )


def contexts_sentence(distances: np.ndarray, target: Sequence[str]) -> str:
    """The nearest and the farthest two successive contexts."""
    steps = np.array([distances[row, row - 1] for row in range(1, len(target))])
    if not len(steps):
        return "One row alone has no distance."
    near, far = int(steps.argmin()) + 1, int(steps.argmax()) + 1
    return (
        f"From “{target[near - 1]}” to “{target[near]}” (rows {near} and {near + 1}) the context moves by "
        f"{number(steps.min())}, the least; from “{target[far - 1]}” to “{target[far]}” (rows {far} and {far + 1}) by "
        f"**{number(steps.max())}**, the most."
    )


def length_sentence(tables: Mapping[str, np.ndarray], learnt: int | None) -> str:
    """Every model's share at the longest length that was learnt, or at the longest."""
    known = next(iter(tables.values()))[:, LENGTH]
    at = int(known.max() if learnt is None else known[np.abs(known - learnt).argmin()])
    shares = {label: table[table[:, LENGTH] == at][0] for label, table in tables.items()}
    parts = [
        f"**{label}** {number(100 * row[TOKENS_RIGHT])} % of tokens, {number(100 * row[SEQUENCES_RIGHT])} % of strings"
        for label, row in shares.items()
    ]
    tokens = [100 * float(row[TOKENS_RIGHT]) for row in shares.values()]
    lead = f" That is {number(max(tokens) - min(tokens))} points of tokens apart." if len(tokens) > 1 else ""
    return f"At {at} tokens: {'; '.join(parts)}.{lead}"


def way_back_sentence(norms: Mapping[str, np.ndarray], where: str) -> str:
    """The least beside the most of each model."""
    parts = []
    for label, values in norms.items():
        low, high = int(values.argmin()), int(values.argmax())
        if not values[high] > 0:
            parts.append(f"**{label}**: nothing arrives")
            continue
        share = number(100 * values[low] / values[high])
        parts.append(f"**{label}**: {where} {low + 1} gets {share} % of what {where} {high + 1} gets, the most")
    return f"{'; '.join(parts)}."


def pull_sentence(found: SourceGradient, possible: np.ndarray | None) -> str:
    """Where the pull of a row lies, and by which way it came."""
    shares, columns = found.shares(), found.total.shape[1]
    known = np.isfinite(shares).all(axis=1) if possible is None else possible.any(axis=1)
    by_way = _way(found.attention_share())
    if not known.any() or np.isnan(shares[known]).any():
        return f"No row pulls at its source. {by_way}"
    if possible is None:
        most = float(shares[known].max(axis=1).mean())
        return f"On average **{number(most)}** of a row's pull lies on one position, 1/{columns} if alike. {by_way}"
    mass = float((shares * possible).sum(axis=1)[known].mean())
    alike = float(possible[known].mean())
    return f"On average **{number(mass)}** of a row's pull lies in the frames, {number(alike)} if alike. {by_way}"


def _way(share: float) -> str:
    if np.isnan(share):
        return "Nothing comes back by either way."
    if share in (0.0, 1.0):
        return f"All of it comes {'by attention' if share else 'through the one vector that the decoder starts from'}."
    return f"**{number(100 * share)} %** of it comes by attention, the rest through the decoder's first state."


def hand_sentence(tried: HandTried, said: tuple[str, str], changed: Sequence[int], is_other_source: bool) -> str:
    """What the hand changed."""
    before, after = said
    unknown = int((tried.after.trace.source == UNKNOWN).sum())
    if unknown:
        return f"{_changed(tried, said, changed, is_other_source)} {_unknown(unknown)}"
    return _changed(tried, said, changed, is_other_source)


def _unknown(count: int) -> str:
    return f"Of the source {count} token{'s' * (count > 1)} never stood in a pair that is learnt: read as [unk]."


def _changed(tried: HandTried, said: tuple[str, str], changed: Sequence[int], is_other_source: bool) -> str:
    before, after = said
    if not changed and before == after:
        return f"By itself it writes **“{before}”**, and so it does with a hand: nothing changed."
    surprise = -float(tried.after.trace.step_log_probs().sum())
    rows = ", ".join(str(row + 1) for row in changed[:8]) + ("…" if len(changed) > 8 else "")
    why = "of the other source" if is_other_source else "with a hand"
    where = f" Other tokens stand in row{'s' * (len(changed) != 1)} {rows}." if changed else ""
    return (
        f"By itself it writes “{before}”; {why} **“{after}”**.{where} The model holds its own answer for "
        f"{number(-float(tried.before.trace.step_log_probs().sum()))} nats, this one for {number(surprise)}."
    )
