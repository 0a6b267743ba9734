from __future__ import annotations

import os
from pathlib import Path

import pytest

from gitjournal.entry.model import MAX_BYTES
from gitjournal.errors import EntryError, UsageError
from gitjournal.git.lab import find_lab
from gitjournal.journal.branches import (
    branch_patterns,
    current_ref,
    drafts,
    entry_ids,
    entry_records,
    entry_text,
    find_entry,
    journal_refs,
    match_id,
    matcher,
    read_entry,
)
from tests.support.helpers import git
from tests.support.pages import LOGISTIC, RBF, TREES, commit, page, record, three_entries, write

IDS = [LOGISTIC, RBF, TREES, "20261121-notes-on-k3f9-again-q7q7"]


@pytest.mark.parametrize(
    ("part", "found"),
    [
        (RBF, RBF),
        ("k3f9", RBF),  # the end of one id wins over the middle of another
        ("K3F9", RBF),
        ("trees", TREES),
        ("logistic-digits", LOGISTIC),
        ("20261108", LOGISTIC),
        ("beats-linear-k3f9", RBF),
        (f"lab/entries/2026/{RBF}.md", RBF),
        (f"{RBF}.md", RBF),
    ],
)
def test_any_unique_part_of_an_id_finds_it(part: str, found: str) -> None:
    assert match_id(part, IDS) == found


def test_many_parts_are_found_as_each_of_them_alone() -> None:
    ids = [*IDS, "20261121-twin-k3f9", "20261121-a-abcd", "20261121-a-abcd-efgh", "notes.k3f9"]
    parts = [*ids, "k3f9", "K3F9", "q7q7", "abcd", "efgh", "ABCD", "trees", "m2c8", "20261108", "", "nothing", f"lab/entries/2026/{RBF}.md"]
    find = matcher(ids)

    def alone(part: str) -> str | None:
        try:
            return match_id(part, ids)
        except UsageError:
            return None

    assert {part: find(part) for part in parts} == {part: alone(part) for part in parts}


def test_a_part_that_fits_several_lists_them() -> None:
    with pytest.raises(UsageError) as caught:
        match_id("20261121", IDS)
    assert caught.value.exit_code == 2
    assert "fits 3 entries" in str(caught.value)
    assert RBF in str(caught.value)
    assert LOGISTIC not in str(caught.value)


def test_at_most_ten_candidates_are_listed() -> None:
    with pytest.raises(UsageError) as caught:
        match_id("grid", [f"20261121-grid-{number}-a{number:03}" for number in range(14)])
    assert str(caught.value).count("-grid-") == 10
    assert "and 4 more" in str(caught.value)


@pytest.mark.parametrize("part", ["", "/", "nothing", "*", "%"])
def test_a_part_that_fits_none_is_refused(part: str) -> None:
    with pytest.raises(UsageError):
        match_id(part, IDS)


def test_an_id_that_is_whole_is_found_though_it_is_part_of_another() -> None:
    assert match_id("20261121-a-abcd", ["20261121-a-abcd", "20261121-a-abcd-efgh"]) == "20261121-a-abcd"


def test_drafts_are_what_is_new_and_what_differs_from_the_branch(repo: Path) -> None:
    folder = three_entries(repo)
    lab = find_lab(repo)
    assert drafts(lab) == []
    write(folder, "20261121-a-draft-zzzz", page("A draft"))
    write(folder, TREES, page("Trees, said otherwise"))
    git(folder, "add", "entries/2026/20261121-a-draft-zzzz.md")
    (folder / "entries" / "2026" / f"{LOGISTIC}.md").unlink()
    (folder / "entries" / "notes.txt").write_text("no entry\n")
    found = {draft.id: draft for draft in drafts(lab)}
    assert set(found) == {"20261121-a-draft-zzzz", TREES}
    assert found["20261121-a-draft-zzzz"].new
    assert not found[TREES].new
    assert "said otherwise" in found[TREES].text


