"""Sentences that read the Embeddings page's pictures out in numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.models.embedding_costs import BATCH, LENGTH, EmbeddingCosts
from dashboard.readings import number

MOST_NAMED = 8


def named(labels: Sequence[str]) -> str:
    """Some tokens in a row."""
    shown = ", ".join(f"“{label}”" for label in labels[:MOST_NAMED])
    return shown + (f" and {len(labels) - MOST_NAMED:,} more" if len(labels) > MOST_NAMED else "")


def space_sentence(label: str, chosen: str, size: int, share: float | None, near: Sequence[str], moved: float) -> str:
    """How much of the space the picture shows, and who is near the chosen token."""
    if not near or (share is not None and np.isnan(share)):
        return f"**{label}**: nothing, as yet: “{chosen}” stands where it began."
    if share is None:
        shows = "The rows have two numbers, so the picture shows all of them"
    else:
        shows = f"The plane shows {share:.0%} of the variance of rows of {size} numbers"
    went = "" if np.isnan(moved) else f"; it went {number(moved)} from where it began"
    return f"**{label}**: {shows}. Nearest to “{chosen}” are {named(near[:5])}{went}."


def neighbours_sentence(
    chosen: str, labels: Sequence[str], now: np.ndarray, before: np.ndarray | None, is_distance: bool
) -> str:
    """The nearest token, and how near it was at first."""
    if not len(labels):
        return f"“{chosen}” has only zeros here, and so no direction and no neighbours."
    name = "distance" if is_distance else "cosine"
    then = "" if before is None else f", {before[0]:.2f} before training"
    mean = "" if before is None else f" The mean of the {len(labels)} was {before.mean():.2f} and is {now.mean():.2f}."
    return f"Nearest to “{chosen}” is **“{labels[0]}”**, {name} {now[0]:.2f}{then}.{mean}"


def norms_sentence(shares: np.ndarray, norms: np.ndarray, size: int) -> str:
    """Norms of the frequent half against the rare half, beside what drawn rows have."""
    drawn = f"rows drawn from N(0, 1) have about √{size} = {np.sqrt(size):.2f}"
    if np.ptp(shares) == 0:
        return f"All tokens come alike often; the mean norm of their rows is {number(float(norms.mean()))}, {drawn}."
    order = np.argsort(-shares, kind="stable")
    half = max(len(order) // 2, 1)
    often, seldom = norms[order[:half]].mean(), norms[order[half:]].mean() if len(order) > half else np.nan
    return (
        f"The more frequent half of the tokens has rows of mean norm {number(float(often))}, the rarer half "
        f"{number(float(seldom))}; {drawn}."
    )


def movement_sentence(labels: Sequence[str], met: np.ndarray, moved: np.ndarray, is_frozen: bool) -> str:
    """Which rows never moved, and whether they are just those that were never met."""
    still = np.flatnonzero(moved == 0)
    if is_frozen:
        return f"The table is frozen: all {len(moved):,} rows stand where they began, to the last bit."
    if not met.any():
        return "Nothing has been trained yet, so every row stands where it was drawn."
    if not len(still):
        return f"All {len(moved):,} rows moved; each token was met at least {int(met.min()):,} times."
    unmet = np.flatnonzero(met == 0)
    same = "exactly those that no batch had" if np.array_equal(still, unmet) else f"while {len(unmet):,} were never met"
    return (
        f"**{len(still):,} of {len(moved):,} rows never moved**, {same}: "
        f"{named([labels[int(place)] for place in still])}. To the model they are noise."
    )


def product_sentence(chosen: str, place: int, vocabulary: int, size: int) -> str:
    """What the product would have done, and what the look-up does."""
    return (
        f"“{chosen}” is token {place}. The product would make {vocabulary * size:,} multiplications, of "
        f"which {(vocabulary - 1) * size:,} are by 0; the look-up copies {size} numbers. The results are the same, bit "
        "for bit."
    )


def times_sentence(costs: EmbeddingCosts) -> str:
    """How many times faster the look-up is at the ends of the range, and that it gives the same numbers."""
    few, many = costs.sizes[0], costs.sizes[-1]
    one = costs.product_seconds[0] / costs.look_up_seconds[0]
    other = costs.product_seconds[-1] / costs.look_up_seconds[-1]
    step = costs.product_step_seconds[-1] / costs.look_up_step_seconds[-1]
    return (
        f"Forward, the look-up is **{number(one)} times** faster at V = {few:,} and **{number(other)} times** at "
        f"V = {many:,}; with the way back {number(step)} times. Largest difference of the results: "
        f"{number(costs.largest_difference)}."
    )


def memory_sentence(costs: EmbeddingCosts) -> str:
    """What the inputs take, and that the parameters are the same."""
    return (
        f"{BATCH * LENGTH} tokens take {costs.look_up_bytes[-1]:,} bytes as numbers of rows, and "
        f"{costs.product_bytes[-1] / 1e6:.0f} MB as one-hot vectors at V = {costs.sizes[-1]:,}. The parameters are the "
        f"same, V · E: {costs.parameters[0]:,} and {costs.parameters[-1]:,} at the two ends."
    )


def similar_sentence(word: str, words: Sequence[str], cosines: np.ndarray, source: str) -> str:
    """The nearest words of a source."""
    return f"{source[0].upper()}{source[1:]}. Nearest to “{word}”: {named(words[:3])} (cosine {cosines[0]:.2f})."


def analogy_sentence(words: Sequence[str], answers: Sequence[str], cosines: np.ndarray, source: str) -> str:
    """The answer, and how far it is ahead."""
    a, b, c = (f"“{word}”" for word in words)
    return (
        f"{a} is to {b} as {c} to **“{answers[0]}”**, cosine {cosines[0]:.2f}, before "
        f"“{answers[1]}” with {cosines[1]:.2f}. {source[0].upper()}{source[1:]}; the three words themselves "
        "are left out, else one of them would mostly win."
    )


def treatments_sentence(labels: Sequence[str], finals: Sequence[np.ndarray]) -> str:
    """The last loss of each way over its seeds, and where ranges over seeds part."""
    done = [(label, values) for label, values in zip(labels, finals, strict=True) if len(values)]
    if not done:
        return "No seed is done yet; the thin lines are of the one in training."
    said = [f"**{label}** {values.mean():.3f} ({values.min():.3f}–{values.max():.3f})" for label, values in done]
    seeds = len(done[0][1])
    beginning = f"Loss over the last 20 batches, nats a word, mean and range of {seeds} seed{'s' * (seeds > 1)}: "
    return f"{beginning}{'; '.join(said)}.{' '.join(['', *_gaps(done)])}"


def _gaps(done: Sequence[tuple[str, np.ndarray]]) -> list[str]:
    """Of each way but the first, its distance from the first; none of a single seed, which has no range."""
    (first, base), *others = done
    if len(base) < 2:
        return []
    return [
        f"{label[0].upper()}{label[1:]} ends {abs(values.mean() - base.mean()):.3f} "
        f"{'above' if values.mean() > base.mean() else 'below'} {first}, "
        f"{'apart from' if values.min() > base.max() or values.max() < base.min() else 'within'} its range."
        for label, values in others
    ]
