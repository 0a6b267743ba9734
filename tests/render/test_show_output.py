"""What `show` prints of one entry, from a journal that is read once for all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gitjournal.entry.record import Record
from gitjournal.entry.summary import summarise
from gitjournal.journal.journal import Journal, open_journal
from gitjournal.render.show_output import EntryView, entry_lines, view_as_plain
from gitjournal.stats.looks import Look
from tests.support.pages import LOGISTIC, RBF, TREES, three_entries


@pytest.fixture
def journal(repo: Path) -> Iterator[Journal]:
    three_entries(repo)
    with open_journal(repo) as journal:
        yield journal


def view(journal: Journal, part: str, baseline: str = "") -> EntryView:
    opened = journal.open(journal.find(part))
    reached = journal.open(journal.find(baseline)).as_baseline if baseline else None
    return EntryView(opened, summarise(opened.entry.front, opened.records), reached, [])


def text(view: EntryView, *, with_runs: bool = False) -> str:
    return "\n".join(entry_lines(view, with_runs=with_runs, color=False))


def test_an_entry_with_a_baseline_says_what_it_gained(journal: Journal) -> None:
    shown = text(view(journal, RBF, LOGISTIC))
    assert f'{LOGISTIC} "' in shown
    assert ", gain +" in shown
    assert "failures    1 run: exception: " in shown
    assert "every run" not in shown
    assert "every run" in text(view(journal, RBF, LOGISTIC), with_runs=True)


def test_a_baseline_that_is_none_is_told_in_words(journal: Journal) -> None:
    assert "baseline    x9 (no such entry)" in text(replace(view(journal, RBF), baseline="x9 (no such entry)"))
    assert "none; the usual ones: gitjournal new --baselines" in text(view(journal, LOGISTIC))
    assert "baseline" not in text(view(journal, TREES))  # nothing was run yet


def test_what_was_not_run_says_how_to_run_it(journal: Journal) -> None:
    assert "not run yet; next: gitjournal exec m2c8" in text(view(journal, TREES))


def test_ten_configurations_are_shown_and_the_others_counted(journal: Journal) -> None:
    few = view(journal, RBF)
    assert "more configuration" not in text(few)
    many = replace(few.summary, configurations=few.summary.configurations * 6)
    left = len(many.configurations) - 10
    assert f"{left} more configurations: gitjournal show k3f9 --runs" in text(replace(few, summary=many))


def test_environments_stand_in_the_small_print_a_line_each(journal: Journal) -> None:
    shown = text(replace(view(journal, RBF), environments=["Python 3.11", "Python 3.12"]))
    assert "environment Python 3.11\n            Python 3.12" in shown


def test_the_notes_come_last_and_hold_nothing_of_the_results_block(journal: Journal) -> None:
    assert text(view(journal, RBF)).endswith("\n\n## Notes\n\nWhat I saw.")


def test_plain_values_are_those_of_the_record_and_runs_only_where_asked_for(journal: Journal) -> None:
    plain = view_as_plain(view(journal, RBF, LOGISTIC), None, with_runs=False)
    assert plain["gain"]["baseline"] == LOGISTIC
    assert plain["gain"]["difference"] > 0
    assert "runs" not in plain
    assert "identity" not in plain
    assert plain["test"] is None
    taken = Look(Record(run="r", fingerprint="f", status="final", metrics={"test": {"accuracy": 0.9}}), RBF, "RBF", "refs/heads/journal", 1)
    plain = view_as_plain(replace(view(journal, RBF), looks=[taken]), [], with_runs=True)
    assert len(plain["runs"]) == len(view(journal, RBF).opened.records)
    assert plain["identity"] == []
    assert plain["test"]["metrics"] == {"accuracy": 0.9}
