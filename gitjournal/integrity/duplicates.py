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
from gitjournal.journal.snapshot import Found, Snapshot, stem_of

FEW = 1000  # runs: as many are asked for one by one, before what other branches hold is listed as a whole


@dataclass(frozen=True)
class Ran:
    """A run that an entry did itself: when, and the line of its record (None where only the index was asked)."""

    stem: str
    at: str | None
    line: int | None

    @property
    def order(self) -> tuple[str, str]:
        """The earlier one owns the run."""
        return (self.at or "", PurePosixPath(self.stem).name)


@dataclass(frozen=True)
class Twice:
    """Runs of one entry that another did before; `branch` says where, when it is not the same tree."""

    stem: str
    other: str
    runs: int
    line: int | None
    branch: str = ""
    of: Run | None = None


def counted(found: Found) -> Iterator[tuple[Key, Ran]]:
    """Yield the runs of an entry that are its own and not known as repetitions."""
    for line in found.lines:
        one = line.record
        if one and stands_alone(one):
            yield one.key, Ran(found.page_path.removesuffix(PAGE), one.at, line.number)


def stands_alone(one: Record) -> bool:
    """Whether this is a run like any other: not another entry's, not failed, not repeated on purpose."""
    return one.owned and (one.status == "done" or (one.status == "again" and not (one.repeats and one.reason)))


def repeated_here(snapshot: Snapshot, looked_at: Iterable[tuple[Key, Ran]], index: Index, read: set[str]) -> list[Twice]:
    """Return what stands twice in one tree.

    `looked_at` are the runs of the entries with the stems in `read`; those of all others are asked of the index.
    """
    runs: dict[Key, dict[str, Ran]] = {}
    for key, ran in looked_at:
        runs.setdefault(key, {}).setdefault(ran.stem, ran)
    for key, ran in _others(snapshot, index, {fingerprint for fingerprint, _ in runs}, read):
        if key in runs:
            runs[key].setdefault(ran.stem, ran)
    several = {key: by_stem for key, by_stem in runs.items() if len(by_stem) > 1}
    fronts = _fronts(snapshot, {stem for by_stem in several.values() for stem in by_stem})
    pairs: dict[tuple[str, str], list[Ran]] = {}
    for by_stem in several.values():
        standing = sorted((ran for stem, ran in by_stem.items() if _counts(fronts.get(stem))), key=lambda ran: ran.order)
        for later in standing[1:]:
            earlier = [ran for ran in standing if ran.order < later.order]
            if earlier and not any(_replicates(fronts, later.stem, ran.stem) for ran in standing):
                pairs.setdefault((later.stem, earlier[0].stem), []).append(later)
    return [
        Twice(stem, other, len(found), min((ran.line for ran in found if ran.line), default=None)) for (stem, other), found in pairs.items()
    ]


def _others(snapshot: Snapshot, index: Index, fingerprints: set[str], read: set[str]) -> Iterator[tuple[Key, Ran]]:
    """Yield the runs of these configurations by the entries of the tree that were not read."""
    known = record_blobs(index)
    holders: dict[str, list[Holder]] = {}
    for holder in find_holders(index, sorted(fingerprints)):
        holders.setdefault(holder.blob, []).append(holder)
    unknown = []
    for path, file in snapshot.files.items():
        if path.endswith(RECORDS) and (file.blob in holders or file.blob not in known):
            stem = stem_of(path)
            if stem is None or stem in read:
                continue
            if file.blob not in known:
                unknown.append(stem)
            for holder in holders.get(file.blob, ()):
                yield (holder.fingerprint, holder.seed), Ran(stem, holder.at, None)
    for found in snapshot.entries(unknown):
        yield from ((key, ran) for key, ran in counted(found) if key[0] in fingerprints)


def _fronts(snapshot: Snapshot, stems: set[str]) -> dict[str, FrontMatter]:
    return {found.page_path.removesuffix(PAGE): found.entry.front for found in snapshot.entries(stems) if found.entry}


def _counts(front: FrontMatter | None) -> bool:
    """An entry that cannot be read counts; one that is retracted does not."""
    return front is None or not front.retracted


def _replicates(fronts: Mapping[str, FrontMatter], stem: str, other: str) -> bool:
    front = fronts.get(stem)
    return stem != other and front is not None and can_mean(front.replicates or "", PurePosixPath(other).name)


def repeated_elsewhere(snapshot: Snapshot, looked_at: Iterable[tuple[Key, Ran]], index: Index) -> list[Twice]:
    """Return what an entry did that stands on another branch of the journal since before."""
    mine = list(looked_at)
    if len(mine) > FEW:
        outside = fingerprints_outside(index, {PurePosixPath(stem).name for stem in snapshot.stems})
        mine = [(key, ran) for key, ran in mine if key[0] in outside]
    by_key: dict[Key, list[Run]] = {}
    for run in find_runs(index, list(dict(mine))) if mine else ():
        if not snapshot.has(run.entry) and run.status == "done" and run.origin is None and run.state != "retracted":
            by_key.setdefault(run.key, []).append(run)
    fronts = _fronts(snapshot, {ran.stem for key, ran in mine if key in by_key})
    pairs: dict[tuple[str, str], list[tuple[Ran, Run]]] = {}
    for key, ran in mine:
        for run in by_key.get(key, ())[:1]:
            front = fronts.get(ran.stem)
            said = front is not None and (front.retracted or can_mean(front.replicates or "", run.entry))
            if not said and (run.at or "", run.entry) < ran.order:
                pairs.setdefault((ran.stem, run.entry), []).append((ran, run))
    return [
        Twice(stem, other, len(found), found[0][0].line, short_ref(found[0][1].ref), found[0][1]) for (stem, other), found in pairs.items()
    ]


def as_finding(one: Twice) -> Finding:
    """GJ101, in words."""
    other = PurePosixPath(one.other).name
    where = f", on {one.branch}" if one.branch else ""
    many = "the same run as" if one.runs == 1 else f"{one.runs} runs that are the same as in"
    hint = f"declare `replicates: {other[-4:]}` (gitjournal check --fix does), or drop this entry; see it: gitjournal show {other[-4:]}"
    return Finding("GJ101", one.stem + RECORDS, one.line, f"{many} {other}{where}", hint, stops=True)
