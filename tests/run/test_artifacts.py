"""What is kept of runs: predictions that answer later questions, models that come back the same, and no stranger's file."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from gitjournal.errors import DataError, EntryError, GitjournalError, TrustError
from gitjournal.git.lab import find_lab
from gitjournal.run import artifacts
from gitjournal.worker import arrays as stored
from gitjournal.worker import keep as keeping
from gitjournal.worker import run as measure
from gitjournal.worker import scores
from gitjournal.worker.cache import TableCache
from gitjournal.worker.jobs import KeepJob, RunJob, ScoreJob
from gitjournal.worker.models import skops_files
from tests.support.helpers import done, git, gitjournal, write_entry
from tests.support.trees import step

LOGISTIC = [step("sklearn.preprocessing.StandardScaler"), step("sklearn.linear_model.LogisticRegression")]


def run(root: Path, procedure: list[Any], **job: Any) -> dict[str, Any]:
    job = {"root": str(root), "cache": str(root / "c"), "data": {"sklearn": "iris"}, "seed": 0, "store": str(root / "kept"), **job}
    return msgspec.to_builtins(measure.run(RunJob(procedure=procedure, **job), TableCache(), lambda news: None))


def later(root: Path, result: dict[str, Any], *metrics: str, task: str = "classification", n_classes: int | None = 3) -> dict[str, Any]:
    path, sha256 = root / "kept/predictions.npz", result["artifacts"]["predictions.npz"]
    job = ScoreJob(file=str(path), sha256=sha256, metrics=list(metrics), task=task, n_classes=n_classes)
    return msgspec.to_builtins(scores.rescore(job))


# metrics asked for later


@pytest.mark.parametrize(
    ("procedure", "job", "metrics", "n_classes"),
    [
        (LOGISTIC, {}, ["accuracy", "log_loss", "roc_auc_ovr", "f1_macro"], 3),
        (LOGISTIC, {"data": {"sklearn": "breast_cancer"}, "split": {"cv": 3}}, ["roc_auc", "brier", "balanced_accuracy"], 2),
        ([step("sklearn.svm.LinearSVC")], {"data": {"sklearn": "breast_cancer"}}, ["roc_auc"], 2),
        ([step("sklearn.linear_model.Ridge")], {"data": {"sklearn": "diabetes"}}, ["rmse", "r2", "mae"], None),
        ([step("sklearn.linear_model.LinearRegression")], {"data": {"sklearn": "linnerud"}}, ["r2", "rmse"], None),
    ],
)
def test_a_metric_asked_for_later_is_what_it_would_have_been(
    tmp_path: Path, procedure: list[Any], job: dict[str, Any], metrics: list[str], n_classes: int | None
) -> None:
    task = "classification" if n_classes else "regression"
    asked = run(tmp_path, procedure, metrics=metrics, **job)
    result = run(tmp_path, procedure, metrics=metrics[:1], **job)
    computed = later(tmp_path, result, *metrics, task=task, n_classes=n_classes)
    assert computed["metrics"] == asked["metrics"]["dev"]
    assert computed["folds"] == asked["folds"].get("dev", {})


def test_row_weights_count_later_too(tmp_path: Path) -> None:
    (tmp_path / "w.csv").write_text("x,w,y\n" + "".join(f"{i % 7},{1 + i % 3},{int(i % 7 > 2)}\n" for i in range(60)))
    job = {"data": {"path": "w.csv", "target": "y", "weights": "w"}}
    asked = run(tmp_path, LOGISTIC[1:], metrics=["accuracy", "log_loss"], **job)
    assert later(tmp_path, run(tmp_path, LOGISTIC[1:], metrics=["accuracy"], **job), "log_loss", n_classes=2)["metrics"] == {
        "log_loss": asked["metrics"]["dev"]["log_loss"]
    }


def test_what_was_not_kept_is_said(tmp_path: Path) -> None:
    result = run(tmp_path, [step("sklearn.svm.LinearSVC")])
    with pytest.raises(EntryError, match="`log_loss` needs probabilities, and the model gave none"):
        later(tmp_path, result, "log_loss")
    with pytest.raises(EntryError, match="rmse"):
        later(tmp_path, result, "rmse")


class Payload:
    def __reduce__(self) -> Any:
        return (os.system, ("touch /tmp/gitjournal-was-here",))


def hostile(kind: str, good: bytes) -> bytes:
    if kind == "pickle":
        return pickle.dumps(Payload())
    if kind == "object array":
        buffer = io.BytesIO()
        np.savez(buffer, fold=np.zeros(1), y=np.zeros(1), predicted=np.array([Payload()], dtype=object))
        return buffer.getvalue()
    middle = len(good) // 2
    return {"cut off": good[:middle], "edited": good[:middle] + bytes([good[middle] ^ 1]) + good[middle + 1 :], "empty": b""}[kind]


@pytest.mark.parametrize("kind", ["pickle", "object array", "cut off", "edited", "empty"])
@pytest.mark.parametrize("recorded", [False, True])
def test_another_file_in_its_place_is_refused_and_runs_nothing(tmp_path: Path, kind: str, recorded: bool) -> None:
    result = run(tmp_path, LOGISTIC)
    path = tmp_path / "kept/predictions.npz"
    path.write_bytes(hostile(kind, path.read_bytes()))
    if recorded:  # a record that was forged along with it
        result["artifacts"]["predictions.npz"] = hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises((TrustError, DataError)) as refused:
        later(tmp_path, result, "accuracy")
    assert "not what its record names" in refused.value.message or recorded
    assert not Path("/tmp/gitjournal-was-here").exists()


def test_the_same_arrays_are_the_same_bytes_and_objects_are_not_kept(tmp_path: Path) -> None:
    arrays = {f"layer_{number}.0": np.full((2, number + 1), number, dtype=np.float32) for number in range(12)}
    sha256 = stored.write_arrays(tmp_path / "w.npz", arrays)
    back = stored.read_arrays(tmp_path / "w.npz", sha256)
    assert list(back) == list(arrays)
    assert all((back[name] == array).all() and back[name].dtype == array.dtype for name, array in arrays.items())
    assert stored.write_arrays(tmp_path / "again.npz", back) == sha256
    with pytest.raises(TypeError, match="Python objects"):
        stored.write_arrays(tmp_path / "w.npz", {"w": np.array([object()])})


# models


def keep(root: Path, procedure: list[Any], expected: str, **job: Any) -> dict[str, Any]:
    job = {"root": str(root), "cache": str(root / "c"), "data": {"sklearn": "iris"}, "seed": 0, "folder": str(root / "kept"), **job}
    return msgspec.to_builtins(keeping.keep(KeepJob(procedure=procedure, expected=expected, **job), TableCache()))


@pytest.mark.parametrize(
    "procedure",
    [
        LOGISTIC,
        [step("sklearn.svm.SVC", gamma=0.1)],
        [step("sklearn.ensemble.RandomForestClassifier", n_estimators=3)],
        [step("sklearn.ensemble.HistGradientBoostingClassifier", max_iter=3)],
        [step("sklearn.neighbors.KNeighborsClassifier")],
        [step("sklearn.neural_network.MLPClassifier", max_iter=5)],
        [step("sklearn.linear_model.SGDClassifier")],
    ],
    ids=lambda procedure: procedure[-1][0],
)
def test_a_model_is_fitted_again_proven_and_opened(tmp_path: Path, procedure: list[Any]) -> None:
    expected = run(tmp_path, procedure)["predictions"]
    model = keep(tmp_path, procedure, expected)
    assert hashlib.sha256(Path(model["file"]).read_bytes()).hexdigest() == model["sha256"]
    assert hasattr(skops_files.open_model(Path(model["file"]), model["sha256"]), "predict")
    assert model["fitted"]
    assert keep(tmp_path, procedure, expected)["sha256"] == model["sha256"]


def test_a_model_that_comes_out_otherwise_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="predicts otherwise than its record says"):
        keep(tmp_path, LOGISTIC, "0" * 64)
    assert not (tmp_path / "kept/model.skops").exists()
    with pytest.raises(EntryError, match="one model per fold"):
        keep(tmp_path, LOGISTIC, "0" * 64, split={"cv": 3})


def changed(content: bytes, change: Any) -> bytes:
    """Return a model whose description was edited."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "schema.json":
                described = json.loads(data)
                data = json.dumps(change(described) or described).encode()
            new.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda node: node.update(__module__="os", __class__="system", __loader__="FunctionNode"), "file holds os.system"),
        (lambda node: node.update(__module__="builtins", __class__="eval", __loader__="TypeNode"), "file holds builtins.eval"),
        (lambda node: node.update(__loader__="MethodNode"), "file holds a part of the kind MethodNode"),
        (lambda node: node.update(__loader__="PartialNode"), "file holds a part of the kind PartialNode"),
        (lambda node: node.update(__module__="evil", __class__="LogisticRegression"), "file holds evil.LogisticRegression"),
        (lambda node: node.update(protocol=0), "from a version of skops"),
        (lambda node: [node], "not written by skops"),
        (lambda node: node["content"].update(x={"__class__": "Popen", "__module__": "subprocess", "__loader__": "ObjectNode"}), "Popen"),
    ],
)
def test_a_model_that_names_anything_else_is_refused_before_it_is_made(tmp_path: Path, change: Any, words: str) -> None:
    from sklearn.linear_model import LogisticRegression

    path = tmp_path / "model.skops"
    skops_files.save(LogisticRegression(), path)
    content = changed(path.read_bytes(), change)
    with pytest.raises(TrustError, match=words):
        skops_files.open_model(path, stored.write_bytes(path, content))


