"""What can be wrong with an entry, each finding by a function of its own. Values in, findings out; nothing is read here.

Every finding can be told from the tree alone: no data, no scikit-learn.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from gitjournal.entry import datasheet
from gitjournal.entry.changes import advise_new_entry, changed_after_plan
from gitjournal.entry.parse import parse, split_text
from gitjournal.entry.record import Record, digest
from gitjournal.entry.results_block import read_block
from gitjournal.errors import EntryError, GitjournalError
from gitjournal.integrity.secret_scan import find_leaks
from gitjournal.journal.entry_ids import FOLDER, PAGE, RECORDS
from gitjournal.journal.snapshot import Snapshot, TreeEntry, stem_of
from gitjournal.procedure.canonical_text import fingerprint

CODES = {
    "GJ101": "the same run in two entries",
    "GJ102": "a fingerprint that is not the sha256 of its text",
    "GJ103": "a declaration that is not the one that was run",
    "GJ104": "conflict markers, or a file that cannot be read",
    "GJ105": "records that were edited or deleted",
    "GJ106": "a results block that is not of these records",
    "GJ107": "records without an entry",
    "GJ108": "a verdict that does not follow from the records",
    "GJ120": "a declaration that was changed after the plan",
    "GJ130": "a data hash that is none",
    "GJ140": "something secret",
    "GJ150": "a file where none belongs",
}
_DIGEST = re.compile(r"Records: `([0-9a-f]{16})`")
_MARKER = re.compile(r"^(?:<{7}|>{7}) \S.*$", re.MULTILINE)
_HASH = re.compile(r"sha256:[0-9a-f]{64}\Z")
_PLAIN = ("100644", "100755")
_FORGED = "records are written by `gitjournal exec` alone; bring back what it wrote: git log -p -- "


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, where, and what to do. Hooks refuse what `stops`; a `note` is information."""

    code: str
    file: str
    line: int | None
    message: str
    hint: str
    stops: bool = False
    note: bool = False


def find_unreadable(tree_entry: TreeEntry) -> Iterator[Finding]:
    """GJ104, GJ130: the page or a record cannot be read, or a merge left its markers there."""
    marks = list(_MARKER.finditer(tree_entry.text or ""))
    if any(mark[0][0] == "<" for mark in marks) and any(mark[0][0] == ">" for mark in marks):
        at = (tree_entry.text or "").count("\n", 0, marks[0].start()) + 1
        hint = "keep what is right of both sides; a conflict inside the results block is mended by gitjournal check --fix"
        yield Finding("GJ104", tree_entry.page_path, at, "conflict markers", hint, stops=True)
    elif tree_entry.fault:
        fault = tree_entry.fault
        code = "GJ130" if "`data.hash`" in fault.message else "GJ104"
        line_number = fault.place.line if fault.place else None
        yield Finding(code, tree_entry.page_path, line_number, fault.message, fault.hint or "correct it there")
    for line in tree_entry.lines:
        if line.fault:
            hint = "join what two branches recorded: gitjournal check --fix"
            yield Finding("GJ104", tree_entry.records_path, line.number, line.fault, hint, stops=True)
    counts: Counter[str] = Counter()
    for line in tree_entry.lines:
        if line.record:
            counts[line.record.run] += 1
            if counts[line.record.run] == 2:
                message = f"the run {line.record.run} stands here twice"
                hint = "keep one of them: gitjournal check --fix"
                yield Finding("GJ104", tree_entry.records_path, line.number, message, hint, stops=True)


def find_wrong_fingerprints(tree_entry: TreeEntry) -> Iterator[Finding]:
    """GJ102: the text that was hashed is not the one that the fingerprint is of."""
    for line in tree_entry.lines:
        record = line.record
        if record is None or not record.owned:
            continue
        if record.canonical is None:
            message = "a run without the text that its fingerprint is of"
            yield Finding("GJ102", tree_entry.records_path, line.number, message, _FORGED + tree_entry.records_path)
        elif fingerprint(record.canonical) != record.fingerprint:
            message = "the fingerprint is not that of the text beside it"
            yield Finding("GJ102", tree_entry.records_path, line.number, message, _FORGED + tree_entry.records_path, stops=True)


def abbreviate(value: Any) -> str:
    """Return a value in few letters."""
    text = "absent" if value is None else str(value)
    return text if len(text) < 24 else f"{text[:20]}…"


def find_outdated_block(tree_entry: TreeEntry) -> Iterator[Finding]:
    """GJ106: the results in the page are not those of the records."""
    if tree_entry.text is None or not tree_entry.lines or any(line.fault for line in tree_entry.lines):
        return
    try:
        block = read_block(tree_entry.text, tree_entry.id)
    except EntryError as fault:
        line = fault.place.line if fault.place else None
        yield Finding("GJ106", tree_entry.page_path, line, fault.message, fault.hint)
        return
    written_digest = _DIGEST.search(block[1]) if block else None
    if block is None or written_digest is None or written_digest[1] != digest(tree_entry.records):
        line = block[0] if block else None
        message = "the results block is not of these records" if block else "the results are missing from the entry"
        yield Finding("GJ106", tree_entry.page_path, line, message, "write it anew: gitjournal check --fix")


