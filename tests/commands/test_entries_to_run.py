"""Entries as people write them, word for word, on small made data and on real images: each runs and is recorded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from gitjournal.entry.parse import parse
from gitjournal.entry.record import decode_lines
from gitjournal.procedure.agreement import disagreements
from gitjournal.trust import store as trust
from gitjournal.trust.code_files import find_code
from tests.support.helpers import done, git
from tests.support.places import SUPPORT

ENTRIES = SUPPORT / "entries"
IDS = {
    1: "20261121-boosting-beats-logistic-on-churn-aaa1",
    2: "20261121-ridge-on-last-year-s-demand-aaa2",
    3: "20261121-patient-wise-forest-aaa3",
    4: "20261121-bigrams-help-aaa4",
    5: "20261121-flips-and-a-cosine-schedule-aaa5",
    6: "20261121-a-skip-connection-lowers-dev-loss-aaa6",
    7: "20261121-which-classifier-which-penalty-aaa7",
    8: "20261121-hand-made-features-aaa8",
}
TABULAR = (1, 2, 3, 4, 7, 8)
LOGISTIC = """\
---
title: Logistic on churn
data: {path: data/churn.csv, target: churned, positive: "yes", drop: [customer_id], na: ["", "?"]}
split: {dev: 0.2, test: 0.2}
procedure: [tabular, LogisticRegression]
metrics: [roc_auc, log_loss]
---
"""
EDITS = {  # a value of each that somebody might better afterwards
    1: ("class_weight: balanced", "learning_rate: 0.2"),
    2: ("alpha: 1.0", "alpha: 2.0"),
    3: ("n_estimators: 300", "n_estimators: 301"),
    4: ("[1, 2]", "[2, 2]"),
    5: ("patience: 5", "patience: 6"),
    6: ("units: 64", "units: 65"),
    7: ("[0.1, 1]", "[0.1, 3]"),
    8: ("window: 30", "window: 31"),
}
EXPERIMENTS = """\
from pathlib import Path
import numpy as np
from churn.stats import Means

def target_stats(train, dev, *, seed, window):
    query = Path(__file__).with_name("features.sql").read_text()
    X, y = train
    return Means(query.split()[1], window).fit(X, y)
"""
STATS = """\
import numpy as np

class Means:
    def __init__(self, column, window): self.column, self.window = column, window
    def fit(self, X, y):
        self.overall = y.mean()
        groups = {kind: y[(X[self.column] == kind).to_numpy()] for kind in X[self.column].dropna().unique()}
        self.means = {kind: (part.sum() + self.window * self.overall) / (len(part) + self.window) for kind, part in groups.items()}
        return self
    def predict_proba(self, X):
        p = X[self.column].map(self.means).fillna(self.overall).to_numpy(dtype=float)
        return np.stack([1 - p, p], axis=1)
    def predict(self, X): return (self.predict_proba(X)[:, 1] > 0.5).astype(int)
"""


def churn(random: np.random.RandomState) -> pd.DataFrame:
    n = 240
    plan = random.choice(["basic", "plus", "pro"], n)
    age = random.randint(18, 80, n).astype(float)
    left = random.uniform(size=n) < np.where(plan == "basic", 0.7, 0.15) + (age > 60) * 0.2
    frame = pd.DataFrame({"customer_id": range(n), "plan": plan, "age": age, "calls": random.poisson(3, n)})
    frame["age"] = frame["age"].mask(random.uniform(size=n) < 0.1).map("{:.0f}".format).replace("nan", "?")
    frame["plan"] = frame["plan"].mask(random.uniform(size=n) < 0.05)
    return frame.assign(churned=np.where(left, "yes", "no"))


def make_data(root: Path) -> None:
    random = np.random.RandomState(0)
    (root / "data").mkdir()
    churn(random).to_csv(root / "data/churn.csv", index=False)
    days = pd.date_range("2025-01-01", periods=300).repeat(2)
    store = np.tile([7, 12], 300)
    units = 50 + 30 * (store == 12) + days.day_of_week * 4 + random.normal(0, 3, 600)
    pd.DataFrame({"date": days, "store": store, "weekday": days.day_of_week, "units": units}).to_parquet(root / "data/demand.parquet")
    patient = np.repeat(range(20), 6)
    beats = random.normal(size=(120, 3)) + (patient % 2)[:, None]
    pd.DataFrame(beats, columns=["rate", "pr", "qt"]).assign(patient=patient, arrhythmia=patient % 2).to_csv(
        root / "data/ecg.csv", index=False
    )
    words = {1: "not good at all", 5: "very good indeed"}
    bodies = [(f"{words[stars]} {random.choice(['soup', 'soap', 'sofa'])} number {i}", stars) for i in range(40) for stars in (1, 5)]
    pd.DataFrame(bodies, columns=["body", "stars"]).to_csv(root / "data/reviews.csv", index=False)
    (root / "churn").mkdir()
    code = {"__init__.py": "", "experiments.py": EXPERIMENTS, "stats.py": STATS, "features.sql": "select plan from churn"}
    for name, text in code.items():
        (root / "churn" / name).write_text(text)


def make_images(root: Path) -> None:
    """Write some of scikit-learn's digits as images, of two classes in unlike numbers."""
    digits = load_digits()
    for label, count in ((0, 12), (1, 8)):
        folder = root / f"data/flowers/{label}"
        folder.mkdir(parents=True)
        for number, pixels in enumerate(digits.images[digits.target == label][:count]):
            Image.fromarray((pixels * 15).astype(np.uint8)).save(folder / f"{number:02}.png")


