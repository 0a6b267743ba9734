"""Merge of a commit into files that an editor may have open: they are added to, never overwritten, never lost.

An editor may save at any moment, in place or by rename; whichever text is newer stays, with our part spliced in.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Literal

import msgspec

from gitjournal.entry.results_block import splice
from gitjournal.errors import EntryError, GitError, is_full
from gitjournal.git.objects import object_id
from gitjournal.git.process import git_bytes, run_git
from gitjournal.git.repository import TreeFile
from gitjournal.git.worktree import Worktree

ENTRY, RECORDS = ".md", ".runs.jsonl"
SETTLED_SECONDS = 0.02
TRIES = 50
_KEPT, _NEW = ".gitjournal-kept-", ".gitjournal-new-"


Contents = dict[TreeFile, bytes]


class FileChange(msgspec.Struct, frozen=True):
    """What a commit does to one path. `planned` came from the disk and is not written there; no `new`: the path goes."""

    path: str
    kind: Literal["entry", "records", "plain", "planned"]
    old: TreeFile | None
    new: TreeFile | None


class Addition(msgspec.Struct, frozen=True):
    """What is added to an entry: the block to its text, lines to its records."""

    block: str = ""
    lines: list[bytes] = []

    def to_entry(self, text: bytes, path: str) -> bytes:
        """Return the entry with the block. Raises EntryError where the text has no place for it."""
        entry_id = PurePosixPath(path).name.removesuffix(ENTRY)
        if b"\0" in text:
            raise EntryError(f"{path} is not UTF-8 text, so results cannot be written into it")
        return splice(text.decode("utf-8", "surrogateescape"), entry_id, self.block).encode("utf-8", "surrogateescape")

    def to_records(self, text: bytes) -> bytes:
        """Return the records with the lines whose run is not there yet."""
        recorded_runs = run_ids(text.split(b"\n"))
        fresh = [line.rstrip(b"\n") + b"\n" for line in self.lines if not run_ids([line]) <= recorded_runs]
        gap = b"\n" if text and not text.endswith(b"\n") and fresh else b""
        return text + gap + b"".join(fresh)


class _Run(msgspec.Struct):
    run: str


_run_of = msgspec.json.Decoder(_Run)


def run_ids(lines: Iterable[bytes]) -> set[str]:
    """Return the run ids of record lines; a line that is no record (a conflict marker) has none."""
    runs = set()
    for line in lines:
        with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
            runs.add(_run_of.decode(line).run)
    return runs


def same_entry(path: str) -> tuple[str, str, str]:
    """Return what a renamed entry keeps: the day and the four letters of its id, and whether it is text or records."""
    name = PurePosixPath(path).name
    kind = RECORDS if name.endswith(RECORDS) else ENTRY if name.endswith(ENTRY) else name
    stem = name.removesuffix(kind)
    return (stem[:8], stem[-4:], kind)


def records_beside(path: str) -> str:
    """Return where the records of the entry at `path` stand."""
    return path.removesuffix(ENTRY) + RECORDS


def find_rename(path: str, among: Iterable[str]) -> str | None:
    """Return the one path that can only be `path` under another name."""
    paths = [candidate for candidate in among if candidate != path and same_entry(candidate) == same_entry(path)]
    return paths[0] if len(paths) == 1 else None


def blob_id(data: bytes, like: str) -> str:
    """Return the object id of the bytes as they are, in the hash that `like` is in."""
    return object_id("blob", data, like)


def update_files(worktree: Worktree, changes: Iterable[FileChange], addition: Addition) -> None:
    """Bring the files of a worktree after a commit. May be done twice; what the person deleted stays deleted.

    A file that cannot be written stays as it is: the commit and the index have it, so `git status` shows it.
    """
    changes = [change for change in changes if change.kind != "planned"]
    new = [change.new for change in changes if change.new and not os.path.lexists(worktree.path / change.path)]
    contents = _check_out_each(worktree, new)
    for change in changes:
        with contextlib.suppress(GitError):
            try:
                _update_file(worktree, change, addition, contents)
            except OSError as fault:
                if is_full(fault):  # the intent stays, and the next command lands it
                    raise


def _update_file(worktree: Worktree, change: FileChange, addition: Addition, contents: Contents) -> None:
    file = worktree.path / change.path
    if not _is_inside(worktree.path, file):
        return
    _clear_debris(file, change, addition)
    if change.new is None:
        if change.old and _is_still(file, change.old):
            file.unlink(missing_ok=True)
    elif change.kind == "plain":
        _update_plain(worktree, file, change.old, change.new, contents)
    else:
        _add_to_file(worktree, file, change, addition, contents)


def _update_plain(worktree: Worktree, file: Path, old: TreeFile | None, new: TreeFile, contents: Contents) -> None:
    if not os.path.lexists(file):
        _create(file, _check_out(worktree, new, contents), new.mode)
    elif old and _is_still(file, old):
        content = _check_out(worktree, new, contents)
        replace_file(file, lambda before: content if blob_id(before, old.blob) == old.blob else before)


def _add_to_file(worktree: Worktree, file: Path, change: FileChange, addition: Addition, contents: Contents) -> None:
    target: Path | None = file
    if not file.is_file():
        target = _find_moved_file(worktree.path, change.path)
        if target is None and change.old is None and change.new and not os.path.lexists(file):
            _create(file, _check_out(worktree, change.new, contents), change.new.mode)
            return
    if target is not None and not target.is_symlink():
        replace_file(target, _editor(change, addition, target))


def _editor(change: FileChange, addition: Addition, file: Path) -> Callable[[bytes], bytes]:
    def edit(before: bytes) -> bytes:
        if change.kind == "records":
            return addition.to_records(before)
        try:
            return addition.to_entry(before, file.name)
        except EntryError:
            return before  # the person is in the middle of something; the commit has the block

    return edit


def _find_moved_file(top: Path, path: str) -> Path | None:
    """Find where the person moved an entry on the disk."""
    day, letters, kind = same_entry(path)
    files = [file for file in (top / "entries").rglob(f"{day}*-{letters}{kind}") if file.is_file()]
    return files[0] if len(files) == 1 and _is_inside(top, files[0]) else None


def replace_file(path: Path, edit: Callable[[bytes], bytes]) -> None:
    """FileChange a file that somebody else may be saving: the newer text wins, and is edited in its turn.

    `edit` must leave alone what it has edited already. A file that is deleted meanwhile stays deleted.
    """
    backup, new = path.with_name(_KEPT + path.name), path.with_name(_NEW + path.name)
    for _ in range(TRIES):
        try:
            _settle(path)
            before = path.read_bytes()
            after = edit(before)
            if after == before:
                return
            backup.unlink(missing_ok=True)
            _back_up(path, backup)
            _write(new, after, path.stat().st_mode)
            if not path.samefile(backup):
                continue  # saved by rename
        except FileNotFoundError:
            break
        except OSError:
            backup.unlink(missing_ok=True)
            raise
        new.replace(path)
        if backup.read_bytes() == before:
            break
        backup.replace(path)  # saved in place, into the file that ours has replaced
    backup.unlink(missing_ok=True)
    new.unlink(missing_ok=True)


def _settle(path: Path) -> None:
    """Wait until a save that is under way is over: an editor truncates before it writes."""
    for _ in range(TRIES):
        state = path.stat()
        age = time.time() - state.st_mtime
        if state.st_size and not 0 <= age < SETTLED_SECONDS:
            return
        time.sleep(SETTLED_SECONDS / 2)


def _clear_debris(file: Path, change: FileChange, addition: Addition) -> None:
    """Finish a `replace_file` that was cut off: the kept text comes back if it was saved into after ours replaced it."""
    backup, new = file.with_name(_KEPT + file.name), file.with_name(_NEW + file.name)
    new.unlink(missing_ok=True)
    if not backup.exists():
        return
    edit = _editor(change, addition, file)
    current = file.read_bytes() if file.is_file() else None
    if current is not None and edit(current) == current and edit(backup.read_bytes()) != current:
        backup.replace(file)
    backup.unlink(missing_ok=True)


def _back_up(path: Path, backup: Path) -> None:
    try:
        backup.hardlink_to(path)
    except FileNotFoundError:
        raise
    except OSError:  # a file system without links: the text alone is kept, and saves in place are not seen
        backup.write_bytes(path.read_bytes())


def _create(path: Path, data: bytes, mode: str) -> None:
    """Write a new file, unless one came into being meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(_NEW + path.name)
    new.unlink(missing_ok=True)
    _write(new, data, 0o777 if mode == "100755" else 0o666)
    with contextlib.suppress(FileExistsError):
        new.rename(path) if not os.path.lexists(path) else None
    new.unlink(missing_ok=True)


