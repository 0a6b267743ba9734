"""The same entries in two fresh repositories, at one thread and at two: every recorded number is the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.helpers import git, gitjournal, write_entry
from tests.support.places import PENGUINS

pytestmark = pytest.mark.fresh_processes

ENTRIES = {
    "svm": "data: {sklearn: digits}\nprocedure: [StandardScaler, SVC]\ngrid: {svc__C: {log: [0.1, 10, 3]}}",
    "forest": "data: {sklearn: wine}\nprocedure: [{RandomForestClassifier: {n_estimators: 30, n_jobs: 2}}]\nseeds: 2\nmetrics: [log_loss]",
    "boosting": "data: {path: penguins.csv, target: species}\nprocedure: [tabular, HistGradientBoostingClassifier]",
    "ridge": "data: {sklearn: diabetes}\nprocedure: [PCA, Ridge]\nsplit: {cv: 4, repeats: 2, test: 0.2, seed: each}\nseeds: [0, 1]",
    "network": "data: {sklearn: iris}\nprocedure: [StandardScaler, {MLPClassifier: {max_iter: 50, early_stopping: true}}]\nseeds: [3]",
}
OF_THE_MOMENT = {"run", "at", "seconds", "memory_mb", "plan", "code", "threads", "artifacts"}


def recorded(folder: Path, threads: str) -> list[dict[str, Any]]:
    folder.mkdir()
    (folder / "penguins.csv").write_bytes(PENGUINS.read_bytes())
    git(folder, "init", "-q")
    assert gitjournal(folder, "init").returncode == 0
    for number, (name, front) in enumerate(ENTRIES.items()):
        write_entry(folder / "lab", f"20261121-{name}-aaa{number}", f"title: {name}\n{front}\n")
    ended = gitjournal(folder, "exec", *(f"aaa{number}" for number in range(len(ENTRIES))), env={"GITJOURNAL_THREADS": threads})
    assert ended.returncode == 0, ended.stderr
    lines = "\n".join(path.read_text() for path in sorted((folder / "lab/entries").rglob("*.jsonl")))
    return [json.loads(line) for line in lines.splitlines() if line]


@pytest.mark.slow
def test_two_fresh_repositories_record_the_same_numbers_at_one_and_two_threads(tmp_path: Path) -> None:
    one, two = recorded(tmp_path / "one", "1"), recorded(tmp_path / "two", "2")
    assert [record["threads"] for record in (one[0], two[0])] == [1, 2]
    assert len(one) == 3 + 2 + 1 + 2 + 1
    for left, right in zip(one, two, strict=True):
        assert {key: value for key, value in left.items() if key not in OF_THE_MOMENT} == {
            key: value for key, value in right.items() if key not in OF_THE_MOMENT
        }
        assert left["predictions"] == right["predictions"]
