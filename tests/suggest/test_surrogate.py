"""What is believed of configurations, held against real results of data sets left out."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks import replay
from gitjournal.suggest import surrogate

pytestmark = pytest.mark.slow

LEFT_OUT = range(0, 388, 9)


@pytest.fixture(scope="module")
def data() -> replay.Table:
    return replay.table()


@pytest.mark.parametrize(("sets", "runs", "widths"), [(30, 10_000, (0.36, 0.2125, 0.16)), (30, 30, (0.3625, 0.239, 0.206))])
def test_intervals_hold_and_are_narrow(data: replay.Table, sets: int, runs: int, widths: tuple[float, ...]) -> None:
    beliefs = [surrogate.learn_belief(replay.past_of(data, target, sets, runs), data.alike) for target in LEFT_OUT]
    seen = np.mean([replay.foreseen(data, target, belief) for target, belief in zip(LEFT_OUT, beliefs, strict=True)], 0)
    assert (np.abs(seen[:, 1] - 0.9) < 0.06).all(), seen  # the benchmark asks 0.03 of all data sets; these are few
    assert (seen[:, 2] < 1.2 * np.array(widths)).all(), seen
    assert (np.diff(seen[:, 0]) < 0).all(), "more own runs tell more"


def test_what_was_run_is_expected_as_it_came_out(data: replay.Table) -> None:
    belief = surrogate.learn_belief(replay.past_of(data, 7, 30, 30), data.alike)
    own = np.arange(0, 200, 20)
    expected = surrogate.update_belief(belief, own, -data.errors[7, own])
    assert np.abs(expected.mean[own] + data.errors[7, own]).max() < 0.03
    assert expected.spread[own].max() < np.median(expected.spread)


def test_missing_scores_are_filled_with_what_is_likely_and_seen_ones_stay(data: replay.Table) -> None:
    past = replay.past_of(data, 7, 30, 30)
    belief = surrogate.learn_belief(past, data.alike)
    seen = ~np.isnan(past)
    assert (belief.past[seen] == past[seen]).all()
    assert np.isfinite(belief.past).all()
    assert belief.weight == pytest.approx(30 * 30 / 219)


def test_unlikely_takes_seven_own_runs_or_a_history() -> None:
    alike = surrogate.prior_correlation(np.zeros(8, dtype=np.intp), np.linspace(0, 1, 8)[:, None])
    nothing = surrogate.learn_belief(np.empty((0, 8)), alike)
    firm = [surrogate.update_belief(nothing, np.arange(n), np.linspace(0.5, 0.9, n)).firm for n in range(8)]
    assert firm == [False] * 7 + [True]
    for sets, enough in ((3, False), (10, True)):
        past = surrogate.learn_belief(np.tile(np.linspace(0.1, 0.9, 8), (sets, 1)), alike)
        assert surrogate.update_belief(past, np.arange(0), np.array([])).firm is enough


def test_nothing_is_known_of_a_metric_that_was_never_measured() -> None:
    alike = surrogate.prior_correlation(np.zeros(3, dtype=np.intp), np.zeros((3, 0)))
    nothing = surrogate.learn_belief(np.empty((0, 3)), alike)
    assert not surrogate.update_belief(nothing, np.arange(0), np.array([])).known
    assert not surrogate.update_belief(nothing, np.array([0]), np.array([0.9])).known


@pytest.mark.parametrize("value", [0.0, 1.0, -3e12])
def test_equal_scores_give_finite_answers(value: float) -> None:
    alike = surrogate.prior_correlation(np.array([0, 0, 1, 1]), np.array([[0.0], [1], [0], [0]]))
    for past in (np.empty((0, 4)), np.full((5, 4), value)):
        belief = surrogate.learn_belief(past, alike)
        expected = surrogate.update_belief(belief, np.array([0, 2]), np.array([value, value]))
        assert np.isfinite(expected.mean).all()
        assert (expected.spread > 0).all()
        assert np.isfinite(surrogate.expected_improvement(expected, value)).all()
        assert all(0 <= expected.chance(value, at) <= 1 for at in range(4))


def test_without_a_past_few_runs_tell_little_and_intervals_say_so(data: replay.Table) -> None:
    nothing = surrogate.learn_belief(np.empty((0, data.errors.shape[1])), data.alike)
    held, plain = [], []
    for target in range(0, 388, 8):
        own, rest = np.split(np.random.default_rng(target).permutation(data.errors.shape[1]), [5])
        expected = surrogate.update_belief(nothing, own, -data.errors[target, own])
        assert expected.freedom == 4
        ends = np.array([expected.interval(int(at)) for at in rest])
        values = -data.errors[target, rest]
        held.append(((ends[:, 0] <= values) & (values <= ends[:, 1])).mean())
        plain.append((np.abs(values - expected.mean[rest]) <= 1.645 * expected.spread[rest]).mean())
        assert expected.chance(float(values.max()) + 1, int(rest[0])) > 0
    assert np.mean(held) > np.mean(plain) + 0.03, "a normal quantile takes five runs for many"
    assert np.mean(held) > 0.8


def test_the_normal_distribution_is_right() -> None:
    z = np.linspace(-12, 12, 97)
    exact = [0.5 * math.erfc(-x / math.sqrt(2)) for x in z]
    assert np.abs(surrogate._normal_cdf(z) / exact - 1).max() < 1e-12  # of the tails too: they decide what is unlikely


def test_expected_improvement_is_the_mean_of_what_exceeds_the_best() -> None:
    mean, spread, best = np.array([0.2, 0.5, 0.8, 0.5, 0.5]), np.array([0.1, 0.1, 0.1, 0.02, 0.4]), 0.5
    drawn = mean + spread * np.linspace(-8, 8, 80_001)[:, None]
    density = np.exp(-0.5 * np.linspace(-8, 8, 80_001) ** 2) * (16 / 80_000) / math.sqrt(2 * math.pi)
    exact = density @ np.maximum(drawn - best, 0.0)
    found = surrogate.expected_improvement(surrogate.Posterior(mean, spread, known=True, firm=True, freedom=math.inf), best)
    assert found == pytest.approx(exact, abs=1e-6)
    assert found[2] > found[1] > found[0] > 0, "a higher mean promises more"
    assert found[4] > found[1] > found[3], "so does a wider spread"
