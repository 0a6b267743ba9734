"""The usual first entries: what they are for each kind of data, and that nothing is written twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gitjournal.run.baselines import usual_baselines
from tests.support.helpers import done, git, gitjournal

NUMBERS = {"n_features": 4, "columns": {"number": ["a", "b", "c", "d"]}}


def steps(facts: dict[str, Any], task: str, *, mixed: bool = False, one_text: bool = False) -> list[str]:
    return [json.dumps(one.steps) for one in usual_baselines(facts, task, mixed=mixed, one_text=one_text)]


@pytest.mark.parametrize(
    ("facts", "task", "options", "expected"),
    [
        (NUMBERS, "classification", {}, ["Dummy", "Logistic", "KNeighbors", "HistGradientBoostingClassifier"]),
        (NUMBERS, "regression", {}, ["DummyRegressor", "Ridge", "KNeighborsRegressor", "HistGradientBoostingRegressor"]),
        ({**NUMBERS, "n_outputs": 3}, "regression", {}, ["DummyRegressor", "Ridge", "KNeighborsRegressor", "MultiOutputRegressor"]),
        ({**NUMBERS, "n_outputs": 3}, "multilabel", {}, ["Dummy", "MultiOutputClassifier", "KNeighbors", "MultiOutputClassifier"]),
        ({"columns": {"text": ["m"]}}, "classification", {"one_text": True}, ["Dummy", "Tfidf", "ComplementNB"]),
        ({"columns": {"text": ["m"]}}, "regression", {"one_text": True}, ["DummyRegressor", "Ridge"]),
        ({"columns": {"text": ["m"], "number": ["a"]}}, "classification", {"mixed": True}, ["Dummy", "Logistic", "KNeighbors"]),
        ({"shape": [28, 28]}, "classification", {}, ["Dummy", "Logistic", "KNeighbors", "Reshape"]),
        ({"shape": [32, 32, 3]}, "classification", {}, ["Dummy", "Logistic", "KNeighbors", "Conv2D"]),
        ({"shape": [20, 3]}, "classification", {}, ["Dummy", "Logistic", "KNeighbors", "HistGradient"]),
    ],
)
def test_each_kind_of_data_has_its_usual_ones(facts: dict[str, Any], task: str, options: dict[str, bool], expected: list[str]) -> None:
    procedures = steps(facts, task, **options)
    assert len(procedures) == len(expected)
    assert all(name in one for name, one in zip(expected, procedures, strict=True))


def test_they_are_written_once_run_and_compared_with_the_dummy(repo: Path) -> None:
    done(repo, "init", "-q")
    (repo / "data").mkdir()
    stream = np.random.RandomState(0)
    lines = ["kind,size,answer"]
    lines += [f"{stream.choice(['x', 'y'])},{size:.4f},{'yes' if size > 0 else 'no'}" for size in stream.normal(size=80)]
    (repo / "data/t.csv").write_text("\n".join(lines) + "\n")
    arguments = ("new", "--baselines", "data/t.csv", "--target", "answer")
    assert done(repo, *arguments, "--dry-run").count("would be written") == 4
    assert not list((repo / "lab/entries").rglob("*.md"))
    baselines = json.loads(done(repo, *arguments, "--json"))["baselines"]
    assert [one["state"] for one in baselines] == ["new"] * 4
    again = json.loads(done(repo, *arguments, "--json"))["baselines"]
    assert [(one["state"], one["id"]) for one in again] == [("draft", one["id"]) for one in baselines]
    ran = gitjournal(repo, *arguments, "--exec")
    assert ran.returncode == 0
    assert ran.stdout.count("1/1 done") == 4
    assert "baseline none" not in ran.stdout
    assert "no baseline" not in done(repo, "ls")
    listed = {one["id"]: one for one in json.loads(done(repo, "ls", "--json"))}
    dummy, linear = (listed[one["id"]] for one in baselines[:2])
    assert linear["baseline"] == dummy["id"]
    assert linear["gain"] > 0.2
    assert git(repo / "lab", "status", "--porcelain") == ""


def test_an_entry_without_a_baseline_is_told_so_in_one_line(repo: Path) -> None:
    done(repo, "init", "-q")
    done(repo, "new", "Alone", "--data", "sklearn:iris", "-e", "GaussianNB", "--hypothesis", "h", "-q")
    output = done(repo, "exec", "alone")
    assert "baseline none; the usual ones: gitjournal new --baselines sklearn:iris\n" in output
    assert "GJ311 1 row of dev is in train too (row 102): gitjournal data dups" in output
    assert "; the usual ones: gitjournal new --baselines sklearn:iris" in done(repo, "ls")
    shown = done(repo, "show", "alone")
    assert "baseline    none; the usual ones" in shown
    assert "GJ311 a row that is in two parts, in 1 run" in shown
    assert "no baseline to compare with." in next((repo / "lab/entries").rglob("*.md")).read_text()
    dups = done(repo, "data", "dups", "alone")
    assert "GJ311 1 row of dev is in train too (row 102)" in dups
    hashed = json.loads(done(repo, "data", "hash", "alone", "--json"))
    assert hashed["same"]
    assert done(repo, "data", "hash", "sklearn:iris").strip() == hashed["hash"]
    assert gitjournal(repo, "new", "x", "--baselines", "sklearn:iris").returncode == 2
