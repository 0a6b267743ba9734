"""Sobol total effects by a Bayesian Gaussian process: each input's share of the variance of a score. Pure; numpy alone.

The score is taken for a Gaussian process of the inputs with a length for each (Rasmussen and Williams 2006, chapter 5), where an
infinite length says that the input does nothing. Lengths and noise are not chosen but averaged over, by Gibbs sampling, so that what
few points leave open stays open. An input's share is its total effect (Homma and Saltelli 1996; Sobol' 2001): what of the variance is
left on average when all other inputs are held, interactions included. It is an expectation over all functions that fit the points
(Oakley and O'Hagan 2004), not that of the one mean function, which is too smooth where nothing was tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gitjournal.stats.distributions import normal_quantile

Array = NDArray[np.float64]

# in units of an input's whole range; half of the prior belief is that an input does nothing
LENGTHS = np.array([0.3, 1.0, 3.0, 10.0, np.inf])
LENGTH_PRIOR = np.log([0.125, 0.125, 0.125, 0.125, 0.5])
# share of the variance that no input explains
NOISES = np.array([0.001, 0.01, 0.1, 0.5, 0.9])
NOISE_PRIOR = np.log([0.4, 0.3, 0.15, 0.1, 0.05])
BEGIN, ROUNDS = 5, 40  # rounds of sampling, the first ones left out
POINTS = 48  # at which an input is set to that of another point
STEPS = np.array([normal_quantile((number + 0.5) / 16) for number in range(16)])
LEFT_OUT = 0.025  # of each end of what is believed of a share: 95 % remain


@dataclass(frozen=True)
class Sensitivity:
    """The total effect of one input: its mean, its 95 % credible interval, and the probability that the input does nothing (`idle`)."""

    share: float
    low: float
    high: float
    idle: float


def compute_sensitivities(squares: Sequence[Array], scores: Array, noise: float = 0.0) -> list[Sensitivity]:
    """Return the sensitivity of `scores` (N) to each input, whose squared distances between points are `squares`, (N, N) each.

    `noise` is the share of the variance that is known to be noise. The same points give the same answer. Raises ValueError for
    scores that do not differ.
    """
    model = _GaussianProcess(squares, scores, noise)
    chance = np.random.default_rng(0)
    lengths, at = [1] * len(squares), 1
    idle = np.zeros(len(squares))
    shares: list[Array] = []  # (2, inputs): known, and open
    for number in range(BEGIN + ROUNDS):
        at, _ = _draw_category(chance, np.array([model.log_likelihood(lengths, noise_at) for noise_at in range(len(NOISES))]) + NOISE_PRIOR)
        for own in range(len(squares)):
            fits = [model.log_likelihood([*lengths[:own], length, *lengths[own + 1 :]], at) for length in range(len(LENGTHS))]
            lengths[own], chances = _draw_category(chance, np.array(fits) + LENGTH_PRIOR)
            idle[own] += chances[-1] * (number >= BEGIN)
        if number >= BEGIN:
            shares.append(model.shares(lengths, at))
    known_shares, open_shares = np.array(shares).transpose(1, 0, 2)
    # what is open is taken for one amplitude: (sqrt(known) + sqrt(open) z)², whose mean is known + open
    spread = np.minimum((np.sqrt(known_shares)[:, None] + np.sqrt(open_shares)[:, None] * STEPS[None, :, None]) ** 2, 1.0)
    low, high = np.quantile(spread.reshape(-1, len(squares)), [LEFT_OUT, 1 - LEFT_OUT], axis=0)
    mean = np.minimum(known_shares + open_shares, 1.0).mean(0)
    return [Sensitivity(*map(float, values)) for values in zip(mean, low, high, idle / ROUNDS, strict=True)]


def _draw_category(chance: np.random.Generator, log_weights: Array) -> tuple[int, Array]:
    """Draw from a categorical distribution by the logarithms of its weights; return the place drawn, and all probabilities."""
    weights = np.exp(log_weights - log_weights.max())
    chances = weights / weights.sum()
    return min(int(np.searchsorted(np.cumsum(chances), chance.random())), len(log_weights) - 1), chances


class _GaussianProcess:
    """A Gaussian process with an exponential kernel; lengths and noise are given by their place in LENGTHS and NOISES."""

    def __init__(self, squares: Sequence[Array], scores: Array, noise: float) -> None:
        spread = float(scores.std())
        if not spread > 0:
            raise ValueError("the scores do not differ")
        self.n = len(scores)
        self.scores = (scores - scores.mean()) / spread
        self.noises = np.clip(NOISES, min(noise, float(NOISES[-1])), None)
        self.scaled: list[list[Array]] = [[np.asarray(one / length**2, dtype=np.float64) for length in LENGTHS] for one in squares]
        self.points = np.unique(np.linspace(0, self.n - 1, min(self.n, POINTS)).round().astype(np.intp))
        self._fits: dict[tuple[int, ...], float] = {}
        self._shares: dict[tuple[int, ...], Array] = {}

    def _covariance(self, lengths: Sequence[int], at: int) -> Array:
        squares = [by_length[length] for by_length, length in zip(self.scaled, lengths, strict=True)]
        squared = sum(squares, np.zeros((self.n, self.n)))
        noise = self.noises[at]
        return np.asarray((1 - noise) * np.exp(-np.sqrt(squared)) + noise * np.eye(self.n))

    def log_likelihood(self, lengths: Sequence[int], at: int) -> float:
        """Return the log likelihood, at the signal variance that maximises it."""
        key = (*lengths, at)
        if key not in self._fits:
            # the last row of the factor of [[K, y], [y', big]] is what y becomes under the factor of K
            whole = np.empty((self.n + 1, self.n + 1))
            whole[:-1, :-1] = self._covariance(lengths, at)
            whole[-1, :-1] = whole[:-1, -1] = self.scores
            whole[-1, -1] = 1 + self.n / self.noises[at]
            factor = np.linalg.cholesky(whole)
            white = factor[-1, :-1]
            self._fits[key] = -self.n / 2 * float(np.log(white @ white / self.n)) - float(np.log(np.diag(factor)[:-1]).sum())
        return self._fits[key]

    def shares(self, lengths: Sequence[int], at: int) -> Array:
        """Return the total effects (2, inputs): those of the posterior mean function, and what its uncertainty adds."""
        key = (*lengths, at)
        if key not in self._shares:
            inverse = np.asarray(np.linalg.inv(self._covariance(lengths, at)), dtype=np.float64)
            signal = 1 - float(self.noises[at])
            parts = [one[length][self.points] for one, length in zip(self.scaled, lengths, strict=True)]
            near = np.asarray(sum(parts), dtype=np.float64)
            pairs = [
                (0.0, 0.0) if np.isinf(LENGTHS[length]) else self._total_effect(one[length], near, inverse, signal)
                for one, length in zip(self.scaled, lengths, strict=True)
            ]
            self._shares[key] = np.array(pairs).T
        return self._shares[key]

    def _total_effect(self, own: Array, near: Array, inverse: Array, signal: float) -> tuple[float, float]:
        """Return the total effect of one input (`own` distances): the variance as it goes through all points, the others held."""
        at, m = self.points, len(self.points)
        other_squares = np.maximum(near - own[at], 0.0)
        # (point, whose value it is given, the N points that were run)
        across = signal * np.exp(-np.sqrt(other_squares[:, None, :] + own[at][None, :, :]))
        mean = across @ (inverse @ self.scores)
        middle = across.mean(1)
        each = signal - ((across @ inverse) * across).sum(2).mean(1)
        shared = signal * np.exp(-np.sqrt(own[np.ix_(at, at)])).mean() - ((middle @ inverse) * middle).sum(1)
        open_ = float(np.maximum(each - shared, 0.0).mean()) * float(self.scores @ inverse @ self.scores) / self.n
        few = m / (m - 1) * (self.n - 1) / self.n  # a variance over fewer points is smaller
        return float(mean.var(1).mean()) * few, open_ * few
