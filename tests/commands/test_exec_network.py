"""A network from entry to commit, as its user does it; and what a machine without Keras says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gitjournal.data import splits
from gitjournal.data.loading import Table
from gitjournal.entry import record
from gitjournal.entry.record import Record
from gitjournal.procedure.networks import keras_catalogue
from gitjournal.worker.models.sklearn_models import derive_seed
from tests.support.helpers import done, git, gitjournal, write_entry
from tests.support.places import ROOT

ID = "20261121-it-learns-k3f9"
FRONT = """
title: It learns
data: {path: data/it.npz}
split: {dev: 0.2}
procedure:
  - Sequential: {layers: [{Dense: {units: 8, activation: relu}}, {Dense: {units: 1}}], optimizer: adam, loss: mse,
      fit: {epochs: 3, validation: 0.2}}
"""


@pytest.fixture
def journal(repo: Path) -> Path:
    done(repo, "init")
    (repo / "data").mkdir()
    X = np.random.RandomState(0).normal(size=(120, 3))
    np.savez(repo / "data/it.npz", X=X, y=X[:, 0])
    return repo


@pytest.mark.keras
def test_a_network_is_planned_run_drawn_and_not_run_again(journal: Path) -> None:
    write_entry(journal / "lab", ID, FRONT)
    done(journal, "exec", "k3f9")
    text = git(journal, "show", f"journal:entries/2026/{ID}.md")
    assert "metrics: [rmse, r2, loss]" in text
    assert f"![Loss by epoch](../../figures/{ID}/curves.svg)" in text
    assert git(journal, "show", f"journal:figures/{ID}/curves.svg").startswith("<svg ")
    (one,) = record.decode_lines(git(journal, "show", f"journal:entries/2026/{ID}.runs.jsonl").encode(), file="it")
    assert one.curves["epoch"] == [1, 2, 3]
    assert one.flags["op_determinism"] == "on"
    assert f"device {one.flags['device']}, onednn off, op_determinism on" in done(journal, "show", "k3f9")
    assert one.threads == 1
    environment = json.loads(git(journal, "show", f"journal:environments/{one.environment}.json"))
    assert {"keras", "tensorflow"} <= set(environment["versions"])
    # a metric asked for later, from the network when the predictions are gone
    kept = journal / f".git/gitjournal/artifacts/{one.run[:2]}/{one.run}"
    before = (kept / "predictions.npz").read_bytes()
    (kept / "predictions.npz").unlink()
    scored = json.loads(done(journal, "model", "score", "k3f9", "--metric", "mae", "--json"))
    assert scored["runs"][0]["value"] > 0
    assert (kept / "predictions.npz").read_bytes() == before
    # the same network as a Model, without what changes nothing
    model = """
title: It learns, written otherwise
data: {path: data/it.npz}
split: {dev: 0.2}
procedure:
  - Model: {inputs: {x: all}, layers: [{b: {Dense: {units: 1}, inputs: [a]}}, {a: {Dense: {units: 8, activation: relu}, inputs: [x]}}],
      outputs: [b], optimizer: {Adam: {learning_rate: 0.001}}, loss: mean_squared_error, fit: {epochs: 3, validation: 0.2}}
