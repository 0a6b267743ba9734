"""The journal as one value, opened once where a command begins: the entries of the branch at hand, of the others, and the drafts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from gitjournal.entry.model import ID_PATTERN, Entry
from gitjournal.entry.parse import parse
from gitjournal.entry.record import Record, decode_lines
from gitjournal.errors import GitjournalError, UsageError
from gitjournal.git.lab import Lab, find_lab
from gitjournal.git.repository import RefsStamp
from gitjournal.journal.branches import Branch, choose_refs, current_ref, list_branches, short_ref
from gitjournal.journal.drafts import Draft, read_drafts
from gitjournal.journal.entry_ids import PAGE, RECORDS, id_of_page, make_matcher, match_id, page_path
from gitjournal.journal.index.cache import Index
from gitjournal.journal.index.rows import Row, make_row
from gitjournal.journal.index.runs import find_repeated
from gitjournal.journal.records import as_baseline, join_owners
from gitjournal.stats.gain import Baseline

AT_ONCE = 250  # entries read in one call of git: memory stays flat however large the journal is


@dataclass(frozen=True)
class Listed:
    """A row of a list, the branch it stands on (None for a draft that is on none), and its draft where there is one."""

    row: Row
    ref: str | None
    draft: Draft | None = None

    @property
    def branch(self) -> str:
        """The branch as people name it."""
        return short_ref(self.ref) if self.ref else ""

    @property
    def state(self) -> str:
        """The state in words; a committed entry that was edited since says so."""
        return f"{self.row.state}, edited" if self.draft and self.ref else self.row.state


@dataclass(frozen=True)
class Opened:
    """One entry, read whole: as committed, else as its draft. `records` hold their owners' metrics."""

    entry: Entry
    listed: Listed
    records: list[Record]

    @property
    def as_baseline(self) -> Baseline:
        """The entry as another is compared with it."""
        return as_baseline(self.entry.id, self.entry.front, self.records)


