"""One tree of a journal, read to be judged: a commit, the staged tree, the result of a merge. Nothing in it is believed.

Blobs are read in batches, and only those of the entries that are asked for.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from gitjournal.entry.model import ID_PATTERN, Entry
from gitjournal.entry.parse import parse
from gitjournal.entry.record import Record, decode_lines
from gitjournal.errors import EntryError, GitError, GitjournalError
from gitjournal.git.process import git, git_bytes, run_git
from gitjournal.git.repository import Repository, TreeFile
from gitjournal.git.worktree import Worktree
from gitjournal.journal.entry_ids import FOLDER, PAGE, RECORDS

AT_ONCE = 250  # entries: memory stays flat however large the journal is


@dataclass(frozen=True)
class Line:
    """One line of a records file, and its record or what is wrong with it."""

    number: int
    text: bytes
    record: Record | None
    fault: str = ""


@dataclass(frozen=True)
class Found:
    """One entry as a tree holds it: its page (None where there is none), what it declares (None where that cannot be read)."""

    id: str
    page_path: str
    records_path: str
    text: str | None
    entry: Entry | None
    fault: GitjournalError | None
    lines: list[Line]

    @cached_property
    def records(self) -> list[Record]:
        """The records that can be read."""
        return [line.record for line in self.lines if line.record]


@dataclass(frozen=True)
class Snapshot:
    """A tree and the files in it."""

    repository: Repository
    revision: str
    files: dict[str, TreeFile]

    @cached_property
    def stems(self) -> list[str]:
        """The paths of all entries, without their endings; also of records that have no page."""
        return sorted({stem for path in self.files if (stem := stem_of(path))})

    def has(self, entry_id: str) -> bool:
        """Whether the tree holds the page of this entry."""
        return f"{FOLDER}/{entry_id[:4]}/{entry_id}{PAGE}" in self.files

    def entries(self, stems: Iterable[str] | None = None) -> Iterator[Found]:
        """Read entries, all of them or those with these stems."""
        wanted = self.stems if stems is None else sorted(stems)
        for at in range(0, len(wanted), AT_ONCE):
            chunk = wanted[at : at + AT_ONCE]
            files = {path: self.files[path] for stem in chunk for path in (stem + PAGE, stem + RECORDS) if path in self.files}
            blobs = self.repository.blobs({file.blob for file in files.values() if file.mode.startswith("100")})
            content = {path: blobs[file.blob] for path, file in files.items() if file.blob in blobs}
            for stem in chunk:
                if stem + PAGE in files or stem + RECORDS in files:
                    yield _found(stem, content.get(stem + PAGE), content.get(stem + RECORDS))


def stem_of(path: str) -> str | None:
    """Return the path of an entry without its ending, or None for any other file."""
    for ending in (RECORDS, PAGE):
        if path.endswith(ending) and path.startswith(f"{FOLDER}/"):
            stem = path.removesuffix(ending)
            return stem if ID_PATTERN.match(stem.rpartition("/")[2]) else None
    return None


def read_snapshot(repository: Repository, revision: str) -> Snapshot:
    """Return the tree of a revision. Raises GitError where there is none."""
    found = repository.resolve(f"{revision}^{{tree}}")
    if found is None:
        raise GitError(f"git knows no `{revision}` here", hint="fetch it first, or see: git log --oneline")
    return Snapshot(repository, found, {file.path: file for file in repository.tree(found)})


def read_lines(content: bytes, path: str) -> list[Line]:
    """Read the lines of a records file, each on its own: one that is no record hides no other."""
    lines = []
    for number, line in enumerate(content.split(b"\n"), start=1):
        if line.strip():
            try:
                lines.append(Line(number, line, decode_lines(line, file=path)[0]))
            except EntryError as fault:
                lines.append(Line(number, line, None, fault.message))
            except RecursionError:
                lines.append(Line(number, line, None, "nested too deep"))
    return lines


def _found(stem: str, page: bytes | None, records: bytes | None) -> Found:
    entry_id, path = PurePosixPath(stem).name, stem + PAGE
    text = None if page is None else page.decode(errors="replace")
    entry: Entry | None = None
    fault: GitjournalError | None = None
    if page is not None and text is not None:
        try:
            page.decode()
            entry = parse(text, entry_id=entry_id, file=path)
        except UnicodeDecodeError:
            fault = EntryError("not UTF-8 text")
        except RecursionError:
            fault = EntryError("nested too deep")
        except GitjournalError as told:
            fault = told
    return Found(entry_id, path, stem + RECORDS, text, entry, fault, read_lines(records or b"", stem + RECORDS))


# ---- trees that are no commit


def staged_tree(worktree: Worktree) -> str:
    """Return the tree of what is staged. Raises GitError where there are conflicts."""
    return worktree.git("write-tree")


def working_tree(worktree: Worktree) -> str:
    """Return the tree of the files as they lie there, what git ignores left out; index and files stay as they are."""
    with tempfile.TemporaryDirectory(prefix="gitjournal-") as folder:
        index = Path(folder) / "index"
        if (worktree.git_dir / "index").is_file():
            # with its time: by that git knows which files may have been edited unseen since (racily clean)
            shutil.copy2(worktree.git_dir / "index", index)
        worktree.git("add", "--all", "--", ".", index=index)
        return worktree.git("write-tree", index=index)


@dataclass(frozen=True)
class Merged:
    """The tree of a merge that was only computed, and the paths that git could not merge."""

    tree: str
    conflicts: list[str]


def merge_result(repository: Repository, ours: str, theirs: str) -> Merged:
    """Merge two commits without touching a worktree, an index or a branch; records are joined line by line.

    Raises GitError where the two have nothing in common to merge.
    """
    with tempfile.TemporaryDirectory(prefix="gitjournal-") as folder:
        attributes = Path(folder) / "attributes"
        attributes.write_bytes(repository.blob(f"{ours}:.gitattributes") or b"")
        plain = ["--git-dir", str(repository.common), "-c", f"core.attributesFile={attributes}"]
        asked = [*plain, "merge-tree", "--write-tree", "--allow-unrelated-histories", "--name-only", "--no-messages", "-z", ours, theirs]
        done = run_git(asked, cwd=repository.common)
        if done.returncode in (0, 1):
            tree, *paths = os.fsdecode(done.stdout).rstrip("\0").split("\0")
            return Merged(tree, list(dict.fromkeys(path for path in paths if path)))
        if not _too_old(done.stderr):
            raise GitError(f"git merge-tree: {done.stderr.decode(errors='replace').strip()}")
        return merge_in_index(repository, ours, theirs, Path(folder))


def _too_old(said: bytes) -> bool:
    """Whether this is a git before 2.38, whose merge-tree knows no `--write-tree`."""
    return b"usage: git merge-tree" in said or b"unknown" in said


def merge_in_index(repository: Repository, ours: str, theirs: str, folder: Path) -> Merged:
    """Merge as `merge_result` does, with a git that is too old for it: in a throw-away index and folder.

    A file that both sides changed is merged by git's own `merge-one-file`; where it cannot, our side stands there.
    """
    base = repository.git("merge-base", ours, theirs)
    desk = folder / "desk"
    desk.mkdir()
    where = {"GIT_DIR": str(repository.common), "GIT_INDEX_FILE": str(folder / "index"), "GIT_WORK_TREE": str(desk)}
    git(["read-tree", "-i", "-m", "--aggressive", base, ours, theirs], cwd=desk, extra=where)
    run_git(["merge-index", "-o", "-q", "git-merge-one-file", "-a"], cwd=desk, extra=where)
    listed = git_bytes(["ls-files", "--unmerged", "-z"], cwd=desk, extra=where)
    sides: dict[str, dict[str, str]] = {}
    for line in filter(None, listed.split(b"\0")):
        head, _, name = line.partition(b"\t")
        mode, blob, stage = head.decode().split(" ")
        sides.setdefault(os.fsdecode(name), {})[stage] = f"{mode} {blob}"
    conflicts = []
    for path, side in sides.items():
        git(["update-index", "--force-remove", "--", path], cwd=desk, extra=where)
        there = side.get("2")
        if path.endswith(RECORDS) and there and "3" in side:
            there = f"100644 {_union(repository, there[7:], side['3'][7:])}"
        else:
            conflicts.append(path)
        if there:
            git(["update-index", "-z", "--index-info"], cwd=desk, stdin=f"{there}\t".encode() + os.fsencode(path) + b"\0", extra=where)
    return Merged(git(["write-tree"], cwd=desk, extra=where), conflicts)


def _union(repository: Repository, ours: str, theirs: str) -> str:
    """Store the records of both sides, each line once, as git does with `merge=union`."""
    sides = repository.blobs([ours, theirs])
    lines = dict.fromkeys(line for blob in (ours, theirs) for line in sides[blob].split(b"\n") if line)
    return repository.store(b"".join(line + b"\n" for line in lines))
