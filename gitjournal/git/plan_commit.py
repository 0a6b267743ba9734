"""The plan commit: the text of the entry as git would store it, before any compute is spent."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from gitjournal.entry import settings
from gitjournal.errors import BusyError, EntryError, GitError, Place
from gitjournal.git.build import commit_builder, plain_changes, store_files, subject_of
from gitjournal.git.busy import UnfinishedError, await_commit, conflict_message, find_operation
from gitjournal.git.commit_tree import CommitTree
from gitjournal.git.index_copy import copy_index, files_to_stage
from gitjournal.git.lab import Lab
from gitjournal.git.recovery import hold_journal
from gitjournal.git.repository import TreeFile
from gitjournal.git.transaction import (
    PATIENCE,
    TRIES,
    BuiltCommit,
    Moved,
    back_off,
    move_branch,
)
from gitjournal.git.working_files import Addition, FileChange, blob_id, find_rename, records_beside
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


@dataclass(frozen=True)
class PlanRequest(Generic[T]):
    """What a plan commit is to hold beside the entry, and who decides.

    `accept` gets exactly the text that git stores; what it raises is passed on, and then nothing is committed. `message` makes the
    commit message of what it returned. `files` are other files by path that belong to the plan, such as a datasheet. `write` may bring
    the entry's file into its last form; it is called when it is known that a commit can be made.
    """

    accept: Callable[[str], T]
    message: Callable[[T], str]
    files: Mapping[str, bytes] = field(default_factory=dict)
    write: Callable[[], None] = lambda: None


def plan_commit(lab: Lab, path: str, request: PlanRequest[T], *, patience: float = PATIENCE) -> PlannedEntry[T]:
    """Commit an entry as it stands on the disk, through git's own filters; `path` is relative to the lab.

    Where the branch has that text already no commit is made. Raises UnfinishedError in the middle of a merge, rebase or
    commit, BusyError where git is at work, and GitError where the lab is missing or has no journal branch checked out.
    """
    worktree = lab.worktree
    if worktree is None:
        raise GitError(f"{lab.path} is missing", hint="bring it back with: gitjournal init")
    planning = _Planning(worktree, path, request, patience)
    with hold_journal(lab.repository, patience=patience), lab.repository.objects.kept():
        for number in range(TRIES):
            try:
                return planning.commit()
            except Moved:
                back_off(number, patience)
    raise BusyError(f"{lab.path} keeps changing", hint="try again when the other git commands there are done")


@dataclass(frozen=True)
class _Planning(Generic[T]):
    """One plan commit, tried until nothing moves while it is made; each text is shown to `accept` once."""

    worktree: Worktree
    path: str
    request: PlanRequest[T]
    patience: float
    accepted: dict[str, T] = field(default_factory=dict)

    def commit(self) -> PlannedEntry[T]:
        """Try once. Raises Moved where something changed meanwhile."""
        repository, path = self.worktree.repository, self.path
        branch = self._journal_branch()
        copy = copy_index(self.worktree)
        try:
            if copy.has_conflicts:
                raise UnfinishedError(conflict_message(self.worktree))
            commit_tree = self._tree_of(branch)
            tip, tree = commit_tree.revision, commit_tree.files("entries/", path, *self.request.files)
            self.request.write()
            _require_file(self.worktree, path)
            plain = plain_changes(self.request.files, tree, store_files(repository, self.request.files, tree, tip))
            beside = [*plain, *_left_behind(self.worktree, tree, path)]
            with commit_builder(self.worktree, commit_tree) as builder:
                file = copy.add(path, files_to_stage(builder, copy, beside, Addition()))
                text = _read_text(self.worktree, file)
                if file.blob not in self.accepted:
                    self.accepted[file.blob] = self.request.accept(text)
                accepted = self.accepted[file.blob]
                if tree.get(path) == file and not plain:
                    return PlannedEntry(None, branch, tip, tip, path, file.mode, file.blob, text, accepted)
                changes = [FileChange(path, "planned", tree.get(path), file), *beside]
                message = self.request.message(accepted)
                commit = builder.commit(changes, message)
            built = BuiltCommit(branch, tip, commit, subject_of(message), changes, Addition())
            move_branch(repository, copy, built, patience=self.patience)
            return PlannedEntry(commit, branch, tip, commit, path, file.mode, file.blob, text, accepted)
        finally:
            copy.discard()

    def _journal_branch(self) -> str:
        """Return the branch that is checked out. Raises UnfinishedError where an operation on it is not finished."""
        await_commit(self.worktree, patience=self.patience)
        branch = self.worktree.head()
        operation = find_operation(self.worktree.repository, branch or "", self.worktree)
        if operation:
            raise UnfinishedError(operation)
        if branch is None:
            raise GitError(f"{self.worktree.path} has no branch checked out", hint=f"git -C {self.worktree.path} switch BRANCH")
        return branch

    def _tree_of(self, branch: str) -> CommitTree:
        """Return the tree of the tip of a branch. Raises GitError where it is no journal."""
        tip = self.worktree.repository.resolve(f"refs/heads/{branch}")
        tree = CommitTree(self.worktree.repository, tip) if tip else None
        if tree is None or not tree.files(settings.FILE):
            place = self.worktree.path
            raise GitError(f"{branch}, which {place} has checked out, is no journal", hint=f"git -C {place} switch JOURNAL")
        return tree


def _require_file(worktree: Worktree, path: str) -> None:
    file = worktree.path / path
    if file.is_symlink() or not file.is_file():
        raise EntryError(f"{path} is not a file", place=Place(path))


def _read_text(worktree: Worktree, file: TreeFile) -> str:
    """Return the text that is stored: what lies on the disk, where that is the same; it may have been saved again since."""
    try:
        data = (worktree.path / file.path).read_bytes()
    except OSError:
        data = b""
    if blob_id(data, file.blob) != file.blob:
        data = worktree.repository.blob(file.blob) or b""
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
    blob = lab.repository.store(text.encode())
    return PlannedEntry(None, ref.removeprefix("refs/heads/"), tip, tip, path, "100644", blob, text, accepted)


def _left_behind(worktree: Worktree, tree: dict[str, TreeFile], path: str) -> list[FileChange]:
    """Return what a renamed entry leaves under its old name: its text goes, its records come along."""
    entries = {name: file for name, file in tree.items() if name.startswith("entries/")}
    former = find_rename(path, entries)
    if former is None or os.path.lexists(worktree.path / former):
        return []
    return [FileChange(former, "planned", entries[former], None), *_move_records(entries, former, path)]


def _move_records(entries: dict[str, TreeFile], former: str, path: str) -> list[FileChange]:
    source, target = records_beside(former), records_beside(path)
    if source not in entries or target in entries:
        return []
    moved = entries[source]
    return [FileChange(source, "records", moved, None), FileChange(target, "records", None, TreeFile(moved.mode, moved.blob, target))]
