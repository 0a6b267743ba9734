"""Intervals hold what they promise."""

from __future__ import annotations

import math
import statistics
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as reference

from gitjournal.stats.intervals import (
    LEVEL,
    Estimate,
    mean,
    mean_against_single,
    overlapping_mean,
    required_units,
    welch,
    wilson,
)


@given(st.floats(0, 1), st.integers(1, 10_000))
def test_wilson_holds_the_share_and_stays_between_0_and_1(share: float, n: int) -> None:
    interval = wilson(share * n, n)
    assert 0 <= interval.low <= share + 1e-9
    assert share - 1e-9 <= interval.high <= 1


def test_wilson_is_that_of_scipy() -> None:
    for hits, n in ((0, 20), (3, 20), (349, 360), (20, 20)):
        expected = reference.binomtest(hits, n).proportion_ci(method="wilson")
        assert (wilson(hits, n).low, wilson(hits, n).high) == (
            pytest.approx(expected.low, abs=1e-9),
            pytest.approx(expected.high, abs=1e-9),
        )


def test_means_and_welch_are_those_of_scipy() -> None:
    a, b = [0.97, 0.975, 0.981, 0.969, 0.972], [0.961, 0.97, 0.958]
    expected = reference.ttest_ind(a, b, equal_var=False)
    estimate = welch(a, b)
    assert estimate.p() == pytest.approx(expected.pvalue, rel=1e-9)
    ends = expected.confidence_interval()
    assert (estimate.interval().low, estimate.interval().high) == (pytest.approx(ends.low), pytest.approx(ends.high))
    assert mean(a).p(0.96) == pytest.approx(reference.ttest_1samp(a, 0.96).pvalue, rel=1e-9)
    assert overlapping_mean(a, 0.0) == mean(a)
    assert Estimate(1.0, 0.5, math.inf).p() == pytest.approx(2 * reference.norm.sf(2.0))
    assert Estimate(1.0, 0.0, 4).p() is None


def test_the_corrected_t_is_that_of_scikit_learns_example() -> None:
    """ "Statistical comparison of models using grid search", its own code and its printed figures (0.750 and 0.227, one-sided)."""
    from sklearn.datasets import make_moons
    from sklearn.model_selection import GridSearchCV, RepeatedStratifiedKFold
    from sklearn.svm import SVC

    X, y = make_moons(noise=0.352, random_state=1, n_samples=100)
    cv = RepeatedStratifiedKFold(n_splits=10, n_repeats=10, random_state=0)
    tried = [{"kernel": ["linear"]}, {"kernel": ["poly"], "degree": [2, 3]}, {"kernel": ["rbf"]}]
    results = GridSearchCV(SVC(random_state=0), tried, scoring="roc_auc", cv=cv).fit(X, y).cv_results_
    scores = np.array([results[f"split{number}_test_score"] for number in range(100)])
    linear, _, cubic, rbf = scores.T
    told = []
    for other in (linear, cubic):
        differences = rbf - other
        t = differences.mean() / np.sqrt(np.var(differences, ddof=1) * (1 / len(differences) + 10 / 90))
        p = reference.t.sf(np.abs(t), len(differences) - 1)
        estimate = overlapping_mean(differences.tolist(), 10 / 90)
        assert estimate.value / estimate.error == pytest.approx(t, abs=1e-12)
        assert estimate.p() == pytest.approx(2 * p, abs=1e-12)
        told.append((f"{estimate.value / estimate.error:.3f}", f"{(estimate.p() or 0) / 2:.3f}"))
    assert told == [("0.750", "0.227"), ("1.657", "0.050")]


@pytest.mark.parametrize("n", [2, 3, 5, 12, 40])
@pytest.mark.parametrize(("ratio", "overlap"), [(0.0, 1.0), (0.25, 1.0), (0.25, 0.5), (0.25, 0.0)])
def test_what_seeds_and_folds_could_see_is_found_in_four_of_five_cases(n: int, ratio: float, overlap: float) -> None:
    """Values that share a part of their noise as overlapping train parts do, of which `overlap` is there: correlation r / (1 + r)."""
    shared = overlap * ratio / (1 + overlap * ratio)
    draw = np.random.default_rng(n)
    values = math.sqrt(shared) * draw.normal(size=(2000, 1)) + math.sqrt(1 - shared) * draw.normal(size=(2000, n))
    estimate = overlapping_mean([-1.0, 1.0] * (n // 2) + [0.0] * (n % 2), ratio, overlap=overlap)
    own = statistics.variance([-1.0, 1.0] * (n // 2) + [0.0] * (n % 2))
    effect = replace(estimate, error=estimate.error * math.sqrt((1 - shared) / own)).smallest()
    assert effect is not None
    share = np.mean([(overlapping_mean((effect + one).tolist(), ratio).p() or 1) < LEVEL for one in values])
    assert share == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize(("n", "k"), [(3, 24), (12, 200)])
def test_what_the_best_of_several_could_see_is_larger_and_found_in_four_of_five_cases(n: int, k: int) -> None:
    critical = Estimate(0.0, 1.0, n - 1).quantile(1 - LEVEL / (2 * k))
    effect = Estimate(0.0, 1 / math.sqrt(n), n - 1).smallest(critical)
    assert effect is not None
    values = np.random.default_rng(n).normal(effect, 1, size=(2000, n))
    share = np.mean([k * (mean(one.tolist()).p() or 1) < LEVEL for one in values])
    assert share == pytest.approx(0.8, abs=0.03)


def test_what_welch_could_see_is_found_in_four_of_five_cases() -> None:
    n, sd_a, sd_b = 8, 1.0, 1.6
    of_a, of_b = sd_a**2 / n, sd_b**2 / n
    df = (of_a + of_b) ** 2 / (of_a**2 / (n - 1) + of_b**2 / (n - 1))
    effect = Estimate(0.0, math.sqrt(of_a + of_b), df).smallest()
    assert effect is not None
    draw = np.random.default_rng(1)
    a, b = effect + sd_a * draw.normal(size=(2000, n)), sd_b * draw.normal(size=(2000, n))
    share = np.mean([(welch(one.tolist(), other.tolist()).p() or 1) < LEVEL for one, other in zip(a, b, strict=True)])
    assert share == pytest.approx(0.8, abs=0.03)


def test_as_many_as_are_needed_see_it() -> None:
    estimate = mean([0.1, 0.2, 0.3, 0.25, 0.22])
    n = required_units(estimate, 0.05, 5)
    assert n is not None
    error = estimate.error * math.sqrt(5 / n)
    assert (Estimate(0.0, error, n - 1).smallest() or 1) <= 0.05
    assert (Estimate(0.0, estimate.error * math.sqrt(5 / (n - 1)), n - 2).smallest() or 0) > 0.05
    folds = overlapping_mean([0.1, 0.2, 0.3, 0.25, 0.22], 0.25)
    assert required_units(folds, 0.05, 5, 0.25) is None  # more folds of the same rows do not help
    assert (required_units(folds, 0.12, 5, 0.25), required_units(folds, 0.12, 5, 0.25, overlap=0.5)) == (20, 15)
    assert required_units(estimate, 0.0, 5) is None
    assert required_units(Estimate(0.1, 0.0, 4), 0.1, 5) is None


def test_one_run_is_judged_by_the_spread_of_the_others() -> None:
    draw = np.random.default_rng(0)
    drawn = draw.normal(size=(2000, 6))
    share = np.mean([(mean_against_single(one[:5].tolist(), one[5]).p() or 1) < LEVEL for one in drawn])
    assert share < 0.05 + 3 * math.sqrt(0.05 * 0.95 / 2000)
