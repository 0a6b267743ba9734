from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.helpers import git
from tests.support.pages import RBF, TREES, begin, commit, gitjournal, page, three_entries, write


def later(lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Bob change one entry."""
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Bob")
    monkeypatch.setenv("GIT_AUTHOR_EMAIL", "bob@example.org")
    write(lab, TREES, page("Trees, said otherwise"))
    commit(lab, "entry: Trees, said otherwise\n\nEntry: m2c8")


def test_the_history_is_told_newest_first(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    later(three_entries(repo), monkeypatch)
    lines = gitjournal(repo, "log").splitlines()
    assert lines[0].endswith("  Bob               entry: Trees, said otherwise")
    assert lines[1].endswith("  Ada               run: something")
    assert len(lines) == 4


def test_only_one_entry_or_one_author(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    later(three_entries(repo), monkeypatch)
    assert len(gitjournal(repo, "log", "--entry", "m2c8").splitlines()) == 2
    assert len(gitjournal(repo, "log", "--entry", RBF).splitlines()) == 1
    assert len(gitjournal(repo, "log", "--author", "bob@").splitlines()) == 1
    assert len(gitjournal(repo, "log", "--author", "ADA", "-n", "1").splitlines()) == 1
    assert len(gitjournal(repo, "log", "-n", "3").splitlines()) == 3
    assert gitjournal(repo, "log", "--author", "--output=/tmp/x") == "No commit matches.\n"


def test_the_objects_have_full_commits_and_iso_dates(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = three_entries(repo)
    later(lab, monkeypatch)
    found = json.loads(gitjournal(repo, "log", "--json"))
    assert found[0]["commit"] == git(lab, "rev-parse", "HEAD")
    assert found[0]["author"] == "Bob"
    assert found[0]["at"].endswith("+00:00")
    assert json.loads(gitjournal(repo, "log", "--json", "--author", "nobody")) == []


def test_it_is_the_current_branch_that_is_told(repo: Path) -> None:
    lab = three_entries(repo)
    git(lab, "checkout", "-q", "-b", "exp/x")
    write(lab, TREES, page("There"))
    commit(lab, "only there")
    assert "only there" in gitjournal(repo, "log")
    git(lab, "checkout", "-q", "journal")
    assert "only there" not in gitjournal(repo, "log")


def test_a_hostile_subject_cannot_move_the_cursor(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = begin(repo)
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Eve\x1b[2J")
    write(lab, TREES, page("x"))
    commit(lab, "a\x1b[1;1Hb\u202ec")
    text = gitjournal(repo, "log")
    assert "\x1b" not in text
    assert "Eve" in text
    assert "abc" in text


def test_gits_own_environment_does_not_lead_astray(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    three_entries(repo)
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q")
    expected = gitjournal(repo, "log")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_COMMON_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / "index"))
    assert gitjournal(repo, "log") == expected


def test_a_bare_repository_has_a_history_too(repo: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(repo), "bare.git")
    begin(tmp_path / "bare.git")
    assert "Begin the journal" in gitjournal(tmp_path / "bare.git", "log")


def test_an_entry_that_is_not_there_has_exit_code_2(repo: Path) -> None:
    three_entries(repo)
    gitjournal(repo, "log", "--entry", "nothing", code=2)


def test_only_one_data_set_or_one_verdict(repo: Path) -> None:
    lab = three_entries(repo)
    write(lab, TREES, page("Trees judged"))
    commit(lab, f"run: Trees judged\n\nVerdict: supported in prose is none\n\nEntry: {TREES}\nVerdict: refuted")
    found = json.loads(gitjournal(repo, "log", "--verdict", "refuted", "--json"))
    assert [(one["subject"], one["entry"], one["verdict"]) for one in found] == [("run: Trees judged", TREES, "refuted")]
    assert gitjournal(repo, "log", "--verdict", "supported") == "No commit matches.\n"
    assert len(gitjournal(repo, "log", "--data", "digits").splitlines()) == 2
    assert gitjournal(repo, "log", "--data", "iris") == "No commit matches.\n"


def test_the_graph_draws_what_follows_what(repo: Path) -> None:
    lab = three_entries(repo)
    write(lab, "20261122-more-zzzz", page("More", front=f"from: {RBF[-4:]}\nbaseline: p2m1"))
    lines = gitjournal(repo, "log", "--graph").splitlines()
    at = next(number for number, line in enumerate(lines) if "p2m1" in line)
    assert lines[at + 1].startswith(("├─ ", "└─ "))
    more = next(line for line in lines if "More" in line)
    assert more.endswith("zzzz  More  draft  made from it")
    told = {one["id"]: one for one in json.loads(gitjournal(repo, "log", "--graph", "--json"))}
    assert told["20261122-more-zzzz"]["from"] == RBF
    assert told["20261122-more-zzzz"]["relation"] == "from"
    assert "see: gitjournal ls" in gitjournal(repo, "log", "--graph", "--author", "ada", code=2)
