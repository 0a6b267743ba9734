"""Networks that learn: in real worker processes, a fresh one for each number of threads; every number is the same in both."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace
from PIL import Image
from sklearn.datasets import load_digits

from gitjournal.entry.model import Facts
from gitjournal.entry.parse import parse
from gitjournal.procedure import canonical_text, reader
from gitjournal.procedure.networks import canonical as form
from gitjournal.worker.jobs import (
    ErrorReply,
    Inspection,
    InspectJob,
    KeepJob,
    KeptModel,
    Predicted,
    PredictJob,
    RunJob,
    RunProgress,
    ValidateJob,
)
from gitjournal.worker.process import Worker

pytestmark = pytest.mark.keras

ENTRY_6 = """
data: {path: sensors.npz, arrays: {X: signal, y: label}}
split: {dev: 0.2}
procedure:
  - StandardScaler
  - Model:
      inputs: {x: all}
      layers:
        - h1: {Dense: {units: 64, activation: relu}, inputs: [x]}
        - h2: {Dense: {units: 64, activation: relu}, inputs: [h1]}
        - sum: {Add: {}, inputs: [h1, h2]}
        - out: {Dense: {units: $n_classes, activation: softmax}, inputs: [sum]}
      outputs: [out]
      optimizer: {Adam: {learning_rate: 1e-3}}
      loss: sparse_categorical_crossentropy
      fit: {epochs: 20, batch_size: 32}
"""
AUGMENTED = """
data: {path: digits.npz}
split: {dev: 0.2}
procedure:
  - Sequential:
      layers: [{RandomFlip: {mode: horizontal}}, {RandomRotation: {factor: 0.05}}, {Rescaling: {scale: 0.0625}},
        {Conv2D: {filters: 8, kernel_size: 3, activation: relu}}, BatchNormalization, MaxPooling2D, GlobalAveragePooling2D,
        {Dropout: {rate: $dropout}}, {Dense: {units: $n_classes, activation: softmax}}]
      optimizer: {Adam: {learning_rate: {CosineDecay: {initial_learning_rate: 1e-2, decay_steps: $steps}}}}
      loss: sparse_categorical_crossentropy
      compile_metrics: [accuracy]
      fit: {epochs: 3, batch_size: 64, validation: 0.1, class_weight: balanced,
        callbacks: [{EarlyStopping: {patience: 5, restore_best_weights: true}}]}
parameters: {dropout: 0.3}
"""
TEXT = """
data: {path: reviews.csv, features: body, target: stars}
split: {dev: 0.2}
procedure:
  - Sequential:
      layers: [{TextVectorization: {max_tokens: 50, output_sequence_length: 8}}, {Embedding: {input_dim: 50, output_dim: 4}},
        GlobalAveragePooling1D, {Dense: {units: 1, activation: sigmoid}}]
      optimizer: {Adam: {learning_rate: 0.05}}
      loss: binary_crossentropy
      fit: {epochs: 4}
"""
RECURRENT = """
data: {path: sequences.npz}
split: {dev: 0.2}
procedure:
  - Sequential:
      layers: [{GRU: {units: 6, recurrent_dropout: 0.1}}, {Dense: {units: 1}}]
      optimizer: {AdamW: {learning_rate: 0.02}}
      loss: {BinaryCrossentropy: {from_logits: true}}
      fit: {epochs: 3}
