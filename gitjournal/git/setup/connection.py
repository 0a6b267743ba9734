"""Configuration that ties the lab to its repository: an exclude line, an include of our settings, hooks."""

from __future__ import annotations

import os

from gitjournal.errors import GitError
from gitjournal.git.lab import SETTINGS, Lab
from gitjournal.git.process import git, run_git
from gitjournal.git.setup import hooks as hook_install
from gitjournal.git.setup.missing import Missing
from gitjournal.git.setup.worktree import has_wrong_link
from gitjournal.git.worktree import Worktree, worktree_at


def plan_connection(missing: Missing, lab: Lab | None) -> None:
    """Plan what keeps the lab out of the person's commits, and has its git use our hooks; `lab` is there and ours already, or None."""
    if missing.top and missing.path == missing.top / missing.folder and not _has_exclusion(missing):
        missing.add_step(".git/info/exclude (one line)", lambda: _exclude(missing))
    if not (_uses_our_hooks(lab) if lab else has_wrong_link(missing)):
        fresh = f".git/config (one section, for {missing.folder}/ alone)"
        missing.add_step(".git/gitjournal/ (settings and hooks of the lab)" if missing.known else fresh, lambda: _connect(missing))


def _has_exclusion(missing: Missing) -> bool:
    file = missing.repository.common / "info" / "exclude"
    return file.is_file() and f"/{missing.folder}/" in file.read_text(errors="surrogateescape").splitlines()


def _exclude(missing: Missing) -> None:
    file = missing.repository.common / "info" / "exclude"
    file.parent.mkdir(exist_ok=True)
    before = file.read_bytes() if file.is_file() else b""
    gap = b"" if not before or before.endswith(b"\n") else b"\n"
    with file.open("ab") as out:
        out.write(gap + f"/{missing.folder}/\n".encode())


def _uses_our_hooks(lab: Lab) -> bool:
    """Whether the lab's git finds our hooks, and they are those of this version, or were taken out."""
    state = hook_install.read_hook_state(lab)
    return state.pointed and (state.off or (state.python_found and not any(state.problems.values())))


def _connect(missing: Missing) -> None:
    """Point the lab, and no other worktree, to our hooks."""
    worktree = worktree_at(missing.repository, missing.path)
    if worktree is None:
        raise GitError(f"git does not know {missing.path} as a worktree of {missing.repository.common}")
    off = missing.known is not None and missing.known.hooks_off
    hooks = hook_install.hooks_folder(missing.repository)
    if off:
        hooks.mkdir(parents=True, exist_ok=True)
    else:
        hook_install.write_stubs(missing.repository)
    _write_settings(missing, worktree, os.path.relpath(hooks.resolve(), worktree.path.resolve()), off=off)
    key = f"includeIf.gitdir:./worktrees/{worktree.git_dir.name}.path"
    file = str(missing.repository.common / "config")
    if run_git(["config", "-f", file, key], cwd=missing.repository.common).stdout.strip() != b"gitjournal/lab.config":
        git(["config", "-f", file, key, "gitjournal/lab.config"], cwd=missing.repository.common)
    if not _uses_our_hooks(Lab(missing.repository, missing.path, missing.branch, worktree.git_dir, missing.top)):
        raise GitError(
            f"git does not read {missing.repository.private / 'lab.config'} in {missing.path}",
            hint="look for a core.hooksPath that is set later: git config --show-origin --get-all core.hooksPath",
        )


def _write_settings(missing: Missing, worktree: Worktree, hooks: str, *, off: bool) -> None:
    values = {
        "core.hooksPath": hooks,
        "gitjournal.branch": missing.branch,
        "gitjournal.folder": missing.folder,
        "gitjournal.worktree": worktree.git_dir.name,
    }
    if off:
        values["gitjournal.hooks"] = "off"
    if missing.top and missing.repository.top is None:
        values["gitjournal.top"] = str(missing.top)
    draft = missing.repository.private / f"{SETTINGS}.new"
    draft.unlink(missing_ok=True)
    for name, value in values.items():
        git(["config", "-f", str(draft), name, value], cwd=missing.repository.common)
    draft.replace(missing.repository.private / SETTINGS)
