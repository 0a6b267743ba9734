"""Files of studies, which may be anybody's: what kind one is, and a private copy to read, so that the file itself is never touched.

`read_studies` and `write_studies` are for those who do not know optuna: it takes a second to import, and may not be installed.
"""

from __future__ import annotations

import importlib
import json
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Literal

from gitjournal.errors import GitjournalError, UsageError
from gitjournal.suggest.studies.study import Study

Kind = Literal["sqlite", "log"]

ENDINGS: dict[str, Kind] = {".db": "sqlite", ".sqlite": "sqlite", ".sqlite3": "sqlite", ".log": "log", ".journal": "log"}
MAX_BYTES = 200_000_000  # 2,000 trials of two parameters take 1 MB
MAX_CELL = 1_000_000  # bytes of one value in a database
MAX_LINE = 4_000_000
MAX_TRIALS = 100_000
TABLES = {"studies", "study_directions", "trials", "trial_params", "trial_values", "version_info"}
LOCAL = "sqlite:///"
TRIES, PAUSE = 20, 0.1


def read_studies(path: Path) -> list[Study]:
    """Return the studies of a file in their order. Raises GitjournalError where it is no file of studies, or optuna is not installed."""
    kind_of(path)  # a file that is none is told so without optuna
    studies: list[Study] = _optuna_io().read_studies(path)
    return studies


def write_studies(path: Path, studies: Sequence[Study]) -> None:
    """Write studies into a new file, or add them to one. Raises as `optuna_io.write_studies`, and where optuna is not installed."""
    _optuna_io().write_studies(path, studies)


def _optuna_io() -> Any:
    try:
        return importlib.import_module("gitjournal.suggest.studies.optuna_io")
    except ModuleNotFoundError:
        raise GitjournalError("a study needs the library optuna", hint="install it: pip install 'gitjournal[optuna]'") from None


def local_path(text: str) -> Path:
    """Return the file that is meant: a path, or one as optuna writes it, `sqlite:///study.db`. Raises UsageError for anything else."""
    if "://" in text and not text.startswith(LOCAL):
        raise UsageError(f"`{text.partition('://')[0]}://…` is no file; a study is read from a local file, .db or .log")
    path = Path(text.removeprefix(LOCAL))
    if not path.is_file():
        raise UsageError(f"no file {path}")
    return path


def kind_of(path: Path) -> Kind:
    """Return which kind of study a file is, by its content. Raises GitjournalError where it is none, or too large."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(MAX_LINE)
    except OSError as fault:
        raise GitjournalError(f"{path.name} cannot be read: {fault.strerror or fault}") from None
    if size > MAX_BYTES:
        raise GitjournalError(f"{path.name} is larger than {MAX_BYTES // 1_000_000} MB: too large for a study")
    if head.startswith(b"SQLite format 3\0"):
        return "sqlite"
    first = head.partition(b"\n")[0]
    try:
        if "op_code" in json.loads(first):
            return "log"
    except (ValueError, TypeError, RecursionError):
        pass
    raise GitjournalError(
        f"{path.name} is no study: neither a database nor a journal log of optuna",
        hint="optuna writes one with storage='sqlite:///study.db', or JournalStorage(JournalFileBackend('study.log'))",
    )


@contextmanager
def open_copy(path: Path) -> Iterator[tuple[Kind, Path]]:
    """Give a private copy of a study's file, looked through for what a study does not have.

    Raises GitjournalError where it is no study, is damaged, or is being written.
    """
    kind = kind_of(path)
    with tempfile.TemporaryDirectory(prefix="gitjournal-") as folder:
        copy = Path(folder) / "study"
        _copy_at_rest(path, copy)
        (_check_database if kind == "sqlite" else _check_log)(copy, path.name)
        yield kind, copy


def _copy_at_rest(path: Path, copy: Path) -> None:
    """Copy a file at a moment when nobody writes it, and without a lock on it.

    A database in WAL mode has its newest rows in a second file. A rollback journal is waited for, and never copied: it may name
    files that SQLite then deletes.
    """
    wal, rollback = (path.with_name(f"{path.name}-{name}") for name in ("wal", "journal"))
    for _ in range(TRIES):
        before = _file_stamp(path), _file_stamp(wal)
        shutil.copyfile(path, copy)
        if before[1]:
            shutil.copyfile(wal, copy.with_name(f"{copy.name}-wal"))
        if (_file_stamp(path), _file_stamp(wal)) == before and not _file_stamp(rollback):
            return
        time.sleep(PAUSE)
    raise GitjournalError(
        f"{path.name} is being written", hint="try again when its search has ended; after a crash, open it once with optuna"
    )


def _file_stamp(path: Path) -> tuple[int, int] | None:
    """Return when a file was last written and its size; None where it is not there or empty."""
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_mtime_ns, status.st_size) if status.st_size else None


def connect(path: Path) -> sqlite3.Connection:
    """Open a database that may be a stranger's: no value in it is large, and nothing in its schema does anything."""
    connection = sqlite3.connect(path, check_same_thread=False)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_CELL)
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection


def _check_database(copy: Path, name: str) -> None:
    try:
        with closing(connect(copy)) as connection:
            parts = connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
            tables = {table for kind, table, sql in parts if kind == "table" and "virtual" not in str(sql).lower()}
            if not tables >= TABLES:
                raise GitjournalError(f"{name} is a database without a study of optuna")
            if not all(kind == "index" or table in tables for kind, table, _ in parts):
                raise GitjournalError(f"{name} has views, triggers or virtual tables, which a study has not: it is not read")
            (damage,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if damage != "ok":
                raise GitjournalError(f"{name} is damaged: {damage}")
            (trials,) = connection.execute("SELECT count(*) FROM trials").fetchone()
    except sqlite3.Error as fault:
        raise GitjournalError(f"{name} cannot be read as a database: {fault}") from None
    _check_trials(trials, name)


def _check_log(copy: Path, name: str) -> None:
    lines = 0
    with copy.open("rb") as file:
        while line := file.readline(MAX_LINE + 1):
            if len(line) > MAX_LINE:
                raise GitjournalError(f"{name} has a line of more than {MAX_LINE // 1_000_000} MB: it is not read")
            lines += line.startswith(b'{"op_code":4,')
    _check_trials(lines, name)


def _check_trials(many: int, name: str) -> None:
    if many > MAX_TRIALS:
        raise GitjournalError(f"{name} has {many:,} trials; up to {MAX_TRIALS:,} are read")
