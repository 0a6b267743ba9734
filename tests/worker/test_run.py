from __future__ import annotations

import base64
import hashlib
import resource
import zlib
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.svm import SVC

from gitjournal.data import splits
from gitjournal.data.loading import load
from gitjournal.data.raw import DataRequest
from gitjournal.errors import DataError, EntryError
from gitjournal.worker import failures, preflight
from gitjournal.worker import run as measure
from gitjournal.worker.cache import TableCache
from gitjournal.worker.jobs import ErrorReply, InspectJob, RunJob, RunProgress, Validated, ValidateJob
from tests.support.trees import step

Tree = list[list[Any]]
SVM: Tree = [["svc", {"class": "sklearn.svm.SVC", "params": {"gamma": 0.001}}]]
RIDGE: Tree = [["ridge", {"class": "sklearn.linear_model.Ridge", "params": {}}]]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    return tmp_path


def inspect(root: Path, data: dict[str, Any], cache: TableCache | None = None, **job: Any) -> dict[str, Any]:
    asked = InspectJob(root=str(root), cache=str(root / ".cache"), data=data, **job)
    return msgspec.to_builtins(preflight.inspect(asked, cache or TableCache()))


def run(root: Path, data: dict[str, Any], tree: Tree, cache: TableCache | None = None, **job: Any) -> dict[str, Any]:
    """Run as the parent would: with what `inspect` said. The answer is what a JSON reader on the other side sees."""
    asked = {key: job.pop(key) for key in ("task", "split", "metrics") if key in job}
    inspection = inspect(root, data, **asked)
    declared = {key: inspection[key] for key in ("hash", "task", "split", "metrics")}
    job = {"root": str(root), "cache": str(root / ".cache"), "data": data, **declared, "procedure": tree, "seed": 0, **job}
    answer = measure.run(RunJob(**job), cache or TableCache(), lambda news: None)
    return msgspec.json.decode(msgspec.json.encode(answer))


def csv(root: Path, text: str, **options: Any) -> dict[str, Any]:
    (root / "data/it.csv").write_text(text)
    return {"path": "data/it.csv", "target": "y", **options}


def mixed(n: int = 60) -> str:
    return "x,z,y\n" + "".join(f"{i % 7}.5,{(i * 37) % 11},{i % 2}\n" for i in range(n))


# inspect


def test_inspect_says_what_was_seen_and_every_default(root: Path) -> None:
    inspection = inspect(root, {"sklearn": "digits"})
    assert inspection["facts"] == {"n_rows": 1797, "n_features": 64, "classes": list(range(10)), "columns": {"number": 64}}
    assert inspection["split"] == {"dev": 0.2, "test": 0.2, "seed": 0, "shuffle": True, "stratify": True}
    assert (inspection["task"], inspection["metrics"], inspection["data"]) == ("classification", ["accuracy"], {})
    assert inspection["hash"].startswith("sha256:")


def test_inspect_gives_the_digest_of_the_test_rows_that_runs_record(root: Path) -> None:
    sealed = inspect(root, {"sklearn": "iris"})["sealed"]
    assert sealed == run(root, {"sklearn": "iris"}, SVM)["parts"]["test"]
    assert sealed == run(root, {"sklearn": "iris"}, SVM, split={"cv": 3, "test": 0.2})["parts"]["test"]
    assert inspect(root, {"sklearn": "iris"}, split={"dev": 0.2})["sealed"] is None


def test_inspect_refuses_what_would_not_run(root: Path) -> None:
    with pytest.raises(DataError, match="fewer than the 3 parts"):
        inspect(root, csv(root, "x,y\n1,a\n2,a\n3,a\n4,a\n5,b\n"))
    with pytest.raises(EntryError, match="roc_auc_ovr"):
        inspect(root, {"sklearn": "iris"}, metrics=["roc_auc"])


