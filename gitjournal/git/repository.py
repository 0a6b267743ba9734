"""git, by its plumbing: the one module that starts git processes.

Every call drops the environment that git sets inside hooks, so that asking about one worktree never answers for
another (`git rev-parse --local-env-vars`).
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
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
RESTING_NS = 20_000_000  # clocks of file systems tick as rarely as every 10 ms
_FULL = (b"No space left on device", b"File too large", b"Disk quota exceeded")
RefsStamp = frozenset[tuple[str, int, int, int]]  # path, inode, time of change, size
_OURS = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_LITERAL_PATHSPECS": "1"}


def environment(extra: dict[str, str] | None = None) -> dict[str, str]:
    """Return the environment for a git call of ours."""
    kept = {name: value for name, value in os.environ.items() if name not in LOCAL_ENVIRONMENT}
    # our hooks let pass what this very process does (hooks/_guard)
    return {**kept, **_OURS, "GITJOURNAL_RUNNER": str(os.getpid()), **(extra or {})}


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
        if not cwd.is_dir():
            raise GitError(f"{cwd} is not there") from None
        raise GitError("git is not installed, or not on PATH") from None


def git(arguments: Sequence[str], *, cwd: Path, stdin: bytes | None = None, extra: dict[str, str] | None = None) -> str:
    """Run git and return its output without the last newline.

    Raises GitError with what git said.
    """
    return os.fsdecode(git_bytes(arguments, cwd=cwd, stdin=stdin, extra=extra)).removesuffix("\n")


def git_bytes(arguments: Sequence[str], *, cwd: Path, stdin: bytes | None = None, extra: dict[str, str] | None = None) -> bytes:
    """Run git and return the bytes of its output. Raises GitError with what git said."""
    done = run_git(arguments, cwd=cwd, stdin=stdin, extra=extra)
    if done.returncode:
        refuse_full(done)
        said = done.stderr.decode(errors="replace").strip() or f"exit code {done.returncode}"
        raise GitError(f"git {arguments[0]}: {said}")
    return done.stdout


def refuse_full(done: subprocess.CompletedProcess[bytes]) -> None:
    """Raise SpaceError where git failed because nothing more can be written."""
    if done.returncode == -signal.SIGXFSZ or any(words in done.stderr for words in _FULL):
        raise SpaceError("what git has to keep")


@dataclass(frozen=True)
class TreeFile:
    """One file of a tree."""

    mode: str
    blob: str
    path: str


@dataclass(frozen=True)
class Repository:
    """A repository, known by its common directory: the same for all its worktrees."""

    common: Path

    @cached_property
    def private(self) -> Path:
        """Where gitjournal keeps what is local and can be lost: index, spool, locks, hooks, artifacts."""
        return self.common / "gitjournal"

    @cached_property
    def _core(self) -> dict[str, str]:
        """What its settings say of a main worktree, asked once: a process for each question would be felt at every start."""
        told = run_git(["config", "-z", "--get-regexp", r"^core\.(bare|worktree)$"], cwd=self.common).stdout
        return dict(os.fsdecode(line).partition("\n")[::2] for line in told.split(b"\0") if line)

    @cached_property
    def bare(self) -> bool:
        """Whether there is no main worktree."""
        said = self._core.get("core.bare", "false").lower()
        if said in ("true", "false"):
            return said == "true"
        return run_git(["config", "--type=bool", "core.bare"], cwd=self.common).stdout.strip() == b"true"

    @cached_property
    def top(self) -> Path | None:
        """The folder of the main worktree; None where there is none, or where only that folder knows of us.

        The last is `git init --separate-git-dir`, which writes no `core.worktree`.
        """
        if self.bare:
            return None
        told = self._core.get("core.worktree")
        if told:
            return Path(os.path.realpath(self.common / told))
        return self.common.parent if self.common.name == ".git" else None

    @cached_property
    def id_length(self) -> int:
        """How many characters an object id has: 40, or 64 in a sha256 repository."""
        return 64 if self.git("rev-parse", "--show-object-format") == "sha256" else 40

    def git_dirs(self) -> list[Path]:
        """Return the private git directory of every worktree, the main one's (the common directory) first."""
        return [self.common, *sorted(path for path in (self.common / "worktrees").glob("*") if path.is_dir())]

    def git(self, *arguments: str, stdin: bytes | None = None) -> str:
        """Ask about refs and objects; never about a worktree."""
        # a branch of ours moves under our hooks, not under those that the person has for their own
        ours = ["--git-dir", str(self.common), "-c", f"core.hooksPath={self.private / 'hooks'}"]
        return git([*ours, *arguments], cwd=self.common, stdin=stdin)

    def resolve(self, revision: str) -> str | None:
        """Return the object id of a revision, or None where there is none."""
        done = run_git(["--git-dir", str(self.common), "rev-parse", "--verify", "--quiet", "--end-of-options", revision], cwd=self.common)
        return done.stdout.decode().strip() or None if done.returncode == 0 else None

    def refs(self, *patterns: str) -> dict[str, str]:
        """Return full ref names and the commits they point to."""
        lines = self.git("for-each-ref", "--format=%(refname) %(objectname)", *patterns).splitlines()
        return {name: commit for name, _, commit in (line.rpartition(" ") for line in lines)}

    def refs_stamp(self) -> RefsStamp | None:
        """Return what `stat` says of the files that hold branches. While it is the same no branch has moved; git need not be asked.

        None where one of them changed so lately that the next change may carry the same time.
        """
        places = [str(self.common / name) for name in ("packed-refs", "reftable", "reftable/tables.list")]
        for kind in ("heads", "remotes"):
            for folder, _, files in os.walk(self.common / "refs" / kind):
                places += [folder, *(f"{folder}/{file}" for file in files)]
        found = set()
        for path in places:
            with contextlib.suppress(FileNotFoundError):
                now = os.lstat(path)
                found.add((path, now.st_ino, now.st_mtime_ns, now.st_size))
        newest = max((mtime for _, _, mtime, _ in found), default=0)
        return frozenset(found) if newest + RESTING_NS < time.time_ns() else None

    def tree(self, revision: str, *folders: str) -> list[TreeFile]:
        """Return every file of a commit's tree (or of some folders of it)."""
        found = git_bytes(["--git-dir", str(self.common), "ls-tree", "-r", "-z", "--full-tree", revision, "--", *folders], cwd=self.common)
        files = []
        for line in found.split(b"\0"):
            if line:
                head, _, path = line.partition(b"\t")
                mode, _, blob = head.decode().split(" ")
                files.append(TreeFile(mode, blob, os.fsdecode(path)))
        return files

    def blobs(self, names: Iterable[str]) -> dict[str, bytes]:
        """Return the bytes of many objects in one process. Names that do not exist are left out.

        A name is an object id or `REVISION:path`; it must hold no newline.
        """
        names = list(names)
        if not names:
            return {}
        request = "".join(f"{name}\n" for name in names).encode()
        out = git_bytes(["--git-dir", str(self.common), "cat-file", "--batch", "--buffer"], cwd=self.common, stdin=request)
        found, at = {}, 0
        for name in names:
            end = out.index(b"\n", at)
            head = out[at:end]
            at = end + 1
            if head.endswith(b" missing"):
                continue
            size = int(head.rpartition(b" ")[2])
            found[name] = out[at : at + size]
            at += size + 1
        return found

    def files(self, revision: str, *paths: str) -> dict[str, TreeFile]:
        """Return those of `paths` that are files of a commit's tree."""
        return {file.path: file for file in self.tree(revision, *paths) if file.path in paths} if paths else {}

    def store(self, data: bytes) -> str:
        """Keep the bytes as an object, as they are, and return its id."""
        return self.git("hash-object", "-w", "--no-filters", "--stdin", stdin=data)

    def blob(self, name: str) -> bytes | None:
        """Return the bytes of one object, or None."""
        return self.blobs([name]).get(name)


