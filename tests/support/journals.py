"""What the tests of the writer share: a journal, an entry, results, and a person who edits meanwhile."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gitjournal.git.lab import Lab
from gitjournal.git.plan_commit import PlannedEntry, PlanRequest, plan_commit
from gitjournal.git.results_commit import CommitOutcome, commit_spool
from gitjournal.git.setup.init import init
from gitjournal.git.spool import Results, spool_results
from tests.support.helpers import git

ID = "20261121-rbf-beats-linear-k3f9"
ENTRY = f"entries/2026/{ID}.md"
RECORDS = f"entries/2026/{ID}.runs.jsonl"
TEXT = """\
---
title: RBF beats linear
data: {sklearn: digits}
procedure: [SVC]
---

## Notes

first thoughts

middle thoughts

last thoughts
"""
SMALL = 0.3  # seconds to wait for a lock that will not go away


def journal(start: Path) -> Lab:
    return init(start).lab


def write(lab: Lab, text: str = TEXT, path: str = ENTRY) -> Path:
    file = lab.path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode())
    return file


def plan(lab: Lab, path: str = ENTRY, patience: float = SMALL) -> PlannedEntry[str]:
    request = PlanRequest(accept=lambda text: text, message=lambda text: "plan: RBF beats linear")
    return plan_commit(lab, path, request, patience=patience)


def record(run: str | None = None, **more: object) -> bytes:
    return json.dumps({"run": run or str(uuid.uuid4()), "fingerprint": "f" * 8, **more}).encode() + b"\n"


def results(
    plan_entry: PlannedEntry[str],
    *lines: bytes,
    block: str = "accuracy 0.978",
    figures: dict[str, bytes] | None = None,
    files: dict[str, bytes] | None = None,
) -> Results:
    return Results(
        branch=plan_entry.branch,
        path=plan_entry.path,
        plan=plan_entry.tip,
        mode=plan_entry.mode,
        blob=plan_entry.blob,
        lines=list(lines) or [record()],
        block=block,
        message="run: RBF beats linear\n\nEntry: k3f9\n",
        figures=figures or {},
        files=files or {},
    )


def planned(start: Path) -> tuple[Lab, PlannedEntry[str]]:
    """Return a journal with one planned entry."""
    lab = journal(start)
    write(lab)
    return lab, plan(lab)


def finish(lab: Lab, plan_entry: PlannedEntry[str], *lines: bytes, block: str = "accuracy 0.978") -> CommitOutcome:
    """Spool results and commit them."""
    spool_results(lab, results(plan_entry, *lines, block=block))
    (outcome,) = commit_spool(lab, patience=SMALL)
    return outcome


def at(lab: Lab, path: str, branch: str = "journal") -> str:
    """Return a file as the branch has it."""
    return git(lab.repository.common, "--git-dir=.", "show", f"{branch}:{path}")


def has_block(text: str, block: str = "accuracy 0.978", entry_id: str = ID) -> bool:
    """Whether the block stands there, once."""
    return text.count(f"<!-- gitjournal:results {entry_id} -->\n{block}\n<!-- gitjournal:end {entry_id} -->") == 1 == text.count(block)


def staged(lab: Lab, path: str = ENTRY) -> str:
    return git(lab.path, "show", f":{path}")


def on_disk(lab: Lab, path: str = ENTRY) -> str:
    return (lab.path / path).read_text()


def status(lab: Lab) -> str:
    return git(lab.path, "status", "--porcelain")


def wait_for(what: Callable[[], object], seconds: float = 10) -> None:
    last = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < last, "waited in vain"
        time.sleep(0.01)


_numbers = itertools.count()


@contextmanager
def editor_open(lab: Lab, tmp_path: Path, *arguments: str) -> Iterator[Callable[[], int]]:
    """Run `git commit` with a real editor that stays open; the value closes it and returns git's exit code."""
    number = next(_numbers)
    opened, close = tmp_path / f"opened-{number}", tmp_path / f"close-{number}"
    editor = tmp_path / f"editor-{number}"
    editor.write_text(f'#!/bin/sh\ntouch "{opened}"\nwhile [ ! -e "{close}" ]; do sleep 0.02; done\necho "by hand" >"$1"\n')
    editor.chmod(0o755)
    process = subprocess.Popen(
        ["git", "commit", "-q", *arguments], cwd=lab.path, env={**os.environ, "GIT_EDITOR": str(editor)}, stderr=subprocess.DEVNULL
    )

    def end() -> int:
        close.touch()
        return process.wait(20)

    try:
        wait_for(opened.exists)
        yield end
    finally:
        end()


def python(code: str, *arguments: str, **options: object) -> subprocess.Popen[bytes]:
    """Start another process of ours."""
    return subprocess.Popen([sys.executable, "-c", code, *arguments], **options)  # type: ignore[call-overload, no-any-return]
