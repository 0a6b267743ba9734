"""`doctor`: what is amiss with the journal of this clone, and how it is mended. It looks at the clone, `check` at the entries.

Mended by itself is only what cannot lose anything; whatever is the person's comes with the command that mends it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gitjournal import __version__
from gitjournal.entry import settings
from gitjournal.errors import GitError, GitjournalError
from gitjournal.git import results_commit
from gitjournal.git.busy import lab_obstacle
from gitjournal.git.index_copy import INTENT
from gitjournal.git.lab import Lab, find_lab, is_journal, lab_place, read_settings
from gitjournal.git.locks import MARK
from gitjournal.git.process import run_git
from gitjournal.git.recovery import hold_journal
from gitjournal.git.repository import Repository
from gitjournal.git.setup import hooks, init
from gitjournal.git.spool import list_pending
from gitjournal.git.transaction import PATIENCE
from gitjournal.git.worktree import find_repository
from gitjournal.journal.index.cache import Index
from gitjournal.locks import is_locked

FIX = "gitjournal doctor --fix"
_STALE_SECONDS = 60.0
_SETTINGS = ".git/gitjournal/ (settings and hooks of the lab)"


@dataclass(frozen=True)
class Ailment:
    """One thing that is amiss, or (a `note`) good to know. `mend` says what it did; None where the person decides."""

    what: str
    hint: str
    mend: Callable[[], str] | None = None
    note: bool = False


def diagnose(start: Path) -> list[Ailment]:
    """Return what is amiss with the journal that belongs to `start`.

    Raises GitError where there is no repository, or no journal and no trace of one.
    """
    repository = find_repository(start)
    lab_settings = read_settings(repository)
    if lab_settings is None:
        branches = [name for name in repository.refs("refs/heads", "refs/remotes") if is_journal(repository, name)]
        if not branches:
            raise GitError("no journal here", hint="make one with: gitjournal init")
        return [Ailment("there is a journal here, but it is not checked out", "gitjournal init", _init(start))]
    ailments = list(_check_folder(start, repository))
    try:
        lab = find_lab(start)
    except GitError:
        return ailments
    for look in (
        _check_hooks,
        _check_branch,
        _check_spool,
        _check_locks,
        _check_index,
        _check_settings,
        _check_code_side,
        _check_remote,
        _check_depth,
    ):
        ailments += look(lab)
    return ailments


def mend_all(ailments: Sequence[Ailment]) -> list[str]:
    """Mend what can be mended, and return what was done; one cause may show in several ways, so each remedy is taken once."""
    lines = []
    taken = set()
    for ailment in ailments:
        if ailment.mend is None or ailment.hint in taken:
            continue
        if ailment.hint != FIX:
            taken.add(ailment.hint)
        try:
            lines.append(ailment.mend())
        except GitjournalError as fault:
            lines.append(f"not mended: {fault.message}")
    return lines


def _init(start: Path) -> Callable[[], str]:
    def mend() -> str:
        return f"mended: {', '.join(init.init(start).touched)}"

    return mend


# ---- the folder and what connects it


def _check_folder(start: Path, repository: Repository) -> Iterator[Ailment]:
    lab_settings = read_settings(repository)
    top = Path(lab_settings.top) if lab_settings and lab_settings.top else None
    place = lab_place(repository, repository.top or top, lab_settings.folder if lab_settings else "lab")
    try:
        missing = [change for change in init.init(start, dry_run=True).touched if change != _SETTINGS]
    except GitError as fault:
        admin = repository.common / "worktrees" / (lab_settings.worktree if lab_settings else "-")
        if (place / ".git").is_file() and not admin.exists():
            yield Ailment(
                f"git has lost its notes about {place}: nothing can be committed there",
                f"keep its files and begin it anew: {FIX}",
                _set_aside(start, place),
            )
        else:
            yield Ailment(fault.message, fault.hint)
        return
    for change in missing:
        yield Ailment(f"missing or astray: {change}", "gitjournal init", _init(start))


def _set_aside(start: Path, place: Path) -> Callable[[], str]:
    def mend() -> str:
        saved = place.with_name(f"{place.name}-saved-{time.strftime('%Y%m%d-%H%M%S')}")
        place.rename(saved)
        (saved / ".git").unlink()
        init.init(start)
        return f"{place} was checked out anew; what lay there is in {saved}: bring over what was not committed, then delete it"

    return mend


def _check_hooks(lab: Lab) -> Iterator[Ailment]:
    if not lab.path.is_dir():
        return
    state = hooks.read_hook_state(lab)
    install = "gitjournal config hooks install"

    def mend() -> str:
        hooks.install_hooks(lab)
        init.init(lab.top or lab.repository.common)
        return "the hooks of the lab were installed again"

    if not state.pointed:
        usage = f"uses {state.used}" if state.used else "uses none"
        yield Ailment(
            f"git does not see the hooks of the lab ({usage})", f"{install}; git -C {lab.path} config --show-origin core.hooksPath", mend
        )
    if state.off:
        yield Ailment("the hooks of the lab are taken out, so that duplicates are found by `check` only", install, note=True)
        return
    for name, problem in state.problems.items():
        if problem:
            yield Ailment(f"the hook {name} is {problem}", install, mend)
    if not state.python_found:
        yield Ailment(f"the Python that the hooks ask is gone: {state.python or 'none is named'}", install, mend)
    elif not hooks.is_this_version(state.python):
        yield Ailment(f"the Python that the hooks ask has no gitjournal {__version__}: {state.python}", install, mend)


def _check_branch(lab: Lab) -> Iterator[Ailment]:
    if lab.worktree is None:
        return
    head = lab.worktree.head()
    back = f"git -C {lab.path} switch {lab.branch}"
    going_on = lab_obstacle(lab)
    if going_on:
        yield Ailment(f"{going_on}: results wait until it has ended", f"git -C {lab.path} status", note=True)
    elif head is None:
        yield Ailment(f"{lab.path} has no branch checked out: what is committed there is on no branch", back)
    elif not is_journal(lab.repository, f"refs/heads/{head}"):
        yield Ailment(f"{lab.path} has {head} checked out, which is no journal", back)


# ---- what waits, what was left behind


def _check_spool(lab: Lab) -> Iterator[Ailment]:
    waiting = list_pending(lab)
    readable = [results for results in waiting if results.branch]

    def mend() -> str:
        outcomes = results_commit.commit_spool(lab)
        still = [results for results in outcomes if results.state == "waiting"]
        summary = f"{len(outcomes) - len(still)} committed"
        return f"{summary}; {len(still)} still wait: {still[0].why}" if still else summary

    if readable:
        runs = sum(results.runs for results in readable)
        yield Ailment(f"{runs} finished runs wait to be committed ({', '.join(sorted({results.path for results in readable}))})", FIX, mend)
    for results in waiting:
        if not results.branch:
            yield Ailment(
                f"results that cannot be read wait in {results.file}", "were they written by a newer gitjournal? look at it, then delete it"
            )


def _check_locks(lab: Lab) -> Iterator[Ailment]:
    private = lab.repository.private
    left = [path for folder in (private, *lab.repository.git_dirs()) for name in (MARK, INTENT) if (path := folder / name).exists()]
    left += list(private.glob("build-*"))

    def mend() -> str:
        with hold_journal(lab.repository, patience=PATIENCE):
            return "what a killed gitjournal left behind was finished and cleared"

    if left and not is_locked(private / "lock"):
        yield Ailment(f"a gitjournal that was killed left {', '.join(sorted(path.name for path in left))}", FIX, mend)
    own_locks = {path.stat().st_ino for path in left if path.name == MARK}
    for folder in lab.repository.git_dirs():
        lock = folder / "index.lock"
        if lock.exists() and lock.stat().st_ino not in own_locks and time.time() - lock.stat().st_mtime > _STALE_SECONDS:
            yield Ailment(
                f"{lock} has been there for {(time.time() - lock.stat().st_mtime) / 60:.0f} minutes",
                f"if no git runs there any more: rm {lock}",
            )
    ref = lab.repository.common / "refs" / "heads" / f"{lab.branch}.lock"
    if ref.exists() and time.time() - ref.stat().st_mtime > _STALE_SECONDS:
        yield Ailment(f"{ref} keeps the branch from moving", f"if no git runs any more: rm {ref}")


def _check_index(lab: Lab) -> Iterator[Ailment]:
    with Index.open(lab.repository) as index:
        sound, path = index.file.is_sound(), index.file.path

    def mend() -> str:
        for ending in ("-wal", "-shm", ""):
            Path(f"{path}{ending}").unlink(missing_ok=True)
        return "the index was deleted; the next command makes it anew"

    if not sound:
        yield Ailment(f"the index {path} is damaged", FIX, mend)


def _check_settings(lab: Lab) -> Iterator[Ailment]:
    try:
        settings.parse((lab.repository.blob(f"refs/heads/{lab.branch}:{settings.FILE}") or b"").decode(errors="replace"))
    except GitjournalError as fault:
        yield Ailment(f"the settings of the journal cannot be read: {fault.message}", f"correct {settings.FILE} on {lab.branch}")


# ---- the person's side, and the remote


def _check_code_side(lab: Lab) -> Iterator[Ailment]:
    if lab.top is None:
        return
    folder = os.path.relpath(lab.path, lab.top)
    if run_git(["ls-files", "--stage", "--", folder], cwd=lab.top).stdout.startswith(b"160000"):
        yield Ailment(f"your repository has {folder}/ in its index as if it were a submodule", f"git -C {lab.top} rm --cached {folder}")
    if os.path.lexists(lab.top / lab.branch):
        yield Ailment(
            f"{lab.branch} is a file or folder here too: `git log {lab.branch}` does not know which is meant", f"git log {lab.branch} --"
        )
    stashes = run_git(["stash", "list", "--format=%gs"], cwd=lab.top).stdout.decode(errors="replace").splitlines()
    if any(f"on {lab.branch}:" in line.lower() for line in stashes):
        what = f"the stash holds something of {lab.path.name}/; git shares it with your code, where it would not apply"
        yield Ailment(what, f"git -C {lab.path} stash pop", note=True)


def _check_remote(lab: Lab) -> Iterator[Ailment]:
    asked = run_git(["config", f"branch.{lab.branch}.remote"], cwd=lab.repository.common).stdout.decode().strip()
    if asked and asked != "." and lab.repository.resolve(f"refs/remotes/{asked}/{lab.branch}") is None:
        hint = f"git remote set-branches --add {asked} {lab.branch} && git fetch {asked}"
        yield Ailment(f"this clone does not fetch {lab.branch} from {asked}, so runs of others are not seen", hint)


def _check_depth(lab: Lab) -> Iterator[Ailment]:
    if run_git(["rev-parse", "--is-shallow-repository"], cwd=lab.repository.common).stdout.strip() == b"true":
        yield Ailment("this clone is shallow: every entry is here, their history is not", "git fetch --unshallow", note=True)
