"""The folder of a journal: its worktree added, or its link mended after it was moved."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from gitjournal.errors import GitError
from gitjournal.git.process import run_git
from gitjournal.git.setup.missing import Missing
from gitjournal.git.worktree import registered_path, worktree_at


def plan_worktree(missing: Missing) -> None:
    """Plan how the folder comes to be. Raises GitError where something of the person's lies in its place."""
    if has_wrong_link(missing):
        missing.add_step(f"{missing.path.name}/ (its link to this repository)", lambda: _mend_link(missing))
        return
    _refuse_folder(missing)
    occupant = _find_occupant(missing)
    if occupant:
        raise GitError(
            f"the branch {missing.branch} is checked out at {occupant}",
            hint=f"switch there to another branch, or remove that worktree: git worktree remove {occupant}",
        )
    missing.add_step(f"the folder {missing.folder}/", lambda: _add_worktree(missing))


def has_wrong_link(missing: Missing) -> bool:
    """Whether our own lab lies at its place with a link that points elsewhere: the repository was moved or copied."""
    link = missing.path / ".git"
    if missing.known is None or not link.is_file() or missing.path.is_symlink():
        return False
    target = link.read_text(errors="replace").strip()
    return Path(target).name == missing.known.worktree and missing.admin.is_dir()


def _mend_link(missing: Missing) -> None:
    """Write both ends of the link. Not `git worktree repair`: in a copy it would lead the original astray."""
    admin = missing.admin
    (missing.path / ".git").write_text(f"gitdir: {admin}\n")
    (admin / "gitdir").write_text(f"{missing.path / '.git'}\n")


def _find_occupant(missing: Missing) -> Path | None:
    """Return where the branch is checked out, other than in a lab that is gone."""
    answer = run_git(["for-each-ref", "--format=%(worktreepath)", missing.ref], cwd=missing.repository.common).stdout.removesuffix(b"\n")
    path = Path(os.fsdecode(answer))
    if not answer or (missing.known and not path.exists()):
        return None
    if missing.known and worktree_at(missing.repository, path) is None:
        return None  # a copied repository still has the note of the original's lab
    return path


def _add_worktree(missing: Missing) -> None:
    """Check the branch out into the folder, or the one that our worktree had before its folder went."""
    branch = _forget_worktree(missing) or missing.branch
    quiet = ["-c", "core.hooksPath=/dev/null", "worktree", "add", "--quiet"]
    if missing.repository.resolve(f"refs/heads/{branch}"):
        what = [str(missing.path), branch]
    else:
        what = ["--track", "-b", branch, str(missing.path), f"{missing.source}/{branch}"]
    missing.repository.git(*quiet, *what)


def _forget_worktree(missing: Missing) -> str | None:
    """Forget our own worktree whose folder is gone, and no other; return the branch that it had."""
    admin = missing.admin
    if not admin.is_dir():
        return None
    if (admin / "locked").exists():
        raise GitError(f"{registered_path(admin)} is gone, and locked", hint=f"git worktree unlock {registered_path(admin)}")
    head = run_git(["--git-dir", str(admin), "symbolic-ref", "--quiet", "--short", "HEAD"], cwd=missing.repository.common)
    shutil.rmtree(admin)
    name = os.fsdecode(head.stdout).removesuffix("\n")
    return name if name and missing.repository.resolve(f"refs/heads/{name}") else None


def _refuse_folder(missing: Missing) -> None:
    """Raise GitError where something lies in the place of the folder."""
    if missing.path.is_symlink() or (missing.path.exists() and not missing.path.is_dir()):
        raise GitError(f"{missing.path} is in the way", hint="move it, or choose another: gitjournal init --folder NAME")
    if missing.path.is_dir() and any(missing.path.iterdir()):
        raise GitError(
            f"{missing.path} is in the way: a folder with something in it",
            hint="move it away and run init again, or choose another: gitjournal init --folder NAME",
        )