"""
MIXED = """
data: {path: mixed.csv, target: y, types: {note: text}, weights: w}
split: {dev: 0.2}
procedure:
  - Model:
      inputs: {n: [a, b], t: note, c: town}
      layers:
        - norm: {Normalization: {}, inputs: [n]}
        - tokens: {TextVectorization: {max_tokens: 20, output_mode: tf_idf}, inputs: [t]}
        - cat: {StringLookup: {output_mode: one_hot}, inputs: [c]}
        - all: {Concatenate: {}, inputs: [norm, tokens, cat]}
        - out: {Dense: {units: 1}, inputs: all}
      outputs: out
      optimizer: {Adam: {learning_rate: 0.1}}
      loss: huber
      fit: {epochs: 8}
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root, random = tmp_path_factory.mktemp("data"), np.random.RandomState(0)
    X = random.normal(size=(300, 6))
    np.savez(root / "sensors.npz", signal=X, label=(X[:, 0] + X[:, 1] > 0).astype(int) + (X[:, 2] > 1))
    digits = load_digits()
    np.savez(root / "digits.npz", X=digits.images[:400, ..., None].astype(np.uint8), y=digits.target[:400])
    words = np.array(["good", "great", "fine", "nice", "bad", "poor", "awful", "sad"])
    bodies = [" ".join(random.choice(words[4 * (row % 2) : 4 * (row % 2) + 4], 6)) for row in range(160)]
    (root / "reviews.csv").write_text(
        "body,stars\n" + "".join(f"{body},{'good' if not row % 2 else 'bad'}\n" for row, body in enumerate(bodies))
    )
    steps = random.normal(size=(200, 12, 3))
    np.savez(root / "sequences.npz", X=steps, y=(steps[:, :, 0].sum(axis=1) > 0).astype(int))
    M = random.normal(size=(200, 5))
    np.savez(root / "labels.npz", X=M, y=(M[:, :3] > 0).astype(int))
    np.savez(root / "values.npz", X=M, y=M[:, :2] * 2 + 1)
    gaps = np.where(M > 2.2, np.nan, M)
    np.savez(root / "gaps.npz", X=gaps, y=M[:, 0])
    notes = [f"{words[row % 8]} {words[row % 3]},{1 + row % 2}" for row in range(200)]
    rows = [f"{a:.3f},{b:.3f},{'x' if c > 0 else 'yy'},{note},{a - b:.3f}\n" for (a, b, c, _, _), note in zip(M, notes, strict=True)]
    (root / "mixed.csv").write_text("a,b,town,note,w,y\n" + "".join(rows))
    return root


def _worker(threads: str) -> Iterator[Worker]:
    before = os.environ.get("GITJOURNAL_THREADS")
    os.environ["GITJOURNAL_THREADS"] = threads
    worker = Worker()
    try:
        worker.start()
    finally:
        os.environ.pop("GITJOURNAL_THREADS")
        if before is not None:
            os.environ["GITJOURNAL_THREADS"] = before
    yield worker
    worker.kill()


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    yield from _worker("1")


@pytest.fixture(scope="module")
def other() -> Iterator[Worker]:
    yield from _worker("2")


class WorkerRun(dict[str, Any]):
    """What a worker found, the job that asked for it, and the progress that it told."""

    job: RunJob
    progress: list[dict[str, Any]]


def run(worker: Worker, root: Path, text: str, *, seed: int = 0, store: str = "store", memory_mb: int | None = None) -> WorkerRun:
    """Inspect, read, validate and run, as the parent does."""
    entry = parse(f"---\ntitle: t\n{text.strip()}\n---\n", entry_id="20260101-t-aaaa", file="e.md")
    front = msgspec.to_builtins(entry.front)
    asked: dict[str, Any] = {"root": str(root), "cache": str(root / ".cache"), "data": front["data"], "split": front.get("split")}
    inspection = worker.ask(InspectJob(**asked, task=front.get("task"), metrics=front.get("metrics")))
    assert isinstance(inspection, Inspection)
    tree = reader.build_tree(entry, {}, msgspec.convert(inspection.facts, Facts))
    metrics = [*inspection.metrics, "loss"] if "metrics" not in front else inspection.metrics
    checked = worker.ask(ValidateJob(task=inspection.task, metrics=metrics, facts=inspection.facts, procedures=[tree]))
    if isinstance(checked, ErrorReply):
        return WorkerRun(error=msgspec.to_builtins(checked))
    asked |= {"hash": inspection.hash, "task": inspection.task, "split": inspection.split, "metrics": metrics}
    progress: list[RunProgress] = []
    job = RunJob(**asked, procedure=tree, seed=seed, store=str(root / store), memory_mb=memory_mb)
    result = WorkerRun(msgspec.to_builtins(worker.ask(job, on_progress=progress.append)))
    result.job, result.progress = job, msgspec.to_builtins(progress)
    return result


def recorded(result: WorkerRun) -> dict[str, Any]:
    """Return what must be the same whenever and wherever it runs."""
    return {name: value for name, value in result.items() if name not in ("seconds", "memory_mb", "log")}


