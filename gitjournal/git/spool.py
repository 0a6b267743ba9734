"""The spool: results that have been announced and are not committed yet, each a file that no crash loses."""

from __future__ import annotations

import contextlib
import os
import random
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import msgspec

from gitjournal.errors import GitError
from gitjournal.files import sweep_drafts, write_whole
from gitjournal.git.lab import Lab
from gitjournal.git.repository import Repository


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
class Pending:
    """Results that wait in the spool."""

    path: str
    branch: str
    runs: int
    file: Path


def spool_results(lab: Lab, results: Results) -> Path:
    """Write results down so that no crash loses them; `commit_spool` does the rest."""
    folder = lab.repository.private / "spool"
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{time.time_ns():020d}-{os.getpid()}-{random.randbytes(4).hex()}"  # noqa: S311 - a file name, no secret
    file = folder / f"{name}.json"
    write_whole(file, msgspec.json.encode(results), durable=True, what="the run that has finished just now")
    return file


def list_pending(lab: Lab) -> list[Pending]:
    """Return what waits in the spool, oldest first; a file that cannot be read is listed with no runs."""
    waiting = []
    for file in spool_files(lab.repository):
        try:
            results = read_results(file)
        except GitError:
            waiting.append(Pending(str(file), "", 0, file))
        except FileNotFoundError:
            continue  # committed by another process meanwhile
        else:
            waiting.append(Pending(results.path, results.branch, len(results.lines), file))
    return waiting


def read_spool(lab: Lab, *, without: Collection[str] = ()) -> dict[str, Results]:
    """Return what waits in the spool by the name of its file, oldest first; files that cannot be read are left out."""
    results_by_name = {}
    for file in spool_files(lab.repository):
        if file.name not in without:
            with contextlib.suppress(GitError, FileNotFoundError):  # committed by another process meanwhile
                results_by_name[file.name] = read_results(file)
    return results_by_name


def spool_files(repository: Repository) -> list[Path]:
    """Return the files of the spool, the oldest first."""
    return sorted((repository.private / "spool").glob("*.json"))


def read_results(file: Path) -> Results:
    """Read one file of the spool. Raises GitError where it cannot be understood, FileNotFoundError where it has gone."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Results)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise GitError(f"{file} cannot be read: {fault}", hint="was it written by a newer gitjournal?") from None


def sweep_spool(repository: Repository) -> None:
    """Remove what was being spooled by a process that is dead: nothing of it was announced."""
    sweep_drafts(repository.private / "spool")