def _write(path: Path, data: bytes, mode: int) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode & 0o777)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(data)
    except OSError:
        path.unlink(missing_ok=True)
        raise


def _check_out_each(worktree: Worktree, files: Sequence[TreeFile]) -> Contents:
    """Return the bytes that git would write for some files, in one process; nothing where it refuses one of them."""
    plain = [file for file in files if "\n" not in file.path]
    if len(plain) < 2:
        return {}
    mark = os.urandom(16).hex()  # parts the answers: of a file that a filter changes git does not tell the size
    request = b"".join(file.blob.encode() + b" " + os.fsencode(file.path) + b"\n" for file in plain)
    answer = run_git(["cat-file", "--filters", f"--batch={mark}"], cwd=worktree.path, stdin=request)
    parts = answer.stdout.split(f"{mark}\n".encode())[1:]
    if answer.returncode or len(parts) != len(plain):
        return {}
    return {file: part.removesuffix(b"\n") for file, part in zip(plain, parts, strict=True)}


def _check_out(worktree: Worktree, file: TreeFile, contents: Contents) -> bytes:
    """Return the bytes that git would write for a file."""
    if file in contents:
        return contents[file]
    return git_bytes(["cat-file", "--filters", f"--path={file.path}", file.blob], cwd=worktree.path)


def _is_still(path: Path, old: TreeFile) -> bool:
    return path.is_file() and not path.is_symlink() and blob_id(path.read_bytes(), old.blob) == old.blob


def _is_inside(top: Path, path: Path) -> bool:
    """Whether no folder on the way is a symbolic link out of the worktree."""
    return not any(parent.is_symlink() for parent in path.parents if parent.is_relative_to(top) and parent != top)
