"""What is told of the runs on one data set, and what is left out of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitjournal.errors import UsageError
from gitjournal.git.setup.init import init
from gitjournal.journal.journal import open_journal
from gitjournal.suggest.importance.report import report_importance, report_results
from tests.support.guarded import FIRST, HASH, canonical
from tests.support.past_runs import WINE, result, two_data_sets

ENTRY = "20261101-a-aaaa"


def test_only_runs_of_the_same_question_count_and_what_is_left_out_is_counted() -> None:
    other_task = canonical(2).replace('"task":"classification"', '"task":"regression"')
    runs = [
        result(canonical(1.5), 0.8),
        result(canonical(1.5), 0.6),
        result(canonical(3), 0.9, entry="20261102-b-bbbb"),
        result(canonical(4), None, status="failed"),
        result(canonical(5), None, f1=0.9),
        result(canonical(6), float("inf")),
        result(other_task, 0.9),
        result("nonsense", 0.9),
    ]
    found = report_results("digits", ENTRY, "accuracy", runs)
    assert (found.label, found.hash, found.entries) == ("digits", HASH, 2)
    assert (found.failed, found.unscored, found.others) == (1, 2, 2)
    assert found.importances.runs == 2
    (algorithm,) = found.importances.algorithms
    assert (algorithm.name, algorithm.best) == ("SVC", 0.9)
    assert [(one.name, one.values, one.worst.score) for one in algorithm.parameters] == [("C", 2, pytest.approx(0.7))]


def test_another_split_of_the_same_data_is_a_parameter_too() -> None:
    runs = [result(canonical(c).replace('"dev":0.2', f'"dev":{dev}'), 0.5 + c / 100 + dev) for c in (2, 3, 4) for dev in (0.1, 0.2, 0.3)]
    found = report_results("digits", ENTRY, "accuracy", runs).importances
    assert found.runs == 9
    assert found.algorithms[0].parameters[0].tied == []


@pytest.mark.parametrize(
    ("what", "label"), [(None, "wine"), ("digits", "digits"), ("sklearn:wine", "wine"), ("aaaa", "digits"), (FIRST, "digits")]
)
def test_the_newest_data_data_by_name_and_those_of_an_entry_can_be_meant(repo: Path, what: str | None, label: str) -> None:
    with open_journal(repo, two_data_sets(repo)) as journal:
        found = report_importance(journal, what, None)
    assert (found.label, found.hash) == (label, {"wine": WINE, "digits": HASH}[label])
    assert found.importances.metric == "accuracy"


def test_what_means_nothing_is_refused_with_what_would(repo: Path) -> None:
    with open_journal(repo, two_data_sets(repo)) as journal:
        with pytest.raises(UsageError, match="neither data with results nor an entry") as fault:
            report_importance(journal, "iris", None)
        assert "data with results: wine, digits" in str(fault.value.hint)
        with pytest.raises(UsageError, match="no run on wine has the metric `f1`") as fault:
            report_importance(journal, "wine", "f1")
        assert "accuracy" in str(fault.value.hint)


def test_without_runs_nothing_can_be_told(repo: Path) -> None:
    with open_journal(repo, init(repo).lab) as journal, pytest.raises(UsageError, match="nothing was run yet"):
        report_importance(journal, None, None)
