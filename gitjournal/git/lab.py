"""Where the journal is checked out, and which branch it has there.

The lab is a linked worktree of the person's repository. What we know of it stands in `gitjournal/lab.config` below
the common git directory: its branch, its folder, the id of its worktree, and the path of its hooks, which
`.git/config` includes for that worktree alone. `setup.init` makes all of this.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from gitjournal.entry import settings
from gitjournal.errors import GitError
from gitjournal.git.process import git, run_git
from gitjournal.git.repository import Repository
from gitjournal.git.worktree import Location, Worktree, find_location, find_repository, registered_path, same_place, worktree_at

SETTINGS = "lab.config"
_SECTION = re.compile(r"\[(\w+)\]")
_VALUE = re.compile(r"\s*(\w+) = ([^\s\"\\#;]+(?: [^\s\"\\#;]+)*)")
_NO_JOURNAL = "make one with: gitjournal init"


@dataclass(frozen=True)
class Lab:
    """The journal of one repository. `path` may be missing on disk; `top` is the person's main worktree, if any."""

    repository: Repository
    path: Path
    branch: str
    git_dir: Path | None
    top: Path | None

    @property
    def worktree(self) -> Worktree | None:
        """The worktree itself, or None where its folder is missing."""
        return Worktree(self.repository, self.path, self.git_dir) if self.git_dir else None


@dataclass(frozen=True)
class LabSettings:
    """What `lab.config` says. `top` stands there only where git itself cannot tell the main worktree."""

    branch: str
    folder: str
    worktree: str
    top: str | None
    hooks_off: bool = False


def find_lab(start: Path) -> Lab:
    """Return the journal of the repository that `start` lies in; `start` may lie in the lab itself.

    Raises GitError where there is none, and where the lab is a copy that belongs to another repository.
    """
    standing = find_location(start)
    repository = standing.repository
    refuse_copy(standing)
    recorded = read_settings(repository)
    if recorded is None:
        raise GitError("no journal here", hint=_NO_JOURNAL)
    top = repository.top or (Path(recorded.top) if recorded.top else None)
    lab = locate_lab(repository, recorded, top)
    if lab.git_dir is None and repository.resolve(f"refs/heads/{lab.branch}") is None:
        raise GitError(f"no journal here any more: neither {lab.path} nor the branch {lab.branch}", hint=_NO_JOURNAL)
    return lab


def find_journal(start: Path, revision: str = "") -> Lab:
    """Return the journal of the repository that `start` lies in, also where nobody has checked it out with `init`.

    Such a repository is the clone that checks a pull request, or the bare one of a forge; there `revision` or what is
    checked out must be of a journal. Raises GitError where there is none.
    """
    repository = find_repository(start)
    head = run_git(["rev-parse", "--verify", "--quiet", "HEAD"], cwd=start).stdout.decode().strip()
    head_is_journal = bool(head) and is_journal(repository, head)
    if read_settings(repository) is not None or not (head_is_journal or (revision and is_journal(repository, revision))):
        return find_lab(start)
    answer = run_git(["rev-parse", "--path-format=absolute", "--show-toplevel"], cwd=start)
    top = Path(os.fsdecode(answer.stdout.removesuffix(b"\n"))) if answer.returncode == 0 else repository.common
    worktree = worktree_at(repository, top) if head_is_journal else None
    branch = (worktree.head() if worktree else None) or "journal"
    return Lab(repository, top, branch, worktree.git_dir if worktree else None, None)


def current_branch(lab: Lab) -> str:
    """Return the journal branch that the lab has checked out, else the journal's own."""
    head = lab.worktree.head() if lab.worktree else None
    return head if head and head != lab.branch and is_journal(lab.repository, f"refs/heads/{head}") else lab.branch


def is_journal(repository: Repository, revision: str) -> bool:
    """Whether the tree of `revision` has a `journal.yaml`: asked of the tree alone, so no blob is fetched."""
    return repository.resolve(f"{revision}:{settings.FILE}") is not None


