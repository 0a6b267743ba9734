"""From trials to suggestions, reasons and forecasts, however odd the trials are."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
import random
from collections.abc import Sequence

import pytest

from gitjournal.suggest import advisor
from gitjournal.suggest.trial import DataSet, Evidence, Trial

HERE = DataSet("here", "digits", 1797, 64)
FOREST = "sklearn.ensemble.RandomForestClassifier"


def svc(C: float, gamma: float = 0.01) -> str:
    return json.dumps([{"scaled": {}}, {"sklearn.svm.SVC": {"C": C, "gamma": gamma}}])


def forest(leaf: int) -> str:
    return json.dumps([{FOREST: {"min_samples_leaf": leaf}}])


EVERY = [*(svc(C, gamma) for C, gamma in itertools.product([0.1, 1, 10, 100], [0.001, 0.01, 0.1])), *(forest(leaf) for leaf in range(2, 8))]


def evidence(trials: Sequence[Trial], metric: str = "accuracy") -> Evidence:
    sets = {one.data: DataSet(one.data, one.data, 200, 10) for one in trials}
    return Evidence(metric, HERE, trials, sets | {"here": HERE})


def there(data: str, keys: Sequence[str] = EVERY, *, best: str = svc(10), errors: bool = False) -> list[Trial]:
    """Return trials of a data set on which `best` did best."""
    chance = random.Random(data)
    scores = [0.95 if key == best else 0.6 + 0.2 * chance.random() for key in keys]
    return [
        Trial(data, key, 1 - score if errors else score, f"20261121-on-{data}-{data[:4]}", 0.1)
        for key, score in zip(keys, scores, strict=True)
    ]


def own(*pairs: tuple[str, float | None]) -> list[Trial]:
    return [Trial("here", key, score, "20261122-mine-k3f9", 2.0) for key, score in pairs]


def in_units(unit: float, *data: str) -> list[Trial]:
    """Return trials of data sets whose errors are all in this unit."""
    trials = [trial for name in data for trial in there(name, errors=True)]
    return [dataclasses.replace(trial, score=unit * trial.score) for trial in trials if trial.score is not None]


@pytest.mark.parametrize(("metric", "sign"), [("rmse", 1), ("neg_median_absolute_error", -1)])
def test_errors_on_other_data_say_nothing_of_the_level_here(metric: str, sign: int) -> None:
    past = in_units(sign * 60.0, "a", "b", "c", "d")
    (before,) = advisor.foresee(evidence(past, metric), [svc(10)])
    assert before.expected is None
    (after,) = advisor.foresee(evidence([*past, *own((svc(1), sign * 1e6))], metric), [svc(10)])
    assert after.expected is not None
    assert 0.05e6 < sign * after.expected < 0.6e6  # an eighth to a half of it on the others, whatever their unit
    (unit,) = advisor.foresee(
        evidence([*in_units(sign, "a", "b"), *in_units(sign * 1e9, "c", "d"), *own((svc(1), sign * 1e6))], metric), [svc(10)]
    )
    assert unit.expected == pytest.approx(after.expected, rel=1e-6)
    assert (unit.low, unit.high) == pytest.approx((after.low, after.high), rel=1e-6)


def test_what_is_in_no_unit_is_expected_from_other_data_alone() -> None:
    past = [trial for data in ("a", "b", "c") for trial in there(data, errors=True)]
    (log_loss,) = advisor.foresee(evidence(past, "log_loss"), [svc(10)])
    assert log_loss.expected is not None
    assert 0.02 < log_loss.expected < 0.15


def test_errors_of_zero_are_in_no_ratio_to_others() -> None:
    past = [*in_units(60.0, "a", "b", "c"), Trial("perfect", svc(10), 0.0, "e"), *(Trial("perfect", svc(C), 3.0, "e") for C in (1, 100))]
    without = [trial for trial in past if trial.data != "perfect"]
    mine, perfect = own((svc(1), 3000.0)), own((svc(1), 0.0), (svc(100), 3000.0))
    for trials, same in (([*past, *mine], [*without, *mine]), ([*past, *perfect], perfect)):
        (found,), (wanted,) = (advisor.foresee(evidence(given, "rmse"), [svc(10)]) for given in (trials, same))
        assert found.expected == pytest.approx(wanted.expected)


def test_before_the_first_run_each_pick_adds_to_those_before_it_in_any_unit() -> None:
    past = in_units(0.9, "a", "b", "c")
    in_a_unit, in_none = ([one.key for one in advisor.advise(evidence(past, metric), EVERY, 4)] for metric in ("rmse", "log_loss"))
    assert in_a_unit == in_none


def test_what_did_best_on_other_data_comes_first_with_the_entries_that_say_so() -> None:
    (one,) = advisor.advise(evidence([*there("wine"), *there("iris")]), EVERY, 1)
    assert (one.key, one.led) == (svc(10), "past")
    assert {(why.entry, why.data, why.rank, why.of) for why in one.precedents} == {
        (f"20261121-on-{data}-{data}", data, 1, len(EVERY)) for data in ("wine", "iris")
    }
    assert not any(why.differs for why in one.precedents)


def test_the_nearest_past_run_is_named_with_how_it_differs() -> None:
    (one,) = advisor.advise(evidence(there("wine", [svc(10), forest(3)])), [svc(12)], 1)
    assert one.precedents[0].differs == ["SVC.C"]


@pytest.mark.parametrize("metric", ["accuracy", "log_loss"])
def test_lower_is_better_is_the_same_the_other_way_round(metric: str) -> None:
    errors = metric == "log_loss"
    trials = [*there("wine", errors=errors), *there("iris", errors=errors), *own((forest(2), 0.3 if errors else 0.7))]
    (one,) = advisor.advise(evidence(trials, metric), EVERY, 1)
    seen = one.forecast
    assert one.key == svc(10)
    assert seen.low is not None
    assert seen.expected is not None
    assert seen.high is not None
    assert seen.low <= seen.expected <= seen.high
    assert seen.expected < 0.25 if errors else seen.expected > 0.75
    assert seen.chance is not None
    assert seen.chance > 0.5


def test_what_ran_or_failed_here_is_not_suggested_again() -> None:
    trials = [*there("wine"), *own((svc(10), None), (svc(1), 0.8))]
    found = advisor.advise(evidence(trials), EVERY, 100)
    keys = [one.key for one in found]
    assert len(keys) == len(set(keys)) == len(EVERY) - 2
    assert not {svc(10), svc(1)} & set(keys)


def test_no_evidence_says_so_and_keeps_the_order() -> None:
    found = advisor.advise(evidence([]), EVERY, 3)
    assert [one.key for one in found] == EVERY[:3]
    assert all(one.led == "order" and not one.precedents and one.forecast.expected is None for one in found)


def test_unlikely_is_not_said_before_seven_own_runs_and_is_said_with_evidence() -> None:
    few = evidence(own((svc(10), 0.99), (forest(2), 0.2), (forest(3), 0.2), (forest(4), 0.2), (forest(8), 0.2), (forest(9), 0.2)))
    assert not any(one.unlikely for one in advisor.foresee(few, EVERY))
    more = evidence([*few.trials, *own((forest(5), 0.2))])
    assert {one.key: one.unlikely for one in advisor.foresee(more, [forest(6), svc(11)])} == {forest(6): True, svc(11): False}


def test_a_run_is_foreseen_from_like_ones_with_its_time() -> None:
    (seen,) = advisor.foresee(evidence([*there("wine"), *own((svc(10, 0.1), 0.9), (svc(1), 0.92), (forest(3), 0.6))]), [svc(10)])
    assert seen.expected is not None
    assert 0.85 < seen.expected <= 1
    assert seen.seconds == 2.0


def test_time_is_scaled_from_a_past_data_set_by_rows() -> None:
    (seen,) = advisor.foresee(evidence(there("wine")), [svc(10)])
    assert seen.seconds == pytest.approx(0.1 * 1797 / 200)


def test_the_best_there_can_be_is_not_beaten() -> None:
    (seen,) = advisor.foresee(evidence(own((svc(10), 1.0), (svc(1), 0.99))), [svc(3)])
    assert seen.chance == 0


ODD = {
    "one run": own((svc(10), 0.9)),
    "a constant metric": own(*((key, 0.5) for key in EVERY[:9])),
    "constant everywhere": [*own(*((key, 0.5) for key in EVERY[:9])), *(Trial("wine", key, 0.5, "e") for key in EVERY)],
    "not finite": [*own((svc(10), math.nan), (svc(1), 0.7)), Trial("wine", svc(10), math.inf, "e"), Trial("wine", svc(1), 0.7, "e")],
    "only failures": own(*((key, None) for key in EVERY[:9])),
    "10,000 equal ones": own(*((svc(number), 0.5) for number in range(1, 10_001))),
    "10,000 on other data": [Trial(f"set {n % 7}", svc(n), 0.5, "e") for n in range(1, 10_001)],
    "one past run": [Trial("wine", svc(10), 0.9, "e")],
    "huge errors": [*own((svc(10), -1e300), (svc(1), 0.7), (svc(0.1), 0.8)), *there("wine")],
    "an odd procedure": [Trial("wine", "[]", 0.9, "e"), Trial("here", '["x", {"y": 3}]', 0.9, "e"), *there("iris")],
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("metric", ["accuracy", "rmse"])
def test_odd_trials_give_sane_answers_without_a_warning(name: str, metric: str) -> None:
    found = advisor.advise(evidence(ODD[name], metric), EVERY, 5)
    tried = {one.key for one in ODD[name] if one.data == "here"}
    assert len(found) == min(5, len(set(EVERY) - tried))
    for one in found:
        seen = one.forecast
        assert one.key not in tried
        numbers = [value for value in (seen.expected, seen.low, seen.high, seen.chance) if value is not None]
        assert all(math.isfinite(value) for value in numbers)
        if seen.expected is not None and seen.low is not None and seen.high is not None:
            assert seen.low <= seen.expected <= seen.high
        assert seen.chance is None or 0 <= seen.chance <= 1
