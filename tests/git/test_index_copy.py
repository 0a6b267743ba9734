from __future__ import annotations

import subprocess
from pathlib import Path

from gitjournal.git.build import commit_builder
from gitjournal.git.commit_tree import CommitTree
from gitjournal.git.index_copy import INTENT, IndexCopy, copy_index, files_to_stage, index_bytes
from gitjournal.git.lab import Lab
from gitjournal.git.repository import TreeFile
from gitjournal.git.working_files import Addition, FileChange
from tests.support.helpers import git
from tests.support.journals import ENTRY, RECORDS, has_block, planned, record, write


def copy_of(lab: Lab) -> IndexCopy:
    assert lab.worktree
    return copy_index(lab.worktree)


def staged_names(copy: IndexCopy) -> list[str]:
    """Return what the copy holds now, by git itself."""
    return copy.worktree.git("ls-files", index=copy.path).split("\n")


def test_a_copy_is_changed_and_the_index_is_not(repo: Path) -> None:
    lab, _ = planned(repo)
    assert lab.git_dir
    before = index_bytes(lab.git_dir)
    copy = copy_of(lab)
    assert not copy.has_conflicts
    copy.stage({"new.txt": TreeFile("100644", lab.repository.store(b"new\n"), "new.txt"), "README.md": None})
    assert "new.txt" in staged_names(copy)
    assert "README.md" not in staged_names(copy)
    assert index_bytes(lab.git_dir) == before == copy.before
    assert "new.txt" not in copy.index_files()  # it says what was staged when the copy was made
    copy.discard()
    assert not copy.path.exists()


def test_a_file_is_added_as_git_adds_it_and_others_beside_it(repo: Path) -> None:
    lab, _ = planned(repo)
    (lab.path / ".gitattributes").write_text("*.md text eol=crlf\n")
    write(lab, "one\r\ntwo\r\n")
    sheet = TreeFile("100644", lab.repository.store(b"sheet\n"), "data/lines.md")
    copy = copy_of(lab)
    file = copy.add(ENTRY, {sheet.path: sheet, "README.md": None})
    assert lab.repository.blob(file.blob) == b"one\ntwo\n"
    assert copy.worktree.git("ls-files", "--stage", "data", ENTRY, index=copy.path) == (
        f"100644 {sheet.blob} 0\tdata/lines.md\n100644 {file.blob} 0\t{ENTRY}"
    )
    assert "README.md" not in staged_names(copy)
    copy.discard()


def test_a_copy_that_an_interrupted_writer_needs_is_not_discarded(repo: Path) -> None:
    lab, _ = planned(repo)
    assert lab.git_dir
    copy = copy_of(lab)
    (lab.git_dir / INTENT).write_text("{}")
    copy.discard()
    assert copy.path.exists()
    (lab.git_dir / INTENT).unlink()
    copy.discard()
    assert not copy.path.exists()


def test_what_is_only_announced_is_not_staged(repo: Path) -> None:
    lab, _ = planned(repo)
    (lab.path / "later.txt").write_text("later\n")
    (lab.path / "now.txt").write_text("now\n")
    git(lab.path, "add", "-N", "later.txt")
    git(lab.path, "add", "now.txt")
    copy = copy_of(lab)
    assert copy.index_files(["later.txt", "now.txt", "none.txt"]).keys() == {"now.txt"}
    assert not copy.has_conflicts


def test_conflicts_are_seen(repo: Path) -> None:
    lab, _ = planned(repo)
    write(lab, "mine\n")
    git(lab.path, "stash", "-q")
    write(lab, "theirs\n")
    git(lab.path, "add", "-A")
    git(lab.path, "-c", "core.hooksPath=/dev/null", "commit", "-q", "-m", "theirs")
    subprocess.run(["git", "stash", "pop", "-q"], cwd=lab.path, check=False, capture_output=True)
    assert copy_of(lab).has_conflicts


def test_an_index_that_is_not_there_has_nothing(repo: Path) -> None:
    lab, _ = planned(repo)
    assert lab.git_dir
    (lab.git_dir / "index").unlink()
    copy = copy_of(lab)
    assert (copy.before, copy.index_files(), copy.has_conflicts) == (b"", {}, False)


def test_what_the_person_staged_gets_our_part_too(repo: Path) -> None:
    lab, plan = planned(repo)
    tree = {file.path: file for file in lab.repository.tree(plan.tip)}
    write(lab, plan.text.replace("first thoughts", "staged thoughts"))
    git(lab.path, "add", ENTRY)
    addition = Addition("accuracy 0.9", [record("r1")])
    records = TreeFile("100644", lab.repository.store(addition.to_records(b"")), RECORDS)
    with commit_builder(lab.worktree, CommitTree(lab.repository, plan.tip)) as builder:
        new = builder.edit(tree[ENTRY], lambda text: addition.to_entry(text, ENTRY))
        copy = copy_of(lab)
        changes = [FileChange(ENTRY, "entry", tree[ENTRY], new), FileChange(RECORDS, "records", None, records)]
        copy.stage(files_to_stage(builder, copy, changes, addition))
    text = copy.worktree.git("cat-file", "blob", f":{ENTRY}", index=copy.path)
    assert "staged thoughts" in text
    assert has_block(text, "accuracy 0.9")
    assert RECORDS in staged_names(copy)
    copy.discard()


def test_a_staged_deletion_stays_one(repo: Path) -> None:
    lab, plan = planned(repo)
    tree = {file.path: file for file in lab.repository.tree(plan.tip)}
    git(lab.path, "rm", "-q", "--cached", ENTRY)
    addition = Addition("accuracy 0.9")
    with commit_builder(lab.worktree, CommitTree(lab.repository, plan.tip)) as builder:
        new = builder.edit(tree[ENTRY], lambda text: addition.to_entry(text, ENTRY))
        copy = copy_of(lab)
        copy.stage(files_to_stage(builder, copy, [FileChange(ENTRY, "entry", tree[ENTRY], new)], addition))
    assert ENTRY not in staged_names(copy)
    copy.discard()
