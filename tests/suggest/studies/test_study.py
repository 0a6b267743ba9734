"""What a study means in an entry, and an entry in a study: values alone, no optuna."""

from __future__ import annotations

import json
import math
from typing import Any

import msgspec
import pytest

from gitjournal.entry.model import FrontMatter
from gitjournal.entry.parse import parse
from gitjournal.entry.record import Failure, Record
from gitjournal.entry.summary import summarise
from gitjournal.suggest.studies.export import make_study
from gitjournal.suggest.studies.study import Categorical, Distribution, Range, Study, StudyTrial, best_points, restore_values, search_spaces


def study(*tried: tuple[dict[str, Any], float | None], distributions: dict[str, Distribution], sign: int = 1, **attrs: Any) -> Study:
    made = [
        StudyTrial(number, params, {name: distributions[name] for name in params}, score) for number, (params, score) in enumerate(tried)
    ]
    return Study("s", (sign,), made, attrs)


@pytest.mark.parametrize(
    ("distribution", "written"),
    [
        (Range(0.01, 100.0, log=True), {"log": [0.01, 100.0]}),
        (Range(0.0, 0.6), {"lin": [0.0, 0.6]}),
        (Range(1, 50, whole=True, step=1), {"int": [1, 50]}),
        (Range(1, 50, whole=True, step=1, log=True), {"int": [1, 50]}),
        (Range(10, 40, whole=True, step=10), [10, 20, 30, 40]),
        (Range(0.1, 0.4, step=0.1), [0.1, 0.2, 0.3, 0.4]),
        (Range(0.0, 100.0, step=0.1), {"lin": [0.0, 100.0]}),
        (Range(3, 3, whole=True), [3]),
        (Categorical(("rbf", "linear", None)), ["rbf", "linear", None]),
        (Categorical((1.0, math.nan, 2.0)), [1.0, 2.0]),
        (Range(-math.inf, math.inf), [10]),
    ],
)
def test_a_distribution_is_an_axis_of_a_space(distribution: Distribution, written: Any) -> None:
    assert search_spaces(study(({"x": 10}, 0.5), distributions={"x": distribution})) == [{"x": written}]


def test_parameters_that_depend_on_another_give_one_space_for_each_set() -> None:
    distributions: dict[str, Distribution] = {
        "clf": Categorical(("SVC", "KNN", "NB")),
        "C": Range(0.1, 10.0, log=True),
        "n": Range(1, 9, whole=True),
    }
    found = study(
        ({"clf": "SVC", "C": 1.0}, 0.9), ({"clf": "KNN", "n": 3}, 0.8), ({"clf": "SVC", "C": 2.0}, 0.7), distributions=distributions
    )
    assert search_spaces(found) == [{"clf": ["SVC"], "C": {"log": [0.1, 10.0]}}, {"clf": ["KNN"], "n": {"int": [1, 9]}}]


def test_ranges_that_changed_on_the_way_are_joined() -> None:
    tried = [StudyTrial(0, {"x": 1.0}, {"x": Range(0.0, 2.0)}, 0.1), StudyTrial(1, {"x": 5.0}, {"x": Range(1.0, 8.0)}, 0.2)]
    assert search_spaces(Study("s", (1,), tried)) == [{"x": {"lin": [0.0, 8.0]}}]


@pytest.mark.parametrize(("sign", "order"), [(1, [3.0, 1.0, 2.0]), (-1, [2.0, 1.0, 3.0])])
def test_points_come_best_first_each_once_without_failures(sign: int, order: list[float]) -> None:
    found = study(
        *[({"x": 1.0}, 0.5), ({"x": 2.0}, 0.1), ({"x": 3.0}, 0.9), ({"x": 1.0}, 0.4), ({"x": 9.0}, None), ({"x": math.inf}, 0.6)],
        distributions={"x": Range(0.0, 9.0)},
        sign=sign,
    )
    assert [point["x"] for point in best_points(found, 10)] == order
    assert [point["x"] for point in best_points(found, 2)] == order[:2]


def test_json_that_stands_for_values_becomes_these_and_nonsense_stays() -> None:
    text = json.dumps({"PCA": {"n_components": 2}})
    found = study(
        *[({"prepare": text}, 0.5), ({"prepare": "passthrough"}, 0.4)],
        distributions={"prepare": Categorical((text, "passthrough"))},
        json={"prepare": [text, "{", 3, ["x"]], "other": "text"},
    )
    made = restore_values(found)
    assert made.trials[0].params == {"prepare": {"PCA": {"n_components": 2}}}
    assert search_spaces(made) == [{"prepare": [{"PCA": {"n_components": 2}}, "passthrough"]}]
    assert restore_values(study(distributions={}, json="nonsense")).trials == []


