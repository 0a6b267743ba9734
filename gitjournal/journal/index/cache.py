"""The index: a cache in SQLite of what the journal branches hold. May be deleted at any time.

Everything is keyed by blob ids, so what was read once is never read again, on whatever branch it appears. It is
brought up to date by the difference of the tree that was seen last and the tree of now, and rebuilt without a word
where it is missing, old or damaged. Where nothing can be written it lives in memory.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from gitjournal.entry.record import Record, Scores
from gitjournal.entry.summary import COUNTS, Key
from gitjournal.git.repository import Repository
from gitjournal.journal.entry_ids import PAGE, can_mean, page_path
from gitjournal.journal.index.file import IndexFile, transaction
from gitjournal.journal.index.rows import Row, id_of
from gitjournal.journal.index.update import KEYS_AT_ONCE, Update

NAME = "index.sqlite"

T = TypeVar("T")

_RUNS = """
SELECT r.run, r.fingerprint, r.seed, r.status, r.origin, r.at, r.metrics, r.seconds, p.stem, w.value, f.name
FROM runs r JOIN blobs b ON b.id = r.blob JOIN places p ON p.records = b.name JOIN refs f ON f.id = p.ref
LEFT JOIN rows w ON w.page = p.page AND w.records = p.records
WHERE r.fingerprint IN ({marks}) ORDER BY f.rank, p.stem, r.line
"""
_HOLDERS = """
SELECT b.name, r.run, r.fingerprint, r.seed, r.at FROM runs r JOIN blobs b ON b.id = r.blob
WHERE r.fingerprint IN ({marks}) AND r.origin IS NULL AND r.status = 'done'
"""
_RESULTS = """
SELECT b.name, r.fingerprint, c.canonical, r.status, r.metrics, r.seconds
FROM blobs b CROSS JOIN runs r ON r.blob = b.id CROSS JOIN configurations c ON c.data = ? AND c.fingerprint = r.fingerprint
WHERE b.name IN ({marks}) AND r.origin IS NULL AND r.status NOT IN ('final', 'skipped')
"""
_ENTRIES = """
SELECT f.name, p.stem, p.page, p.records, w.value
FROM places p JOIN refs f ON f.id = p.ref JOIN rows w ON w.page = p.page AND w.records = p.records
WHERE p.page <> ''
"""


_LOOKERS = """
SELECT f.name, p.stem, w.value FROM configurations c JOIN runs r ON r.fingerprint = c.fingerprint AND r.status = 'final'
JOIN blobs b ON b.id = r.blob JOIN places p ON p.records = b.name JOIN refs f ON f.id = p.ref
LEFT JOIN rows w ON w.page = p.page AND w.records = p.records WHERE c.data = ? GROUP BY f.name, p.stem ORDER BY f.rank, p.stem
"""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A run as the index knows it, and where it stands. `origin` names its owner, where this entry only uses it."""

    run: str
    fingerprint: str
    seed: int | None
    status: str
    origin: str | None
    at: str | None
    metrics: Scores
    seconds: float | None
    entry: str
    title: str
    state: str
    ref: str

    @property
    def key(self) -> Key:
        """The identity of the run."""
        return (self.fingerprint, self.seed)


class Result(msgspec.Struct, frozen=True):
    """What one run came to: `data` is the hash of its data, `canonical` its text, `scores` those of its dev part."""

    data: str
    fingerprint: str
    canonical: str
    status: str
    scores: dict[str, float | None]
    seconds: float | None
    row: Row


class Holder(msgspec.Struct, frozen=True):
    """A run that was done, and the blob of the records that say so."""

    blob: str
    run: str
    fingerprint: str
    seed: int | None
    at: str | None


_row_decoder = msgspec.json.Decoder(Row)
_scores_decoder = msgspec.json.Decoder(Scores)


