"""The ledger of a call: what is on disk before it counts, and what a record says of where its run comes from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from gitjournal.entry.model import Entry
from gitjournal.entry.record import Failure, GateForecast, Record, encode
from gitjournal.entry.summary import Summary
from gitjournal.entry.verdict import Verdict
from gitjournal.git.plan_commit import PlannedEntry
from gitjournal.git.spool import read_spool
from gitjournal.journal.index.runs import find_runs
from gitjournal.journal.journal import open_journal
from gitjournal.procedure.declaration import Declared
from gitjournal.run.entry_state import CodeState, Subject, read_subject
from gitjournal.run.expectations import EntryExpectations
from gitjournal.run.plan import Plan, PlannedRun
from gitjournal.run.results import Ledger, Origin, ResultsPage, make_run_job, record_of_reuse, record_of_run, record_of_skip
from gitjournal.stats.gain import Gain
from gitjournal.stats.judge import Judgement
from gitjournal.worker.jobs import ErrorReply, RunResult
from gitjournal.worker.pool import RecordedEnvironment
from tests.support.pages import begin, commit, page, record, write

ENTRY = "20261122-an-entry-aaaa"
RUN = PlannedRun({"svc__C": 1}, ["SVC"], '{"C":1}', "a" * 64, 3)
WHERE = RecordedEnvironment("e" * 64, b"{}\n", "6.1", 2, 1)
ORIGIN = Origin("b" * 40, CodeState("c" * 40, dirty=True))


@pytest.fixture
def subject(repo: Path) -> Iterator[Subject]:
    lab = begin(repo)
    write(lab, ENTRY, page("An entry"), [record("z" * 64, 0.5)])
    commit(lab)
    with open_journal(repo) as journal:
        yield read_subject(journal, repo, ENTRY)


def plan_of(subject: Subject) -> Plan:
    declared = Declared({"sklearn": "digits"}, "sha256:1", {}, "classification", {"dev": 0.2}, ["accuracy"], None)
    return Plan(subject.entry, subject.entry.text, declared, [RUN], 1, 1, draws=True, root=subject.root)


def compose(
    entry: Entry, summary: Summary, records: Sequence[Record], gain: Gain | None, judgement: Judgement | Verdict | None
) -> ResultsPage:
    return ResultsPage(f"{len(records)} records", f"run: {entry.front.title}")


def ledger_of(subject: Subject) -> Ledger:
    committed = PlannedEntry(None, "journal", "1" * 40, "2" * 40, subject.path, "100644", "3" * 40, subject.entry.text, subject.entry)
    return Ledger(subject, plan_of(subject), committed, None, EntryExpectations(), compose)


def test_new_records_are_on_disk_with_the_page_of_all_of_them(subject: Subject) -> None:
    ledger = ledger_of(subject)
    fresh = record("a" * 64, 0.9)
    summary = ledger.add([fresh], WHERE)
    (results,) = read_spool(subject.lab).values()
    assert (results.branch, results.path, results.plan, results.blob) == ("journal", subject.path, "2" * 40, "3" * 40)
    assert (results.lines, results.block, results.message) == ([encode(fresh)], "2 records", "run: An entry")
    assert results.files == {f"environments/{'e' * 64}.json": b"{}\n"}
    assert (ledger.fresh, ledger.records) == ([fresh], [*subject.records, fresh])
    assert [one.fingerprint[0] for one in summary.configurations] == ["a", "z"]


def test_what_cannot_be_written_does_not_count(subject: Subject) -> None:
    ledger = ledger_of(subject)
    (subject.private / "spool").write_text("a file where a folder should be")
    with pytest.raises(OSError, match="spool"):
        ledger.add([record("a" * 64, 0.9)])
    assert ledger.fresh == []


def test_where_nothing_was_expected_nothing_is_judged(subject: Subject) -> None:
    assert ledger_of(subject).judge(lambda a, b: "no predictions") == ""
    assert read_spool(subject.lab) == {}


def test_the_record_of_a_run_says_where_it_comes_from_and_what_it_came_to() -> None:
    reply = RunResult(status="done", metrics={"dev": {"accuracy": 0.9}}, seconds=1.5, memory_mb=20, rows={"dev": 9})
    new = record_of_run(RUN, "r1", reply, WHERE, ORIGIN)
    assert (new.run, new.key, new.grid, new.canonical) == ("r1", RUN.key, RUN.point, RUN.canonical)
    assert (new.plan, new.code, new.dirty) == ("b" * 40, "c" * 40, True)
    assert (new.environment, new.kernel, new.threads, new.blas_threads) == ("e" * 64, "6.1", 2, 1)
    assert (new.status, new.metrics, new.seconds, new.rows) == ("done", {"dev": {"accuracy": 0.9}}, 1.5, {"dev": 9})


def test_a_worker_that_answers_with_an_error_makes_a_failed_run_of_a_bounded_line() -> None:
    new = record_of_run(RUN, "r1", ErrorReply(kind="worker", message="x" * 9000), WHERE, ORIGIN)
    assert new.status == "failed"
    assert new.failure == Failure("exception", "x" * 500)


def test_a_run_of_another_entry_keeps_its_name_and_the_point_of_this_grid(subject: Subject) -> None:
    (owned,) = find_runs(subject.journal.index, [("z" * 64, None)])
    taken = record_of_reuse(RUN, owned)
    assert (taken.run, taken.from_, taken.grid, taken.metrics) == (owned.run, ENTRY, {"svc__C": 1}, owned.metrics)
    assert not taken.owned


def test_a_skipped_run_says_why_and_is_no_run() -> None:
    skipped = record_of_skip(RUN, GateForecast(0.01, 0.9), plan="b" * 40)
    assert (skipped.status, skipped.is_run, skipped.gate, skipped.plan) == ("skipped", False, GateForecast(0.01, 0.9), "b" * 40)


def test_each_run_keeps_its_predictions_in_a_folder_of_its_own(subject: Subject) -> None:
    job = make_run_job(subject, plan_of(subject), RUN, "abcdef", memory_mb=100)
    assert job.store == str(subject.private / "artifacts" / "ab" / "abcdef")
    assert (job.procedure, job.seed, job.memory_mb, job.hash, job.root) == (["SVC"], 3, 100, "sha256:1", str(subject.root))
