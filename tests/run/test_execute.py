"""Grids, limits, claims: what a call begins, what it leaves out, and what it says of it. One worker serves all tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitjournal.commands.entry_selection import EntrySelection, select_entries
from gitjournal.commands.option_values import parse_duration
from gitjournal.entry.model import Budget
from gitjournal.errors import BusyError, UsageError
from gitjournal.git.setup.init import init
from gitjournal.journal.journal import open_journal
from gitjournal.render import exec_output
from gitjournal.run.claims import RunClaims
from gitjournal.run.execute import recover
from gitjournal.run.messages import Limits, Spent, reason_to_stop
from gitjournal.worker.pool import WorkerPool
from gitjournal.worker.process import fair_threads
from tests.support.bench import Bench
from tests.support.helpers import done, git, gitjournal, half_merge, write_entry

BAYES = "title: naive\nhypothesis: h\ndata: {sklearn: iris}\nprocedure: [GaussianNB]\n"
NEIGHBOURS = BAYES.replace("[GaussianNB]", "[KNeighborsClassifier]")


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    with WorkerPool(1) as pool:
        yield pool


@pytest.fixture
def journal(repo: Path, pool: WorkerPool) -> Bench:
    return Bench(init(repo).lab, repo, pool)


def selected(bench: Bench, start: Path, *parts: str) -> EntrySelection:
    with open_journal(bench.top, bench.lab) as journal:
        return select_entries(journal, start, parts)


# ---- grids


def test_a_grid_of_every_form_runs_and_its_plan_says_what_it_comes_to(journal: Bench) -> None:
    grid = """grid:
  - {clf: [GaussianNB], clf__var_smoothing: {log: [1e-9, 1e-1, 3]}}
  - {clf: [KNeighborsClassifier], clf__n_neighbors: {int: [1, 5, 2]}, clf__p: [1, 1.0]}
  - {clf: [RandomForestClassifier], clf__n_estimators: {int: [2, 9]}, clf__max_features: {lin: [0.5, 1, 3]}, sample: 2, seed: 1}
