"""The surrogate model of scores: a Gaussian prior over configurations, learned from other data sets, and its posterior. Pure; numpy alone.

Configurations are columns, data sets are rows, scores are higher-is-better numbers with NaN where nothing was run. A model over
C configurations has a mean and a covariance: those of past data sets (expectation-maximisation for a Gaussian with missing
values, Little and Rubin 2002, chapter 11), shrunk towards a structure that knows only which configurations are alike (the mode
under a normal-inverse-Wishart prior, Murphy 2012, 4.6.3). With no past data set the structure alone is left, which makes it a
Gaussian process on one's own runs (Rasmussen and Williams 2006).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gitjournal.stats.distributions import normal_quantile, normal_share, t_quantile, t_tails

Array = NDArray[np.float64]
Indices = NDArray[np.intp]

# shares of the prior variance: of a data set as a whole, of an algorithm on it, of a setting of that algorithm
LEVEL, ALGORITHM, SETTING = 0.5, 0.3, 0.2
LENGTH = 1.0  # of the exponential kernel, in units of a parameter's whole range
PRIOR_ROWS = 10.0  # past data sets that the structure counts as
NOISE = 0.003  # variance of repeating a run, as a share of the variance of scores
ROUNDS = 3
DOUBT = 3.0  # residuals of one's own runs that the model's own spread counts as
# own runs, or past data sets, before "unlikely" may be said: after 5 runs without a past it was wrong in 7 % of cases, after 7 in
# 5 %; with 3 runs and 3 past data sets in 11 %, with 30 past ones in 4 %
ENOUGH_OWN, ENOUGH_PAST = 7, 10
LEVEL_TOLD = 0.90  # of intervals


@dataclass(frozen=True)
class Belief:
    """The prior over the scores of C configurations on data not seen yet.

    `mean` (C) and `covariance` (C, C) of their scores, `noise` the variance of a repeated run; `past` (N, C) holds the scores of
    N data sets, with what was not run filled in. `weight` is how many complete data sets they amount to. `level_free` says that
    only differences between configurations carry over to other data, and nothing of how high all of them score.
    """

    mean: Array
    covariance: Array
    noise: float
    past: Array
    weight: float
    level_free: bool = False


@dataclass(frozen=True)
class Posterior:
    """The predictive distribution after one's own runs: mean and standard deviation of each of C configurations.

    `known` is whether that rests on anything, `firm` whether it suffices to call a configuration unlikely. `freedom` is the degrees
    of freedom that the spread is known with: few where it comes from one's own runs alone.
    """

    mean: Array
    spread: Array
    known: bool
    firm: bool
    freedom: float

    def interval(self, at: int) -> tuple[float, float]:
        """Return the 90 % interval of one configuration."""
        share = (1 + LEVEL_TOLD) / 2
        quantile = normal_quantile(share) if math.isinf(self.freedom) else t_quantile(share, self.freedom)
        half = quantile * float(self.spread[at])
        return float(self.mean[at]) - half, float(self.mean[at]) + half

    def chance(self, best: float, at: int) -> float:
        """Return the probability that the score of one configuration is above `best`."""
        z = float((self.mean[at] - best) / self.spread[at])
        if math.isinf(self.freedom):
            return normal_share(z)
        beyond = t_tails(z, self.freedom) / 2
        return 1 - beyond if z > 0 else beyond


def prior_correlation(algorithms: NDArray[np.intp], positions: Array) -> Array:
    """Return the prior correlation matrix (C, C) of configurations.

    `algorithms` (C) numbers their algorithms, `positions` (C, P) their hyper-parameters, scaled to about 0 to 1.
    """
    same = algorithms[:, None] == algorithms[None, :]
    squares = (positions**2).sum(1)
    distance = np.sqrt(np.maximum(squares[:, None] + squares[None, :] - 2 * positions @ positions.T, 0.0))
    return np.asarray(LEVEL + same * (ALGORITHM + SETTING * np.exp(-distance / LENGTH)))


def learn_belief(past: Array, alike: Array, *, level_free: bool = False) -> Belief:
    """Fit the prior to `past` (N, C), NaN where nothing was run; N may be 0, and each row needs one score.

    With `level_free` each data set counts from its own median, since its scores are in units of its own.
    """
    n, c = past.shape
    if n and level_free:
        past = past - np.nanmedian(past, axis=1, keepdims=True)
    observed = ~np.isnan(past)
    if not n:
        return Belief(np.zeros(c), alike, NOISE, past, 0.0)
    level = float(np.nanmean(past))
    scale = max(float(np.nanmean((past - level) ** 2)), _least_variance(1.0 if level_free else level))
    noise = NOISE * scale
    mean, covariance = np.full(c, level), scale * alike
    filled = past
    for _ in range(ROUNDS):
        filled, spread = _impute(past, observed, mean, covariance, noise)
        mean = (level + filled.sum(0)) / (1 + n)
        deviations = filled - mean
        covariance = (PRIOR_ROWS * scale * alike + deviations.T @ deviations + spread) / (PRIOR_ROWS + n)
    return Belief(mean, covariance, noise, np.where(observed, past, filled), float(observed.sum()) / c, level_free)


def _impute(past: Array, observed: NDArray[np.bool_], mean: Array, covariance: Array, noise: float) -> tuple[Array, Array]:
    """Return the E step: expected scores (N, C), and the sum over data sets of their conditional covariances (C, C)."""
    n, c = past.shape
    filled = np.empty((n, c))
    precision = np.zeros((c, c))
    patterns: dict[bytes, list[int]] = {}
    for row in range(n):
        patterns.setdefault(observed[row].tobytes(), []).append(row)
    for rows in patterns.values():  # data sets with the same configurations share one inverse
        at = np.flatnonzero(observed[rows[0]])
        inverse = np.linalg.inv(covariance[np.ix_(at, at)] + noise * np.eye(len(at)))
        precision[np.ix_(at, at)] += len(rows) * inverse
        filled[rows] = mean + np.asarray((past[rows][:, at] - mean[at]) @ inverse @ covariance[at])
    return filled, n * covariance - covariance @ precision @ covariance


def update_belief(belief: Belief, own: Indices, scores: Array) -> Posterior:
    """Condition the prior on one's own runs: `scores` of the configurations `own`, which may repeat.

    The spread is rescaled by the leave-one-out residuals of one's own runs (Rasmussen and Williams 2006, 5.4.2).
    """
    n_past, n_own = len(belief.past), len(own)
    mean, covariance, noise = belief.mean, belief.covariance, belief.noise
    if not n_past:
        level = float(scores.mean()) if n_own else 0.0
        scale = max(float(scores.var(ddof=1)) if n_own > 1 else 0.0, _least_variance(level))
        mean, covariance, noise = np.full(len(mean), level), scale * covariance, scale * noise
    level_free = belief.level_free and n_past > 0
    is_known = (n_past > 0 and (n_own > 0 or not level_free)) or n_own > 1
    firm = n_past >= ENOUGH_PAST or n_own >= ENOUGH_OWN
    freedom = math.inf if n_past else max(1.0, n_own - 1.0)
    variance = np.diag(covariance)
    if not n_own:
        return Posterior(mean, np.sqrt(variance + noise), is_known, firm, freedom)
    inverse = np.linalg.inv(covariance[np.ix_(own, own)] + noise * np.eye(n_own))
    across = covariance[own]
    unexplained = np.maximum(variance - (across * (inverse @ across)).sum(0), 0.0) + noise
    leverage = np.diag(inverse)
    if level_free:  # generalised least squares: the level has a flat prior (Rasmussen and Williams 2006, 2.7)
        pull = inverse.sum(0)
        mean = mean + float(pull @ (scores - mean[own]) / pull.sum())
        unexplained = unexplained + (1 - pull @ across) ** 2 / pull.sum()
        leverage = leverage - pull**2 / pull.sum()
    weights = inverse @ (scores - mean[own])
    tested = n_own - level_free  # the first run told the level, and could surprise nobody
    surprise = float((weights**2 / leverage).sum()) if tested else 0.0
    factor = (DOUBT + surprise) / (DOUBT + tested)
    return Posterior(mean + weights @ across, np.sqrt(unexplained * factor), is_known, firm, freedom)


def expected_improvement(expected: Posterior, best: float) -> Array:
    """Return the expected improvement over `best` (Jones, Schonlau and Welch 1998)."""
    z = (expected.mean - best) / expected.spread
    density = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
    return np.asarray(np.maximum(expected.spread * (z * _normal_cdf(z) + density), 0.0))


def _normal_cdf(z: Array) -> Array:
    """Return the normal distribution function of each value: scipy's costs its import."""
    return np.array([normal_share(value) for value in z.ravel().tolist()]).reshape(z.shape)


def _least_variance(level: float) -> float:
    """Return the least variance of scores: equal scores say that little is to be gained, not that nothing can differ."""
    return (1e-4 * max(abs(level), 1e-4)) ** 2