"""
    write_entry(journal / "lab", "20261121-otherwise-m2c8", model)
    again = gitjournal(journal, "exec", "m2c8")
    assert again.returncode == 3
    assert ID in again.stdout


@pytest.mark.keras
def test_a_shape_that_does_not_fit_is_refused_at_its_line_and_writes_nothing(journal: Path) -> None:
    write_entry(journal / "lab", ID, FRONT.replace("{Dense: {units: 1}}", "{Conv2D: {filters: 1, kernel_size: 2}}"))
    ended = gitjournal(journal, "exec", "k3f9")
    assert ended.returncode == 1
    assert f"{ID}.md:6:66: layer `conv2d` (Conv2D) does not fit what comes in, of shape (None, 8)" in ended.stderr
    assert git(journal / "lab", "status", "--porcelain", "-uall").split() == ["??", f"entries/2026/{ID}.md"]


def test_without_keras_a_network_says_what_to_install_and_all_else_works(journal: Path, tmp_path: Path) -> None:
    without = tmp_path / "without"
    without.mkdir()
    for folder in {Path(place) for place in sys.path if place.endswith("site-packages")}:
        for path in folder.iterdir():
            if not path.name.lower().startswith(("keras", "tensorflow")):
                (without / path.name).symlink_to(path)
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{without}"}

    def bare(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-S", "-m", "gitjournal", *arguments]
        return subprocess.run(command, cwd=journal, env=environment, capture_output=True, text=True, check=False)

    write_entry(journal / "lab", ID, FRONT)
    ended = bare("exec", "k3f9")
    assert ended.returncode == 1
    assert "a network needs Keras, which is not installed" in ended.stderr
    assert "pip install 'gitjournal[keras]'" in ended.stderr
    assert "It learns" in bare("ls").stdout
    assert "It learns" in bare("show", "k3f9").stdout


def test_a_line_of_a_record_stays_short_whatever_the_curves() -> None:
    curves = {name: [float(n) + 0.12345 for n in range(50)] for name in ("epoch", "loss", "val_loss", "mae", "val_mae", "auc", "val_auc")}
    one = record.trim_record(Record(run="r", fingerprint="f", curves=curves, canonical="x" * 2500))
    assert len(record.encode(one)) <= record.MAX_LINE
    assert set(one.curves) == {"epoch", "loss", "val_loss"}
    assert len({len(values) for values in one.curves.values()}) == 1
    assert record.trim_record(Record(run="r", fingerprint="f", curves=curves, canonical="x" * 4090)).curves == {}


def table(n: int, *, groups: bool = False, times: bool = False) -> Table:
    y = np.arange(n) % 3
    return Table(
        np.zeros((n, 1)),
        y,
        "classification",
        {"number": ["x"]},
        "sha256:0",
        {},
        classes=[0, 1, 2],
        groups=np.arange(n) // 5 if groups else None,
        times=np.arange(n)[::-1].astype(float) if times else None,
    )


def test_what_is_watched_follows_the_rule_of_the_split() -> None:
    train = np.arange(10, 70)
    rest, watched = splits.hold_back(train, table(80), {"stratify": True, "shuffle": True, "seed": 0}, 0, 0.2, 0)
    assert (len(rest), len(watched)) == (48, 12)
    assert sorted([*rest, *watched]) == train.tolist()
    assert np.bincount(watched % 3).tolist() == [4, 4, 4]
    other = splits.hold_back(train, table(80), {"stratify": True, "shuffle": True, "seed": 0}, 0, 0.2, 1)[1]
    assert other.tolist() != watched.tolist()
    grouped = splits.hold_back(train, table(80, groups=True), {"group": "g", "shuffle": True, "seed": 0}, 0, 0.2, 0)
    assert not set(grouped[0] // 5) & set(grouped[1] // 5)
    timed = splits.hold_back(train, table(80, times=True), {"time": "t", "gap": 0}, 0, 0.1, 0)[1]
    assert timed.tolist() == [10, 11, 12, 13, 14, 15]


def test_the_seed_of_a_network_is_the_same_on_every_machine() -> None:
    assert derive_seed(0, 1_000_000) == 570_971_697


@pytest.mark.keras
def test_the_reference_is_that_of_the_installed_keras(tmp_path: Path) -> None:
    code = (
        "import shutil, sys; from pathlib import Path; from gitjournal.procedure.networks import keras_catalogue as c\n"
        "from gitjournal.worker.models import reference_keras as k\n"
        "file = Path(sys.argv[1]); shutil.copy(c.REFERENCE, file); print(k.update(file, k.describe_keras))\n"
        "import keras\n"
        "for path, known in c.reference().known.items():\n"
        "    found = keras\n"
        "    for part in path.split('.')[1:]: found = getattr(found, part)\n"
        "    assert callable(found), path"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(tmp_path / "it.json")], capture_output=True, text=True, check=False)
    assert ended.stdout == "[]\n", ended.stderr


def test_nothing_that_runs_code_or_reads_files_is_in_the_reference() -> None:
    names = {path.rpartition(".")[2] for path in keras_catalogue.reference().known}
    assert not names & {*keras_catalogue.REFUSED, "CSVLogger", "ModelCheckpoint", "TensorBoard", "LambdaCallback", "Layer", "Wrapper"}
    assert keras_catalogue.names("callback") == ["EarlyStopping", "ReduceLROnPlateau", "SwapEMAWeights", "TerminateOnNaN"]
    params = {name for known in keras_catalogue.reference().known.values() for name in known.params}
    assert not params & {"seed", "weights", "filepath", "quantization_config", "fn"}