FRONT = """\
---
title: Which
data: {sklearn: wine, hash: "sha256:HASH", facts: {n_rows: 178, n_features: 13}}
task: classification
procedure: [StandardScaler, SVC]
metrics: [accuracy]
EXTRA
---
"""


FRONT = FRONT.replace("HASH", "a" * 64)


def front(extra: str) -> FrontMatter:
    return parse(FRONT.replace("EXTRA", extra), entry_id="20261121-which-aaaa", file="x.md").front


def out(extra: str, *records: Record) -> Study:
    made = front(extra)
    return make_study("20261121-which-aaaa", made, summarise(made, list(records)), list(records), name="s")


def record(fingerprint: str, score: float | None, seed: int | None = 0, **grid: Any) -> Record:
    failure = None if score is not None else Failure("exception", "no")
    return Record(
        run=f"{fingerprint}-{seed}",
        fingerprint=fingerprint,
        seed=seed,
        status="failed" if failure else "done",
        failure=failure,
        grid=grid,
        metrics={"dev": {"accuracy": score}} if score is not None else {},
        at=f"2026-11-21T10:00:0{seed or 0}+00:00",
        seconds=2.0,
        canonical="{}",
    )


def test_a_configuration_is_one_trial_with_its_mean_its_runs_and_its_times() -> None:
    made = out("grid: {svc__C: [1, 10]}", record("a", 0.8, 0, svc__C=1), record("a", 0.9, 1, svc__C=1), record("b", None, 0, svc__C=10))
    one, failed = made.trials
    assert (one.params, one.score, failed.params, failed.score) == ({"svc__C": 1}, pytest.approx(0.85), {"svc__C": 10}, None)
    assert (one.attrs["runs"], one.attrs["seeds"], one.attrs["metric"]) == (["a-0", "a-1"], [0, 1], "dev.accuracy")
    assert one.seconds == 3.0
    assert made.directions == (1,)
    assert (made.attrs["data_hash"], made.attrs["n_rows"], made.attrs["procedure"]) == (
        f"sha256:{'a' * 64}",
        178,
        ["StandardScaler", "SVC"],
    )


def test_a_look_and_a_skipped_run_are_no_runs_of_a_trial() -> None:
    done = record("a", 0.8, 0, svc__C=1)
    look = msgspec.structs.replace(done, run="look", status="final", metrics={"test": {"accuracy": 0.7}})
    skipped = msgspec.structs.replace(done, run="skipped", fingerprint="b", status="skipped", metrics={})
    (one,) = out("grid: {svc__C: [1]}", done, look, skipped).trials
    assert (one.attrs["runs"], one.attrs["scores"]) == (["a-0"], {"dev.accuracy": 0.8})


@pytest.mark.parametrize(
    ("extra", "value", "distribution"),
    [
        ("grid: {svc__C: [1, 10]}", 1, Categorical((1, 10))),
        ("grid: {svc__C: {log: [0.1, 10, 3]}}", 1.0, Range(0.1, 10, log=True)),
        ("grid: {svc__C: {int: [1, 9, 2]}}", 3, Range(1, 9, whole=True)),
        ("grid: {svc__C: [1, 10]}\nspace: {svc__C: {log: [0.5, 100]}}", 1, Range(0.5, 100, log=True)),
        ("space: {svc__C: {log: [0.5, 100]}}", 200.0, Range(0.5, 200.0, log=True)),
        ("space: {svc__C: {log: [0.5, 100]}}", "auto", Categorical(("auto",))),
        ("grid: {svc__C: [true, 1]}", 1, Categorical((True, "1"))),
        ("grid: {svc__C: [[1, 2], rbf]}", "rbf", Categorical(("[1, 2]", "rbf"))),
    ],
)
def test_where_it_looked_is_what_space_and_grid_say(extra: str, value: Any, distribution: Distribution) -> None:
    assert out(extra, record("a", 0.8, svc__C=value)).trials[0].distributions["svc__C"] == distribution


def test_what_optuna_cannot_hold_becomes_json_and_comes_back() -> None:
    made = out("grid: {svc__C: [[1, 2], rbf, true, 1]}", record("a", 0.8, svc__C=[1, 2]), record("b", 0.7, svc__C=1))
    assert made.attrs["json"] == {"svc__C": ["[1, 2]", "1"]}
    assert [one.params["svc__C"] for one in made.trials] == ["[1, 2]", "1"]
    assert best_points(restore_values(made), 5) == [{"svc__C": [1, 2]}, {"svc__C": 1}]


def test_a_lower_is_better_metric_is_minimised_and_a_missing_one_left_out() -> None:
    told = front("grid: {svc__C: [1, 10]}")
    told = msgspec.structs.replace(told, metrics=["log_loss"])
    records = [record("a", 0.8, svc__C=1)]
    made = make_study("x", told, summarise(told, records), records, name="s")
    assert (made.directions, made.trials) == ((-1,), [])
