"""Suggestions that are run one after another: one entry that grows, until something ends it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gitjournal.entry.parse import parse
from gitjournal.git.lab import Lab
from gitjournal.journal.entries import entry_records
from gitjournal.journal.journal import open_journal
from gitjournal.render.results_page import compose_results
from gitjournal.run.call import ExecCall
from gitjournal.run.messages import NO_LIMITS, Limits, Options
from gitjournal.suggest import loop
from gitjournal.suggest.loop import LoopOptions, LoopOutcome, Round
from gitjournal.suggest.target import find_target
from gitjournal.worker.jobs import InspectJob
from tests.support.campaign import Quick
from tests.support.guarded import HASH, LATER, page, put, save
from tests.support.past_runs import look_at_digits, refuse, two_data_sets


class Answers(Quick):
    """A team that answers at once, and knows the data."""

    def ask(self, job: Any, /) -> Any:
        return look_at_digits(job) if isinstance(job, InspectJob) else super().ask(job)


@pytest.fixture
def lab(repo: Path) -> Lab:
    lab = two_data_sets(repo)
    put(lab.path, LATER, page("Where", c=10, front="space: {svc__C: [1, 3, 5, 10]}\n"))
    save(lab.path)
    return lab


def pursue(lab: Lab, what: str, options: LoopOptions, *, limits: Limits = NO_LIMITS) -> tuple[LoopOutcome, list[Round]]:
    assert lab.top
    told: list[Round] = []
    with open_journal(lab.top, lab) as journal:
        target = find_target(journal, lab.top, what, column=None, ask=refuse)
        call = ExecCall(journal, lab.top, Answers(lab.top, 0), compose_results, Options(limits=limits), lambda _: None)
        return loop.run_suggestions(call, target, [], options, tell=told.append), told


def test_all_rounds_are_runs_of_one_entry_and_it_ends_where_nothing_is_left(lab: Lab) -> None:
    ended, told = pursue(lab, LATER, LoopOptions("Which C", 10))
    assert (len(ended.rounds), ended.stopped) == (3, "nothing is left to suggest"), "10 was run by another entry"
    assert told == ended.rounds
    assert ended.entry
    text = (lab.path / f"entries/{ended.entry[:4]}/{ended.entry}.md").read_text()
    front = parse(text, entry_id=ended.entry, file="").front
    assert (front.title, front.data.hash) == ("Which C", HASH)
    assert sorted(point["svc__C"][0] for point in front.grids) == [1, 3, 5]
    assert len(entry_records(lab, ended.entry, "refs/heads/journal")) == 3
    best = [one.best for one in told]
    assert best == [max([0.97, *[one.score or 0.0 for one in told[: number + 1]]]) for number in range(3)]
    assert [one.number for one in told] == [1, 2, 3]


def test_it_ends_after_so_many_runs_with_room_for_procedures_of_any_length(lab: Lab) -> None:
    ended, told = pursue(lab, "digits", LoopOptions("Any", 2))
    assert (len(told), ended.stopped) == (2, "")
    assert ended.outcome
    assert ended.outcome.state == "done"


def test_no_run_is_begun_when_the_time_is_up(lab: Lab) -> None:
    ended, told = pursue(lab, LATER, LoopOptions("Which C", 10, seconds=0.0))
    assert (len(told), ended.stopped) == (1, "after 1 runs the time was up")


def test_it_ends_where_a_limit_of_the_call_lets_no_run_begin_and_counts_none_as_failed(lab: Lab) -> None:
    ended, told = pursue(lab, LATER, LoopOptions("Which C", 10), limits=Limits(runs=1))
    assert [one.score is None for one in told] == [False]
    assert ended.stopped == "stopped: 1 run was made (--max-runs)"
    assert ended.outcome
    assert (ended.outcome.state, ended.outcome.left) == ("stopped", 1)


def test_where_nothing_is_left_at_all_no_entry_is_written(lab: Lab) -> None:
    put(lab.path, LATER, page("Where", c=10, front="space: {svc__C: [10]}\n"))
    save(lab.path)
    before = sorted(lab.path.rglob("*.md"))
    ended, told = pursue(lab, LATER, LoopOptions("Which C", 10))
    assert (ended.entry, ended.outcome, told, ended.stopped) == (None, None, [], "nothing is left to suggest")
    assert sorted(lab.path.rglob("*.md")) == before
