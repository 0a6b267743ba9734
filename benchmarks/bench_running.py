"""What recording costs a run and a grid, against a loop in one process that computes the same scores."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable
from pathlib import Path

from benchmarks.timing import PYTHON, always, gitjournal, in_turns, once, repository, say

SCRIPT = """
import hashlib
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

X, y = load_digits(return_X_y=True)
hashlib.sha256(X.tobytes()).hexdigest()
rest, _, y_rest, _ = train_test_split(X, y, test_size=0.2, random_state=0, stratify=y)
train, dev, y_train, y_dev = train_test_split(rest, y_rest, test_size=0.25, random_state=0, stratify=y_rest)
for C in {values}:
    model = make_pipeline(StandardScaler(), SVC(C=C)).fit(train, y_train)
    print(accuracy_score(y_train, model.predict(train)), accuracy_score(y_dev, model.predict(dev)))
"""
ENTRY = (
    "---\ntitle: bench\nhypothesis: none\ndata: {{sklearn: digits}}\nprocedure: [StandardScaler, SVC]\ngrid: {{svc__C: {values}}}\n---\n"
)
GRID = [round(0.1 * 1.3**power, 6) for power in range(24)]


def main() -> None:
    """Print the rows."""
    with repository() as repo:
        once(gitjournal("init"), repo)
        costs = in_turns({"loop": loop(repo, [1.0]), "exec": entry(repo, "a", [1.0])}, repo, 7)
        say("one recorded run against a bare script: added CPU", f"{costs['exec'].cpu - costs['loop'].cpu:+.2f} s", "<= 0.3 s")
        commands = {"loop": loop(repo, GRID), "exec": entry(repo, "b", GRID), "jobs": entry(repo, "c", GRID, "--jobs", "2")}
        costs = in_turns(commands, repo, 3)
        allowed = 1.10 * costs["loop"].wall + 0.5
        say(
            "a grid of 24 against a loop",
            f"{costs['exec'].wall:.2f} s to {costs['loop'].wall:.2f} s",
            f"<= 1.10x + 0.5 s = {allowed:.2f} s",
        )
        say("a duplicate is refused: CPU, start-up and all", f"{duplicate(repo):.2f} s", "<= 0.5 s")
        say("the same with --jobs 2", f"{costs['jobs'].wall:.2f} s to {costs['loop'].wall:.2f} s", "below the loop")


def loop(repo: Path, values: list[float]) -> Callable[[int], list[str]]:
    """Return the command of a plain loop."""
    (repo / f"loop{len(values)}.py").write_text(SCRIPT.replace("{values}", json.dumps(values)))
    return always(PYTHON, f"loop{len(values)}.py")


def entry(repo: Path, letter: str, values: list[float], *options: str) -> Callable[[int], list[str]]:
    """Return a command that runs values which no turn before it ran, so that nothing is reused."""

    def command(number: int) -> list[str]:
        fresh = [value + 1e-6 * (100 * (ord(letter) - 96) + number) for value in values]
        page = repo / f"lab/entries/2026/20261121-bench-{letter}{number:03d}.md"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(ENTRY.format(values=json.dumps(fresh)))
        return gitjournal("exec", page.stem, *options)

    return command


def duplicate(repo: Path) -> float:
    """Return the CPU seconds of refusing an entry that another one has done, its data seen before."""
    page = repo / "lab/entries/2026/20261121-bench-dddd.md"
    page.write_text(ENTRY.format(values=json.dumps(GRID[:1])).replace("title: bench", "title: first"))
    once(gitjournal("exec", page.stem), repo)
    page.with_name("20261121-bench-eeee.md").write_text(page.read_text().partition("<!--")[0].replace("title: first", "title: again"))
    costs = [once(gitjournal("exec", "20261121-bench-eeee"), repo, code=3) for _ in range(5)]
    return statistics.median(cost.cpu for cost in costs)
