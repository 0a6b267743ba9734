"""git processes: the one module that starts them.

Every call drops the environment that git sets inside hooks, so that asking about one worktree never answers for
another (`git rev-parse --local-env-vars`).
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from gitjournal.errors import GitError, SpaceError

# what `git rev-parse --local-env-vars` prints (2.39); asking git each time would cost a process a call
LOCAL_ENVIRONMENT = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_COUNT",
    "GIT_OBJECT_DIRECTORY",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_REPLACE_REF_BASE",
    "GIT_PREFIX",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_COMMON_DIR",
    # not local, but at odds with the literal paths that every call of ours asks for
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
)
_FULL = (b"No space left on device", b"File too large", b"Disk quota exceeded")
_OURS = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_LITERAL_PATHSPECS": "1"}


def environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    """Return the environment for a git call of ours."""
    inherited = {name: value for name, value in os.environ.items() if name not in LOCAL_ENVIRONMENT}
    # our hooks let pass what this very process does (hooks/_guard)
    return {**inherited, **_OURS, "GITJOURNAL_RUNNER": str(os.getpid()), **(extra or {})}


def run_git(
    arguments: Sequence[str],
    *,
    cwd: Path,
    stdin: bytes | None = None,
    extra: dict[str, str] | None = None,
    seconds: float | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run git and return what it answered, whatever its exit code; exit code 124 where `seconds` were not enough."""
    command = ["git", *arguments]
    try:
        return subprocess.run(
            command,
            cwd=cwd,
            env=environment(extra),
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            check=False,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 124, b"", b"no answer")
    except FileNotFoundError:
        raise _no_git(cwd) from None


def start_git(arguments: Sequence[str], *, cwd: Path) -> subprocess.Popen[bytes]:
    """Start a git that answers what it is asked on its stdin, until it is ended."""
    try:
        return subprocess.Popen(
            ["git", *arguments],
            cwd=cwd,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # nobody would read a pipe while it answers
        )
    except FileNotFoundError:
        raise _no_git(cwd) from None


def _no_git(cwd: Path) -> GitError:
    return GitError("git is not installed, or not on PATH" if cwd.is_dir() else f"{cwd} is not there")


def git(arguments: Sequence[str], *, cwd: Path, stdin: bytes | None = None, extra: dict[str, str] | None = None) -> str:
    """Run git and return its output without the last newline.

    Raises GitError with what git said.
    """
    return os.fsdecode(git_bytes(arguments, cwd=cwd, stdin=stdin, extra=extra)).removesuffix("\n")


def git_bytes(arguments: Sequence[str], *, cwd: Path, stdin: bytes | None = None, extra: dict[str, str] | None = None) -> bytes:
    """Run git and return the bytes of its output. Raises GitError with what git said."""
    answer = run_git(arguments, cwd=cwd, stdin=stdin, extra=extra)
    if answer.returncode:
        refuse_full(answer)
        message = answer.stderr.decode(errors="replace").strip() or f"exit code {answer.returncode}"
        raise GitError(f"git {arguments[0]}: {message}")
    return answer.stdout


def refuse_full(answer: subprocess.CompletedProcess[bytes]) -> None:
    """Raise SpaceError where git failed because nothing more can be written."""
    if answer.returncode == -signal.SIGXFSZ or any(words in answer.stderr for words in _FULL):
        raise SpaceError("what git has to keep")