def sequential(data: str, layers: str, *, loss: str = "mse", optimizer: str = "adam", fit: str = "{}", split: str = "{dev: 0.2}") -> str:
    step = f"Sequential: {{layers: {layers}, optimizer: {optimizer}, loss: {loss}, fit: {fit}}}"
    return f"data: {{path: {data}.npz}}\nsplit: {split}\nprocedure: [{step}]"


@pytest.mark.parametrize(
    ("text", "metric", "least"),
    [
        (ENTRY_6, "accuracy", 0.75),
        (AUGMENTED, "accuracy", 0.05),
        (TEXT, "accuracy", 0.9),
        (RECURRENT, "accuracy", 0.6),
        (MIXED, "r2", 0.1),
    ],
    ids=["entry-6", "augmented", "text", "recurrent", "mixed"],
)
def test_a_network_learns_and_every_number_is_the_same_in_another_process_with_more_threads(
    worker: Worker, other: Worker, root: Path, text: str, metric: str, least: float
) -> None:
    result = run(worker, root, text)
    assert result["status"] == "done", result
    assert result["metrics"]["dev"][metric] >= least
    curve = result["curves"]["loss"]
    assert curve[-1] < curve[0]
    assert result["flags"]["onednn"] == "off"
    assert recorded(run(other, root, text, store="other")) == recorded(result)
    # rebuilt from the declaration, with what was kept, in the other process
    predictions, weights = root / "store/predictions.npz", root / "store/weights.npz"
    before = predictions.read_bytes()
    predictions.unlink()
    assert rebuilt(other, result, weights) == Predicted(result["rows"]["dev"])
    assert predictions.read_bytes() == before
    weights.write_bytes(weights.read_bytes() + b" ")
    refused = rebuilt(other, result, weights)
    assert isinstance(refused, ErrorReply)
    assert "not what its record names" in refused.message


def rebuilt(worker: Worker, result: WorkerRun, weights: Path) -> Predicted | ErrorReply:
    files = {"file": str(weights), "sha256": result["artifacts"]["weights.npz"], "predictions": result["artifacts"]["predictions.npz"]}
    return worker.ask(PredictJob.about(result.job, expected=result["predictions"], **files))


def test_a_network_is_saved_from_what_its_run_kept_or_trained_again_and_proven(worker: Worker, root: Path) -> None:
    result = run(worker, root, MIXED, store="mixed")
    weights, sha256 = root / "mixed/weights.npz", result["artifacts"]["weights.npz"]
    fields = {"expected": result["predictions"], "folder": str(root / "saved"), "store": None, "file": str(weights), "sha256": sha256}
    job = KeepJob.about(result.job, **fields)
    opened = worker.ask(job)
    assert isinstance(opened, KeptModel)
    assert (opened.fitted, opened.sha256) == (False, sha256)
    again = worker.ask(replace(job, file=str(root / "gone.npz")))
    assert isinstance(again, KeptModel)
    assert (again.fitted, again.sha256) == (True, sha256)
    with np.load(root / "saved/weights.npz") as arrays:
        assert {"layer_0.0", "layer_1.vocabulary", "layer_1.idf_weights", "layer_2.vocabulary", "layer_4.0"} <= set(arrays)
    refused = worker.ask(replace(job, expected="0" * 64))
    assert isinstance(refused, ErrorReply)
    assert "predicts otherwise than its record says" in refused.message
    # the declaration of another network, and a pickle in the clothes of an .npz whose sha256 is on a forged record
    tree = json.loads(json.dumps(result.job.procedure).replace('"units": 1', '"units": 2'))
    refused = worker.ask(replace(job, procedure=tree))
    assert isinstance(refused, ErrorReply)
    assert "does not fit layer `out`: it needs weights of the shapes [(" in refused.message
    forged = root / "mixed/forged.npz"
    forged.write_bytes(pickle.dumps(Trace(root / "trace")))
    refused = worker.ask(replace(job, file=str(forged), sha256=hashlib.sha256(forged.read_bytes()).hexdigest()))
    assert isinstance(refused, ErrorReply)
    assert refused.kind == "trust"
    assert not (root / "trace").exists()


