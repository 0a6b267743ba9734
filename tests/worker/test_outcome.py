"""What is summed up of a run over its folds, and which files it leaves."""

from __future__ import annotations

import base64
import hashlib
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gitjournal.data import splits
from gitjournal.data.loading import Table
from gitjournal.worker import outcome
from gitjournal.worker.arrays import PREDICTIONS, read_arrays
from gitjournal.worker.scores import Answers

Y = np.array([0, 1, 1, 0, 1, 0])


def table(**more: Any) -> Table:
    return Table(**{"X": np.zeros((6, 1)), "y": Y, "task": "classification", "columns": {}, "content": "", "options": {}, **more})


def test_metrics_are_means_over_folds_and_lists_of_them() -> None:
    folds = [{"train": {"r2": 1.0}, "dev": {"r2": 0.5}}, {"train": {"r2": 0.8}, "dev": {"r2": 0.1}}]
    assert outcome.mean_metrics(folds) == {"train": {"r2": 0.9}, "dev": {"r2": 0.3}}
    assert outcome.metrics_by_fold(folds) == {"train": {"r2": [1.0, 0.8]}, "dev": {"r2": [0.5, 0.1]}}
    assert (outcome.mean_metrics([]), outcome.metrics_by_fold([])) == ({}, {})


def test_rows_are_means_and_the_test_part_is_one_for_all_folds() -> None:
    test = np.array([5])
    folds = [
        {"train": np.array([0, 1, 2]), "dev": np.array([3, 4]), "test": test},
        {"train": np.array([2, 3, 4]), "dev": np.array([0, 1]), "test": test},
    ]
    assert outcome.mean_rows(folds) == {"train": 3, "dev": 2, "test": 1}
    digests = outcome.part_digests(folds)
    assert digests["test"] == splits.rows_digest([test])
    assert digests["dev"] == splits.rows_digest([folds[0]["dev"], folds[1]["dev"]])
    assert outcome.part_digests(folds[:1])["dev"] != digests["dev"]


def test_curves_go_as_far_as_all_folds_went_and_are_thinned_to_what_a_record_takes() -> None:
    assert outcome.mean_curves([]) == {}
    assert outcome.mean_curves([{"loss": [1.0, 0.5, 0.1]}, {"loss": [2.0, 0.123456]}]) == {"epoch": [1, 2], "loss": [1.5, 0.31173]}
    long = outcome.mean_curves([{"loss": [float(epoch) for epoch in range(500)]}])
    assert (len(long["epoch"]), long["epoch"][0], long["epoch"][-1]) == (50, 1, 500)
    assert long["loss"] == [epoch - 1 for epoch in long["epoch"] if epoch is not None]


def test_a_holdout_keeps_which_rows_were_right_and_writes_what_was_predicted(tmp_path: Path) -> None:
    rows = np.array([1, 3, 4])
    proba = np.array([[0.2, 0.8], [0.4, 0.6], [0.3, 0.7]])
    answers = [Answers(np.array([1, 1, 1]), proba)]
    more = {"weights": np.arange(6.0), "groups": np.array([7, 7, 8, 8, 9, 9])}
    predictions = outcome.keep_predictions(table(**more), [{"dev": rows}], answers, str(tmp_path), holdout=True)
    assert predictions.digest == hashlib.sha256(np.array([1, 1, 1], dtype="<i8").tobytes()).hexdigest()
    bits = np.unpackbits(np.frombuffer(zlib.decompress(base64.b64decode(str(predictions.hits))), np.uint8), count=3)
    assert bits.tolist() == [1, 0, 1]
    arrays = {name: array.tolist() for name, array in read_arrays(tmp_path / PREDICTIONS, predictions.artifacts[PREDICTIONS]).items()}
    assert arrays.pop("proba") == proba.tolist()
    assert arrays == {
        "fold": [0, 0, 0],
        "row": [1, 3, 4],
        "y": [1, 0, 1],
        "predicted": [1, 1, 1],
        "weights": [1.0, 3.0, 4.0],
        "group": [7, 8, 9],
    }


def test_folds_stand_behind_one_another_and_a_response_that_one_lacks_is_not_kept(tmp_path: Path) -> None:
    answers = [Answers(np.array([0, 1]), decision=np.array([-1.0, 1.0])), Answers(np.array([1]))]
    predictions = outcome.keep_predictions(
        table(), [{"dev": np.array([0, 1])}, {"dev": np.array([5])}], answers, str(tmp_path), holdout=False
    )
    arrays = read_arrays(tmp_path / PREDICTIONS, predictions.artifacts[PREDICTIONS])
    assert (predictions.hits, arrays["fold"].tolist(), arrays["row"].tolist()) == (None, [0, 0, 1], [0, 1, 5])
    assert "decision" not in arrays


def test_many_rows_and_numbers_leave_no_bits_and_without_a_store_nothing_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    answers, folds = [Answers(Y)], [{"dev": np.arange(6)}]
    assert outcome.keep_predictions(table(), folds, answers, None, holdout=True).artifacts == {}
    assert outcome.keep_predictions(table(task="regression"), folds, answers, None, holdout=True).hits is None
    monkeypatch.setattr(outcome, "HITS_AT_MOST", 5)
    assert outcome.keep_predictions(table(), folds, answers, None, holdout=True).hits is None


def test_where_nothing_can_be_written_the_log_says_so_and_the_result_stands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "store").write_text("a file where the folder should be")
    predictions = outcome.keep_predictions(table(), [{"dev": np.arange(6)}], [Answers(Y)], str(tmp_path / "store"), holdout=True)
    assert predictions.artifacts == {}
    assert predictions.hits is not None
    assert "predictions.npz could not be kept in" in capsys.readouterr().err
