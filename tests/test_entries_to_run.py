"""Entries as people write them, word for word, on small made data: each runs and is recorded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gitjournal import trust
from gitjournal.agreement import unlike
from gitjournal.codefiles import find_code
from gitjournal.entry import parse
from gitjournal.record import decode_lines
from tests.helpers import done, git

ENTRIES = Path(__file__).with_name("entries")
IDS = {
    1: "20261121-boosting-beats-logistic-on-churn-aaa1",
    2: "20261121-ridge-on-last-year-s-demand-aaa2",
    3: "20261121-patient-wise-forest-aaa3",
    4: "20261121-bigrams-help-aaa4",
    7: "20261121-which-classifier-which-penalty-aaa7",
    8: "20261121-hand-made-features-aaa8",
}
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


def records(root: Path, number: int) -> list[dict[str, Any]]:
    text = git(root, "show", f"journal:entries/2026/{IDS[number]}.runs.jsonl")
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.slow
def test_the_entries_run_as_written(repo: Path) -> None:
    make_data(repo)
    done(repo, "init")
    pages = repo / "lab/entries/2026"
    pages.mkdir(parents=True)
    (pages / "20261120-logistic-churn-bbbb.md").write_text(LOGISTIC)
    for number, name in IDS.items():
        (pages / f"{name}.md").write_text((ENTRIES / f"{number}.md").read_text())
    code = find_code("churn.experiments:target_stats", ["churn/features.sql"], repo, ("procedure", "python"))
    assert sorted(code.files) == ["churn/__init__.py", "churn/experiments.py", "churn/features.sql", "churn/stats.py"]
    trust.grant(repo / ".git/gitjournal", code)

    done(repo, "exec", "logistic-churn", *IDS.values(), "--jobs", "2")
    found = {number: records(repo, number) for number in IDS}
    assert {number: {record["status"] for record in found[number]} for number in IDS} == {number: {"done"} for number in IDS}
    assert {number: len(found[number]) for number in IDS} == {1: 1, 2: 1, 3: 3, 4: 6, 7: 51, 8: 1}

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
    for number, name in IDS.items():
        text = (pages / f"{name}.md").read_text()
        entry = parse(text, entry_id=name, file=name)
        lines = decode_lines((pages / f"{name}.runs.jsonl").read_bytes(), file=name)
        assert unlike(entry, lines) == []  # and not None: each could be worked out anew
        before, after = EDITS[number]
        assert before in text
        assert unlike(parse(text.replace(before, after, 1), entry_id=name, file=name), lines)
