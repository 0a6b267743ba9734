"""The review of a branch: what merging it would bring into the journal, as values. Nothing is run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gitjournal.entry import verdict
from gitjournal.entry.model import Entry
from gitjournal.entry.record import Record, runs_among
from gitjournal.entry.results_block import read_block
from gitjournal.entry.summary import Summary, summarise
from gitjournal.entry.verdict import Verdict
from gitjournal.errors import GitError, GitjournalError
from gitjournal.git.lab import Lab, is_journal
from gitjournal.git.repository import Repository
from gitjournal.git.trees import compute_merge
from gitjournal.integrity.check import Checked, Question, check_tree, resolve_range
from gitjournal.journal.entry_ids import FOLDER, PAGE, can_mean
from gitjournal.journal.index.cache import Index
from gitjournal.journal.records import as_baseline, join_owners
from gitjournal.journal.snapshot import Snapshot, TreeEntry, read_snapshot, stem_of
from gitjournal.run.sealed_set import list_looks
from gitjournal.stats.gain import Gain, gain_over
from gitjournal.stats.looks import Look, look_of_entry


@dataclass(frozen=True)
class ReviewedEntry:
    """One entry that the branch adds or changes. `entry` and `summary` are None where it cannot be read: `fault` says why.

    `runs` is how many runs it did itself in this range, and `seconds` what they took; `looked` is the look at the test
    set that it brings, among all `looks` at these data; `records` are all of its runs, with their owners' metrics.
    """

    id: str
    path: str
    entry: Entry | None
    fault: str = ""
    is_new: bool = True
    summary: Summary | None = None
    gain: Gain | None = None
    verdict: Verdict | None = None
    runs: int = 0
    seconds: float = 0.0
    figures: Sequence[str] = ()
    records: Sequence[Record] = ()
    looked: Look | None = None
    looks: Sequence[Look] = ()


@dataclass(frozen=True)
class Review:
    """The review of a branch. `into` and `branch` are names as they were given; `gone` are ids that the branch takes away."""

    into: str
    branch: str
    commit: str
    entries: Sequence[ReviewedEntry]
    gone: Sequence[str]
    checked: Checked
    conflicts: Sequence[str] = ()


def parse_range(lab: Lab, words: str) -> tuple[str, str]:
    """Return (into, from) of `A..B`; of a branch alone: into the upstream of the journal, else into the journal.

    Raises GitError where that leaves nothing to compare.
    """
    if ".." in words:
        into, _, branch = words.partition("..")
        return into or lab.branch, branch.removeprefix(".") or "HEAD"
    upstream = lab.repository.git("for-each-ref", "--format=%(upstream:short)", f"refs/heads/{lab.branch}")
    into = upstream or lab.branch
    if words in (into, f"refs/heads/{into}"):
        raise GitError(f"`{words}` is the journal itself", hint="name what to compare: gitjournal report journal~10..journal")
    return into, words


def review(lab: Lab, into: str, branch: str, refs: dict[str, str]) -> Review:
    """Look at what merging `branch` into `into` would give. `refs` are the journal's branches and their commits.

    Raises GitError where git knows one of them not, or where it is of no journal.
    """
    repository = lab.repository
    before, tip = resolve_range(repository, f"{into}..{branch}")
    for name, commit in ((into, before), (branch, tip)):
        if not is_journal(repository, commit):
            raise GitError(f"`{name}` is not a branch of a journal", hint="see: git branch --all")
    merged = compute_merge(repository, before, tip)
    question = Question(merged.tree, base=before, parents=(before, tip), history=(tip, f"^{before}"))
    checked = check_tree(repository, question, refs)
    old, new = read_snapshot(repository, before), read_snapshot(repository, merged.tree)
    touched = _changed_stems(repository, old, new)
    with Index.open(repository) as index:
        index.refresh(refs if tip in refs.values() else {**refs, tip: tip})
        earlier = {found.id: found for found in old.entries(stem for stem in touched if stem + PAGE in old.files)}
        entries = [_review_entry(found, earlier.get(found.id), new, lab, index) for found in new.entries(touched)]
    gone = [stem.rpartition("/")[2] for stem in touched if stem + PAGE not in new.files]
    return Review(into, branch, tip, sorted(entries, key=lambda one: one.id), gone, checked, merged.conflicts)


def _changed_stems(repository: Repository, old: Snapshot, new: Snapshot) -> list[str]:
    """Return the stems of the entries that differ."""
    listed = repository.git("diff-tree", "-r", "-z", "--name-only", "--no-renames", old.revision, new.revision, "--", FOLDER)
    return sorted({stem for path in listed.split("\0") if (stem := stem_of(path))})


def _review_entry(tree_entry: TreeEntry, before: TreeEntry | None, tree: Snapshot, lab: Lab, index: Index) -> ReviewedEntry:
    path = tree_entry.page_path
    if tree_entry.entry is None:
        return ReviewedEntry(tree_entry.id, path, None, str(tree_entry.fault or "records without an entry"), is_new=before is None)
    records = join_owners(tree_entry.records, index)
    summary = summarise(tree_entry.entry.front, records)
    earlier = {one.run for one in before.records} if before else set()
    fresh = [one for one in tree_entry.records if one.owned and one.run not in earlier]
    own = runs_among(fresh)
    looks = list_looks(lab, index, tree_entry.entry.front.data.hash or "") if len(own) < len(fresh) else []
    return ReviewedEntry(
        id=tree_entry.id,
        path=path,
        entry=tree_entry.entry,
        is_new=before is None,
        summary=summary,
        records=records,
        gain=_gain_over_baseline(tree_entry.entry, summary, records, tree, index),
        verdict=_read_verdict(tree_entry.entry),
        runs=len(own),
        seconds=sum(one.seconds or 0.0 for one in own),
        looked=look_of_entry(looks, tree_entry.id),
        looks=looks,
        figures=sorted(name for name in tree.files if name.startswith(f"figures/{tree_entry.id}/") and name.endswith(".svg")),
    )


def _gain_over_baseline(entry: Entry, summary: Summary, records: Sequence[Record], tree: Snapshot, index: Index) -> Gain | None:
    """Return the gain over the baseline that stands in the same tree, where there is one."""
    part = entry.front.baseline
    stems = [stem for stem in tree.stems if part and can_mean(part, stem.rpartition("/")[2])]
    baseline = next(tree.entries(stems), None) if len(stems) == 1 else None
    if baseline is None or baseline.entry is None:
        return None
    return gain_over(summary, records, as_baseline(baseline.id, baseline.entry.front, join_owners(baseline.records, index)))


def _read_verdict(entry: Entry) -> Verdict | None:
    try:
        block = read_block(entry.text, entry.id)
    except GitjournalError:
        return None
    return verdict.read(block[1]) if block else None
