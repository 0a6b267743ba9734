"""Where the shell hooks ask: `python -P -m gitjournal.commands.hook`. Not for people, so without click: it starts faster.

Exit code 0 lets pass, 10 refuses; anything else means that nobody looked, and the shell lets pass and says so.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from gitjournal.entry.record import read_time
from gitjournal.errors import GitjournalError
from gitjournal.git.worktree import find_repository
from gitjournal.integrity.guard import UNDER_WAY, EarlierEntry, HookRefusal, check_commit, check_move
from gitjournal.render import text

PASSES, REFUSES, NOBODY_LOOKED = 0, 10, 1
SHOWN = 5


def main(arguments: list[str]) -> int:
    """Judge ``staged HEAD TREE``, or ``ref``, ``push`` or ``update`` with ``OLD NEW REF``."""
    # git starts the hooks of a worktree at its top, those of a bare repository inside it
    start = Path.cwd()
    git_dir = Path(os.environ.get("GIT_DIR", ".git")).absolute()
    try:
        repository = find_repository(start)
        if arguments[0] == "staged":
            refusal = check_commit(repository, git_dir, arguments[1], arguments[2])
        else:
            refusal = check_move(repository, *arguments[1:4], pushed=arguments[0] == "push")
    except GitjournalError as fault:
        sys.stderr.write(f"gitjournal: {text.clean(fault.message)}\n")
        return NOBODY_LOOKED
    except Exception as fault:  # noqa: BLE001 - a bug of ours must not keep anyone from committing
        sys.stderr.write(f"gitjournal: a fault in gitjournal itself: {type(fault).__name__}: {text.clean(str(fault))}\n")
        return NOBODY_LOOKED
    if refusal is None:
        return PASSES
    sys.stderr.write("".join(f"{line}\n" for line in [*_reason_lines(refusal), *_remedy_lines(refusal, arguments, git_dir)]))
    return REFUSES


def _reason_lines(refusal: HookRefusal) -> Iterator[str]:
    for duplicate in refusal.repeated[:SHOWN]:
        yield f"gitjournal: duplicate: {duplicate.duplicate.stem.rpartition('/')[2]} repeats what was run before:"
        yield "  the same data, split, procedure and parameters as"
        yield f"  {_earlier_run(duplicate)}"
    for finding in refusal.findings[:SHOWN]:
        line = f":{finding.line}" if finding.line else ""
        yield f"gitjournal: {finding.code} {text.clean(finding.file)}{line}: {text.clean(finding.message)}"
        yield f"  {text.clean(finding.hint)}"
    left = len(refusal.repeated) + len(refusal.findings) - len(refusal.repeated[:SHOWN]) - len(refusal.findings[:SHOWN])
    if left:
        yield f"gitjournal: and {left} more; see: gitjournal check"


def _earlier_run(duplicate: EarlierEntry) -> str:
    name, row = duplicate.duplicate.other.rpartition("/")[2], duplicate.row
    parts = [name]
    if row:
        parts[0] += f' "{text.clean(row.title)}"'
        parts.append(text.age(read_time(row.at), datetime.now(UTC)))
    parts.append(f"on {text.clean(duplicate.branch)}")
    result = f": dev.{text.clean(row.metric or '')} {text.number(row.best)}" if row and row.best is not None else ""
    return ", ".join(part for part in parts if part) + result


def _remedy_lines(refusal: HookRefusal, arguments: list[str], git_dir: Path) -> Iterator[str]:
    how, branch = arguments[0], arguments[-1].removeprefix("refs/heads/")
    first = refusal.repeated[0].duplicate.other[-4:] if refusal.repeated else ""
    if first:
        yield f"see it:      gitjournal show {first}"
    if how in ("push", "update"):
        yield "mend it:     gitjournal check --fix, commit, and push again" if first else "mend it, commit, and push again"
        return
    if first and how == "staged":
        yield f"keep both:   declare `replicates: {first}` (gitjournal check --fix does), git add it, and go on"
    stop = next((way for name, way in UNDER_WAY.items() if (git_dir / name).exists()), "")
    if stop:
        yield f"or give up:  {stop.replace('BRANCH', text.clean(branch))}"
    elif how == "ref":
        yield "if files have changed already (a reset, a fast-forward), this brings them back: git reset --hard HEAD"
        yield "to take it in and mend it here: the same command with `git -c core.hooksPath=/dev/null`, then gitjournal check --fix"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
