"""git's settings, as far as they matter here: read in one process, as they were when a command first asked."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from gitjournal.git.process import run_git

_ASKED = r"^(core\.(bare|worktree)|commit\.gpgsign|user\.(name|email))$"


@dataclass(frozen=True)
class GitConfig:
    """Settings of one repository. `worktree` is where its main worktree is, where that is not beside it.

    With `has_identity` the person plainly told git their name and address; without, it may know them from elsewhere.
    """

    bare: bool
    worktree: str | None
    signs_commits: bool
    has_identity: bool


def read_config(common: Path) -> GitConfig:
    """Read the settings of the repository whose common directory this is, those of the person and the machine among them."""
    lines = run_git(["config", "-z", "--get-regexp", _ASKED], cwd=common).stdout.split(b"\0")
    values = dict(os.fsdecode(line).partition("\n")[::2] for line in lines if line)

    def is_set(name: str) -> bool:
        value = values.get(name, "false").lower()
        if value in ("true", "false"):
            return value == "true"
        return run_git(["config", "--type=bool", name], cwd=common).stdout.strip() == b"true"

    environment = [os.environ.get(f"GIT_{role}_{what}", "") for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")]
    settings = [values.get(name, "") for name in ("user.name", "user.email")]
    identity = all(map(str.strip, environment)) or all(map(str.strip, settings))
    return GitConfig(is_set("core.bare"), values.get("core.worktree"), is_set("commit.gpgsign"), identity)
