"""What studies report, as evidence: points of the space that is asked about, and what gitjournal exported itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gitjournal.errors import UsageError
from gitjournal.journal.journal import open_journal
from gitjournal.procedure.canonical_text import fingerprint
from gitjournal.suggest.studies.study import Study, StudyTrial
from gitjournal.suggest.studies.to_trials import OTHER_SPACE, StudyReport, report_studies
from gitjournal.suggest.target import SearchTarget, find_target
from tests.support.guarded import FIRST, HASH, canonical, page
from tests.support.helpers import write_entry
from tests.support.past_runs import WINE, refuse, two_data_sets

SPACE = "space: {svc__C: {log: [0.01, 100]}, svc__kernel: [rbf]}"
EXPORTED = {"gitjournal": "0.1", "data": "wine", "data_hash": WINE, "n_rows": 178, "n_features": 13, "metric": "dev.accuracy"}


@pytest.fixture
def target(repo: Path) -> SearchTarget:
    lab = two_data_sets(repo)
    write_entry(lab.path, "20261103-where-dddd", page("Where").split("---")[1] + SPACE)
    with open_journal(repo, lab) as journal:
        return find_target(journal, repo, "dddd", column=None, ask=refuse)


def trial(number: int, score: float | None, *, attrs: dict[str, Any] | None = None, **params: Any) -> StudyTrial:
    return StudyTrial(number, params, {}, score, attrs=attrs or {})


def one_report(target: SearchTarget, study: Study, *, same_data: bool = False) -> StudyReport:
    (reported,) = report_studies(target, "study.db", [study], same_data=same_data)
    return reported


def test_trials_in_the_space_count_and_those_beside_it_are_told_with_the_reason(target: SearchTarget) -> None:
    trials = [trial(0, 0.9, svc__C=1.5), trial(1, 0.8, svc__C=2.5, svc__kernel="rbf"), trial(2, None, svc__C=3.5)]
    others = [trial(3, 0.9, svc__C=1.0, svc__kernel="linear"), trial(4, 0.9, depth=3), trial(5, 1.7, svc__C=1.0)]
    found = one_report(target, Study("svm", (1,), [*trials, *others]))
    assert (found.taken, found.left_out) == (3, {OTHER_SPACE: 2, "dev.accuracy cannot have such a value": 1})
    assert [one.scores for one in found.journal.results] == [{"accuracy": 0.9}, {"accuracy": 0.8}, {}]
    assert [one.status for one in found.journal.results] == ["done", "done", "failed"]
    assert [one.row.id for one in found.journal.results] == ["trial 0", "trial 1", "trial 2"]
    assert [one.canonical for one in found.journal.results[:1]] == [canonical(1.5)]


def test_they_count_as_other_data_unless_they_are_said_to_be_of_these(target: SearchTarget) -> None:
    study = Study("svm", (1,), [trial(0, 0.9, svc__C=1.5)])
    assert (one_report(target, study).assumed, one_report(target, study).data) == ("another data set", ["study.db"])
    same = one_report(target, study, same_data=True)
    assert (same.assumed, same.data, [one.data for one in same.journal.results]) == ("these data", ["digits"], [HASH])


@pytest.mark.parametrize(
    ("study", "why"),
    [
        (Study("s", (1, -1), []), "the study has 2 objectives"),
        (Study("s", (-1,), [trial(0, 0.9, svc__C=1.0)]), "minimises, and dev.accuracy goes the other way"),
        (Study("s", (1,), [trial(0, 0.9, svc__C=1.0)], {"metric": "dev.f1"}), "measured dev.f1, not dev.accuracy"),
        (Study("s", (1,), [trial(0, 0.9, depth=1)]), "their parameters are not those"),
        (Study("s", (1,), []), "it has no trial that ended"),
    ],
)
def test_a_study_that_says_nothing_here_is_refused_with_the_reason(target: SearchTarget, study: Study, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        report_studies(target, "study.db", [study], same_data=False)


def test_without_a_space_only_what_was_exported_speaks(repo: Path) -> None:
    with open_journal(repo, two_data_sets(repo)) as journal:
        target = find_target(journal, repo, FIRST, column=None, ask=refuse)
    with pytest.raises(UsageError, match="points of no space that is known here") as fault:
        report_studies(target, "study.db", [Study("s", (1,), [trial(0, 0.9, svc__C=1.0)])], same_data=False)
    assert "suggest ID --from STUDY" in str(fault.value.hint)


def test_an_exported_trial_is_the_configuration_and_the_data_that_its_text_names(target: SearchTarget) -> None:
    text = canonical(7).replace(HASH, WINE)
    attrs = {"canonical": text, "fingerprint": fingerprint(text), "entry": FIRST, "scores": {"dev.f1": 0.5, "train.f1": 1.0, "dev.x": "no"}}
    found = one_report(target, Study("first", (1,), [trial(0, 0.9, attrs=attrs)], EXPORTED))
    (result,) = found.journal.results
    assert (result.data, result.canonical, result.row.id) == (WINE, text, FIRST)
    assert result.scores == {"f1": 0.5, "accuracy": 0.9}
    data = found.journal.sets[WINE]
    assert (data.label, data.rows, data.columns, found.assumed) == ("wine", 178, 13, "")


@pytest.mark.parametrize("changed", [{"fingerprint": "0" * 64}, {"canonical": "nonsense"}, {"canonical": None}])
def test_a_text_that_is_not_the_one_that_was_hashed_is_not_believed(target: SearchTarget, changed: dict[str, Any]) -> None:
    attrs = {"canonical": canonical(7), "fingerprint": fingerprint(canonical(7))} | changed
    found = one_report(target, Study("first", (1,), [trial(0, 0.9, attrs=attrs, svc__C=1.5)], EXPORTED))
    assert [one.canonical for one in found.journal.results] == [canonical(1.5)], "as a point of the space it may count"
