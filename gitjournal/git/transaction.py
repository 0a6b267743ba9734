"""One commit and its arrival in the worktree that has the branch checked out: all of it, or none of it.

The commit is built aside. Then, under git's own `index.lock` held for milliseconds: an intent is written down, the
branch moves by compare-and-swap, the person's index is replaced by a prepared copy, and files follow. Whoever dies in
between is finished by the next one (`recover`).
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from gitjournal.errors import BusyError, GitError, GitjournalError
from gitjournal.git.index_draft import DRAFT, INTENT, Draft, index_bytes
from gitjournal.git.repository import Repository, Worktree, refuse_full, registered_path, run_git, worktree_at
from gitjournal.git.working_files import Addition, Change, land

COMMITTING = "gitjournal-committing"  # written by hooks/prepare-commit-msg
MARK = "gitjournal-token"
DEAD_SECONDS = 0.5
SWITCH_SECONDS = 0.25  # `git switch` writes the index, and HEAD less than this later
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Moved(GitError):  # noqa: N818 - not a fault: a reason to look again
    """The branch, HEAD or the index changed under us: begin again from what is there now."""


class Commit(msgspec.Struct, frozen=True):
    """A commit that was built: the branch goes from `old` (None: the branch is gone) to `new`."""

    branch: str
    old: str | None
    new: str
    subject: str
    changes: list[Change]
    addition: Addition


class Intent(msgspec.Struct, frozen=True):
    """What is about to happen in one worktree; `index` is the hash of the index that the draft was made from."""

    commit: Commit
    index: str


# ---- where nobody else of us writes


@contextlib.contextmanager
def locked(repository: Repository, *, patience: float) -> Iterator[None]:
    """Hold the journal for writing, after finishing what a dead writer left."""
    repository.private.mkdir(parents=True, exist_ok=True)
    with (repository.private / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        recover(repository, patience=patience)
        yield


@contextlib.contextmanager
def index_lock(git_dir: Path, *, patience: float) -> Iterator[None]:
    """Hold git's lock of one index; it is known as ours by its inode. Raises BusyError after `patience` seconds."""
    token, lock = git_dir / MARK, git_dir / "index.lock"
    token.unlink(missing_ok=True)
    token.write_text(f"gitjournal {os.getpid()}\n")
    last = time.monotonic() + patience
    while True:
        try:
            lock.hardlink_to(token)
            break
        except FileExistsError:
            if time.monotonic() > last:
                token.unlink()
                raise BusyError(
                    f"git is at work in {registered_top(git_dir)}",
                    hint=f"close the editor of its commit; if no git runs there any more, delete {lock}",
                ) from None
            time.sleep(0.02)
    try:
        yield
    finally:
        _unlock(git_dir)


def registered_top(git_dir: Path) -> Path:
    """Return the folder of a worktree, for a message."""
    return registered_path(git_dir) if (git_dir / "gitdir").is_file() else git_dir.parent


def _unlock(git_dir: Path) -> None:
    token, lock = git_dir / MARK, git_dir / "index.lock"
    if _ours(git_dir):
        lock.unlink()
    token.unlink(missing_ok=True)


def _ours(git_dir: Path) -> bool:
    try:
        return (git_dir / MARK).samefile(git_dir / "index.lock")
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Put off Ctrl-C for the few milliseconds in which the branch and the index move together."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# ---- who else is at work


def holder(repository: Repository, branch: str) -> Worktree | None:
    """Return the worktree that has the branch checked out."""
    told = run_git(["for-each-ref", "--format=%(worktreepath)", f"refs/heads/{branch}"], cwd=repository.common).stdout
    path = Path(os.fsdecode(told.removesuffix(b"\n")))
    if not told.strip():
        return None
    if path == repository.common and repository.top:  # what git says of a submodule's main worktree
        path = repository.top
    found = worktree_at(repository, path)
    return found if found and found.head() == branch else None


