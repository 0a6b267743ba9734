"""Confidence intervals, tests, and their power and sample size. Pure: numbers in, numbers out, and no numerical library."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from gitjournal.stats.bisection import least_count, least_value
from gitjournal.stats.distributions import normal_quantile, normal_tails, t_beyond, t_quantile, t_tails

LEVEL, POWER = 0.05, 0.8
Z95 = normal_quantile(1 - LEVEL / 2)
STEPS = 20  # of a bisection: a difference that is found is told to a millionth
MOST = 10_000_000  # an answer beyond this many rows, seeds or folds is none


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval."""

    value: float
    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Whether `value` is not ruled out."""
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Estimate:
    """A mean, or a difference of means, with its standard error and its degrees of freedom (infinite: normal).

    A standard error of 0 says that the units do not differ at all: then nothing is known of their spread. A test that is cautious
    takes a larger error than there is: the share of it that is `likely` is what a true difference has to stand out from.
    """

    value: float
    error: float
    df: float
    likely: float = 1.0

    def interval(self, level: float = LEVEL) -> Interval:
        """Return the interval that misses the truth in a share `level` of cases."""
        half = self.quantile(1 - level / 2) * self.error
        return Interval(self.value, self.value - half, self.value + half)

    def p(self, null: float = 0.0) -> float | None:
        """Return how often chance alone leads at least so far from `null`, in either direction; None without any spread."""
        if self.error == 0:
            return None
        distance = abs(self.value - null) / self.error
        return t_tails(distance, self.df) if math.isfinite(self.df) else normal_tails(distance)

    def quantile(self, share: float) -> float:
        """Return the point of the error's distribution below which `share` of it lies."""
        return t_quantile(share, self.df) if math.isfinite(self.df) else normal_quantile(share)

    def smallest(self, critical: float | None = None) -> float | None:
        """Return the smallest true difference that is found in 80 % of cases, None without any spread.

        `critical` is how many standard errors it takes to be found, where that is more than for a single test. By the noncentral t
        distribution; where the error is well known, the sum of two quantiles is the same (Bloom 1995, Evaluation Review 19:547).
        """
        if not self.error:
            return None
        critical, error = critical or self.quantile(1 - LEVEL / 2), self.likely * self.error
        high = critical / self.likely + self.quantile(POWER)
        if math.isinf(self.df):
            return high * error
        return least_value(lambda shift: t_beyond(critical / self.likely, shift, self.df) >= POWER, 0.0, 2 * high, steps=STEPS) * error

    def finds(self, gap: float) -> bool:
        """Return whether a true difference of `gap` is found in 80 % of cases; see `smallest`."""
        critical, error = self.quantile(1 - LEVEL / 2) / self.likely, self.likely * self.error
        if math.isinf(self.df):
            return gap >= (critical + self.quantile(POWER)) * error
        return t_beyond(critical, gap / error, self.df) >= POWER


def wilson(hits: float, n: int, z: float = Z95) -> Interval:
    """Return a share with its interval (Wilson 1927, JASA 22:209), which stays within 0 and 1 and serves small n."""
    share = hits / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return Interval(share, max(0.0, centre - half), min(1.0, centre + half))


def mean(values: Sequence[float]) -> Estimate:
    """Return a mean with the error that independent values leave (Student 1908). Raises ValueError for fewer than two."""
    return Estimate(math.fsum(values) / len(values), statistics.stdev(values) / math.sqrt(len(values)), len(values) - 1)


def welch(a: Sequence[float], b: Sequence[float]) -> Estimate:
    """Return the difference of two means of independent values, whose spreads may differ (Welch 1947, Biometrika 34:28).

    Raises ValueError for fewer than two of either.
    """
    of_a, of_b = statistics.variance(a) / len(a), statistics.variance(b) / len(b)
    error = of_a + of_b
    df = error**2 / (of_a**2 / (len(a) - 1) + of_b**2 / (len(b) - 1)) if error > 0 else float(len(a) + len(b) - 2)
    return Estimate(math.fsum(a) / len(a) - math.fsum(b) / len(b), math.sqrt(error), df)


def mean_against_single(a: Sequence[float], b: float) -> Estimate:
    """Return the mean of `a` minus one value that was drawn with the same spread: a single run says nothing of its own."""
    spread = statistics.stdev(a)
    return Estimate(math.fsum(a) / len(a) - b, spread * math.sqrt(1 + 1 / len(a)), len(a) - 1)


def overlapping_mean(values: Sequence[float], ratio: float, *, overlap: float = 1.0) -> Estimate:
    """Return the mean of values from overlapping train parts, with an error that allows for the overlap.

    `ratio` is rows judged over rows learned from: the variance is s² (1/J + ratio) (Nadeau and Bengio 2003, Machine
    Learning 52:239; for repeated folds Bouckaert and Frank 2004), of which the share `overlap` of `ratio` is taken to be there
    when it is told what so many values can show. Raises ValueError for fewer than two values.
    """
    n = len(values)
    error, share = _overlapping_error(statistics.variance(values), n, ratio, overlap)
    return Estimate(math.fsum(values) / n, error, n - 1, share)


def required_units(estimate: Estimate, gap: float, units: int, ratio: float = 0.0, *, overlap: float = 1.0) -> int | None:
    """Return how many units (rows, seeds, folds) tell a true distance of `gap` in 80 % of cases.

    `estimate` is what `units` of them gave; `ratio` and `overlap` are those of `overlapping_mean`, for which more folds never
    do away with an error: None where no number would do.
    """
    if gap == 0 or estimate.error == 0:
        return None
    variance = estimate.error**2 / (1 / units + ratio)  # of a single unit
    lost = units - estimate.df  # degrees of freedom that are lost, whatever the number

    def tells(n: int) -> bool:
        df = n - lost if math.isfinite(estimate.df) else math.inf
        if df < 1:
            return False
        error, share = _overlapping_error(variance, n, ratio, overlap)
        return Estimate(0.0, error, df, share).finds(abs(gap))

    return least_count(tells, MOST)


def _overlapping_error(variance: float, n: int, ratio: float, overlap: float) -> tuple[float, float]:
    """Return the error that is allowed for in a mean of n values of that variance, and the share of it that is likely."""
    return math.sqrt(variance * (1 / n + ratio)), math.sqrt((1 / n + overlap * ratio) / (1 / n + ratio))
