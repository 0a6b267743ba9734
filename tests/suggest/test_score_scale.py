"""Scores as numbers that can be compared over data sets."""

from __future__ import annotations

import math

import pytest

from gitjournal.entry.metrics import METRICS
from gitjournal.suggest.score_scale import worth


@pytest.mark.parametrize("metric", [*METRICS, "my_own"])
@pytest.mark.parametrize("scores", [[0.2, 0.9], [-3.0, -0.5], [0.0, 0.0], [1e-9, 1e9], []])
def test_better_scores_are_worth_more_and_come_back(metric: str, scores: list[float]) -> None:
    known = worth(metric, scores)
    inside = [score for score in scores if known.low <= score <= known.high]
    values = [known.of(score) for score in inside]
    assert values == sorted(values, reverse=known.sign < 0)
    assert [known.score(value) for value in values] == pytest.approx(inside)


def test_errors_count_by_their_ratio_whatever_the_unit() -> None:
    known = worth("rmse", [1.0, 20.0])
    assert known.of(1) - known.of(2) == pytest.approx(known.of(10) - known.of(20))
    assert known.of(1) > known.of(2)


def test_nothing_is_expected_beyond_what_a_metric_can_reach() -> None:
    assert worth("accuracy", [0.9]).score(1.2) == 1
    assert worth("accuracy", [0.9]).score(-0.2) == 0
    assert worth("r2", [0.9]).score(-7) == -7
    assert worth("rmse", [0.0, 3.0]).score(math.inf) == 0
    assert worth("accuracy", [0.9]).is_perfect(1.0)
    assert not worth("rmse", [1.0]).is_perfect(0.0)
