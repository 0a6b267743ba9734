from __future__ import annotations

from typing import Any

import pytest

from gitjournal.entry.model import FrontMatter
from gitjournal.entry.parse import parse
from gitjournal.entry.summary import summarise
from gitjournal.render.entry import (
    best_table,
    best_words,
    cost_words,
    data_words,
    declaration_rows,
    effects_lines,
    environment_words,
    grid_words,
    procedure_words,
    seeds_words,
)
from tests.support.pages import failed, page, record


def front(**more: str) -> FrontMatter:
    text = page("A question", metrics=more.pop("metrics", "accuracy"), front="\n".join(f"{key}: {value}" for key, value in more.items()))
    return parse(text, entry_id="20261121-a-question-abcd", file="a.md").front


@pytest.mark.parametrize(
    ("procedure", "words"),
    [
        (["StandardScaler", {"SVC": {"C": 10.0, "kernel": "rbf"}}], "StandardScaler -> SVC(C=10.0, kernel=rbf)"),
        ([{"clf": "SVC"}], "SVC (clf)"),
        ([{"SVC": None}], "SVC"),
        ({"python": "pkg.mod:train"}, "{python: pkg.mod:train}"),
        ([{"clf": {"Bagging": {"estimator": {"SVC": {}}}}}], "clf(Bagging={estimator: {SVC: {}}})"),
        (["\x1b[2JSVC"], "SVC"),
    ],
)
def test_a_procedure_in_words(procedure: Any, words: str) -> None:
    assert procedure_words(procedure) == words


def test_what_was_not_declared_is_not_told() -> None:
    assert [word for word, _ in declaration_rows(front())] == ["data", "split", "task", "procedure", "metrics"]
    assert dict(declaration_rows(front(expect="dev.accuracy >= 0.9", confidence="0.8")))["expect"] == "dev.accuracy >= 0.9"


def test_data_with_its_size_and_how_it_is_read() -> None:
    text = page("A").replace(
        "{sklearn: digits}", "{path: p.csv, target: y, sep: ';', facts: {n_rows: 344, n_features: 7, classes: [a, b]}}"
    )
    data = parse(text, entry_id="20261121-a-abcd", file="a.md").front.data
    assert data_words(data) == "p.csv (344 rows, 7 features, 2 classes); target y, sep ;"


def test_rows_like_those_of_train_have_a_column_of_their_own() -> None:
    runs = [record("a", metrics={"dev": {"accuracy": 0.8}, "train": {"accuracy": 1.0}, "train_dev": {"accuracy": 0.85}})]
    lines = best_table(summarise(front(), runs), width=None, color=False).splitlines()
    assert [line.split()[-2:] for line in lines] == [["train", "train_dev"], ["1.000", "0.850"]]
    assert "train_dev" not in best_table(summarise(front(), [record("a", 0.8)]), width=None, color=False)


def test_grids_and_seeds_in_words() -> None:
    assert grid_words([{"C": [1, 10]}, {"gamma": [0.1]}]) == "C [1, 10]; or gamma [0.1]"
    assert grid_words([{}]) == ""
    assert [seeds_words(one) for one in (None, 1, 5, [3, 4])] == ["", "0", "0 to 4", "3, 4"]


def test_the_best_is_told_with_its_direction() -> None:
    found = summarise(front(metrics="rmse"), [record("a", 2.345, metric="rmse"), record("b", 3.0, metric="rmse")])
    assert best_words(found) == "dev.rmse (lower is better) 2.35, the best of 2 configurations"
    assert best_words(summarise(front(), [])) == "nothing was scored yet"
    assert best_words(summarise(front(metrics="f1_macro"), [record("a", 0.9)])) == "no run has the metric that decides"


def test_the_table_of_the_best_has_gain_train_and_further_metrics() -> None:
    runs = [record("a", metrics={"dev": {"accuracy": 0.9, "f1_macro": 0.8}, "train": {"accuracy": 1.0}, "test": {"accuracy": 0.85}})]
    lines = best_table(summarise(front(), runs), width=None, color=False, baseline=0.88).splitlines()
    assert lines[0].split() == ["configuration", "dev.accuracy", "gain", "train", "dev.f1_macro", "test.accuracy"]
    assert lines[1].split() == ["as", "declared", "0.900", "+0.020", "1.000", "0.800", "0.850"]


def test_a_smaller_error_is_a_gain_in_the_table_of_the_best() -> None:
    found = summarise(front(metrics="rmse"), [record("a", 62.0, metric="rmse"), record("b", 70.0, metric="rmse")])
    _, best, worst = best_table(found, width=None, color=False, baseline=65.2).splitlines()
    assert "+3.2" in best
    assert "-4.8" in worst


def test_effects_and_cost_in_words() -> None:
    runs = [record("a", 0.9, grid={"C": 1}, seconds=30.0), record("b", 0.8, grid={"C": 10}, seconds=8.0, memory_mb=1200), failed("c")]
    found = summarise(front(), runs)
    assert effects_lines(found) == ["C: best 1 (0.900), worst 10 (0.800), of 2 values"]
    assert cost_words(found) == "3 runs in 38 s, 1,200 MB of memory at most"


def test_an_environment_in_words_whatever_its_file_holds() -> None:
    assert (
        environment_words({"python": "3.11.7", "versions": {"numpy": "2.4"}, "threads": 2}, "abc") == "Python 3.11.7, numpy 2.4, 2 threads"
    )
    assert environment_words({"versions": 3, "kernel": "\x1b[2JHaswell"}, "abc") == "Haswell"
    assert environment_words({}, "abc") == ""
    assert environment_words(None, "abcdefabcdefabcdef\x1b[2J") == "abcdefabcdef (not described)"
