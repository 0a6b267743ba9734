from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from gitjournal.errors import GitError
from gitjournal.git.build import index_info
from gitjournal.git.commit_tree import CommitTree
from gitjournal.git.repository import Repository, TreeFile
from gitjournal.git.worktree import find_repository
from tests.support.helpers import git

FILES = ("journal.yaml", "a.txt", "a/b/c.txt", "a/b.txt", "a-b", "a0", "entries/2026/x.md", "entries/2026/y.md", "entriesx", "é\n")


@pytest.fixture(params=["sha1", "sha256"])
def repository(request: pytest.FixtureRequest, tmp_path: Path) -> Repository:
    """A repository of one commit, with names that are easily sorted otherwise than git does."""
    git(tmp_path, "init", "-q", f"--object-format={request.param}")
    for path in FILES:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(path)
    (tmp_path / "a0").chmod(0o755)
    (tmp_path / "link").symlink_to("a0")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "files")
    found = find_repository(tmp_path)
    found.private.mkdir()
    return found


def written_by_git(repository: Repository, changes: dict[str, TreeFile | None]) -> str:
    """Return the tree that git makes of the same changes in an index."""
    environment = {**os.environ, "GIT_INDEX_FILE": str(repository.private / "index"), "GIT_DIR": str(repository.common)}

    def run(*arguments: str, stdin: bytes = b"") -> str:
        answer = subprocess.run(["git", *arguments], env=environment, input=stdin, capture_output=True, check=True)
        return answer.stdout.decode().strip()

    run("read-tree", "HEAD")
    run("update-index", "-z", "--index-info", stdin=index_info(changes, repository))
    return run("write-tree")


@pytest.mark.parametrize(
    "places",
    [
        ("journal.yaml",),
        ("a",),
        ("a/",),
        ("a.txt/",),
        ("a0", "none", "none/x", "a.txt/x"),
        ("entries/", "entries/2026/x.md"),
        ("é\n", "link"),
    ],
)
def test_files_are_those_that_git_lists(repository: Repository, places: tuple[str, ...]) -> None:
    listed = {file.path: file for file in repository.tree("HEAD", *places)}
    assert CommitTree(repository, "HEAD").files(*places) == listed


def test_a_tree_is_written_as_git_writes_it(repository: Repository) -> None:
    blob = repository.store(b"new\n")
    odd = os.fsdecode(b"odd/\xff name")

    def file(path: str, mode: str = "100644") -> TreeFile:
        return TreeFile(mode, blob, path)

    cases: list[dict[str, TreeFile | None]] = [
        {},
        {"a/b/c.txt": file("a/b/c.txt")},
        {"a/b/c.txt": None},  # the folder goes with its last file
        {"a/b/c.txt": None, "a/b.txt": None},
        {"none": None, "none/x": None, "a/none/x": None, "a.txt/x": None, "a": None},
        {"x/y/z": file("x/y/z"), "x/y.z": file("x/y.z", "100755"), odd: file(odd)},
        {"a.txt": None, "a.txt/b": file("a.txt/b"), "entries": None},
        {"entries/2026/w.md": file("entries/2026/w.md"), "entries/2026/x.md": None, "data/d.md": file("data/d.md"), "link": None},
        {"new/x": file("new/x"), "new/y": file("new/y"), "new/x2": None},
        {"a": file("a"), "a0/b/c": file("a0/b/c"), "journal.yaml/x": file("journal.yaml/x")},  # files for folders, and the other way round
        {"x/y/z": file("x/y/z"), "x": file("x")},
        {"x": file("x"), "x/y/z": file("x/y/z")},
        {"a/b/c.txt": None, "a/b": file("a/b"), "a/b/d": file("a/b/d"), "a/b/d/e": None},
        {"a/b.txt": file("a/b.txt"), "a": file("a"), "a/z": file("a/z")},
        dict.fromkeys((*FILES, "link")),
    ]
    tree = CommitTree(repository, "HEAD")
    for changes in cases:
        changed = tree.write(changes)
        assert changed == written_by_git(repository, changes), changes
        assert git(repository.common.parent, "cat-file", "-t", changed) == "tree"
    assert tree.files("a/") == CommitTree(repository, "HEAD").files("a/")  # what was written is another tree
    assert git(repository.common.parent, "fsck", "--strict", "--no-dangling") == ""


@pytest.mark.parametrize("path", ["x//y", "../x", "x/./y", ".git/hooks/x", "x/.GIT", ""])
def test_a_path_that_cannot_be_a_file_is_refused(repository: Repository, path: str) -> None:
    with pytest.raises(GitError, match="cannot be the name of a file"):
        CommitTree(repository, "HEAD").write({path: TreeFile("100644", repository.store(b"new\n"), path)})


def test_what_is_missing_is_said(repository: Repository) -> None:
    with pytest.raises(GitError, match="nothing has no tree"):
        CommitTree(repository, "nothing").files("a")
    folder = git(repository.common.parent, "rev-parse", "HEAD:entries")
    (repository.common / "objects" / folder[:2] / folder[2:]).unlink()
    tree = CommitTree(repository, "HEAD")
    assert tree.files("a.txt")
    with pytest.raises(GitError, match="the folder entries of HEAD is missing"):
        tree.files("entries/")


def test_a_ref_stays_as_it_was_when_first_asked(repository: Repository) -> None:
    top = repository.common.parent
    tree = CommitTree(repository, "HEAD")
    assert tree.files("a.txt")
    git(top, "rm", "-q", "a/b.txt")
    git(top, "commit", "-q", "-m", "less")
    assert tree.files("a/").keys() == {"a/b.txt", "a/b/c.txt"}
    assert CommitTree(repository, "HEAD").files("a/").keys() == {"a/b/c.txt"}
