from __future__ import annotations

import shutil

import pytest

from gitjournal.errors import EntryError, GitError
from gitjournal.git.lab import find_lab
from gitjournal.git.plan_commit import PlanRequest, plan_commit
from tests.support.helpers import git
from tests.support.journals import (
    ENTRY,
    TEXT,
    at,
    journal,
    plan,
    status,
    write,
)


def test_a_plan_tells_commit_mode_blob_and_the_text_that_git_has(repo):
    lab = journal(repo)
    write(lab).chmod(0o755)
    plan_entry = plan_commit(lab, ENTRY, PlanRequest(accept=len, message=lambda length: f"plan of {length}\n\nEntry: k3f9"))
    assert plan_entry.accepted == len(TEXT)
    assert plan_entry.mode == "100755"
    assert plan_entry.text == TEXT == git(lab.path, "cat-file", "blob", plan_entry.blob) + "\n"
    assert plan_entry.commit == plan_entry.tip == git(lab.path, "rev-parse", "journal")
    assert git(lab.path, "log", "-1", "--format=%an|%B") == f"Ada|plan of {len(TEXT)}\n\nEntry: k3f9\n"
    assert git(lab.path, "reflog", "-1", "--format=%gs", "journal") == f"plan of {len(TEXT)}"


def test_a_save_between_accepting_and_committing_cannot_separate_plan_and_text(repo):
    lab = journal(repo)
    write(lab)

    def accept(text: str) -> str:
        write(lab, "something else\n")
        return text

    plan_entry = plan_commit(lab, ENTRY, PlanRequest(accept=accept, message=lambda text: "plan"))
    assert plan_entry.accepted == plan_entry.text == TEXT == at(lab, ENTRY) + "\n"
    assert status(lab) == f" M {ENTRY}"


def test_git_at_work_between_accepting_and_committing_makes_the_plan_begin_again(repo):
    lab = journal(repo)
    write(lab)
    write(lab, "notes\n", "notes.md")
    seen = []

    def accept(text: str) -> str:
        if not seen:
            git(lab.path, "add", "notes.md")
            git(lab.path, "commit", "-q", "-m", "by hand", "--", "notes.md")
        seen.append(text)
        return text

    plan_commit(lab, ENTRY, PlanRequest(accept=accept, message=lambda text: "plan"))
    assert git(lab.path, "log", "-2", "--format=%s", "journal").splitlines() == ["plan", "by hand"]
    assert seen == [TEXT], "the same text is not judged twice"
    assert status(lab) == ""


def test_what_is_staged_between_accepting_and_committing_stays_staged(repo):
    lab = journal(repo)
    write(lab)
    write(lab, "notes\n", "notes.md")

    def accept(text: str) -> None:
        git(lab.path, "add", "notes.md")

    plan_commit(lab, ENTRY, PlanRequest(accept=accept, message=lambda _: "plan"))
    assert status(lab) == "A  notes.md"


@pytest.mark.parametrize("what", ["missing", "folder", "link", "linked folder", "latin-1"])
def test_what_is_no_text_file_is_refused(what, repo):
    lab = journal(repo)
    file = lab.path / ENTRY
    file.parent.mkdir(parents=True)
    if what == "folder":
        file.mkdir()
    elif what == "link":
        file.symlink_to(repo / "train.py")
    elif what == "linked folder":
        shutil.rmtree(lab.path / "entries")
        (repo / "away" / "2026").mkdir(parents=True)
        (repo / "away" / "2026" / file.name).write_text(TEXT)
        (lab.path / "entries").symlink_to(repo / "away")
    elif what == "latin-1":
        file.write_bytes("---\ntitle: für\n".encode("latin-1"))
    tip = git(lab.path, "rev-parse", "journal")
    with pytest.raises((EntryError, GitError)) as caught:
        plan(lab)
    if what == "latin-1":
        assert str(caught.value).startswith(f"{ENTRY}:2: not UTF-8 text")
    assert git(lab.path, "rev-parse", "journal") == tip


def test_a_plan_needs_a_journal_branch_in_the_lab(repo):
    lab = journal(repo)
    write(lab)
    git(lab.path, "checkout", "-q", "--detach")
    with pytest.raises(GitError, match="no branch checked out"):
        plan(lab)
    git(lab.path, "switch", "-q", "-c", "code", "main")
    write(lab)
    with pytest.raises(GitError, match=r"code, which .* is no journal"):
        plan(lab)
    shutil.rmtree(lab.path)
    with pytest.raises(GitError, match="is missing") as caught:
        plan(find_lab(repo))
    assert "gitjournal init" in caught.value.hint
