"""`init`: begins a journal, or brings back what is missing of it.

It looks first, refuses what is in the way before anything is written, and then does only the steps that are missing;
so a second time changes nothing, and one that was cut off goes on.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from gitjournal.errors import GitError
from gitjournal.git.lab import Lab, LabSettings, find_lab, lab_place, locate_lab, read_settings, refuse_copy
from gitjournal.git.process import git, run_git
from gitjournal.git.repository import Repository
from gitjournal.git.setup.branch import plan_branch
from gitjournal.git.setup.connection import plan_connection
from gitjournal.git.setup.missing import Missing
from gitjournal.git.setup.worktree import plan_worktree
from gitjournal.git.worktree import find_location, same_place

_PART = re.compile(r"[^\W_][\w.-]*\Z")


@dataclass(frozen=True)
class InitResult:
    """What `init` made, or (with `dry_run`) would make."""

    lab: Lab
    created: bool
    touched: list[str]
    notes: list[str] = field(default_factory=list)


def init(start: Path, *, folder: str = "lab", branch: str = "journal", dry_run: bool = False) -> InitResult:
    """Begin a journal, or bring back what is missing of it; where nothing is missing, change nothing.

    Raises GitError, before anything is written, where something of the person's is in the way.
    """
    standing = find_location(start)
    repository = standing.repository
    refuse_copy(standing)
    recorded = read_settings(repository)
    top = _find_top(repository, recorded, start)
    if recorded:
        if (folder, branch) not in (("lab", "journal"), (recorded.folder, recorded.branch)):
            raise GitError(f"this repository has its journal on the branch {recorded.branch} at {recorded.folder}/ already")
        folder, branch = recorded.folder, recorded.branch
    missing = Missing(repository, top, lab_place(repository, top, folder), folder, branch, recorded)
    _plan(missing)
    if not dry_run:
        missing.carry_out()
    created = bool(missing.steps)
    if dry_run and created:
        return InitResult(Lab(repository, missing.path, branch, None, top), True, missing.touched, missing.notes)
    return InitResult(find_lab(start), created, missing.touched, missing.notes)


def _find_top(repository: Repository, recorded: LabSettings | None, start: Path) -> Path | None:
    """Return the main worktree; a git directory that lies elsewhere is known only from inside that worktree."""
    if repository.top or repository.bare:
        return repository.top
    if recorded and recorded.top:
        return Path(recorded.top)
    answer = run_git(["rev-parse", "--path-format=absolute", "--git-dir", "--show-toplevel"], cwd=start)
    lines = os.fsdecode(answer.stdout).splitlines()
    if answer.returncode == 0 and len(lines) == 2 and same_place(Path(lines[0]), repository.common):
        return Path(lines[1])
    raise GitError(f"cannot tell where the main worktree of {repository.common} is", hint="run gitjournal init there")


def _plan(missing: Missing) -> None:
    """Find what is missing. Raises GitError where something is in the way."""
    lab = _find_lab(missing)
    if lab is None:
        _refuse_names(missing)
        plan_branch(missing)
        plan_worktree(missing)
    elif lab.path != missing.path:
        missing.path = lab.path  # the person moved it with `git worktree move`
    plan_connection(missing, lab)


def _find_lab(missing: Missing) -> Lab | None:
    """Return the lab where it stands and is ours."""
    if missing.known is None:
        return None
    try:
        lab = locate_lab(missing.repository, missing.known, missing.top)
    except GitError:
        lab = None
    return lab if lab and lab.git_dir else None


def _refuse_names(missing: Missing) -> None:
    """Raise GitError where folder or branch cannot be called so."""
    parts = missing.folder.split("/")
    if not all(_PART.match(part) for part in parts):
        raise GitError(f"`{missing.folder}` is not a name for the folder", hint="letters, digits, dot, dash and underscore will do")
    if run_git(["check-ref-format", f"refs/heads/{missing.branch}"], cwd=missing.repository.common).returncode or missing.branch[0] == "-":
        raise GitError(f"`{missing.branch}` is not a name for a branch")
    if missing.branch == missing.folder:
        raise GitError(
            f"branch and folder cannot both be called `{missing.branch}`: `git log {missing.branch}` would not know which is meant",
            hint="choose another: gitjournal init --folder lab --branch journal",
        )
    if missing.top and missing.known is None:
        _refuse_names_of_files(missing, missing.top)


def _refuse_names_of_files(missing: Missing, top: Path) -> None:
    """Raise GitError where the person's own files have one of the two names."""
    if os.path.lexists(top / missing.branch):
        raise GitError(
            f"{missing.branch} is a file or folder here: `git log {missing.branch}` would not know which is meant",
            hint="choose another branch: gitjournal init --branch NAME",
        )
    listed = git(["ls-files", "--", missing.folder], cwd=top)
    committed = missing.repository.resolve(f"HEAD:{missing.folder}")
    if listed or committed:
        raise GitError(f"{missing.folder}/ is tracked by your repository", hint="choose another folder: gitjournal init --folder NAME")