def busy(repository: Repository, branch: str, worktree: Worktree | None) -> str:
    """Return what is going on that a moving branch would disturb, or nothing."""
    for git_dir in repository.git_dirs():
        for name in ("rebase-merge", "rebase-apply"):
            head = git_dir / name / "head-name"
            if head.is_file() and head.read_text(errors="replace").strip() == f"refs/heads/{branch}":
                return f"a rebase of {branch} is not finished in {registered_top(git_dir)}"
    return _busy_there(worktree) if worktree else ""


def _busy_there(worktree: Worktree) -> str:
    going_on = {
        "MERGE_HEAD": "a merge",
        "CHERRY_PICK_HEAD": "a cherry-pick",
        "REVERT_HEAD": "a revert",
        "sequencer": "a cherry-pick or revert",
        "rebase-merge": "a rebase",
        "rebase-apply": "a rebase or `git am`",
    }
    for name, what in going_on.items():
        if (worktree.git_dir / name).exists():
            return f"{what} is not finished in {worktree.path}"
    if _commit_is_being_written(worktree.git_dir / COMMITTING):
        return f"a commit is being written in {worktree.path}: its editor is open"
    return ""


def unmerged(worktree: Worktree) -> str:
    """Return that there are conflicts, or nothing."""
    return f"there are conflicts in {worktree.path}" if worktree.git("ls-files", "--unmerged") else ""


def await_commit(worktree: Worktree, *, patience: float) -> None:
    """Give a commit that is being written there `patience` seconds: most are over at once, one in an editor is not."""
    last = time.monotonic() + patience
    while _commit_is_being_written(worktree.git_dir / COMMITTING) and time.monotonic() < last:
        time.sleep(0.02)


def _commit_is_being_written(note: Path) -> bool:
    """Whether the git process that our hook noted is alive: a plain `git commit` holds no lock while its editor is open."""
    try:
        pid = int(note.read_text().strip())
        os.kill(pid, 0)
    except (FileNotFoundError, ValueError, ProcessLookupError):
        return False
    except PermissionError:
        pass
    return _command(pid).startswith("git")


