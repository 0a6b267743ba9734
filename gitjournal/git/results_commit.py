"""Commits plans and results without touching what is the person's.

A plan is the text of the entry as git would store it. Results are spooled first, so that a run that was announced is
never lost, and committed when nothing stands in the way.
"""

from __future__ import annotations

import contextlib
import os
import random
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Literal, TypeVar

import msgspec

from gitjournal.errors import BusyError, EntryError, GitError, GitjournalError, Place, SpaceError, is_full
from gitjournal.git.build import Bench, bench
from gitjournal.git.index_draft import Draft, draft_of, stage_changes
from gitjournal.git.lab import Lab, is_journal
from gitjournal.git.repository import Repository, TreeFile, Worktree
from gitjournal.git.transaction import Commit, Moved, arrive, await_commit, busy, holder, locked, unmerged
from gitjournal.git.working_files import ENTRY, RECORDS, Addition, Change, renamed, runs_of

T = TypeVar("T")

PATIENCE = 5.0
TRIES = 8


@dataclass(frozen=True)
class Plan(Generic[T]):
    """An entry as it was planned: `text` is exactly what git has under `blob`.

    `commit` is None where the branch had it already; `tip` is the branch's commit that holds it, in either case.
    """

    commit: str | None
    branch: str
    tip: str
    path: str
    mode: str
    blob: str
    text: str
    accepted: T


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be committed for one entry.

    `path` is the entry's, relative to the lab; `plan` is the plan's `tip`, `mode` and `blob` are its entry; `lines`
    are records; `block` is what stands between the markers; `message` is the whole commit message; `figures` and
    `files` are bytes by path.
    """

    branch: str
    path: str
    plan: str | None
    mode: str
    blob: str
    lines: list[bytes]
    block: str
    message: str
    figures: dict[str, bytes] = {}
    files: dict[str, bytes] = {}


@dataclass(frozen=True)
class Outcome:
    """What became of the spooled results of one entry; `why` says what is in the way, or what was left out."""

    path: str
    commit: str | None
    state: Literal["committed", "nothing new", "waiting"]
    why: str = ""


@dataclass(frozen=True)
class Pending:
    """Results that wait in the spool."""

    path: str
    branch: str
    runs: int
    file: Path


# ---- the plan


def plan_commit(
    lab: Lab,
    path: str,
    *,
    accept: Callable[[str], T],
    message: Callable[[T], str],
    files: dict[str, bytes] | None = None,
    patience: float = PATIENCE,
) -> Plan[T]:
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
    with locked(lab.repository, patience=patience):
        for number in range(TRIES):
            try:
                return _try_plan(worktree, path, accept, message, files or {}, seen, patience)
            except Moved:
                _back_off(number, patience)
    raise BusyError(f"{lab.path} keeps changing", hint="try again when the other git commands there are done")


def _try_plan(
    worktree: Worktree,
    path: str,
    accept: Callable[[str], T],
    message: Callable[[T], str],
    files: dict[str, bytes],
    seen: dict[str, T],
    patience: float,
) -> Plan[T]:
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
        plain = _plain_changes(repository, tree, files)
        if tree.get(path) == new and not plain:
            return Plan(None, branch, old, path, new.mode, new.blob, text, accepted)
        with bench(repository, worktree, old) as made:
            changes = [Change(path, "planned", tree.get(path), new), *plain, *_left_behind(worktree, old, path)]
            stage_changes(made, draft, changes[1:], Addition())
            said = message(accepted)
            commit = made.commit(changes, old, said)
        arrive(repository, draft, Commit(branch, old, commit, _subject(said), changes, Addition()), patience=patience)
        return Plan(commit, branch, commit, path, new.mode, new.blob, text, accepted)
    finally:
        draft.discard()


def _ready(worktree: Worktree, patience: float) -> tuple[str, str]:
    """Return the journal branch that is checked out, and its tip."""
    await_commit(worktree, patience=patience)
    branch = worktree.head()
    going_on = _going_on(worktree.repository, branch or "", worktree)
    if going_on:
        raise BusyError(going_on, hint="finish it first, or give it up")
    if branch is None:
        raise GitError(f"{worktree.path} has no branch checked out", hint=f"git -C {worktree.path} switch BRANCH")
    tip = worktree.repository.resolve(f"refs/heads/{branch}")
    if tip is None or not is_journal(worktree.repository, tip):
        raise GitError(f"{branch}, which {worktree.path} has checked out, is no journal", hint=f"git -C {worktree.path} switch JOURNAL")
    return branch, tip


def in_the_middle(lab: Lab) -> str:
    """Return what is under way in the lab that commits have to wait for, such as a merge; nothing where all is calm."""
    branch = lab.worktree.head() if lab.worktree else None
    return _going_on(lab.repository, branch or lab.branch, lab.worktree)


def _going_on(repository: Repository, branch: str, worktree: Worktree | None) -> str:
    return busy(repository, branch, worktree) or (unmerged(worktree) if worktree else "")


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


def _plain_changes(repository: Repository, known: dict[str, TreeFile], files: dict[str, bytes]) -> list[Change]:
    changes = [Change(name, "plain", known.get(name), TreeFile("100644", repository.store(data), name)) for name, data in files.items()]
    return [change for change in changes if change.old != change.new]


def uncommitted_plan(lab: Lab, ref: str, path: str, text: str, accepted: T) -> Plan[T]:
    """Return a plan that could not be committed now, because the lab is missing or in the middle of something.

    Its text is stored, and comes to the branch with the results where the entry is not there yet.
    """
    tip = lab.repository.resolve(ref)
    if tip is None:
        raise GitError(f"the branch {ref.removeprefix('refs/heads/')} is gone", hint="bring it back with: gitjournal init")
    return Plan(None, ref.removeprefix("refs/heads/"), tip, path, "100644", lab.repository.store(text.encode()), text, accepted)


def _left_behind(worktree: Worktree, old: str, path: str) -> list[Change]:
    """Return what a renamed entry leaves under its old name: its text goes, its records come along."""
    entries = {file.path: file for file in worktree.repository.tree(old, "entries/")}
    former = renamed(path, entries)
    if former is None or os.path.lexists(worktree.path / former):
        return []
    return [Change(former, "planned", entries[former], None), *_records_moved(entries, former, path)]


def _records_moved(entries: dict[str, TreeFile], former: str, path: str) -> list[Change]:
    source, target = _records_of(former), _records_of(path)
    if source not in entries or target in entries:
        return []
    moved = entries[source]
    return [Change(source, "records", moved, None), Change(target, "records", None, TreeFile(moved.mode, moved.blob, target))]


def _records_of(path: str) -> str:
    return path.removesuffix(ENTRY) + RECORDS


# ---- the spool


def spool(lab: Lab, results: Results) -> Path:
    """Write results down so that no crash loses them; `commit_spooled` does the rest."""
    folder = lab.repository.private / "spool"
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{time.time_ns():020d}-{os.getpid()}-{random.randbytes(4).hex()}"  # noqa: S311 - a file name, no secret
    draft, file = folder / f"{name}.tmp", folder / f"{name}.json"
    try:
        with draft.open("wb") as out:
            out.write(msgspec.json.encode(results))
            out.flush()
            os.fsync(out.fileno())
        draft.replace(file)
    except OSError as fault:
        draft.unlink(missing_ok=True)
        if is_full(fault):
            raise SpaceError("the run that has finished just now") from None
        raise
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return file


def pending(lab: Lab) -> list[Pending]:
    """Return what waits in the spool, oldest first; a file that cannot be read is listed with no runs."""
    found = []
    for file in _spooled(lab.repository):
        try:
            results = _read(file)
        except GitError:
            found.append(Pending(str(file), "", 0, file))
        except FileNotFoundError:
            continue  # committed by another process meanwhile
        else:
            found.append(Pending(results.path, results.branch, len(results.lines), file))
    return found


def spooled(lab: Lab, *, without: Collection[str] = ()) -> dict[str, Results]:
    """Return what waits in the spool by the name of its file, oldest first; files that cannot be read are left out."""
    found = {}
    for file in _spooled(lab.repository):
        if file.name not in without:
            with contextlib.suppress(GitError, FileNotFoundError):  # committed by another process meanwhile
                found[file.name] = _read(file)
    return found


def _spooled(repository: Repository) -> list[Path]:
    return sorted((repository.private / "spool").glob("*.json"))


def _read(file: Path) -> Results:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Results)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise GitError(f"{file} cannot be read: {fault}", hint="was it written by a newer gitjournal?") from None


# ---- the results


def commit_spooled(lab: Lab, *, patience: float = PATIENCE, leave: Callable[[str], bool] = lambda _: False) -> list[Outcome]:
    """Commit what waits in the spool, one commit an entry; what cannot be committed now keeps waiting.

    `leave` is asked with the path of an entry whether its results are still coming in, and are for another to commit.
    """
    if not _spooled(lab.repository):
        return []
    with locked(lab.repository, patience=patience):
        _sweep(lab.repository)
        outcomes = []
        groups: dict[tuple[str, str], list[tuple[Path, Results]]] = {}
        for file in _spooled(lab.repository):
            try:
                results = _read(file)
            except GitError as fault:
                outcomes.append(Outcome(str(file), None, "waiting", str(fault)))
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


def _sweep(repository: Repository) -> None:
    """Remove what was being spooled by a process that is dead: nothing of it was announced."""
    for draft in (repository.private / "spool").glob("*.tmp"):
        try:
            os.kill(int(draft.name.split("-")[1]), 0)
        except ProcessLookupError:
            draft.unlink(missing_ok=True)
        except (PermissionError, ValueError, IndexError):
            continue


def _commit_group(lab: Lab, group: list[Results], patience: float) -> Outcome:
    results = _merged(group)
    why = "the branch keeps changing"
    for number in range(TRIES):
        try:
            return _try_results(lab, results, patience)
        except Moved as fault:
            why = str(fault)
            _back_off(number, patience)
        except SpaceError:
            raise
        except GitjournalError as fault:
            return Outcome(results.path, None, "waiting", str(fault))
    return Outcome(results.path, None, "waiting", why)


def _merged(group: list[Results]) -> Results:
    """Return one for all; what only one can say, the newest says."""
    figures: dict[str, bytes] = {}
    files: dict[str, bytes] = {}
    for results in group:
        figures |= results.figures
        files |= results.files
    lines = [line for results in group for line in results.lines]
    return msgspec.structs.replace(group[-1], lines=lines, figures=figures, files=files)


def _try_results(lab: Lab, results: Results, patience: float) -> Outcome:
    repository = lab.repository
    worktree = holder(repository, results.branch)
    if worktree:
        await_commit(worktree, patience=patience)
    going_on = _going_on(repository, results.branch, worktree)
    if going_on:
        return Outcome(results.path, None, "waiting", going_on)
    old = repository.resolve(f"refs/heads/{results.branch}")
    tip = old or _former_tip(lab, results)
    with bench(repository, worktree, tip) as made:
        additions = _additions(made, tip, results)
        if not additions.changes:
            return Outcome(additions.path, None, "nothing new")
        draft = draft_of(worktree) if worktree else None
        try:
            if draft:
                stage_changes(made, draft, additions.changes, additions.addition)
            commit = made.commit(additions.changes, tip, results.message)
            built = Commit(results.branch, old, commit, _subject(results.message), additions.changes, additions.addition)
            arrive(repository, draft, built, patience=patience, lab=lab.git_dir)
        finally:
            if draft:
                draft.discard()
    return Outcome(additions.path, commit, "committed", additions.why)


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
    changes: list[Change]
    addition: Addition
    why: str = ""


def _additions(made: Bench, tip: str, results: Results) -> _Additions:
    """Work out what the results add to the tree of `tip`."""
    repository = made.repository
    entries = {file.path: file for file in repository.tree(tip, "entries/")}
    path = results.path if results.path in entries else renamed(results.path, entries) or results.path
    records = _records_of(path)
    source = entries.get(records) or _stray_records(records, entries)
    start = (repository.blob(source.blob) or b"") if source else b""
    fresh = _fresh(results.lines, start)
    if results.lines and not fresh:
        return _Additions(path, [], Addition())
    addition = Addition(results.block, fresh)
    entry, why = _entry_with_block(made, path, entries.get(path), results, addition)
    changes = [Change(path, "entry", entries.get(path), entry)]
    if fresh:
        if source and source.path != records:
            changes.append(Change(source.path, "records", source, None))
        blob = repository.store(addition.to_records(start))
        changes.append(Change(records, "records", entries.get(records), TreeFile("100644", blob, records)))
    plain = {**results.figures, **results.files}
    changes += _plain_changes(repository, repository.files(tip, *plain), plain)
    return _Additions(path, [change for change in changes if change.old != change.new], addition, why)


def _stray_records(records: str, entries: dict[str, TreeFile]) -> TreeFile | None:
    """Return the records of an entry that was renamed without them: records that have no text."""
    other = renamed(records, entries)
    return entries[other] if other and other.removesuffix(RECORDS) + ENTRY not in entries else None


def _fresh(lines: list[bytes], start: bytes) -> list[bytes]:
    """Return the lines whose run is not there yet, each run once."""
    known = runs_of(start.split(b"\n"))
    fresh = []
    for line in lines:
        run = runs_of([line])
        if not run <= known:
            fresh.append(line)
            known |= run
    return fresh


def _entry_with_block(made: Bench, path: str, old: TreeFile | None, results: Results, addition: Addition) -> tuple[TreeFile, str]:
    """Return the entry with its block; where its text has no place for one, as it is, and why."""
    base = old or TreeFile(results.mode, results.blob, path)
    try:
        return made.edited(base, lambda text: addition.to_entry(text, path)), ""
    except EntryError as fault:
        return base, f"the runs are recorded, but the block of results was not written: {fault}"


def _subject(message: str) -> str:
    return message.partition("\n")[0]


def _back_off(number: int, patience: float) -> None:
    """Wait longer each time, and all in all hardly longer than `patience` seconds."""
    time.sleep(min(0.02 * 2**number, patience / TRIES) * random.uniform(0.5, 1.5))  # noqa: S311 - so that two do not walk in step
