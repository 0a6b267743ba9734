"""Over data sets: as Demsar's tests, refused where they could not show anything."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats as reference

from gitjournal.errors import ComparisonError
from gitjournal.stats.over_datasets import DataScore, hodges_lehmann, over_data, signed_rank


def cells(**values: list[float]) -> list[DataScore]:
    return [DataScore(f"e-{name}{at}", name, f"set{at}", value) for name, row in values.items() for at, value in enumerate(row)]


def test_two_procedures_are_wilcoxons_test() -> None:
    a, b = [0.9, 0.8, 0.95, 0.7, 0.85, 0.99], [0.88, 0.75, 0.91, 0.69, 0.78, 0.96]
    result = over_data(cells(a=a, b=b), 1)
    (pair,) = result.pairs
    assert pair.p == pytest.approx(reference.wilcoxon(a, b).pvalue) == pytest.approx(2 / 64)
    assert (pair.won, pair.lost, pair.verdict(1), pair.verdict(-1)) == (6, 0, "better", "worse")
    assert result.friedman is None
    assert result.ranks == {"a": 1.0, "b": 2.0}
    assert pair.interval.low == pytest.approx(0.01)  # the smallest difference: all six must be above 0 for p below 5 %


def test_three_are_friedmans_with_holm_for_the_pairs() -> None:
    draw = np.random.default_rng(0)
    a, b, c = (draw.normal(0.8 + lift, 0.01, 8).tolist() for lift in (0.05, 0.0, 0.0))
    result = over_data(cells(a=a, b=b, c=c), 1)
    assert result.friedman == pytest.approx(reference.friedmanchisquare(a, b, c).pvalue)
    ps = [pair.p for pair in result.pairs]
    assert [pair.adjusted for pair in result.pairs] == pytest.approx([max(2 * min(ps), one) if one != min(ps) else 2 * one for one in ps])
    assert result.ranks["a"] == 1.0
    assert sum(result.ranks.values()) == pytest.approx(6.0)


@pytest.mark.parametrize("n", [6, 8, 13])
def test_test_and_interval_agree(n: int) -> None:
    draw = np.random.default_rng(n)
    for _ in range(200):
        gaps = draw.normal(0.6, 1, n).tolist()
        assert (signed_rank(gaps) < 0.05) == (not hodges_lehmann(gaps).holds(0.0))


@pytest.mark.parametrize(
    "gaps",
    [
        [0.1, 0.1, 0.2, 0.2, 0.3, 0.4, 0.5],  # all better: the rarest that there is, whatever is tied
        [0.1, 0.1, 0.2, -0.2, 0.3, 0.4, 0.5],
        [0.1, -0.1, 0.1, -0.1, 0.1, -0.1, 0.3],
        [0.0, 0.0, 0.2, -0.2, 0.3, 0.4, 0.5, 0.6],
        [0.0, 0.1, 0.2, 0.3, 0.4, 0.5],
        [0.5, -0.25, 0.125, 1.0, -2.0, 4.0],
    ],
)
def test_equal_differences_and_zeros_are_told_by_all_ways_to_flip_signs(gaps: list[float]) -> None:
    ranks = reference.rankdata(np.abs(gaps))[np.array(gaps) != 0]
    flips = [abs(float(ranks @ signs)) for signs in itertools.product((-1, 1), repeat=len(ranks))]
    observed = abs(float(ranks @ np.sign([gap for gap in gaps if gap])))
    assert signed_rank(gaps) == np.mean([flip >= observed - 1e-9 for flip in flips])


def test_differences_that_are_equal_but_for_rounding_are_equal() -> None:
    assert 0.9 - 0.8 != 0.4 - 0.3
    assert signed_rank([0.9 - 0.8, 0.3 - 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]) == signed_rank([0.1, -0.1, 0.5, 0.6, 0.7, 0.8, 0.9])


@pytest.mark.parametrize("n", [6, 20, 50])
def test_without_equal_ones_it_is_the_exact_test_of_scipy(n: int) -> None:
    gaps = np.random.default_rng(n).normal(0.3, 1, n)
    assert signed_rank(gaps.tolist()) == pytest.approx(reference.wilcoxon(gaps, method="exact").pvalue)


@pytest.mark.parametrize("n", [6, 12])
def test_equal_procedures_are_told_apart_one_time_in_twenty(n: int) -> None:
    gaps = np.random.default_rng(n).normal(size=(2000, n))
    assert np.mean([signed_rank(one.tolist()) < 0.05 for one in gaps]) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 2000)
    assert np.mean([not hodges_lehmann(one.tolist()).holds(0.0) for one in gaps[:200]]) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 200)


def test_with_many_sets_the_interval_is_that_of_the_normal_distribution() -> None:
    gaps = np.random.default_rng(0).normal(0.5, 1, 60).tolist()
    interval = hodges_lehmann(gaps)
    assert interval.low < 0.5 < interval.high
    assert (signed_rank(gaps) < 0.05) == (not interval.holds(0.0))


def test_what_is_alike_everywhere_is_not_told_apart() -> None:
    same = [0.9, 0.8, 0.95, 0.7, 0.85, 0.99]
    result = over_data(cells(a=same, b=same, c=same), -1)
    assert (result.friedman, [pair.p for pair in result.pairs]) == (1.0, [1.0, 1.0])
    assert set(result.ranks.values()) == {2.0}


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (cells(a=[0.9] * 5, b=[0.8] * 5), "5 data sets cannot show a difference: the smallest p .* is 0.0625"),
        (cells(a=[0.9] * 6, b=[0.8] * 5), "b has no entry on set5"),
        (cells(a=[0.9] * 6), "all of these are a"),
        ([*cells(a=[0.9] * 6, b=[0.8] * 6), DataScore("e-again", "a", "set0", 0.7)], "-a0 and gain are both a"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_why(given: list[DataScore], why: str) -> None:
    with pytest.raises(ComparisonError, match=why):
        over_data(given, 1)
