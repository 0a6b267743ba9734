"""What suggestions are for: a data set, an entry, or the data of the newest entry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gitjournal.errors import UsageError
from gitjournal.git.lab import Lab
from gitjournal.git.setup.init import init
from gitjournal.journal.journal import open_journal
from gitjournal.suggest.target import SearchTarget, find_target
from gitjournal.suggest.trial import DataSet
from gitjournal.worker.jobs import AskWorker
from tests.support.guarded import FIRST, HASH, page
from tests.support.helpers import write_entry
from tests.support.past_runs import WINE, look_at_digits, refuse, two_data_sets


def found(lab: Lab, start: Path, what: str | None, ask: AskWorker = refuse) -> SearchTarget:
    with open_journal(start, lab) as journal:
        return find_target(journal, start, what, column=None, ask=ask)


@pytest.mark.parametrize(
    ("what", "label", "entry"),
    [
        (None, "wine", "20261102-on-wine-cccc"),
        ("wine", "wine", "20261102-on-wine-cccc"),
        ("sklearn:digits", "digits", FIRST),
        ("aaaa", "digits", FIRST),
        (FIRST, "digits", FIRST),
    ],
)
def test_the_newest_entry_data_by_name_and_an_entry_can_be_meant(repo: Path, what: str | None, label: str, entry: str) -> None:
    target = found(two_data_sets(repo), repo, what)
    sizes = {"wine": DataSet(WINE, "wine", 178, 13), "digits": DataSet(HASH, "digits", 1797, 64)}
    assert (target.data, target.entry.id) == (sizes[label], entry)
    assert (target.metric, target.space_entry, target.root) == ("accuracy", None, repo)


def test_an_entry_with_a_space_is_where_to_look_though_it_is_a_draft(repo: Path) -> None:
    lab = two_data_sets(repo)
    write_entry(lab.path, "20261103-where-dddd", page("Where").split("---")[1] + "space: {svc__C: {log: [0.1, 10]}}")
    assert found(lab, repo, "dddd").space_entry == "20261103-where-dddd"


def test_data_that_no_entry_names_are_looked_at_by_a_worker(repo: Path) -> None:
    asked: list[object] = []

    def ask(job: Any, /) -> Any:
        asked.append(job)
        return look_at_digits(job)

    target = found(init(repo).lab, repo, "sklearn:digits", ask)
    assert target.data == DataSet(HASH, "digits", 1797, 64)
    assert asked


def test_where_nothing_was_run_nothing_is_meant_by_itself(repo: Path) -> None:
    lab = init(repo).lab
    with pytest.raises(UsageError, match="nothing was run yet"):
        found(lab, repo, None)
    with pytest.raises(UsageError):
        found(lab, repo, "zzzz")