class Index:
    """Open one with `Index.open`, bring it up to date with `refresh`, then ask."""

    def __init__(self, repository: Repository, *, kept: bool = True) -> None:
        self.repository = repository
        self.refs: dict[str, str] = {}
        self._rows: dict[str, Row] | None = None
        self._file = IndexFile(repository.private / NAME, kept=kept)

    @property
    def path(self) -> Path:
        """Its file."""
        return self._file.path

    @classmethod
    @contextmanager
    def open(cls, repository: Repository, *, kept: bool = True) -> Iterator[Index]:
        """Open the index of a repository for the length of a `with`; one that is not `kept` lives in memory and writes nothing."""
        index = cls(repository, kept=kept)
        try:
            yield index
        finally:
            index.close()

    def close(self) -> None:
        """Close the file."""
        self._file.connection.close()

    def refresh(self, refs: Mapping[str, str]) -> None:
        """Make the index hold exactly these refs (full name -> commit), the most important first.

        Raises BusyError where another process holds the index for more than a minute.
        """
        self.refs, self._rows = dict(refs), None
        self._mended(self._catch_up)

    def _catch_up(self) -> None:
        update = self._update()
        if update.needed:
            update.run()

    def _update(self) -> Update:
        return Update(self._file.connection, self.repository, self.refs)

    def entries(self, ref: str) -> list[Row]:
        """Return the entries of one ref, in the order of their ids."""
        found = self._ask(f"{_ENTRIES} AND f.name = ? ORDER BY p.stem", (ref,))
        return [_placed(values) for values in found]

    def entry(self, entry_id: str) -> tuple[str, Row] | None:
        """Return an entry and the ref it was found on, the most important ref first."""
        found = self._ask(f"{_ENTRIES} AND p.stem LIKE ? ORDER BY f.rank LIMIT 1", (f"%/{entry_id}",))
        return (found[0][0], _placed(found[0])) if found else None

    def ids(self) -> list[str]:
        """Return the ids of all entries of all refs."""
        return list(dict.fromkeys(id_of(stem) for (stem,) in self._ask("SELECT DISTINCT stem FROM places WHERE page <> ''", ())))

    def runs(self, fingerprint: str) -> list[Run]:
        """Return every run of one configuration, the most important ref first."""
        return self._runs([fingerprint])

    def find_runs(self, keys: Sequence[Key]) -> list[Run]:
        """Return every run of these fingerprints and seeds; one that stands on several refs comes once, on the most important.

        The caller decides what counts: a run may have failed, belong to another entry (`origin`) or be retracted (`state`).
        """
        wanted = set(keys)
        fingerprints = list(dict.fromkeys(fingerprint for fingerprint, _ in keys))
        found = [
            run
            for at in range(0, len(fingerprints), KEYS_AT_ONCE)
            for run in self._runs(fingerprints[at : at + KEYS_AT_ONCE])
            if run.key in wanted
        ]
        return list({(run.entry, run.run): run for run in reversed(found)}.values())[::-1]

    def repeated(self, ref: str) -> list[tuple[Row, Row]]:
        """Return the entries of one ref that did the same run without saying so, each pair once, the later one first.

        A merge that git found clean can bring two of them together.
        """
        named = self._ask(
            "SELECT f.name, p.stem, p.page, p.records, w.value, o.other FROM pairs o JOIN refs f ON f.id = o.ref "
            "JOIN places p ON p.ref = o.ref AND p.stem = o.stem JOIN rows w ON w.page = p.page AND w.records = p.records WHERE f.name = ?",
            (ref,),
        )
        rows = {values[1]: _placed(values[:5]) for values in named}
        found = []
        for _, stem, *_, other in named:
            mine, theirs = rows[stem], rows.get(other)
            if theirs and (mine.at or "", mine.id) > (theirs.at or "", theirs.id) and not _declared(mine, theirs):
                found.append((mine, theirs))
        return found

    def records_of(self, ref: str, entry_id: str) -> str:
        """Return the blob of an entry's records on one ref, "" where it has none there."""
        stem = page_path(entry_id).removesuffix(PAGE)
        found = self._ask("SELECT p.records FROM places p JOIN refs f ON f.id = p.ref WHERE f.name = ? AND p.stem = ?", (ref, stem))
        return found[0][0] if found else ""

    def record_blobs(self) -> set[str]:
        """Return the blobs of all records files that were read."""
        return {name for (name,) in self._ask("SELECT name FROM blobs", ())}

    def holders(self, fingerprints: Sequence[str]) -> list[Holder]:
        """Return every run of some configurations that an entry did itself and that counts, by the blob of its records."""
        found = []
        for at in range(0, len(fingerprints), KEYS_AT_ONCE):
            chunk = fingerprints[at : at + KEYS_AT_ONCE]
            found += [Holder(*values) for values in self._ask(_HOLDERS.format(marks=",".join("?" * len(chunk))), chunk)]
        return found

    def fingerprints_outside(self, ids: Collection[str]) -> set[str]:
        """Return the configurations that were run by entries other than these."""
        stems = self._ask("SELECT DISTINCT stem, records FROM places WHERE records <> ''", ())
        blobs = sorted({blob for stem, blob in stems if id_of(stem) not in ids})
        found: set[str] = set()
        for at in range(0, len(blobs), KEYS_AT_ONCE):
            chunk = blobs[at : at + KEYS_AT_ONCE]
            marks = ",".join("?" * len(chunk))
            asked = f"SELECT DISTINCT r.fingerprint FROM runs r JOIN blobs b ON b.id = r.blob WHERE b.name IN ({marks})"  # noqa: S608
            found |= {fingerprint for (fingerprint,) in self._ask(asked, chunk)}
        return found

    def is_sound(self) -> bool:
        """Whether the file on the disk is a whole database; true where there is none."""
        return self._file.is_sound()

    def configurations(self, data_hash: str) -> dict[str, str]:
        """Return the canonical text of every configuration that was run on these data, by fingerprint."""
        return dict(self._ask("SELECT fingerprint, canonical FROM configurations WHERE data = ?", (data_hash,)))

    def lookers(self, data_hash: str) -> list[tuple[str, str, str]]:
        """Return (ref, id, title) of every entry that looked at the test part of some data, the most important ref first."""
        found = self._ask(_LOOKERS, (data_hash,))
        return [(ref, id_of(stem), _row_decoder.decode(row).title if row else "") for ref, stem, row in found]

    def results(self, near: str = "", most: int | None = None) -> list[Result]:
        """Return what every run came to that an entry did itself and that is not retracted, each once.

        Where there are more than about `most` runs, those of whole entries: first the ones on the data with the hash `near`, then the
        newest.
        """
        rows = sorted(self._standing().values(), key=lambda row: (row.data_hash == near, row.at or "", row.id), reverse=True)
        return self._results_of(rows, most)

    def results_on(self, data: str, most: int) -> list[Result]:
        """Return what the runs on the data with this hash came to; where there are more than about `most`, those of the newest entries."""
        rows = [row for row in self._standing().values() if row.data_hash == data]
        return self._results_of(sorted(rows, key=lambda row: (row.at or "", row.id), reverse=True), most)

    def _standing(self) -> dict[str, Row]:
        """Return the entries that have records and are not retracted, by the blob of those."""
        if self._rows is None:
            found = (row for ref in reversed(self.refs) for row in self.entries(ref))
            self._rows = {row.records: row for row in found if row.records and row.state != "retracted"}
        return self._rows

    def _results_of(self, rows: Sequence[Row], most: int | None) -> list[Result]:
        before = accumulate((row.runs for row in rows), initial=0)
        kept = {row.records: row for row, runs in zip(rows, before, strict=False) if most is None or runs < most}
        by_data: dict[str, list[str]] = {}
        for blob, row in kept.items():
            by_data.setdefault(row.data_hash, []).append(blob)
        return [one for data, blobs in by_data.items() for one in self._results(data, blobs, kept)]

    def _results(self, data: str, blobs: Sequence[str], rows: Mapping[str, Row]) -> Iterator[Result]:
        for at in range(0, len(blobs), KEYS_AT_ONCE):
            chunk = blobs[at : at + KEYS_AT_ONCE]
            for blob, name, canonical, status, metrics, seconds in self._ask(
                _RESULTS.format(marks=",".join("?" * len(chunk))), [data, *chunk]
            ):
                yield Result(data, name, canonical, status, _scores_decoder.decode(metrics).get("dev", {}), seconds, rows[blob])

    def ideas(self, pages: Iterable[str]) -> dict[str, bytes]:
        """Return what is kept of some pages (blobs) by `keep_ideas`."""
        wanted = set(pages)
        return {page: value for page, value in self._ask("SELECT page, value FROM ideas", ()) if page in wanted}

    def keep_ideas(self, ideas: Mapping[str, bytes]) -> None:
        """Keep what entries are about, by the blob of their page. Unlike a row, it is worked out only when it is first asked for."""
        self._mended(lambda: self._keep_ideas(list(ideas.items())))

    def owners(self, records: Iterable[Record]) -> dict[Key, Scores]:
        """Return the metrics of the runs that these records take from other entries."""
        keys = [record.key for record in records if not record.owned and not record.metrics]
        found = [run for run in self.find_runs(keys) if run.origin is None and run.status in COUNTS]
        return {run.key: run.metrics for run in reversed(found)}

    def _keep_ideas(self, ideas: Sequence[tuple[str, bytes]]) -> None:
        with transaction(self._file.connection):
            self._file.connection.executemany("INSERT OR REPLACE INTO ideas VALUES (?, ?)", ideas)

    def _runs(self, fingerprints: Sequence[str]) -> list[Run]:
        marks = ",".join("?" * len(fingerprints))
        return [_run(values) for values in self._ask(_RUNS.format(marks=marks), fingerprints)]

    def _ask(self, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        return self._mended(lambda: self._file.connection.execute(statement, values).fetchall())

    def _mended(self, action: Callable[[], T]) -> T:
        """Do `action`; where the file turns out damaged or cannot be written, make a new index and do it again."""
        try:
            return action()
        except sqlite3.DatabaseError as fault:
            self._file.replace(fault)
            self._update().run()
            return action()


def _declared(mine: Row, theirs: Row) -> bool:
    """Whether it is known that one repeats the other, or one of them no longer counts."""
    said = any(can_mean(one.replicates or "", other.id) for one, other in ((mine, theirs), (theirs, mine)))
    return said or "retracted" in (mine.state, theirs.state)


def _placed(values: tuple[Any, ...]) -> Row:
    _, stem, page, records, row = values
    return msgspec.structs.replace(_row_decoder.decode(row), id=id_of(stem), page=page, records=records, path=f"{stem}{PAGE}")


def _run(values: tuple[Any, ...]) -> Run:
    run, fingerprint, seed, status, origin, at, metrics, seconds, stem, row, ref = values
    found = _row_decoder.decode(row) if row else Row()
    return Run(
        run=run,
        fingerprint=fingerprint,
        seed=seed,
        status=status,
        origin=origin,
        at=at,
        metrics=_scores_decoder.decode(metrics),
        seconds=seconds,
        entry=id_of(stem),
        title=found.title,
        state=found.state,
        ref=ref,
    )
