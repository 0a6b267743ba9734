"""The identity of data: a hash of their content. Loads no numerical library.

A hash never depends on path, name or time. Reading a large file again is avoided by a cache of what `stat` said, and
such an answer is trusted only where the file had been at rest before it was hashed (git calls the other case "racily
clean").
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import os
import re
import stat
import time
from contextlib import closing, suppress
from io import BufferedReader
from pathlib import Path
from typing import Any

import msgspec

from gitjournal.errors import DataError, EntryError, GitjournalError, TrustError
from gitjournal.files import make_folder, write_whole
from gitjournal.paths import KeyPath, inside, open_file

CACHE_FILE = "hashes.json"
# clocks of file systems tick as rarely as every 10 ms: what changed so shortly before it was hashed may change again unseen
RESTING_NS = 20_000_000
_LFS_POINTER = re.compile(rb"version https://git-lfs\.github\.com/spec/v1\n(?:ext-[^\n]*\n)*oid sha256:([0-9a-f]{64})\nsize \d+\n\Z")


class HashedFile(msgspec.Struct, frozen=True, array_like=True):
    """What `stat` said of a file when it was hashed, when that was, and the hash. `at` and the times are nanoseconds."""

    size: int
    mtime: int
    ctime: int
    inode: int
    at: int
    sha256: str

    def is_unchanged(self, now: os.stat_result) -> bool:
        """Whether the file is surely what it was."""
        same = (self.size, self.mtime, self.ctime, self.inode) == (now.st_size, now.st_mtime_ns, now.st_ctime_ns, now.st_ino)
        return same and max(self.mtime, self.ctime) + RESTING_NS < self.at


class Hashes(msgspec.Struct, frozen=True):
    """The cache: by absolute path, and by name and version for the sets that come with scikit-learn."""

    files: dict[str, HashedFile] = {}
    sets: dict[str, str] = {}


def hash_source(data: dict[str, Any], root: Path, cache: Path) -> str | None:
    """Return `sha256:…` of the data that an entry's `data` mapping names.

    `root` is the top of the worktree that paths are relative to, `cache` the folder for local caches. One file: the
    sha256 of its bytes. Files or a folder: of sorted `<sha256>  <role or relative path>` lines. None where that cannot
    be known without loading: `python:`, and a scikit-learn set that has not been loaded yet.

    Raises TrustError for a path that is not read, DataError for one that is not there.
    """
    if "sklearn" in data:
        return read_cache(cache).sets.get(set_key(data["sklearn"]))
    if "path" in data:
        place: KeyPath = ("data", "path")
        return "sha256:" + _hash_files({"": (inside(data["path"], root, place), place)}, cache)[""]
    if "files" in data:
        roles: dict[str, tuple[Path, KeyPath]] = {}
        for role, name in data["files"].items():
            file = inside(name, root, ("data", "files", role))
            if file.is_dir():
                hint = "images: FOLDER takes one folder a class and `split` divides it; parts that are given go into an .npz each"
                raise EntryError(f"{name} is a folder, and `files` takes files", hint=hint, path=("data", "files", role))
            roles[role] = (file, ("data", "files", role))
        return _hash_lines(_hash_files(roles, cache))
    if "images" in data:
        return _hash_lines(_hash_files(_files_below(inside(data["images"], root, ("data", "images")), root), cache))
    return None


def set_key(name: str) -> str:
    """Return the key of a set that comes with scikit-learn: its content may change with the version."""
    return f"{name} {_sklearn_version()}"


@functools.cache
def _sklearn_version() -> str:
    return importlib.metadata.version("scikit-learn")  # 1 ms, and asked for before each run


def remember_set(name: str, content: str, cache: Path) -> None:
    """Keep the hash of a set that comes with scikit-learn, so that nobody needs to load it to know."""
    hashes = read_cache(cache)
    if hashes.sets.get(set_key(name)) != content:
        _write_cache(cache, Hashes(hashes.files, {**hashes.sets, set_key(name): content}))


def read_cache(cache: Path) -> Hashes:
    """Return what is known; a cache that is missing or damaged knows nothing."""
    try:
        return msgspec.json.decode((cache / CACHE_FILE).read_bytes(), type=Hashes)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return Hashes()


def _write_cache(cache: Path, hashes: Hashes) -> None:
    """Replace the cache as a whole. Two writers at once lose one's news, which are then found again."""
    with suppress(GitjournalError):  # a full or read-only disk costs time, never a result
        make_folder(cache)
        write_whole(cache / CACHE_FILE, msgspec.json.encode(hashes))


def _hash_files(files: dict[str, tuple[Path, KeyPath]], cache: Path) -> dict[str, str]:
    """Return the sha256 of each file by the name that its line carries."""
    cached = read_cache(cache)
    hashes, news = {}, {}
    for name, (path, place) in files.items():
        file = cached.files.get(str(path))
        now = path.lstat()
        if file is None or not stat.S_ISREG(now.st_mode) or not file.is_unchanged(now):
            file = news[str(path)] = _hash_file(path, place)
        hashes[name] = file.sha256
    if news:
        remaining = {name: file for name, file in cached.files.items() if Path(name).exists()}
        _write_cache(cache, Hashes({**remaining, **news}, cached.sets))
    return hashes


def _hash_file(path: Path, place: KeyPath) -> HashedFile:
    name = path.name
    with closing(open_file(path, name, place)) as file:
        at = time.time_ns()
        before = os.fstat(file.fileno())
        sha256 = lfs_oid(file) or hashlib.file_digest(file, "sha256").hexdigest()
        after = os.fstat(file.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise DataError(f"{name} changed while it was read", hint="try again when nothing writes to it", path=place)
    return HashedFile(before.st_size, before.st_mtime_ns, before.st_ctime_ns, before.st_ino, at, sha256)


def lfs_oid(file: BufferedReader) -> str | None:
    """Return the sha256 that a git-lfs pointer stands for, None for any other file; the file is at its start again."""
    head = file.read(1024)  # a pointer is shorter, by its specification
    file.seek(0)
    match = _LFS_POINTER.match(head)
    return match[1].decode() if match else None


def _files_below(folder: Path, root: Path) -> dict[str, tuple[Path, KeyPath]]:
    """Return the regular files below a folder, by their path in it."""
    if not folder.is_dir():
        raise DataError(f"{folder.relative_to(root)} is not a folder", path=("data", "images"))
    files: dict[str, tuple[Path, KeyPath]] = {}
    for at, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in [*folders, *names]:
            path = Path(at, name)
            shown = path.relative_to(root)
            if path.is_symlink() or "\n" in name:
                raise TrustError(f"{shown!s} is a symlink or has a line end in its name", path=("data", "images"))
            if name in names and not name.startswith("."):
                files[path.relative_to(folder).as_posix()] = (path, ("data", "images"))
    return files


def _hash_lines(hashes: dict[str, str]) -> str:
    lines = "".join(sorted(f"{sha256}  {name}\n" for name, sha256 in hashes.items()))
    return "sha256:" + hashlib.sha256(os.fsencode(lines)).hexdigest()
