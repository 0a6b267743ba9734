"""Shares of variance, held against answers that are known."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from gitjournal.suggest.importance.sensitivity import Array, Sensitivity, compute_sensitivities


def told(inputs: Array, scores: Array, noise: float = 0.0) -> list[Sensitivity]:
    return compute_sensitivities([(column[:, None] - column[None, :]) ** 2 for column in inputs.T], scores, noise)


GRID = np.array(list(itertools.product(np.linspace(0, 1, 5), repeat=2)))


def test_of_a_sum_each_input_has_its_share_of_the_variance() -> None:
    # the variances of 3a and b are 9 to 1
    one, other = told(GRID, 3 * GRID[:, 0] + GRID[:, 1])
    assert one.share == pytest.approx(0.9, abs=0.04)
    assert other.share == pytest.approx(0.1, abs=0.04)
    assert one.low <= 0.9 <= one.high
    assert other.low <= 0.1 <= other.high
    assert max(one.idle, other.idle) < 0.01


def test_an_interaction_counts_for_both_inputs() -> None:
    # without an effect of either alone, all of the variance is left when the other one is held
    for one in told(GRID, (GRID[:, 0] - 0.5) * (GRID[:, 1] - 0.5)):
        assert one.share == pytest.approx(1.0, abs=0.12)
        assert one.idle < 0.01


def test_what_does_nothing_has_no_share() -> None:
    one, other = told(GRID, np.sin(5 * GRID[:, 0]))
    assert one.share > 0.9
    assert (other.share, other.high) == pytest.approx((0, 0), abs=0.02)
    assert other.idle > 0.9


def test_chance_is_not_taken_for_an_effect() -> None:
    draw = np.random.default_rng(1)
    found = [one for _ in range(20) for one in told(draw.random((12, 3)), draw.normal(size=12))]
    assert np.mean([one.idle <= 0.05 for one in found]) <= 0.05


def test_noise_that_is_known_is_not_explained() -> None:
    scores = GRID[:, 0] + 0.2 * np.random.default_rng(0).normal(size=25)
    free, held = told(GRID, scores)[0], told(GRID, scores, noise=0.9)[0]
    assert held.share < free.share
    assert held.idle > free.idle


def test_the_same_points_give_the_same_answer_and_equal_scores_none() -> None:
    assert told(GRID, GRID[:, 0]) == told(GRID, GRID[:, 0])
    with pytest.raises(ValueError, match="do not differ"):
        told(GRID, np.ones(25))
