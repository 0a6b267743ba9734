"""The state of an entry before it runs: its text and records, its baseline, and whether it may run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gitjournal.entry import settings as config
from gitjournal.entry.changes import advise_new_entry, changed_after_plan
from gitjournal.entry.model import Entry
from gitjournal.entry.parse import parse
from gitjournal.entry.record import Record, decode_lines, runs_among
from gitjournal.entry.summary import COUNTS, Key
from gitjournal.errors import EntryError, GitjournalError, Place, UsageError
from gitjournal.git.lab import Lab, work_root
from gitjournal.git.process import run_git
from gitjournal.git.spool import read_spool
from gitjournal.journal.branches import short_ref
from gitjournal.journal.entries import entry_text
from gitjournal.journal.entry_ids import page_path, records_path
from gitjournal.journal.index.runs import Run
from gitjournal.journal.journal import Journal
from gitjournal.journal.records import join_owners
from gitjournal.run.plan import Workplace
from gitjournal.stats.gain import Baseline
from gitjournal.stats.looks import is_look
from gitjournal.worker.jobs import AskWorker

_HEAD = b"# branch.oid "  # git-status(1), porcelain format 2


@dataclass(frozen=True)
class Subject:
    """One entry as it stands in lab/ (or on the branch `ref`, where lab/ is missing), with its own records.

    Records that wait in the spool are among them (`waiting`): then the file in lab/ may be without what its plan filled in.
    """

    journal: Journal
    root: Path
    entry: Entry
    path: str
    ref: str
    records: list[Record]
    waiting: bool

    @property
    def lab(self) -> Lab:
        """Where the journal is checked out."""
        return self.journal.lab

    @property
    def private(self) -> Path:
        """Where caches, and what is kept of runs, lie on this clone."""
        return self.journal.lab.repository.private

    def workplace(self, ask: AskWorker) -> Workplace:
        """Return where the entry is planned, with a worker to ask."""
        return Workplace(self.root, self.private, ask)


def read_subject(journal: Journal, start: Path, entry_id: str) -> Subject:
    """Read an entry for running, after another look at the journal.

    Raises EntryError with file, line and column, and GitjournalError where the entry stands on another branch only.
    """
    lab, path = journal.lab, page_path(entry_id)
    waiting = _waiting_records(lab, path)  # first: what is committed meanwhile is then read twice, and not missed
    journal.refresh()
    ref = journal.current
    entry = read_at_hand(journal, start, entry_id)
    blob = journal.index.records_of(ref, entry_id)
    records = decode_lines((lab.repository.blob(blob) if blob else None) or b"", file=records_path(entry_id))
    committed = {one.run for one in records}
    records += [one for one in waiting if one.run not in committed]
    return Subject(
        journal,
        work_root(lab, start),
        entry,
        path,
        ref,
        join_owners(records, journal.index),
        bool(waiting),
    )


def read_at_hand(journal: Journal, start: Path, entry_id: str) -> Entry:
    """Return an entry as it stands in lab/, or on the current branch where lab/ is missing.

    Raises EntryError with file, line and column, and GitjournalError where the entry stands on another branch only.
    """
    lab, ref = journal.lab, journal.current
    text = _text(lab, entry_id, ref)
    if text is None:
        holder = next((other for other in journal.refs if entry_text(lab, entry_id, other) is not None), None)
        where = f"on branch {short_ref(holder)}, not on {short_ref(ref)}" if holder else "gone"
        raise GitjournalError(f"{entry_id} is {where}", hint=f"switch to it: git -C {lab.path.name} switch {short_ref(holder or ref)}")
    return parse(text, entry_id=entry_id, file=os.path.relpath(lab.path / page_path(entry_id), start))


def _waiting_records(lab: Lab, path: str) -> list[Record]:
    """Return the records of an entry that are not committed yet, as during a merge."""
    waiting = [results for results in read_spool(lab).values() if results.path == path]
    return [one for results in waiting for one in decode_lines(b"".join(results.lines), file=path)]


def _text(lab: Lab, entry_id: str, ref: str) -> str | None:
    file = lab.path / page_path(entry_id)
    if not lab.path.is_dir():
        return entry_text(lab, entry_id, ref)
    if file.is_symlink():
        raise EntryError("a link, not a file; an entry is a file of its own", place=Place(str(file)))
    try:
        return file.read_bytes().decode()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as fault:
        line = file.read_bytes()[: fault.start].count(b"\n") + 1
        raise EntryError("not UTF-8 text", place=Place(str(file), line)) from None


def check_may_run(subject: Subject) -> None:
    """Raise where the entry may not run: retracted, a protected branch, or a declaration changed after results."""
    entry, front = subject.entry, subject.entry.front
    if front.retracted:
        raise GitjournalError(f"retracted: {front.retracted}", place=entry.place("retracted"), hint=advise_new_entry(entry.short_id))
    settings = config.parse(subject.journal.settings.decode(errors="replace"))
    if settings.protect and subject.ref == f"refs/heads/{subject.lab.branch}":
        raise GitjournalError(
            f"`{subject.lab.branch}` is protected: results come in by pull request",
            hint=f"begin a branch for it: git -C {subject.lab.path.name} switch -c exp/{entry.short_id}",
        )
    if not front.hypothesis and settings.hypothesis == "error":
        raise EntryError("`hypothesis` is missing, and journal.yaml asks for one", place=entry.place(), hint="say what you expect, and why")
    if not subject.waiting:
        check_declaration(subject, entry)


def read_first_plan(subject: Subject) -> Entry | None:
    """Return the entry as it was planned before its first own run, or None where it has none."""
    blob = next((one.plan for one in subject.records if one.owned and one.plan), None)
    stored = subject.lab.repository.blob(blob) if blob else None
    return parse(stored.decode(), entry_id=subject.entry.id, file=f"the plan of {subject.entry.id}") if stored else None


def check_declaration(subject: Subject, entry: Entry) -> None:
    """Raise where `entry` declares something else than was planned before its first own run."""
    planned = read_first_plan(subject)
    if planned is None:
        return
    for name in changed_after_plan(planned.front, entry.front):
        raise EntryError(
            f"`{name}` was changed after results came in",
            place=entry.document.key_place((name,)),
            hint=advise_new_entry(entry.short_id, "put it back", diff=True),
        )


def check_growth(subject: Subject, keys: Sequence[Key]) -> None:
    """Raise where a run on record is no longer declared: grid and seeds may grow after results, not shrink."""
    left_out = {one.key for one in subject.records if not is_look(one)} - set(keys)
    if left_out:
        entry = subject.entry
        if entry.front.own_function is not None:
            raise EntryError(
                f"the code of {entry.front.own_function} has changed since {len(left_out)} runs on record",
                place=entry.place("procedure"),
                hint=advise_new_entry(entry.short_id, "bring it back"),
            )
        where = "grid" if entry.front.grid else "seeds"
        raise EntryError(
            f"{len(left_out)} runs on record are no longer declared; grid and seeds may grow after results, not shrink",
            place=entry.place(where),
            hint=advise_new_entry(entry.short_id, "put the values back", diff=True),
        )


def split_by_outcome(records: Sequence[Record]) -> tuple[set[Key], set[Key]]:
    """Return the runs that are done, and those that only ever failed."""
    counted = {one.key for one in records if one.status in COUNTS}
    return counted, {one.key for one in runs_among(records)} - counted


def is_done_by_another(run: Run, entry_id: str) -> bool:
    """Whether another entry than `entry_id` has done this run, and still counts."""
    return run.entry != entry_id and run.status in COUNTS and run.origin is None and run.state != "retracted"


def read_baseline(subject: Subject) -> Baseline | None:
    """Return the entry that this one is compared with. Raises EntryError at `baseline:` where none or several fit."""
    named = subject.entry.front.baseline
    if named is None:
        return None
    try:
        return subject.journal.baseline(named)
    except UsageError as fault:
        raise EntryError(f"`baseline`: {fault.message}", hint=fault.hint, place=subject.entry.place("baseline")) from None


@dataclass(frozen=True)
class CodeState:
    """The commit of the person's own code, and whether tracked files differ from it; no commit where there is none."""

    commit: str | None = None
    dirty: bool = False


def read_code_state(root: Path) -> CodeState:
    """Return in which state the code below `root` is, by one question to git."""
    status = run_git(["status", "--porcelain=v2", "--branch", "--untracked-files=no", "-z"], cwd=root)
    if status.returncode:  # no worktree, as in a bare repository
        head = run_git(["rev-parse", "--verify", "--quiet", "HEAD"], cwd=root)
        return CodeState(head.stdout.decode().strip() or None if head.returncode == 0 else None)
    lines = [line for line in status.stdout.split(b"\0") if line]
    commit = next((line.removeprefix(_HEAD).decode() for line in lines if line.startswith(_HEAD)), "(initial)")
    return CodeState() if commit == "(initial)" else CodeState(commit, any(not line.startswith(b"#") for line in lines))
