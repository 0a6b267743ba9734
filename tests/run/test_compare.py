"""Comparing two entries: which metric, complete records, and what is said where no predictions are stored. No worker is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitjournal.errors import ComparisonError
from gitjournal.journal.journal import open_journal
from gitjournal.run.compare import MeasuredEntry, draw_bootstrap, judge_difference, measure_entry, metric_to_compare, read_sample
from gitjournal.worker.pool import WorkerPool
from tests.support.pages import LOGISTIC, RBF, TREES, begin, commit, page, record, three_entries, write


def measure(repo: Path, entry_id: str) -> MeasuredEntry:
    with open_journal(repo) as journal:
        return measure_entry(journal, journal.open(journal.find(entry_id)))


def test_without_a_part_a_metric_is_one_of_dev_and_without_a_name_it_is_the_one_that_decides(repo: Path) -> None:
    three_entries(repo)
    measured = measure(repo, RBF)
    assert metric_to_compare(measured, None) == "dev.accuracy"
    assert metric_to_compare(measured, "f1") == "dev.f1"
    assert metric_to_compare(measured, "test.f1") == "test.f1"


def test_a_run_of_another_entry_is_measured_as_its_owner_has_it_at_the_point_of_this_grid(repo: Path) -> None:
    lab = three_entries(repo)
    write(lab, TREES, page("User"), [record("a" * 64, from_=LOGISTIC, run=f"run-{'a' * 64}-None", grid={"svc__C": 7})])
    commit(lab)
    (taken,) = measure(repo, TREES).records
    assert (taken.metrics["dev"], taken.grid, taken.at) == ({"accuracy": 0.972}, {"svc__C": 7}, "2026-11-08T09:00:00Z")


def test_the_sample_is_the_best_configuration_among_the_others(repo: Path) -> None:
    three_entries(repo)
    with open_journal(repo) as journal:
        sample = read_sample(measure(repo, RBF), "dev.accuracy", journal.lab, WorkerPool())
    assert (sample.fingerprint, sample.values, sample.k) == ("c" * 64, {0: 0.976, 1: 0.980}, 2)


def test_a_metric_that_was_not_measured_needs_predictions_that_are_stored_here(repo: Path) -> None:
    three_entries(repo)
    with open_journal(repo) as journal, pytest.raises(ComparisonError, match=r"k3f9 did not measure dev\.f1") as caught:
        read_sample(measure(repo, RBF), "dev.f1", journal.lab, WorkerPool())
    assert caught.value.hint == "compare it where it was run, or name another metric: --metric"


def test_where_predictions_are_missing_it_is_said_of_which_entries(repo: Path) -> None:
    three_entries(repo)
    with open_journal(repo) as journal:
        samples = [read_sample(measure(repo, name), "dev.accuracy", journal.lab, WorkerPool()) for name in (RBF, LOGISTIC)]
        reason = draw_bootstrap(samples[0], samples[1], measure(repo, RBF), journal.lab, WorkerPool())
        assert reason == "of k3f9 and p2m1 no predictions are kept here"


def test_entries_of_one_run_each_differ_by_what_the_records_say_and_that_is_noted(repo: Path) -> None:
    lab = begin(repo)
    names = ("20261122-an-entry-aaaa", "20261122-another-bbbb")
    for name, letter, score in zip(names, "ab", (0.9, 0.8), strict=True):
        write(lab, name, page(name), [record(letter * 64, score, parts={"dev": "sha256:1"}, rows={"dev": 100})])
    commit(lab)
    with open_journal(repo) as journal:
        first, second = (read_sample(measure(repo, name), "dev.accuracy", journal.lab, WorkerPool()) for name in names)
        comparison = judge_difference(first, second, measure(repo, names[0]), journal.lab, WorkerPool())
    assert comparison.evidence.value == pytest.approx(0.1)
    assert comparison.evidence.interval is None
    assert comparison.evidence.notes[-1] == "Of aaaa and bbbb no predictions are kept here."