def test_a_positive_float_target_can_be_declared_a_classification(root: Path) -> None:
    assert inspect(root, csv(root, mixed().replace(",1\n", ",1.0\n")), task="classification")["facts"]["classes"] == [0, 1]


# validate


def test_validate_names_the_first_procedure_that_does_not_fit() -> None:
    job = ValidateJob(procedures=[SVM, RIDGE], task="classification")
    wrong = preflight.validate(job)
    assert isinstance(wrong, ErrorReply)
    assert wrong.index == 1
    assert "Ridge" in wrong.message
    assert preflight.validate(ValidateJob(procedures=[SVM], task="classification", metrics=["accuracy", "roc_auc"])) == Validated()
    wrong = preflight.validate(ValidateJob(procedures=[SVM], task="classification", metrics=["log_loss"]))
    assert isinstance(wrong, ErrorReply)
    assert "predict_proba" in wrong.message


# run


def test_a_holdout_gives_what_a_bare_script_gives(root: Path) -> None:
    result = run(root, {"sklearn": "digits"}, SVM)
    X, y = load_digits(return_X_y=True)
    table = load(DataRequest({"sklearn": "digits"}, root), root / ".cache")
    (parts,) = splits.divide_rows(table, splits.effective_split(None, "classification"), 0)
    model = SVC(gamma=0.001).fit(X[parts["train"]], y[parts["train"]])
    assert result["metrics"] == {part: {"accuracy": model.score(X[parts[part]], y[parts[part]])} for part in ("train", "dev")}
    right = model.predict(X[parts["dev"]]) == y[parts["dev"]]
    bits = np.frombuffer(zlib.decompress(base64.b64decode(result["hits"])), np.uint8)
    assert (np.unpackbits(bits, count=359) == right).all()
    assert result["predictions"] == hashlib.sha256(model.predict(X[parts["dev"]]).astype("<i8").tobytes()).hexdigest()
    assert result["rows"] == {"train": 1079, "dev": 359, "test": 359}
    assert (result["status"], result["failure"], result["folds"], result["findings"]) == ("done", None, {}, [])
    assert result["memory_mb"] > 50
    assert result["seconds"] > 0


def test_the_test_part_is_neither_scored_nor_predicted(root: Path) -> None:
    result = run(root, {"sklearn": "digits"}, SVM, store=str(root / "store"))
    assert set(result["metrics"]) == {"train", "dev"}
    with np.load(root / "store/predictions.npz", allow_pickle=False) as arrays:
        rows = set(arrays["row"].tolist())
    table = load(DataRequest({"sklearn": "digits"}, root), root / ".cache")
    (parts,) = splits.divide_rows(table, splits.effective_split(None, "classification"), 0)
    assert rows == set(parts["dev"].tolist())
    assert not rows & set(parts["test"].tolist())


def test_changed_test_rows_change_no_number(root: Path) -> None:
    text = mixed(100)
    table = load(DataRequest(csv(root, text), root), root / ".cache")
    (parts,) = splits.divide_rows(table, splits.effective_split(None, "classification"), 0)
    before = run(root, csv(root, text), SVM)
    lines = text.splitlines()
    for row in parts["test"]:
        lines[row + 1] = "9999,9999," + lines[row + 1].rpartition(",")[2]
    after = run(root, csv(root, "\n".join(lines) + "\n"), SVM)
    assert (after["metrics"], after["predictions"]) == (before["metrics"], before["predictions"])


def test_train_dev_is_scored_too(root: Path) -> None:
    result = run(root, {"sklearn": "digits"}, SVM, split={"dev": 0.2, "train_dev": 0.1})
    assert list(result["metrics"]) == ["train", "train_dev", "dev"]
    assert result["rows"] == {"train": 1258, "train_dev": 180, "dev": 359}


