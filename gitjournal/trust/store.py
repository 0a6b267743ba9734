"""The local store of trusted code: which bytes a person here has looked at and trusts, on this clone alone.

`trust.json` below `.git/gitjournal/` lists what was trusted; the files as they were then lie beside it by their sha256, so
that a change can be shown. Nothing of it is ever part of the journal, so nobody else's trust comes in with a pull.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from gitjournal.files import make_folder, write_whole
from gitjournal.trust.code_files import Code

FILE, COPIES = "trust.json", "trusted"


class TrustedFunction(msgspec.Struct, frozen=True):
    """One function as it was trusted: the digest over all of its files, and the sha256 of each."""

    function: str
    digest: str
    files: dict[str, str]
    at: str


@dataclass(frozen=True)
class CodeChange:
    """One file against what was trusted last; `lines` are those of a unified diff."""

    path: str
    state: Literal["new", "changed", "same", "gone"]
    lines: tuple[str, ...] = ()


def read(private: Path) -> list[TrustedFunction]:
    """Return what is trusted here, oldest first; a list that cannot be read trusts nothing."""
    try:
        return msgspec.json.decode((private / FILE).read_bytes(), type=list[TrustedFunction])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return []


def is_trusted(private: Path, code: Code) -> bool:
    """Whether exactly these bytes were trusted for this function."""
    return any(one.digest == code.digest for one in read(private))


def last_trusted(private: Path, function: str) -> TrustedFunction | None:
    """Return what was trusted last under the name of a function."""
    return next((one for one in reversed(read(private)) if one.function == function), None)


def grant(private: Path, code: Code) -> None:
    """Trust these bytes, and keep them to compare with later."""
    copies = private / COPIES
    make_folder(copies)
    for path, content in code.files.items():
        write_whole(copies / code.hashes[path], content)
    now = TrustedFunction(code.function, code.digest, code.hashes, datetime.now(UTC).isoformat(timespec="seconds"))
    _write_list(private, [*(one for one in read(private) if one.digest != code.digest), now])


def revoke(private: Path, functions: Sequence[str]) -> list[TrustedFunction]:
    """Take back every trust in these functions, and return what it was."""
    trusted = read(private)
    revoked = [one for one in trusted if one.function in functions]
    if revoked:
        remaining = [one for one in trusted if one.function not in functions]
        _write_list(private, remaining)
        used = {sha256 for one in remaining for sha256 in one.files.values()}
        for sha256 in {sha256 for one in revoked for sha256 in one.files.values()} - used:
            (private / COPIES / sha256).unlink(missing_ok=True)
    return revoked


def list_changes(private: Path, code: Code) -> list[CodeChange]:
    """Return each file of a function with what changed since it was trusted last; a new one is shown whole."""
    before = last_trusted(private, code.function)
    old = before.files if before else {}
    changes = []
    for path, content in sorted(code.files.items()):
        was = _read_copy(private, old[path]) if path in old else None
        if was == content:
            changes.append(CodeChange(path, "same"))
        else:
            changes.append(CodeChange(path, "changed" if path in old else "new", _diff_lines(was or b"", content, path)))
    return changes + [CodeChange(path, "gone") for path in sorted(set(old) - set(code.files))]


def _diff_lines(old: bytes, new: bytes, path: str) -> tuple[str, ...]:
    if b"\0" in new:
        return (f"{path}: {len(new)} bytes, not text",)
    before, after = (content.decode(errors="replace").splitlines() for content in (old, new))
    return tuple(difflib.unified_diff(before, after, f"trusted/{path}", path, lineterm=""))


def _read_copy(private: Path, sha256: str) -> bytes | None:
    """Return a file as it was trusted, if the copy still is that file."""
    if not sha256.isalnum():
        return None
    try:
        content = (private / COPIES / sha256).read_bytes()
    except OSError:
        return None
    return content if hashlib.sha256(content).hexdigest() == sha256 else None


def _write_list(private: Path, trusted: list[TrustedFunction]) -> None:
    write_whole(private / FILE, msgspec.json.format(msgspec.json.encode(trusted)) + b"\n")
