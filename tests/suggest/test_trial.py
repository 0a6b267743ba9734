"""Trials, and scores as numbers that can be compared over data sets."""

from __future__ import annotations

import math

import pytest

from gitjournal.entry.metrics import METRICS
from gitjournal.suggest.trial import DataSet, Evidence, Trial, fit_scale, raise_outliers


@pytest.mark.parametrize("metric", [*METRICS, "my_own"])
@pytest.mark.parametrize("scores", [[0.2, 0.9], [-3.0, -0.5], [0.0, 0.0], [1e-9, 1e9], []])
def test_better_scores_are_worth_more_and_come_back(metric: str, scores: list[float]) -> None:
    scale = fit_scale(metric, scores)
    inside = [score for score in scores if scale.low <= score <= scale.high]
    values = [scale.worth(score) for score in inside]
    assert values == sorted(values, reverse=scale.sign < 0)
    assert [scale.score(value) for value in values] == pytest.approx(inside)


def test_errors_count_by_their_ratio_whatever_the_unit() -> None:
    scale = fit_scale("rmse", [1.0, 20.0])
    assert scale.worth(1) - scale.worth(2) == pytest.approx(scale.worth(10) - scale.worth(20))
    assert scale.worth(1) > scale.worth(2)


def test_nothing_is_expected_beyond_what_a_metric_can_reach() -> None:
    assert fit_scale("accuracy", [0.9]).score(1.2) == 1
    assert fit_scale("accuracy", [0.9]).score(-0.2) == 0
    assert fit_scale("r2", [0.9]).score(-7) == -7
    assert fit_scale("rmse", [0.0, 3.0]).score(math.inf) == 0
    assert fit_scale("accuracy", [0.9]).is_perfect(1.0)
    assert not fit_scale("rmse", [1.0]).is_perfect(0.0)


def test_a_run_that_diverged_is_merely_bad_and_all_others_are_worth_what_they_were() -> None:
    assert raise_outliers([0.7, 0.9, -1e40, 0.8]) == pytest.approx([0.7, 0.9, 0.75 - 10 * 0.15, 0.8])
    for worths in ([], [3.0], [1.0, 2.0], [-1e40, 5.0], [2.0, 2.0, -9.0]):
        assert raise_outliers(worths) == worths


def test_own_trials_are_those_on_the_data_in_question_that_have_a_score() -> None:
    trials = [Trial("here", "a", 0.9, "e"), Trial("here", "b", None, "e"), Trial("there", "a", 0.8, "e")]
    assert Evidence("accuracy", DataSet("here", "here"), trials).own() == trials[:1]