@dataclass(frozen=True)
class Worktree:
    """A worktree that was seen to belong to the repository."""

    repository: Repository
    path: Path
    git_dir: Path

    def git(self, *arguments: str, stdin: bytes | None = None, index: Path | None = None) -> str:
        """Run git inside this worktree, on another index where one is given. Raises GitError with what git said."""
        return git(arguments, cwd=self.path, stdin=stdin, extra={"GIT_INDEX_FILE": str(index)} if index else None)

    def head(self) -> str | None:
        """Return the branch that is checked out, or None on a detached HEAD."""
        plain = _plain_head(self.git_dir)
        if plain is not None:
            return plain.removeprefix("refs/heads/") if plain.startswith("refs/heads/") else None
        done = run_git(["symbolic-ref", "--quiet", "HEAD"], cwd=self.path)
        name = os.fsdecode(done.stdout).removesuffix("\n")
        return name.removeprefix("refs/heads/") if name.startswith("refs/heads/") else None


def same_place(one: Path, other: Path) -> bool:
    """Whether two paths name the same existing file or folder."""
    try:
        return one.samefile(other)
    except OSError:
        return False


def worktree_at(repository: Repository, path: Path) -> Worktree | None:
    """Return the worktree whose top is `path`, or None where it belongs to another repository or is not there.

    Without this question `git -C path` answers for whatever repository lies above, and in a copied folder for the
    original.
    """
    if not path.is_dir():
        return None
    plain = _plain_worktree(repository, path)
    if plain is not None:
        return plain
    done = run_git(["rev-parse", "--path-format=absolute", "--show-toplevel", "--git-dir", "--git-common-dir"], cwd=path)
    said = os.fsdecode(done.stdout).splitlines()
    if done.returncode or len(said) != 3:
        return None
    top, git_dir, common = map(Path, said)
    if not same_place(top, path) or not same_place(common, repository.common):
        return None
    if same_place(git_dir, common):
        return Worktree(repository, path, repository.common)
    return Worktree(repository, path, git_dir) if same_place(registered_path(git_dir), path) else None


