"""The SQLite file of the index: made where it is missing, replaced where it is old or damaged, in memory where nothing can be written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from gitjournal.errors import BusyError
from gitjournal.locks import hold_lock

SCHEMA = 8
WAIT_SECONDS = 60.0

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
    status TEXT NOT NULL, origin TEXT, at TEXT, metrics BLOB NOT NULL, seconds REAL, findings TEXT NOT NULL,
    PRIMARY KEY (blob, line)
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


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Do all of it or nothing, while no other process writes."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


class IndexFile:
    """A database at `path`; one that is not `on_disk` is in memory."""

    def __init__(self, path: Path, *, on_disk: bool) -> None:
        self.path, self._on_disk = path, on_disk
        self._inode: int | None = None
        self.connection = self._connect()

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

    def _connect(self) -> sqlite3.Connection:
        if not self._on_disk:
            return _open_index(":memory:")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError:
            return _open_index(":memory:")
        self._inode = _read_inode(self.path)
        try:
            connection = self._existing() or self._make()
        except sqlite3.DatabaseError as fault:
            return self._other_than(fault)
        self._inode = _read_inode(self.path)
        return connection

    def _existing(self) -> sqlite3.Connection | None:
        """Open the file where it is an index of this schema; None where it is not, or not yet."""
        if not self.path.is_file():
            return None
        connection = _open_connection(str(self.path))
        # while another process makes the file, any fault may be read from it: then `_make` waits for that one, and looks again
        with suppress(sqlite3.DatabaseError):
            if _read_version(connection) == SCHEMA:
                return connection
        connection.close()
        return None

    def _make(self) -> sqlite3.Connection:
        try:
            with self._lock_file():
                return _open_index(str(self.path))
        except OSError:
            return _open_index(":memory:")

    @contextmanager
    def _lock_file(self) -> Iterator[None]:
        """While no other process makes the file: SQLite does not wait where two make one at the same moment."""
        with hold_lock(Path(f"{self.path}.lock")):
            yield

    def _other_than(self, fault: sqlite3.DatabaseError) -> sqlite3.Connection:
        """Return an index that serves where the file did not: a new file, or memory where none can be written."""
        name = getattr(fault, "sqlite_errorname", "")
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            raise BusyError("another process is busy with the index", hint="wait for it, then try again") from None
        if name.startswith(_CANNOT_WRITE):
            return _open_index(":memory:")
        try:
            with self._lock_file():
                # look again: another process may have replaced it while this one waited
                if _read_inode(self.path) == self._inode:
                    # the file itself goes last: as long as it is there, nobody begins a new one beside its leftovers
                    for ending in ("-wal", "-shm", ""):
                        Path(f"{self.path}{ending}").unlink(missing_ok=True)
                connection = _open_index(str(self.path))
                self._inode = _read_inode(self.path)
                return connection
        except (OSError, sqlite3.DatabaseError):
            return _open_index(":memory:")

    def replace(self, fault: sqlite3.DatabaseError) -> None:
        """Begin anew after a fault of the file. Raises BusyError where another process only holds it."""
        self.connection.close()
        self.connection = self._other_than(fault)


def _open_index(path: str) -> sqlite3.Connection:
    """Open a file as an index, and make its tables where it is empty.

    Raises sqlite3.DatabaseError where it is anything else.
    """
    connection = _open_connection(path)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN IMMEDIATE")
        version = _read_version(connection)
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


def _open_connection(path: str) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=WAIT_SECONDS, isolation_level=None)


def _read_version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def _read_inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except OSError:
        return None
