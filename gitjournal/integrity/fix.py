"""`check --fix`: mends in the files of the lab what can be mended without a decision. It commits nothing, and drops nothing.

Records are joined by run, blocks are written anew from the records, and of two entries that did the same run the later
one says so. Whatever needs a decision stays as it is.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from gitjournal.entry import edit as entry_edit
from gitjournal.entry.parse import parse
from gitjournal.entry.results_block import read_block, splice
from gitjournal.errors import EntryError, GitjournalError
from gitjournal.files import make_folder, write_whole
from gitjournal.git.lab import Lab
from gitjournal.git.trees import write_working_tree
from gitjournal.git.working_files import replace_file
from gitjournal.integrity.check import Checked
from gitjournal.integrity.duplicates import Duplicate
from gitjournal.integrity.rejudge import recompute_page
from gitjournal.journal.entry_ids import PAGE, RECORDS
from gitjournal.journal.index.cache import Index
from gitjournal.journal.snapshot import read_record_lines, read_snapshot
from gitjournal.run.results import ComposeResults

OF_BLOCKS = ("GJ106", "GJ108")  # what a results block that is written anew mends

_OURS, _BASE, _MIDDLE, _THEIRS = b"<<<<<<< ", b"||||||| ", b"=======", b">>>>>>> "


@dataclass(frozen=True)
class MendedFile:
    """One file that was changed (or would be), and how."""

    path: str
    what: str


def mend(lab: Lab, checked: Checked, refs: dict[str, str], *, compose: ComposeResults, dry_run: bool) -> list[MendedFile]:
    """Mend the files of the lab, and return what was changed. `compose` makes the results block and its figures."""
    worktree = lab.worktree
    if worktree is None:
        return []
    edits: dict[str, list[tuple[str, Callable[[bytes], bytes]]]] = {}
    for path in sorted({one.file for one in checked.findings if one.code == "GJ104"}):
        if path.endswith(RECORDS):
            edits.setdefault(path, []).append(("runs of both sides joined", _join_records(path)))
        elif path.endswith(PAGE):
            edits.setdefault(path, []).append(("the conflict in its results block taken away", _settle_block(path)))
    for duplicate in checked.duplicates:
        edits.setdefault(duplicate.stem + PAGE, []).append(_declare_replication(duplicate))
    mended = [one for path, wanted in edits.items() for one in _apply_edits(lab, path, wanted, dry_run=dry_run)]
    if dry_run:
        outdated = {one.file for one in checked.findings if one.code in OF_BLOCKS}
        return [*mended, *(MendedFile(path, "its results block written anew") for path in sorted(outdated))]
    snapshot = read_snapshot(lab.repository, write_working_tree(worktree))
    stems = {path.removesuffix(RECORDS).removesuffix(PAGE) for path in edits}
    stems |= {one.file.removesuffix(PAGE) for one in checked.findings if one.code in OF_BLOCKS}
    with Index.open(lab.repository) as index:
        index.refresh(refs)
        for tree_entry in snapshot.entries(stems):
            page = recompute_page(tree_entry, snapshot, index, compose)
            if page is not None:
                edit = _write_block(tree_entry.id, page.block)
                mended += _apply_edits(lab, tree_entry.page_path, [("its results block written anew", edit)], dry_run=False)
                mended += [MendedFile(path, "drawn anew") for path, drawn in page.figures.items() if _write_figure(lab, path, drawn)]
    return mended


def _apply_edits(lab: Lab, path: str, wanted: Sequence[tuple[str, Callable[[bytes], bytes]]], *, dry_run: bool) -> Iterator[MendedFile]:
    file = lab.path / path
    if not file.is_file() or file.is_symlink():
        return
    for what, edit in wanted:
        before = file.read_bytes()
        if edit(before) != before:
            if not dry_run:
                replace_file(file, edit)
            yield MendedFile(path, what)


def _write_figure(lab: Lab, path: str, drawn: bytes) -> bool:
    """Write a figure, and return whether it was another before."""
    file = lab.path / path
    if file.is_symlink() or (file.is_file() and file.read_bytes() == drawn):
        return False
    make_folder(file.parent)
    write_whole(file, drawn)
    return True


# ---- records


def _join_records(path: str) -> Callable[[bytes], bytes]:
    """Return the edit that takes conflict markers out and keeps every run once."""

    def edit(before: bytes) -> bytes:
        lines_kept, by_run = [], dict[str, bytes]()
        for line in before.split(b"\n"):
            if not line.strip() or line.startswith((_OURS, _BASE, _THEIRS)) or line.rstrip() == _MIDDLE:
                continue
            (parsed,) = read_record_lines(line, path)
            if parsed.record is None or by_run.setdefault(parsed.record.run, line) != line:
                return before  # not a line of ours, or two that differ under one name: that needs a decision
            lines_kept.append(line)
        return b"".join(line + b"\n" for line in dict.fromkeys(lines_kept))

    return edit


# ---- pages


@dataclass(frozen=True)
class _Hunk:
    """A conflict: its first and last line in the file, and what each side says."""

    first: int
    last: int
    ours: list[bytes]
    theirs: list[bytes]


def _find_hunks(lines: Sequence[bytes]) -> list[_Hunk]:
    hunks: list[_Hunk] = []
    first, part = -1, b""
    sides: dict[bytes, list[bytes]] = {}
    for number, line in enumerate(lines):
        if line.startswith(_OURS) and not part:
            first, part, sides = number, _OURS, {_OURS: [], _BASE: [], _MIDDLE: []}
        elif part and line.startswith(_BASE):
            part = _BASE
        elif part and line.rstrip() == _MIDDLE:
            part = _MIDDLE
        elif part and line.startswith(_THEIRS):
            hunks.append(_Hunk(first, number, sides[_OURS], sides[_MIDDLE]))
            part = b""
        elif part:
            sides[part].append(line)
    return hunks


def _settle_block(path: str) -> Callable[[bytes], bytes]:
    """Return the edit that settles conflicts which lie in the results block alone: it is written anew from the records."""
    entry_id = PurePosixPath(path).name.removesuffix(PAGE)

    def edit(before: bytes) -> bytes:
        lines = before.splitlines(keepends=True)
        hunks = _find_hunks(lines)
        ours, theirs = _take_side(lines, hunks, take_ours=True), _take_side(lines, hunks, take_ours=False)
        is_inside = [_within_block(text, spans, entry_id) for text, spans in (ours, theirs)]
        out, at = [], 0
        for number, hunk in enumerate(hunks):
            out += lines[at : hunk.first]
            settled = is_inside[0][number] and is_inside[1][number]
            out += hunk.ours if settled else lines[hunk.first : hunk.last + 1]
            at = hunk.last + 1
        return b"".join([*out, *lines[at:]])

    return edit


def _take_side(lines: Sequence[bytes], hunks: Sequence[_Hunk], *, take_ours: bool) -> tuple[str, list[tuple[int, int]]]:
    """Return one side of the page, and the lines (from 0, the last one excluded) that each hunk has there."""
    out: list[bytes] = []
    spans, at = [], 0
    for hunk in hunks:
        out += lines[at : hunk.first]
        side_lines = hunk.ours if take_ours else hunk.theirs
        spans.append((len(out), len(out) + len(side_lines)))
        out += side_lines
        at = hunk.last + 1
    return b"".join([*out, *lines[at:]]).decode(errors="replace"), spans


def _within_block(text: str, spans: Sequence[tuple[int, int]], entry_id: str) -> list[bool]:
    try:
        block = read_block(text, entry_id)
    except EntryError:
        block = None
    if block is None:
        return [False] * len(spans)
    first = block[0] - 2  # the marker's own line may be part of the conflict
    last = first + block[1].count("\n") + 2
    return [first <= start and end <= last for start, end in spans]


def _declare_replication(duplicate: Duplicate) -> tuple[str, Callable[[bytes], bytes]]:
    other_id, path = PurePosixPath(duplicate.other).name, duplicate.stem + PAGE

    def edit(before: bytes) -> bytes:
        with contextlib.suppress(GitjournalError, UnicodeDecodeError):
            text = before.decode()
            entry = parse(text, entry_id=PurePosixPath(duplicate.stem).name, file=path)
            if entry.front.replicates is None:
                return entry_edit.set_values(text, {("replicates",): other_id}, file=path).encode()
        return before  # it cannot be read yet, or replicates another: that needs a decision

    return f"declared to replicate {other_id}", edit


def _write_block(entry_id: str, block: str) -> Callable[[bytes], bytes]:
    def edit(before: bytes) -> bytes:
        with contextlib.suppress(EntryError):
            return splice(before.decode("utf-8", "surrogateescape"), entry_id, block).encode("utf-8", "surrogateescape")
        return before

    return edit