def find_changes_after_plan(tree_entry: TreeEntry, plan: bytes | None) -> Iterator[Finding]:
    """GJ120: the entry says something else than the plan that was committed before its first run; None: it is not kept."""
    if tree_entry.entry is None:
        return
    if plan is None:
        message = "the plan is not kept here (a squash or rebase lets go of it), so its order cannot be shown"
        yield Finding("GJ120", tree_entry.page_path, None, message, "nothing to do", note=True)
        return
    text = plan.decode(errors="replace")
    try:
        if tree_entry.text and split_text(text, file="the plan")[0] == split_text(tree_entry.text, file=tree_entry.page_path)[0]:
            return  # as nearly always, and much sooner known than what it says
        planned = parse(text, entry_id=tree_entry.id, file="the plan")
    except GitjournalError:
        message = "what the records name as the plan is no entry"
        yield Finding("GJ120", tree_entry.page_path, None, message, _FORGED + tree_entry.records_path)
        return
    for name in changed_after_plan(planned.front, tree_entry.entry.front):
        place = tree_entry.entry.document.key_place((name,))
        hint = advise_new_entry(tree_entry.id[-4:], "put it back", diff=True)
        yield Finding("GJ120", tree_entry.page_path, place.line, f"`{name}` was changed after the plan", hint)


def find_secrets(file: str, text: str) -> Iterator[Finding]:
    """GJ140: something that nobody else should read."""
    for leak in find_leaks(text):
        hint = "take it out, and make it worthless where it came from: what was pushed stays known"
        yield Finding("GJ140", file, leak.line, f"this looks like {leak.kind}", hint, stops=True)


def find_bad_sheet(file: str, text: str) -> Iterator[Finding]:
    """GJ130, GJ104: a datasheet that cannot be read, or whose hash is none."""
    try:
        sheet = datasheet.parse(text, file=file)
    except GitjournalError as fault:
        yield Finding("GJ104", file, fault.place.line if fault.place else None, fault.message, fault.hint or "correct it there")
        return
    if not _HASH.match(sheet.hash):
        yield Finding(
            "GJ130", file, 2, f"`hash` is {abbreviate(sheet.hash)}, not sha256: and 64 letters", "gitjournal writes it: bring it back"
        )


def find_stray_files(snapshot: Snapshot, paths: Iterable[str]) -> Iterator[Finding]:
    """GJ107, GJ150: records without a page, and what is no entry among the entries; only of these paths."""
    folded: dict[str, str] = {}
    for path in sorted(snapshot.files):
        folded.setdefault(path.lower(), path)
    for path in sorted(paths):
        if not path.startswith((f"{FOLDER}/", "data/", "environments/", "figures/")):
            continue
        twin, stem = folded[path.lower()], stem_of(path)
        name = (stem or "").rpartition("/")[2]
        if snapshot.files[path].mode not in _PLAIN:
            yield Finding("GJ150", path, None, "a link or a submodule, not a file", f"take it out: git rm --cached {path}")
        elif twin != path:
            yield Finding("GJ150", path, None, f"differs from {twin} by upper and lower case only", "rename one of them")
        elif stem and stem != f"{FOLDER}/{name[:4]}/{name}":
            yield Finding("GJ150", path, None, "not in the folder of its year", f"move it: git mv {path} {FOLDER}/{name[:4]}/")
        elif stem and path.endswith(RECORDS) and stem + PAGE not in snapshot.files:
            hint = f"bring the entry back: git log --diff-filter=D -- {stem}{PAGE}"
            yield Finding("GJ107", path, None, "records without an entry", hint)  # exec carries them along after a rename
        elif stem is None and path.startswith(f"{FOLDER}/"):
            hint = "entries are called YYYYMMDD-words-xxxx.md (see gitjournal new); other files go to another folder"
            yield Finding("GJ150", path, None, "no entry, and among the entries", hint)


def find_lost_records(lost: Iterable[tuple[str, Record | None]]) -> Iterator[Finding]:
    """GJ105: lines that stood in a records file and do so no more."""
    countable_runs: Counter[str] = Counter(path for path, _ in lost)
    for path, amount in countable_runs.items():
        message = "a run on record was edited or deleted" if amount == 1 else f"{amount} runs on record were edited or deleted"
        hint = f"bring them back (git log -p -- {path}); a result that should not count: `retracted: why` in the entry"
        yield Finding("GJ105", path, None, message, hint, stops=True)
