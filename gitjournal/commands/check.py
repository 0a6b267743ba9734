"""`gitjournal check`: what is wrong in the journal, and what to do about it."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict

import click

from gitjournal.commands.context import Context, quiet_option
from gitjournal.errors import GitError
from gitjournal.git.lab import Lab, find_journal, is_journal
from gitjournal.git.trees import compute_merge, write_staged_tree, write_working_tree
from gitjournal.integrity import fix as mending
from gitjournal.integrity.check import Checked, Question, ask_range, check_tree, resolve_range
from gitjournal.integrity.findings import Finding
from gitjournal.integrity.fix import MendedFile
from gitjournal.integrity.rejudge import check_in_depth
from gitjournal.journal import branches
from gitjournal.render import text
from gitjournal.render.results_page import compose_results

FOUND, DUPLICATE = 1, 3


@click.command("check", short_help="Look for what is wrong: duplicates, edited records, changed plans.")
@click.argument("what", required=False, metavar="[A..B | BRANCH]")
@click.option("--staged", is_flag=True, help="Look at what is staged in the lab folder.")
@click.option("--merge", metavar="A..B", help="Look at what merging B into A would give.")
@click.option("--fix", is_flag=True, help="Mend what needs no decision, in the files of the lab folder; commits nothing.")
@click.option("-n", "--dry-run", is_flag=True, help="With --fix: say what would be changed, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one object for programs.")
@quiet_option
@click.pass_obj
def command(context: Context, what: str | None, staged: bool, merge: str | None, fix: bool, dry_run: bool, as_json: bool) -> None:
    """Look for what is wrong in the journal: the files of the lab folder as they are, and how they came about.

    With A..B only what B has that A has not; with a BRANCH that branch. It needs no data and no library, so it serves
    in hooks and on a forge.

    Exit code: 0 clean, 1 something was found, 3 nothing but runs that were done before.
    """
    if sum(map(bool, (what, staged, merge))) > 1:
        raise click.UsageError("a range or branch, --staged and --merge exclude each other")
    if fix and (what or staged or merge):
        raise click.UsageError("--fix mends the files of the lab folder; switch to the branch, or merge, then run it alone")
    if dry_run and not fix:
        raise click.UsageError("-n goes with --fix")
    lab = find_journal(context.start, (merge or what or "").partition("..")[0])
    ref = branches.current_ref(lab)
    refs = branches.journal_refs(lab, ref)
    checked = _check(lab, ref, refs, what=what, staged=staged, merge=merge)
    mended: list[MendedFile] = []
    if fix:
        mended = mending.mend(lab, checked, refs, compose=compose_results, dry_run=dry_run)
        checked = checked if dry_run else _check(lab, ref, refs, what=None, staged=False, merge=None)
    if as_json:
        click.echo(json.dumps(_as_plain(checked, mended), indent=2))
    else:
        lines = [*_fix_lines(mended, dry_run=dry_run), *_finding_lines(checked, color=context.color, verbose=context.verbose)]
        quiet = context.quiet and not _without_notes(checked)
        click.echo("\n".join(lines), nl=bool(lines) and not quiet) if not quiet else None
    sys.exit(exit_code(checked))


def exit_code(checked: Checked) -> int:
    """Return the exit code."""
    codes = {one.code for one in _without_notes(checked)}
    return 0 if not codes else DUPLICATE if codes == {"GJ101"} else FOUND


def _without_notes(checked: Checked) -> list[Finding]:
    return [one for one in checked.findings if not one.note]


def _check(lab: Lab, ref: str, refs: dict[str, str], *, what: str | None, staged: bool, merge: str | None) -> Checked:
    repository, worktree = lab.repository, lab.worktree
    if merge:
        into, branch = resolve_range(repository, merge)
        merged = compute_merge(repository, into, branch)
        question = Question(merged.tree, base=into, parents=(into, branch), history=(branch, f"^{into}"))
        return _with_conflicts(check_tree(repository, question, refs, check_in_depth), merged.conflicts)
    if what and ".." in what:
        return check_tree(repository, ask_range(*resolve_range(repository, what)), refs, check_in_depth)
    if what or worktree is None:
        commit = repository.resolve(f"{what or ref}^{{commit}}")
        if commit is None or not is_journal(repository, commit):
            raise GitError(f"`{what or ref}` is not a branch of a journal", hint="see: git branch --all")
        return check_tree(repository, Question(commit, history=(commit,)), refs, check_in_depth)
    head = repository.resolve(worktree_head(lab))
    head_commits = (head,) if head else ()
    if staged:
        return check_tree(repository, Question(write_staged_tree(worktree), base=head, parents=head_commits), refs, check_in_depth)
    return check_tree(repository, Question(write_working_tree(worktree), parents=head_commits, history=head_commits), refs, check_in_depth)


def worktree_head(lab: Lab) -> str:
    """Return what is checked out in the lab: its branch, else its commit."""
    worktree = lab.worktree
    branch = worktree.head() if worktree else None
    if branch:
        return f"refs/heads/{branch}"
    return worktree.git("rev-parse", "HEAD") if worktree else "HEAD"


def _with_conflicts(checked: Checked, conflicts: Sequence[str]) -> Checked:
    """Add what git cannot merge by itself, where nothing says so yet."""
    with_markers = {one.file for one in checked.findings if one.code == "GJ104"}
    hint = "merge it in lab/, then: gitjournal check --fix"
    added = [Finding("GJ104", path, None, "git cannot merge this file", hint) for path in conflicts if path not in with_markers]
    return Checked(sorted([*checked.findings, *added], key=lambda one: one.file), checked.entries, checked.duplicates)


def _fix_lines(mended: Sequence[MendedFile], *, dry_run: bool) -> Iterator[str]:
    for file in mended:
        yield f"{'would mend' if dry_run else 'mended'} {text.clean(file.path)}: {file.what}"
    if mended and not dry_run:
        yield "look at it and commit it: git -C lab diff"


def _finding_lines(checked: Checked, *, color: bool, verbose: bool) -> Iterator[str]:
    shown = checked.findings if verbose else _without_notes(checked)
    for file, of_file in itertools.groupby(shown, key=lambda finding: finding.file):
        yield text.clean(file)
        for finding in of_file:
            line = f" (line {finding.line})" if finding.line else ""
            role = "dim" if finding.note else "look" if finding.code == "GJ101" else "bad"
            hint = f": {finding.hint}" if finding.hint else ""
            yield f"  {text.paint(finding.code, role, color=color)} {text.clean(finding.message)}{line}{text.clean(hint)}"
    serious = _without_notes(checked)
    files = len({finding.file.rpartition("/")[2].partition(".")[0] for finding in serious})
    entries = text.count(checked.entries, "entry", "entries")
    yield f"{text.count(len(serious), 'finding')} in {files} of {entries}" if serious else f"{entries}, nothing found"


def _as_plain(checked: Checked, mended: Sequence[MendedFile]) -> dict[str, object]:
    return {
        "entries": checked.entries,
        "findings": [asdict(one) for one in checked.findings],
        "mended": [asdict(one) for one in mended],
    }
