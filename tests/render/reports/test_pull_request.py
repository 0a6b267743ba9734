"""What a pull request says of one entry, from values alone; the whole way is in tests/integrity/test_review."""

from __future__ import annotations

import pytest

from gitjournal.entry.parse import parse
from gitjournal.entry.summary import summarise
from gitjournal.integrity.check import Checked
from gitjournal.integrity.review import Review, ReviewedEntry
from gitjournal.render.reports.pull_request import pull_request_body
from tests.support.pages import RBF, page, record


def body(expect: str) -> str:
    entry = parse(page("A kernel", front=expect), entry_id=RBF, file="a.md")
    records = [record("a", 0.9)]
    reviewed = ReviewedEntry(RBF, "entries/2026/a.md", entry, summary=summarise(entry.front, records), records=records)
    return pull_request_body(Review("journal", "exp/kernel", "0" * 40, [reviewed], [], Checked([], 1, [])))


@pytest.mark.parametrize(
    ("expect", "lines"),
    [
        ("", ["- Nothing was expected in numbers (`expect:`)."]),
        ("expect: dev.accuracy > 0.8", ["- expected `dev.accuracy > 0.8`, not judged yet"]),
        (
            "expect: [dev.accuracy > 0.8, train.accuracy > 0.9]",
            ["- expected `dev.accuracy > 0.8`, not judged yet", "- expected `train.accuracy > 0.9`, not judged yet"],
        ),
    ],
)
def test_each_expectation_that_is_not_judged_has_its_line(expect: str, lines: list[str]) -> None:
    assert [line for line in body(expect).splitlines() if line.startswith(("- expected", "- Nothing was expected"))] == lines
