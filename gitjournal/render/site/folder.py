"""The output folder of a site: it holds what we made and nothing else, and only pages whose inputs changed are written.

What was built from what is kept beside the index, not in the folder, which may be published. A folder that is not ours, or
that git follows, is never written to.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import msgspec

from gitjournal.errors import GitjournalError
from gitjournal.files import write_whole
from gitjournal.git.lab import Lab
from gitjournal.git.process import run_git
from gitjournal.render.site.cards import Card

MARKER = ".gitjournal-site"
MARKED = "A site made by `gitjournal site build`. Everything here is made anew by it: keep nothing of yours in this folder.\n"
IGNORE = ".gitignore"
DEFAULT, CACHE = "site", "site-cache"
FOLDERS = ("entries", "data")


class BuildCache(msgspec.Struct, kw_only=True):
    """What was built last: the key of each page (what it was made of), and the cards of entries."""

    pages: dict[str, str] = {}
    cards: dict[str, Card] = {}


class SiteFolder:
    """An output folder with the cache of the last build. Open one with `SiteFolder.open`."""

    def __init__(self, path: Path, cache_file: Path, cache: BuildCache, *, dry_run: bool) -> None:
        self.path = path
        self.cache = cache
        self.dry_run = dry_run
        self.written = 0
        self.pages: dict[str, str] = {}
        self._cache_file = cache_file

    @classmethod
    def open(cls, lab: Lab, path: Path | None, *, start: Path, dry_run: bool = False) -> SiteFolder:
        """Make or find the folder; without a path it lies below `.git`.

        Raises GitjournalError where something else is there, where git follows files in it, or where it cannot be written.
        """
        repository = lab.repository
        own = repository.private / DEFAULT
        path = (start / path) if path else own
        if path != own:
            _require_free(path, start)
            _require_outside(path, lab)
        if not dry_run:
            try:
                for name in ("", *FOLDERS):
                    (path / name).mkdir(parents=True, exist_ok=True)
            except OSError as fault:
                raise GitjournalError(f"{path} cannot be made: {fault.strerror or fault}") from None
            write_whole(path / MARKER, MARKED.encode())
            if path != own:
                write_whole(path / IGNORE, b"# made anew by gitjournal, so not for git; to publish it anyway: git add --force\n*\n")
        name = hashlib.sha256(os.path.realpath(path).encode()).hexdigest()[:16]
        cache = repository.private / CACHE / f"{name}.json"
        return cls(path, cache, _read_cache(cache), dry_run=dry_run)

    def holds(self, name: str, key: str) -> bool:
        """Whether a page is there as it would be made now."""
        return self.cache.pages.get(name) == key and (self.path / name).is_file()

    def keep(self, name: str, key: str) -> None:
        """Note that a page belongs here and was made of this."""
        self.pages[name] = key

    def write(self, name: str, key: str, text: str) -> None:
        """Write a page, unless these bytes are there already."""
        self.keep(name, key)
        content, path = text.encode(), self.path / name
        try:
            same = path.read_bytes() == content
        except OSError:
            same = False
        if not same:
            self.written += 1
            if not self.dry_run:
                write_whole(path, content)

    def finish(self, cards: dict[str, Card]) -> int:
        """Remove the pages of what is gone, remember what was made of what, and return how many pages were removed."""
        gone = [path for folder in ("", *FOLDERS) for path in (self.path / folder).glob("*.html") if self._name(path) not in self.pages]
        if self.dry_run:
            return len(gone)
        for path in gone:
            path.unlink(missing_ok=True)
        self._cache_file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(self._cache_file, msgspec.json.encode(BuildCache(pages=self.pages, cards=cards)))
        return len(gone)

    def _name(self, path: Path) -> str:
        return path.relative_to(self.path).as_posix()


def _require_free(path: Path, start: Path) -> None:
    hint = "choose another folder, or none: gitjournal site build -o DIR"
    if any((path / name).is_symlink() for name in ("", *FOLDERS)):
        raise GitjournalError(f"{path} is, or holds, a symbolic link", hint=hint)
    if path.exists() and not path.is_dir():
        raise GitjournalError(f"{path} is a file", hint=hint)
    if path.is_dir() and any(path.iterdir()) and not (path / MARKER).is_file():
        raise GitjournalError(f"{path} holds files that no site made; they are left alone", hint=hint)
    inside = next((one for one in (path, *path.parents) if one.is_dir()), start)
    listing = run_git(["ls-files", "-z", "--", str(path)], cwd=inside)
    if listing.returncode == 0 and listing.stdout:
        raise GitjournalError(f"git follows files in {path}; they are left alone", hint=hint)


def _require_outside(path: Path, lab: Lab) -> None:
    """Refuse a folder among git's own files or the journal's; on a forge the journal is all there is, and may hold it."""
    whole = Path(os.path.realpath(path))
    journal = [lab.path] if lab.git_dir != lab.repository.common else []
    for taken in (*journal, lab.repository.common):
        if whole.is_relative_to(os.path.realpath(taken)):
            raise GitjournalError(f"{path} lies in {taken}, which is not for pages", hint="gitjournal site build -o DIR")


def _read_cache(cache: Path) -> BuildCache:
    """Return what was built last; nothing where it is not known, or written by another version."""
    try:
        return msgspec.json.decode(cache.read_bytes(), type=BuildCache)
    except (OSError, msgspec.DecodeError):
        return BuildCache()
