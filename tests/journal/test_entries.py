from __future__ import annotations

from pathlib import Path

import pytest

from gitjournal.errors import EntryError
from gitjournal.git.lab import find_lab
from gitjournal.journal.branches import current_ref, journal_refs
from gitjournal.journal.entries import entry_records, entry_text, find_id, list_ids
from tests.support.helpers import git
from tests.support.pages import LOGISTIC, RBF, TREES, commit, page, record, three_entries, write


def test_entries_are_read_from_refs_and_not_from_the_folder(repo: Path) -> None:
    folder = three_entries(repo)
    write(folder, TREES, page("Edited"), [record("f" * 64, 0.5)])
    lab = find_lab(repo)
    assert 'title: "Trees on digits"' in (entry_text(lab, TREES, "refs/heads/journal") or "")
    assert entry_records(lab, TREES, "refs/heads/journal") == []
    assert [one.seed for one in entry_records(lab, RBF, "refs/heads/journal")] == [0, 1, 0, 1, 0]
    assert entry_text(lab, "20261121-none-zzzz", "refs/heads/journal") is None


def test_ids_are_those_of_all_branches_and_of_drafts(repo: Path) -> None:
    folder = three_entries(repo)
    git(folder, "checkout", "-q", "-b", "exp/x")
    write(folder, "20261121-only-there-yyyy", page("Only there"))
    commit(folder)
    git(folder, "checkout", "-q", "journal")
    write(folder, "20261121-a-draft-zzzz", page("A draft"))
    lab = find_lab(repo)
    refs = journal_refs(lab, current_ref(lab))
    assert set(list_ids(lab, refs)) == {LOGISTIC, RBF, TREES, "20261121-only-there-yyyy", "20261121-a-draft-zzzz"}
    assert find_id(lab, "yyyy") == "20261121-only-there-yyyy"
    assert find_id(lab, "zzzz") == "20261121-a-draft-zzzz"


def test_a_line_that_is_no_record_is_named(repo: Path) -> None:
    folder = three_entries(repo)
    path = folder / "entries" / "2026" / f"{RBF}.runs.jsonl"
    path.write_bytes(path.read_bytes() + b"<<<<<<< HEAD\n")
    commit(folder)
    with pytest.raises(EntryError, match=r"runs\.jsonl:6"):
        entry_records(find_lab(repo), RBF, "refs/heads/journal")
