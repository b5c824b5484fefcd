"""Searches written again, slowly and with nothing of ours: plain lists over a model that is a function of the prefix.

Axes: V vocabulary, k beam size, T greatest length.
"""

import itertools
import math

import numpy as np
import torch

EOS = 1


def random_model(seed, size=4, sharpness=1.5, zeros=0.0):
    """Prefix (tuple of generated tokens) → V log-probabilities, always the same."""

    def log_probs(prefix):
        rng = np.random.default_rng([seed, size, len(prefix), *prefix])
        logits = rng.normal(size=size) * sharpness
        logits[rng.random(size) < zeros] = -np.inf
        logits[EOS] = max(logits[EOS], -5.0)
        return logits - np.log(np.exp(logits).sum())

    return log_probs


def step_of(log_probs, length=32):
    """A step over a model of prefixes. The prefix is kept twice, in a nest of a tensor and an array, and compared."""

    def step(state, tokens):
        before, (count, nested) = state["prefix"], state["rest"]
        assert (before.numpy() == nested[0]).all() and nested[1] is None
        after = torch.cat([before[:, 1:], tokens[:, None]], dim=1)
        rows = [
            log_probs(tuple(row[len(row) - int(n) :].tolist())) for row, n in zip(after.numpy(), count, strict=True)
        ]
        return np.array(rows), {"prefix": after, "rest": (count + 1, [after.numpy().copy(), None])}

    nothing = torch.full((1, length), -1)
    return step, {"prefix": nothing, "rest": (np.zeros(1, dtype=int), [nothing.numpy().copy(), None])}


def log_prob_of(log_probs, tokens):
    return math.fsum(log_probs(tokens[:place])[token] for place, token in enumerate(tokens))


def everything(log_probs, size, longest, truncates=True):
    """(log-probability, tokens) of every hypothesis, best first."""
    others = [token for token in range(size) if token != EOS]
    found = [(*beginning, EOS) for length in range(longest) for beginning in itertools.product(others, repeat=length)]
    if truncates:
        found += itertools.product(others, repeat=longest)
    return sorted(((log_prob_of(log_probs, tokens), tokens) for tokens in found), reverse=True)


def continuations(log_probs, beam):
    """(log-probability, tokens) of every candidate of a beam, best first; ties by parent, then token."""
    found = [
        (total + step, place, token, (*tokens, token))
        for place, (total, tokens) in enumerate(beam)
        for token, step in enumerate(log_probs(tokens))
        if step > -math.inf
    ]
    return [(total, tokens) for total, _, _, tokens in sorted(found, key=lambda one: (-one[0], one[1], one[2]))]


def by_score(found, divisor):
    return sorted(((total / divisor(len(tokens)), tokens) for total, tokens in found), key=lambda one: -one[0])


def refilling_beam(log_probs, size, longest, divisor, early):
    """Hugging Face's, `early` as its early_stopping; generated length with the end token."""
    beam, done = [(0.0, ())], []
    for length in range(1, longest + 1):
        top = continuations(log_probs, beam)[: 2 * size]
        is_over = [tokens[-1] == EOS or length == longest for _, tokens in top]
        done += [one for one, over in zip(top[:size], is_over, strict=False) if over]
        beam = [one for one, over in zip(top, is_over, strict=True) if not over][:size]
        ranked = by_score(done, divisor)[:size]
        if not beam:
            break
        if len(ranked) == size:
            reach = length if early is False else max((length, longest), key=divisor)
            if early is True or beam[0][0] / divisor(reach) <= ranked[-1][0]:
                break
    return by_score(done, divisor)[:size]


def fairseq_beam(log_probs, size, longest, divisor):
    """First come, first served; the end forced at the greatest length."""
    beam, done = [(0.0, ())], []
    for length in range(1, longest + 1):
        found = continuations(log_probs, beam)
        if length == longest:
            found = [one for one in found if one[1][-1] == EOS]
        top = found[: 2 * size]
        done += [one for one in top[:size] if one[1][-1] == EOS]
        beam = [one for one in top if one[1][-1] != EOS][:size]
        if len(done) >= size or not beam:
            break
    return by_score(done[:size], divisor)


def staying_beam(log_probs, size, longest, divisor):
    """A finished one competes on with the log-probability it has."""
    beam = [(0.0, ())]
    for _ in range(longest):
        rows = []
        for place, (total, tokens) in enumerate(beam):
            if tokens and tokens[-1] == EOS:
                rows.append((total, place, EOS, tokens))
            else:
                steps = enumerate(log_probs(tokens))
                rows += [(total + step, place, token, (*tokens, token)) for token, step in steps if step > -math.inf]
        rows.sort(key=lambda one: (-one[0], one[1], one[2]))
        beam = [(total, tokens) for total, _, _, tokens in rows[:size]]
        if all(tokens[-1] == EOS for _, tokens in beam):
            break
    return by_score(beam, divisor)


def shrinking_beam(log_probs, size, longest, divisor):
    """Every finished one takes a place away."""
    beam, done = [(0.0, ())], []
    for _ in range(longest):
        top = continuations(log_probs, beam)[: size - len(done)]
        done += [one for one in top if one[1][-1] == EOS]
        beam = [one for one in top if one[1][-1] != EOS]
        if not beam:
            break
    return by_score(done + beam, divisor)


def diverse_beam(log_probs, size, groups, longest, strength):
    """Raw scores with costs kept in them; canonical stop; (score, tokens) of all groups."""
    share = size // groups
    beams, done = [[(0.0, ())] for _ in range(groups)], [[] for _ in range(groups)]
    for length in range(1, longest + 1):
        used = []
        for group in range(groups):
            if not beams[group]:
                continue

            def costly(prefix, used=tuple(used)):
                return log_probs(prefix) - strength * np.array(
                    [used.count(token) for token in range(len(log_probs(())))]
                )

            top = continuations(costly, beams[group])[: 2 * share]
            over = [tokens[-1] == EOS or length == longest for _, tokens in top]
            done[group] += [one for one, is_over in zip(top[:share], over, strict=False) if is_over]
            done[group] = sorted(done[group], key=lambda one: -one[0])[:share]
            beams[group] = [one for one, is_over in zip(top, over, strict=True) if not is_over][:share]
            used += [tokens[-1] for _, tokens in beams[group]]
            if beams[group] and len(done[group]) == share and beams[group][0][0] <= done[group][-1][0]:
                beams[group] = []
    return sorted((one for found in done for one in found), key=lambda one: -one[0])
