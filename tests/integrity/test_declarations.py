"""GJ103: what an entry declares is held against what was run, exactly where that can be told and roughly where not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from gitjournal.entry.parse import parse
from gitjournal.entry.record import Record
from gitjournal.integrity.declarations import find_disagreements
from gitjournal.integrity.findings import Finding
from gitjournal.journal.snapshot import RecordLine, TreeEntry
from tests.support.guarded import FIRST, page, run

PATH = f"entries/2026/{FIRST}.md"
AT = "2026-11-01T10:00:00+00:00"


def found(text: str, records: Sequence[Record]) -> list[Finding]:
    lines = [RecordLine(number, b"", record, "") for number, record in enumerate(records, 1)]
    entry = parse(text, entry_id=FIRST, file=PATH)
    return list(find_disagreements(TreeEntry(FIRST, PATH, PATH.replace(".md", ".runs.jsonl"), text, entry, None, lines)))


def test_what_was_run_as_declared_is_no_finding() -> None:
    assert found(page("First", c=[10, 3]), [run(10, at=AT), run(3, at=AT)]) == []
    assert found(page("First"), []) == []


@pytest.mark.parametrize(
    ("before", "after", "line", "message"),
    [
        ("dev: 0.2", "dev: 0.3", "split:", "`split.dev` is 0.3 here, and 0.2 in what record 1 ran"),
        ("- SVC", "- SVC: {tol: 0.5}", "  - SVC", "`svc__tol` is 0.5 here, and 0.001 in what record 1 ran"),
        ("svc__C: [10]", "svc__C: [4]", "grid:", "the grid has no svc__C 10, which record 1 ran"),
        ("task: classification", "task: regression", "task:", "`data.task` is regression here"),
    ],
)
def test_what_differs_is_told_with_its_line(before: str, after: str, line: str, message: str) -> None:
    text = page("First").replace(before, after)
    finding, *_ = found(text, [run(10, at=AT)])
    assert finding.code == "GJ103"
    assert message in finding.message
    assert finding.line
    assert text.splitlines()[finding.line - 1].startswith(line)
    assert "gitjournal new --from aaaa" in finding.hint


def test_where_it_cannot_be_worked_out_hash_task_split_and_estimators_are_compared() -> None:
    text = page("First").replace(", facts: {n_rows: 1797, n_features: 64, classes: [0, 1], columns: {number: 64}}", "")
    changed = text.replace("sha256:0", "sha256:1").replace("dev: 0.2", "dev: 0.3").replace("- SVC", "- LinearSVC")
    messages = [one.message for one in found(changed, [run(10, at=AT)])]
    assert [message.partition(" ")[0] for message in messages] == ["`data.hash`", "`split.dev`", "`procedure`"]
    assert messages[-1] == "`procedure` declares LinearSVC, which is in no run"
    assert found(text, [run(10, at=AT)]) == []
    assert found(changed, [run(10, at=AT, canonical="nonsense")]) == []
