"""What `check --fix` mends, and what it leaves to the person."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitjournal.entry.record import decode_lines
from gitjournal.git.lab import find_lab
from gitjournal.integrity.fix import MendedFile, mend
from gitjournal.journal.branches import current_ref, journal_refs
from gitjournal.render.results_page import compose_results
from tests.support.guarded import FIRST, LATER, begin, checked, codes, page, put, repeat, run, save, tried
from tests.support.helpers import git, gitjournal, snapshot

PAGE = f"entries/2026/{FIRST}.md"
RECORDS = f"entries/2026/{FIRST}.runs.jsonl"
OURS, THEIRS = run(2, at="2026-11-04T10:00:00+00:00", dev=0.98), run(3, at="2026-11-05T10:00:00+00:00", dev=0.99)


@pytest.fixture
def lab(repo: Path) -> Path:
    """Return a lab in the middle of a merge: the same entry was run further on both sides, and a run was done twice."""
    lab = begin(repo)
    first = decode_lines((lab / RECORDS).read_bytes(), file="x")
    git(lab, "switch", "-q", "-c", "side")
    put(lab, FIRST, page("First", c=[10, 2, 3]), [*first, THEIRS])
    repeat(lab)
    save(lab)
    git(lab, "switch", "-q", "journal")
    put(lab, FIRST, page("First", c=[10, 2, 3]), [*first, OURS])
    save(lab)
    assert tried(lab, "merge", "side").returncode == 1
    return lab


def fix(lab: Path, *options: str) -> str:
    return gitjournal(lab.parent, "check", "--fix", *options).stdout


def test_a_merge_is_mended_and_can_be_committed(lab: Path) -> None:
    assert codes(lab) == ["GJ101", "GJ104", "GJ106"]
    before = (lab / PAGE).read_text()
    assert "would mend" in fix(lab, "-n")
    assert (lab / PAGE).read_text() == before
    said = fix(lab)
    assert f"mended {PAGE}: the conflict in its results block taken away" in said
    assert f"mended entries/2026/{LATER}.md: declared to replicate {FIRST}" in said
    assert codes(lab) == []
    assert "**dev.accuracy 0.990**" in (lab / PAGE).read_text()
    assert len(decode_lines((lab / RECORDS).read_bytes(), file="x")) == 3
    git(lab, "add", "--all")
    assert tried(lab, "commit", "-q", "--no-edit").returncode == 0
    assert codes(lab) == []
    assert "mended" not in fix(lab)


def test_records_in_conflict_are_joined_by_run(lab: Path) -> None:
    lines = (lab / RECORDS).read_text().splitlines(keepends=True)
    ours = "<<<<<<< HEAD\n", lines[0], lines[1], "=======\n", lines[0], lines[2], ">>>>>>> side\n"
    (lab / RECORDS).write_text("".join(ours))
    assert "runs of both sides joined" in fix(lab)
    assert sorted((lab / RECORDS).read_text().splitlines(keepends=True)) == sorted(lines)


def test_two_records_that_differ_under_one_name_are_left_to_the_person(lab: Path) -> None:
    text = (lab / RECORDS).read_text()
    (lab / RECORDS).write_text(text + text.replace("0.97", "0.99").splitlines(keepends=True)[0])
    before = (lab / RECORDS).read_text()
    assert "GJ104" in fix(lab)
    assert (lab / RECORDS).read_text() == before


def test_a_conflict_in_prose_is_left_to_the_person(lab: Path) -> None:
    text = (lab / PAGE).read_text()
    (lab / PAGE).write_text(text.replace("What I saw.", "<<<<<<< HEAD\nWhat I saw.\n=======\nWhat they saw.\n>>>>>>> side"))
    said = fix(lab)
    assert "GJ104 conflict markers" in said
    assert "<<<<<<< HEAD\nWhat I saw.\n=======\nWhat they saw.\n>>>>>>> side" in (lab / PAGE).read_text()
    assert (lab / PAGE).read_text().count("<<<<<<<") == 1


def test_an_entry_that_replicates_another_is_left_to_the_person(lab: Path) -> None:
    later = lab / f"entries/2026/{LATER}.md"
    text = later.read_text().replace("task:", "replicates: zzzz\ntask:", 1)
    later.write_text(text)
    assert "GJ101" in fix(lab)
    assert later.read_text() == text


def mended(lab: Path, *, dry_run: bool) -> list[MendedFile]:
    place = find_lab(lab)
    refs = journal_refs(place, current_ref(place))
    return mend(place, checked(lab), refs, compose=compose_results, dry_run=dry_run)


def test_a_dry_run_names_what_would_be_mended_and_writes_nothing(lab: Path) -> None:
    before = snapshot(lab, without=(".git",))
    told = mended(lab, dry_run=True)
    assert {one.path for one in told} == {PAGE, f"entries/2026/{LATER}.md"}
    assert snapshot(lab, without=(".git",)) == before
    written = mended(lab, dry_run=False)
    assert {one.path for one in written if not one.path.startswith("figures/")} >= {one.path for one in told}
    assert mended(lab, dry_run=False) == [], "what is mended is no finding any more"


def test_a_page_that_became_a_link_meanwhile_is_not_written_through(lab: Path, tmp_path: Path) -> None:
    found, place, outside = checked(lab), find_lab(lab), tmp_path / "outside.md"
    (lab / PAGE).rename(outside)
    (lab / PAGE).symlink_to(outside)
    before = outside.read_text()
    mend(place, found, journal_refs(place, current_ref(place)), compose=compose_results, dry_run=False)
    assert (lab / PAGE).is_symlink(), "it is the person's"
    assert outside.read_text() == before
