"""A private copy of git's index, changed aside and then put in its place: what the person staged stays staged, with our part in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from gitjournal.errors import EntryError
from gitjournal.git.build import CommitBuilder, index_info
from gitjournal.git.process import git_bytes
from gitjournal.git.repository import TreeFile
from gitjournal.git.working_files import Addition, FileChange, find_rename
from gitjournal.git.worktree import Worktree

INTENT = "gitjournal-intent"
COPY = "gitjournal-index"

_EMPTY = (
    "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
)


@dataclass(frozen=True)
class IndexCopy:
    """A private copy of the person's index, to be changed, and the bytes that it was copied from."""

    worktree: Worktree
    before: bytes

    @property
    def path(self) -> Path:
        """Where the copy lies: beside the index, so that it can be renamed into its place."""
        return self.worktree.git_dir / COPY

    @cached_property
    def _files_by_stage(self) -> list[tuple[str, TreeFile]]:
        """What was staged, each file with its stage: what the person had, where it is asked for before the copy is changed."""
        lines = git_bytes(["ls-files", "--stage", "-z"], cwd=self.worktree.path, extra={"GIT_INDEX_FILE": str(self.path)}).split(b"\0")
        files = []
        for line in filter(None, lines):
            head, _, path = line.partition(b"\t")
            mode, blob, stage = head.decode().split(" ")
            files.append((stage, TreeFile(mode, blob, os.fsdecode(path))))
        return files

    @property
    def has_conflicts(self) -> bool:
        """Whether a merge left files that are not merged yet."""
        return any(stage != "0" for stage, _ in self._files_by_stage)

    def index_files(self, paths: Collection[str] | None = None) -> dict[str, TreeFile]:
        """Return what was staged, at these paths or all, when the copy was made; what is only announced (`add -N`) was not."""
        files = (file for _, file in self._files_by_stage if paths is None or file.path in paths)
        return {file.path: file for file in files if file.blob not in _EMPTY}

    def stage(self, files: dict[str, TreeFile | None]) -> None:
        """Stage files, or take them out."""
        if files:
            self.worktree.git("update-index", "-z", "--index-info", stdin=index_info(files, self.worktree.repository), index=self.path)

    def add(self, path: str, files: dict[str, TreeFile | None]) -> TreeFile:
        """Stage a file as git adds it from the disk (it decides on filters and line ends), and others as `stage` does; return the first."""
        arguments = ("--add", "--replace", f"./{path}", "-z", "--index-info")  # that has to be the last
        self.worktree.git("update-index", *arguments, stdin=index_info(files, self.worktree.repository), index=self.path)
        line = self.worktree.git("ls-files", "--stage", "-z", "--", path, index=self.path)
        mode, blob, _ = line.partition("\t")[0].split(" ")
        return TreeFile(mode, blob, path)

    def discard(self) -> None:
        """Forget the copy, unless somebody was interrupted who is to be finished with it."""
        if not (self.worktree.git_dir / INTENT).exists():
            self.path.unlink(missing_ok=True)
        self.path.with_name(f"{COPY}.lock").unlink(missing_ok=True)


def copy_index(worktree: Worktree) -> IndexCopy:
    """Copy the person's index. Its time stamp comes along: git tells by it which files it must look into."""
    copy = IndexCopy(worktree, index_bytes(worktree.git_dir))
    copy.discard()
    if copy.before:
        shutil.copy2(worktree.git_dir / "index", copy.path)
    return copy


def index_bytes(git_dir: Path) -> bytes:
    """Return the index of a worktree as it is; nothing where it has none."""
    try:
        return (git_dir / "index").read_bytes()
    except FileNotFoundError:
        return b""


def files_to_stage(builder: CommitBuilder, copy: IndexCopy, changes: list[FileChange], addition: Addition) -> dict[str, TreeFile | None]:
    """Return what brings the copy of the index after a commit: what was staged stays staged, with our part in it."""
    staged = copy.index_files([change.path for change in changes]) if changes else {}
    new_files: dict[str, TreeFile | None] = {}
    for change in changes:
        file = staged.get(change.path)
        if file == change.old or (change.kind == "planned" and change.new is None):
            new_files[change.path] = change.new
        elif file is not None and change.new is not None:
            new_files |= _add_to_index_file(builder, file, change, addition)
        elif file is None and change.old is not None:
            new_files |= _add_under_new_name(builder, copy, change, addition)
    return new_files


def _add_to_index_file(builder: CommitBuilder, file: TreeFile, change: FileChange, addition: Addition) -> dict[str, TreeFile | None]:
    """Add our part to what the person staged, else their next commit would take it out again."""
    if change.kind == "records":
        data = addition.to_records(builder.repository.blob(file.blob) or b"")
        return {file.path: TreeFile(file.mode, builder.repository.store(data), file.path)}
    if change.kind == "entry":
        try:
            return {file.path: builder.edit(file, lambda text: addition.to_entry(text, file.path))}
        except EntryError:
            return {}  # they are in the middle of something; the commit has the block
    return {}


def _add_under_new_name(builder: CommitBuilder, copy: IndexCopy, change: FileChange, addition: Addition) -> dict[str, TreeFile | None]:
    """Add our part where the person staged the entry under another name; a staged deletion stays one."""
    entries = {path: file for path, file in copy.index_files().items() if path.startswith("entries/")}
    new_path = find_rename(change.path, entries)
    return _add_to_index_file(builder, entries[new_path], change, addition) if new_path else {}