def test_only_the_file_that_a_record_names_is_opened(tmp_path: Path) -> None:
    from sklearn.linear_model import LogisticRegression, Ridge

    path = tmp_path / "model.skops"
    sha256 = skops_files.save(LogisticRegression(), path)
    skops_files.save(Ridge(), path)
    with pytest.raises(TrustError, match="not what its record names"):
        skops_files.open_model(path, sha256)
    with pytest.raises(TrustError, match="the model file was not written by skops"):
        skops_files.open_model(path, stored.write_bytes(path, pickle.dumps(Payload())))


def test_a_model_with_strange_parts_is_not_written(tmp_path: Path) -> None:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression()
    model.strange = Path("x")
    with pytest.raises(GitjournalError, match=r"is not kept|cannot be written"):
        skops_files.save(model, tmp_path / "model.skops")
    assert not list(tmp_path.iterdir())


# at the door


ENTRY = (
    "title: a forest\nhypothesis: it stands\ndata: {sklearn: iris}\nprocedure: [{RandomForestClassifier: {n_estimators: 5}}]\nseeds: 2\n"
)


def test_score_save_and_gc_from_the_command_line(repo: Path, tmp_path: Path) -> None:
    done(repo, "init")
    write_entry(repo / "lab", "20261121-a-forest-aaaa", ENTRY)
    done(repo, "exec", "aaaa")
    before = git(repo, "rev-parse", "journal")
    scored = json.loads(done(repo, "model", "score", "aaaa", "--metric", "log_loss", "--json"))
    values = [run["value"] for run in scored["runs"]]
    assert values == sorted(values)
    assert len(values) == 2
    assert gitjournal(repo, "model", "score", "aaaa", "--metric", "rmse").returncode == 2

    out = tmp_path / "forest.skops"
    assert "are those of the record" in done(repo, "model", "save", "aaaa", "-o", str(out))
    from sklearn.ensemble import RandomForestClassifier

    model = skops_files.open_model(out, hashlib.sha256(out.read_bytes()).hexdigest())
    assert isinstance(model, RandomForestClassifier)
    assert gitjournal(repo, "model", "save", "aaaa", "-o", str(out)).returncode == 2
    assert git(repo, "rev-parse", "journal") == before

    lab = find_lab(repo)
    store = lab.repository.private / "artifacts"
    stray = store / "ff" / ("f" * 32)
    stray.mkdir(parents=True)
    (stray / "predictions.npz").write_bytes(b"x" * 100)
    now = (stray / "predictions.npz").stat().st_mtime
    assert artifacts.find_strays(lab, now=now + 10) == []  # its record may be on the way
    assert [one.run for one in artifacts.find_strays(lab, now=now + 7200)] == ["f" * 32]
    os.utime(stray / "predictions.npz", (1, 1))
    assert "1 run that no branch knows: 0 KB would be removed" in done(repo, "model", "gc", "--dry-run")
    assert stray.exists()
    assert json.loads(done(repo, "model", "gc", "--json"))["runs"] == ["f" * 32]
    assert not stray.exists()
    assert len(list(store.glob("*/*/predictions.npz"))) == 2
    (next(store.glob("*/*/predictions.npz"))).write_bytes(b"PK")
    output = done(repo, "model", "score", "aaaa", "--metric", "log_loss")
    assert "is not what its record names" in output
