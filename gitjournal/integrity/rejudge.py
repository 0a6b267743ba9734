"""Results blocks and verdicts recomputed from the records of a tree: `check` compares them, `check --fix` writes them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

import msgspec

from gitjournal.entry import expectation, verdict
from gitjournal.entry.expectation import BASELINE, Expectation
from gitjournal.entry.model import Entry, FrontMatter
from gitjournal.entry.parse import parse
from gitjournal.entry.record import Record, Scores
from gitjournal.entry.results_block import read_block
from gitjournal.entry.summary import COUNTS, Key, lacks_runs, summarise
from gitjournal.entry.verdict import Verdict
from gitjournal.errors import EntryError, GitjournalError, UsageError
from gitjournal.integrity.check import plan_of
from gitjournal.integrity.declarations import find_disagreements
from gitjournal.integrity.findings import Finding
from gitjournal.journal.entry_ids import match_id
from gitjournal.journal.index.cache import Index
from gitjournal.journal.records import as_baseline, join_owners
from gitjournal.journal.snapshot import Snapshot, TreeEntry
from gitjournal.run.expectations import EntryExpectations, judge_entry
from gitjournal.run.results import ComposeResults, ResultsPage
from gitjournal.stats.gain import Baseline, gain_over
from gitjournal.stats.judge import Judgeable, Judgement, digest_of, value_of

_ANEW = "write it anew: gitjournal check --fix"


def recompute_page(tree_entry: TreeEntry, snapshot: Snapshot, index: Index, compose: ComposeResults) -> ResultsPage | None:
    """Return the results block and figures that the records make, or None where entry or records cannot be read."""
    if tree_entry.entry is None or not tree_entry.lines or any(line.fault for line in tree_entry.lines):
        return None
    records = _join_owners(tree_entry.records, snapshot, index)
    summary = summarise(tree_entry.entry.front, records)
    part = tree_entry.entry.front.baseline
    baseline = _find_baseline(part, snapshot, index) if part else None
    gain = gain_over(summary, records, baseline) if baseline else None
    return compose(tree_entry.entry, summary, records, gain, recompute_judgement(tree_entry.entry, records, snapshot, index))


def recompute_judgement(entry: Entry, records: Sequence[Record], snapshot: Snapshot, index: Index) -> Judgement | None:
    """Judge what an entry of the tree expected; None where it expects nothing that is understood, or has runs left to do."""
    with contextlib.suppress(GitjournalError):
        expectations = expectation.read(_planned_entry(entry, records, snapshot))
        if expectations and not lacks_runs(entry.front, records):
            expected = EntryExpectations(expectations, _named_baselines(entry, expectations, snapshot, index))
            return judge_entry(Judgeable(entry.id, entry.front, records), expected, lambda some: _copy_from_owners(some, snapshot))
    return None


def check_in_depth(tree_entry: TreeEntry, snapshot: Snapshot, index: Index) -> Iterator[Finding]:
    """Judge an entry by all that its tree tells: what a hook has no time for."""
    yield from find_disagreements(tree_entry)
    yield from find_wrong_verdict(tree_entry, snapshot, index)


def find_wrong_verdict(tree_entry: TreeEntry, snapshot: Snapshot, index: Index) -> Iterator[Finding]:
    """GJ108: what the page says of its expectations does not follow from the records.

    Told exactly for a single configuration. Of a grid, or of what only kept predictions could tell, it is told that no
    interval around the value that was measured can have led there.
    """
    entry = tree_entry.entry
    if entry is None or entry.front.retracted or not tree_entry.lines or not (entry.front.expect or verdict.MARK in entry.text):
        return
    try:
        block = read_block(tree_entry.text or "", tree_entry.id)
        expectations = expectation.read(_planned_entry(entry, tree_entry.records, snapshot))
    except EntryError:
        return  # GJ106 says so; and what was never understood was never judged
    written = verdict.read(block[1]) if block else None
    line = block[0] if block else None
    if written is None or block is None:
        if expectations and not lacks_runs(entry.front, tree_entry.records):
            yield Finding("GJ108", tree_entry.page_path, line, "what was expected is not judged", _ANEW)
        return
    judged = [outcome.expectation for outcome in written.outcomes]
    wrong = written.word != verdict.first_word(block[1]) or [one.text for one in expectations] != judged
    if wrong or not _verdict_follows(entry, expectations, written, _join_owners(tree_entry.records, snapshot, index), snapshot, index):
        yield Finding("GJ108", tree_entry.page_path, line, "the verdict does not follow from the records", _ANEW)


def _verdict_follows(
    entry: Entry, expectations: Sequence[Expectation], written: Verdict, records: Sequence[Record], snapshot: Snapshot, index: Index
) -> bool:
    baselines = _named_baselines(entry, expectations, snapshot, index)
    if {one.id: digest_of(one.records) for one in baselines.values()} != dict(written.against):
        return True  # the others have gone on since: it was judged by what they were then
    single = all(len(summarise(front, of).configurations) == 1 for front, of in ((entry.front, records), *_fronts_and_records(baselines)))
    own = Judgeable(entry.id, entry.front, records)
    if single:
        judgements = judge_entry(own, EntryExpectations(expectations, baselines), lambda some: _copy_from_owners(some, snapshot)).judged
        if all(one.interval for one in judgements):
            return [one.verdict for one in judgements] == [one.verdict for one in written.outcomes]
    by_name = {name: Judgeable(one.id, one.front, one.records) for name, one in baselines.items() if one.front}
    values = [value_of(own, one, by_name.get(one.other)) for one in expectations]
    return all(
        outcome.verdict == "inconclusive" or (value is not None and one.holds(value) == (outcome.verdict == "supported"))
        for one, value, outcome in zip(expectations, values, written.outcomes, strict=True)
    )


def _planned_entry(entry: Entry, records: Sequence[Record], snapshot: Snapshot) -> Entry:
    """Return the entry as it was planned, where that is kept: what was expected later is nothing that can be supported."""
    blob = plan_of(records)
    text = snapshot.repository.blobs({blob}).get(blob) if blob else None
    return parse(text.decode(errors="replace"), entry_id=entry.id, file="the plan") if text else entry


def _fronts_and_records(baselines: Mapping[str, Baseline]) -> Iterator[tuple[FrontMatter, Sequence[Record]]]:
    return ((one.front, one.records) for one in baselines.values() if one.front)


def _named_baselines(entry: Entry, expectations: Sequence[Expectation], snapshot: Snapshot, index: Index) -> dict[str, Baseline]:
    """Return the entries that the expectations name, as they name them."""
    names = {one.other: entry.front.baseline if one.other == BASELINE else one.other for one in expectations if one.other}
    baselines = {name: _find_baseline(part, snapshot, index) for name, part in names.items() if part}
    return {name: one for name, one in baselines.items() if one}


def _find_baseline(part: str, snapshot: Snapshot, index: Index) -> Baseline | None:
    """Return an entry of the tree with its results, by any unique part of its id."""
    stems = {PurePosixPath(stem).name: stem for stem in snapshot.stems}
    try:
        name = match_id(part, stems)
    except UsageError:
        return None
    for tree_entry in snapshot.entries([stems[name]]):
        if tree_entry.entry:
            records = _join_owners(tree_entry.records, snapshot, index)
            front = tree_entry.entry.front
            return as_baseline(name, front, records)
    return None


def _join_owners(records: Sequence[Record], snapshot: Snapshot, index: Index) -> list[Record]:
    """Give the runs of other entries their metrics: from this tree, else from another branch."""
    here: dict[Key, Scores] = {one.key: one.metrics for one in _owner_records(records, snapshot) if one.status in COUNTS}
    return join_owners(records, index, here)


def _copy_from_owners(records: Sequence[Record], snapshot: Snapshot) -> list[Record]:
    """Return records as their owners in this tree have them, where they were taken from those; the grid stays."""
    owners = {one.run: one for one in _owner_records(records, snapshot)}
    return [one if one.owned or one.run not in owners else msgspec.structs.replace(owners[one.run], grid=one.grid) for one in records]


def _owner_records(records: Sequence[Record], snapshot: Snapshot) -> list[Record]:
    stems = {f"entries/{one.from_[:4]}/{one.from_}" for one in records if one.from_}
    return [one for found in snapshot.entries(stems) for one in found.records if one.owned]
