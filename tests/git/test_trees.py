from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gitjournal.errors import GitError
from gitjournal.git.lab import find_lab
from gitjournal.git.trees import compute_merge, merge_in_index, write_staged_tree, write_working_tree
from tests.support.helpers import git
from tests.support.journals import ENTRY, RECORDS, TEXT, journal, record, write

OURS, THEIRS, BOTH = record("ours"), record("theirs"), record("both")


def save(lab: Path, message: str) -> None:
    git(lab, "add", "-A")
    git(lab, "-c", "core.hooksPath=/dev/null", "commit", "-q", "-m", message)


def diverge(repo: Path, text: str = TEXT) -> Path:
    """Return a lab in which two branches added a run each, and `side` has `text` for the entry."""
    place = journal(repo)
    lab = place.path
    write(place)
    write(place, BOTH.decode(), RECORDS)
    save(lab, "both")
    git(lab, "switch", "-q", "-c", "side")
    write(place, text)
    write(place, (BOTH + THEIRS).decode(), RECORDS)
    save(lab, "theirs")
    git(lab, "switch", "-q", "journal")
    write(place, TEXT.replace("first thoughts", "our thoughts"))
    write(place, (BOTH + OURS).decode(), RECORDS)
    save(lab, "ours")
    return lab


@pytest.mark.parametrize("old", [False, True])
def test_a_merge_joins_records_and_touches_nothing(repo: Path, tmp_path: Path, *, old: bool) -> None:
    lab = diverge(repo, TEXT.replace("last thoughts", "their thoughts"))
    repository = find_lab(lab).repository
    before = (git(lab, "rev-parse", "HEAD"), git(lab, "status", "--porcelain"), repository.refs())
    merge = merge_in_index(repository, "journal", "side", tmp_path) if old else compute_merge(repository, "journal", "side")
    assert merge.conflicts == []
    text = repository.blob(f"{merge.tree}:{ENTRY}")
    assert text is not None
    assert b"our thoughts" in text
    assert b"their thoughts" in text
    assert set((repository.blob(f"{merge.tree}:{RECORDS}") or b"").splitlines(keepends=True)) == {BOTH, OURS, THEIRS}
    assert (git(lab, "rev-parse", "HEAD"), git(lab, "status", "--porcelain"), repository.refs()) == before


@pytest.mark.parametrize("old", [False, True])
def test_what_git_cannot_merge_is_named(repo: Path, tmp_path: Path, *, old: bool) -> None:
    lab = diverge(repo, TEXT.replace("first thoughts", "their thoughts"))
    repository = find_lab(lab).repository
    merge = merge_in_index(repository, "journal", "side", tmp_path) if old else compute_merge(repository, "journal", "side")
    assert merge.conflicts == [ENTRY]


def test_a_merge_with_what_is_not_there_is_refused(repo: Path) -> None:
    lab = journal(repo)
    with pytest.raises(GitError, match="git merge-tree"):
        compute_merge(lab.repository, "journal", "none")


def test_the_tree_of_the_files_has_what_is_new_and_leaves_the_index_as_it_is(repo: Path) -> None:
    lab = journal(repo)
    assert lab.worktree
    write(lab)
    (lab.path / "README.md").write_text("edited\n")
    (lab.path / ".gitignore").write_text("*.tmp\n")
    (lab.path / "left.tmp").write_text("ignored\n")
    status = git(lab.path, "status", "--porcelain")
    tree = write_working_tree(lab.worktree)
    names = git(lab.path, "ls-tree", "-r", "--name-only", tree).split()
    assert {ENTRY, "README.md", ".gitignore"} <= set(names)
    assert "left.tmp" not in names
    assert git(lab.path, "show", f"{tree}:README.md") == "edited"
    assert git(lab.path, "status", "--porcelain") == status


def test_the_staged_tree_has_what_is_staged_and_none_while_there_are_conflicts(repo: Path) -> None:
    lab = diverge(repo, TEXT.replace("first thoughts", "their thoughts"))
    worktree = find_lab(lab).worktree
    assert worktree
    (lab / "README.md").write_text("staged\n")
    git(lab, "add", "README.md")
    (lab / "README.md").write_text("edited since\n")
    assert git(lab, "show", f"{write_staged_tree(worktree)}:README.md") == "staged"
    git(lab, "reset", "-q", "--hard")
    subprocess.run(["git", "merge", "-q", "side"], cwd=lab, check=False, capture_output=True)
    with pytest.raises(GitError, match="git write-tree"):
        write_staged_tree(worktree)
