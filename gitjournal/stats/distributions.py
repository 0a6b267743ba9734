"""The normal distribution, Student's t and the binomial distribution, without a numerical library: `show` and `exec` print intervals too.

Both come from the regularised incomplete beta function, by Lentz's continued fraction (Press et al. 2007, Numerical
Recipes, 6.4). Held against scipy by the tests.
"""

from __future__ import annotations

import math
from statistics import NormalDist

from gitjournal.stats.bisection import least_value

_TINY, _ENOUGH, _STEPS = 1e-300, 1e-15, 10_000
_POINTS = 200


def normal_quantile(share: float) -> float:
    """Return the point below which `share` of the standard normal distribution lies."""
    return NormalDist().inv_cdf(share)


def normal_share(z: float) -> float:
    """Return the share of the standard normal distribution that lies below z, exact in both tails."""
    return math.erfc(-z / math.sqrt(2)) / 2


def normal_tails(z: float) -> float:
    """Return how often the standard normal distribution is at least |z| away from 0."""
    return math.erfc(abs(z) / math.sqrt(2))


def beta_share(a: float, b: float, x: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b), for a and b above 0."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _beta_fraction(a, b, x) / a
    return 1 - front * _beta_fraction(b, a, 1 - x) / b


def _beta_fraction(a: float, b: float, x: float) -> float:
    """Return the continued fraction of the incomplete beta function."""
    c, d = 1.0, _off_zero(1 - (a + b) * x / (a + 1))
    d = 1 / d
    fraction = d
    for m in range(1, _STEPS):
        for top in (m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)), -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))):
            d = 1 / _off_zero(1 + top * d)
            c = _off_zero(1 + top / c)
            fraction *= c * d
        if abs(c * d - 1) < _ENOUGH:
            break
    return fraction


def _off_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


def t_tails(t: float, df: float) -> float:
    """Return how often |T| of Student's distribution is at least |t|."""
    return beta_share(df / 2, 0.5, df / (df + t * t)) if math.isfinite(t) else 0.0


def t_quantile(share: float, df: float) -> float:
    """Return the point below which `share` of Student's distribution lies; `df` may be a fraction (Welch)."""
    if share == 0.5:
        return 0.0
    if share < 0.5:
        return -t_quantile(1 - share, df)
    beyond, low, high = 2 * (1 - share), 0.0, 2.0
    while t_tails(high, df) > beyond:
        low, high = high, high * 2
    return least_value(lambda t: t_tails(t, df) <= beyond, low, high)


def t_beyond(critical: float, shift: float, df: float) -> float:
    """Return how often |T| is beyond `critical` where its numerator is shifted: the noncentral t distribution.

    (Z + shift) / S is beyond where Z is, given S = sqrt(chi2 / df): averaged over S by Simpson's rule.
    """
    spread = 1 / math.sqrt(2 * df)
    low, high = max(0.0, 1 - 8 * spread), 1 + 8 * spread
    share = weight = 0.0
    for step in range(_POINTS + 1):
        s = low + (high - low) * step / _POINTS
        if s == 0 and df > 1:
            continue
        density = (1 if step in (0, _POINTS) else 4 if step % 2 else 2) * math.exp((df - 1) * math.log(s or 1.0) - df * (s * s - 1) / 2)
        weight += density
        share += density * (normal_share(shift - critical * s) + normal_share(-shift - critical * s))
    return share / weight


def binomial_at_most(k: int, n: int, p: float) -> float:
    """Return how often n draws that each succeed with p succeed at most k times."""
    if k < 0 or k >= n:
        return 0.0 if k < 0 else 1.0
    return beta_share(n - k, k + 1, 1 - p)
