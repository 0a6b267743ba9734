"""What `doctor` says for each thing that can be amiss, and that `--fix` mends it without losing anything."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gitjournal.git.lab import find_lab
from gitjournal.git.setup.init import init
from gitjournal.git.spool import spool_results
from gitjournal.integrity.doctor import Ailment, diagnose
from tests.support.guarded import begin
from tests.support.helpers import git, gitjournal
from tests.support.journals import ENTRY, plan, results, write


@pytest.fixture
def lab(repo: Path) -> Path:
    return begin(repo)


def amiss(start: Path) -> list[Ailment]:
    return [one for one in diagnose(start) if not one.note]


def remove(lab: Path) -> None:
    shutil.rmtree(lab)


def unexclude(lab: Path) -> None:
    (lab.parent / ".git/info/exclude").write_text("")


def forget_admin(lab: Path) -> None:
    (lab / "draft.md").write_text("not committed\n")
    shutil.rmtree(lab.parent / ".git/worktrees/lab")


def wait(lab: Path) -> None:
    place = find_lab(lab)
    write(place)
    spool_results(place, results(plan(place)))


def killed(lab: Path) -> None:
    private = lab.parent / ".git/worktrees/lab"
    (private / "gitjournal-token").write_text("gitjournal 1\n")
    os.link(private / "gitjournal-token", private / "index.lock")


def old_hook(lab: Path) -> None:
    (lab.parent / ".git/gitjournal/hooks/pre-push").write_text("#!/bin/sh\n# gitjournal: an older one\n")


def no_python(lab: Path) -> None:
    (lab.parent / ".git/gitjournal/hooks/_python").write_text("/no/such/python\n")


def bad_index(lab: Path) -> None:
    assert gitjournal(lab.parent, "ls").returncode == 0
    file = lab.parent / ".git/gitjournal/index.sqlite"
    for ending in ("-wal", "-shm"):
        Path(f"{file}{ending}").unlink(missing_ok=True)
    content = file.read_bytes()
    file.write_bytes(content[:5000] + b"\xff" * (len(content) - 5000))


MENDED: dict[str, tuple[Callable[[Path], None], str]] = {
    "the folder is gone": (remove, "the folder lab/"),
    "git would take the folder for the person's": (unexclude, ".git/info/exclude"),
    "git has lost its notes": (forget_admin, "lost its notes"),
    "results wait": (wait, "1 finished runs wait"),
    "a gitjournal was killed": (killed, "was killed left gitjournal-token"),
    "a hook of another version": (old_hook, "pre-push is of another version"),
    "the Python of the hooks is gone": (no_python, "is gone: /no/such/python"),
    "the index is damaged": (bad_index, "is damaged"),
}


@pytest.mark.parametrize("case", MENDED)
def test_it_is_named_and_mended(lab: Path, case: str) -> None:
    make, said = MENDED[case]
    assert diagnose(lab.parent) == []
    make(lab)
    found = amiss(lab.parent)
    assert any(said in one.what for one in found), found
    for one in found:
        assert one.mend
        one.mend()
    assert diagnose(lab.parent) == []
    assert (lab / "entries").is_dir()
    if make is forget_admin:
        (saved,) = lab.parent.glob("lab-saved-*")
        assert (saved / "draft.md").read_text() == "not committed\n"
    if make is wait:
        assert git(lab, "log", "-1", "--format=%s") == "run: RBF beats linear"


def other_branch(lab: Path) -> None:
    git(lab, "switch", "-q", "--orphan", "code")
    git(lab, "commit", "-q", "--allow-empty", "-m", "x")


def detached(lab: Path) -> None:
    git(lab, "switch", "-q", "--detach")


def gitlink(lab: Path) -> None:
    git(lab.parent, "add", "--force", "lab")


def clash(lab: Path) -> None:
    (lab.parent / "journal").mkdir()


def bad_settings(lab: Path) -> None:
    (lab / "journal.yaml").write_text("schema: one\n")
    git(lab, "commit", "-q", "-a", "-m", "x")


def unfetched(lab: Path) -> None:
    git(lab, "config", "branch.journal.remote", "origin")


TOLD: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "no journal there": (other_branch, "which is no journal", "switch journal"),
    "no branch there": (detached, "no branch checked out", "switch journal"),
    "a submodule by mistake": (gitlink, "as if it were a submodule", "rm --cached lab"),
    "a name for two": (clash, "does not know which is meant", "git log journal --"),
    "settings that cannot be read": (bad_settings, "settings of the journal cannot be read", "journal.yaml"),
    "a remote that is not fetched": (unfetched, "does not fetch journal", "set-branches --add origin journal"),
}


@pytest.mark.parametrize("case", TOLD)
def test_what_is_the_persons_is_told_and_left_alone(lab: Path, case: str) -> None:
    make, said, way = TOLD[case]
    make(lab)
    (one,) = amiss(lab.parent)
    assert said in one.what
    assert way in one.hint
    assert one.mend is None


def test_a_stash_and_a_merge_are_good_to_know(lab: Path) -> None:
    (lab / "README.md").write_text("changed\n")
    git(lab, "stash", "-q")
    assert ["the stash holds something of lab/" in one.what for one in diagnose(lab.parent) if one.note] == [True]
    (lab.parent / ".git/worktrees/lab/MERGE_HEAD").write_text(git(lab, "rev-parse", "HEAD") + "\n")
    assert any("a merge is not finished" in one.what for one in diagnose(lab.parent) if one.note)


def test_a_moved_repository_is_mended_and_a_copy_never_touches_the_original(lab: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(lab.parent, copy, symlinks=True)
    found = amiss(copy)
    assert found
    for one in found:
        assert one.mend
        one.mend()
    assert amiss(copy) == []
    assert find_lab(copy).path == copy / "lab"
    assert diagnose(lab.parent) == []
    moved = tmp_path / "moved"
    lab.parent.rename(moved)
    for one in amiss(moved):
        assert one.mend
        one.mend()
    assert amiss(moved) == []


def test_the_command(lab: Path) -> None:
    old_hook(lab)
    said = gitjournal(lab.parent, "doctor")
    assert said.returncode == 1
    first, second = said.stdout.splitlines()
    assert first == "amiss: the hook pre-push is of another version"
    assert second == "  gitjournal config hooks install   (or all that can be: gitjournal doctor --fix)"
    said = gitjournal(lab.parent, "doctor", "--fix")
    assert (said.returncode, said.stdout) == (0, "the hooks of the lab were installed again\nnothing is amiss\n")


def test_no_journal_is_refused_and_a_clone_is_told_to_begin(repo: Path, tmp_path: Path) -> None:
    assert gitjournal(repo, "doctor").returncode == 1
    init(repo)
    write(find_lab(repo), path=ENTRY)
    git(tmp_path, "clone", "-q", str(repo), "clone")
    (one,) = diagnose(tmp_path / "clone")
    assert one.hint == "gitjournal init"
