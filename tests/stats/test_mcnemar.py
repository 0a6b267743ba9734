"""McNemar's test and its interval never contradict each other, and its power is what simulations find."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as reference

from gitjournal.stats.intervals import LEVEL, Interval
from gitjournal.stats.mcnemar import discordant_interval, mcnemar, mcnemar_power, required_rows, smallest_of_rows


def paired_difference(a: Sequence[bool], b: Sequence[bool]) -> Interval:
    """Return accuracy of `a` minus accuracy of `b` on the same rows."""
    only_a = sum(x and not y for x, y in zip(a, b, strict=True))
    only_b = sum(y and not x for x, y in zip(a, b, strict=True))
    return discordant_interval(only_a, only_b, len(a))


def test_the_difference_is_of_accuracies_and_its_interval_holds_it() -> None:
    a, b = [True] * 355 + [False] * 5, [True] * 352 + [False] * 8
    interval = paired_difference(a, b)
    assert interval.value == pytest.approx(3 / 360)
    assert interval.low < interval.value < interval.high


def test_the_interval_is_that_of_agresti_and_min() -> None:
    """Their example of n = 1144 voters: 150 against 86 discordant (Agresti, Categorical Data Analysis, table 11.1)."""
    a = [True] * 150 + [False] * 86 + [True] * 908
    b = [False] * 150 + [True] * 86 + [True] * 908
    interval = paired_difference(a, b)
    n = 1146
    centre = 64 / n
    half = 1.959963984540054 * math.sqrt(237 - 64**2 / n) / n
    assert (interval.low, interval.high) == (pytest.approx(centre - half), pytest.approx(centre + half))


def test_two_equal_models_differ_within_the_interval_nineteen_times_in_twenty() -> None:
    draw = random.Random(0)
    missed = 0
    for _ in range(2000):
        a = [draw.random() < 0.9 for _ in range(200)]
        b = [draw.random() < 0.9 for _ in range(200)]
        interval = paired_difference(a, b)
        missed += not interval.low <= 0 <= interval.high
    assert missed / 2000 < 0.05 + 3 * math.sqrt(0.05 * 0.95 / 2000)


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_the_exact_binomial(only_a: int, only_b: int) -> None:
    if only_a + only_b:
        assert mcnemar(only_a, only_b) == pytest.approx(reference.binomtest(only_a, only_a + only_b).pvalue, abs=1e-12)
    else:
        assert mcnemar(0, 0) == 1.0


@given(st.integers(0, 150), st.integers(0, 150))
def test_test_and_interval_never_contradict_each_other(only_a: int, only_b: int) -> None:
    assert (mcnemar(only_a, only_b) < LEVEL) == (not discordant_interval(only_a, only_b, 2000).holds(0.0))


@pytest.mark.parametrize(("only_a", "only_b"), [(30, 22), (6, 2), (0, 0)])
def test_the_smallest_difference_that_rows_show_is_found_in_four_of_five_cases(only_a: int, only_b: int) -> None:
    """A known effect, simulated: 2,000 pairs of models that are apart on as many rows, or on as few as the effect needs."""
    n = 360
    apart = (only_a + only_b) / n
    difference = smallest_of_rows(only_a, only_b, n)
    assert difference is not None
    differing = max(apart, difference)
    cells = [(differing + difference) / 2, (differing - difference) / 2, 1 - differing]
    counts = np.random.default_rng(0).multinomial(n, cells, size=2000)
    share = np.mean([mcnemar(int(a), int(b)) < LEVEL for a, b, _ in counts])
    assert share == pytest.approx(0.8, abs=0.03)
    assert share == pytest.approx(mcnemar_power(difference, apart, n), abs=0.03)
    rows = required_rows(difference, apart)
    assert rows is not None
    assert abs(rows - n) <= 12  # the exact test's power has teeth


def test_what_no_number_of_rows_shows_is_said() -> None:
    assert smallest_of_rows(0, 0, 5) is None
    assert smallest_of_rows(2, 3, 5) is None
    assert required_rows(0.0, 0.1) is None
    assert required_rows(1.5, 0.1) is None
    assert required_rows(1e-6, 0.2) is None
    assert mcnemar_power(0.0, 0.0, 100) == 0.0


def test_what_the_best_of_several_could_see_on_rows_is_larger() -> None:
    alone, among = smallest_of_rows(30, 22, 360), smallest_of_rows(30, 22, 360, 2.9)
    assert alone is not None
    assert among is not None
    assert among == pytest.approx(alone * (2.9 + 0.84) / (1.96 + 0.84), rel=0.05)
