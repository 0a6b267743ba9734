"""The journal as one table: every run once, every value as it was recorded."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import optuna
import pytest

from gitjournal.journal.table import FlatTable, column_kinds
from tests.support.pages import LOGISTIC, RBF, TREES, begin, commit, gitjournal, page, record, three_entries, write
from tests.support.searches import kept


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_each_run_is_a_row_in_the_order_of_the_records(repo: Path) -> None:
    three_entries(repo)
    found = rows(gitjournal(repo, "export"))
    assert [(one["entry"], one["seed"], one["grid.svc__C"], one["status"]) for one in found] == [
        (LOGISTIC, "", "", "done"),
        (RBF, "0", "1", "done"),
        (RBF, "1", "1", "done"),
        (RBF, "0", "10", "done"),
        (RBF, "1", "10", "done"),
        (RBF, "0", "100", "failed"),
    ]
    assert [one["dev.accuracy"] for one in found] == ["0.972", "0.97", "0.974", "0.976", "0.98", ""]
    assert (found[-1]["failure"], found[-1]["message"]) == ("exception", "ValueError: no")
    assert (found[1]["title"], found[1]["data"], found[1]["tags"]) == ("RBF beats linear", "digits", '["svm", "kernel methods"]')
    assert gitjournal(repo, "export") == gitjournal(repo, "export", "--csv")


def test_numbers_keep_every_digit_and_text_every_character(repo: Path) -> None:
    lab = begin(repo)
    title = '=HYPERLINK("http://x"), "quoted"; + @'
    write(lab, "20261121-odd-aaaa", page(title), [record("a" * 64, 0.1 + 0.2, grid={"svc__gamma": "scale", "svc__C": 1e-5})])
    commit(lab)
    (found,) = rows(gitjournal(repo, "export"))
    assert found["title"] == title
    assert float(found["dev.accuracy"]) == 0.1 + 0.2
    assert (found["grid.svc__gamma"], found["grid.svc__C"]) == ("scale", "1e-05")
    (plain,) = json.loads(gitjournal(repo, "export", "--json"))
    assert (plain["title"], plain["dev.accuracy"], plain["grid.svc__C"], plain["tags"]) == (title, 0.1 + 0.2, 1e-5, [])
    assert list(plain) == list(found)


def test_one_row_for_each_entry(repo: Path) -> None:
    three_entries(repo)
    found = {one["entry"]: one for one in json.loads(gitjournal(repo, "export", "--json", "--entries"))}
    assert list(found) == [LOGISTIC, RBF, TREES]
    rbf = found[RBF]
    assert (rbf["metric"], rbf["best"], rbf["grid.svc__C"], rbf["runs"], rbf["failed"]) == ("dev.accuracy", 0.978, 10, 5, 1)
    assert rbf["gain"] == pytest.approx(0.006)
    assert found[TREES]["best"] is None


@pytest.mark.parametrize(
    ("arguments", "entries"),
    [
        (["--where", "dev.accuracy > 0.975"], {RBF}),
        (["--tag", "linear"], {LOGISTIC}),
        (["k3f9"], {RBF}),
        (["p2m1", "k3f9", "--where", "dev.accuracy < 0.975"], {LOGISTIC}),
        (["--data", "iris"], set()),
    ],
)
def test_filters_are_those_of_ls(repo: Path, arguments: list[str], entries: set[str]) -> None:
    three_entries(repo)
    assert {one["entry"] for one in json.loads(gitjournal(repo, "export", "--json", *arguments))} == entries


def test_the_ending_of_the_file_decides_and_parquet_keeps_types(repo: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    three_entries(repo)
    assert gitjournal(repo, "export", "-o", "runs.parquet") == "6 runs of 3 entries in runs.parquet\n"
    table = parquet.read_table(repo / "runs.parquet")
    kinds = {field.name: str(field.type) for field in table.schema}
    assert (kinds["dev.accuracy"], kinds["seed"], kinds["dirty"], kinds["title"]) == ("double", "int64", "bool", "string")
    assert table.column("dev.accuracy").to_pylist()[:2] == [0.972, 0.97]
    first = (repo / "runs.parquet").read_bytes()
    assert gitjournal(repo, "export", "-q", "-o", "runs.parquet") == ""
    assert (repo / "runs.parquet").read_bytes() == first
    gitjournal(repo, "export", "-o", "runs.json")
    assert len(json.loads((repo / "runs.json").read_text())) == 6


@pytest.mark.parametrize(
    ("values", "kind"),
    [([1, None], int), ([1, 0.5], float), ([True, None], bool), ([True, 1], str), (["scale", 0.1], str), ([[1]], str), ([None], str)],
)
def test_a_column_of_several_types_is_text(values: list[Any], kind: type) -> None:
    assert column_kinds(FlatTable(["x"], [[value] for value in values])) == {"x": kind}


def test_what_cannot_be_done_is_said(repo: Path) -> None:
    lab = three_entries(repo)
    assert "-o runs.parquet" in gitjournal(repo, "export", "--parquet", code=2)
    assert "does not exist" in gitjournal(repo, "export", "-o", "nowhere/runs.csv", code=2)
    gitjournal(repo, "export", "--where", "dev.acuracy > 1", code=2)
    write(lab, "20261122-draft-zzzz", page("A draft"))
    assert "is a draft" in gitjournal(repo, "export", "zzzz", code=2)
    write(lab, TREES, page("x").replace("title", "titel"))
    commit(lab)
    said = gitjournal(repo, "export", "-o", "runs.csv")
    assert "left out: " in said
    assert "6 runs of 3 entries in runs.csv" in said


def test_entries_become_studies_that_optuna_goes_on_with(repo: Path) -> None:
    three_entries(repo)
    said = gitjournal(repo, "export", "-o", "study.log")
    assert said == (
        "4 trials of 2 studies in study.log\n"
        f"next: optuna.load_study(study_name='{LOGISTIC}', storage=JournalStorage(JournalFileBackend('study.log')))\n"
    )
    study = optuna.load_study(study_name=RBF, storage=kept(repo / "study.log"), sampler=optuna.samplers.TPESampler(seed=0))
    assert study.direction == optuna.study.StudyDirection.MAXIMIZE
    assert [(one.params, one.value, one.state.name) for one in study.trials] == [
        ({"svc__C": 1}, pytest.approx(0.972), "COMPLETE"),
        ({"svc__C": 10}, pytest.approx(0.978), "COMPLETE"),
        ({"svc__C": 100}, None, "FAIL"),
    ]
    best = study.best_trial
    assert (best.user_attrs["entry"], best.user_attrs["seeds"], best.user_attrs["metric"]) == (RBF, [0, 1], "dev.accuracy")
    assert best.duration is not None
    assert best.duration.total_seconds() == 61.5
    study.optimize(lambda trial: trial.suggest_categorical("svc__C", [1, 10, 100]) / 100, n_trials=3)
    assert len(study.trials) == 6


def test_a_study_gets_a_file_and_a_name_of_its_own(repo: Path) -> None:
    three_entries(repo)
    assert gitjournal(repo, "-q", "export", "rbf", "-o", "study.log", "--study-name", "mine") == ""
    assert "study.log has a study `mine` already" in gitjournal(repo, "export", "rbf", "-o", "study.log", "--study-name", "mine", code=2)
    gitjournal(repo, "export", "rbf", "--optuna", "-o", "study.log")
    assert optuna.get_all_study_names(kept(repo / "study.log")) == ["mine", RBF]
    assert "--study-name names one study, and these are 2 entries" in gitjournal(repo, "export", "-o", "x.log", "--study-name", "x", code=2)
    assert "--study-name goes with --optuna" in gitjournal(repo, "export", "--study-name", "x", code=2)
    for arguments in (["--optuna"], ["--optuna", "-o", "runs.csv"], ["-o", "runs.db", "--entries"]):
        assert "a study of optuna is a .db or .log file of its own" in gitjournal(repo, "export", *arguments, code=2)
    assert "no entry here has results" in gitjournal(repo, "export", "trees", "-o", "y.db", code=2)
    assert not [one.name for one in repo.iterdir() if one.name.startswith(("x.", "y.", "runs.", ".gitjournal"))]
