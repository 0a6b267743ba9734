"""GJ101: the same run in two entries, in one tree or on two branches of a journal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from gitjournal.entry.model import FrontMatter
from gitjournal.entry.record import Record
from gitjournal.entry.summary import Key
from gitjournal.integrity.findings import Finding
from gitjournal.journal.branches import short_ref
from gitjournal.journal.entry_ids import PAGE, RECORDS, can_mean
from gitjournal.journal.index.cache import Index
from gitjournal.journal.index.runs import Holder, Run, find_holders, find_runs, fingerprints_outside, record_blobs
from gitjournal.journal.snapshot import Snapshot, TreeEntry, stem_of

FEW = 1000  # runs: as many are asked for one by one, before what other branches hold is listed as a whole


@dataclass(frozen=True)
class OwnRun:
    """A run that an entry did itself: when, and the line of its record (None where only the index was asked)."""

    stem: str
    at: str | None
    line: int | None

    @property
    def order(self) -> tuple[str, str]:
        """The sort key by which the earlier entry owns the run."""
        return (self.at or "", PurePosixPath(self.stem).name)


@dataclass(frozen=True)
class Duplicate:
    """Runs of one entry that another did before; `branch` says where, when it is not the same tree."""

    stem: str
    other: str
    runs: int
    line: int | None
    branch: str = ""
    of: Run | None = None


def countable_runs(tree_entry: TreeEntry) -> Iterator[tuple[Key, OwnRun]]:
    """Yield the runs of an entry that are its own and not known as repetitions."""
    for line in tree_entry.lines:
        record = line.record
        if record and is_countable(record):
            yield record.key, OwnRun(tree_entry.page_path.removesuffix(PAGE), record.at, line.number)


def is_countable(record: Record) -> bool:
    """Whether this is a run like any other: not another entry's, not failed, not repeated on purpose."""
    return record.owned and (record.status == "done" or (record.status == "again" and not (record.repeats and record.reason)))


def find_here(snapshot: Snapshot, looked_at: Iterable[tuple[Key, OwnRun]], index: Index, read: set[str]) -> list[Duplicate]:
    """Return the duplicates within one tree.

    `looked_at` are the runs of the entries with the stems in `read`; those of all others are asked of the index.
    """
    runs: dict[Key, dict[str, OwnRun]] = {}
    for key, ran in looked_at:
        runs.setdefault(key, {}).setdefault(ran.stem, ran)
    for key, ran in _runs_of_others(snapshot, index, {fingerprint for fingerprint, _ in runs}, read):
        if key in runs:
            runs[key].setdefault(ran.stem, ran)
    several = {key: by_stem for key, by_stem in runs.items() if len(by_stem) > 1}
    fronts = _read_fronts(snapshot, {stem for by_stem in several.values() for stem in by_stem})
    pairs: dict[tuple[str, str], list[OwnRun]] = {}
    for by_stem in several.values():
        standing = sorted((ran for stem, ran in by_stem.items() if _is_standing(fronts.get(stem))), key=lambda ran: ran.order)
        for later in standing[1:]:
            earlier = [ran for ran in standing if ran.order < later.order]
            if earlier and not any(_replicates(fronts, later.stem, ran.stem) for ran in standing):
                pairs.setdefault((later.stem, earlier[0].stem), []).append(later)
    lines = {pair: min((ran.line for ran in later_runs if ran.line), default=None) for pair, later_runs in pairs.items()}
    return [Duplicate(*pair, len(later_runs), lines[pair]) for pair, later_runs in pairs.items()]


def _runs_of_others(snapshot: Snapshot, index: Index, fingerprints: set[str], read: set[str]) -> Iterator[tuple[Key, OwnRun]]:
    """Yield the runs of these configurations by the entries of the tree that were not read."""
    indexed = record_blobs(index)
    holders: dict[str, list[Holder]] = {}
    for holder in find_holders(index, sorted(fingerprints)):
        holders.setdefault(holder.blob, []).append(holder)
    unknown = []
    for path, file in snapshot.files.items():
        if path.endswith(RECORDS) and (file.blob in holders or file.blob not in indexed):
            stem = stem_of(path)
            if stem is None or stem in read:
                continue
            if file.blob not in indexed:
                unknown.append(stem)
            for holder in holders.get(file.blob, ()):
                yield (holder.fingerprint, holder.seed), OwnRun(stem, holder.at, None)
    for tree_entry in snapshot.entries(unknown):
        yield from ((key, ran) for key, ran in countable_runs(tree_entry) if key[0] in fingerprints)


def _read_fronts(snapshot: Snapshot, stems: set[str]) -> dict[str, FrontMatter]:
    return {found.page_path.removesuffix(PAGE): found.entry.front for found in snapshot.entries(stems) if found.entry}


def _is_standing(front: FrontMatter | None) -> bool:
    """Whether an entry counts: one that cannot be read does, one that is retracted does not."""
    return front is None or not front.retracted


def _replicates(fronts: Mapping[str, FrontMatter], stem: str, other_stem: str) -> bool:
    front = fronts.get(stem)
    return stem != other_stem and front is not None and can_mean(front.replicates or "", PurePosixPath(other_stem).name)


def find_elsewhere(snapshot: Snapshot, looked_at: Iterable[tuple[Key, OwnRun]], index: Index) -> list[Duplicate]:
    """Return the duplicates of runs that another branch of the journal had before."""
    own_runs = list(looked_at)
    if len(own_runs) > FEW:
        outside = fingerprints_outside(index, {PurePosixPath(stem).name for stem in snapshot.stems})
        own_runs = [(key, ran) for key, ran in own_runs if key[0] in outside]
    by_key: dict[Key, list[Run]] = {}
    for run in find_runs(index, list(dict(own_runs))) if own_runs else ():
        if not snapshot.has(run.entry) and run.status == "done" and run.origin is None and run.state != "retracted":
            by_key.setdefault(run.key, []).append(run)
    fronts = _read_fronts(snapshot, {ran.stem for key, ran in own_runs if key in by_key})
    pairs: dict[tuple[str, str], list[tuple[OwnRun, Run]]] = {}
    for key, ran in own_runs:
        for run in by_key.get(key, ())[:1]:
            front = fronts.get(ran.stem)
            is_declared = front is not None and (front.retracted or can_mean(front.replicates or "", run.entry))
            if not is_declared and (run.at or "", run.entry) < ran.order:
                pairs.setdefault((ran.stem, run.entry), []).append((ran, run))
    return [
        Duplicate(*pair, len(repetitions), repetitions[0][0].line, short_ref(repetitions[0][1].ref), repetitions[0][1])
        for pair, repetitions in pairs.items()
    ]


def describe_duplicate(duplicate: Duplicate) -> Finding:
    """Return a duplicate as the finding GJ101."""
    other_id = PurePosixPath(duplicate.other).name
    short_id = other_id[-4:]
    where = f", on {duplicate.branch}" if duplicate.branch else ""
    many = "the same run as" if duplicate.runs == 1 else f"{duplicate.runs} runs that are the same as in"
    hint = f"declare `replicates: {short_id}` (gitjournal check --fix does), or drop this entry; see it: gitjournal show {short_id}"
    return Finding("GJ101", duplicate.stem + RECORDS, duplicate.line, f"{many} {other_id}{where}", hint, stops=True)
