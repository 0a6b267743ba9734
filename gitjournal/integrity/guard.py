"""The checks that the git hooks make before a commit or a push. Refused is what cannot be right; what is only unfinished passes.

A page that cannot be read yet or a block that is out of date is a person's work in progress: `check` names it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gitjournal.git.lab import Lab, read_settings
from gitjournal.git.process import run_git
from gitjournal.git.repository import Repository
from gitjournal.integrity.check import Question, check_tree
from gitjournal.integrity.duplicates import Duplicate
from gitjournal.integrity.findings import Finding
from gitjournal.journal.branches import journal_refs, short_ref
from gitjournal.journal.index.cache import Index
from gitjournal.journal.index.rows import Row

UNDER_WAY = {
    "MERGE_HEAD": "git merge --abort",
    "CHERRY_PICK_HEAD": "git cherry-pick --abort",
    "REVERT_HEAD": "git revert --abort",
    "rebase-merge": "git rebase --abort",
    "rebase-apply/applying": "git am --abort",
    # refused at its end, `rebase --apply` has forgotten where it came from, and --abort fails
    "rebase-apply": "git rebase --quit && git switch BRANCH",
}


@dataclass(frozen=True)
class EarlierEntry:
    """The entry that did a run first, for the words of a hook."""

    duplicate: Duplicate
    branch: str
    row: Row | None


@dataclass(frozen=True)
class HookRefusal:
    """Why a hook refuses: `repeated` in words of their own, everything else as findings."""

    findings: list[Finding]
    repeated: list[EarlierEntry]


def check_commit(repository: Repository, git_dir: Path, head: str, tree: str) -> HookRefusal | None:
    """Judge what is about to be committed on top of `head`."""
    merged = git_dir / "MERGE_HEAD"
    merged_commits = tuple(merged.read_text().split()) if merged.is_file() else ()
    # what comes from elsewhere was accepted there: only what is new here is compared with other branches
    new = not any((git_dir / name).exists() for name in UNDER_WAY)
    ref = run_git(["--git-dir", str(git_dir), "symbolic-ref", "--quiet", "HEAD"], cwd=repository.common).stdout.decode().strip()
    return _check_tree(repository, Question(tree, base=head, parents=(head, *merged_commits), branches=new), ref)


def check_move(repository: Repository, old: str, new: str, ref: str, *, pushed: bool) -> HookRefusal | None:
    """Judge a branch that is about to move to `new`; `old` is empty for one that is not known where it is going."""
    excluded = (f"^{old}",) if old else ("--not", "--remotes" if pushed else "--branches")
    return _check_tree(repository, Question(new, base=old or None, history=(new, *excluded), branches=False), ref)


def _check_tree(repository: Repository, question: Question, ref: str) -> HookRefusal | None:
    settings = read_settings(repository)
    branch = settings.branch if settings else ref.removeprefix("refs/heads/") or "journal"
    refs = journal_refs(Lab(repository, repository.common, branch, None, None), ref)
    checked = check_tree(repository, question, refs)
    stopping = [one for one in checked.findings if one.stops]
    if not stopping:
        return None
    return HookRefusal([one for one in stopping if one.code != "GJ101"], _earlier_entries(repository, refs, checked.duplicates, ref))


def _earlier_entries(repository: Repository, refs: dict[str, str], duplicates: list[Duplicate], ref: str) -> list[EarlierEntry]:
    earlier = []
    with Index.open(repository) as index:
        index.refresh(refs)
        for duplicate in duplicates:
            ref_of, row = index.entry(PurePosixPath(duplicate.other).name) or (ref, None)
            earlier.append(EarlierEntry(duplicate, duplicate.branch or short_ref(ref_of), row))
    return earlier
