"""`show --plot`: a figure in the terminal, as numbers, or as a file."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from gitjournal.worker.arrays import write_arrays
from gitjournal.worker.jobs import ConfusionJob, ErrorReply
from gitjournal.worker.pool import WorkerPool
from tests.support.helpers import git
from tests.support.pages import begin, commit, gitjournal, page, record, three_entries, write
from tests.support.site_journal import journal


def test_a_profile_in_the_terminal_as_numbers_and_as_a_file(repo: Path) -> None:
    three_entries(repo)
    said = gitjournal(repo, "show", "k3f9", "--plot", "profile")
    assert said.startswith("svc__C: 10 reached 0.978; 1 only 0.972\n")
    assert "baseline 0.972" in said
    told = json.loads(gitjournal(repo, "show", "k3f9", "--plot", "profile:svc__C", "--json"))
    assert [point["y"] for point in told["lines"][-1]["points"]] == pytest.approx([0.972, 0.978])
    assert gitjournal(repo, "show", "k3f9", "--plot", "profile", "-o", "c.svg").startswith("c.svg: svc__C")
    assert ET.parse(repo / "c.svg").getroot().tag.endswith("svg")
    said = gitjournal(repo, "show", "k3f9", "--plot", "progress")
    assert said.startswith("From 0.972 to 0.978 (gain +0.006) in 1 step")


def test_the_best_over_time_says_what_was_learned_at_each_step(repo: Path) -> None:
    journal(repo)
    said = gitjournal(repo, "show", "k3f9", "--plot", "progress")
    assert said.endswith('p2m1 "Logistic regression": 0.972\nk3f9 "RBF beats linear": 0.978, gain +0.006; by step 1 (Logistic -> SVC)\n')
    gitjournal(repo, "show", "k3f9", "--plot", "progress", "-o", "p.svg")
    told = [one.text for one in ET.parse(repo / "p.svg").getroot() if one.text]
    assert 'k3f9 "RBF beats linear": 0.978, gain +0.006; by step 1 (Logistic -> SVC)' in told


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--plot", "curves"], "no run has learning curves"),
        (["--plot", "grid"], "two parameters"),
        (["--plot", "profil"], "did you mean `profile`?"),
        (["--plot", "confusion"], "are kept in this clone"),
        (["--plot", "profile", "-o", "c.gif"], ".svg, .png or .pdf"),
        (["--plot", "profile", "-o", "nowhere/c.svg"], "does not exist"),
        (["-o", "c.svg"], "--plot profile"),
    ],
)
def test_what_cannot_be_drawn_says_what_can(repo: Path, arguments: list[str], word: str) -> None:
    three_entries(repo)
    assert word in gitjournal(repo, "show", "k3f9", *arguments, code=2)


def test_a_confusion_comes_from_kept_predictions(repo: Path) -> None:
    lab = begin(repo)
    kept = Path(git(repo, "rev-parse", "--absolute-git-dir")) / "gitjournal" / "artifacts" / "ru" / "run-1" / "predictions.npz"
    true = np.array([0, 0, 0, 1, 1, 2])
    sha256 = write_arrays(kept, {"y": true, "predicted": np.array([0, 1, 1, 1, 1, 2])})
    front = "data: {sklearn: digits, facts: {n_rows: 6, n_features: 1, classes: [cat, dog, owl]}}"
    text = page("Pets").replace("data: {sklearn: digits}", front)
    write(lab, "20261121-pets-aaaa", text, [record("a" * 64, 0.6, run="run-1", artifacts={"predictions.npz": sha256})])
    commit(lab)
    said = gitjournal(repo, "show", "aaaa", "--plot", "confusion")
    assert said.startswith("cat is taken for dog most often: 2 of 3\n")
    assert "4 of 6 dev rows are right" in said
    kept.write_bytes(kept.read_bytes() + b"x")
    assert "are kept in this clone" in gitjournal(repo, "show", "aaaa", "--plot", "confusion", code=2)


def test_predictions_that_are_no_classes_are_refused(tmp_path: Path) -> None:
    sha256 = write_arrays(tmp_path / "p.npz", {"y": np.array([0.5]), "predicted": np.array([0.5])})
    with WorkerPool() as pool:
        refused = pool.ask(ConfusionJob(file=str(tmp_path / "p.npz"), sha256=sha256))
    assert isinstance(refused, ErrorReply)
    assert "holds no classes" in refused.message
