from __future__ import annotations

from pathlib import Path

import pytest

from gitjournal.errors import EntryError, GitError
from gitjournal.git.build import commit_builder, index_info, plain_changes, store_files, subject_of
from gitjournal.git.commit_tree import CommitTree
from gitjournal.git.lab import Lab
from gitjournal.git.repository import TreeFile
from gitjournal.git.working_files import FileChange
from tests.support.helpers import git, snapshot
from tests.support.journals import journal


def tip_of(lab: Lab) -> str:
    tip = lab.repository.resolve(f"refs/heads/{lab.branch}")
    assert tip
    return tip


def test_a_commit_is_built_without_touching_branch_index_or_files(repo: Path) -> None:
    lab = journal(repo)
    tip, before = tip_of(lab), snapshot(lab.path)
    index = (lab.git_dir / "index").read_bytes() if lab.git_dir else b""
    readme = lab.repository.files(tip, "README.md")["README.md"]
    file = TreeFile("100755", lab.repository.store(b"new\n"), "a/b c.txt")
    changes = [FileChange(file.path, "plain", None, file), FileChange("README.md", "plain", readme, None)]
    with commit_builder(lab.worktree, CommitTree(lab.repository, tip)) as builder:
        commit = builder.commit(changes, "A subject\n\nbody\n\n")
    assert git(repo, "diff", "--name-status", tip, commit) == "D\tREADME.md\nA\ta/b c.txt"
    assert git(repo, "ls-tree", commit, "a/").startswith("100755 blob")
    assert git(repo, "log", "-1", "--format=%P|%B", commit) == f"{tip}|A subject\n\nbody\n"
    assert (tip_of(lab), snapshot(lab.path)) == (tip, before)
    assert lab.git_dir
    assert (lab.git_dir / "index").read_bytes() == index
    assert list(lab.repository.private.glob("build-*")) == []


def test_a_file_is_edited_as_it_lies_on_the_disk_and_stored_as_git_does(repo: Path) -> None:
    lab = journal(repo)
    (lab.path / ".gitattributes").write_text("*.txt text eol=crlf\n")
    (lab.path / "a.txt").write_bytes(b"one\r\ntwo\r\n")
    git(lab.path, "add", "-A")
    git(lab.path, "-c", "core.hooksPath=/dev/null", "commit", "-q", "-m", "files")
    tip = tip_of(lab)
    file = lab.repository.files(tip, "a.txt")["a.txt"]
    on_disk: list[bytes] = []

    def change(text: bytes) -> bytes:
        on_disk.append(text)
        return text + b"three\r\n"

    with commit_builder(lab.worktree, CommitTree(lab.repository, tip)) as builder:
        edited = builder.edit(file, change)
        again = builder.edit(TreeFile("100755", edited.blob, "other.txt"), change)
        commit = builder.commit([FileChange("a.txt", "plain", file, edited)], "edit")
    assert on_disk == [b"one\r\ntwo\r\n", b"one\r\ntwo\r\nthree\r\n"]
    assert lab.repository.blob(edited.blob) == b"one\ntwo\nthree\n"
    assert again == TreeFile("100755", again.blob, "other.txt")
    assert git(repo, "diff", "--name-only", tip, commit) == "a.txt"  # what was edited beside it is no part of the commit


def test_attributes_on_the_way_to_a_file_count_as_the_branch_has_them(repo: Path) -> None:
    lab = journal(repo)
    (lab.path / "a/b").mkdir(parents=True)
    (lab.path / ".gitattributes").write_text("[attr]windows text eol=crlf\n*.txt -text\n")
    (lab.path / "a/.gitattributes").write_text("*.txt windows\n")
    (lab.path / "a/b/.gitattributes").write_text("plain.txt -windows -text -eol\n")
    git(lab.path, "add", "-A")
    git(lab.path, "-c", "core.hooksPath=/dev/null", "commit", "-q", "-m", "attributes")
    on_disk: list[bytes] = []

    def change(text: bytes) -> bytes:
        on_disk.append(text)
        return text + b"two\r\n"

    blob = lab.repository.store(b"one\n")
    with commit_builder(None, CommitTree(lab.repository, tip_of(lab))) as builder:
        edited = [builder.edit(TreeFile("100644", blob, path), change) for path in ("a/b/x.txt", "a/b/plain.txt", "x.txt")]
    assert on_disk == [b"one\r\n", b"one\n", b"one\n"]
    assert [lab.repository.blob(file.blob) for file in edited] == [b"one\ntwo\n", b"one\ntwo\r\n", b"one\ntwo\r\n"]


def test_a_link_is_not_edited(repo: Path) -> None:
    lab = journal(repo)
    link = TreeFile("120000", lab.repository.store(b"README.md"), "link")
    with (
        commit_builder(lab.worktree, CommitTree(lab.repository, tip_of(lab))) as builder,
        pytest.raises(EntryError, match="not a plain file"),
    ):
        builder.edit(link, lambda text: text)


def test_a_failing_signature_is_told_as_git_tells_it(repo: Path) -> None:
    git(repo, "config", "commit.gpgSign", "true")
    git(repo, "config", "gpg.program", "false")
    git(repo, "config", "commit.gpgSign", "false")
    lab = journal(repo)
    git(repo, "config", "commit.gpgSign", "true")
    lab = Lab(type(lab.repository)(lab.repository.common), lab.path, lab.branch, lab.git_dir, lab.top)
    with commit_builder(lab.worktree, CommitTree(lab.repository, tip_of(lab))) as builder, pytest.raises(GitError, match="gpg"):
        builder.commit([], "signed")


def test_files_that_a_tree_has_already_are_not_stored_again(repo: Path) -> None:
    lab = journal(repo)
    tip = tip_of(lab)
    tree = {file.path: file for file in lab.repository.tree(tip)}
    readme = lab.repository.blob(tree["README.md"].blob) or b""
    contents = {"README.md": readme, "journal.yaml": b"edited\n", "new.txt": b"new\n"}
    stored = store_files(lab.repository, contents, tree, tip)
    assert stored["README.md"] is tree["README.md"]
    assert {path: lab.repository.blob(file.blob) for path, file in stored.items()} == contents
    changes = plain_changes(contents, tree, stored)
    assert [(change.path, change.old) for change in changes] == [("journal.yaml", tree["journal.yaml"]), ("new.txt", None)]
    executable = {"README.md": TreeFile("100755", tree["README.md"].blob, "README.md")}
    assert store_files(lab.repository, {"README.md": readme}, executable, tip)["README.md"].mode == "100644"


def test_index_info_names_files_that_go(repo: Path) -> None:
    lab = journal(repo)
    file = TreeFile("100644", "a" * 40, "x\ny")
    assert index_info({"x\ny": file, "gone": None}, lab.repository) == (
        b"100644 " + b"a" * 40 + b"\tx\ny\0" + b"0 " + b"0" * 40 + b"\tgone\0"
    )


def test_the_subject_is_the_first_line() -> None:
    assert [subject_of(message) for message in ("one\n\ntwo", "one", "")] == ["one", "one", ""]
