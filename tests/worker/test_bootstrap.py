"""PredictionsFile predictions drawn anew: the error of a difference, over rows or groups, and what the choice of the best costs."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from gitjournal.errors import DataError, EntryError
from gitjournal.stats.evidence import BootstrapResult
from gitjournal.stats.intervals import Estimate
from gitjournal.worker import arrays as stored
from gitjournal.worker import bootstrap
from gitjournal.worker.bootstrap import bootstrap_files
from gitjournal.worker.cache import TableCache
from gitjournal.worker.jobs import BootstrapJob, PredictionsFile, RunJob
from gitjournal.worker.run import run

Arrays = dict[str, np.ndarray]


def keep(folder: Path, name: str, **arrays: np.ndarray) -> PredictionsFile:
    rows = len(arrays["y"])
    whole = {"fold": np.zeros(rows, int), "row": np.arange(rows), **arrays}
    path = folder / f"{name}.npz"
    return PredictionsFile(file=str(path), sha256=stored.write_arrays(path, whole))


def regression(folder: Path, *errors: np.ndarray, **more: np.ndarray) -> list[PredictionsFile]:
    y = np.linspace(0, 1, len(errors[0]))
    return [keep(folder, f"m{number}", y=y, predicted=y + error, **more) for number, error in enumerate(errors)]


def drawn(runs: list[PredictionsFile], other: PredictionsFile | None, metric: str, **more: Any) -> BootstrapResult:
    return bootstrap_files(BootstrapJob(runs=runs, other=other, metric=metric, **{"task": "regression", **more}))


def test_the_error_of_a_difference_of_means_is_that_of_the_formula(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(size=(2, 400))
    a, b = regression(tmp_path, *noise)
    result = drawn([a], b, "mae")
    gaps = np.abs(noise[0]) - np.abs(noise[1])
    assert result.error == pytest.approx(gaps.std(ddof=1) / math.sqrt(400), rel=0.1)
    assert result.value == pytest.approx(np.abs(noise[0]).mean())
    assert (result.unit, result.units, result.z, result.corrected) == ("rows", 400, None, None)
    assert drawn([a], b, "mae") == result
    assert drawn([a], None, "rmse").value == pytest.approx(math.sqrt((noise[0] ** 2).mean()))


def test_the_error_of_few_rows_is_not_too_small_for_their_number(tmp_path: Path) -> None:
    """Draws spread by the n of the rows; the error of a mean has n - 1."""
    errors = np.array([0.0, 1.0, 3.0, 6.0])
    result = drawn(regression(tmp_path, errors), None, "mae")
    assert result.error == pytest.approx(errors.std(ddof=1) / 2, rel=0.06)  # without n / (n - 1) it would be 13 % less


def test_whole_groups_are_drawn_where_rows_hang_together(tmp_path: Path) -> None:
    of_group = np.repeat(np.random.default_rng(0).normal(size=40), 10)
    a, b = regression(tmp_path, of_group, np.zeros(400), group=np.repeat(np.arange(40), 10))
    by_row, by_group = drawn([a], b, "mse"), drawn([a], b, "mse", grouped=True)
    assert (by_group.unit, by_group.units) == ("groups", 40)
    assert by_group.error > 2.5 * by_row.error  # sqrt(10) times, as each group says one thing ten times


def test_a_metric_that_is_no_mean_over_rows_is_computed_anew_for_each_draw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "DRAWS", 400)
    stream = np.random.default_rng(0)
    y = np.arange(200) % 2
    files, scores = [], []
    for number, lift in enumerate((1.5, 1.0)):
        decision = y * lift + stream.normal(size=200)
        scores.append(roc_auc_score(y, decision))
        files.append(keep(tmp_path, f"m{number}", y=y, predicted=(decision > 0).astype(int), decision=decision))
    result = drawn(files[:1], files[1], "roc_auc", task="classification", n_classes=2)
    assert result.value == pytest.approx(scores[0])
    again = [stream.integers(0, 200, 200) for _ in range(300)]
    decisions = [stored.read_arrays(Path(one.file), one.sha256)["decision"] for one in files]
    gaps = [roc_auc_score(y[rows], decisions[0][rows]) - roc_auc_score(y[rows], decisions[1][rows]) for rows in again]
    assert result.error == pytest.approx(np.std(gaps), rel=0.2)


@pytest.mark.parametrize(("metric", "weighed"), [("roc_auc", False), ("roc_auc", True), ("balanced_accuracy", True), ("log_loss", True)])
@pytest.mark.parametrize("grouped", [False, True])
def test_many_draws_at_once_say_what_the_scorer_says_of_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, metric: str, weighed: bool, grouped: bool
) -> None:
    monkeypatch.setattr(bootstrap, "DRAWS", 20)
    monkeypatch.setattr(bootstrap, "FEWEST", 20)
    monkeypatch.setattr(bootstrap, "CELLS", 120 * 7)
    stream = np.random.default_rng(0)
    y = stream.integers(0, 2, 120)
    more = {"group": np.arange(120) // 6, **({"weights": stream.random(120)} if weighed else {})}
    proba = [stream.beta(1 + y, 2 - y).round(2) for _ in range(4)]  # with ties
    files = [
        keep(tmp_path, f"{n}", y=y, predicted=(p > 0.5).astype(int), proba=np.column_stack([1 - p, p]), **more) for n, p in enumerate(proba)
    ]
    fast = dataclasses.asdict(drawn(files[:3], files[3], metric, task="classification", n_classes=2, grouped=grouped))
    monkeypatch.setattr(bootstrap, "_vectorised_measure", lambda job, predictions: None)
    each = dataclasses.asdict(drawn(files[:3], files[3], metric, task="classification", n_classes=2, grouped=grouped))
    assert fast.pop("unit") == each.pop("unit")
    assert fast == pytest.approx(each, rel=1e-9)


@pytest.mark.parametrize("metric", ["accuracy", "log_loss", "brier"])
def test_means_over_rows_are_those_of_the_scorers(tmp_path: Path, metric: str) -> None:
    stream = np.random.default_rng(0)
    y, proba = stream.integers(0, 3, 90), stream.dirichlet(np.ones(3), 90)
    weights = stream.random(90)
    file = keep(tmp_path, "m", y=y, predicted=proba.argmax(1), proba=proba, weights=weights)
    result = drawn([file], None, metric, task="classification", n_classes=3)
    answers = bootstrap.scores.Answers(proba.argmax(1), proba, None, np.arange(3))
    assert result.value == pytest.approx(bootstrap.scores.score(answers, y, [metric], "classification", weights)[metric])


def test_the_best_of_several_needs_more_and_its_score_falls(tmp_path: Path) -> None:
    stream = np.random.default_rng(1)
    errors = stream.normal(size=(25, 120))
    order = np.argsort((errors[:-1] ** 2).mean(1))
    files = regression(tmp_path, *errors)
    result = drawn([files[number] for number in order], files[-1], "mse")
    assert result.z > 2.5
    assert result.p_all > 0.05
    assert result.corrected > result.value  # an error that was the least by luck is larger elsewhere
    single = Estimate(0.0, result.error, 119).p((errors[order[0]] ** 2).mean() - (errors[-1] ** 2).mean())
    assert single is not None
    assert result.p_all > single


def test_too_many_to_draw_each_leaves_the_two_that_are_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "CALLS", 600)
    monkeypatch.setattr(bootstrap, "DRAWS", 200)
    y = np.arange(60) % 2
    files = [keep(tmp_path, f"m{number}", y=y, predicted=y ^ (np.arange(60) % (number + 7) == 0)) for number in range(6)]
    result = drawn(files[:5], files[5], "f1", task="classification", n_classes=2)
    assert result.error > 0
    assert (result.z, result.p_all, result.corrected) == (None, None, None)


def test_what_cannot_be_drawn_is_refused(tmp_path: Path) -> None:
    a, b = regression(tmp_path, np.ones(10), np.zeros(10))
    with pytest.raises(DataError, match="earlier version"):
        drawn([a], b, "mae", grouped=True)
    elsewhere = keep(tmp_path, "other", y=np.arange(10.0), predicted=np.zeros(10))
    with pytest.raises(DataError, match="other rows"):
        drawn([a], elsewhere, "mae")
    y = np.arange(10) % 2
    classes = keep(tmp_path, "classes", y=y, predicted=y)
    with pytest.raises(EntryError, match="probabilities"):
        drawn([classes], None, "roc_auc", task="classification", n_classes=2)
    lonely = keep(tmp_path, "lonely", y=np.zeros(10, int), predicted=np.zeros(10, int), decision=np.zeros(10))
    with pytest.raises(DataError, match="not defined"):
        drawn([lonely], None, "roc_auc", task="classification", n_classes=2)


def test_a_run_keeps_the_group_of_each_row_so_that_whole_groups_can_be_drawn(tmp_path: Path) -> None:
    stream = np.random.default_rng(0)
    x = stream.normal(size=120)
    lines = [
        f"{value},{int(value + other > 0)},p{row % 12}" for row, (value, other) in enumerate(zip(x, stream.normal(size=120), strict=True))
    ]
    (tmp_path / "ecg.csv").write_text("\n".join(["x,sick,patient", *lines]) + "\n")
    data = {"path": "ecg.csv", "target": "sick"}
    procedure = [["logisticregression", {"class": "sklearn.linear_model.LogisticRegression", "params": {}}]]
    split = {"dev": 0.3, "group": "patient"}
    job = RunJob(root=str(tmp_path), cache=str(tmp_path / "c"), data=data, split=split, procedure=procedure, store=str(tmp_path / "kept"))
    run_result = run(job, TableCache(), lambda news: None)
    file = PredictionsFile(file=str(tmp_path / "kept/predictions.npz"), sha256=run_result.artifacts["predictions.npz"])
    result = drawn([file], None, "accuracy", task="classification", n_classes=2, grouped=True)
    assert (result.unit, result.units) == ("groups", run_result.rows["dev"] // 10)
    assert result.value == pytest.approx(run_result.metrics["dev"]["accuracy"])