def _plain_worktree(repository: Repository, path: Path) -> Worktree | None:
    """Return the linked worktree at `path` as its own files say it (gitrepository-layout), or None where git has to be asked."""
    try:
        said = (path / ".git").read_bytes()
        git_dir = Path(os.path.realpath(path / os.fsdecode(said.removeprefix(b"gitdir: ").removesuffix(b"\n"))))
        common = git_dir / os.fsdecode((git_dir / "commondir").read_bytes().removesuffix(b"\n"))
        whole = said.startswith(b"gitdir: ") and _plain_head(git_dir) is not None and not (git_dir / "config.worktree").exists()
        ours = same_place(common, repository.common) and same_place(registered_path(git_dir), path)
    except (OSError, ValueError):
        return None
    return Worktree(repository, path, git_dir) if whole and ours else None


def _plain_head(git_dir: Path) -> str | None:
    """Return the full name of what is checked out, "" for a commit; None where git has to be asked (another way to store refs)."""
    head = git_dir / "HEAD"
    try:
        said = None if head.is_symlink() else head.read_bytes().removesuffix(b"\n")
    except OSError:
        return None
    if said is None or said == b"ref: refs/heads/.invalid":
        return None
    if said.startswith(b"ref: refs/"):
        return os.fsdecode(said.removeprefix(b"ref: "))
    return "" if re.fullmatch(rb"[0-9a-f]{40}|[0-9a-f]{64}", said) else None


def registered_path(git_dir: Path) -> Path:
    """Return the folder that git has noted for a linked worktree."""
    told = Path(os.fsdecode((git_dir / "gitdir").read_bytes().removesuffix(b"\n")))
    return (told if told.is_absolute() else git_dir / told).parent


@dataclass(frozen=True)
class Standing:
    """Where a folder stands: in which repository, and in which worktree of it (None where it is in none)."""

    repository: Repository
    git_dir: Path
    top: Path | None


def find_repository(start: Path) -> Repository:
    """Return the repository that `start` lies in.

    Raises GitError with a way out where there is none.
    """
    return find_standing(start).repository


def find_standing(start: Path) -> Standing:
    """Return where `start` lies, asked of git once.

    Raises GitError with a way out where there is no repository.
    """
    asked = ("--git-common-dir", "--git-dir", "--show-toplevel")
    done = run_git(["rev-parse", "--path-format=absolute", *asked], cwd=start)
    said = os.fsdecode(done.stdout).removesuffix("\n").split("\n")
    if len(said) == (2 if done.returncode else 3):  # the last question fails where there is no worktree
        return Standing(Repository(Path(said[0])), Path(said[1]), None if done.returncode else Path(said[2]))
    told = [
        run_git(["rev-parse", "--path-format=absolute", asked], cwd=start) for asked in ("--git-common-dir", "--git-dir", "--show-toplevel")
    ]
    if told[0].returncode:
        stderr = told[0].stderr.decode(errors="replace")
        if "dubious ownership" in stderr:
            raise GitError(f"git does not trust the owner of this repository: {stderr.strip()}")
        raise GitError(f"no git repository at {start}", hint="begin one with: git init")
    common, git_dir, top = (Path(os.fsdecode(one.stdout.removesuffix(b"\n"))) for one in told)
    return Standing(Repository(common), git_dir, None if told[2].returncode else top)


def author_email(repository: Repository) -> str:
    """Return the address that git would commit with here; "" where it knows none."""
    told = run_git(["-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT"], cwd=repository.common).stdout.decode(errors="replace")
    return told.partition("<")[2].partition(">")[0]


def require_identity(repository: Repository) -> None:
    """Raise GitError where git does not know who commits: a guessed name would stay in the history."""
    for role in ("AUTHOR", "COMMITTER"):
        if run_git(["-c", "user.useConfigOnly=true", "var", f"GIT_{role}_IDENT"], cwd=repository.common).returncode:
            raise GitError(
                "git does not know who you are",
                hint='tell it: git config --global user.name "Your Name"; git config --global user.email you@example.org',
            )
