"""An entry made of a study: its space, its best configurations as a grid, and the procedure that they are run with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gitjournal.entry.model import FrontMatter
from gitjournal.entry.parse import parse
from gitjournal.errors import GitjournalError, UsageError
from gitjournal.journal.journal import Journal, open_journal
from gitjournal.suggest.studies.study import Range, Study, StudyTrial
from gitjournal.suggest.studies.to_entry import Imported, ImportOptions, choose_study, draft
from tests.support.guarded import FIRST
from tests.support.past_runs import look_at_digits, two_data_sets

C = Range(0.01, 100.0, log=True)


def study(*scores: float | None, name: str = "svm", sign: int = 1, parameter: str = "svc__C", **attrs: Any) -> Study:
    trials = [StudyTrial(at, {parameter: float(at + 1)}, {parameter: C}, score) for at, score in enumerate(scores)]
    return Study(name, (sign,), trials, attrs, unfinished=1)


@pytest.fixture
def journal(repo: Path) -> Iterator[Journal]:
    with open_journal(repo, two_data_sets(repo)) as journal:
        yield journal


def imported(journal: Journal, found: Study, **options: Any) -> tuple[Imported, FrontMatter]:
    assert journal.lab.top
    values = {"title": "From optuna", "procedure": ["SVC"], **options.pop("values", {})}
    made = draft(journal, journal.lab.top, found, ImportOptions(values, {"sklearn": "digits"}, **options), look_at_digits)
    return made, parse(made.drafted.text, entry_id=made.drafted.id, file="").front


def test_the_best_configurations_are_the_grid_and_where_it_looked_is_the_space(journal: Journal) -> None:
    made, front = imported(journal, study(0.5, 0.9, None, 0.7), most=2)
    assert front.grid == [{"svc__C": [2.0]}, {"svc__C": [4.0]}]
    assert front.space == {"svc__C": {"log": [0.01, 100.0]}}
    assert (made.points, made.distinct) == (2, 3)
    assert (front.title, front.tags, front.procedure) == ("From optuna", ["imported"], ["SVC"])
    assert front.hypothesis == "a study reported 0.9 as its highest value (trials: 5); what did best there comes to that here too"


def test_lower_values_are_better_where_the_study_minimised(journal: Journal) -> None:
    made, front = imported(journal, study(0.5, 0.9, 0.7, sign=-1), most=1)
    assert front.grid == [{"svc__C": [1.0]}]
    assert "0.5 as its lowest value" in str(front.hypothesis)
    assert made.distinct == 3


def test_an_entry_to_be_like_gives_its_procedure_and_what_the_study_searched_is_no_parameter_of_it(journal: Journal) -> None:
    assert journal.lab.top
    options = ImportOptions({"title": "Like it", "parameters": {"svc__C": 3, "svc__gamma": 0.5}}, {"sklearn": "digits"}, like="aaaa")
    made = draft(journal, journal.lab.top, study(0.9), options, look_at_digits)
    front = parse(made.drafted.text, entry_id=made.drafted.id, file="").front
    assert (front.from_, front.procedure, front.parameters) == (FIRST, ["SVC"], {"svc__gamma": 0.5})


def test_a_study_that_gitjournal_wrote_says_its_metric(journal: Journal) -> None:
    assert imported(journal, study(0.9, metric="dev.accuracy"))[1].metric_names == ["accuracy"]


def test_a_parameter_that_the_procedure_has_no_place_for_is_told_with_the_names_it_has(journal: Journal) -> None:
    with pytest.raises(UsageError, match="no place for `depth` of the study") as fault:
        imported(journal, study(0.9, parameter="depth"))
    assert "svc__…" in str(fault.value.hint)
    assert imported(journal, study(0.9, parameter="width"), values={"procedure": [{"SVC": {"C": "$width"}}]})[0].points == 1
    with pytest.raises(UsageError, match="no step that takes them is named"):
        imported(journal, study(0.9), values={"procedure": []})


def test_one_study_is_meant() -> None:
    one, two = study(0.9), study(0.8, name="other")
    assert choose_study([one, two], "other", "study.db").name == "other"
    assert choose_study([one], None, "study.db").name == "svm"
    with pytest.raises(UsageError, match="has 2 studies; say which") as fault:
        choose_study([one, two], None, "study.db")
    assert "svm\n  other" in str(fault.value.hint)
    with pytest.raises(UsageError, match="has no study `third`"):
        choose_study([one, two], "third", "study.db")
    with pytest.raises(GitjournalError, match="has 2 objectives"):
        choose_study([Study("both", (1, -1), [])], None, "study.db")
    with pytest.raises(GitjournalError, match="no completed trial"):
        choose_study([study(None)], None, "study.db")
