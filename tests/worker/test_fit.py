"""How the model that a job declares is built and fitted: what it gets of the table, and under which keyword its weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline

from gitjournal.data import splits
from gitjournal.data.loading import Table
from gitjournal.errors import EntryError
from gitjournal.worker import fit
from gitjournal.worker.cache import TableCache
from gitjournal.worker.jobs import RunJob
from gitjournal.worker.models.python_models import PythonModel
from gitjournal.worker.outcome import Measurements
from tests.support.trees import step

LOGISTIC = [step("sklearn.preprocessing.StandardScaler"), step("sklearn.linear_model.LogisticRegression")]
CSV = "x,w,y\n" + "".join(f"{row % 7},{1 + row % 3},{int(row % 7 > 2)}\n" for row in range(60))


def job(root: Path, tree: list[Any], **more: Any) -> RunJob:
    (root / "a.csv").write_text(CSV)
    data = {"path": "a.csv", "target": "y", **more.pop("data", {})}
    return RunJob(root=str(root), cache=str(root / "c"), data=data, procedure=tree, seed=0, **more)


def test_one_step_is_an_estimator_and_several_are_a_pipeline_not_fitted(tmp_path: Path) -> None:
    run = job(tmp_path, LOGISTIC)
    table = fit.load_table(run, TableCache())
    assert isinstance(fit.build(run, table), Pipeline)
    single = fit.build(job(tmp_path, LOGISTIC[1:]), table)
    assert isinstance(single, LogisticRegression)
    assert not hasattr(single, "coef_")


def test_scikit_learn_gets_a_row_of_numbers_and_a_function_gets_the_data_as_they_are(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", X=np.zeros((40, 3, 2)), y=np.arange(40) % 2)
    for tree, shape in ((LOGISTIC, (40, 6)), ([["python", {"python": "a:fit", "params": {}}]], (40, 3, 2))):
        run = RunJob(root=str(tmp_path), cache=str(tmp_path / "c"), data={"path": "a.npz"}, procedure=tree)
        assert fit.load_table(run, TableCache()).X.shape == shape


def test_weights_go_to_the_last_step_by_its_keyword() -> None:
    weights = np.ones(3)
    assert fit.weight_key(LogisticRegression(), None) is None
    assert fit.weight_key(LogisticRegression(), weights) == "sample_weight"
    assert fit.weight_key(Pipeline([("a", "passthrough"), ("b", LogisticRegression())]), weights) == "b__sample_weight"
    for model, words in (
        (KNeighborsClassifier(), "KNeighborsClassifier takes no row weights"),
        (PythonModel({"python": "a:fit"}, 0, 2, "classification"), "are not passed to a function"),
    ):
        with pytest.raises(EntryError, match=words) as refused:
            fit.weight_key(model, weights)
        assert refused.value.path == ("data", "weights")


def test_rows_are_taken_from_tables_and_arrays_alike() -> None:
    rows = np.array([2, 0])
    assert fit.take_rows(np.arange(6).reshape(3, 2), rows).tolist() == [[4, 5], [0, 1]]
    assert fit.take_rows(pd.DataFrame({"a": [1, 2, 3]}), rows)["a"].tolist() == [3, 1]


def test_columns_are_named_by_kind_in_the_order_of_the_table() -> None:
    table = Table(None, np.zeros(2), "regression", {"number": ["b", "a"], "text": ["t"]}, "", {})
    assert fit.column_names(table) == ["b", "a", "t"]


def test_a_fold_is_learned_from_its_train_part_with_the_weights_of_its_rows(tmp_path: Path) -> None:
    run = job(tmp_path, LOGISTIC[1:], data={"weights": "w"})
    table = fit.load_table(run, TableCache())
    folds = [{"train": np.arange(40), "dev": np.arange(40, 60)}]
    model = fit.build(run, table)
    fit.Trainer(run, table, {"dev": 0.3}, fit.weight_key(model, table.weights), print).fit(model, folds, 0, Measurements())
    assert table.weights is not None
    alone = LogisticRegression().fit(table.X.iloc[:40], table.y[:40], sample_weight=table.weights[:40])
    assert (model.coef_ == alone.coef_).all()
    plain = LogisticRegression().fit(table.X.iloc[:40], table.y[:40])
    assert (model.coef_ != plain.coef_).any()


def test_fitted_again_it_is_the_model_of_the_run_and_of_all_rows_but_test_where_the_whole_is_asked_for(tmp_path: Path) -> None:
    run = job(tmp_path, LOGISTIC[1:], split={"dev": 0.2, "test": 0.2})
    table = fit.load_table(run, TableCache())
    parts = splits.divide_rows(table, splits.effective_split(run.split, table.task), 0)[0]
    for whole, rows in ((False, parts["train"]), (True, np.sort(np.concatenate([parts["train"], parts["dev"]])))):
        with fit.fit_again(run, TableCache(), whole=whole) as (model, _, divided):
            assert divided["train"].tolist() == rows.tolist()
            assert divided["test"].tolist() == parts["test"].tolist()
            assert (model.coef_ == LogisticRegression().fit(table.X.iloc[rows], table.y[rows]).coef_).all()
