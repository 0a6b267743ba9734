from __future__ import annotations

from pathlib import Path

import pytest

from gitjournal.errors import GitError
from gitjournal.git.worktree import find_repository
from gitjournal.journal.authorship import commits_by_file
from gitjournal.journal.entry_ids import page_path
from gitjournal.journal.history import read_commits
from tests.support.helpers import git
from tests.support.pages import RBF, TREES, commit, page, three_entries, write

JOURNAL = "refs/heads/journal"


def test_each_commit_is_a_value_with_its_words(repo: Path) -> None:
    lab = three_entries(repo)
    first = next(read_commits(find_repository(repo), JOURNAL))
    assert (first.author, first.email, first.subject) == ("Ada", "ada@example.org", "run: something")
    assert first.commit == git(lab, "rev-parse", "HEAD")
    assert first.at.tzinfo is not None


def test_paths_and_limit_choose(repo: Path) -> None:
    lab = three_entries(repo)
    for number in range(3):
        write(lab, TREES, page(f"Trees {number}"))
        commit(lab, f"change {number}")
    repository = find_repository(repo)
    assert [one.subject for one in read_commits(repository, JOURNAL, paths=[page_path(TREES)], limit=2)] == ["change 2", "change 1"]
    assert list(read_commits(repository, JOURNAL, wanted=lambda change: change.author == "nobody")) == []


def test_a_branch_that_is_not_there_is_refused_in_words(repo: Path) -> None:
    three_entries(repo)
    with pytest.raises(GitError, match="refs/heads/none"):
        list(read_commits(find_repository(repo), "refs/heads/none"))


def test_commits_by_file_come_in_one_call_whatever_a_subject_says(repo: Path) -> None:
    lab = three_entries(repo)
    path = f"entries/2026/{RBF}.md"
    (lab / path).write_text((lab / path).read_text() + "\nmore\n")
    commit(lab, f"odd \x01{'a' * 40} | \x02 subject")
    found = commits_by_file(find_repository(repo), "refs/heads/journal", "entries")
    assert [one.author for one in found[path]] == ["Ada", "Ada"]
    assert found[path][0].subject.startswith("odd ")
    assert [one.commit for one in found[path]] == git(lab, "log", "--format=%H", "--", path).split()
    assert set(found) == set(git(lab, "ls-files", "entries").split())