class Trace:
    """Unpickled, it leaves a trace."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_seeds_draw_and_the_same_seed_draws_the_same(worker: Worker, root: Path) -> None:
    text = sequential("values", "[{Dense: {units: 2}}]")
    first, second, again = (run(worker, root, text, seed=seed) for seed in (0, 1, 0))
    assert first["predictions"] != second["predictions"]
    assert recorded(first) == recorded(again)


def test_two_ways_to_write_one_network_give_one_result(worker: Worker, root: Path) -> None:
    chain = sequential("values", "[{Dense: {units: 4, activation: relu}}, {Dense: {units: 2}}]", fit="{epochs: 2}")
    model = """
data: {path: values.npz}
split: {dev: 0.2}
procedure:
  - Model: {inputs: {q: all}, layers: [{z: {Dense: {units: 2}, inputs: [p]}}, {p: {Dense: {units: 4, activation: relu}, inputs: [q]}}],
      outputs: [z], optimizer: {Adam: {learning_rate: 0.001}}, loss: {MeanSquaredError: {}}, compile_metrics: [mae],
      fit: {epochs: 2, validation: dev, verbose: 2, callbacks: [TerminateOnNaN]}}
"""
    chained, modelled = run(worker, root, chain), run(worker, root, model)
    assert chained["predictions"] == modelled["predictions"]
    assert chained["metrics"] == modelled["metrics"]


@pytest.mark.parametrize(
    ("data", "plain", "written_out", "loss"),
    [
        (
            "values",
            "[{Dense: {units: 4, activation: relu}}, {Dropout: {rate: 0.5}}, {Dense: {units: 2}}]",
            (
                "[{a: {Dense: {units: 4.0, activation: relu, kernel_initializer: {GlorotUniform: {}}, name: mine}}}, "
                "{Dropout: {rate: 0.5, dtype: float32}}, {Dense: {units: 2, activation: linear, use_bias: true, trainable: true}}]"
            ),
            "mse",
        ),
        (
            "digits",
            "[{Conv2D: {filters: 2, kernel_size: 3}}, {MaxPooling2D: {pool_size: 2}}, Flatten, {Dense: {units: 10, activation: softmax}}]",
            (
                "[{Conv2D: {filters: 2, kernel_size: [3, 3], strides: [1, 1], data_format: channels_last, padding: valid, groups: 1}}, "
                "{MaxPooling2D: {pool_size: [2, 2]}}, {Flatten: {}}, {Dense: {units: 10, activation: softmax, use_bias: true}}]"
            ),
            "sparse_categorical_crossentropy",
        ),
    ],
)
def test_what_is_only_written_out_changes_no_number(worker: Worker, root: Path, data: str, plain: str, written_out: str, loss: str) -> None:
    short = sequential(data, plain, loss=loss, fit="{epochs: 2}")
    spelled = "{Adam: {learning_rate: 0.0010000000474974513, beta_1: 0.9, amsgrad: false, name: mine}}"
    other_way = sequential(data, written_out, loss=loss, optimizer=spelled, fit="{epochs: 2, batch_size: 32, shuffle: true}")
    assert canonical(short) == canonical(other_way)
    assert recorded(run(worker, root, short)) == recorded(run(worker, root, other_way))


def canonical(text: str) -> str:
    entry = parse(f"---\ntitle: t\n{text.strip()}\n---\n", entry_id="20260101-t-aaaa", file="e.md")
    return canonical_text.json_text(form.canonical_network(reader.build_tree(entry, {}, None)[-1][1]))


def test_progress_is_told_by_epoch(worker: Worker, root: Path) -> None:
    result = run(worker, root, sequential("values", "[{Dense: {units: 2}}]", fit="{epochs: 2, validation: 0.1}", split="{cv: 2}"))
    epochs = [news for news in result.progress if "epoch" in news]
    assert [(news["fold"], news["epoch"], news["epochs"]) for news in epochs] == [(1, 1, 2), (1, 2, 2), (2, 1, 2), (2, 2, 2)]
    assert all({"loss", "val_loss"} <= set(news) for news in epochs)
    assert result["curves"]["epoch"] == [1, 2]


def test_early_stopping_on_dev_is_noted_and_in_folds_a_share_of_train_is_watched(worker: Worker, root: Path) -> None:
    fit = "{epochs: 30, validation: dev, callbacks: [{EarlyStopping: {min_delta: 100}}]}"
    result = run(worker, root, sequential("values", "[{Dense: {units: 2}}]", fit=fit))
    assert result["findings"] == ["GJ302"]
    assert result["curves"]["epoch"] == [1, 2]
    folds = run(worker, root, sequential("values", "[{Dense: {units: 2}}]", fit=fit, split="{cv: 2}"))
    assert folds["findings"] == []
    assert folds["curves"]["epoch"] == [1, 2]
    share = run(worker, root, sequential("values", "[{Dense: {units: 2}}]", fit=fit.replace("dev", "0.1"), split="{cv: 2}"))
    assert recorded(share) == recorded(folds)


def test_several_labels_and_callbacks(worker: Worker, root: Path) -> None:
    fit = "{epochs: 8, validation: 0.2, callbacks: [ReduceLROnPlateau, SwapEMAWeights]}"
    text = sequential(
        "labels",
        "[Normalization, {Dense: {units: $n_outputs, activation: sigmoid}}]",
        loss="bce",
        optimizer="{Adam: {learning_rate: 0.1, use_ema: true, ema_momentum: 0.5}}",
        fit=fit,
    )
    result = run(worker, root, text + "\nmetrics: [f1_micro, roc_auc, loss]")
    assert result["status"] == "done", result
    assert result["metrics"]["dev"]["f1_micro"] > 0.8
    assert result["metrics"]["dev"]["roc_auc"] > 0.9


def test_after_a_sparse_step_and_with_a_hinge_and_class_weights(worker: Worker, root: Path) -> None:
    data = "data: {path: reviews.csv, features: body, target: stars}\nsplit: {dev: 0.2}\nmetrics: [accuracy, roc_auc]\n"
    network = (
        "{layers: [{Dense: {units: 1}}], optimizer: {Adam: {learning_rate: 0.1}}, loss: hinge, fit: {epochs: 5, class_weight: WEIGHT}}"
    )
    step = f"procedure: [TfidfVectorizer, {{Sequential: {network}}}]"
    even = run(worker, root, data + step.replace("WEIGHT", "balanced"))
    uneven = run(worker, root, data + step.replace("WEIGHT", "{good: 9}"))
    assert even["metrics"]["dev"]["roc_auc"] > 0.9
    assert even["predictions"] != uneven["predictions"] or even["curves"] != uneven["curves"]


BY_CLASS = "sparse_categorical_crossentropy"
WRONG_LABEL = sequential("digits", "[Flatten, {Dense: {units: 10}}]", loss=BY_CLASS, fit="{class_weight: {eleven: 2}}")
BAD = [
    (sequential("values", "[{h: {Conv2D: {filters: 2, kernel_size: 3}}}]"), "layer `h` (Conv2D) does not fit what comes in", "h"),
    (sequential("digits", "[Flatten, {end: {Dense: {units: 3}}}]", loss=BY_CLASS), "the last layer `end` gives 3 numbers a row", "end"),
    (sequential("digits", "[{end: {Dense: {units: 10}}}]", loss=BY_CLASS), "gives the shape (None, 8, 8, 10)", "end"),
    (sequential("values", "[{Dense: {units: 2}}]", loss=BY_CLASS), "takes classes, and the task is regression", "loss"),
    (sequential("values", "[{Dense: {units: 1}}]"), "the target has 2", "dense"),
    (sequential("values", "[{Dense: {units: -2}}]"), "expected a positive integer", "dense"),
    (sequential("values", "[{Dense: {units: 2}}]", optimizer="{SGD: {momentum: 7}}"), "`momentum` must be", "optimizer"),
    (sequential("values", "[{Dense: {units: 2}}]", fit="{class_weight: balanced}"), "`class_weight` weighs classes", "class_weight"),
    (WRONG_LABEL, "names `eleven`", "class_weight"),
]


@pytest.mark.parametrize(("text", "words", "part"), BAD)
def test_what_does_not_fit_is_said_before_anything_is_learned(worker: Worker, root: Path, text: str, words: str, part: str) -> None:
    error = run(worker, root, text)["error"]
    assert words in error["message"]
    assert error["path"][:2] == ["procedure", "sequential"]
    assert error["path"][-1] == part
    assert error["kind"] == "entry"


def test_what_only_the_data_tell_fails_with_one_clear_line(worker: Worker, root: Path) -> None:
    result = run(worker, root, sequential("gaps", "[{Dense: {units: 1}}]"))
    assert result["failure"] == {
        "kind": "exception",
        "message": "the data hold missing values, which a network does not take; put a SimpleImputer before it",
    }


def test_a_loss_that_is_no_number_any_more_is_a_failure_of_its_own_kind(worker: Worker, root: Path) -> None:
    result = run(worker, root, sequential("values", "[{Dense: {units: 2}}]", optimizer="{SGD: {learning_rate: 1e20}}", fit="{epochs: 50}"))
    assert result["failure"]["kind"] == "diverged"
    assert "smaller learning rate" in result["failure"]["message"]
    assert len(result.progress) < 50


@pytest.mark.parametrize(
    ("layers", "memory_mb", "words"),
    [
        (
            "[Flatten, {wide: {Dense: {units: 3000000000}}}, {Dense: {units: 10}}]",
            None,
            "layer `wide` (Dense) needs an array of 64 x 3000000000",
        ),
        ("[{Conv2D: {filters: 6000, kernel_size: 3, padding: same}}, Flatten, {Dense: {units: 10}}]", 400, "memory"),
    ],
)
def test_out_of_memory_ends_one_run_with_its_own_kind(worker: Worker, root: Path, layers: str, memory_mb: int | None, words: str) -> None:
    result = run(worker, root, sequential("digits", layers, loss=BY_CLASS, fit="{batch_size: 400}"), memory_mb=memory_mb)
    assert result["failure"]["kind"] == "memory", result
    assert words in result["failure"]["message"]
    assert run(worker, root, sequential("values", "[{Dense: {units: 2}}]"))["status"] == "done"


def images(root: Path, folder: str, count: int) -> str:
    """Write a folder of small images, and return an entry that makes them large: 3 MB each as a network takes them."""
    for number in range(count):
        path = root / folder / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((8, 8, 3), 200 * (number % 2), dtype=np.uint8)).save(path)
    pooled = "[{Rescaling: {scale: 0.004}}, {AveragePooling2D: {pool_size: 128}}, Flatten, {Dense: {units: 2, activation: softmax}}]"
    step = f"Sequential: {{layers: {pooled}, optimizer: {{Adam: {{learning_rate: 0.1}}}}, loss: {BY_CLASS}, fit: {{batch_size: 4}}}}"
    return f"data: {{images: {folder}, size: [512, 512], interpolation: nearest}}\nsplit: {{dev: 0.2}}\nprocedure: [{step}]"


def test_a_folder_that_is_larger_than_the_memory_trains(worker: Worker, root: Path) -> None:
    result = run(worker, root, images(root, "many", 110), memory_mb=250)
    assert result["status"] == "done", result
    assert result["metrics"]["dev"]["accuracy"] == 1.0
    assert 88 * 512 * 512 * 3 * 4 > 250 * 2**20


def test_an_image_that_breaks_off_is_named(worker: Worker, root: Path) -> None:
    text = images(root, "broken", 12)
    path = root / "broken/a/cut.jpg"
    Image.fromarray(np.random.RandomState(0).randint(0, 255, (64, 64, 3)).astype(np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:-900])
    failure = run(worker, root, text)["failure"]
    assert failure["kind"] == "exception"
    assert failure["message"].startswith("broken/a/cut.jpg is broken: image file is truncated")


def test_a_scikit_learn_run_does_not_import_keras(root: Path) -> None:
    code = (
        "import sys; from gitjournal.worker import jobs, run as measure, preflight, cache, main as worker_main\n"
        f"job = dict(root={str(root)!r}, cache={str(root / '.cache')!r}, data=dict(sklearn='iris'))\n"
        "tree = [['svc', {'class': 'sklearn.svm.SVC', 'params': {}}]]\n"
        "preflight.validate(jobs.ValidateJob(procedures=[tree], task='classification'))\n"
        "found = measure.run(jobs.RunJob(procedure=tree, **job), cache.TableCache(), lambda news: None)\n"
        "print(found.status, sorted({'keras', 'tensorflow'} & set(sys.modules)))"
    )

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "done []\n"