seeds: [3, 4]
"""
    journal.entry("aaaa", BAYES.replace("[GaussianNB]", "[{clf: GaussianNB}]") + grid)
    plan = journal.exec("aaaa", dry_run=True)
    # 3 of naive Bayes, 3 of neighbours (p 1 and 1.0 are one), 2 drawn of the forest with 2 seeds each
    assert (plan.counts.points, plan.counts.runs, plan.counts.todo) == (3 + 6 + 2, 3 + 3 + 4, 10)
    assert plan.seconds is None
    assert "grid of 11 x seeds 2, 10 runs · 12 the same as others · 10 to do" in exec_output.outcome_text(plan, color=False)
    ended = journal.exec("aaaa")
    assert (ended.made, ended.failed_now) == (10, 0)
    records = journal.records("aaaa")
    assert sorted(str(one.seed) for one in records) == ["3", "3", "4", "4", *["None"] * 6]
    assert {one.grid["clf"] for one in records} == {"GaussianNB", "KNeighborsClassifier", "RandomForestClassifier"}
    assert [one.grid["clf__n_neighbors"] for one in records if "clf__n_neighbors" in one.grid] == [1, 3, 5]


def test_a_grown_grid_is_planned_with_the_time_that_runs_alike_took(journal: Bench) -> None:
    page = journal.entry("aaaa", NEIGHBOURS + "grid: {kneighborsclassifier__n_neighbors: [1, 3, 5]}\n")
    journal.exec("aaaa")
    took = sorted(one.seconds or 0 for one in journal.records("aaaa"))
    page.write_text(page.read_text().replace("[1, 3, 5]", "[1, 3, 5, 7, 9]"))
    grown = journal.exec("aaaa", dry_run=True)
    assert (grown.counts.own, grown.counts.todo) == (3, 2)
    assert grown.seconds == pytest.approx(2 * took[1])
    # another entry of the same estimator on the same data knows as much, one of another estimator nothing
    journal.entry("bbbb", NEIGHBOURS.replace("naive", "again") + "grid: {kneighborsclassifier__n_neighbors: [3, 7, 9, 11]}\n")
    second = journal.exec("bbbb", dry_run=True)
    assert (second.counts.reused, second.counts.todo) == (1, 3)
    assert second.seconds == pytest.approx(3 * took[1])
    journal.entry("cccc", BAYES)
    assert journal.exec("cccc", dry_run=True).seconds is None
    assert "5 entries" not in exec_output.plans_total([grown, second])
    assert "2 entries: 5 runs to do, about " in exec_output.plans_total([grown, second])


def test_the_time_that_is_expected_counts_the_folds_of_the_split(journal: Bench) -> None:
    def seconds(suffix: str) -> float:
        return journal.records(suffix)[0].seconds or 0.0

    folds = "split: {cv: 5, repeats: 3}\n"
    journal.entry("aaaa", NEIGHBOURS + "split: {dev: 0.2}\n")
    journal.exec("aaaa")
    journal.entry("bbbb", NEIGHBOURS + folds)
    assert journal.exec("bbbb", dry_run=True).seconds == pytest.approx(15 * seconds("aaaa"))
    journal.exec("bbbb")
    more = "grid: {kneighborsclassifier__n_neighbors: [1, 3]}\n"
    journal.entry("cccc", NEIGHBOURS + folds + more)
    assert journal.exec("cccc", dry_run=True).seconds == pytest.approx(2 * seconds("bbbb")), "runs of the same split alone"
    journal.entry("dddd", NEIGHBOURS + "split: {dev: 0.3}\n" + more)
    expected = (seconds("aaaa") + seconds("bbbb") / 15) / 2
    assert journal.exec("dddd", dry_run=True).seconds == pytest.approx(2 * expected), "none has this split, so each counts by its fits"


# ---- limits


@pytest.mark.parametrize(
    ("limits", "budget", "spent", "reason"),
    [
        (Limits(), None, Spent(9, 9e9, 9, 9, 9e9), ""),
        (Limits(runs=3), None, Spent(runs=2), ""),
        (Limits(runs=3), None, Spent(runs=3), "--max-runs"),
        (Limits(seconds=60), None, Spent(seconds=59), ""),
        (Limits(seconds=60), None, Spent(seconds=60), "--max-time"),
        (Limits(fail_fast=True), None, Spent(runs=5), ""),
        (Limits(fail_fast=True), None, Spent(failed=1), "--fail-fast"),
        (Limits(), Budget(runs=5), Spent(runs=9, entry_runs=4), ""),
        (Limits(), Budget(runs=5), Spent(entry_runs=5), "budget of 5 runs"),
        (Limits(), Budget(hours=0.5), Spent(entry_seconds=1799), ""),
        (Limits(), Budget(hours=0.5), Spent(entry_seconds=1800), "budget of 0.5 hours"),
    ],
)
def test_when_no_other_run_is_begun(limits: Limits, budget: Budget | None, spent: Spent, reason: str) -> None:
    why = reason_to_stop(limits, budget, spent)
    assert reason in why
    assert bool(reason) == bool(why)


def test_a_limit_leaves_the_rest_for_the_next_call(journal: Bench) -> None:
    journal.entry("aaaa", NEIGHBOURS + "grid: {kneighborsclassifier__n_neighbors: [500, 1, 3, 5, 7]}\n")
    ended = journal.exec("aaaa", limits=Limits(fail_fast=True))
    assert (ended.made, ended.failed_now, ended.exit_code) == (1, 1, 4)
    assert "4 runs not begun: a run failed (--fail-fast); go on with: gitjournal exec aaaa" in exec_output.outcome_text(ended, color=False)
    ended = journal.exec("aaaa", limits=Limits(runs=3))
    assert (ended.made, ended.stopped) == (3, "3 runs were made (--max-runs)")
    plain = exec_output.outcome_as_plain(ended)
    assert (plain["state"], plain["made"], plain["left"], plain["stopped"]) == ("stopped", 3, 1, "3 runs were made (--max-runs)")
    ended = journal.exec("aaaa", limits=Limits(seconds=1e-9))
    assert (ended.state, ended.made, ended.left, ended.stopped) == ("stopped", 0, 1, "the time is over (--max-time)")
    ended = journal.exec("aaaa", limits=Limits(runs=1))
    assert (ended.state, ended.made, ended.left, ended.stopped) == ("done", 1, 0, "")
    ended = journal.exec("aaaa", retry=True, limits=Limits(seconds=1e-9))
    assert (ended.state, ended.left, ended.exit_code) == ("stopped", 1, 4), "a run that failed and was to be made again is left as well"
    assert [one.grid["kneighborsclassifier__n_neighbors"] for one in journal.records("aaaa")] == [500, 1, 3, 5, 7]


def test_the_budget_of_an_entry_is_kept_over_all_calls_and_may_be_raised(journal: Bench) -> None:
    page = journal.entry("aaaa", NEIGHBOURS + "grid: {kneighborsclassifier__n_neighbors: [1, 3, 5]}\nbudget: {runs: 1}\n")
    assert exec_output.outcome_as_plain(journal.exec("aaaa", dry_run=True))["left"] == 3
    ended = journal.exec("aaaa")
    assert ended.stopped == "the entry's budget of 1 run is spent (raise `budget` first)"
    assert (ended.state, ended.made, ended.left, ended.exit_code) == ("stopped", 1, 2, 0)
    ended = journal.exec("aaaa")
    assert (ended.state, ended.made, ended.left) == ("stopped", 0, 2)
    page.write_text(page.read_text().replace("runs: 1}", "runs: 2, hours: 1}"))
    ended = journal.exec("aaaa")
    assert (ended.made, ended.stopped) == (1, "the entry's budget of 2 runs is spent (raise `budget` first)")


def test_a_memory_limit_counts_what_the_run_takes_and_not_what_the_libraries_have(journal: Bench) -> None:
    greedy = "procedure: [PolynomialFeatures, GaussianNB]\ngrid: {polynomialfeatures__degree: [1, 40]}\n"
    journal.entry("aaaa", BAYES.replace("procedure: [GaussianNB]\n", greedy))
    ended = journal.exec("aaaa", memory_mb=60)
    assert ended.failed_now == 1
    small, large = journal.records("aaaa")
    assert small.status == "done"
    assert large.failure is not None
    assert large.failure.kind == "memory"


@pytest.mark.parametrize(("text", "length"), [("90", 90), ("1.5s", 1.5), ("15m", 900), (" 2H ", 7200), ("1d", 86400)])
def test_a_length_of_time(text: str, length: float) -> None:
    assert parse_duration(text) == length


def test_jobs_share_the_cores_and_never_less_than_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    assert [fair_threads(jobs) for jobs in (1, 2, 16)] == [1, 1, 1]
    monkeypatch.setenv("GITJOURNAL_THREADS", "6")
    assert [fair_threads(jobs) for jobs in (1, 2, 3, 16)] == [6, 4, 2, 1]


# ---- claims

HOLD = """
import sys
from pathlib import Path
from gitjournal.run.claims import RunClaims, claim_entry
from gitjournal.git.lab import find_lab
lab = find_lab(Path())
with RunClaims(lab) as claims, claim_entry(lab, "20261121-an-entry-aaaa", patient=False):
    assert claims.take(("f" * 64, 3))
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_claim_is_seen_by_other_processes_and_freed_by_a_kill(journal: Bench) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD], cwd=journal.top, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with RunClaims(journal.lab) as claims:
            assert not claims.take(("f" * 64, 3))
            assert claims.take(("f" * 64, 4))
            assert claims.take(("f" * 64, None))
            with pytest.raises(BusyError, match=f"running here already: process {holder.pid}"):
                journal.exec("aaaa")
            holder.kill()
            holder.wait()
            assert claims.take(("f" * 64, 3))


