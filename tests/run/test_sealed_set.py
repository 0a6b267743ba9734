"""The test part: written down once, looked at by no run, not chosen anew without a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitjournal.entry import datasheet
from tests.support.helpers import done, git, gitjournal, write_entry

FRONT = "title: SVM\nhypothesis: x\ndata: {sklearn: iris}\nprocedure: [SVC]\n"


@pytest.fixture
def journal(repo: Path) -> Path:
    done(repo, "init")
    return repo


def run(journal: Path, suffix: str, split: str, *options: str, procedure: str = "SVC") -> str:
    write_entry(journal / "lab", f"20261121-an-entry-{suffix}", FRONT.replace("SVC", procedure) + f"split: {split}\n")
    return done(journal, "exec", suffix, *options)


def sheet(journal: Path, ref: str = "journal") -> datasheet.Datasheet:
    return datasheet.parse(git(journal, "show", f"{ref}:data/iris.md"), file="data/iris.md")


def test_the_first_plan_writes_down_which_rows_are_test(journal: Path) -> None:
    run(journal, "aaaa", "{dev: 0.2, test: 0.2}")
    (sealed,) = sheet(journal).sealed
    assert sealed.rule == {"seed": 0, "test": 0.2, "shuffle": True, "stratify": True, "entry": "20261121-an-entry-aaaa"}
    assert git(journal, "log", "--format=%s", "journal", "--", "data/iris.md") == "plan: SVM"
    assert git(journal / "lab", "status", "--porcelain") == ""


def test_the_same_test_rows_under_another_dev_part_or_cross_validation_are_no_other_rule(journal: Path) -> None:
    run(journal, "aaaa", "{dev: 0.2, test: 0.2}")
    run(journal, "bbbb", "{dev: 0.3, test: 0.2}")
    run(journal, "cccc", "{cv: 3, test: 0.2}")
    assert len(sheet(journal).sealed) == 1


def test_other_test_rows_are_refused_without_a_reason(journal: Path) -> None:
    run(journal, "aaaa", "{dev: 0.2, test: 0.2}")
    page = write_entry(journal / "lab", "20261121-an-entry-bbbb", FRONT + "split: {dev: 0.2, test: 0.2, seed: 7}\n")
    before = (git(journal, "rev-parse", "journal"), page.read_text())
    ended = gitjournal(journal, "exec", "bbbb")
    assert ended.returncode == 1
    assert ended.stderr.startswith("lab/entries/2026/20261121-an-entry-bbbb.md:6:8: another test part of the same data is sealed already")
    assert '--force "why"' in ended.stderr
    assert (git(journal, "rev-parse", "journal"), page.read_text()) == before

    done(journal, "exec", "bbbb", "--force", "the first draw had twins in it")
    assert [one.rule.get("reason") for one in sheet(journal).sealed] == [None, "the first draw had twins in it"]
    run(journal, "cccc", "{dev: 0.2, test: 0.2}", procedure="GaussianNB")  # both rules are known now
    assert len(sheet(journal).sealed) == 2


def test_a_rule_on_another_branch_counts_too(journal: Path) -> None:
    git(journal / "lab", "switch", "-qc", "exp/one")
    run(journal, "aaaa", "{dev: 0.2, test: 0.2}")
    git(journal / "lab", "switch", "-q", "journal")
    write_entry(journal / "lab", "20261121-an-entry-bbbb", FRONT + "split: {dev: 0.2, test: 0.3}\n")
    ended = gitjournal(journal, "exec", "bbbb")
    assert ended.returncode == 1
    assert "on exp/one" in ended.stderr


def test_what_people_write_into_a_datasheet_stays(journal: Path) -> None:
    run(journal, "aaaa", "{dev: 0.2}")
    assert sheet(journal).sealed == []
    path = journal / "lab/data/iris.md"
    path.write_text(path.read_text() + "\nFisher, 1936.\n")
    git(journal / "lab", "commit", "-qam", "Say where it is from")
    run(journal, "bbbb", "{dev: 0.2, test: 0.2}")
    assert "Fisher, 1936." in sheet(journal).text
    assert len(sheet(journal).sealed) == 1


def test_a_run_neither_scores_nor_predicts_the_test_part(journal: Path) -> None:
    run(journal, "aaaa", "{dev: 0.2, test: 0.2}")
    line = git(journal, "show", "journal:entries/2026/20261121-an-entry-aaaa.runs.jsonl")
    assert '"metrics":{"train":' in line or '"metrics":{"dev":' in line
    assert '"test":{' not in line
    assert "The test part was not looked at." in git(journal, "show", "journal:entries/2026/20261121-an-entry-aaaa.md")
