"""What an error says: where, what, and the way on."""

from __future__ import annotations

import errno

import pytest

from gitjournal.errors import EntryError, Place, SpaceError, is_full, nearest


@pytest.mark.parametrize(("place", "text"), [(Place("a.md"), "a.md"), (Place("a.md", 3), "a.md:3"), (Place("a.md", 3, 7), "a.md:3:7")])
def test_a_place_reads_as_editors_take_it(place: Place, text: str) -> None:
    assert str(place) == text


def test_an_error_says_where_what_and_the_way_on() -> None:
    assert str(EntryError("`C` is missing")) == "`C` is missing"
    full = EntryError("`C` is missing", hint="add it", place=Place("a.md", 3), path=("parameters", "C"))
    assert str(full) == "a.md:3: `C` is missing\n  add it"
    assert (full.kind, full.exit_code, full.path) == ("entry", 1, ("parameters", "C"))


@pytest.mark.parametrize(
    ("word", "suggestion"),
    [("acuracy", "accuracy"), ("ACCURACY", "accuracy"), ("gmama", "gamma"), ("mea", "mae"), ("entirely else", None), ("", None)],
)
def test_the_nearest_word_is_offered(word: str, suggestion: str | None) -> None:
    offered = nearest(word, ["accuracy", "gamma", "mean", "mae", "rmse"])
    assert offered == (f"; did you mean `{suggestion}`?" if suggestion else "")


def test_a_full_disk_is_told_from_other_faults() -> None:
    assert all(is_full(OSError(number, "")) for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
    assert not is_full(PermissionError(errno.EACCES, ""))
    assert str(SpaceError("the run")).startswith("no space left: the run could not be written\n  ")
