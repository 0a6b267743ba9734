"""The results commit: what waits in the spool is committed when nothing stands in the way, and what is the person's is not touched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from gitjournal.errors import EntryError, GitError, GitjournalError, SpaceError
from gitjournal.git.build import CommitBuilder, commit_builder, plain_changes, store_files, subject_of
from gitjournal.git.busy import await_commit, conflict_message, find_operation
from gitjournal.git.commit_tree import CommitTree
from gitjournal.git.index_copy import IndexCopy, copy_index, files_to_stage
from gitjournal.git.lab import Lab
from gitjournal.git.recovery import hold_journal
from gitjournal.git.repository import TreeFile
from gitjournal.git.spool import Results, read_results, spool_files, sweep_spool
from gitjournal.git.transaction import PATIENCE, TRIES, BuiltCommit, Moved, back_off, move_branch
from gitjournal.git.working_files import ENTRY, RECORDS, Addition, FileChange, find_rename, records_beside, run_ids
from gitjournal.git.worktree import find_holder


@dataclass(frozen=True)
class CommitOutcome:
    """What became of the spooled results of one entry; `why` says what is in the way, or what was left out."""

    path: str
    commit: str | None
    state: Literal["committed", "nothing new", "waiting"]
    why: str = ""


def commit_spool(lab: Lab, *, patience: float = PATIENCE, leave: Callable[[str], bool] = lambda _: False) -> list[CommitOutcome]:
    """Commit what waits in the spool, one commit an entry; what cannot be committed now keeps waiting.

    `leave` is asked with the path of an entry whether its results are still coming in, and are for another to commit.
    """
    if not spool_files(lab.repository):
        return []
    with hold_journal(lab.repository, patience=patience):
        sweep_spool(lab.repository)
        outcomes = []
        groups: dict[tuple[str, str], list[tuple[Path, Results]]] = {}
        for file in spool_files(lab.repository):
            try:
                results = read_results(file)
            except GitError as fault:
                outcomes.append(CommitOutcome(str(file), None, "waiting", str(fault)))
            else:
                groups.setdefault((results.branch, results.path), []).append((file, results))
        for (_, path), group in groups.items():
            if leave(path):
                continue
            outcomes.append(_commit_group(lab, [results for _, results in group], patience))
            if outcomes[-1].state != "waiting":
                for file, _ in group:
                    file.unlink()
        return outcomes


def _commit_group(lab: Lab, group: list[Results], patience: float) -> CommitOutcome:
    results = _merge_results(group)
    why = "the branch keeps changing"
    for number in range(TRIES):
        try:
            return _try_results(lab, results, patience)
        except Moved as fault:
            why = str(fault)
            back_off(number, patience)
        except SpaceError:
            raise
        except GitjournalError as fault:
            return CommitOutcome(results.path, None, "waiting", str(fault))
    return CommitOutcome(results.path, None, "waiting", why)


def _merge_results(group: list[Results]) -> Results:
    """Return one for all; what only one can say, the newest says."""
    figures: dict[str, bytes] = {}
    files: dict[str, bytes] = {}
    for results in group:
        figures |= results.figures
        files |= results.files
    lines = [line for results in group for line in results.lines]
    return msgspec.structs.replace(group[-1], lines=lines, figures=figures, files=files)


def _try_results(lab: Lab, results: Results, patience: float) -> CommitOutcome:
    repository = lab.repository
    worktree = find_holder(repository, results.branch)
    if worktree:
        await_commit(worktree, patience=patience)
    operation = find_operation(repository, results.branch, worktree)
    if operation:
        return CommitOutcome(results.path, None, "waiting", operation)
    copy = copy_index(worktree) if worktree else None
    try:
        if copy and copy.has_conflicts:
            return CommitOutcome(results.path, None, "waiting", conflict_message(copy.worktree))
        return _commit_once(lab, results, copy, patience)
    finally:
        if copy:
            copy.discard()


def _commit_once(lab: Lab, results: Results, copy: IndexCopy | None, patience: float) -> CommitOutcome:
    """Build the commit and move the branch. Raises Moved where something changed meanwhile."""
    repository = lab.repository
    old = repository.resolve(f"refs/heads/{results.branch}")
    tip = old or _former_tip(lab, results)
    with repository.objects.kept(), commit_builder(copy.worktree if copy else None, CommitTree(repository, tip)) as builder:
        additions = _additions(builder, results)
        if not additions.changes:
            return CommitOutcome(additions.path, None, "nothing new")
        if copy:
            copy.stage(files_to_stage(builder, copy, additions.changes, additions.addition))
        commit = builder.commit(additions.changes, results.message)
        built = BuiltCommit(results.branch, old, commit, subject_of(results.message), additions.changes, additions.addition)
        move_branch(repository, copy, built, patience=patience, lab=lab.git_dir)
    return CommitOutcome(additions.path, commit, "committed", additions.why)


def _former_tip(lab: Lab, results: Results) -> str:
    """Return where a branch that is gone comes back: at the plan."""
    plan = lab.repository.resolve(f"{results.plan}^{{commit}}") if results.plan else None
    tip = plan or lab.repository.resolve(f"refs/heads/{lab.branch}")
    if tip is None:
        raise GitError(f"the branch {results.branch} is gone, and so is the plan's commit", hint="gitjournal init")
    return tip


@dataclass(frozen=True)
class _Additions:
    """What results change, the entry's path as it is now, and why its block could not be written, if so."""

    path: str
    changes: list[FileChange]
    addition: Addition
    why: str = ""


