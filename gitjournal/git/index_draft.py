"""The person's index after a commit of ours: a private copy in which what was staged stays staged, with our part in it."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from gitjournal.errors import EntryError
from gitjournal.git.build import Bench, index_info
from gitjournal.git.process import git_bytes
from gitjournal.git.repository import TreeFile
from gitjournal.git.working_files import Addition, Change, renamed
from gitjournal.git.worktree import Worktree

INTENT = "gitjournal-intent"
DRAFT = "gitjournal-index"

_EMPTY = (
    "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
)


@dataclass(frozen=True)
class Draft:
    """A private copy of the person's index, to be changed, and the bytes that it was copied from."""

    worktree: Worktree
    before: bytes

    @property
    def path(self) -> Path:
        """Where the copy lies: beside the index, so that it can be renamed into its place."""
        return self.worktree.git_dir / DRAFT

    def staged(self, *paths: str) -> dict[str, TreeFile]:
        """Return what is staged at these paths or below; what is only announced (`add -N`) is not."""
        listed = git_bytes(["ls-files", "--stage", "-z", "--", *paths], cwd=self.worktree.path, extra={"GIT_INDEX_FILE": str(self.path)})
        found = {}
        for line in listed.split(b"\0"):
            if line:
                head, _, path = line.partition(b"\t")
                mode, blob, _ = head.decode().split(" ")
                found[os.fsdecode(path)] = TreeFile(mode, blob, os.fsdecode(path))
        return {path: file for path, file in found.items() if file.blob not in _EMPTY}

    def put(self, files: dict[str, TreeFile | None]) -> None:
        """Stage files, or take them out."""
        if files:
            self.worktree.git("update-index", "-z", "--index-info", stdin=index_info(files, self.worktree.repository), index=self.path)

    def discard(self) -> None:
        """Forget the copy, unless somebody was interrupted who is to be finished with it."""
        if not (self.worktree.git_dir / INTENT).exists():
            self.path.unlink(missing_ok=True)
        self.path.with_name(f"{DRAFT}.lock").unlink(missing_ok=True)


def draft_of(worktree: Worktree) -> Draft:
    """Copy the person's index. Its time stamp comes along: git tells by it which files it must look into."""
    draft = Draft(worktree, index_bytes(worktree.git_dir))
    draft.discard()
    if draft.before:
        shutil.copy2(worktree.git_dir / "index", draft.path)
    return draft


def index_bytes(git_dir: Path) -> bytes:
    """Return the index of a worktree as it is; nothing where it has none."""
    try:
        return (git_dir / "index").read_bytes()
    except FileNotFoundError:
        return b""


def stage_changes(made: Bench, draft: Draft, changes: list[Change], addition: Addition) -> None:
    """Bring the copy of the index after a commit: what was staged stays staged, with our part in it."""
    staged = draft.staged(*[change.path for change in changes]) if changes else {}
    put: dict[str, TreeFile | None] = {}
    for change in changes:
        mine = staged.get(change.path)
        if mine == change.old or (change.kind == "planned" and change.new is None):
            put[change.path] = change.new
        elif mine is not None and change.new is not None:
            put |= _edited(made, mine, change, addition)
        elif mine is None and change.old is not None:
            put |= _edited_elsewhere(made, draft, change, addition)
    draft.put(put)


def _edited(made: Bench, mine: TreeFile, change: Change, addition: Addition) -> dict[str, TreeFile | None]:
    """Add our part to what the person staged, else their next commit would take it out again."""
    if change.kind == "records":
        data = addition.to_records(made.repository.blob(mine.blob) or b"")
        return {mine.path: TreeFile(mine.mode, made.repository.store(data), mine.path)}
    if change.kind == "entry":
        try:
            return {mine.path: made.edited(mine, lambda text: addition.to_entry(text, mine.path))}
        except EntryError:
            return {}  # they are in the middle of something; the commit has the block
    return {}


def _edited_elsewhere(made: Bench, draft: Draft, change: Change, addition: Addition) -> dict[str, TreeFile | None]:
    """Add our part where the person staged the entry under another name; a staged deletion stays one."""
    entries = draft.staged("entries/")
    other = renamed(change.path, entries)
    return _edited(made, entries[other], change, addition) if other else {}
