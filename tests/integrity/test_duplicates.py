"""GJ101: the same run in two entries of one tree, or on two branches; which of them was first, and what excuses the later one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gitjournal.git.lab import find_lab
from gitjournal.integrity.duplicates import Duplicate, countable_runs, describe_duplicate, find_elsewhere, find_here, is_countable
from gitjournal.journal.branches import current_ref, journal_refs
from gitjournal.journal.index.cache import Index
from gitjournal.journal.snapshot import read_snapshot
from tests.support.guarded import FIRST, LATER, UNGUARDED, begin, page, put, repeat, run, save
from tests.support.helpers import git

STEMS = {name: f"entries/2026/{name}" for name in (FIRST, LATER)}


@pytest.fixture
def lab(repo: Path) -> Path:
    return begin(repo)


def look(lab: Path, *read: str) -> tuple[list[Duplicate], list[Duplicate]]:
    """Return what stands twice here, and what elsewhere has; only the entries `read` are read, others are asked of the index."""
    place = find_lab(lab)
    snapshot = read_snapshot(place.repository, git(lab, "rev-parse", "HEAD"))
    stems = {STEMS[name] for name in read or STEMS} & set(snapshot.stems)
    runs = [pair for found in snapshot.entries(stems) for pair in countable_runs(found)]
    with Index.open(place.repository) as index:
        index.refresh(journal_refs(place, current_ref(place)))
        return find_here(snapshot, runs, index, stems), find_elsewhere(snapshot, runs, index)


@pytest.mark.parametrize("read", [(FIRST, LATER), (LATER,)])
def test_the_later_one_repeats_the_earlier_one_whether_that_was_read_or_is_in_the_index(lab: Path, read: tuple[str, ...]) -> None:
    repeat(lab)
    save(lab)
    (twice,), elsewhere = look(lab, *read)
    assert (twice.stem, twice.other, twice.runs, twice.line, twice.branch) == (STEMS[LATER], STEMS[FIRST], 1, 1, "")
    assert elsewhere == []


EXCUSES: dict[str, dict[str, Any]] = {
    "replicates": {"front": "replicates: aaaa\n"},
    "retracted": {"front": "retracted: a fault in the data\n"},
    "failed": {"status": "failed"},
    "repeated on purpose": {"status": "again", "repeats": "x", "reason": "y"},
}


@pytest.mark.parametrize("excuse", EXCUSES.values(), ids=EXCUSES)
def test_what_was_meant_to_repeat_or_counts_no_more_is_none(lab: Path, excuse: dict[str, Any]) -> None:
    repeat(lab, **excuse)
    save(lab)
    assert look(lab) == ([], [])


def test_another_seed_is_another_run(lab: Path) -> None:
    put(lab, LATER, page("Later"), [run(10, seed=3, at="2026-11-02T10:00:00+00:00")])
    save(lab)
    assert look(lab) == ([], [])


def test_a_run_of_another_branch_counts_where_that_was_before(lab: Path) -> None:
    git(lab, "switch", "-q", "-c", "exp/other")
    repeat(lab, at="2026-11-03T10:00:00+00:00")
    git(lab, "rm", "-q", "-r", "--cached", STEMS[FIRST] + ".md", STEMS[FIRST] + ".runs.jsonl")
    (lab / f"{STEMS[FIRST]}.md").unlink()
    (lab / f"{STEMS[FIRST]}.runs.jsonl").unlink()
    save(lab)
    here, (elsewhere,) = look(lab)
    assert here == []
    assert (elsewhere.stem, elsewhere.other, elsewhere.runs, elsewhere.branch) == (STEMS[LATER], FIRST, 1, "journal")
    git(lab, *UNGUARDED, "switch", "-q", "journal")
    assert look(lab) == ([], []), "the journal was first"


def test_it_is_said_with_what_mends_it() -> None:
    found = describe_duplicate(Duplicate(STEMS[LATER], STEMS[FIRST], 2, 7, "journal"))
    assert (found.code, found.file, found.line, found.stops) == ("GJ101", f"{STEMS[LATER]}.runs.jsonl", 7, True)
    assert found.message == f"2 runs that are the same as in {FIRST}, on journal"
    assert "replicates: aaaa" in found.hint
    assert describe_duplicate(Duplicate(STEMS[LATER], STEMS[FIRST], 1, 7)).message == f"the same run as {FIRST}"


def test_a_run_taken_from_another_entry_stands_not_alone() -> None:
    assert is_countable(run(at="1"))
    assert is_countable(run(at="1", status="again"))
    assert not is_countable(run(at="1", status="again", repeats="a", reason="b"))
    assert not is_countable(run(at="1", from_=FIRST))
