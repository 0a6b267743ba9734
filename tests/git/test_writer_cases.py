"""What must hold when exec commits into a repository where a person is at work: every case with real git."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from gitjournal.errors import BusyError, GitError
from gitjournal.git.lab import Lab, find_lab
from gitjournal.git.plan_commit import PlanRequest, plan_commit
from gitjournal.git.results_commit import commit_spool
from gitjournal.git.setup.init import init
from gitjournal.git.spool import list_pending, spool_results
from tests.support.helpers import git, snapshot
from tests.support.journals import (
    ENTRY,
    RECORDS,
    TEXT,
    at,
    editor_open,
    finish,
    has_block,
    journal,
    on_disk,
    plan,
    planned,
    record,
    results,
    staged,
    status,
    write,
)
from tests.support.places import ROOT

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("GITJOURNAL_KILLS", "15"))  # read before the tests lose sight of the environment

# ---- kinds of repositories


def normal(tmp_path: Path) -> Path:
    folder = tmp_path / "normal"
    git(tmp_path, "init", "-q", str(folder))
    (folder / "train.py").write_text("print('hello')\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def without_commits(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "empty")
    return tmp_path / "empty"


def bare_with_worktree(tmp_path: Path) -> Path:
    git(tmp_path, "clone", "-q", "--bare", str(normal(tmp_path)), "bare.git")
    git(tmp_path / "bare.git", "worktree", "add", "-q", str(tmp_path / "desk"), "main")
    return tmp_path / "desk"


def submodule(tmp_path: Path) -> Path:
    library = normal(tmp_path)
    git(tmp_path, "init", "-q", "super")
    git(tmp_path / "super", "submodule", "--quiet", "add", str(library), "lib")
    git(tmp_path / "super", "commit", "-q", "-m", "take the library in")
    return tmp_path / "super" / "lib"


def linked_worktree(tmp_path: Path) -> Path:
    git(normal(tmp_path), "worktree", "add", "-q", "-b", "feature", str(tmp_path / "feature"))
    return tmp_path / "feature"


def separate_git_dir(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "--separate-git-dir", str(tmp_path / "elsewhere"), "apart")
    return tmp_path / "apart"


def sha256(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "--object-format=sha256", "long")
    return tmp_path / "long"


def with_journal_upstream(tmp_path: Path) -> Path:
    """Return a bare remote whose journal has one entry."""
    lab, _ = planned(normal(tmp_path))
    git(tmp_path, "clone", "-q", "--bare", str(lab.repository.common), "remote.git")
    git(tmp_path / "remote.git", "config", "uploadpack.allowFilter", "true")
    return tmp_path / "remote.git"


def fresh_clone(tmp_path: Path, *options: str) -> Path:
    git(tmp_path, "clone", "-q", *options, f"file://{with_journal_upstream(tmp_path)}", "clone")
    return tmp_path / "clone"


def single_branch(tmp_path: Path) -> Path:
    return fresh_clone(tmp_path, "--single-branch", "--branch", "main")


def depth_1(tmp_path: Path) -> Path:
    return fresh_clone(tmp_path, "--depth", "1")


def without_blobs(tmp_path: Path) -> Path:
    return fresh_clone(tmp_path, "--filter=blob:none", "--no-single-branch")


KINDS = [
    normal,
    without_commits,
    bare_with_worktree,
    submodule,
    linked_worktree,
    separate_git_dir,
    fresh_clone,
    single_branch,
    depth_1,
    without_blobs,
    sha256,
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_plan_and_its_results_are_committed_in_every_kind_of_repository(kind, tmp_path):
    start = kind(tmp_path)
    config = _config(start)
    lab = journal(start)
    other = "entries/2026/20261122-another-ab12.md"
    write(lab, path=other)
    outcome = finish(lab, plan(lab, other))
    assert outcome.state == "committed", outcome.why
    assert has_block(at(lab, other), entry_id=Path(other).stem)
    assert has_block(staged(lab, other), entry_id=Path(other).stem)
    assert has_block(on_disk(lab, other), entry_id=Path(other).stem)
    assert status(lab) == ""
    assert _added(config, _config(start)) == _expected_config(kind)


def _config(start: Path) -> list[str]:
    return git(start, "config", "--local", "--list").splitlines()


def _added(before: list[str], after: list[str]) -> set[str]:
    assert [line for line in after if line in before] == before, "a line of the person's config is gone"
    return {line.partition("=")[0] for line in after if line not in before}


def _expected_config(kind) -> set[str]:
    section = {"includeif.gitdir:./worktrees/lab.path"}
    if kind in (fresh_clone, single_branch, depth_1, without_blobs):
        section |= {"branch.journal.remote", "branch.journal.merge"}
    if kind in (single_branch, depth_1):
        section |= {"remote.origin.fetch"}
    return section


@pytest.mark.parametrize("kind", [normal, submodule, bare_with_worktree], ids=lambda kind: kind.__name__)
def test_the_persons_own_worktree_branch_and_hooks_stay_byte_for_byte(kind, tmp_path):
    start = kind(tmp_path)
    lab = journal(start)
    (start / "train.py").write_text("half done\n")
    git(start, "add", "train.py")
    (start / "train.py").write_text("more\n")
    git(start, "stash", "push", "-q")
    git(start, "stash", "apply", "-q", "--index")
    head = git(start, "rev-parse", "HEAD", "stash@{0}")
    before = snapshot(start, without=("lab", ".git"))
    index = Path(git(start, "rev-parse", "--path-format=absolute", "--git-path", "index"))
    index_before = index.read_bytes()
    write(lab)
    finish(lab, plan(lab))
    assert snapshot(start, without=("lab", ".git")) == before
    assert index.read_bytes() == index_before
    assert git(start, "rev-parse", "HEAD", "stash@{0}") == head


@pytest.mark.parametrize("kind", [normal, bare_with_worktree, submodule, sha256], ids=lambda kind: kind.__name__)
def test_results_are_committed_while_the_lab_is_removed_and_init_brings_it_back(kind, tmp_path):
    start = kind(tmp_path)
    lab, plan_entry = planned(start)
    shutil.rmtree(lab.path)
    gone = find_lab(start)
    assert gone.git_dir is None
    outcome = finish(gone, plan_entry)
    assert outcome.state == "committed", outcome.why
    assert has_block(at(gone, ENTRY))
    assert not lab.path.exists()
    again = init(start)
    assert again.created
    assert has_block(on_disk(again.lab))
    assert status(again.lab) == ""


# ---- the entry when it is planned


def test_the_plan_is_the_text_on_the_disk_whatever_was_staged(repo):
    lab = journal(repo)
    for number, state in enumerate(("untracked", "staged otherwise", "add -N", "rm --cached")):
        path = f"entries/2026/20261121-state-{number:04d}.md"
        text = TEXT.replace("first thoughts", state)
        if state in ("staged otherwise", "rm --cached"):
            write(lab, "an earlier text\n", path)
            git(lab.path, "add", path)
        if state == "rm --cached":
            git(lab.path, "commit", "-q", "-m", "by hand", "--", path)
            git(lab.path, "rm", "-q", "--cached", path)
        write(lab, text, path)
        if state == "add -N":
            git(lab.path, "add", "-N", path)
        plan_entry = plan(lab, path)
        assert plan_entry.text == text == at(lab, path) + "\n", state
        assert status(lab) == "", state


def test_a_text_that_the_branch_has_already_makes_no_commit(repo):
    lab, plan_entry = planned(repo)
    again = plan(lab)
    assert again.commit is None
    assert (again.tip, again.blob) == (plan_entry.commit, plan_entry.blob)


@pytest.mark.parametrize("how", ["git mv", "mv"])
def test_a_renamed_entry_leaves_its_old_name_and_takes_its_records_along(how, repo):
    lab, plan_entry = planned(repo)
    finish(lab, plan_entry, record("r1"))
    new = ENTRY.replace("rbf-beats-linear", "rbf-or-not")
    if how == "git mv":
        git(lab.path, "mv", ENTRY, new)
    else:
        (lab.path / ENTRY).rename(lab.path / new)
    plan_entry = plan(lab, new)
    names = git(lab.path, "ls-tree", "-r", "--name-only", "journal", "entries").splitlines()
    assert names == [new, new.replace(".md", ".runs.jsonl")]
    assert status(lab) == ""
    outcome = finish(lab, plan_entry, record("r2"), block="accuracy 0.979")
    assert outcome.state == "committed"
    assert has_block(on_disk(lab, new), "accuracy 0.979", Path(new).stem)
    assert '"r1"' in at(lab, new.replace(".md", ".runs.jsonl"))
    assert status(lab) == ""


def test_an_entry_copied_under_a_similar_name_takes_nothing_from_the_one_that_is_still_there(repo):
    lab, plan_entry = planned(repo)
    finish(lab, plan_entry, record("r1"))
    copy = ENTRY.replace("rbf-beats-linear", "a-copy")
    write(lab, path=copy)
    plan(lab, copy)
    names = git(lab.path, "ls-tree", "-r", "--name-only", "journal", "entries").splitlines()
    assert names == [copy, ENTRY, RECORDS]
    assert status(lab) == ""


def test_crlf_under_autocrlf_is_stored_as_git_add_stores_it_and_stays_crlf_on_the_disk(repo):
    git(repo, "config", "core.autocrlf", "true")
    lab = journal(repo)
    file = write(lab, TEXT.replace("\n", "\r\n"))
    plan_entry = plan(lab)
    assert plan_entry.text == TEXT
    finish(lab, plan_entry)
    assert has_block(at(lab, ENTRY))
    assert b"\n" not in file.read_bytes().replace(b"\r\n", b"")
    assert has_block(file.read_bytes().decode().replace("\r\n", "\n"))
    assert status(lab) == ""


def test_crlf_that_is_in_the_index_already_stays_as_git_add_would_leave_it(repo):
    lab = journal(repo)
    (lab.path / ".gitattributes").write_text("*.runs.jsonl -text\n")
    git(lab.path, "commit", "-q", "-a", "-m", "no text rule")
    write(lab, TEXT.replace("\n", "\r\n"))
    git(lab.path, "add", ".")
    git(lab.path, "commit", "-q", "-m", "with CRLF")
    git(repo, "config", "core.autocrlf", "true")
    write(lab, TEXT.replace("\n", "\r\n") + "more\r\n")
    plan_entry = plan(lab)
    assert plan_entry.text == TEXT.replace("\n", "\r\n") + "more\r\n"
    finish(lab, plan_entry)
    assert "\r\n<!-- gitjournal:results" in _raw(lab, ENTRY)
    assert status(lab) == ""


def _raw(lab: Lab, path: str) -> str:
    return subprocess.run(["git", "cat-file", "blob", f"journal:{path}"], cwd=lab.path, capture_output=True, check=True).stdout.decode()


def test_a_filter_cleans_the_plan_and_the_results(repo):
    lab = journal(repo)
    git(repo, "config", "filter.rot.clean", "tr a-z n-za-m")
    git(repo, "config", "filter.rot.smudge", "tr a-z n-za-m")
    (lab.path / ".gitattributes").write_text("*.md filter=rot\n*.runs.jsonl -text\n")
    git(lab.path, "commit", "-q", "-a", "-m", "a filter")
    write(lab)
    plan_entry = plan(lab)
    assert "svefg gubhtugf" in plan_entry.text
    finish(lab, plan_entry)
    assert has_block(on_disk(lab))
    assert "npphenpl 0.978" in at(lab, ENTRY)
    assert status(lab) == ""
    shutil.rmtree(lab.path)  # without a worktree the attributes come from the branch itself
    assert finish(find_lab(repo), plan_entry, block="accuracy 0.979").state == "committed"
    assert "npphenpl 0.979" in at(lab, ENTRY)


def test_an_entry_with_an_odd_name_is_one_file_and_no_pattern(repo):
    lab = journal(repo)
    path = 'entries/2026/20261121-ünter * :(top)\t"q"-k3f9.md'
    matched = path.replace("*", "! x")
    write(lab, TEXT + "the pattern matches this one\n", matched)
    plan(lab, matched)
    write(lab, path=path)
    plan_entry = plan(lab, path)
    assert plan_entry.text == TEXT
    finish(lab, plan_entry)
    assert has_block(on_disk(lab, path), entry_id=Path(path).stem)
    assert on_disk(lab, matched) == TEXT + "the pattern matches this one\n"
    assert status(lab) == ""


def test_a_required_filter_that_fails_refuses_the_plan_and_writes_nothing(repo):
    lab = journal(repo)
    git(repo, "config", "filter.no.clean", "false")
    git(repo, "config", "filter.no.required", "true")
    (lab.path / ".gitattributes").write_text("*.md filter=no\n")
    write(lab)
    before = _state(lab)
    with pytest.raises(GitError, match="clean filter 'no' failed"):
        plan(lab)
    assert _state(lab) == before


def _state(lab: Lab) -> tuple[object, ...]:
    assert lab.git_dir
    return (
        git(lab.path, "for-each-ref"),
        (lab.git_dir / "index").read_bytes(),
        snapshot(lab.path),
        sorted(path.name for path in lab.git_dir.iterdir()),
    )


def test_what_the_caller_refuses_is_not_written(repo):
    lab = journal(repo)
    write(lab)
    before = _state(lab)

    def refuse(text: str) -> str:
        raise BusyError("not today")

    with pytest.raises(BusyError, match="not today"):
        plan_commit(lab, ENTRY, PlanRequest(accept=refuse, message=str))
    assert _state(lab) == before


# ---- the person's edits meanwhile

EDITS = {"above": "first thoughts", "below": "last thoughts"}


@pytest.mark.parametrize("stage", ["unstaged", "staged", "staged and unstaged"])
@pytest.mark.parametrize("where", ["above", "below", "in the block"])
def test_edits_are_kept_and_the_next_commit_of_the_person_holds_only_them(where, stage, repo):
    lab, plan_entry = planned(repo)
    finish(lab, plan_entry, block="accuracy 0.900")
    old = EDITS.get(where, "accuracy 0.900")
    text = on_disk(lab)
    if "staged" in stage.split():
        write(lab, text.replace(old, f"{old} staged"))
        git(lab.path, "add", ENTRY)
    if stage != "staged":
        write(lab, text.replace(old, f"{old} staged edited"))
    write(lab, "a draft\n", "draft.md")
    finish(lab, plan_entry)
    for found in (at(lab, ENTRY), staged(lab), on_disk(lab)):
        assert has_block(found), found
    if where == "in the block":
        assert status(lab) == "?? draft.md"
        return
    assert (" staged" in staged(lab)) == (stage != "unstaged")
    assert (f"{old} staged edited" in on_disk(lab)) == (stage != "staged")
    git(lab.path, "commit", "-q", "-a", "-m", "mine")
    changed = git(lab.path, "show", "--numstat", "--format=").splitlines()
    assert changed == [f"1\t1\t{ENTRY}"]
    assert has_block(at(lab, ENTRY))
    assert status(lab) == "?? draft.md"


def test_other_things_that_are_staged_stay_staged_and_uncommitted(repo):
    lab, plan_entry = planned(repo)
    write(lab, "staged\n", "a.md")
    git(lab.path, "add", "a.md")
    write(lab, "staged, then edited\n", "a.md")
    git(lab.path, "rm", "-q", "--cached", "README.md")
    write(lab, "announced\n", "b.md")
    git(lab.path, "add", "-N", "b.md")
    before = status(lab)
    finish(lab, plan_entry)
    assert status(lab) == before
    assert git(lab.path, "show", ":a.md") == "staged"
    assert git(lab.path, "ls-tree", "--name-only", "journal").splitlines() == [".gitattributes", "README.md", "entries", "journal.yaml"]


@pytest.mark.parametrize("how", ["on the disk", "in the index too"])
def test_a_deletion_that_is_not_committed_stays_one_and_the_branch_gets_the_results(how, repo):
    lab, plan_entry = planned(repo)
    if how == "on the disk":
        (lab.path / ENTRY).unlink()
    else:
        git(lab.path, "rm", "-q", ENTRY)
    assert finish(lab, plan_entry).state == "committed"
    assert has_block(at(lab, ENTRY))
    assert not (lab.path / ENTRY).exists()
    assert status(lab) == (f" D {ENTRY}" if how == "on the disk" else f"D  {ENTRY}")


@pytest.mark.parametrize("how", ["deleted and committed", "reset away", "reset away, file kept"])
def test_an_entry_that_was_committed_away_comes_back_with_its_results(how, repo):
    lab, plan_entry = planned(repo)
    if how == "deleted and committed":
        git(lab.path, "rm", "-q", ENTRY)
        git(lab.path, "commit", "-q", "-m", "away")
    else:
        git(lab.path, "reset", "-q", "--hard" if how == "reset away" else "--mixed", "HEAD~1")
    assert finish(lab, plan_entry).state == "committed"
    assert has_block(at(lab, ENTRY))
    assert has_block(on_disk(lab))
    assert status(lab) == ""


@pytest.mark.parametrize("how", ["index", "disk", "commit"])
def test_the_block_lands_in_the_renamed_entry(how, repo):
    lab, plan_entry = planned(repo)
    new = ENTRY.replace("rbf-beats-linear", "renamed")
    if how == "disk":
        (lab.path / ENTRY).rename(lab.path / new)
    else:
        git(lab.path, "mv", ENTRY, new)
    if how == "commit":
        git(lab.path, "commit", "-q", "-m", "rename")
    finish(lab, plan_entry)
    texts = git(lab.path, "show", "--name-only", "--format=", "journal", "--", "*.md").splitlines()
    assert texts == [new if how == "commit" else ENTRY], "the person's own rename is not ours to commit"
    assert has_block(on_disk(lab, new), entry_id=Path(new).stem)
    assert not (lab.path / ENTRY).exists()
    if how != "disk":
        assert has_block(staged(lab, new), entry_id=Path(new).stem)
    assert has_block(at(lab, new if how == "commit" else ENTRY), entry_id=Path(new if how == "commit" else ENTRY).stem)
    git(lab.path, "add", "-A")
    if how != "commit":
        git(lab.path, "commit", "-q", "-m", "rename")
        assert has_block(at(lab, new), entry_id=Path(new).stem)
    assert status(lab) == ""


def test_the_records_follow_an_entry_that_was_renamed_without_them(repo):
    lab, plan_entry = planned(repo)
    finish(lab, plan_entry, record("r1"))
    new = ENTRY.replace("rbf-beats-linear", "renamed")
    git(lab.path, "mv", ENTRY, new)
    git(lab.path, "commit", "-q", "-m", "rename")
    finish(lab, plan_entry, record("r2"), block="accuracy 0.979")
    assert at(lab, new.replace(".md", ".runs.jsonl")).encode() + b"\n" == record("r1") + record("r2")
    assert git(lab.path, "ls-tree", "-r", "--name-only", "journal", "entries").splitlines() == [new, new.replace(".md", ".runs.jsonl")]
    assert status(lab) == ""


# ---- the branch is elsewhere


@pytest.mark.parametrize("where", ["switched", "detached", "another worktree", "rebase of another branch"])
def test_results_go_to_the_branch_of_the_plan_and_leave_the_lab_alone(where, repo, tmp_path):
    lab, plan_entry = planned(repo)
    other = None
    if where == "switched":
        git(lab.path, "switch", "-q", "-c", "exp/x")
    elif where == "detached":
        git(lab.path, "checkout", "-q", "--detach")
    else:
        git(lab.path, "switch", "-q", "-c", "exp/x")
        if where == "another worktree":
            other = tmp_path / "other"
            git(lab.path, "worktree", "add", "-q", str(other), "journal")
        else:
            _stop_in_rebase(lab)
    before = (snapshot(lab.path), git(lab.path, "status", "--porcelain"))
    assert finish(lab, plan_entry).state == "committed"
    assert has_block(at(lab, ENTRY))
    assert (snapshot(lab.path), git(lab.path, "status", "--porcelain")) == before
    if other:
        assert has_block((other / ENTRY).read_text())
        assert git(other, "status", "--porcelain") == ""


def _stop_in_rebase(lab: Lab) -> None:
    write(lab, "x\n", "x.md")
    git(lab.path, "add", ".")
    git(lab.path, "commit", "-q", "-m", "x")
    _fails(lab, "rebase", "-q", "--exec", "false", "HEAD~1")


def _fails(lab: Lab, *arguments: str) -> None:
    done = subprocess.run(["git", *arguments], cwd=lab.path, capture_output=True, check=False)
    assert done.returncode, f"git {' '.join(arguments)} was expected to stop"


def _conflict(lab: Lab) -> None:
    """Let the branch `theirs` and the journal change the same line of notes.md."""
    write(lab, "base\n", "notes.md")
    git(lab.path, "add", ".")
    git(lab.path, "commit", "-q", "-m", "base")
    git(lab.path, "switch", "-q", "-c", "theirs")
    write(lab, "theirs\n", "notes.md")
    git(lab.path, "commit", "-q", "-a", "-m", "theirs")
    git(lab.path, "switch", "-q", "journal")
    write(lab, "ours\n", "notes.md")
    git(lab.path, "commit", "-q", "-a", "-m", "ours")


@pytest.mark.parametrize("what", ["merge", "cherry-pick", "revert", "rebase", "stash pop"])
def test_results_wait_while_the_branch_is_in_the_middle_of_something(what, repo):
    lab, plan_entry = planned(repo)
    _conflict(lab)
    if what == "stash pop":
        write(lab, "stashed\n", "notes.md")
        git(lab.path, "stash", "-q")
        write(lab, "ours again\n", "notes.md")
        git(lab.path, "commit", "-q", "-a", "-m", "again")
        _fails(lab, "stash", "pop")
    elif what == "revert":
        _fails(lab, "revert", "--no-edit", "HEAD~1")
    else:
        _fails(lab, what, "theirs")
    before = _state(lab)
    outcome = finish(lab, plan_entry)
    assert (outcome.state, outcome.commit) == ("waiting", None)
    assert what.split()[0] in outcome.why or "conflicts" in outcome.why
    assert _state(lab) == before
    assert [waiting.runs for waiting in list_pending(lab)] == [1]
    with pytest.raises(BusyError):
        plan(lab)
    write(lab, "mended\n", "notes.md")
    git(lab.path, "add", "notes.md")
    if what != "stash pop":  # without conflicts it is still not over
        (outcome,) = commit_spool(lab)
        assert (outcome.state, what in outcome.why) == ("waiting", True)
    if what == "stash pop":
        git(lab.path, "commit", "-q", "-m", "popped")
    else:
        git(lab.path, "-c", "core.editor=true", what, "--continue")
    (outcome,) = commit_spool(lab)
    assert outcome.state == "committed", outcome.why
    assert has_block(at(lab, ENTRY))
    assert has_block(on_disk(lab))
    assert status(lab) == ""
    assert list_pending(lab) == []


@pytest.mark.parametrize("how", [["-a"], ["--", "notes.md"], ["--amend"], []], ids=["commit -a", "commit PATH", "commit --amend", "commit"])
def test_results_wait_for_the_editor_of_a_commit_and_both_succeed(how, repo, tmp_path):
    lab, plan_entry = planned(repo)
    write(lab, "base\n", "notes.md")
    git(lab.path, "add", "notes.md")
    git(lab.path, "commit", "-q", "-m", "base")
    write(lab, "mine\n", "notes.md")
    if not how:
        git(lab.path, "add", "notes.md")
    with editor_open(lab, tmp_path, *how) as close:
        outcome = finish(lab, plan_entry)
        assert outcome.state == "waiting"
        assert "editor is open" in outcome.why
        assert close() == 0
    assert git(lab.path, "log", "-1", "--format=%s", "journal") == "by hand"
    assert [outcome.state for outcome in commit_spool(lab)] == ["committed"]
    assert has_block(at(lab, ENTRY))
    assert status(lab) == ("" if how != ["--amend"] else " M notes.md")


def test_results_wait_for_a_lock_of_git_that_no_hook_tells_of(repo):
    lab, plan_entry = planned(repo)
    assert lab.git_dir
    (lab.git_dir / "index.lock").write_bytes(b"a person's")
    outcome = finish(lab, plan_entry)
    assert outcome.state == "waiting"
    assert "git is at work" in outcome.why
    assert (lab.git_dir / "index.lock").read_bytes() == b"a person's"
    (lab.git_dir / "index.lock").unlink()
    assert [outcome.state for outcome in commit_spool(lab)] == ["committed"]


def test_a_hook_that_refuses_leaves_results_spooled_without_trying_again(repo):
    lab, plan_entry = planned(repo)
    calls = repo.parent / "calls"
    hook = lab.repository.private / "hooks" / "reference-transaction"
    hook.write_text(f'#!/bin/sh\n[ "$1" = prepared ] || exit 0\necho >>"{calls}"\nexit 1\n')
    hook.chmod(0o755)
    before = _state(lab)
    outcome = finish(lab, plan_entry)
    assert outcome.state == "waiting"
    assert "hook" in outcome.why
    assert calls.read_text() == "\n"
    assert _state(lab) == before
    hook.unlink()
    assert [outcome.state for outcome in commit_spool(lab)] == ["committed"]


# ---- the branch has changed


def test_results_come_on_top_of_what_was_pulled_and_of_an_entry_changed_upstream(tmp_path):
    clone = fresh_clone(tmp_path)
    lab = journal(clone)
    plan_entry = plan(lab)
    other = init(tmp_path / "normal").lab
    write(other, TEXT.replace("first thoughts", "changed upstream"))
    git(other.path, "commit", "-q", "-a", "-m", "upstream")
    git(other.path, "push", "-q", str(tmp_path / "remote.git"), "journal")
    git(lab.path, "pull", "-q", "--ff-only")
    finish(lab, plan_entry)
    assert has_block(at(lab, ENTRY))
    assert "changed upstream" in at(lab, ENTRY)
    assert status(lab) == ""
    assert git(lab.path, "log", "--format=%s", "@{upstream}..") == "run: RBF beats linear"


def test_a_branch_that_was_deleted_comes_back_from_the_plan(repo):
    lab = journal(repo)
    git(lab.path, "switch", "-q", "-c", "exp/x")
    write(lab)
    plan_entry = plan(lab)
    git(lab.path, "switch", "-q", "journal")
    git(lab.path, "branch", "-q", "-D", "exp/x")
    assert finish(lab, plan_entry).state == "committed"
    assert has_block(at(lab, ENTRY, "exp/x"))
    assert git(lab.path, "rev-parse", "exp/x~1") == plan_entry.commit
    assert status(lab) == ""


# ---- the editor saves during our write


@pytest.mark.parametrize("how", ["in place", "by rename"])
def test_a_save_during_our_write_and_our_block_are_both_kept(how, repo):
    lab, plan_entry = planned(repo)
    file = lab.path / ENTRY
    saved, stop = [0], threading.Event()

    def editor() -> None:
        while not stop.is_set():
            text = file.read_text()
            if "last thoughts" not in text:
                continue  # somebody else writes: an editor would have loaded the file before
            head, _, tail = text.partition("last thoughts")
            saved[0] += 1
            text = f"{head.split('save ')[0]}save {saved[0]}\n\nlast thoughts{tail}"
            if how == "in place":
                file.write_text(text)
            else:
                draft = file.with_suffix(".swp")
                draft.write_text(text)
                draft.replace(file)
            time.sleep(random.uniform(0.03, 0.06))

    thread = threading.Thread(target=editor)
    thread.start()
    try:
        for number in range(6):
            assert finish(lab, plan_entry, block=f"accuracy 0.{number}").state == "committed"
    finally:
        stop.set()
        thread.join()
    finish(lab, plan_entry, block="accuracy 0.999")
    assert f"save {saved[0]}\n" in on_disk(lab)
    assert has_block(on_disk(lab), "accuracy 0.999")
    assert list(file.parent.glob(".gitjournal*")) == []


# ---- death and company

WORK = """
import sys
from pathlib import Path
from gitjournal.git.lab import find_lab
from gitjournal.git.results_commit import commit_spool
from gitjournal.git.spool import spool_results
from tests.support.journals import plan, record, results
lab = find_lab(Path(sys.argv[1]))
made = plan(lab, sys.argv[2], patience=5)
for number in range(int(sys.argv[3])):
    line = record()
    spool_results(lab, results(made, line, block=f"accuracy {number}", figures={f"figures/{number}.svg": line}))
    print(line.decode(), end="", flush=True)
    commit_spool(lab)
