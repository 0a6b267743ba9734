"""Trees that are no commit: what is staged, what lies on the disk, and what a merge would give."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from gitjournal.errors import GitError
from gitjournal.git.process import git, git_bytes, run_git
from gitjournal.git.repository import Repository
from gitjournal.git.working_files import RECORDS
from gitjournal.git.worktree import Worktree


def write_staged_tree(worktree: Worktree) -> str:
    """Return the tree of what is staged. Raises GitError where there are conflicts."""
    return worktree.git("write-tree")


def write_working_tree(worktree: Worktree) -> str:
    """Return the tree of the files as they lie there, what git ignores left out; index and files stay as they are."""
    with tempfile.TemporaryDirectory(prefix="gitjournal-") as folder:
        index = Path(folder) / "index"
        if (worktree.git_dir / "index").is_file():
            # with its time: by that git knows which files may have been edited unseen since (racily clean)
            shutil.copy2(worktree.git_dir / "index", index)
        worktree.git("add", "--all", "--", ".", index=index)
        return worktree.git("write-tree", index=index)


@dataclass(frozen=True)
class MergeResult:
    """The tree of a merge that was only computed, and the paths that git could not merge."""

    tree: str
    conflicts: list[str]


def compute_merge(repository: Repository, into: str, commit: str) -> MergeResult:
    """Merge two commits without touching a worktree, an index or a branch; records are joined line by line.

    Raises GitError where the two have nothing in common to merge.
    """
    with tempfile.TemporaryDirectory(prefix="gitjournal-") as folder:
        attributes = Path(folder) / "attributes"
        attributes.write_bytes(repository.blob(f"{into}:.gitattributes") or b"")
        plain = ["--git-dir", str(repository.common), "-c", f"core.attributesFile={attributes}"]
        asked = [*plain, "merge-tree", "--write-tree", "--allow-unrelated-histories", "--name-only", "--no-messages", "-z", into, commit]
        answer = run_git(asked, cwd=repository.common)
        if answer.returncode in (0, 1) and answer.stdout:  # 1: conflicts, or a name that is no commit
            tree, *paths = os.fsdecode(answer.stdout).rstrip("\0").split("\0")
            return MergeResult(tree, list(dict.fromkeys(path for path in paths if path)))
        if not _is_too_old(answer.stderr):
            raise GitError(f"git merge-tree: {answer.stderr.decode(errors='replace').strip()}")
        return merge_in_index(repository, into, commit, Path(folder))


def _is_too_old(message: bytes) -> bool:
    """Whether this is a git before 2.38, whose merge-tree knows no `--write-tree`."""
    return b"usage: git merge-tree" in message or b"unknown" in message


def merge_in_index(repository: Repository, into: str, commit: str, folder: Path) -> MergeResult:
    """Merge as `compute_merge` does, with a git that is too old for it: in a throw-away index and folder.

    A file that both sides changed is merged by git's own `merge-one-file`; where it cannot, our side stands there.
    """
    base = repository.git("merge-base", into, commit)
    desk = folder / "desk"
    desk.mkdir()
    where = {"GIT_DIR": str(repository.common), "GIT_INDEX_FILE": str(folder / "index"), "GIT_WORK_TREE": str(desk)}
    git(["read-tree", "-i", "-m", "--aggressive", base, into, commit], cwd=desk, extra=where)
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
            there = f"100644 {_join_records(repository, there[7:], side['3'][7:])}"
        else:
            conflicts.append(path)
        if there:
            git(["update-index", "-z", "--index-info"], cwd=desk, stdin=f"{there}\t".encode() + os.fsencode(path) + b"\0", extra=where)
    return MergeResult(git(["write-tree"], cwd=desk, extra=where), conflicts)


def _join_records(repository: Repository, left: str, right: str) -> str:
    """Store the records of both sides, each line once, as git does with `merge=union`."""
    sides = repository.blobs([left, right])
    lines = dict.fromkeys(line for blob in (left, right) for line in sides[blob].split(b"\n") if line)
    return repository.store(b"".join(line + b"\n" for line in lines))
