"""What past runs say, collected from journals: means over seeds, and no word of what cannot be compared."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitjournal.errors import GitError
from gitjournal.journal.journal import open_journal
from gitjournal.procedure.canonical_text import read_sections
from gitjournal.suggest import collect
from gitjournal.suggest.collect import RunHistory
from gitjournal.suggest.trial import DataSet
from tests.support.guarded import HASH, canonical
from tests.support.helpers import git, snapshot
from tests.support.past_runs import WINE, result, two_data_sets

DIGITS = DataSet(HASH, "digits", 1797, 64)
SVC = '[{"sklearn.svm.SVC":{"C":10}}]'


def history(*results: collect.Result, name: str = "", sets: dict[str, DataSet] | None = None) -> RunHistory:
    return RunHistory(name, list(results), sets or {})


def test_a_journal_tells_its_runs_and_the_sizes_that_its_plans_name(repo: Path) -> None:
    with open_journal(repo, two_data_sets(repo)) as journal:
        own = collect.read_own(journal)
    assert sorted(one.scores["accuracy"] for one in own.results) == [0.6, 0.7, 0.9, 0.97]
    assert own.sets == {HASH: DIGITS, WINE: DataSet(WINE, "wine", 178, 13)}


def test_another_journal_is_read_and_nothing_is_written_there(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    git(tmp_path / "other", "init", "-q")
    git(tmp_path / "other", "commit", "-q", "--allow-empty", "-m", "first")
    two_data_sets(tmp_path / "other")
    before = snapshot(tmp_path / "other")
    other = collect.read_other(tmp_path / "other")
    assert (other.name, len(other.results)) == ("other", 4)
    assert snapshot(tmp_path / "other") == before
    (tmp_path / "none").mkdir()
    with pytest.raises(GitError):
        collect.read_other(tmp_path / "none")


def test_a_trial_is_the_mean_of_the_runs_of_a_configuration() -> None:
    runs = [result(canonical(), score) for score in (0.9, 0.7)]
    (trial,) = collect.collect_evidence(DIGITS, "accuracy", "classification", [history(*runs)]).trials
    assert (trial.data, trial.key, trial.entry, trial.seconds) == (HASH, SVC, "20261101-a-aaaa", 2.0)
    assert trial.score == pytest.approx(0.8)


def with_folds(text: str, k: int, repeats: int) -> str:
    return text.replace('"split":{"dev":0.2,', f'"split":{{"cv":{k},"repeats":{repeats},')


def test_seconds_are_those_of_a_run_with_the_split_in_question_or_count_by_their_fits() -> None:
    folds, other_folds = (read_sections(with_folds(canonical(), k, repeats)) for k, repeats in ((5, 3), (4, 1)))
    assert folds
    assert other_folds
    at_hand = history(result(canonical(), 0.9), result(with_folds(canonical(), 5, 3), 0.9, seconds=40.0))

    def seconds(split: str, of: RunHistory = at_hand) -> float | None:
        return collect.collect_evidence(DIGITS, "accuracy", "classification", [of], split=split).trials[0].seconds

    assert seconds(folds.split) == 40.0, "those of the same split alone"
    assert seconds(folds.split, history(result(canonical(), 0.9))) == 15 * 2.0
    assert seconds("", history(result(with_folds(canonical(), 5, 3), 0.9, seconds=45.0))) == 3.0
    assert seconds(other_folds.split) == pytest.approx((4 * 2.0 + 4 / 15 * 40.0) / 2), "none of the same split: all of them"


def test_what_only_failed_is_known_and_what_another_metric_was_asked_of_is_not() -> None:
    runs = [result(canonical(4), None, status="failed"), result(canonical(2), None, f1=0.5), result(canonical(3), float("nan"))]
    found = collect.collect_evidence(DIGITS, "accuracy", "classification", [history(*runs)])
    assert [(one.key, one.score) for one in found.trials] == [(SVC.replace("10", "4"), None)]
    assert found.own() == []


def test_a_dummy_and_runs_that_cannot_be_believed_tell_nothing_of_other_configurations() -> None:
    def scores(*runs: collect.Result) -> list[float | None]:
        return [one.score for one in collect.collect_evidence(DIGITS, "accuracy", "classification", [history(*runs)]).trials]

    dummy = canonical().replace("sklearn.svm.SVC", "sklearn.dummy.DummyClassifier")
    assert scores(result(dummy, 0.1)) == [None], "it was run, and is not suggested again"
    for code in ("GJ313", "GJ314 dev"):
        assert scores(result(canonical(1), 0.9, findings=("GJ301", code)), result(canonical(2), 0.8)) == [None, 0.8]
        assert scores(result(canonical(1), 0.9, findings=(code,)), result(canonical(1), 0.7)) == [0.7]
    assert scores(result(canonical(1), 0.9, findings=("GJ301", "GJ302", "GJ311", "GJ312"))) == [0.9]


def test_runs_of_another_task_and_what_is_no_canonical_text_are_left_out() -> None:
    regression = canonical().replace('"task":"classification"', '"task":"regression"')
    found = collect.collect_evidence(DIGITS, "accuracy", "classification", [history(result(regression, 0.9), result("nonsense", 0.9))])
    assert found.trials == []


def test_an_entry_of_another_journal_bears_its_name_and_the_first_journal_says_how_large_data_are() -> None:
    wrong = DataSet(HASH, "numbers", 5, 5)
    other = history(result(canonical(1), 0.5), name="theirs", sets={HASH: wrong, WINE: DataSet(WINE, "wine")})
    found = collect.collect_evidence(DIGITS, "accuracy", "classification", [history(result(canonical(2), 0.6)), other])
    assert [one.entry for one in found.trials] == ["20261101-a-aaaa", "theirs:20261101-a-aaaa"]
    assert found.sets == {HASH: DIGITS, WINE: DataSet(WINE, "wine")}


def test_a_key_is_the_same_on_all_data_and_counts_columns_by_shares() -> None:
    text = canonical().replace('{"C":10}', '{"C":10,"max_features":32}').replace("svm.SVC", "ensemble.RandomForestClassifier")
    assert collect.portable_key(canonical(), 64) == collect.portable_key(canonical().replace(HASH, WINE), 13) == SVC
    assert collect.portable_key(text, 64) == '[{"sklearn.ensemble.RandomForestClassifier":{"C":10,"max_features":0.5}}]'
    assert collect.portable_key(text, None) == '[{"sklearn.ensemble.RandomForestClassifier":{"C":10,"max_features":32}}]'
    assert collect.portable_key("nonsense", 64) == "[]"