def test_folds_are_listed_and_their_mean_is_the_metric(root: Path) -> None:
    progress: list[Any] = []
    inspection = inspect(root, {"sklearn": "wine"}, split={"cv": 4, "repeats": 2}, metrics=["accuracy", "log_loss"])
    tree = [step("sklearn.preprocessing.StandardScaler"), step("sklearn.linear_model.LogisticRegression")]
    job = RunJob(
        root=str(root),
        cache=str(root / ".cache"),
        data={"sklearn": "wine"},
        **{key: inspection[key] for key in ("hash", "task", "split", "metrics")},
        procedure=tree,
    )
    result = msgspec.to_builtins(measure.run(job, TableCache(), progress.append))
    assert progress == [RunProgress(number, 8) for number in range(1, 9)]
    for part in ("train", "dev"):
        for name in ("accuracy", "log_loss"):
            assert len(result["folds"][part][name]) == 8
            assert result["metrics"][part][name] == np.mean(result["folds"][part][name])
    assert result["hits"] is None
    assert result["rows"] == {"train": 134, "dev": 44}


def test_each_fold_is_a_fresh_model_with_the_same_seed(root: Path) -> None:
    tree = [step("sklearn.ensemble.RandomForestClassifier", n_estimators=5)]
    two = run(root, {"sklearn": "wine"}, tree, split={"cv": 3})
    again = run(root, {"sklearn": "wine"}, tree, split={"cv": 3}, seed=0)
    later = run(root, {"sklearn": "wine"}, tree, split={"cv": 3}, seed=1)
    assert two["predictions"] == again["predictions"] != later["predictions"]


def test_regression_with_its_default_metrics(root: Path) -> None:
    result = run(root, {"sklearn": "diabetes"}, RIDGE)
    assert set(result["metrics"]["dev"]) == {"rmse", "r2"}
    assert 40 < result["metrics"]["dev"]["rmse"] < 80
    assert result["hits"] is None


def test_several_labels(root: Path) -> None:
    text = "x,z,a,b\n" + "".join(f"{i},{i % 5},{int(i > 30)},{int(i % 5 > 2)}\n" for i in range(60))
    result = run(root, csv(root, text, target=["a", "b"]), [step("sklearn.tree.DecisionTreeClassifier")])
    assert set(result["metrics"]["dev"]) == {"f1_micro", "accuracy"}
    assert result["metrics"]["train"]["accuracy"] == 1.0
    assert result["hits"] is None


def test_text_and_a_mixed_table(root: Path) -> None:
    text = "body,note,y\n" + "".join(f"{'good' if i % 2 else 'bad'} thing {i},{i % 3},{'up' if i % 2 else 'down'}\n" for i in range(40))
    words = [step("sklearn.feature_extraction.text.TfidfVectorizer"), step("sklearn.svm.LinearSVC")]
    assert run(root, csv(root, text, features="body"), words)["metrics"]["dev"]["accuracy"] == 1.0
    kinds = [
        ["body", {"class": "sklearn.feature_extraction.text.TfidfVectorizer", "params": {}}, "body"],
        ["rest", {"class": "sklearn.preprocessing.StandardScaler", "params": {}}, ["note"]],
    ]
    tabular = [["tabular", {"class": "sklearn.compose.ColumnTransformer", "params": {"transformers": {"named": kinds}}}], words[1]]
    assert run(root, csv(root, text), tabular)["metrics"]["dev"]["accuracy"] == 1.0


