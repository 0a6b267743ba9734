"""`gitjournal report importance`, as its user calls it."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gitjournal.entry.record import Record
from tests.support.helpers import snapshot
from tests.support.pages import begin, commit, failed, gitjournal, page, record, write

HASH = "sha256:" + "ab" * 32
WINE = "sha256:" + "cd" * 32
FIRST, SECOND, OTHER = "20261121-a-grid-aaaa", "20261122-more-bbbb", "20261123-other-cccc"
SHRINKING = "shrinking"


def canonical(procedure: Any, data: str = HASH, **options: Any) -> str:
    told = {
        "data": {"format": "sklearn", "hash": data, "task": "classification", **options},
        "procedure": procedure,
        "schema": 1,
        "split": {"dev": 0.2, "seed": 0},
    }
    return json.dumps(told, sort_keys=True, separators=(",", ":"))


def run(procedure: Any, score: float | None, *, data: str = HASH, seed: int | None = None, options: Any = None, **more: Any) -> Record:
    text = canonical(procedure, data, **(options or {}))
    return record(hashlib.sha256(text.encode()).hexdigest(), score, seed=seed, canonical=text, **more)


def svc(score: float, *, C: float, gamma: float, shrinking: bool = True, **more: Any) -> Record:
    values = {"C": C, "gamma": gamma} | ({} if shrinking else {SHRINKING: False})
    return run([{"sklearn.preprocessing.StandardScaler": {}}, {"sklearn.svm.SVC": values}], score, **more)


def knn(neighbours: int, score: float, **more: Any) -> Record:
    return run([{"sklearn.neighbors.KNeighborsClassifier": {"n_neighbors": neighbours}}], score, **more)


def on(data: str, title: str) -> str:
    """Return an entry on a data set whose hash it holds, as a plan does."""
    return page(title).replace("sklearn: digits", f'sklearn: {data}, hash: "{WINE if data == "wine" else HASH}"')


def journal(repo: Path) -> Path:
    """Return a lab with a grid over two entries, and runs on the same data with another metric or of another question."""
    lab = begin(repo)
    grid = [
        svc(0.9 - 0.05 * abs(place - 1), C=C, gamma=gamma, shrinking=shrinking, at=f"2026-11-21T09:{10 * place + int(C):02}:00Z")
        for C in (1, 5)
        for place, gamma in enumerate((0.001, 0.01, 0.1, 1.0))
        for shrinking in (True, False)
    ]
    bad = [{"sklearn.svm.SVC": {"C": -1}}]
    text = canonical(bad)
    write(lab, FIRST, on("digits", "A grid"), [*grid, failed(hashlib.sha256(text.encode()).hexdigest(), canonical=text)])
    more = [knn(1, 0.7, at="2026-11-22T09:00:00Z"), knn(5, 0.71), knn(9, 0.72), knn(99, 0.5, metric="f1")]
    more += [knn(neighbours, 0.1, options={"target": "another"}) for neighbours in (1, 5, 9)]
    write(lab, SECOND, on("digits", "More"), more)
    write(lab, OTHER, on("wine", "Other data"), [knn(3, 0.9, data=WINE)])
    commit(lab)
    return lab


def test_it_says_what_mattered_over_all_entries_and_what_it_left_out(repo: Path) -> None:
    journal(repo)
    before = snapshot(repo, without=(".git/gitjournal",))
    said = gitjournal(repo, "report", "importance", "digits")
    lines = said.splitlines()
    assert lines[0] == "the algorithm matters: SVC reached 0.900, KNeighborsClassifier 0.720"
    assert lines[1] == "SVC: gamma matters, C and shrinking did not"
    assert lines[2] == "KNeighborsClassifier: n_neighbors cannot be told"
    basis = " ".join(lines[3:5])
    assert basis.startswith("digits, dev.accuracy (higher is better) · 19 configurations of 2 entries · left out: 1 failed,")
    assert "1 without this metric, 3 on other columns or targets" in basis
    row = next(line for line in lines if line.startswith("SVC gamma"))
    assert "matters" in row
    assert "0.01: 0.900" in row
    assert "1: 0.800" in row
    assert "3 runs are too few" in said
    assert snapshot(repo, without=(".git/gitjournal",)) == before


def test_the_newest_data_an_entry_and_a_metric_can_be_meant(repo: Path) -> None:
    journal(repo)
    assert json.loads(gitjournal(repo, "report", "importance", "--json"))["data"]["name"] == "digits"
    assert json.loads(gitjournal(repo, "report", "importance", "aaaa", "--json"))["configurations"] == 19
    assert json.loads(gitjournal(repo, "report", "importance", "sklearn:wine", "--json"))["data"]["name"] == "wine"
    assert gitjournal(repo, "report", "importance", "wine").splitlines()[0] == "nothing was varied, so nothing can be told"
    found = json.loads(gitjournal(repo, "report", "importance", "digits", "--metric", "f1", "--json"))
    assert (found["metric"], found["configurations"]) == ("dev.f1", 1)
    told = gitjournal(repo, "report", "importance", "digits", "--metric", "auc", code=2)
    assert "no run on digits has the metric `auc`" in told
    assert "accuracy, f1" in told
    assert "digits, wine" in gitjournal(repo, "report", "importance", "iris", code=2)


def test_programs_get_shares_with_their_intervals(repo: Path) -> None:
    journal(repo)
    found = json.loads(gitjournal(repo, "report", "importance", "digits", "--json"))
    first = found["algorithms"][0]
    assert first["parameters"][0]["name"] == "gamma"
    gamma = first["parameters"][0]
    low, high = gamma["interval"]
    assert 0 <= low <= gamma["share"] <= high <= 1
    assert (gamma["call"], gamma["best"]["value"], gamma["runs"], gamma["values"]) == ("matters", 0.01, 16, 4)
    assert found["algorithm"]["call"] == "matters"
    assert found["left_out"] == {"failed": 1, "without_metric": 1, "other_columns_or_targets": 3}


def test_it_is_drawn(repo: Path) -> None:
    journal(repo)
    assert gitjournal(repo, "report", "importance", "digits", "--plot", "f.svg").splitlines()[-1] == "drawn: f.svg"
    drawn = (repo / "f.svg").read_text()
    assert "SVC gamma" in drawn
    assert "The algorithm matters" in drawn
    assert "nothing to draw" in gitjournal(repo, "report", "importance", "wine", "--plot", "f.svg", code=2)
    gitjournal(repo, "report", "importance", "digits", "--plot", "f.gif", code=2)


def test_the_page_of_a_data_set_says_it_where_there_is_evidence(repo: Path) -> None:
    pytest.importorskip("jinja2")
    journal(repo)
    gitjournal(repo, "site", "build", "-o", "pages")
    digits, wine = ((repo / "pages" / "data" / f"{name}.html").read_text() for name in ("digits-ababab", "wine-cdcdcd"))
    assert "<h3>What mattered</h3>" in digits
    assert "SVC: gamma matters, C and shrinking did not" in digits
    assert digits.count("<svg") >= 1
    assert "What mattered" not in wine


def test_without_runs_it_says_so(repo: Path) -> None:
    begin(repo)
    assert "nothing was run yet" in gitjournal(repo, "report", "importance", code=2)


def test_a_strangers_records_neither_stop_it_nor_move_the_cursor(repo: Path) -> None:
    lab = begin(repo)
    deep: Any = {}
    for _ in range(200):
        deep = [deep]
    runs = [run([{f"x.Y\x1b[2J{number % 2}\u202e": {f"p\n{number}": number}}], 0.1 * number) for number in range(9)]
    runs += [run([{"x.Y": {"deep": deep}}], 0.5), run("no list", 0.4), record("e" * 64, 0.3, canonical="no json")]
    write(lab, FIRST, on("digits", "A grid"), runs)
    commit(lab)
    for arguments in ((), ("--json",), ("--plot", "f.svg")):
        said = gitjournal(repo, "report", "importance", *arguments)
        assert "\x1b" not in said
        assert "\u202e" not in said


def test_reports_load_no_numerical_library_before_this_one_is_called() -> None:
    code = (
        "import sys, gitjournal.commands.report as r\n"
        "try:\n r.command.main(['--help'], standalone_mode=False)\nexcept SystemExit: pass\n"
        "print('LOADED', [m for m in ('numpy', 'scipy', 'sklearn', 'pandas') if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "importance" in said
    assert said.endswith("LOADED []\n")
    code = "import sys, gitjournal.commands.importance\nprint([m for m in ('scipy', 'sklearn', 'pandas', 'optuna') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
