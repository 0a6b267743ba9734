from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from gitjournal.journal.similar_values import near, nearest

VALUES = some.one_of(some.floats(), some.integers(-(2**63), 2**63), some.booleans(), some.text(max_size=3), some.none())


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (0.5, 0.5, 1),
        (1, 1.0, 1),
        (0.5, 0.05, 0),
        (100, 10 * math.sqrt(10), 0.5),
        (-100, -100 / math.sqrt(10), 0.5),
        (1, -1, 0),
        (0, 0.1, 0),
        (True, 1, 0),
        (None, 0, 0),
        ("relu", "relu", 1),
        ("relu", "tanh", 0),
        ([64, 32], [64, 320], 0.5),
        ([64, 32], [64], 0),
        ([], [], 1),
        (1e-300, 1e300, 0),
        (math.inf, 1.0, 0),
    ],
)
def test_tenfold_is_far(one: Any, other: Any, expected: float) -> None:
    assert near(one, other) == pytest.approx(expected)


@given(VALUES, VALUES)
def test_it_goes_both_ways_and_stays_between_0_and_1(one: Any, other: Any) -> None:
    assert 0 <= near(one, other) == near(other, one) <= 1


def test_the_nearest_two_are_found() -> None:
    assert nearest([1, 10, 100], [0.1, 9, "x"])[1:] == (10, 9)
    assert nearest(["a"], ["b"]) == (0.0, "a", "b")
