"""A journal to read: entries and records as `exec` leaves them, committed by plain git."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gitjournal.entry.record import Failure, Record, encode
from gitjournal.git.setup.init import init
from tests.support import helpers
from tests.support.helpers import git

PAGE = """\
---
title: {title}
{front}data: {{sklearn: digits}}
split: {{dev: 0.2, test: 0.2, seed: 0, stratify: true}}
task: classification
procedure:
  - StandardScaler
  - SVC: {{kernel: rbf}}
metrics: [{metrics}]
---
## Notes

What I saw.
"""
LOGISTIC = "20261108-logistic-digits-p2m1"
RBF = "20261121-rbf-beats-linear-k3f9"
TREES = "20261121-trees-m2c8"


def page(title: str, *, front: str = "", metrics: str = "accuracy") -> str:
    """Return the text of an entry; `front` is further lines of its front matter."""
    return PAGE.format(title=json.dumps(title), front=front and front.rstrip("\n") + "\n", metrics=metrics)


def record(fingerprint: str, dev: float | None = None, *, seed: int | None = None, metric: str = "accuracy", **more: Any) -> Record:
    """Return a run that is done with one dev score (and a train score above it), or whatever `more` says."""
    metrics = {} if dev is None else {"dev": {metric: dev}, "train": {metric: dev + 0.01}}
    return Record(**{"run": f"run-{fingerprint}-{seed}", "fingerprint": fingerprint, "seed": seed, "metrics": metrics, **more})


def failed(fingerprint: str, message: str = "ValueError: no", **more: Any) -> Record:
    """Return a run that failed in the model."""
    return record(fingerprint, status="failed", failure=Failure("exception", message), **more)


def begin(repo: Path) -> Path:
    """Begin a journal and return its lab folder."""
    return init(repo).lab.path


def write(lab: Path, entry_id: str, text: str, records: list[Record] | None = None) -> Path:
    """Write an entry and its records into the lab folder, without committing."""
    path = lab / "entries" / entry_id[:4] / f"{entry_id}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    if records is not None:
        path.with_suffix(".runs.jsonl").write_bytes(b"".join(map(encode, records)))
    return path


def commit(lab: Path, message: str = "run: something") -> str:
    """Commit all of the lab folder by plain git and return the commit."""
    git(lab, "add", "-A")
    git(lab, "-c", "core.hooksPath=/dev/null", "commit", "-q", "-m", message)
    return git(lab, "rev-parse", "HEAD")


def gitjournal(cwd: Path, *arguments: str, code: int = 0) -> str:
    """Run the command line as a person would, and return what it printed on both channels."""
    done = helpers.gitjournal(cwd, *arguments)
    assert done.returncode == code, f"exit code {done.returncode}: {done.stdout}{done.stderr}"
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def three_entries(repo: Path) -> Path:
    """Return a lab with a baseline, a grid that beats it with one failure, and one that is only planned."""
    lab = begin(repo)
    baseline = [record("a" * 64, 0.972, at="2026-11-08T09:00:00Z")]
    write(lab, LOGISTIC, page("Logistic regression", front="tags: [linear]"), baseline)
    grid = 'baseline: p2m1\ntags: [svm, "kernel methods"]\ngrid: {svc__C: [1, 10, 100]}\nseeds: [0, 1]'
    runs = [
        record("b" * 64, 0.970, seed=0, grid={"svc__C": 1}, at="2026-11-21T09:00:00Z", seconds=1.5, memory_mb=200),
        record("b" * 64, 0.974, seed=1, grid={"svc__C": 1}, at="2026-11-21T09:01:00Z", seconds=1.5, memory_mb=210),
        record("c" * 64, 0.976, seed=0, grid={"svc__C": 10}, at="2026-11-21T09:02:00Z", seconds=1.5),
        record("c" * 64, 0.980, seed=1, grid={"svc__C": 10}, at="2026-11-21T09:03:00Z", seconds=1.5),
        failed("d" * 64, seed=0, grid={"svc__C": 100}, at="2026-11-21T09:04:00Z"),
    ]
    write(lab, RBF, page("RBF beats linear", front=grid), runs)
    write(lab, TREES, page("Trees on digits"))
    commit(lab)
    return lab
