"""The oldest and the newest scikit-learn give the same identities. `make test` makes the environment of the oldest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.inactive_fits import CASES, MANY, SEEDED, STILL
from tests.support.places import ROOT

OLDEST = ROOT / ".venv-sklearn-1.5.2"

# a default that really changed between the two: `later` in schema-1.json
CHANGED = {"AdaBoostClassifier", "HistGradientBoostingClassifier", "HistGradientBoostingRegressor", "KBinsDiscretizer"}

pytestmark = [
    pytest.mark.fresh_processes,
    pytest.mark.slow,
    pytest.mark.skipif(not (OLDEST / "ready").exists(), reason="no scikit-learn 1.5.2 here: `make .venv-sklearn-1.5.2/ready` installs it"),
]


def told_by(python: Path, module: str = "tests.support.identity_here") -> dict[str, Any]:
    ended = subprocess.run(
        [python, "-W", "ignore", "-m", module],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


@pytest.fixture(scope="module")
def oldest() -> dict[str, Any]:
    return told_by(OLDEST / "bin/python")


@pytest.fixture(scope="module")
def newest() -> dict[str, Any]:
    return told_by(Path(sys.executable))


def test_they_are_the_versions_that_are_meant(oldest: dict[str, Any], newest: dict[str, Any]) -> None:
    assert oldest["version"] == "1.5.2"
    assert tuple(map(int, newest["version"].split(".")[:2])) >= (1, 9)


def test_published_entries_have_the_same_fingerprints_but_for_a_handful(oldest: dict[str, Any], newest: dict[str, Any]) -> None:
    differ = {name for name, marks in oldest["vectors"].items() if marks != newest["vectors"][name]}
    assert differ == {
        "a default that changed, before",  # AdaBoostClassifier
        "a default that changed, after",
        "tabular",  # HistGradientBoostingClassifier
        "the penalty by its ratio",  # before 1.8 the ratio alone did nothing
    }


def test_estimators_left_as_they_are_have_the_same_fingerprints_but_for_a_handful(oldest: dict[str, Any], newest: dict[str, Any]) -> None:
    both = oldest["classes"].keys() & newest["classes"].keys()
    assert len(both) > 140
    assert {path.rpartition(".")[2] for path in both if oldest["classes"][path] != newest["classes"][path]} == CHANGED


def test_the_recorded_defaults_are_those_that_each_version_has(oldest: dict[str, Any], newest: dict[str, Any]) -> None:
    assert oldest["unlike"] == []
    assert newest["unlike"] == []


def test_shares_come_to_the_same_counts_in_each_version(oldest: dict[str, Any], newest: dict[str, Any]) -> None:
    assert oldest["shares"] == []
    assert newest["shares"] == []


def test_what_the_tables_say_changes_nothing_changes_nothing_in_the_oldest_either() -> None:
    # in the newest: tests/test_inactive.py
    told = told_by(OLDEST / "bin/python", "tests.support.inactive_fits")
    assert told["wrong"] == []
    assert told["proven"]["check_rule"] == len(CASES) - 1  # KBinsDiscretizer got its quantile_method later
    assert told["proven"]["check_steady"] == len(SEEDED)
    assert told["proven"]["check_still"] == len(STILL)
    assert told["proven"]["check_spelling"] > 10
    assert told["proven"]["check_without_effect"] > MANY
