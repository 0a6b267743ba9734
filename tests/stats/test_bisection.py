"""Bisection: the first place where a condition holds, found to the last bit, or to what is asked."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitjournal.stats.bisection import least_count, least_value


@given(st.floats(1e-300, 1e300))
def test_the_least_value_is_exact(edge: float) -> None:
    assert least_value(lambda x: x >= edge, 0.0, 1.5e300) == edge


def test_few_steps_are_enough_for_a_share_of_the_range() -> None:
    asked = []
    value = least_value(lambda x: asked.append(x) is None and x >= 0.3, 0.0, 1.0, steps=20)
    assert len(asked) == 20
    assert 0.3 <= value <= 0.3 + 2**-20


def test_what_holds_nowhere_but_at_the_end_is_the_end() -> None:
    assert least_value(lambda x: x >= 2.0, 1.0, 2.0) == 2.0
    assert least_value(lambda _: True, 1.0, 2.0) == math.nextafter(1.0, 2.0)


@given(st.integers(2, 100_000))
def test_the_least_count_is_exact(edge: int) -> None:
    assert least_count(lambda n: n >= edge, 100_000 * 2) == edge


@pytest.mark.parametrize("edge", [3, 999, 12_345, 777_777])
def test_large_counts_are_told_to_the_share_that_is_asked(edge: int) -> None:
    asked = []
    count = least_count(lambda n: asked.append(n) is None and n >= edge, 10_000_000, precision=0.001)
    assert count is not None
    assert edge <= count <= edge + max(0, edge // 1000)
    assert len(asked) <= 2 * math.log2(edge) + 1


def test_a_count_beyond_the_most_is_none() -> None:
    assert least_count(lambda n: n >= 1000, 500) is None
    assert least_count(lambda _: False, 10) is None
