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
from gitjournal.integrity.duplicates import Duplicate, OwnRun, countable_runs, describe_duplicate, find_elsewhere, find_here
from gitjournal.integrity.findings import Finding
from gitjournal.journal.entry_ids import FOLDER, PAGE, RECORDS
from gitjournal.journal.index.cache import Index
from gitjournal.journal.snapshot import AT_ONCE, Snapshot, TreeEntry, read_record_lines, read_snapshot, stem_of

Judge = Callable[[TreeEntry, Snapshot, Index], Iterator[Finding]]

_TEXTS = (".md", ".json", ".yaml", ".yml", ".svg")
_OBJECT = re.compile(r"[0-9a-f]{40,64}\Z")
_RAW = re.compile(r":\d+ \d+ (?P<former>[0-9a-f]+) (?P<blob>[0-9a-f]+) [A-Z]\t(?P<path>.*)")


@dataclass(frozen=True)
class Question:
    """The scope of a check.

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
    """The findings of a check; `duplicates` are those among them that are about runs done twice."""

    findings: list[Finding]
    entries: int
    duplicates: list[Duplicate]


def check_tree(repository: Repository, question: Question, refs: dict[str, str], *judges: Judge) -> Checked:
    """Look at one tree. `refs` are the journal's branches and their commits, the most important first.

    `judges` ask more of each entry than there is time for in a hook. Raises GitError where git does not know what was asked about.
    """
    snapshot = read_snapshot(repository, question.tree)
    paths = None if question.base is None else _changed_paths(snapshot, question.base)
    stems = set(snapshot.stems) if paths is None else {stem for path in paths if path in snapshot.files and (stem := stem_of(path))}
    findings_of_tree: list[Finding] = []
    runs: list[tuple[Key, OwnRun]] = []
    plans: list[tuple[str, TreeEntry]] = []
    with Index.open(repository) as index:
        index.refresh(refs)
        for tree_entry in snapshot.entries(stems):
            findings_of_tree += _check_entry(tree_entry)
            findings_of_tree += (finding for judge in judges for finding in judge(tree_entry, snapshot, index))
            runs += countable_runs(tree_entry)
            blob = plan_of(tree_entry.records)
            if blob:
                plans.append((blob, replace(tree_entry, lines=[])))
        duplicates = find_here(snapshot, runs, index, stems)
        duplicates += find_elsewhere(snapshot, runs, index) if question.branches else []
    findings_of_tree += _check_plans(repository, plans)
    findings_of_tree += _check_files(snapshot, paths)
    findings_of_tree += findings.find_lost_records(_lost_records(snapshot, question))
    findings_of_tree += map(describe_duplicate, duplicates)
    return Checked(sorted(findings_of_tree, key=lambda finding: (finding.file, finding.line or 0, finding.code)), len(stems), duplicates)


def _check_plans(repository: Repository, plans: Sequence[tuple[str, TreeEntry]]) -> Iterator[Finding]:
    texts = repository.blobs({blob for blob, _ in plans})
    for blob, tree_entry in plans:
        yield from findings.find_changes_after_plan(tree_entry, texts.get(blob))


def plan_of(records: Sequence[Record]) -> str | None:
    """Return the blob that the first own run of an entry names as its plan."""
    blob = next((one.plan for one in records if one.owned and one.plan), None)
    return blob if blob and _OBJECT.match(blob) else None


def _check_entry(tree_entry: TreeEntry) -> Iterator[Finding]:
    yield from findings.find_unreadable(tree_entry)
    yield from findings.find_wrong_fingerprints(tree_entry)
    yield from findings.find_outdated_block(tree_entry)
    yield from findings.find_secrets(tree_entry.page_path, tree_entry.text or "")
    for line in tree_entry.lines:
        for leak in findings.find_secrets(tree_entry.records_path, line.text.decode(errors="replace")):
            yield Finding(leak.code, leak.file, line.number, leak.message, leak.hint, leak.stops)


def _check_files(snapshot: Snapshot, touched: Sequence[str] | None) -> Iterator[Finding]:
    """Yield what is wrong with the files that are no entries."""
    fresh = snapshot.files if touched is None else {path: snapshot.files[path] for path in touched if path in snapshot.files}
    gone = [path for path in touched or () if path.endswith(PAGE) and path not in snapshot.files]
    alone = {records for path in gone if (records := path.removesuffix(PAGE) + RECORDS) in snapshot.files}
    yield from findings.find_stray_files(snapshot, fresh.keys() | alone)
    texts = [path for path, file in fresh.items() if path.endswith(_TEXTS) and not stem_of(path) and file.mode.startswith("100")]
    blobs = snapshot.repository.blobs({fresh[path].blob for path in texts})
    for path in texts:
        text = blobs.get(fresh[path].blob, b"").decode(errors="replace")
        yield from findings.find_secrets(path, text)
        if path.startswith("data/") and path.endswith(PAGE):
            yield from findings.find_bad_sheet(path, text)


def _changed_paths(snapshot: Snapshot, base: str) -> list[str]:
    """Return the paths that differ from another tree, those that are gone too.

    Raises GitError where git does not know that tree.
    """
    return snapshot.repository.git("diff-tree", "-r", "-z", "--name-only", "--no-renames", base, snapshot.revision).split("\0")[:-1]


# ---- records are only ever appended


def _lost_records(snapshot: Snapshot, question: Question) -> list[tuple[str, Record | None]]:
    """Return the record lines that stood in a parent, or in a commit of the history, and stand nowhere any more."""
    former: dict[str, list[str]] = {}
    for path, blob in _removals(snapshot, question):
        if path.endswith(RECORDS) and stem_of(path):
            former.setdefault(path, []).append(blob)
    lost: list[tuple[str, Record | None]] = []
    paths = sorted(former)
    for at in range(0, len(paths), AT_ONCE):
        chunk = paths[at : at + AT_ONCE]
        blobs_now = {path: _blobs_now(snapshot, path) for path in chunk}
        content = snapshot.repository.blobs({blob for path in chunk for blob in (*former[path], *blobs_now[path])})
        for path in chunk:
            present = {text for blob in blobs_now[path] for text in _record_lines(content, blob)}
            former_texts = {text for blob in former[path] for text in _record_lines(content, blob)} - present
            # what a run said first is what was measured; so a line that was edited and put back is no loss
            first_lines = _first_lines(snapshot, question, path) if former_texts else {}
            gone = dict.fromkeys(first_lines.get(_run_of_line(text), text) for text in sorted(former_texts))
            records = [line.record for text in gone if text not in present for line in read_record_lines(text, path)]
            if path not in snapshot.files and records:  # the whole entry went: what others have done too is not lost
                records = _done_nowhere(snapshot, records)
            lost += [(path, one) for one in records]
    return lost


def _first_lines(snapshot: Snapshot, question: Question, path: str) -> dict[str | bytes, bytes]:
    """Return the line that each run had in the records of an entry when it came in, as far back as the history goes."""
    starts = [*question.parents, *question.history[:1]]
    common = ["--topo-order", "-m", "--format=", "--raw", "--no-abbrev", "--no-renames"]
    lines = snapshot.repository.git("log", *common, *starts, "--", path).splitlines() if starts else ()
    blobs = [blob for match in map(_RAW.match, lines) if match for blob in (match["blob"], match["former"]) if blob.strip("0")]
    content = snapshot.repository.blobs(dict.fromkeys(blobs))
    return {_run_of_line(text): text for blob in blobs for text in _record_lines(content, blob)}


def _run_of_line(text: bytes) -> str | bytes:
    """Return the run that a line is of, or the line where it is no record."""
    return next(iter(run_ids([text])), text)


def _record_lines(content: dict[str, bytes], blob: str) -> list[bytes]:
    return [line for line in content.get(blob, b"").split(b"\n") if line.strip()]


def _blobs_now(snapshot: Snapshot, path: str) -> list[str]:
    """Return the records of an entry, whatever it is called now."""
    if path in snapshot.files:
        return [snapshot.files[path].blob]
    return [file.blob for other, file in snapshot.files.items() if other.endswith(RECORDS) and same_entry(other) == same_entry(path)]


def _done_nowhere(snapshot: Snapshot, gone: Sequence[Record | None]) -> list[Record | None]:
    """Return those runs that no other entry of the tree has done."""
    keys = {key for found in snapshot.entries() for key, _ in countable_runs(found)}
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


def _resolve_commit(repository: Repository, name: str) -> str:
    commit = repository.resolve(f"{name}^{{commit}}")
    if commit is None:
        raise GitError(f"git knows no `{name}` here", hint="fetch it first, or see: git branch --all")
    return commit


def ask_range(old: str, new: str) -> Question:
    """Return the question about what one commit has that another has not."""
    return Question(new, base=old, history=(new, f"^{old}"))


def resolve_range(repository: Repository, words: str) -> tuple[str, str]:
    """Return the two commits of `A..B`. Raises GitError where git knows one of them not."""
    old, _, new = words.partition("..")
    return _resolve_commit(repository, old or "HEAD"), _resolve_commit(repository, new.removeprefix(".") or "HEAD")
