"""McNemar's test: two models, right and wrong on the same rows. Its interval, its power and its sample size. Pure.

`only_a` and `only_b` are the discordant rows, those that one of the two alone got right.
"""

from __future__ import annotations

import functools
import math

from gitjournal.stats.bisection import least_count, least_value
from gitjournal.stats.distributions import binomial_at_most, normal_tails
from gitjournal.stats.intervals import LEVEL, MOST, POWER, STEPS, Z95, Interval


def discordant_interval(only_a: int, only_b: int, n: int, z: float = Z95) -> Interval:
    """Return the difference of two accuracies on the same `n` rows, of which `only_a` and `only_b` one alone got right.

    The Wald interval with one half added to each discordant and concordant cell (Agresti and Min 2005, Statistics in
    Medicine 24:729), which keeps its level for small counts; it reaches to 0 where the exact test does not rule 0 out.
    """
    more, fewer, total = only_a + 0.5, only_b + 0.5, n + 2
    centre = (more - fewer) / total
    half = z * math.sqrt(max(more + fewer - (more - fewer) ** 2 / total, 0.0)) / total
    low, high = centre - half, centre + half
    if mcnemar(only_a, only_b) >= LEVEL:
        low, high = min(low, 0.0), max(high, 0.0)
    return Interval((only_a - only_b) / n, low, high)


def mcnemar(only_a: int, only_b: int) -> float:
    """Return the p of the exact McNemar test: the two-sided binomial test of the rows that one alone got right (McNemar 1947)."""
    return min(1.0, 2 * binomial_at_most(min(only_a, only_b), only_a + only_b, 0.5))


def mcnemar_power(difference: float, apart: float, n: int, level: float = LEVEL) -> float:
    """Return how often the exact test at `level` finds a difference of accuracies among `n` rows.

    `apart` is the share of rows that one of the two alone gets right (Connor 1987, Biometrics 43:207), the difference itself where
    that is more. Summed over how many rows may differ (Duffy 1984, Biometrics 40:1005).
    """
    apart = max(apart, difference)
    if apart <= 0:
        return 0.0
    better = (1 + difference / apart) / 2  # of the rows that differ, the share that the better one gets right
    middle, spread = n * apart, math.sqrt(n * apart * (1 - apart))
    first, last = max(0, math.floor(middle - 6 * spread - 6)), min(n, math.ceil(middle + 6 * spread + 6))
    step = max(1, (last - first) // 60)  # power is smooth in the number of rows that differ, so wide ranges are sampled
    power = weight = 0.0
    for differing in range(first, last + 1, step):
        chance = _binomial_probability(differing, n, apart)
        most = _most_rejected(differing, level)
        power += chance * (binomial_at_most(most, differing, 1 - better) + binomial_at_most(most, differing, better)) if most >= 0 else 0.0
        weight += chance
    return power / weight if weight else 0.0


def smallest_of_rows(only_a: int, only_b: int, n: int, critical: float | None = None) -> float | None:
    """Return the smallest difference of accuracies that the exact test finds in 80 % of cases; None where none is.

    As many rows are taken to differ as did here. `critical` is how many standard errors it takes to be found, where that is more
    than for a single test.
    """
    apart, level = (only_a + only_b) / n, normal_tails(critical) if critical else LEVEL
    if mcnemar_power(1.0, apart, n, level) < POWER:
        return None
    return least_value(lambda difference: mcnemar_power(difference, apart, n, level) >= POWER, 0.0, 1.0, steps=STEPS)


def required_rows(gap: float, apart: float) -> int | None:
    """Return how many rows the exact test needs to find a difference `gap` in 80 % of cases; see `mcnemar_power`."""
    if not 0 < gap <= 1:
        return None
    return least_count(lambda n: mcnemar_power(gap, apart, n) >= POWER, MOST, precision=0.001)


def _binomial_probability(k: int, n: int, p: float) -> float:
    if p >= 1:
        return float(k == n)
    log = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) + k * math.log(p) + (n - k) * math.log1p(-p)
    return math.exp(log)


@functools.lru_cache(maxsize=4096)
def _most_rejected(differing: int, level: float) -> int:
    """Return the most rows of the rarer kind at which the exact test still rejects, or -1."""
    most = math.floor(differing / 2 - Z95 * math.sqrt(differing) / 2) + 1
    while most >= 0 and 2 * binomial_at_most(most, differing, 0.5) >= level:
        most -= 1
    return max(most, -1)