def switch_branch(lab: Lab, name: str) -> None:
    """Switch the lab to a branch, a new one beginning at the upstream of the journal (or the journal itself).

    git carries uncommitted drafts along, or refuses and changes nothing. Raises GitError with what it said.
    """
    if lab.worktree is None:
        raise GitError(f"{lab.path} is missing", hint="bring it back with: gitjournal init")
    if lab.repository.resolve(f"refs/heads/{name}"):
        git(["switch", "--quiet", name], cwd=lab.path)
        return
    upstream = lab.repository.git("for-each-ref", "--format=%(upstream)", f"refs/heads/{lab.branch}")
    git(["switch", "--quiet", "--no-track", "-c", name, upstream or lab.branch], cwd=lab.path)


def work_root(lab: Lab, start: Path) -> Path:
    """Return the top of the person's own worktree: the one `start` lies in, or the main one if that is the lab.

    In a bare repository without another worktree at `start` it is the folder that the lab lies in.
    """
    start = start.resolve()
    nearest = next((folder for folder in (start, *start.parents) if (folder / ".git").exists()), None)
    if lab.top and nearest and same_place(nearest / ".git", lab.repository.common):
        return lab.top  # nearly always; git need not be asked
    answer = run_git(["rev-parse", "--path-format=absolute", "--show-toplevel"], cwd=start)
    top = Path(os.fsdecode(answer.stdout.removesuffix(b"\n")))
    if answer.returncode == 0 and not same_place(top, lab.path):
        return top
    return lab.top or lab.path.parent


def read_settings(repository: Repository) -> LabSettings | None:
    """Return what `init` wrote down, or None where there was none."""
    file = repository.private / SETTINGS
    try:
        text = file.read_bytes()
    except OSError:
        return None
    values = _plain_settings(text)
    if values is None:
        answer = run_git(["config", "-z", "-f", str(file), "--get-regexp", r"^gitjournal\."], cwd=repository.common).stdout
        values = dict(os.fsdecode(line).partition("\n")[::2] for line in answer.split(b"\0") if line)
    branch, folder, worktree = (values.get(f"gitjournal.{name}", "") for name in ("branch", "folder", "worktree"))
    if not (branch and folder and worktree):
        return None
    return LabSettings(branch, folder, worktree, values.get("gitjournal.top"), values.get("gitjournal.hooks") == "off")


def _plain_settings(text: bytes) -> dict[str, str] | None:
    """Return the values of a settings file as git writes it, or None where it holds more than bare words, which git has to read."""
    section, values = "", {}
    for line in os.fsdecode(text).splitlines():
        head, value = _SECTION.fullmatch(line), _VALUE.fullmatch(line)
        if head:
            section = head[1].lower()
        elif value and section:
            values[f"{section}.{value[1].lower()}"] = value[2]
        elif line.strip():
            return None
    return values


def refuse_copy(standing: Location) -> None:
    """Refuse to answer from a copied worktree: its commits would land in the original repository."""
    git_dir, top, common = standing.git_dir, standing.top, standing.repository.common
    if top is None or same_place(git_dir, common) or same_place(registered_path(git_dir), top):
        return
    raise GitError(f"{top} is a copy: what is committed there lands in {common}", hint=f"mend its link: cd {top.parent} && gitjournal init")


def lab_place(repository: Repository, top: Path | None, folder: str) -> Path:
    """Return where the lab goes: into the main worktree, else beside the bare repository; never into a linked one."""
    return (top or repository.common.parent) / folder


def locate_lab(repository: Repository, recorded: LabSettings, top: Path | None) -> Lab:
    """Return the lab, seen to be ours. Raises GitError where another repository's stands in its place."""
    admin = repository.common / "worktrees" / recorded.worktree
    usual = lab_place(repository, top, recorded.folder)
    paths = [registered_path(admin), usual] if (admin / "gitdir").is_file() else [usual]
    for path in paths:
        worktree = worktree_at(repository, path)
        if worktree and worktree.git_dir != repository.common:
            return Lab(repository, path, recorded.branch, worktree.git_dir, top)
    if (usual / ".git").exists():
        raise GitError(
            f"{usual} does not belong to this repository: it was moved or copied",
            hint=f"mend its link: cd {usual.parent} && gitjournal init",
        )
    return Lab(repository, usual, recorded.branch, None, top)