class Journal:
    """One journal, with its index: what commands ask of it is one method each, so that all of them ask the same.

    It knows where it is checked out, and which of its branches is at hand.

    Made by `open_journal` once, where a command begins, and handed to whatever is done; `refresh` looks again. `settings` is the
    text of the current branch's journal.yaml.
    """

    def __init__(self, lab: Lab, index: Index) -> None:
        self.lab, self.index = lab, index
        self.current, self.settings = "", b""
        self._drafts: list[Draft] | None = None
        self._stamp: RefsStamp | None = None
        self._branches: dict[str, Branch] = {}

    @property
    def refs(self) -> dict[str, str]:
        """The branches that count and their commits, the current one first."""
        return self.index.refs

    @property
    def drafts(self) -> list[Draft]:
        """The entries in the lab folder that are new or were edited; git is asked when they are first wanted."""
        if self._drafts is None:
            self._drafts = read_drafts(self.lab)
        return self._drafts

    def refresh(self) -> None:
        """Look again, where another process may have come in between. While no branch moves, nothing is read.

        Raises BusyError where another process holds the index for more than a minute.
        """
        self._drafts = None
        stamp, current = self.lab.repository.refs_stamp(), current_ref(self.lab)
        if stamp is not None and (stamp, current) == (self._stamp, self.current):
            return
        branches = list_branches(self.lab)
        if (branches, current) != (self._branches, self.current):
            refs, self.settings = choose_refs(self.lab, current, branches)
            self.index.refresh(refs)
        self._stamp, self._branches, self.current = stamp, branches, current

    def pass_over(self, branch: str, old: str, new: str) -> None:
        """Take a commit of this very process for seen, which brought no results: for it alone nothing is read again.

        Where another process has moved the branch in between, so that `old` is not what was seen last, it is looked at.
        """
        ref = f"refs/heads/{branch}"
        seen_branch = self._branches.get(ref)
        if seen_branch is not None and seen_branch.commit == old:
            self._branches = {**self._branches, ref: replace(seen_branch, commit=new)}

    def current_entries(self) -> list[Listed]:
        """Return the entries of the current branch, and the drafts."""
        edited = {draft.path: draft for draft in self.drafts}
        rows = self.index.entries(self.current)
        listed = [Listed(row, self.current, edited.get(row.path)) for row in rows]
        committed = {row.path for row in rows}
        return listed + [_draft_row(draft) for draft in self.drafts if draft.path not in committed]

    def all_entries(self) -> list[Listed]:
        """Return also what only the other branches hold, each entry once, from the most important branch."""
        by_id = {listed.row.id: listed for listed in reversed(self.current_entries())}
        for ref in self.index.refs:
            for row in self.index.entries(ref):
                by_id.setdefault(row.id, Listed(row, ref))
        return list(by_id.values())

    def repeated(self) -> list[tuple[Row, Row]]:
        """Return the entries of the current branch that did the same run without saying so, the later one first."""
        return find_repeated(self.index, self.current)

    def ids(self) -> list[str]:
        """Return the ids of the drafts and of the entries of all branches; one that is both comes twice."""
        return [*(draft.id for draft in self.drafts), *self.index.ids()]

    def resolve(self, part: str) -> str:
        """Return the id that `part` means. Raises UsageError with the candidates."""
        whole = id_of_page(part)
        if ID_PATTERN.match(whole) and (self.lab.path / page_path(whole)).is_file():
            return whole  # nothing else can be meant, so that git need not list the drafts
        return match_id(part, self.ids())

    def find_each(self, parts: Iterable[str], listed: Sequence[Listed]) -> dict[str, Listed]:
        """Return the committed entries that these parts mean, of those `listed` already where they are among them.

        What means none or several, or cannot be read, is left out.
        """
        by_id = {entry.row.id: entry for entry in listed if entry.ref is not None}
        find_one = make_matcher(self.ids())
        listed_by_part = {}
        for part in dict.fromkeys(parts):
            entry_id = find_one(part)
            if entry_id and entry_id not in by_id and (place := self.index.entry(entry_id)):
                by_id[entry_id] = Listed(place[1], place[0])
            if entry_id in by_id:
                listed_by_part[part] = by_id[entry_id]
        return listed_by_part

    def baseline(self, part: str) -> Baseline | None:
        """Return the entry that `part` means with its results; None for a draft, of which nothing is committed yet.

        Raises UsageError where none or several fit, EntryError where it cannot be understood.
        """
        listed = self.find(part)
        return self.open(listed).as_baseline if listed.ref else None

    def find(self, part: str) -> Listed:
        """Return the entry that `part` means, wherever it is. Raises UsageError with the candidates."""
        entry_id = self.resolve(part)
        draft = next((draft for draft in self.drafts if draft.id == entry_id), None)
        place = self.index.entry(entry_id)
        if place:
            ref, row = place
            return Listed(row, ref, draft if draft and draft.path == row.path else None)
        if draft:
            return _draft_row(draft)
        raise UsageError(f"{entry_id} is in the journal but cannot be read", hint="see: gitjournal ls --all")

    def open(self, listed: Listed) -> Opened:
        """Read an entry with its records.

        Raises EntryError with the place of whatever cannot be understood.
        """
        if listed.draft and listed.ref is None:
            return Opened(parse(listed.draft.text, entry_id=listed.row.id, file=listed.row.path), listed, [])
        return self._read(listed, self.lab.repository.blobs(_blob_names([listed])))

    def open_each(self, listed: Sequence[Listed]) -> Iterator[Opened | GitjournalError]:
        """Read many committed entries in few calls of git; for one that cannot be understood, give what is wrong with it."""
        for at in range(0, len(listed), AT_ONCE):
            chunk = listed[at : at + AT_ONCE]
            blobs = self.lab.repository.blobs(_blob_names(chunk))
            for entry in chunk:
                try:
                    yield self._read(entry, blobs)
                except GitjournalError as fault:
                    yield fault
                except RecursionError:
                    yield GitjournalError(f"{entry.row.path}: nested too deep")

    def _read(self, listed: Listed, blobs: Mapping[str, bytes]) -> Opened:
        row = listed.row
        records = decode_lines(blobs.get(row.records, b""), file=row.path.removesuffix(PAGE) + RECORDS)
        text = blobs.get(row.page, b"").decode(errors="replace")
        return Opened(parse(text, entry_id=row.id, file=row.path), listed, join_owners(records, self.index))


@contextmanager
def open_journal(start: Path, lab: Lab | None = None, *, on_disk: bool = True) -> Iterator[Journal]:
    """Open the journal that belongs to `start` (or this one), brought up to date; one that is not `on_disk` writes no index.

    Raises GitError with the way out where there is no journal.
    """
    lab = lab or find_lab(start)
    with lab.repository.objects.kept(), Index.open(lab.repository, on_disk=on_disk) as index:
        journal = Journal(lab, index)
        journal.refresh()
        yield journal


def _blob_names(listed: Iterable[Listed]) -> list[str]:
    return list(dict.fromkeys(name for entry in listed for name in (entry.row.page, entry.row.records) if name))


def _draft_row(draft: Draft) -> Listed:
    row = Row(state="draft", error=draft.error) if draft.error else make_row(draft.text.encode(), [], stem=draft.path.removesuffix(PAGE))
    row = msgspec.structs.replace(row, id=draft.id, state="draft", path=draft.path)
    return Listed(row, None, draft)