def _command(pid: int) -> str:
    """Return the name of a living process; `git` where nobody can tell."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text()
    with contextlib.suppress(OSError):
        told = subprocess.run(["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return Path(told.stdout.strip()).name
    return "git"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# ---- its arrival


def arrive(repository: Repository, draft: Draft | None, commit: Commit, *, patience: float, lab: Path | None = None) -> None:
    """Move the branch, and with it the worktree of the draft; `lab` is the git directory of the lab.

    Raises Moved where something changed meanwhile, BusyError where git is at work there.
    """
    if draft is None:
        with _held_still(repository, commit.branch, lab, patience), uninterrupted():
            _move_branch(repository.private, repository.common, Intent(commit, ""))
            (repository.private / INTENT).unlink()
        return
    worktree = draft.worktree
    with index_lock(worktree.git_dir, patience=patience):
        if index_bytes(worktree.git_dir) != draft.before or worktree.head() != commit.branch or busy(repository, commit.branch, worktree):
            raise Moved(f"{worktree.path} has changed")
        with uninterrupted():
            _move_branch(worktree.git_dir, worktree.path, Intent(commit, _digest(draft.before)))
            draft.path.replace(worktree.git_dir / "index")
            land(worktree, commit.changes, commit.addition)
            (worktree.git_dir / INTENT).unlink()


@contextlib.contextmanager
def _held_still(repository: Repository, branch: str, lab: Path | None, patience: float) -> Iterator[None]:
    """Keep the lab from being switched to a branch that moves.

    `git switch` reads the branch, then writes files and index under git's lock, and last takes the branch for its own:
    what came to the branch in between would look like deleted by the person, and be gone with their next commit.
    """
    with contextlib.ExitStack() as stack:
        if lab is not None and (lab / "index").exists():
            with contextlib.suppress(BusyError):  # a lock that stays is no switch, but an editor or a leftover
                stack.enter_context(index_lock(lab, patience=patience))
            age = time.time() - (lab / "index").stat().st_mtime
            time.sleep(min(max(SWITCH_SECONDS - age, 0.0), SWITCH_SECONDS))
            if holder(repository, branch):
                raise Moved(f"{registered_top(lab)} was switched to {branch}")
        yield


def _move_branch(notes: Path, cwd: Path, intent: Intent) -> None:
    """Write down in the folder `notes` what is about to happen, and do it; where git refuses, nothing is left."""
    new = notes / f"{INTENT}.new"
    try:
        with new.open("wb") as out:
            out.write(msgspec.json.encode(intent))
            out.flush()
            os.fsync(out.fileno())
        new.replace(notes / INTENT)
    except OSError:
        new.unlink(missing_ok=True)
        raise
    try:
        _update_ref(cwd, intent.commit)
    except GitjournalError:
        (notes / INTENT).unlink()
        raise


def _update_ref(cwd: Path, commit: Commit) -> None:
    ref, nothing = f"refs/heads/{commit.branch}", "0" * len(commit.new)
    done = run_git(["update-ref", "--create-reflog", "-m", commit.subject, ref, commit.new, commit.old or nothing], cwd=cwd)
    if done.returncode == 0:
        return
    refuse_full(done)
    said = done.stderr.decode(errors="replace").strip()
    if "cannot lock ref" in said:
        raise Moved(said)  # and not for "aborted by hook": it would say the same again
    raise GitError(f"git update-ref: {said}")


def recover(repository: Repository, *, patience: float) -> None:
    """Finish or undo what a dead writer left; the caller holds the journal, so its owner is dead."""
    for folder in repository.private.glob("build-*"):
        shutil.rmtree(folder, ignore_errors=True)
    for notes in (repository.private, *repository.git_dirs()):
        intent = _intent(notes)
        if intent:
            for lock in (repository.common / "refs" / "heads" / f"{intent.commit.branch}.lock", notes / "HEAD.lock"):
                _remove_dead(lock, intent.commit.new)
            if notes != repository.private:
                _finish(repository, notes, intent, patience)
        (notes / INTENT).unlink(missing_ok=True)
        if (notes / MARK).exists():
            _unlock(notes)
        for name in (DRAFT, f"{DRAFT}.lock", f"{INTENT}.new"):
            (notes / name).unlink(missing_ok=True)


def _intent(notes: Path) -> Intent | None:
    try:
        return msgspec.json.decode((notes / INTENT).read_bytes(), type=Intent)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _remove_dead(lock: Path, new: str) -> None:
    """Remove the lock of a ref that our own `update-ref` left when it was killed with us.

    It holds the commit, or nothing yet; a lock of somebody who lives holds nothing for microseconds only.
    """
    try:
        before, said = lock.stat(), lock.read_text(errors="replace").strip()
        if said not in ("", new):
            return
        time.sleep(DEAD_SECONDS)
        after = lock.stat()
        if (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns):
            lock.unlink()
    except FileNotFoundError:
        pass


def _finish(repository: Repository, git_dir: Path, intent: Intent, patience: float) -> None:
    commit = intent.commit
    if run_git(["merge-base", "--is-ancestor", commit.new, f"refs/heads/{commit.branch}"], cwd=repository.common).returncode:
        return
    top = registered_path(git_dir) if git_dir != repository.common else repository.top
    worktree = worktree_at(repository, top) if top else None
    if worktree is None or worktree.head() != commit.branch:
        return
    if _ours(git_dir):
        _finish_there(worktree, intent)
    else:
        with index_lock(git_dir, patience=patience):
            _finish_there(worktree, intent)


def _finish_there(worktree: Worktree, intent: Intent) -> None:
    draft = worktree.git_dir / DRAFT
    if draft.exists() and _digest(index_bytes(worktree.git_dir)) == intent.index:
        draft.replace(worktree.git_dir / "index")
    land(worktree, intent.commit.changes, intent.commit.addition)
