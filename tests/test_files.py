"""Files that are written whole or not at all, with a real disk under them."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gitjournal.errors import GitjournalError, SpaceError
from gitjournal.files import make_folder, sweep_drafts, write_whole


@contextmanager
def full_disk() -> Iterator[None]:
    """Let no file hold more than ten bytes, as where the disk is full; not for longer, since pytest may write into a file too."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("durable", [False, True])
def test_a_file_is_replaced_and_nothing_is_left_beside_it(durable: bool, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_whole(path, b"old", durable=durable)
    write_whole(path, b"new", durable=durable)
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_has_the_permissions_that_were_asked_for(tmp_path: Path) -> None:
    write_whole(tmp_path / "hook", b"", mode=0o755)
    write_whole(tmp_path / "plain", b"")
    (tmp_path / "by hand").write_bytes(b"")
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"hook": 0o755, "plain": modes["by hand"], "by hand": modes["by hand"]}


def test_who_reads_meanwhile_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_whole(path, b"the old text")
    with path.open("rb") as reader:
        write_whole(path, b"new")
        assert reader.read() == b"the old text"


def test_a_full_disk_is_told_as_one_and_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_whole(path, b"old")
    with full_disk(), pytest.raises(SpaceError, match=r"a\.json could not be written"):
        write_whole(path, b"new, and longer than ten bytes")
    with full_disk(), pytest.raises(SpaceError, match="no space left: the run could not be written"):
        write_whole(path, b"new, and longer than ten bytes", durable=True, what="the run")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_not_allowed_is_no_want_of_space(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(GitjournalError, match="cannot be written: Not a directory") as caught:
        write_whole(tmp_path / "file" / "a.json", b"new")
    assert not isinstance(caught.value, SpaceError)
    with pytest.raises(GitjournalError, match="cannot be written: No such file or directory"):
        write_whole(tmp_path / "missing" / "a.json", b"new")


def test_a_folder_is_made_with_those_above_it(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").write_text("")
    with pytest.raises(GitjournalError, match="cannot be made"):
        make_folder(tmp_path / "file" / "b")


def test_drafts_of_the_dead_are_swept_and_those_of_the_living_stay(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    names = [f".a.json.{dead.pid}.tmp", f".b.json.{dead.pid}.tmp", f".a.json.{os.getpid()}.tmp", ".a.json.strange.tmp", "a.json"]
    for name in names:
        (tmp_path / name).write_text("")
    sweep_drafts(tmp_path, "b.json")
    assert {path.name for path in tmp_path.iterdir()} == {*names} - {names[1]}
    sweep_drafts(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {*names[2:]}
    sweep_drafts(tmp_path / "missing")