def _additions(builder: CommitBuilder, results: Results) -> _Additions:
    """Work out what the results add to the tree of the commit that they follow."""
    repository, plain = builder.repository, {**results.figures, **results.files}
    tree = builder.tree.files("entries/", *plain)
    entries = {path: file for path, file in tree.items() if path.startswith("entries/")}
    path = results.path if results.path in entries else find_rename(results.path, entries) or results.path
    records = records_beside(path)
    source = entries.get(records) or _stray_records(records, entries)
    start = (repository.blob(source.blob) or b"") if source else b""
    fresh = _fresh_lines(results.lines, start)
    if results.lines and not fresh:
        return _Additions(path, [], Addition())
    addition = Addition(results.block, fresh)
    entry, why = _entry_with_block(builder, path, entries.get(path), results, addition)
    contents = {**plain, **({records: addition.to_records(start)} if fresh else {})}
    stored = store_files(repository, contents, tree, builder.parent)
    changes = [FileChange(path, "entry", entries.get(path), entry)]
    if fresh:
        if source and source.path != records:
            changes.append(FileChange(source.path, "records", source, None))
        changes.append(FileChange(records, "records", entries.get(records), stored[records]))
    changes += plain_changes(plain, tree, stored)
    return _Additions(path, [change for change in changes if change.old != change.new], addition, why)


def _stray_records(records: str, entries: dict[str, TreeFile]) -> TreeFile | None:
    """Return the records of an entry that was renamed without them: records that have no text."""
    former = find_rename(records, entries)
    return entries[former] if former and former.removesuffix(RECORDS) + ENTRY not in entries else None


def _fresh_lines(lines: list[bytes], start: bytes) -> list[bytes]:
    """Return the lines whose run is not there yet, each run once."""
    recorded_runs = run_ids(start.split(b"\n"))
    fresh = []
    for line in lines:
        run = run_ids([line])
        if not run <= recorded_runs:
            fresh.append(line)
            recorded_runs |= run
    return fresh


def _entry_with_block(
    builder: CommitBuilder, path: str, old: TreeFile | None, results: Results, addition: Addition
) -> tuple[TreeFile, str]:
    """Return the entry with its block; where its text has no place for one, as it is, and why."""
    base = old or TreeFile(results.mode, results.blob, path)
    try:
        return builder.edit(base, lambda text: addition.to_entry(text, path)), ""
    except EntryError as fault:
        return base, f"the runs are recorded, but the block of results was not written: {fault}"
