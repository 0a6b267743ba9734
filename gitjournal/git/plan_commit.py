"""Commits a plan: the text of the entry as git would store it, before any compute is spent."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from gitjournal.errors import BusyError, EntryError, GitError, Place
from gitjournal.git.build import bench, store_plain, subject_of
from gitjournal.git.busy import await_commit, find_obstacle
from gitjournal.git.index_draft import Draft, draft_of, stage_changes
from gitjournal.git.lab import Lab, is_journal
from gitjournal.git.recovery import hold_journal
from gitjournal.git.repository import Repository, TreeFile
from gitjournal.git.transaction import (
    PATIENCE,
    TRIES,
    BuiltCommit,
    Moved,
    back_off,
    move_branch,
)
from gitjournal.git.working_files import Addition, Change, records_beside, renamed
from gitjournal.git.worktree import Worktree

T = TypeVar("T")


@dataclass(frozen=True)
class PlannedEntry(Generic[T]):
    """An entry as it was planned: `text` is exactly what git has under `blob`.

    `commit` is None where the branch had it already; `tip` is the branch's commit that holds it, in either case, and `before` the
    one that the branch stood at until then.
    """

    commit: str | None
    branch: str
    before: str
    tip: str
    path: str
    mode: str
    blob: str
    text: str
    accepted: T


def plan_commit(
    lab: Lab,
    path: str,
    *,
    accept: Callable[[str], T],
    message: Callable[[T], str],
    files: dict[str, bytes] | None = None,
    patience: float = PATIENCE,
) -> PlannedEntry[T]:
    """Commit an entry as it stands on the disk, through git's own filters; `path` is relative to the lab.

    `files` are other files by path that belong to the plan, such as a datasheet.

    `accept` gets exactly the text that git stores; what it raises is passed on, and then nothing is written. Where the
    branch has that text already no commit is made. Raises BusyError in the middle of a merge, rebase or commit, and
    GitError where the lab is missing or has no journal branch checked out.
    """
    worktree = lab.worktree
    if worktree is None:
        raise GitError(f"{lab.path} is missing", hint="bring it back with: gitjournal init")
    seen: dict[str, T] = {}
    with hold_journal(lab.repository, patience=patience):
        for number in range(TRIES):
            try:
                return _try_plan(worktree, path, accept, message, files or {}, seen, patience)
            except Moved:
                back_off(number, patience)
    raise BusyError(f"{lab.path} keeps changing", hint="try again when the other git commands there are done")


def _try_plan(
    worktree: Worktree,
    path: str,
    accept: Callable[[str], T],
    message: Callable[[T], str],
    files: dict[str, bytes],
    seen: dict[str, T],
    patience: float,
) -> PlannedEntry[T]:
    repository = worktree.repository
    branch, old = _ready(worktree, patience)
    draft = draft_of(worktree)
    try:
        new = _stage(draft, path)
        text = _text(repository, new)
        if new.blob not in seen:
            seen[new.blob] = accept(text)
        accepted = seen[new.blob]
        tree = repository.files(old, path, *files)
        plain = store_plain(repository, tree, files)
        if tree.get(path) == new and not plain:
            return PlannedEntry(None, branch, old, old, path, new.mode, new.blob, text, accepted)
        with bench(repository, worktree, old) as made:
            changes = [Change(path, "planned", tree.get(path), new), *plain, *_left_behind(worktree, old, path)]
            stage_changes(made, draft, changes[1:], Addition())
            said = message(accepted)
            commit = made.commit(changes, old, said)
        move_branch(repository, draft, BuiltCommit(branch, old, commit, subject_of(said), changes, Addition()), patience=patience)
        return PlannedEntry(commit, branch, old, commit, path, new.mode, new.blob, text, accepted)
    finally:
        draft.discard()


def _ready(worktree: Worktree, patience: float) -> tuple[str, str]:
    """Return the journal branch that is checked out, and its tip."""
    await_commit(worktree, patience=patience)
    branch = worktree.head()
    going_on = find_obstacle(worktree.repository, branch or "", worktree)
    if going_on:
        raise BusyError(going_on, hint="finish it first, or give it up")
    if branch is None:
        raise GitError(f"{worktree.path} has no branch checked out", hint=f"git -C {worktree.path} switch BRANCH")
    tip = worktree.repository.resolve(f"refs/heads/{branch}")
    if tip is None or not is_journal(worktree.repository, tip):
        raise GitError(f"{branch}, which {worktree.path} has checked out, is no journal", hint=f"git -C {worktree.path} switch JOURNAL")
    return branch, tip


def _stage(draft: Draft, path: str) -> TreeFile:
    """Let git decide what the file on the disk is as a blob: filters, line ends, what was staged before."""
    file = draft.worktree.path / path
    if file.is_symlink() or not file.is_file():
        raise EntryError(f"{path} is not a file", place=Place(path))
    draft.worktree.git("update-index", "--add", "--replace", "--", path, index=draft.path)
    listed = draft.worktree.git("ls-files", "--stage", "-z", "--", path, index=draft.path)
    mode, blob, _ = listed.partition("\t")[0].split(" ")
    return TreeFile(mode, blob, path)


def _text(repository: Repository, file: TreeFile) -> str:
    data = repository.blob(file.blob) or b""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as fault:
        line = data[: fault.start].count(b"\n") + 1
        raise EntryError("not UTF-8 text", place=Place(file.path, line), hint="save it as UTF-8") from None


def uncommitted_plan(lab: Lab, ref: str, path: str, text: str, accepted: T) -> PlannedEntry[T]:
    """Return a plan that could not be committed now, because the lab is missing or in the middle of something.

    Its text is stored, and comes to the branch with the results where the entry is not there yet.
    """
    tip = lab.repository.resolve(ref)
    if tip is None:
        raise GitError(f"the branch {ref.removeprefix('refs/heads/')} is gone", hint="bring it back with: gitjournal init")
    return PlannedEntry(
        None, ref.removeprefix("refs/heads/"), tip, tip, path, "100644", lab.repository.store(text.encode()), text, accepted
    )


def _left_behind(worktree: Worktree, old: str, path: str) -> list[Change]:
    """Return what a renamed entry leaves under its old name: its text goes, its records come along."""
    entries = {file.path: file for file in worktree.repository.tree(old, "entries/")}
    former = renamed(path, entries)
    if former is None or os.path.lexists(worktree.path / former):
        return []
    return [Change(former, "planned", entries[former], None), *_records_moved(entries, former, path)]


def _records_moved(entries: dict[str, TreeFile], former: str, path: str) -> list[Change]:
    source, target = records_beside(former), records_beside(path)
    if source not in entries or target in entries:
        return []
    moved = entries[source]
    return [Change(source, "records", moved, None), Change(target, "records", None, TreeFile(moved.mode, moved.blob, target))]
