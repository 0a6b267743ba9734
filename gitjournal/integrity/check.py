"""`check`: looks at one tree of the journal and says what is wrong with it. The same before a commit, after a merge, in CI.

It reads git alone: no data, no scikit-learn, and it writes nothing but the index of gitjournal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from gitjournal.entry.record import Record
from gitjournal.entry.summary import Key
from gitjournal.errors import GitError
from gitjournal.git.repository import Repository
from gitjournal.git.working_files import run_ids, same_entry
from gitjournal.integrity import findings
from gitjournal.integrity.duplicates import Ran, Twice, as_finding, counted, repeated_elsewhere, repeated_here
from gitjournal.integrity.findings import Finding
from gitjournal.journal.entry_ids import FOLDER, PAGE, RECORDS
from gitjournal.journal.index.cache import Index
from gitjournal.journal.snapshot import AT_ONCE, Found, Snapshot, read_lines, read_snapshot, stem_of

Judge = Callable[[Found, Snapshot, Index], Iterator[Finding]]

_TEXTS = (".md", ".json", ".yaml", ".yml", ".svg")
_OBJECT = re.compile(r"[0-9a-f]{40,64}\Z")
_RAW = re.compile(r":\d+ \d+ (?P<former>[0-9a-f]+) (?P<blob>[0-9a-f]+) [A-Z]\t(?P<path>.*)")


@dataclass(frozen=True)
class Question:
    """What to look at.

    `tree` is looked at; of its entries only those that differ from `base`, where one is given. `parents` are commits
    whose records must all be kept; `history` is a range of `git log` whose commits must have kept theirs. `branches`
    are the other branches of the journal, where the same run counts too.
    """

    tree: str
    base: str | None = None
    parents: tuple[str, ...] = ()
    history: tuple[str, ...] = ()
    branches: bool = True


@dataclass(frozen=True)
class Checked:
    """What was found; `twice` are the duplicates among it, with what is known of the others."""

    findings: list[Finding]
    entries: int
    twice: list[Twice]


def check_tree(repository: Repository, question: Question, refs: dict[str, str], *judges: Judge) -> Checked:
    """Look at one tree. `refs` are the journal's branches and their commits, the most important first.

    `judges` ask more of each entry than there is time for in a hook. Raises GitError where git does not know what was asked about.
    """
    snapshot = read_snapshot(repository, question.tree)
    touched = None if question.base is None else _touched(snapshot, question.base)
    stems = set(snapshot.stems) if touched is None else {stem for path in touched if path in snapshot.files and (stem := stem_of(path))}
    found: list[Finding] = []
    runs: list[tuple[Key, Ran]] = []
    planned: list[tuple[str, Found]] = []
    with Index.open(repository) as index:
        index.refresh(refs)
        for one in snapshot.entries(stems):
            found += _of_entry(one)
            found += (finding for judge in judges for finding in judge(one, snapshot, index))
            runs += counted(one)
            blob = plan_of(one.records)
            if blob:
                planned.append((blob, replace(one, lines=[])))
        twice = repeated_here(snapshot, runs, index, stems)
        twice += repeated_elsewhere(snapshot, runs, index) if question.branches else []
    found += _of_plans(repository, planned)
    found += _of_files(snapshot, touched)
    found += findings.shortened(_lost(snapshot, question))
    found += map(as_finding, twice)
    return Checked(sorted(found, key=lambda one: (one.file, one.line or 0, one.code)), len(stems), twice)


def _of_plans(repository: Repository, planned: Sequence[tuple[str, Found]]) -> Iterator[Finding]:
    plans = repository.blobs({blob for blob, _ in planned})
    for blob, found in planned:
        yield from findings.replanned(found, plans.get(blob))


def plan_of(records: Sequence[Record]) -> str | None:
    """Return the blob that the first own run of an entry names as its plan."""
    blob = next((one.plan for one in records if one.owned and one.plan), None)
    return blob if blob and _OBJECT.match(blob) else None


def _of_entry(one: Found) -> Iterator[Finding]:
    yield from findings.unreadable(one)
    yield from findings.forged(one)
    yield from findings.outdated_block(one)
    yield from findings.secrets(one.page_path, one.text or "")
    for line in one.lines:
        for leak in findings.secrets(one.records_path, line.text.decode(errors="replace")):
            yield Finding(leak.code, leak.file, line.number, leak.message, leak.hint, leak.stops)


def _of_files(snapshot: Snapshot, touched: Sequence[str] | None) -> Iterator[Finding]:
    """Yield what is wrong with the files that are no entries."""
    fresh = snapshot.files if touched is None else {path: snapshot.files[path] for path in touched if path in snapshot.files}
    gone = [path for path in touched or () if path.endswith(PAGE) and path not in snapshot.files]
    alone = {records for path in gone if (records := path.removesuffix(PAGE) + RECORDS) in snapshot.files}
    yield from findings.misplaced(snapshot, fresh.keys() | alone)
    texts = [path for path, file in fresh.items() if path.endswith(_TEXTS) and not stem_of(path) and file.mode.startswith("100")]
    blobs = snapshot.repository.blobs({fresh[path].blob for path in texts})
    for path in texts:
        text = blobs.get(fresh[path].blob, b"").decode(errors="replace")
        yield from findings.secrets(path, text)
        if path.startswith("data/") and path.endswith(PAGE):
            yield from findings.bad_sheet(path, text)


def _touched(snapshot: Snapshot, base: str) -> list[str]:
    """Return the paths that differ from another tree, those that are gone too.

    Raises GitError where git does not know that tree.
    """
    return snapshot.repository.git("diff-tree", "-r", "-z", "--name-only", "--no-renames", base, snapshot.revision).split("\0")[:-1]


# ---- records are only ever appended


def _lost(snapshot: Snapshot, question: Question) -> list[tuple[str, Record | None]]:
    """Return the record lines that stood in a parent, or in a commit of the history, and stand nowhere any more."""
    former: dict[str, list[str]] = {}
    for path, blob in _removals(snapshot, question):
        if path.endswith(RECORDS) and stem_of(path):
            former.setdefault(path, []).append(blob)
    lost: list[tuple[str, Record | None]] = []
    paths = sorted(former)
    for at in range(0, len(paths), AT_ONCE):
        chunk = paths[at : at + AT_ONCE]
        now = {path: _blobs_now(snapshot, path) for path in chunk}
        content = snapshot.repository.blobs({blob for path in chunk for blob in (*former[path], *now[path])})
        for path in chunk:
            kept = {text for blob in now[path] for text in _texts(content, blob)}
            said = {text for blob in former[path] for text in _texts(content, blob)} - kept
            # what a run said first is what was measured; so a line that was edited and put back is no loss
            first = _first_said(snapshot, question, path) if said else {}
            gone = dict.fromkeys(first.get(_run(text), text) for text in sorted(said))
            records = [line.record for text in gone if text not in kept for line in read_lines(text, path)]
            if path not in snapshot.files and records:  # the whole entry went: what others have done too is not lost
                records = _nowhere(snapshot, records)
            lost += [(path, one) for one in records]
    return lost


def _first_said(snapshot: Snapshot, question: Question, path: str) -> dict[str | bytes, bytes]:
    """Return the line that each run had in the records of an entry when it came in, as far back as the history goes."""
    known = [*question.parents, *question.history[:1]]
    common = ["--topo-order", "-m", "--format=", "--raw", "--no-abbrev", "--no-renames"]
    lines = snapshot.repository.git("log", *common, *known, "--", path).splitlines() if known else ()
    blobs = [blob for match in map(_RAW.match, lines) if match for blob in (match["blob"], match["former"]) if blob.strip("0")]
    content = snapshot.repository.blobs(dict.fromkeys(blobs))
    return {_run(text): text for blob in blobs for text in _texts(content, blob)}


def _run(text: bytes) -> str | bytes:
    """Return the run that a line is of, or the line where it is no record."""
    return next(iter(run_ids([text])), text)


def _texts(content: dict[str, bytes], blob: str) -> list[bytes]:
    return [line for line in content.get(blob, b"").split(b"\n") if line.strip()]


def _blobs_now(snapshot: Snapshot, path: str) -> list[str]:
    """Return the records of an entry, whatever it is called now."""
    if path in snapshot.files:
        return [snapshot.files[path].blob]
    return [file.blob for other, file in snapshot.files.items() if other.endswith(RECORDS) and same_entry(other) == same_entry(path)]


def _nowhere(snapshot: Snapshot, gone: Sequence[Record | None]) -> list[Record | None]:
    """Return those runs that no other entry of the tree has done."""
    keys = {key for found in snapshot.entries() for key, _ in counted(found)}
    return [one for one in gone if one and one.owned and one.status == "done" and one.key not in keys]


def _removals(snapshot: Snapshot, question: Question) -> Iterator[tuple[str, str]]:
    """Yield (path, former blob) of all files that were changed or deleted, the oldest last."""
    common = ["--raw", "--no-abbrev", "--no-renames", "--diff-filter=MDT"]
    asked = [["diff-tree", "-r", *common, parent, snapshot.revision, "--", FOLDER] for parent in question.parents]
    if question.history:
        asked.append(["log", "-m", "--format=", *common, *question.history, "--", FOLDER])
    for arguments in asked:
        for line in snapshot.repository.git(*arguments).splitlines():
            match = _RAW.match(line)
            if match:
                yield match["path"], match["former"]


# ---- questions that people ask


def _commit(repository: Repository, name: str) -> str:
    found = repository.resolve(f"{name}^{{commit}}")
    if found is None:
        raise GitError(f"git knows no `{name}` here", hint="fetch it first, or see: git branch --all")
    return found


def question_of_range(old: str, new: str) -> Question:
    """Return the question about what one commit has that another has not."""
    return Question(new, base=old, history=(new, f"^{old}"))


def commits_of(repository: Repository, words: str) -> tuple[str, str]:
    """Return the two commits of `A..B`. Raises GitError where git knows one of them not."""
    old, _, new = words.partition("..")
    return _commit(repository, old or "HEAD"), _commit(repository, new.removeprefix(".") or "HEAD")
