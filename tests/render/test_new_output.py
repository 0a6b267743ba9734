"""What `new` prints of the usual first entries, and of data files that can be seen."""

from __future__ import annotations

from pathlib import Path

from gitjournal.render.new_output import baseline_line, baselines_as_plain, data_files_lines
from gitjournal.run.baselines import ProposedBaseline
from gitjournal.run.draft import NewEntry

DRAFTED = NewEntry("20261122-x-aaaa", "---\n", [])
NEW = ProposedBaseline("The mean", DRAFTED.id, DRAFTED)
KNOWN = ProposedBaseline("Ridge", "20261101-y-bbbb", state="done")
LEFT_OUT = ProposedBaseline("A small convolution", left_out="a network needs Keras")


def test_each_is_one_line() -> None:
    assert baseline_line(NEW, "lab/entries/2026/x.md") == "lab/entries/2026/x.md"
    assert baseline_line(NEW, None) == "The mean: would be written"
    assert baseline_line(KNOWN, None) == "Ridge: bbbb is the same (done)"
    assert baseline_line(LEFT_OUT, None) == "A small convolution: left out; a network needs Keras"


def test_json_says_the_same() -> None:
    plain = baselines_as_plain([NEW, KNOWN, LEFT_OUT], {DRAFTED.id: Path("x.md")})["baselines"]
    assert [one["state"] for one in plain] == ["new", "done", "left out"]
    assert [one["path"] for one in plain] == ["x.md", None, None]
    assert [one["id"] for one in plain] == [DRAFTED.id, KNOWN.id, None]
    assert plain[2]["why"] == "a network needs Keras"


def test_the_next_command_names_a_file_that_is_there() -> None:
    assert data_files_lines(["a.csv"], "Why?") == [
        "data files here:",
        "  a.csv",
        'next: gitjournal new "Why?" --data a.csv --target COLUMN',
    ]
    assert data_files_lines([], None)[-1] == 'next: gitjournal new "my first question" --data sklearn:digits'
