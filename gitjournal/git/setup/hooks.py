"""The hooks of the lab, and of a repository that others push to: their state, and how they are installed and uninstalled.

The person's own hooks are never touched: the lab has a folder of hooks for itself, below `.git/gitjournal/`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from gitjournal import __version__, resources
from gitjournal.errors import GitError
from gitjournal.files import write_whole
from gitjournal.git.lab import SETTINGS, Lab, read_settings
from gitjournal.git.process import git, run_git
from gitjournal.git.repository import Repository
from gitjournal.git.worktree import find_repository, same_place

PYTHON = "_python"  # beside the hooks: the file that names the interpreter which the hooks ask
GUARD = "_guard"
SERVER = "update"
LAB = ("prepare-commit-msg", "reference-transaction", "pre-push")
_OURS = "# gitjournal: "
_SECONDS = 20.0


@dataclass(frozen=True)
class HookState:
    """How the hooks of a lab are. `problems` has an entry for each hook, empty where it is as it should be."""

    folder: Path
    used: str
    pointed: bool
    off: bool
    problems: dict[str, str]
    python: str
    python_found: bool


def hooks_folder(repository: Repository) -> Path:
    """Return where the hooks of the lab lie."""
    return repository.private / "hooks"


def read_hook_state(lab: Lab) -> HookState:
    """Return how the hooks of a lab are."""
    place = hooks_folder(lab.repository)
    used = run_git(["config", "core.hooksPath"], cwd=lab.path).stdout.removesuffix(b"\n") if lab.path.is_dir() else b""
    recorded = read_settings(lab.repository)
    pointed = bool(used) and same_place(lab.path / os.fsdecode(used), place)
    python = _read_python(lab.repository)
    problems = {name: _problem(name, place / name) for name in (*LAB, GUARD)}
    return HookState(place, os.fsdecode(used), pointed, bool(recorded and recorded.hooks_off), problems, python, os.access(python, os.X_OK))


def _problem(name: str, file: Path) -> str:
    if not file.is_file():
        return "missing"
    if file.read_bytes() != (resources.folder("hooks") / name).read_bytes():
        return "of another version"
    return "" if name == GUARD or os.access(file, os.X_OK) else "not executable"


def _read_python(repository: Repository) -> str:
    try:
        return (hooks_folder(repository) / PYTHON).read_text(errors="replace").strip()
    except FileNotFoundError:
        return ""


def read_version(python: str) -> str:
    """Return the version of gitjournal that the hooks' Python has, or nothing where it has none."""
    ask = "import gitjournal; print(gitjournal.__version__)"
    try:
        answer = subprocess.run([python, "-P", "-c", ask], capture_output=True, text=True, check=False, timeout=_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip() if answer.returncode == 0 else ""


def write_stubs(repository: Repository) -> None:
    """Write the hooks of the lab, and which Python they ask: the one that runs now."""
    _copy((*LAB, GUARD), hooks_folder(repository))


def _copy(names: tuple[str, ...], place: Path) -> None:
    place.mkdir(parents=True, exist_ok=True)
    for name in names:
        write_whole(place / name, (resources.folder("hooks") / name).read_bytes(), mode=0o755)
    write_whole(place / PYTHON, f"{sys.executable}\n".encode())


def install_hooks(lab: Lab) -> None:
    """Put the hooks of the lab in their place."""
    write_stubs(lab.repository)
    run_git(["config", "-f", str(lab.repository.private / SETTINGS), "--unset", "gitjournal.hooks"], cwd=lab.repository.common)


def uninstall_hooks(lab: Lab) -> None:
    """Take the hooks of the lab out; `init` leaves them out until they are installed again."""
    git(["config", "-f", str(lab.repository.private / SETTINGS), "gitjournal.hooks", "off"], cwd=lab.repository.common)
    for name in (*LAB, GUARD, PYTHON):
        (hooks_folder(lab.repository) / name).unlink(missing_ok=True)


# ---- a repository that others push to


def _server_hooks(path: Path) -> Path:
    common = find_repository(path).common
    used = run_git(["config", "core.hooksPath"], cwd=common).stdout.removesuffix(b"\n")
    return common / os.fsdecode(used) if used else common / "hooks"


def server_hook(path: Path) -> Path:
    """Return where the `update` hook of a repository is, or would be."""
    return _server_hooks(path) / SERVER


def install_server_hook(path: Path) -> Path:
    """Put the `update` hook into a repository that others push to, and return its place.

    Raises GitError where another hook of that name is there.
    """
    place = _server_hooks(path)
    if (place / SERVER).exists() and not _is_ours(place / SERVER):
        raise GitError(
            f"{place / SERVER} is there already, and is not from gitjournal",
            hint=f"call the hook of gitjournal from it as well: {resources.folder('hooks') / SERVER}",
        )
    _copy((SERVER, GUARD), place)
    return place / SERVER


def uninstall_server_hook(path: Path) -> Path:
    """Take our `update` hook out of a repository, and return its place; another's stays."""
    place = _server_hooks(path)
    if _is_ours(place / SERVER):
        for name in (SERVER, GUARD, PYTHON):
            (place / name).unlink(missing_ok=True)
    return place / SERVER


def _is_ours(file: Path) -> bool:
    return file.is_file() and _OURS in file.read_text(errors="replace")


def is_this_version(python: str) -> bool:
    """Whether the hooks ask the gitjournal that runs now."""
    return same_place(Path(python), Path(sys.executable)) or read_version(python) == __version__
