from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitjournal.entry.model import FrontMatter
from gitjournal.entry.parse import parse
from gitjournal.entry.record import Record
from gitjournal.entry.summary import Effect, Score, join, state, summarise
from tests.support.pages import failed, page, record


def front(**more: object) -> FrontMatter:
    text = page(
        "A question", metrics=str(more.pop("metrics", "accuracy")), front="\n".join(f"{key}: {value}" for key, value in more.items())
    )
    return parse(text, entry_id="20261121-a-question-abcd", file="a.md").front


def test_the_best_configuration_comes_first_as_a_mean_over_its_seeds() -> None:
    summary = summarise(
        front(), [record("a", 0.9, seed=0), record("b", 0.94, seed=0), record("a", 0.96, seed=1), record("b", 0.95, seed=1)]
    )
    assert [one.fingerprint for one in summary.configurations] == ["b", "a"]
    assert summary.best_score == Score(pytest.approx(0.945), pytest.approx(statistics.stdev([0.94, 0.95])), 2)
    assert summary.deciding == "dev.accuracy"


def test_lower_is_better_where_the_metric_says_so() -> None:
    summary = summarise(front(metrics="rmse"), [record("a", 2.0, metric="rmse"), record("b", 1.0, metric="rmse")])
    assert summary.best is not None
    assert summary.best.fingerprint == "b"
    assert summary.direction == -1


def test_no_spread_is_given_for_one_seed() -> None:
    summary = summarise(front(), [record("a", 0.9)])
    assert summary.best_score == Score(0.9, None, 1)


def test_a_repeat_of_the_same_run_counts_once() -> None:
    summary = summarise(front(), [record("a", 0.9, run="1"), record("a", 0.7, run="2", status="again", repeats="1")])
    assert summary.best_score == Score(0.9, None, 1)
    assert (summary.runs, summary.repeated) == (1, 1)


def test_a_declared_replicate_alone_is_a_result() -> None:
    summary = summarise(front(), [record("a", 0.9, status="again")])
    assert summary.best_score == Score(0.9, None, 1)


def test_a_failure_that_was_retried_with_success_is_no_failure() -> None:
    summary = summarise(front(), [failed("a"), record("a", 0.9)])
    assert (summary.failed, summary.done, summary.failures) == (0, 1, {})


def test_failures_are_counted_by_kind_with_their_message() -> None:
    summary = summarise(front(), [failed("a", "first"), failed("b", "second"), record("c", 0.9)])
    assert summary.failures == {"exception": 2}
    assert summary.messages == {"exception": "first"}
    assert summary.configurations[0].fingerprint == "c"


def test_an_entry_without_any_score_has_no_best() -> None:
    summary = summarise(front(), [failed("a")])
    assert summary.best is None
    assert summary.best_score is None
    assert summarise(front(), []).configurations == []


def test_a_score_that_is_missing_or_not_finite_never_wins() -> None:
    bad = record("a", metrics={"dev": {"accuracy": None}})
    worse = record("b", metrics={"dev": {"accuracy": math.inf}})
    summary = summarise(front(), [bad, worse, record("c", 0.1)])
    assert summary.best is not None
    assert summary.best.fingerprint == "c"


def test_each_grid_parameter_has_its_best_and_its_worst_value() -> None:
    runs = [
        record(f"{c}{g}", dev, grid={"C": c, "gamma": g}) for c, g, dev in ((1, 0.1, 0.8), (1, 0.2, 0.9), (10, 0.1, 0.95), (10, 0.2, 0.7))
    ]
    effects = summarise(front(), runs).effects
    assert effects == [Effect("C", 2, 10, 0.95, 1, 0.9), Effect("gamma", 2, 0.1, 0.95, 0.2, 0.9)]


def test_a_parameter_that_took_one_value_has_no_effect_to_tell() -> None:
    assert summarise(front(), [record("a", 0.9, grid={"C": 1})]).effects == []


def test_cost_is_that_of_the_entrys_own_runs() -> None:
    summary = summarise(
        front(), [record("a", 0.9, seconds=1.5, memory_mb=100), record("b", 0.8, seconds=9.0, memory_mb=900, from_="other")]
    )
    assert (summary.seconds, summary.memory_mb, summary.borrowed) == (1.5, 100, 1)


def test_a_run_of_another_entry_gets_its_owners_metrics() -> None:
    user = Record(run="1", fingerprint="a", seed=0, from_="20261109-svm-7f3a")
    joined = join([user, record("b", 0.8)], {("a", 0): {"dev": {"accuracy": 0.99}}})
    assert summarise(front(), joined).best_score == Score(0.99, None, 1)
    assert join([user], {})[0].metrics == {}


@pytest.mark.parametrize(
    ("declared", "records", "expected"),
    [
        ({}, [], "planned"),
        ({}, [record("a", 0.9)], "done"),
        ({}, [failed("a")], "failed"),
        ({}, [failed("a"), record("b", 0.9)], "partly"),
        ({"retracted": "leak"}, [record("a", 0.9)], "retracted"),
        ({"grid": "{svc__C: [1, 10]}"}, [record("a", 0.9, grid={"svc__C": 1})], "partly"),
        ({"grid": "{svc__C: [1, 10]}"}, [record("a", 0.9, grid={"svc__C": 1}), record("b", 0.9, grid={"svc__C": 10.0})], "done"),
        ({"seeds": "2"}, [record("a", 0.9, seed=0)], "partly"),
        ({"seeds": "[3, 4]"}, [record("a", 0.9, seed=3), record("a", 0.9, seed=4)], "done"),
        ({"seeds": "3"}, [record("a", 0.9)], "done"),  # nothing draws: all seeds are one run
    ],
)
def test_the_state_of_an_entry(declared: dict[str, object], records: list[Record], expected: str) -> None:
    assert state(front(**declared), records) == expected


@given(st.lists(st.floats(0, 1), min_size=2, max_size=8), st.permutations(range(8)))
def test_the_order_of_lines_changes_no_score(values: list[float], order: list[int]) -> None:
    runs = [record("a", value, seed=seed) for seed, value in enumerate(values)]
    shuffled = [runs[at] for at in order if at < len(runs)]
    one, other = summarise(front(), runs).best_score, summarise(front(), shuffled).best_score
    assert one is not None
    assert other is not None
    assert one.mean == other.mean
    assert one.sd == pytest.approx(other.sd)
