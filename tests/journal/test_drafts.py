from __future__ import annotations

import os
from pathlib import Path

import pytest

from gitjournal.entry.parse import MAX_BYTES
from gitjournal.git.lab import find_lab
from gitjournal.journal.drafts import read_drafts
from gitjournal.journal.entries import find_id, read_entry
from tests.support.helpers import git
from tests.support.pages import LOGISTIC, RBF, TREES, page, three_entries, write


def test_drafts_are_what_is_new_and_what_differs_from_the_branch(repo: Path) -> None:
    folder = three_entries(repo)
    lab = find_lab(repo)
    assert read_drafts(lab) == []
    write(folder, "20261121-a-draft-zzzz", page("A draft"))
    write(folder, TREES, page("Trees, said otherwise"))
    git(folder, "add", "entries/2026/20261121-a-draft-zzzz.md")
    (folder / "entries" / "2026" / f"{LOGISTIC}.md").unlink()
    (folder / "entries" / "notes.txt").write_text("no entry\n")
    found = {draft.id: draft for draft in read_drafts(lab)}
    assert set(found) == {"20261121-a-draft-zzzz", TREES}
    assert found["20261121-a-draft-zzzz"].new
    assert not found[TREES].new
    assert "said otherwise" in found[TREES].text


def test_drafts_are_found_from_the_lab_itself_and_below_a_foreign_git_environment(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = three_entries(repo)
    write(folder, "20261121-a-draft-zzzz", page("A draft"))
    monkeypatch.setenv("GIT_DIR", str(repo / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(repo / ".git" / "index"))
    assert [draft.id for draft in read_drafts(find_lab(folder))] == ["20261121-a-draft-zzzz"]


def test_a_draft_with_another_name_says_what_it_should_be_called(repo: Path) -> None:
    folder = three_entries(repo)
    (folder / "entries" / "my try.md").write_text(page("Mine"))
    (found,) = read_drafts(find_lab(repo))
    assert found.id == "my try"
    assert "YYYYMMDD-words-xxxx.md" in found.error


def test_a_link_is_never_followed(repo: Path, tmp_path: Path) -> None:
    folder = three_entries(repo)
    secret = tmp_path / "secret"
    secret.write_text("password")
    (folder / "entries" / "2026" / "20261121-a-link-zzzz.md").symlink_to(secret)
    (found,) = read_drafts(find_lab(repo))
    assert found.text == ""
    assert found.error


def test_a_pipe_in_the_way_blocks_nothing(repo: Path) -> None:
    folder = three_entries(repo)
    path = folder / "entries" / "2026" / "20261121-a-pipe-zzzz.md"
    path.write_text("x")
    git(folder, "add", str(path))
    path.unlink()
    os.mkfifo(path)
    assert all(not draft.text for draft in read_drafts(find_lab(repo)))


def test_of_a_huge_draft_only_so_much_is_read_as_is_needed_to_refuse_it(repo: Path) -> None:
    folder = three_entries(repo)
    write(folder, "20261121-huge-zzzz", page("Huge") + "x" * (2 * MAX_BYTES))
    (found,) = read_drafts(find_lab(repo))
    assert len(found.text) == MAX_BYTES + 1
    assert read_entry(found.text, entry_id=found.id, file="a.md")[0] is None


def test_a_lab_folder_that_is_gone_has_no_drafts(repo: Path) -> None:
    folder = three_entries(repo)
    folder.rename(repo / "elsewhere")
    lab = find_lab(repo)
    assert read_drafts(lab) == []
    assert find_id(lab, "k3f9") == RBF
