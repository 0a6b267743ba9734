"""The index: a cache in SQLite of what the journal branches hold. May be deleted at any time.

Everything is keyed by blob ids, so what was read once is never read again, on whatever branch it appears. It is
brought up to date by the difference of the tree that was seen last and the tree of now, and rebuilt without a word
where it is missing, old or damaged. Where nothing can be written it lives in memory.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import accumulate
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from gitjournal import verdict
from gitjournal.entry import ID_PATTERN, Entry, FrontMatter
from gitjournal.errors import BusyError, EntryError, GitError
from gitjournal.journal import FOLDER, PAGE, RECORDS, names, read_entry
from gitjournal.looks import last_look
from gitjournal.record import Record, Scores, decode_lines
from gitjournal.repo import Repository, git_bytes
from gitjournal.summary import COUNTS, Key, data_argument, data_label, estimator_label, join, state, summarise
from gitjournal.verdict import Verdict

SCHEMA = 7
NAME = "index.sqlite"
WAIT_SECONDS = 60.0
ENTRIES_AT_ONCE = 250  # about 10 MB of records: memory stays flat however large the journal is
KEYS_AT_ONCE = 500  # below the 999 variables that old SQLite takes

T = TypeVar("T")
Pair = tuple[str, str, str]  # blob of a page, blob of its records, path without its ending

# a folder that cannot be written, a full disk: then the index lives in memory
_CANNOT_WRITE = ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_PERM", "SQLITE_PROTOCOL")

_TABLES = """
CREATE TABLE refs (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, revision TEXT NOT NULL, rank INTEGER NOT NULL);
CREATE TABLE places (
    ref INTEGER NOT NULL, stem TEXT NOT NULL, page TEXT NOT NULL, records TEXT NOT NULL, PRIMARY KEY (ref, stem)
) WITHOUT ROWID;
CREATE INDEX places_by_records ON places (records);
CREATE TABLE blobs (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE runs (
    blob INTEGER NOT NULL, line INTEGER NOT NULL, run TEXT NOT NULL, fingerprint TEXT NOT NULL, seed INTEGER,
    status TEXT NOT NULL, origin TEXT, at TEXT, metrics BLOB NOT NULL, seconds REAL, PRIMARY KEY (blob, line)
) WITHOUT ROWID;
CREATE INDEX runs_by_fingerprint ON runs (fingerprint, seed);
CREATE INDEX runs_that_look ON runs (fingerprint) WHERE status = 'final';
CREATE TABLE configurations (
    data TEXT NOT NULL, fingerprint TEXT NOT NULL, canonical TEXT NOT NULL, PRIMARY KEY (data, fingerprint)
) WITHOUT ROWID;
CREATE TABLE rows (
    page TEXT NOT NULL, records TEXT NOT NULL, value BLOB NOT NULL, open INTEGER NOT NULL, PRIMARY KEY (page, records)
) WITHOUT ROWID;
CREATE TABLE ideas (page TEXT PRIMARY KEY, value BLOB NOT NULL);
CREATE TABLE pairs (ref INTEGER NOT NULL, stem TEXT NOT NULL, other TEXT NOT NULL, PRIMARY KEY (ref, stem, other)) WITHOUT ROWID;
"""

# which other entries of the same ref have done a run of this entry too; CROSS JOIN keeps SQLite to this order, which goes
# from an entry to its runs to the same runs of others: it has no statistics, and the orders that it guesses take minutes
_PAIRS = """
INSERT OR IGNORE INTO pairs
SELECT p.ref, p.stem, q.stem FROM places p CROSS JOIN blobs b ON b.name = p.records CROSS JOIN runs r ON r.blob = b.id
CROSS JOIN runs s ON s.fingerprint = r.fingerprint AND s.seed IS r.seed AND s.blob <> r.blob
CROSS JOIN blobs c ON c.id = s.blob CROSS JOIN places q ON q.records = c.name AND q.ref = p.ref
WHERE p.ref = ? {which} AND r.origin IS NULL AND r.status = 'done' AND s.origin IS NULL AND s.status = 'done'
"""

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


class Row(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One entry in a list. `values` are the scores of its best configuration by PART.METRIC, means over seeds.

    `tested` says that its split has a test part, `look` is the run id of its last look there, whose scores are among `values`.
    `verdict` is what came of `expect` ("" where nothing was judged), `came_out` what was measured then, one for each.
    """

    id: str = ""
    title: str = ""
    state: str = "planned"
    error: str = ""
    metric: str | None = None
    values: dict[str, float] = {}
    sd: float | None = None
    seeds: int = 0
    runs: int = 0
    failed: int = 0
    data: str = ""
    data_hash: str = ""
    source: str = ""
    tested: bool = False
    look: str = ""
    estimator: str = ""
    tags: list[str] = []
    baseline: str | None = None
    replicates: str | None = None
    from_: str | None = None
    expect: list[str] = []
    confidence: float | None = None
    verdict: str = ""
    came_out: list[str] = []
    at: str | None = None
    page: str = ""
    records: str = ""
    path: str = ""

    @property
    def best(self) -> float | None:
        """The deciding score of the best configuration."""
        return self.values.get(f"dev.{self.metric}")


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
        self.path = repository.private / NAME
        self._kept = kept
        self.refs: dict[str, str] = {}
        self._connection = self._connect()

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
        self._connection.close()

    def refresh(self, refs: Mapping[str, str]) -> None:
        """Make the index hold exactly these refs (full name -> commit), the most important first.

        Raises BusyError where another process holds the index for more than a minute.
        """
        self.refs = dict(refs)
        self._mended(self._catch_up)

    def _catch_up(self) -> None:
        if self._stored() != list(self.refs.items()):
            self._update()

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
        return list(dict.fromkeys(_entry_id(stem) for (stem,) in self._ask("SELECT DISTINCT stem FROM places WHERE page <> ''", ())))

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
        blobs = sorted({blob for stem, blob in stems if _entry_id(stem) not in ids})
        found: set[str] = set()
        for at in range(0, len(blobs), KEYS_AT_ONCE):
            chunk = blobs[at : at + KEYS_AT_ONCE]
            marks = ",".join("?" * len(chunk))
            asked = f"SELECT DISTINCT r.fingerprint FROM runs r JOIN blobs b ON b.id = r.blob WHERE b.name IN ({marks})"  # noqa: S608
            found |= {fingerprint for (fingerprint,) in self._ask(asked, chunk)}
        return found

    def is_sound(self) -> bool:
        """Whether the file on the disk is a whole database; true where there is none."""
        if not self.path.is_file():
            return True
        try:
            connection = sqlite3.connect(f"file:{quote(str(self.path))}?mode=ro", uri=True)
            try:
                return bool(connection.execute("PRAGMA quick_check").fetchone() == ("ok",))
            finally:
                connection.close()
        except sqlite3.DatabaseError:
            return False

    def configurations(self, data_hash: str) -> dict[str, str]:
        """Return the canonical text of every configuration that was run on these data, by fingerprint."""
        return dict(self._ask("SELECT fingerprint, canonical FROM configurations WHERE data = ?", (data_hash,)))

    def lookers(self, data_hash: str) -> list[tuple[str, str, str]]:
        """Return (ref, id, title) of every entry that looked at the test part of some data, the most important ref first."""
        found = self._ask(_LOOKERS, (data_hash,))
        return [(ref, _entry_id(stem), _row_decoder.decode(row).title if row else "") for ref, stem, row in found]

    def results(self, near: str = "", most: int | None = None) -> list[Result]:
        """Return what every run came to that an entry did itself and that is not retracted, each once.

        Where there are more than about `most` runs, those of whole entries: first the ones on the data with the hash `near`, then the
        newest.
        """
        rows = {row.records: row for ref in reversed(self.refs) for row in self.entries(ref) if row.records and row.state != "retracted"}
        if most is not None:
            ordered = sorted(rows.values(), key=lambda row: (row.data_hash == near, row.at or "", row.id), reverse=True)
            before = accumulate((row.runs for row in ordered), initial=0)
            rows = {row.records: row for row, runs in zip(ordered, before, strict=False) if runs < most}
        by_data: dict[str, list[str]] = {}
        for blob, row in rows.items():
            by_data.setdefault(row.data_hash, []).append(blob)
        return [one for data, blobs in by_data.items() for one in self._results(data, blobs, rows)]

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
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._connection.executemany("INSERT OR REPLACE INTO ideas VALUES (?, ?)", ideas)
            self._connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise

    def _runs(self, fingerprints: Sequence[str]) -> list[Run]:
        marks = ",".join("?" * len(fingerprints))
        return [_run(values) for values in self._ask(_RUNS.format(marks=marks), fingerprints)]

    def _ask(self, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        return self._mended(lambda: self._connection.execute(statement, values).fetchall())

    def _mended(self, action: Callable[[], T]) -> T:
        """Do `action`; where the file turns out damaged or cannot be written, make a new index and do it again."""
        try:
            return action()
        except sqlite3.DatabaseError as fault:
            self._connection.close()
            self._connection = self._other_than(fault)
            self._update()
            return action()

    # ---- opening

    def _connect(self) -> sqlite3.Connection:
        if not self._kept:
            return _opened(":memory:")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError:
            return _opened(":memory:")
        self._inode = _inode(self.path)
        try:
            connection = _opened(str(self.path))
        except sqlite3.DatabaseError as fault:
            return self._other_than(fault)
        self._inode = _inode(self.path)
        return connection

    def _other_than(self, fault: sqlite3.DatabaseError) -> sqlite3.Connection:
        """Return an index that serves where the file did not: a new file, or memory where none can be written."""
        name = getattr(fault, "sqlite_errorname", "")
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            raise BusyError("another process is busy with the index", hint="wait for it, then try again") from None
        if name.startswith(_CANNOT_WRITE):
            return _opened(":memory:")
        try:
            with self.path.with_suffix(".lock").open("wb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                # look again: another process may have replaced it while this one waited
                if _inode(self.path) == self._inode:
                    # the file itself goes last: as long as it is there, nobody begins a new one beside its leftovers
                    for ending in ("-wal", "-shm", ""):
                        Path(f"{self.path}{ending}").unlink(missing_ok=True)
                connection = _opened(str(self.path))
                self._inode = _inode(self.path)
                return connection
        except (OSError, sqlite3.DatabaseError):
            return _opened(":memory:")

    # ---- bringing up to date

    def _update(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            # look again: another process may have done it while this one waited
            if self._stored() != list(self.refs.items()):
                touched = self._follow_refs()
                self._read_new()
                for ref, stems in touched.items():
                    self._pair(ref, stems)
                self._forget()
            self._connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._connection.execute("ROLLBACK")
            raise

    def _stored(self) -> list[tuple[str, str]]:
        return self._connection.execute("SELECT name, revision FROM refs ORDER BY rank").fetchall()

    def _follow_refs(self) -> dict[int, Sequence[str] | None]:
        """Make `places` say where every entry stands on every ref, by the difference of two trees.

        Returns for each ref that moved the stems that changed; None where all may have.
        """
        touched: dict[int, Sequence[str] | None] = {}
        known = {name: (number, revision) for number, name, revision in self._connection.execute("SELECT id, name, revision FROM refs")}
        for rank, (name, revision) in enumerate(self.refs.items()):
            if name in known:
                number, seen = known[name]
                self._connection.execute("UPDATE refs SET revision = ?, rank = ? WHERE id = ?", (revision, rank, number))
            else:
                number, seen = self._new_ref(name, revision, rank, known)
                known[name] = (number, revision)
            if seen != revision:
                touched[number] = self._follow(number, seen, revision)
        for name in known.keys() - self.refs.keys():
            self._connection.execute("DELETE FROM pairs WHERE ref = ?", (known[name][0],))
            self._connection.execute("DELETE FROM places WHERE ref = ?", (known[name][0],))
            self._connection.execute("DELETE FROM refs WHERE id = ?", (known[name][0],))
        return touched

    def _new_ref(self, name: str, revision: str, rank: int, known: Mapping[str, tuple[int, str]]) -> tuple[int, str | None]:
        """Begin a ref as a copy of one that is known: branches of a journal share nearly everything."""
        cursor = self._connection.execute("INSERT INTO refs (name, revision, rank) VALUES (?, ?, ?)", (name, revision, rank))
        number = int(cursor.lastrowid or 0)
        for other, _ in known.values():
            self._connection.execute(
                "INSERT INTO places SELECT ?, stem, page, records FROM places WHERE ref = ?",
                (number, other),
            )
            self._connection.execute("INSERT INTO pairs SELECT ?, stem, other FROM pairs WHERE ref = ?", (number, other))
            now = self._connection.execute("SELECT revision FROM refs WHERE id = ?", (other,)).fetchone()
            return number, now[0]
        return number, None

    def _follow(self, number: int, seen: str | None, revision: str) -> Sequence[str] | None:
        changes = _difference(self.repository, seen, revision) if seen else None
        whole = changes is None
        if changes is None:  # nothing to compare with (git gc may have taken the commit): read the whole tree
            self._connection.execute("DELETE FROM places WHERE ref = ?", (number,))
            changes = [(file.path, file.blob if file.mode.startswith("100") else "") for file in self.repository.tree(revision, FOLDER)]
        for ending, column in ((PAGE, "page"), (RECORDS, "records")):
            placed = [
                (number, path.removesuffix(ending), blob)
                for path, blob in changes
                if path.endswith(ending) and ID_PATTERN.match(_entry_id(path.removesuffix(ending)))
            ]
            other = "records" if column == "page" else "page"
            self._connection.executemany(
                f"INSERT INTO places (ref, stem, {column}, {other}) VALUES (?, ?, ?, '') "  # noqa: S608 - two fixed words
                f"ON CONFLICT (ref, stem) DO UPDATE SET {column} = excluded.{column}",
                placed,
            )
        self._connection.execute("DELETE FROM places WHERE ref = ? AND page = '' AND records = ''", (number,))
        return None if whole else sorted({path.removesuffix(PAGE).removesuffix(RECORDS) for path, _ in changes})

    def _read_new(self) -> None:
        """Read the pages and records that were never read before."""
        new = self._connection.execute(
            "SELECT p.page, p.records, min(p.stem) FROM places p LEFT JOIN rows w ON w.page = p.page AND w.records = p.records "
            "WHERE w.page IS NULL OR w.open > 0 GROUP BY p.page, p.records ORDER BY 3"
        ).fetchall()
        read = {name for (name,) in self._connection.execute("SELECT name FROM blobs")}
        waiting: list[Pair] = []
        for pairs in _chunks(new):
            blobs = self.repository.blobs({name for pair in pairs for name in pair[:2] if name})
            for page, blob, stem in pairs:
                records, error = _records(blobs, blob, stem)
                if blob and blob not in read:
                    read.add(blob)
                    self._store_runs(blob, records)
                if all(record.owned for record in records):
                    self._store_row((page, blob, stem), blobs, records, error, missing=0)
                else:
                    waiting.append((page, blob, stem))
        # runs that another entry owns: only now is every owner known
        for pairs in _chunks(waiting):
            blobs = self.repository.blobs({name for pair in pairs for name in pair[:2] if name})
            for page, blob, stem in pairs:
                records, error = _records(blobs, blob, stem)
                joined = join(records, self._owners_now(records))
                missing = sum(not record.owned and not record.metrics for record in joined)
                self._store_row((page, blob, stem), blobs, joined, error, missing=missing)

    def _pair(self, ref: int, stems: Sequence[str] | None) -> None:
        """Find which entries of a ref did the same run: among all, or only with those that changed."""
        execute = self._connection.execute
        if stems is None:
            execute("DELETE FROM pairs WHERE ref = ?", (ref,))
            execute(_PAIRS.format(which=""), (ref,))
            return
        for at in range(0, len(stems), KEYS_AT_ONCE):
            chunk = stems[at : at + KEYS_AT_ONCE]
            marks = ",".join("?" * len(chunk))
            for column in ("stem", "other"):
                execute(f"DELETE FROM pairs WHERE ref = ? AND {column} IN ({marks})", (ref, *chunk))  # noqa: S608 - question marks
            execute(_PAIRS.format(which=f"AND p.stem IN ({marks})"), (ref, *chunk))
            execute(f"INSERT OR IGNORE INTO pairs SELECT ref, other, stem FROM pairs WHERE ref = ? AND stem IN ({marks})", (ref, *chunk))  # noqa: S608

    def _store_runs(self, blob: str, records: Sequence[Record]) -> None:
        number = self._connection.execute("INSERT INTO blobs (name) VALUES (?)", (blob,)).lastrowid
        self._connection.executemany(
            "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    *(number, line, one.run, one.fingerprint, one.seed, one.status, one.from_, one.at),
                    *(msgspec.json.encode(one.metrics), one.seconds),
                )
                for line, one in enumerate(records, start=1)
            ],
        )
        texts = {one.fingerprint: one.canonical for one in records if one.canonical}
        self._connection.executemany(
            "INSERT OR IGNORE INTO configurations VALUES (?, ?, ?)",
            [(data_hash(text), fingerprint, text) for fingerprint, text in texts.items()],
        )

    def _owners_now(self, records: Iterable[Record]) -> dict[Key, Scores]:
        found = {}
        for record in records:
            if not record.owned:
                row = self._connection.execute(
                    "SELECT metrics FROM runs WHERE fingerprint = ? AND seed IS ? AND origin IS NULL "
                    "AND status IN ('done', 'again') LIMIT 1",
                    record.key,
                ).fetchone()
                if row:
                    found[record.key] = _scores_decoder.decode(row[0])
        return found

    def _store_row(self, pair: Pair, blobs: Mapping[str, bytes], records: Sequence[Record], error: str, *, missing: int) -> None:
        page, blob, stem = pair
        row = make_row(blobs.get(page), records, stem=stem, error=error)
        self._connection.execute("INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?)", (page, blob, msgspec.json.encode(row), missing))

    def _forget(self) -> None:
        """Drop what no ref holds any more."""
        execute = self._connection.execute
        execute("DELETE FROM rows WHERE (page, records) NOT IN (SELECT page, records FROM places)")
        # EXCEPT reads their names from an index, and not what is kept of them
        execute("DELETE FROM ideas WHERE page IN (SELECT page FROM ideas EXCEPT SELECT page FROM places)")
        gone = execute("SELECT id FROM blobs WHERE name NOT IN (SELECT records FROM places)").fetchall()
        self._connection.executemany("DELETE FROM runs WHERE blob = ?", gone)
        self._connection.executemany("DELETE FROM blobs WHERE id = ?", gone)
        if gone:
            execute("DELETE FROM configurations WHERE fingerprint NOT IN (SELECT fingerprint FROM runs)")


def make_row(page: bytes | None, records: Sequence[Record], *, stem: str, error: str = "") -> Row:
    """Summarise one entry as a row of a list; where it cannot be read, the row says so."""
    if page is None:
        return Row(state="unreadable", error=error or f"{stem}{PAGE}: not in this clone", runs=len(records))
    entry, fault = read_entry(page.decode(errors="replace"), entry_id=_entry_id(stem), file=f"{stem}{PAGE}")
    if entry is None:
        return Row(state="unreadable", error=fault, runs=len(records))
    return _row(entry.front, records, error, _verdict(entry))


def _verdict(entry: Entry) -> Verdict | None:
    """Return what the entry's results block says of its expectations; what is retracted has none any more."""
    return None if entry.front.retracted else verdict.of_page(entry.text, entry.id)


def _row(front: FrontMatter, records: Sequence[Record], error: str, judged: Verdict | None) -> Row:
    summary = summarise(front, records)
    best, score = summary.best, summary.best_score
    look = last_look(records)
    seen = {f"test.{name}": value for name, value in look.metrics.get("test", {}).items() if value is not None} if look else {}
    return Row(
        title=front.title,
        state=state(front, records),
        error=error,
        metric=summary.metric,
        values={**({name: found.mean for name, found in best.scores.items()} if best else {}), **seen},
        sd=score.sd if score else None,
        seeds=score.n if score else 0,
        runs=summary.runs,
        failed=summary.failed,
        data=data_label(front.data),
        data_hash=front.data.hash or "",
        source=data_argument(front.data),
        tested=bool(front.split and (front.split.test or (front.split.given and front.data.files and front.data.files.test))),
        look=look.run if look else "",
        estimator=estimator_label(front.procedure),
        tags=front.tags,
        baseline=front.baseline,
        replicates=front.replicates,
        from_=front.from_,
        expect=[one.expectation for one in judged.told] if judged else expectations(front),
        confidence=front.confidence,
        verdict=judged.word if judged and records else "",
        came_out=[one.came_out for one in judged.told] if judged else [],
        at=summary.last_at,
    )


def expectations(front: FrontMatter) -> list[str]:
    """Return what an entry expects as it is written, one comparison each."""
    return [front.expect] if isinstance(front.expect, str) else front.expect or []


class _OnData(msgspec.Struct):
    hash: str = ""


class _Identified(msgspec.Struct):
    data: _OnData = msgspec.field(default_factory=_OnData)


_identified = msgspec.json.Decoder(_Identified)


def data_hash(canonical: str) -> str:
    """Return the hash of the data that a canonical text names, "" where it names none."""
    try:
        return _identified.decode(canonical).data.hash
    except (msgspec.DecodeError, RecursionError):
        return ""


def _opened(path: str) -> sqlite3.Connection:
    """Open a file as an index, and make its tables where it is empty.

    Raises sqlite3.DatabaseError where it is anything else.
    """
    connection = sqlite3.connect(path, timeout=WAIT_SECONDS, isolation_level=None)
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == SCHEMA:
            return connection
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN IMMEDIATE")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if version == 0 and tables == 0:
            for statement in _TABLES.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {SCHEMA}")
        elif version != SCHEMA:
            raise sqlite3.DatabaseError(f"an index of schema {version}")
        connection.execute("COMMIT")
    except BaseException:
        connection.close()
        raise
    return connection


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except OSError:
        return None


def _difference(repository: Repository, old: str, new: str) -> list[tuple[str, str]] | None:
    """Return paths and their new blobs ("" where a file has gone), or None where git cannot compare."""
    arguments = ["--git-dir", str(repository.common), "diff-tree", "-r", "-z", "--no-renames", "--raw", old, new, "--", FOLDER]
    try:
        parts = git_bytes(arguments, cwd=repository.common).split(b"\0")
    except GitError:
        return None
    changes = []
    for head, path in zip(parts[0::2], parts[1::2], strict=False):
        mode, blob, kind = head.split(b" ")[1], head.split(b" ")[3], head.split(b" ")[4]
        plain = mode.startswith(b"100") and kind != b"D"
        changes.append((os.fsdecode(path), blob.decode() if plain else ""))
    return changes


def _records(blobs: Mapping[str, bytes], name: str, stem: str) -> tuple[list[Record], str]:
    """Return the records of a blob; lines that are none (a conflict marker) are left out, and the first is named."""
    content = blobs.get(name, b"")
    file = f"{stem}{RECORDS}"
    try:
        return decode_lines(content, file=file), ""
    except EntryError as fault:
        good = []
        for line in content.split(b"\n"):
            with suppress(EntryError):
                good += decode_lines(line, file=file)
        return good, str(fault).partition("\n")[0]


def _declared(mine: Row, theirs: Row) -> bool:
    """Whether it is known that one repeats the other, or one of them no longer counts."""
    said = any(names(one.replicates or "", other.id) for one, other in ((mine, theirs), (theirs, mine)))
    return said or "retracted" in (mine.state, theirs.state)


def _entry_id(stem: str) -> str:
    return stem[stem.rindex("/") + 1 :]


def _placed(values: tuple[Any, ...]) -> Row:
    _, stem, page, records, row = values
    return msgspec.structs.replace(_row_decoder.decode(row), id=_entry_id(stem), page=page, records=records, path=f"{stem}{PAGE}")


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
        entry=_entry_id(stem),
        title=found.title,
        state=found.state,
        ref=ref,
    )


def _chunks(pairs: Sequence[Pair]) -> Iterator[Sequence[Pair]]:
    for at in range(0, len(pairs), ENTRIES_AT_ONCE):
        yield pairs[at : at + ENTRIES_AT_ONCE]