"""


def _work(lab: Lab, path: str, times: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WORK, str(lab.path), path, str(times)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.mark.slow
def test_kill_9_at_any_moment_loses_no_spooled_run_and_nothing_of_the_person(repo):
    lab, _ = planned(repo)
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    write(lab, TEXT.replace("first thoughts", "first thoughts staged"))
    git(lab.path, "add", ENTRY)
    write(lab, TEXT.replace("first thoughts", "first thoughts staged").replace("last thoughts", "last thoughts edited"))
    other = "entries/2026/20261121-worked-on-wwww.md"
    write(lab, path=other)
    plan(lab, other)
    write(lab, "kept apart\n", "notes.md")
    git(lab.path, "add", "notes.md")
    write(lab, "kept apart, edited\n", "notes.md")
    announced: list[str] = []
    persons = (staged(lab), on_disk(lab), git(lab.path, "show", ":notes.md"), on_disk(lab, "notes.md"), status(lab))
    for number in range(KILLS):
        process = _work(lab, other, 1000)
        assert process.stdout
        first = process.stdout.readline()
        assert first, f"{number}: {process.stderr.read() if process.stderr else ''}"
        time.sleep(chance.uniform(0, 0.15))
        os.killpg(process.pid, signal.SIGKILL)
        rest, _ = process.communicate()
        announced += [line for line in (first + rest).splitlines() if line.endswith("}")]
    outcomes = commit_spool(lab)
    assert all(outcome.state != "waiting" for outcome in outcomes), (seed, outcomes)
    commit_spool(lab)
    recorded = at(lab, other.replace(".md", ".runs.jsonl")).splitlines()
    assert set(announced) <= set(recorded), f"lost with seed {seed}"
    assert len(recorded) == len(set(recorded)), f"doubled with seed {seed}"
    for text in (at(lab, other), staged(lab, other), on_disk(lab, other)):
        assert text.count("gitjournal:results") == text.count("gitjournal:end") == 1, f"seed {seed}"
    assert persons == (staged(lab), on_disk(lab), git(lab.path, "show", ":notes.md"), on_disk(lab, "notes.md"), status(lab)), f"seed {seed}"
    assert git(lab.path, "fsck", "--no-dangling", "--no-progress") == ""
    assert lab.git_dir
    assert [path.name for path in lab.git_dir.iterdir() if path.name.startswith("gitjournal") or path.name.endswith(".lock")] == []


@pytest.mark.slow
def test_eight_processes_in_one_lab_lose_nothing_and_leave_the_lab_clean(repo):
    lab = journal(repo)
    paths = [f"entries/2026/20261121-of-many-{number:04d}.md" for number in range(8)]
    for path in paths:
        write(lab, path=path)
    write(lab, "kept apart\n", "notes.md")
    git(lab.path, "add", "notes.md")
    workers = [_work(lab, path, 3) for path in paths]
    announced = {}
    for path, worker in zip(paths, workers, strict=True):
        out, err = worker.communicate(timeout=120)
        assert worker.returncode == 0, err
        announced[path] = out.splitlines()
    for path in paths:
        assert at(lab, path.replace(".md", ".runs.jsonl")).splitlines() == announced[path]
        assert has_block(at(lab, path), "accuracy 2", Path(path).stem)
        assert has_block(on_disk(lab, path), "accuracy 2", Path(path).stem)
    assert status(lab) == "A  notes.md"
    assert list_pending(lab) == []


def test_a_person_who_commits_all_the_while_loses_nothing_and_commits_only_their_own(repo):
    lab = journal(repo)
    other = "entries/2026/20261121-worked-on-wwww.md"
    write(lab, path=other)
    worker = _work(lab, other, 8)
    mine = 0
    while worker.poll() is None:
        write(lab, f"line {mine}\n", "notes.md")
        for arguments in (["add", "notes.md"], ["commit", "-q", "-m", "mine", "-a"]):
            done = subprocess.run(["git", *arguments], cwd=lab.path, capture_output=True, text=True, check=False)
            assert done.returncode == 0 or "lock" in done.stderr or "nothing" in done.stdout, done.stderr + done.stdout
        mine += 1
        time.sleep(random.uniform(0.1, 0.2))
    out, err = worker.communicate()
    assert worker.returncode == 0, err
    commit_spool(lab)
    assert sorted(at(lab, other.replace(".md", ".runs.jsonl")).splitlines()) == sorted(out.splitlines())
    touched = git(lab.path, "log", "--author=Ada", "--grep=^mine$", "--format=", "--name-only", "journal").split()
    assert set(touched) == {"notes.md"}
    assert len(touched) > 1
    assert has_block(on_disk(lab, other), "accuracy 7", Path(other).stem)
    git(lab.path, "commit", "-q", "-a", "--allow-empty", "-m", "mine")
    assert status(lab) == ""


def test_an_intent_whose_lock_was_deleted_by_hand_is_still_finished(repo):
    """The hint of git itself is to delete a stale index.lock."""
    lab, plan_entry = planned(repo)
    _die_after_the_branch_moved(lab, plan_entry)
    assert lab.git_dir
    (lab.git_dir / "index.lock").unlink()
    assert commit_spool(lab)[0].state == "nothing new"
    assert has_block(on_disk(lab))
    assert status(lab) == ""


def test_a_writer_that_died_between_branch_and_index_is_finished_by_the_next(repo):
    lab, plan_entry = planned(repo)
    write(lab, "kept apart\n", "notes.md")
    git(lab.path, "add", "notes.md")
    _die_after_the_branch_moved(lab, plan_entry)
    assert has_block(at(lab, ENTRY))
    assert not has_block(on_disk(lab))
    assert commit_spool(lab)[0].state == "nothing new"
    assert has_block(on_disk(lab))
    assert status(lab) == "A  notes.md"


def _die_after_the_branch_moved(lab: Lab, plan_entry) -> None:
    """Kill the writer from the reference-transaction hook, once the branch has moved."""
    hook = lab.repository.private / "hooks" / "reference-transaction"
    writer = "$(ps -o ppid= -p $PPID)"  # the hook's parent is git, whose parent is the writer
    hook.write_text(f'#!/bin/sh\n[ "$1" = committed ] || exit 0\nkill -9 {writer}\n')
    hook.chmod(0o755)
    spool_results(lab, results(plan_entry, record("r1")))
    code = "import sys; from pathlib import Path; from gitjournal.git.lab import find_lab"
    code += "; from gitjournal.git.results_commit import commit_spool"
    done = subprocess.run([sys.executable, "-c", f"{code}; commit_spool(find_lab(Path(sys.argv[1])))", str(lab.path)], check=False)
    assert done.returncode == -signal.SIGKILL
    hook.unlink()
    assert lab.git_dir
    assert (lab.git_dir / "gitjournal-intent").exists()