def test_what_waits_to_be_committed_counts_as_done(journal: Bench) -> None:
    lab = journal.lab.path
    journal.entry("aaaa", NEIGHBOURS + "grid: {kneighborsclassifier__n_neighbors: [1, 3]}\n")
    half_merge(lab)
    assert journal.exec("aaaa").waiting
    assert journal.exec("aaaa").state == "shown"
    journal.entry("bbbb", NEIGHBOURS.replace("naive", "again") + "grid: {kneighborsclassifier__n_neighbors: [3, 5]}\n")
    ended = journal.exec("bbbb")
    assert (ended.counts.reused, ended.made) == (1, 1)
    journal.entry("cccc", NEIGHBOURS.replace("naive", "once more") + "grid: {kneighborsclassifier__n_neighbors: [3, 5]}\n")
    same = journal.exec("cccc")
    assert same.state == "duplicate"
    assert "20261121-an-entry-aaaa, just now, on journal" in exec_output.outcome_text(same, color=False)
    git(lab, "merge", "--abort")
    recover(journal.lab, journal.told.append)
    assert [one.from_ for one in journal.records("bbbb")] == ["20261121-an-entry-aaaa", None]


# ---- several entries


def test_a_folder_means_its_entries_that_are_not_done(journal: Bench) -> None:
    journal.entry("aaaa", BAYES)
    journal.exec("aaaa")
    journal.entry("bbbb", NEIGHBOURS)
    write_entry(journal.lab.path, "20251121-an-entry-cccc", NEIGHBOURS)
    for start, part in ((journal.top, "entries/2026"), (journal.top, "lab/entries/2026/"), (journal.lab.path / "entries", "2026")):
        chosen = selected(journal, start, part)
        assert (chosen.ids, chosen.over) == (["20261121-an-entry-bbbb"], 1)
    everything = selected(journal, journal.top, "bbbb", "entries", "aaaa")
    assert (everything.ids, everything.over) == (["20261121-an-entry-bbbb", "20251121-an-entry-cccc", "20261121-an-entry-aaaa"], 0)
    (journal.lab.path / "entries/2024").mkdir()
    with pytest.raises(UsageError, match="no entries below entries/2024"):
        selected(journal, journal.top, "entries/2024")
    with pytest.raises(UsageError, match="no entry fits"):
        selected(journal, journal.top, "train")


