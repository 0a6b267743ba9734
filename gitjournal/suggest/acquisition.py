"""The acquisition function of the search: which configuration to run next. Pure; numpy alone.

The first picks are by active testing (Leite, Brazdil and Vanschoren 2012): the configuration that gains most over what was tried,
on past data sets, each weighted by how it agrees with one's own results. Then that gain and the expected improvement of the
model (`surrogate`) are added, each divided by its largest value; the gain counts the more, the more history there is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gitjournal.suggest.surrogate import Array, Belief, Indices, expected_improvement, update_belief

FIRST = 3  # picks by the history alone, where there is much of it; else the first one
AGREEMENT = 10.0  # how sharply past data sets are told apart by the order of results on them
HALF_WEIGHT = 10.0  # complete past data sets at which the history's gain counts half
COMPARED = 40  # own runs whose order is compared
FAR_BELOW = -1e300


@dataclass(frozen=True)
class Pick:
    """The choice of an acquisition: the configuration to run next, and what spoke for it.

    `gains` (N) is how much each past data set speaks for it, weighted, in shares of the range of its scores; `led` says whether
    these decided (`past`), one's own runs (`own`), or nothing but the order given (`order`).
    """

    at: int
    gains: Array
    led: str


def choose(belief: Belief, own: Indices, scores: Array, allowed: Array) -> Pick | None:
    """Return the next configuration among those `allowed` (C, true or false), or None where none is left.

    `scores` are those of the configurations `own`. Where neither history nor runs say anything, the order of the configurations
    decides: the caller puts strong defaults first.
    """
    if not np.any(allowed):
        return None
    gains = history_gain(belief, own, scores)
    by_past = gains.sum(0)
    expected = update_belief(belief, own, scores)
    with_past = len(belief.past) > 0
    alone = FIRST if belief.weight >= HALF_WEIGHT else 1
    if len(own) < alone and with_past and by_past[allowed.astype(bool)].max() > 0:
        return _pick_best(by_past, gains, allowed, "past")
    if not expected.known or not len(own):
        return _pick_best(-np.arange(len(allowed), dtype=float), gains, allowed, "order")
    own_part = _divide_by_largest(expected_improvement(expected, float(scores.max())), allowed)
    share = belief.weight / (belief.weight + HALF_WEIGHT)
    past_part = share * _divide_by_largest(by_past, allowed) if with_past else np.zeros(len(allowed))
    total = past_part + own_part
    at = int(np.where(allowed, total, FAR_BELOW).argmax())
    return Pick(at, gains[:, at], "past" if past_part[at] > own_part[at] else "own")


def choose_several(belief: Belief, own: Indices, scores: Array, allowed: Array, many: int) -> list[Pick]:
    """Return the next `many` configurations, each chosen as if those before it had come out as expected.

    That is the "kriging believer" of Ginsbourger, Le Riche and Carraro (2010).
    """
    picks: list[Pick] = []
    allowed = np.array(allowed, dtype=bool)
    while True:
        pick = choose(belief, own, scores, allowed)
        if pick is None:
            break
        picks.append(pick)
        if len(picks) == many:
            break
        allowed[pick.at] = False
        expected = update_belief(belief, own, scores)
        if expected.known or len(belief.past):  # at a level that is not known yet the differences still hold
            own, scores = np.append(own, pick.at), np.append(scores, expected.mean[pick.at])
    return picks


def history_gain(belief: Belief, own: Indices, scores: Array) -> Array:
    """Return (N, C): by how much each configuration beats, on each past data set, the best of those already run here.

    In shares of the range of that data set's scores, times the weight of the data set; the weights sum to 1.
    """
    past = belief.past
    if not len(past):
        return np.zeros(past.shape)
    low, high = past.min(1, keepdims=True), past.max(1, keepdims=True)
    shares = (past - low) / np.maximum(high - low, 1e-12)
    reached = shares[:, own].max(1, keepdims=True) if len(own) else np.zeros((len(past), 1))
    weights = agreement(past, own, scores)
    return np.asarray((weights / weights.sum())[:, None] * np.maximum(shares - reached, 0.0))


def agreement(past: Array, own: Indices, scores: Array) -> Array:
    """Return (N) the weight of each past data set: it grows with the share of pairs of own runs that it puts in the same order."""
    if len(own) < 2:
        return np.ones(len(past))
    if len(own) > COMPARED:  # pairs grow with the square: so many, spread over the order of results, say the same
        spread = np.argsort(scores, kind="stable")[np.linspace(0, len(own) - 1, COMPARED).astype(np.intp)]
        own, scores = own[spread], scores[spread]
    i, j = np.triu_indices(len(own), 1)
    past_order = np.sign(past[:, own[i]] - past[:, own[j]])
    return np.asarray(np.exp(AGREEMENT * (past_order == np.sign(scores[i] - scores[j])).mean(1)))


def _pick_best(values: Array, gains: Array, allowed: Array, led: str) -> Pick:
    at = int(np.where(allowed, values, FAR_BELOW).argmax())
    return Pick(at, gains[:, at], led)


def _divide_by_largest(values: Array, allowed: Array) -> Array:
    """Divide by the largest value that may be chosen."""
    largest = float(np.where(allowed, values, 0.0).max())
    return values / largest if largest > 0 else np.zeros(len(values))
