"""Multiple testing: tests and intervals that hold for the best of k, and its score without the luck of the choice.

On rows of right and wrong answers held as bits of one number, so that thousands of draws over hundreds of
configurations take a moment without a numerical library.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from gitjournal.stats.distributions import normal_quantile
from gitjournal.stats.intervals import LEVEL, Z95

FLIPS = 1999
BOOTSTRAPS = 1000
SEED = 0  # the same records always say the same


@dataclass(frozen=True)
class SimultaneousTest:
    """A simultaneous test of k configurations: the p of one of them, and how many standard errors their intervals need."""

    p: float
    z: float


def sign_flips(winner: int, rivals: Sequence[int], baseline: int, n: int, *, flips: int = FLIPS, seed: int = SEED) -> SimultaneousTest:
    """Compare the winner of several with a baseline on the same `n` rows, allowing for all that were tried.

    All are right/wrong bits. The signs of each row's differences are flipped, together for all configurations, and the
    largest standardised difference is noted (max-statistic; Westfall and Young 1993; on models: Nichols and Holmes 2002,
    Human Brain Mapping 15:1). With no `rivals` it comes to McNemar's test.
    """
    # of the rows on which two differ, those where the baseline alone is right: flipping the sign of a row moves it over
    pairs = [(one ^ baseline, baseline & ~one) for one in dict.fromkeys([winner, *rivals])]
    reached = _rows_apart(*pairs[0], 0) / math.sqrt(max(pairs[0][0].bit_count(), 1))
    draw = random.Random(seed)  # noqa: S311 - statistics, no secret
    weighed = [(apart, lost, apart.bit_count() ** -0.5) for apart, lost in pairs if apart]
    largest = []
    for _ in range(flips):
        signs = draw.getrandbits(n)
        largest.append(max((_rows_apart(apart, lost, signs) * scale for apart, lost, scale in weighed), default=0.0))
    largest.sort()
    at_least = sum(one >= reached - 1e-9 for one in largest)
    # the data as they are count as one of the draws, so that p is never 0 and the test keeps its level
    return SimultaneousTest((at_least + 1) / (flips + 1), largest[math.ceil((1 - LEVEL) * (flips + 1)) - 1])


def _rows_apart(apart: int, lost: int, signs: int) -> int:
    """Return by how many rows one is ahead or behind where the signs of some rows are flipped."""
    return abs(apart.bit_count() - 2 * (apart & (lost ^ signs)).bit_count())


def critical(hits: Sequence[int], n: int, *, flips: int = FLIPS, seed: int = SEED) -> float:
    """Return how many standard errors the intervals of all these accuracies need, for all to hold at once in 95 %.

    Configurations that err on the same rows need less than Bonferroni's; at least those of a single one.
    """
    scaled = []
    for bits in dict.fromkeys(hits):
        right = bits.bit_count()
        if 0 < right < n:
            scaled.append((bits, right, right / n, 1 / math.sqrt(right * (1 - right / n))))
    draw = random.Random(seed)  # noqa: S311 - statistics, no secret
    largest = []
    for _ in range(flips if len(scaled) > 1 else 0):
        signs = draw.getrandbits(n)
        off = n - 2 * signs.bit_count()
        largest.append(max(abs(right - 2 * (one & signs).bit_count() - share * off) * scale for one, right, share, scale in scaled))
    largest.sort()
    return max(Z95, min(bonferroni(len(hits)), largest[math.ceil((1 - LEVEL) * (flips + 1)) - 1])) if largest else Z95


def bonferroni(k: int) -> float:
    """Return how many standard errors k intervals need where nothing is known of how they hang together."""
    return normal_quantile(1 - LEVEL / (2 * k))


def holm(ps: Sequence[float]) -> list[float]:
    """Return p values that allow for one another, in their order (Holm 1979, Scandinavian Journal of Statistics 6:65)."""
    adjusted, highest = [0.0] * len(ps), 0.0
    for rank, at in enumerate(sorted(range(len(ps)), key=lambda at: ps[at])):
        highest = max(highest, min(1.0, (len(ps) - rank) * ps[at]))
        adjusted[at] = highest
    return adjusted


def bbc_accuracy(hits: Sequence[int], n: int, *, draws: int = BOOTSTRAPS, seed: int = SEED) -> float:
    """Return what the best of these configurations would reach on other rows, from their right/wrong bits.

    BBC (Tsamardinos, Greasidou and Borboudakis 2018, Machine Learning 107:1895): rows are drawn with replacement, the best
    on those is judged on the rows that were not drawn, and that is averaged. Imports numpy.
    """
    import numpy as np

    raw = np.frombuffer(b"".join((one << (-n % 8)).to_bytes(math.ceil(n / 8)) for one in hits), np.uint8)
    right = np.unpackbits(raw.reshape(len(hits), -1), axis=1, count=n)
    return bbc_score(right.T.astype(np.float32), draws=draws, seed=seed)


def bbc_score(values: object, *, draws: int = BOOTSTRAPS, seed: int = SEED) -> float:
    """Return the same from a value for each row (first axis) and configuration, of which more is better."""
    import numpy as np

    scores = np.asarray(values)
    n = len(scores)
    random_state = np.random.default_rng(seed)
    reached = []
    for _ in range(max(1, draws // 100)):
        drawn = random_state.integers(0, n, size=(min(draws, 100), n))
        weights = np.zeros((len(drawn), n), scores.dtype)
        np.add.at(weights, (np.arange(len(drawn))[:, None], drawn), 1)
        left = (weights == 0).astype(scores.dtype)
        best = (weights @ scores).argmax(axis=1)
        counts = left.sum(axis=1)
        judged = counts > 0
        outside = (left @ scores)[np.arange(len(drawn)), best]
        reached.append(outside[judged] / counts[judged])
    return float(np.concatenate(reached).mean())