def make_signals(root: Path) -> None:
    X = np.random.RandomState(0).normal(size=(300, 6))
    np.savez(root / "data/sensors.npz", signal=X, label=(X[:, 0] + X[:, 1] > 0).astype(int) + (X[:, 2] > 1))


def begin(root: Path, *numbers: int) -> None:
    """Make a journal with some of the entries."""
    done(root, "init")
    pages = root / "lab/entries/2026"
    pages.mkdir(parents=True)
    for number in numbers:
        (pages / f"{IDS[number]}.md").write_text((ENTRIES / f"{number}.md").read_text())


def records(root: Path, number: int) -> list[dict[str, Any]]:
    text = git(root, "show", f"journal:entries/2026/{IDS[number]}.runs.jsonl")
    return [json.loads(line) for line in text.splitlines()]


def told_apart(root: Path, *numbers: int) -> None:
    """See that each entry says what its records say, and that one edit of it says otherwise."""
    for number in numbers:
        name = IDS[number]
        text = (root / f"lab/entries/2026/{name}.md").read_text()
        lines = decode_lines((root / f"lab/entries/2026/{name}.runs.jsonl").read_bytes(), file=name)
        assert disagreements(parse(text, entry_id=name, file=name), lines) == []  # and not None: each could be worked out anew
        before, after = EDITS[number]
        assert before in text
        assert disagreements(parse(text.replace(before, after, 1), entry_id=name, file=name), lines)


@pytest.mark.slow
def test_the_entries_run_as_written(repo: Path) -> None:
    make_data(repo)
    begin(repo, *TABULAR)
    (repo / "lab/entries/2026/20261120-logistic-churn-bbbb.md").write_text(LOGISTIC)
    code = find_code("churn.experiments:target_stats", ["churn/features.sql"], repo, ("procedure", "python"))
    assert sorted(code.files) == ["churn/__init__.py", "churn/experiments.py", "churn/features.sql", "churn/stats.py"]
    trust.grant(repo / ".git/gitjournal", code)

    done(repo, "exec", "logistic-churn", *(IDS[number] for number in TABULAR), "--jobs", "2")
    found = {number: records(repo, number) for number in TABULAR}
    assert {number: {record["status"] for record in found[number]} for number in TABULAR} == {number: {"done"} for number in TABULAR}
    assert {number: len(found[number]) for number in TABULAR} == {1: 1, 2: 1, 3: 3, 4: 6, 7: 51, 8: 1}

    (boosting,) = found[1]
    assert list(boosting["metrics"]["dev"]) == ["roc_auc", "log_loss"]
    assert boosting["metrics"]["dev"]["roc_auc"] > 0.5
    (ridge,) = found[2]
    assert ridge["metrics"]["dev"]["rmse"] < 15
    assert ridge["rows"]["train"] + ridge["rows"]["dev"] + ridge["rows"]["test"] < 600  # the gaps belong to no part
    assert all(len(forest["folds"]["dev"]["balanced_accuracy"]) == 15 for forest in found[3])
    assert {forest["parts"]["test"] for forest in found[3]} == {found[3][0]["parts"]["test"]}
    assert {record["metrics"]["dev"]["accuracy"] for record in found[4]} == {1.0}
    assert sorted(record["grid"]["tfidfvectorizer__ngram_range"] for record in found[4]) == [[1, 1]] * 3 + [[1, 2]] * 3
    kernels = [record["grid"].get("clf__kernel", "none") for record in found[7]]
    assert {kernel: kernels.count(kernel) for kernel in kernels} == {"none": 21, "rbf": 24, "linear": 6}
    assert {record["seed"] for record in found[7]} == {0, 1, 2}
    (own,) = found[8]
    assert own["metrics"]["dev"]["roc_auc"] > 0.5
    assert json.loads(own["canonical"])["procedure"][0]["python"]["parameters"] == {"window": 30}
    assert "nothing found" in done(repo, "check")
    told_apart(repo, *TABULAR)


@pytest.mark.slow
@pytest.mark.keras
def test_the_entries_with_networks_run_as_written(repo: Path) -> None:
    (repo / "data").mkdir()
    make_images(repo)
    make_signals(repo)
    begin(repo, 5, 6)
    assert "inconclusive (the entry names no baseline)" in " ".join(done(repo, "exec", IDS[5], IDS[6]).split())
    images = records(repo, 5)
    assert [record["seed"] for record in images] == [0, 1, 2]
    assert {record["status"] for record in images} == {"done"}
    assert len({str(record["curves"]) for record in images}) == 3
    assert all(record["metrics"]["dev"]["loss"] < 0.75 for record in images)
    (skip,) = records(repo, 6)
    assert skip["metrics"]["dev"]["accuracy"] > 0.75
    assert {"weights.npz", "predictions.npz"} == set(skip["artifacts"])
    assert "nothing found" in done(repo, "check")
    told_apart(repo, 5, 6)