def test_weights_count_in_fit_and_in_scores(root: Path) -> None:
    text = "x,w,y\n" + "".join(f"{i % 2},{9 if i % 4 == 0 else 1},{int(i % 4 == 0)}\n" for i in range(80))
    tree = [step("sklearn.preprocessing.StandardScaler"), step("sklearn.linear_model.LogisticRegression")]
    plain = run(root, csv(root, text, drop=["w"]), tree)
    weighted = run(root, csv(root, text, weights="w"), tree)
    assert plain["predictions"] != weighted["predictions"]
    table = load(DataRequest(csv(root, text, weights="w"), root), root / ".cache")
    (parts,) = splits.divide_rows(table, splits.effective_split(None, "classification"), 0)
    assert table.weights is not None
    bits = np.frombuffer(zlib.decompress(base64.b64decode(weighted["hits"])), np.uint8)
    right = np.unpackbits(bits, count=len(parts["dev"]))
    assert weighted["metrics"]["dev"]["accuracy"] == pytest.approx(np.average(right, weights=table.weights[parts["dev"]]))
    assert 0 < right.mean() < 1
    with pytest.raises(EntryError, match="KNeighborsClassifier takes no row weights"):
        run(root, csv(root, text, weights="w"), [step("sklearn.neighbors.KNeighborsClassifier")])


def test_seed_each_moves_dev_with_the_seed_of_the_run(root: Path) -> None:
    digests = [run(root, {"sklearn": "wine"}, SVM, split={"dev": 0.2, "test": 0.2, "seed": "each"}, seed=seed)["parts"] for seed in (0, 1)]
    assert digests[0]["dev"] != digests[1]["dev"]
    assert digests[0]["test"] == digests[1]["test"]


def test_predictions_are_kept_without_pickle_and_named_by_their_hash(root: Path) -> None:
    tree = [step("sklearn.tree.DecisionTreeClassifier")]
    result = run(root, {"sklearn": "wine"}, tree, metrics=["accuracy", "log_loss"], split={"cv": 3}, store=str(root / "a/store"))
    file = root / "a/store/predictions.npz"
    assert result["artifacts"] == {"predictions.npz": hashlib.sha256(file.read_bytes()).hexdigest()}
    with np.load(file, allow_pickle=False) as arrays:
        assert sorted(arrays["row"].tolist()) == list(range(178))
        assert np.unique(arrays["fold"]).tolist() == [0, 1, 2]
        assert arrays["proba"].shape == (178, 3)
        assert np.mean([(arrays["y"] == arrays["predicted"])[arrays["fold"] == fold].mean() for fold in range(3)]) == pytest.approx(
            result["metrics"]["dev"]["accuracy"]
        )
    assert [path.name for path in file.parent.iterdir()] == ["predictions.npz"]


# what goes wrong


