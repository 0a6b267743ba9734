"""The plan of an `init`: steps that are missing, collected first and carried out when nothing is in the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from gitjournal.git.lab import LabSettings
from gitjournal.git.repository import Repository


@dataclass
class Missing:
    """Where a journal is to be, what was known of it before, and the steps that are missing.

    `path` is the lab's folder, `top` the person's main worktree; `touched` says of each step what it changes. `source` is the remote
    that the branch comes from, where it does.
    """

    repository: Repository
    top: Path | None
    path: Path
    folder: str
    branch: str
    known: LabSettings | None
    source: str | None = None
    steps: list[Callable[[], None]] = field(default_factory=list)
    touched: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def ref(self) -> str:
        """The full name of the branch."""
        return f"refs/heads/{self.branch}"

    @property
    def admin(self) -> Path:
        """The private git directory that the lab has, or had."""
        return self.repository.common / "worktrees" / (self.known.worktree if self.known else "-")

    def add_step(self, touches: str, step: Callable[[], None]) -> None:
        """Plan a step, and say what it touches."""
        self.touched.append(touches)
        self.steps.append(step)

    def carry_out(self) -> None:
        """Do what was planned, in that order."""
        for step in self.steps:
            step()
