from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from gitjournal.git.repository import TreeFile
from gitjournal.git.working_files import Addition, FileChange, blob_id, find_rename, replace_file, run_ids, update_files
from tests.support.helpers import git
from tests.support.journals import (
    journal,
    record,
)


def _settled(file: Path) -> None:
    past = time.time() - 1
    os.utime(file, (past, past))


def test_records_are_added_once_and_end_with_a_line_end():
    addition = Addition(lines=[record("a"), record("b").rstrip()])
    assert addition.to_records(b"") == record("a") + record("b")
    assert addition.to_records(record("b").rstrip()) == record("b") + record("a")
    once = addition.to_records(b"<<<<<<< ours")
    assert once == b"<<<<<<< ours\n" + record("a") + record("b")
    assert addition.to_records(once) == once
    assert run_ids([b"", b"{}", b"\xff", record("x")]) == {"x"}


def test_a_renamed_entry_is_known_by_day_and_letters_unless_two_could_be_it():
    others = ["entries/2026/20261121-b-k3f9.md", "entries/2026/20261121-b-k3f9.runs.jsonl", "entries/2026/20261122-a-k3f9.md"]
    assert find_rename("entries/2026/20261121-a-k3f9.md", others) == others[0]
    assert find_rename("entries/2026/20261121-a-k3f9.runs.jsonl", others) == others[1]
    assert find_rename("entries/2026/20261121-a-zzzz.md", others) is None
    assert find_rename("entries/2026/20261121-a-k3f9.md", [*others, "entries/2026/20261121-c-k3f9.md"]) is None


@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_a_blob_id_is_the_one_git_gives(form, tmp_path):
    git(tmp_path, "init", "-q", f"--object-format={form}")
    told = git(tmp_path, "hash-object", "--stdin", stdin="some bytes\n")
    assert blob_id(b"some bytes\n", told) == told


def test_a_text_saved_into_the_old_file_after_it_was_replaced_comes_back(tmp_path):
    file = tmp_path / "a.md"
    file.write_bytes(b"one\n")
    _settled(file)
    held = file.open("r+b")  # an editor that has the file open
    calls = []

    def edit(before: bytes) -> bytes:
        calls.append(before)
        if len(calls) == 1:
            held.write(b"two\n")
            held.flush()
        return before if before.endswith(b"ours\n") else before + b"ours\n"

    replace_file(file, edit)
    held.close()
    assert file.read_bytes() == b"two\nours\n"
    assert calls == [b"one\n", b"two\n"]
    assert [path.name for path in tmp_path.iterdir()] == ["a.md"]


def test_a_text_saved_by_rename_while_it_was_edited_wins(tmp_path):
    file = tmp_path / "a.md"
    file.write_bytes(b"one\n")
    _settled(file)
    calls = []

    def edit(before: bytes) -> bytes:
        calls.append(before)
        if len(calls) == 1:
            (tmp_path / "swap").write_bytes(b"two\n")
            (tmp_path / "swap").replace(file)
        return before + b"ours\n"

    replace_file(file, edit)
    assert file.read_bytes() == b"two\nours\n"


def test_a_file_deleted_while_it_was_edited_stays_deleted(tmp_path):
    file = tmp_path / "a.md"
    file.write_bytes(b"one\n")
    _settled(file)

    def edit(before: bytes) -> bytes:
        file.unlink()
        return before + b"ours\n"

    replace_file(file, edit)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("refused", [False, True])
def test_new_files_of_a_commit_go_through_the_filters_of_git(repo: Path, *, refused: bool) -> None:
    lab = journal(repo)
    assert lab.worktree
    attributes = "*.txt text eol=crlf\n*.up filter=up\n" + ("*.bad filter=bad\n" if refused else "")
    (lab.path / ".gitattributes").write_text(attributes)
    git(repo, "config", "filter.up.smudge", "tr a-z A-Z")
    git(repo, "config", "filter.bad.smudge", "false")
    git(repo, "config", "filter.bad.required", "true")
    contents = {"x/a.txt": b"one\ntwo\n", "x/b.up": b"no end", "x/c.bin": b"\0\r\n\n", "x/d.bad": b"bad\n", "x/e e.bin": b""}
    blobs = lab.repository.store_each(list(contents.values()))
    changes = [FileChange(path, "plain", None, TreeFile("100644", blob, path)) for path, blob in zip(contents, blobs, strict=True)]
    update_files(lab.worktree, changes, Addition())
    expected = {**contents, "x/a.txt": b"one\r\ntwo\r\n", "x/b.up": b"NO END"}
    if refused:  # that one is not written, and all the others are
        del expected["x/d.bad"]
    assert {f"x/{file.name}": file.read_bytes() for file in (lab.path / "x").iterdir()} == expected
