from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gitjournal.errors import GitError
from gitjournal.git.lab import find_lab, lab_place, read_settings
from gitjournal.git.repository import Repository
from gitjournal.git.setup.branch import plan_branch
from gitjournal.git.setup.connection import plan_connection
from gitjournal.git.setup.init import init
from gitjournal.git.setup.missing import Missing
from gitjournal.git.setup.worktree import has_wrong_link, plan_worktree
from tests.support.helpers import git, snapshot


def missing(repo: Path, *, folder: str = "lab", branch: str = "journal") -> Missing:
    """Return what is known of a journal, with no step planned yet."""
    repository = Repository(repo / ".git")
    return Missing(repository, repo, lab_place(repository, repo, folder), folder, branch, read_settings(repository))


def test_steps_are_planned_and_then_done_in_their_order(repo: Path) -> None:
    order: list[str] = []
    steps = missing(repo)
    steps.add_step("one", lambda: order.append("one"))
    steps.add_step("two", lambda: order.append("two"))
    assert (order, steps.touched) == ([], ["one", "two"])
    steps.carry_out()
    assert order == ["one", "two"]


def test_a_new_journal_needs_branch_folder_exclusion_and_settings(repo: Path) -> None:
    before = snapshot(repo)
    planned = init(repo, dry_run=True)
    assert planned.created
    assert planned.touched == [
        "the branch journal",
        "the folder lab/",
        ".git/info/exclude (one line)",
        ".git/config (one section, for lab/ alone)",
    ]
    assert snapshot(repo) == before
    assert init(repo).touched == planned.touched
    assert init(repo).touched == []


def test_of_a_branch_that_is_there_nothing_is_missing(repo: Path) -> None:
    init(repo)
    steps = missing(repo)
    plan_branch(steps)
    assert steps.touched == []


@pytest.mark.parametrize(("name", "message"), [("main", "it is no journal"), ("main/x", "is in the way of main/x")])
def test_a_branch_that_is_in_the_way_is_named(repo: Path, name: str, message: str) -> None:
    with pytest.raises(GitError, match=message):
        plan_branch(missing(repo, branch=name))


def test_a_branch_of_a_remote_is_taken_and_a_dead_remote_is_noted(repo: Path, tmp_path: Path) -> None:
    init(repo)
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", str(repo), str(clone))
    git(clone, "remote", "add", "dead", str(tmp_path / "none"))
    steps = missing(clone)
    plan_branch(steps)
    assert (steps.source, steps.touched) == ("origin", ["the branch journal (from origin)"])
    other = missing(clone, branch="other")
    plan_branch(other)
    assert (other.source, other.touched) == (None, ["the branch other"])
    assert other.notes == ["dead did not answer; a journal that it has can be merged later"]


def test_a_folder_with_something_in_it_is_never_taken(repo: Path) -> None:
    (repo / "lab").mkdir()
    plan_worktree(missing(repo))
    (repo / "lab/mine.txt").write_text("mine\n")
    with pytest.raises(GitError, match="a folder with something in it"):
        plan_worktree(missing(repo))
    shutil.rmtree(repo / "lab")
    (repo / "lab").symlink_to(repo)
    with pytest.raises(GitError, match="is in the way"):
        plan_worktree(missing(repo))


def test_the_link_of_a_lab_that_was_copied_is_mended_and_the_original_stays(repo: Path, tmp_path: Path) -> None:
    lab = init(repo).lab
    assert not has_wrong_link(missing(tmp_path / "none"))
    copy = tmp_path / "copy"
    shutil.copytree(repo, copy)
    steps = missing(copy)
    assert has_wrong_link(steps)
    plan_worktree(steps)
    assert steps.touched == ["lab/ (its link to this repository)"]
    steps.carry_out()
    assert find_lab(copy).path == copy / "lab"
    assert find_lab(repo).path == lab.path


def test_what_connects_the_lab_is_planned_where_it_is_missing(repo: Path) -> None:
    lab = init(repo).lab
    steps = missing(repo)
    plan_connection(steps, lab)
    assert steps.touched == []
    (lab.repository.private / "hooks/pre-push").unlink()
    exclude = repo / ".git/info/exclude"
    exclude.write_text("no end")
    plan_connection(steps, lab)
    assert steps.touched == [".git/info/exclude (one line)", ".git/gitjournal/ (settings and hooks of the lab)"]
    steps.carry_out()
    assert exclude.read_text() == "no end\n/lab/\n"
    assert (lab.repository.private / "hooks/pre-push").is_file()
