from __future__ import annotations

import json
from pathlib import Path

from gitjournal.entry.record import Record
from gitjournal.journal.index.results import configurations_on, find_lookers, list_results, results_on
from gitjournal.journal.journal import open_journal
from tests.support.pages import LOGISTIC, RBF, TREES, commit, page, record, three_entries, write

ONE, TWO = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"


def text(data: str) -> str:
    return json.dumps({"data": {"hash": data}})


def on(data: str, fingerprint: str, dev: float | None, **more: object) -> Record:
    """Return a run on some data, which its canonical text names."""
    return record(fingerprint * 64, dev, canonical=text(data), **more)


def pages_on(repo: Path) -> None:
    """Write three entries: two on the data `one`, of which the newer has two runs, and a retracted one."""
    lab = three_entries(repo)
    newest = on(ONE, "b", 0.6, at="2026-11-21T09:00:00Z", findings=["GJ301", "GJ311 dev"])
    for entry_id, runs, front in (
        (LOGISTIC, [on(ONE, "a", 0.5, at="2026-11-08T09:00:00Z")], f"data: {{sklearn: digits, hash: '{ONE}'}}"),
        (RBF, [newest, on(ONE, "c", None)], f"data: {{sklearn: digits, hash: '{ONE}'}}"),
        (TREES, [on(TWO, "d", 0.7)], f"data: {{sklearn: digits, hash: '{TWO}'}}\nretracted: wrong labels"),
    ):
        write(lab, entry_id, page(entry_id).replace("data: {sklearn: digits}", front), runs)
    commit(lab)


def test_results_are_of_entries_that_stand_the_newest_first(repo: Path) -> None:
    pages_on(repo)
    with open_journal(repo) as journal:
        results = list_results(journal.index)
    assert sorted((result.fingerprint[0], result.scores.get("accuracy"), result.row.id) for result in results) == [
        ("a", 0.5, LOGISTIC),
        ("b", 0.6, RBF),
        ("c", None, RBF),
    ]


def test_results_name_the_findings_of_their_runs(repo: Path) -> None:
    pages_on(repo)
    with open_journal(repo) as journal:
        findings = {result.fingerprint[0]: result.findings for result in list_results(journal.index)}
    assert findings == {"a": (), "b": ("GJ301", "GJ311 dev"), "c": ()}


def test_of_many_runs_those_of_whole_entries_are_read_the_newest_or_the_nearest(repo: Path) -> None:
    pages_on(repo)
    with open_journal(repo) as journal:
        assert {result.row.id for result in list_results(journal.index, most=1)} == {RBF}
        assert {result.row.id for result in list_results(journal.index, most=2)} == {RBF}
        assert {result.row.id for result in list_results(journal.index, most=3)} == {RBF, LOGISTIC}
        assert {result.row.id for result in results_on(journal.index, ONE, most=1)} == {RBF}
        assert results_on(journal.index, TWO, most=9) == []


def test_configurations_are_those_of_one_data_set(repo: Path) -> None:
    pages_on(repo)
    with open_journal(repo) as journal:
        assert {name[0] for name in configurations_on(journal.index, ONE)} == {"a", "b", "c"}
        assert configurations_on(journal.index, TWO) == {"d" * 64: text(TWO)}


def test_lookers_are_the_entries_that_scored_the_test_part_of_the_data(repo: Path) -> None:
    pages_on(repo)
    lab = repo / "lab"
    looks = [on(ONE, "a", 0.5), on(ONE, "a", None, run="look", status="final", metrics={"test": {"accuracy": 0.4}})]
    write(lab, LOGISTIC, page("Logistic regression"), looks)
    commit(lab)
    with open_journal(repo) as journal:
        assert find_lookers(journal.index, ONE) == [("refs/heads/journal", LOGISTIC, "Logistic regression")]
        assert find_lookers(journal.index, TWO) == []