def test_an_exception_in_the_model_is_a_failed_run_in_one_line(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    result = run(root, {"sklearn": "wine"}, [step("sklearn.neighbors.KNeighborsClassifier", n_neighbors=5000)])
    assert result["status"] == "failed"
    assert result["failure"]["kind"] == "exception"
    assert result["failure"]["message"].startswith("ValueError: Expected n_neighbors <= n_samples_fit")
    assert "\n" not in result["failure"]["message"]
    assert "Traceback" in capfd.readouterr().err
    assert result["metrics"] == {}


def test_missing_values_that_the_model_does_not_take_say_what_to_do(root: Path) -> None:
    text = mixed().replace("3.5,", ",")
    result = run(root, csv(root, text), SVM)
    message = "the data hold missing values, which SVC does not take; put a SimpleImputer before it"
    assert result["failure"] == {"kind": "exception", "message": message}
    assert run(root, csv(root, text), [step("sklearn.ensemble.HistGradientBoostingClassifier")])["status"] == "done"


def test_a_score_that_is_no_number_fails_the_run_and_is_null(root: Path) -> None:
    text = "x,y\n" + "".join(f"{i},{i}.5\n" for i in range(5))
    result = run(root, csv(root, text), RIDGE, split={"dev": 0.2}, metrics=["r2", "rmse"])
    assert result["failure"] == {"kind": "not finite", "message": "dev.r2 is nan"}
    assert result["metrics"]["dev"]["r2"] is None
    assert result["metrics"]["dev"]["rmse"] is not None


def test_predictions_that_are_no_numbers_fail_the_run(root: Path) -> None:
    text = "x,y\n" + "".join(f"{i},{i}e307\n" for i in range(1, 18))
    result = run(root, csv(root, text), [step("sklearn.neighbors.KNeighborsRegressor")], split={"dev": 0.2})
    assert result["failure"]["kind"] == "not finite"
    assert "predicts NaN or infinity for" in result["failure"]["message"]


def test_a_model_that_did_not_converge_is_a_finding(root: Path) -> None:
    result = run(root, {"sklearn": "digits"}, [step("sklearn.linear_model.LogisticRegression", max_iter=2)])
    assert (result["status"], result["findings"]) == ("done", ["GJ301"])


def test_out_of_memory_is_a_failed_run(root: Path) -> None:
    tree = [step("sklearn.preprocessing.PolynomialFeatures", degree=4), step("sklearn.linear_model.LogisticRegression")]
    result = run(root, {"sklearn": "digits"}, tree, memory_mb=3000)
    assert result["failure"]["kind"] == "memory"
    assert result["failure"]["message"].startswith("out of memory: Unable to allocate")


def test_changed_data_are_named_before_every_run(root: Path) -> None:
    cache = TableCache()
    data = csv(root, mixed())
    inspection = inspect(root, data, cache)
    job = RunJob(
        root=str(root), cache=str(root / ".cache"), data=data, hash=inspection["hash"], task=inspection["task"], procedure=SVM, seed=0
    )
    assert measure.run(job, cache, lambda news: None).status == "done"
    csv(root, mixed().replace("y", "target", 1).replace("0.5", "0.7"))  # what differs comes first, not that the target is missing now
    with pytest.raises(DataError, match=r"data/it.csv is not what the entry names: its hash was sha256:.* now") as refused:
        measure.run(job, cache, lambda news: None)
    assert refused.value.path == ("data", "hash")
    assert "gitjournal new --from" in refused.value.hint


def test_a_set_with_another_hash_is_refused(root: Path) -> None:
    job = RunJob(root=str(root), cache=str(root / ".cache"), data={"sklearn": "iris"}, hash="sha256:" + "0" * 64, procedure=SVM)
    for _ in range(2):
        with pytest.raises(DataError, match="iris is not what the entry names"):
            measure.run(job, TableCache(), lambda news: None)


def test_a_table_is_read_once_for_many_runs(root: Path) -> None:
    cache = TableCache()
    data = csv(root, mixed())
    inspection = inspect(root, data, cache)
    job = {"root": str(root), "cache": str(root / ".cache"), "data": data, "hash": inspection["hash"]}
    first = cache.table(RunJob(**job, task=inspection["task"], procedure=SVM))
    assert cache.table(RunJob(**job, task=inspection["task"], procedure=RIDGE)) is first
    assert cache.table(RunJob(**job, task=inspection["task"], split={"group": "z"}, procedure=SVM)) is not first


@pytest.mark.parametrize("limit", ["a file in the way", "a full disk"])
def test_predictions_that_cannot_be_kept_cost_no_result(limit: str, root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (root / "file").write_text("")
    store = root / ("file/store" if limit == "a file in the way" else "store")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    if limit == "a full disk":
        inspect(root, {"sklearn": "digits"})
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, before[1]))  # more than 200 bytes do not fit into any file
    try:
        result = run(root, {"sklearn": "digits"}, SVM, store=str(store))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (result["status"], result["artifacts"]) == ("done", {})
    assert result["metrics"]["dev"]["accuracy"] > 0.9
    assert "could not be kept" in capfd.readouterr().err
    assert not store.is_dir() or not list(store.iterdir())


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (ValueError("first\nsecond"), "ValueError: first"),
        (SystemExit(3), "SystemExit: 3"),
        (KeyError(), "KeyError"),
        (ValueError("x" * 999), "ValueError: " + "x" * 288),
    ],
)
def test_one_line_of_an_exception(fault: BaseException, words: str) -> None:
    assert failures.one_line(fault, "SVC") == words