def test_a_folder_means_a_grid_that_was_cut_off_as_well(journal: Bench) -> None:
    grid = "grid: {kneighborsclassifier__n_neighbors: {int: [1, 3]}, kneighborsclassifier__p: [1, 2]}\n"
    journal.entry("aaaa", NEIGHBOURS + grid)
    journal.exec("aaaa", limits=Limits(runs=5))  # every value, and all combinations but one
    journal.entry("bbbb", NEIGHBOURS.replace("naive", "same") + grid.replace("[1, 3]", "[4, 6]").replace("[1, 2]", "[2, 2.0]"))
    journal.exec("bbbb")
    assert selected(journal, journal.top, "entries").ids == ["20261121-an-entry-aaaa"]
    assert journal.exec("aaaa").made == 1
    assert selected(journal, journal.top, "entries").over == 2


def test_limits_hold_for_a_whole_call(journal: Bench) -> None:
    for suffix, value in (("aaaa", 1), ("bbbb", 3), ("cccc", 5)):
        journal.entry(suffix, NEIGHBOURS + f"grid: {{kneighborsclassifier__n_neighbors: [{value}, {value + 1}]}}\n")
    output = done(journal.top, "exec", "entries", "--max-runs", "3", "--jobs", "2")
    assert "1 run not begun: 3 runs were made (--max-runs); go on with: gitjournal exec bbbb" in output
    assert "1 entry not begun: 3 runs were made (--max-runs)" in output
    outcomes = [json.loads(line) for line in done(journal.top, "exec", "entries/2026", "--json").splitlines()]
    assert [(one["id"][-4:], one["state"], one["made"], one["left"]) for one in outcomes] == [
        ("bbbb", "done", 1, 0),
        ("cccc", "done", 2, 0),
    ]
    wrong = gitjournal(journal.top, "exec", "entries", "--max-time", "soon")
    assert wrong.returncode == 2
    assert "try 90s, 15m or 2h" in wrong.stderr
