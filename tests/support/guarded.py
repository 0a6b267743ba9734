"""A journal whose records are what `exec` would have written, without training anything: texts, fingerprints, blocks, plans."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import msgspec

from gitjournal.entry.parse import parse
from gitjournal.entry.record import Record, encode
from gitjournal.entry.results_block import splice
from gitjournal.entry.summary import summarise
from gitjournal.git.lab import find_journal
from gitjournal.git.setup.init import init
from gitjournal.git.trees import write_working_tree
from gitjournal.integrity.check import Checked, Question, check_tree
from gitjournal.integrity.rejudge import check_in_depth
from gitjournal.journal.branches import current_ref, journal_refs
from gitjournal.procedure.canonical_text import fingerprint
from gitjournal.procedure.configuration import configure
from gitjournal.procedure.declaration import Versions, written_out
from gitjournal.render.results_block import results_block
from tests.support.helpers import git

HASH = f"sha256:{'0' * 64}"
FIRST = "20261101-first-aaaa"
LATER = "20261102-later-bbbb"
UNGUARDED = ("-c", "core.hooksPath=/dev/null")


def page(title: str, *, c: float | Sequence[float] = 10, front: str = "", step: str = "SVC", notes: str = "What I saw.") -> str:
    """Return an entry as its plan was committed, with everything written out; several values of `c` are a grid that has grown."""
    return f"""\
---
title: {title}
{front}data: {{sklearn: digits, hash: '{HASH}', facts: {{n_rows: 1797, n_features: 64, classes: [0, 1], columns: {{number: 64}}}}}}
split: {{dev: 0.2, test: 0.2, seed: 0, shuffle: true, stratify: true}}
task: classification
procedure:
  - {step}
grid: {{svc__C: {[c] if isinstance(c, (int, float)) else list(c)}}}
metrics: [accuracy]
---
## Notes

{notes}
"""


def canonical(c: float = 10, step: str = "SVC") -> str:
    """Return the text that identifies that page at one point of its grid."""
    entry = parse(page("X", c=c, step=step), entry_id=FIRST, file=FIRST)
    declared = written_out(entry)
    assert declared
    return configure(entry, declared, {"svc__C": c}, Versions()).canonical


def run(c: float = 10, *, at: str, seed: int | None = None, dev: float = 0.97, step: str = "SVC", **more: object) -> Record:
    """Return the record of one run of that page."""
    text = canonical(c, step)
    name = f"{c}-{seed}-{at}".encode().hex().rjust(32, "0")[-32:]
    values = {"run": name, "fingerprint": fingerprint(text), "seed": seed, "canonical": text, "at": at, "grid": {"svc__C": c}, **more}
    return Record(**{"metrics": {"dev": {"accuracy": dev}, "train": {"accuracy": 1.0}}, **values})  # type: ignore[arg-type]


def put(lab: Path, entry_id: str, text: str, records: Sequence[Record] = ()) -> Path:
    """Write an entry into the lab as `exec` leaves it: its plan stored, its records beside it, its block in it."""
    path = lab / "entries" / entry_id[:4] / f"{entry_id}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    if records:
        plan = git(lab, "hash-object", "-w", "--stdin", stdin=text)
        records = [one if one.plan or not one.owned else msgspec.structs.replace(one, plan=plan) for one in records]
        front = parse(text, entry_id=entry_id, file=path.name).front
        text = splice(text, entry_id, results_block(front, summarise(front, records), records, None, entry_id=entry_id))
        path.with_suffix(".runs.jsonl").write_bytes(b"".join(map(encode, records)))
    path.write_text(text)
    return path


def save(lab: Path, message: str = "run: by hand", *options: str) -> str:
    """Commit all of the lab past every hook."""
    git(lab, "add", "--all")
    git(lab, *UNGUARDED, "commit", "-q", "-m", message, *options)
    return git(lab, "rev-parse", "HEAD")


def begin(repo: Path) -> Path:
    """Return a lab with one entry that was run."""
    lab = init(repo).lab.path
    put(lab, FIRST, page("First"), [run(at="2026-11-01T10:00:00+00:00")])
    save(lab, "run: First")
    return lab


def repeat(lab: Path, entry_id: str = LATER, *, front: str = "", at: str = "2026-11-02T10:00:00+00:00", **more: object) -> Path:
    """Write an entry that did the same run later."""
    return put(lab, entry_id, page("Later", front=front), [run(at=at, **more)])


def tried(lab: Path, *arguments: str, env: dict[str, str] | None = None, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run git, whatever comes of it."""
    return subprocess.run(
        ["git", *arguments],
        cwd=lab,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "GIT_EDITOR": "true", **(env or {})},
        input=stdin,
    )


def checked(lab: Path) -> Checked:
    """Look at the files of the lab as they lie there, as `gitjournal check` does."""
    place = find_journal(lab)
    assert place.worktree
    head = git(lab, "rev-parse", "HEAD")
    refs = journal_refs(place, current_ref(place))
    question = Question(write_working_tree(place.worktree), parents=(head,), history=(head,))
    return check_tree(place.repository, question, refs, check_in_depth)


def codes(lab: Path) -> list[str]:
    return sorted({one.code for one in checked(lab).findings if not one.note})
