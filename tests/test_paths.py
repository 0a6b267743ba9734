"""Where files that an entry names may lie: below the top of the repository, in plain sight, as plain files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gitjournal.errors import DataError, TrustError
from gitjournal.paths import inside, open_file

PLACE = ("data", "path")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with data and a dot folder, and a file beside it that is nobody's business."""
    (tmp_path / "secret.csv").write_text("a\n")
    root = tmp_path / "repo"
    (root / "data").mkdir(parents=True)
    (root / ".git").mkdir()
    (root / "data" / "p.csv").write_text("a\n1\n")
    (root / ".git" / "config").write_text("[core]\n")
    return root


def test_a_file_and_a_folder_below_the_top_are_found(root: Path) -> None:
    assert inside("data/p.csv", root, PLACE) == root / "data" / "p.csv"
    assert inside("data", root, PLACE) == root / "data"
    assert inside("./data/p.csv", root, PLACE) == root / "data" / "p.csv"


@pytest.mark.parametrize("name", ["../secret.csv", "data/../../secret.csv", "data/../data/p.csv", "..", "data/.."])
def test_a_way_up_is_not_followed_wherever_it_leads(name: str, root: Path) -> None:
    with pytest.raises(TrustError, match=r"leads out of the repository: `\.\.` is not followed") as caught:
        inside(name, root, PLACE)
    assert caught.value.path == PLACE


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("/etc/passwd", "does not begin at the top of the repository"),
        ("~/p.csv", "does not begin at the top of the repository"),
        (".git/config", "dot file or lies in a dot folder"),
        ("data/.hidden", "dot file or lies in a dot folder"),
        ("", "dot file or lies in a dot folder"),
        (".", "dot file or lies in a dot folder"),
        ("https://user:word@example.org/p.csv?key=1", "`example.org/p.csv` is no path"),
        ("data/p.csv\n", "a line end or a NUL byte"),
        ("data/\0", "a line end or a NUL byte"),
    ],
)
def test_what_is_no_path_below_the_top_is_refused(name: str, message: str, root: Path) -> None:
    with pytest.raises(TrustError, match=message):
        inside(name, root, PLACE)


@pytest.mark.parametrize("link", ["data/link.csv", "linked/p.csv"])
def test_no_symlink_is_followed_on_the_way(link: str, root: Path) -> None:
    (root / "data" / "link.csv").symlink_to("p.csv")
    (root / "linked").symlink_to("data")
    with pytest.raises(TrustError, match="is a symlink"):
        inside(link, root, PLACE)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("data/q.csv", "data/q.csv is not there; did you mean `p.csv`?"),
        ("dta/p.csv", "is not there; did you mean `data`?"),
        ("data/p.csv/more", "is not there"),
        (f"data/{'x' * 300}", "cannot be read: File name too long"),
    ],
)
def test_what_is_missing_is_told_with_the_nearest(name: str, message: str, root: Path) -> None:
    with pytest.raises(DataError) as caught:
        inside(name, root, PLACE)
    assert message in caught.value.message


def test_only_plain_files_are_opened(root: Path) -> None:
    with open_file(root / "data" / "p.csv", "p.csv", PLACE) as file:
        assert file.read() == b"a\n1\n"
    os.mkfifo(root / "pipe")
    (root / "link").symlink_to("data/p.csv")
    for name in ("pipe", "data"):
        with pytest.raises(TrustError, match=f"{name} is not a regular file"):
            open_file(root / name, name, PLACE)
    for name in ("link", "missing"):
        with pytest.raises(DataError, match=f"{name} cannot be read"):
            open_file(root / name, name, PLACE)