def test_drafts_are_found_from_the_lab_itself_and_below_a_foreign_git_environment(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = three_entries(repo)
    write(folder, "20261121-a-draft-zzzz", page("A draft"))
    monkeypatch.setenv("GIT_DIR", str(repo / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(repo / ".git" / "index"))
    assert [draft.id for draft in drafts(find_lab(folder))] == ["20261121-a-draft-zzzz"]


def test_a_draft_with_another_name_says_what_it_should_be_called(repo: Path) -> None:
    folder = three_entries(repo)
    (folder / "entries" / "my try.md").write_text(page("Mine"))
    (found,) = drafts(find_lab(repo))
    assert found.id == "my try"
    assert "YYYYMMDD-words-xxxx.md" in found.error


def test_a_link_is_never_followed(repo: Path, tmp_path: Path) -> None:
    folder = three_entries(repo)
    secret = tmp_path / "secret"
    secret.write_text("password")
    (folder / "entries" / "2026" / "20261121-a-link-zzzz.md").symlink_to(secret)
    (found,) = drafts(find_lab(repo))
    assert found.text == ""
    assert found.error


def test_a_pipe_in_the_way_blocks_nothing(repo: Path) -> None:
    folder = three_entries(repo)
    path = folder / "entries" / "2026" / "20261121-a-pipe-zzzz.md"
    path.write_text("x")
    git(folder, "add", str(path))
    path.unlink()
    os.mkfifo(path)
    assert all(not draft.text for draft in drafts(find_lab(repo)))


def test_of_a_huge_draft_only_so_much_is_read_as_is_needed_to_refuse_it(repo: Path) -> None:
    folder = three_entries(repo)
    write(folder, "20261121-huge-zzzz", page("Huge") + "x" * (2 * MAX_BYTES))
    (found,) = drafts(find_lab(repo))
    assert len(found.text) == MAX_BYTES + 1
    assert read_entry(found.text, entry_id=found.id, file="a.md")[0] is None


def test_a_lab_folder_that_is_gone_has_no_drafts(repo: Path) -> None:
    folder = three_entries(repo)
    folder.rename(repo / "elsewhere")
    lab = find_lab(repo)
    assert drafts(lab) == []
    assert find_entry(lab, "k3f9") == RBF


def test_the_branches_that_count_come_in_the_order_of_their_weight(repo: Path, tmp_path: Path) -> None:
    folder = three_entries(repo)
    git(repo, "init", "-q", "--bare", str(tmp_path / "forge.git"))
    git(repo, "remote", "add", "forge", str(tmp_path / "forge.git"))
    git(folder, "branch", "exp/old")
    git(folder, "branch", "else/where")
    git(folder, "-c", "core.hooksPath=/dev/null", "push", "-q", "-u", "forge", "journal", "exp/old:exp/theirs")
    git(folder, "checkout", "-q", "-b", "exp/new")
    lab = find_lab(repo)
    refs = list(journal_refs(lab, current_ref(lab)))
    assert refs == [
        "refs/heads/exp/new",
        "refs/heads/journal",
        "refs/remotes/forge/journal",
        "refs/heads/exp/old",
        "refs/remotes/forge/exp/theirs",
    ]


def test_a_code_branch_that_is_called_like_an_experiment_does_not_count(repo: Path) -> None:
    three_entries(repo)
    git(repo, "branch", "exp/code")
    lab = find_lab(repo)
    assert list(journal_refs(lab, current_ref(lab))) == ["refs/heads/journal"]


def test_patterns_come_from_the_settings_or_from_the_default() -> None:
    assert branch_patterns(b'branches: ["try/*", wip]\n') == ("try/*", "wip")
    assert branch_patterns(None) == ("exp/*",)
    assert branch_patterns(b"branches: [\n") == ("exp/*",)  # `check` says what is wrong; looking goes on
    assert branch_patterns(b"\xff") == ("exp/*",)


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
    assert set(entry_ids(lab, refs)) == {LOGISTIC, RBF, TREES, "20261121-only-there-yyyy", "20261121-a-draft-zzzz"}
    assert find_entry(lab, "yyyy") == "20261121-only-there-yyyy"
    assert find_entry(lab, "zzzz") == "20261121-a-draft-zzzz"


def test_a_line_that_is_no_record_is_named(repo: Path) -> None:
    folder = three_entries(repo)
    path = folder / "entries" / "2026" / f"{RBF}.runs.jsonl"
    path.write_bytes(path.read_bytes() + b"<<<<<<< HEAD\n")
    commit(folder)
    with pytest.raises(EntryError, match=r"runs\.jsonl:6"):
        entry_records(find_lab(repo), RBF, "refs/heads/journal")
