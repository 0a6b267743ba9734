"""What any command says in passing: on the error channel, once it takes long, never where it was told to be quiet."""

from __future__ import annotations

import os
import pty
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gitjournal.commands import notice
from gitjournal.commands.context import Context, wants_color
from gitjournal.commands.notice import progress_reporter, warn_of_repeats
from gitjournal.journal.index.rows import Row

LOUD = Context(Path(), color=False, quiet=False, verbose=False)
QUIET = Context(Path(), color=False, quiet=True, verbose=False)
PAIR = (Row(id="20261122-b-bbbb"), Row(id="20261121-a-aaaa"))


def test_a_merge_that_brought_the_same_run_twice_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    warn_of_repeats(LOUD, [PAIR, PAIR])
    warn_of_repeats(QUIET, [PAIR])
    warn_of_repeats(LOUD, [])
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "20261122-b-bbbb did the same run as 20261121-a-aaaa (and 1 more); see: gitjournal check\n"


@contextmanager
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Make a terminal of both channels, and yield where what is printed there can be read."""
    leader, follower = pty.openpty()
    with os.fdopen(follower, "w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        monkeypatch.setattr(sys, "stderr", stream)
        yield leader
    os.close(leader)


def test_progress_is_shown_on_a_terminal_after_a_second_and_taken_away_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(monkeypatch) as screen:
        progress_reporter("page", quiet=False)(50, 200)  # too soon
        monkeypatch.setattr(notice, "SLOW_SECONDS", -1.0)
        progress_reporter("page", quiet=True)(50, 200)
        tell = progress_reporter("entry", "entries", quiet=False)
        for finished in (0, 49, 50, 150):
            tell(finished, 200)
        expected = f"\r50 of 200 entries\r150 of 200 entries\r{' ' * 40}\r"
        shown = ""
        while len(shown) < len(expected) and select.select([screen], [], [], 5)[0]:  # a terminal gives what has come so far
            shown += os.read(screen, 1000).decode()
    assert shown == expected


def test_progress_is_nothing_for_a_log(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notice, "SLOW_SECONDS", -1.0)
    progress_reporter("page", quiet=False)(50, 200)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("environment", "color"), [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)]
)
def test_a_terminal_has_colour_unless_it_wants_none(environment: dict[str, str], color: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with terminal(monkeypatch):
        assert wants_color() is color


def test_a_pipe_has_no_colour(capsys: pytest.CaptureFixture[str]) -> None:
    assert not wants_color()
    assert capsys.readouterr() == ("", "")
