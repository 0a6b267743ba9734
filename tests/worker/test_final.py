"""The final evaluation: what is scored, what must be proven before, and the standard errors that come with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import mean_squared_error

from gitjournal.data import splits
from gitjournal.errors import DataError, EntryError
from gitjournal.trust.code_files import find_code
from gitjournal.worker.cache import TableCache
from gitjournal.worker.final import final
from gitjournal.worker.fit import load_table
from gitjournal.worker.jobs import FinalJob, FinalResult
from gitjournal.worker.outcome import digest
from tests.support.trees import step

LOGISTIC = [step("sklearn.linear_model.LogisticRegression", max_iter=1000)]
RIDGE = [step("sklearn.linear_model.Ridge")]
SPLIT = {"dev": 0.2, "test": 0.2}


def job(root: Path, tree: list[Any], **more: Any) -> FinalJob:
    declared = {"data": {"sklearn": "iris"}, "split": SPLIT, "seed": 0, "expected": None, **more}
    return FinalJob(root=str(root), cache=str(root / "c"), procedure=tree, **declared)


def look(root: Path, tree: list[Any], **more: Any) -> FinalResult:
    return final(job(root, tree, **more), TableCache())


def parts_of(asked: FinalJob) -> splits.Parts:
    table = load_table(asked, TableCache())
    return splits.divide_rows(table, splits.effective_split(asked.split, table.task), asked.seed)[0]


def test_it_scores_the_test_rows_by_the_model_of_the_train_rows(tmp_path: Path) -> None:
    X, y = load_iris(return_X_y=True)
    parts = parts_of(job(tmp_path, LOGISTIC))
    model = LogisticRegression(max_iter=1000).fit(X[parts["train"]], y[parts["train"]])
    expected = digest(model.predict(X[parts["dev"]]), "classification")
    result = look(tmp_path, LOGISTIC, expected=expected)
    assert result.metrics == {"accuracy": model.score(X[parts["test"]], y[parts["test"]])}
    assert (result.rows, result.learned) == (len(parts["test"]), len(parts["train"]))
    assert result.part == splits.rows_digest([parts["test"]])
    assert result.predictions == digest(model.predict(X[parts["test"]]), "classification")
    assert result.errors == {}  # that of accuracy over plain rows is known without drawing


def test_a_model_that_predicts_dev_otherwise_than_its_record_is_not_shown_the_test_rows(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="predicts dev otherwise than its record says") as refused:
        look(tmp_path, LOGISTIC, expected="0" * 64)
    assert "the test part was not looked at" in refused.value.hint


def test_under_cross_validation_it_learns_from_all_rows_outside_the_test_part(tmp_path: Path) -> None:
    result = look(tmp_path, LOGISTIC, split={"cv": 3, "test": 0.2})
    assert (result.learned, result.rows) == (120, 30)


def test_the_error_of_a_metric_is_that_of_drawing_rows_again(tmp_path: Path) -> None:
    result = look(tmp_path, RIDGE, data={"sklearn": "diabetes"}, metrics=["mse", "r2"])
    X, y = load_diabetes(return_X_y=True)
    parts = parts_of(job(tmp_path, RIDGE, data={"sklearn": "diabetes"}))
    predicted = Ridge().fit(X[parts["train"]], y[parts["train"]]).predict(X[parts["test"]])
    assert result.metrics["mse"] == pytest.approx(mean_squared_error(y[parts["test"]], predicted))
    squares = (y[parts["test"]] - predicted) ** 2
    assert result.errors["mse"] == pytest.approx(squares.std(ddof=1) / np.sqrt(len(squares)), rel=0.15)
    assert set(result.errors) == {"mse", "r2"}


def test_rows_of_a_group_are_drawn_together(tmp_path: Path) -> None:
    stream = np.random.default_rng(0)
    by_group = np.repeat(stream.normal(size=120), 10)  # each group says one thing ten times
    lines = [f"{x:.3f},{by_group[row]:.3f},g{row // 10}" for row, x in enumerate(stream.normal(size=1200))]
    (tmp_path / "g.csv").write_text("\n".join(["x,y,g", *lines, ""]))
    asked: dict[str, Any] = {"data": {"path": "g.csv", "target": "y", "drop": ["g"]}, "metrics": ["mse"], "task": "regression"}
    alone = look(tmp_path, RIDGE, **asked, split={"dev": 0.2, "test": 0.3})
    asked["data"] = {"path": "g.csv", "target": "y"}
    grouped = look(tmp_path, RIDGE, **asked, split={"dev": 0.2, "test": 0.3, "group": "g"})
    assert grouped.errors["mse"] > 2 * alone.errors["mse"]  # sqrt(10) times, but for chance


def test_a_metric_that_is_not_defined_on_the_test_rows_is_refused(tmp_path: Path) -> None:
    lines = [f"{row},{0.0 if row > 3 else 1.0}" for row in range(5)]
    (tmp_path / "few.csv").write_text("\n".join(["x,y", *lines, ""]))
    with pytest.raises(DataError, match=r"test\.r2 is nan"):
        look(tmp_path, RIDGE, data={"path": "few.csv", "target": "y"}, task="regression", metrics=["r2"])


def test_a_function_that_gives_no_model_is_refused_before_a_test_row_is_read(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text("def fit(train, dev, *, seed):\n    return {'accuracy': 1.0}\n")
    code = find_code("own:fit", [], tmp_path, ("procedure", "python"))
    node = {"python": code.function, "files": code.hashes, "modules": code.modules, "digest": code.digest, "params": {}}
    with pytest.raises(EntryError, match="returns numbers and no model"):
        look(tmp_path, [["python", node]])
    with pytest.raises(EntryError, match="gives one model per fold"):
        look(tmp_path, [["python", node]], split={"cv": 3, "test": 0.2})
