"""What may be suggested: what goes with the data, can be built, and lies in the space that is declared."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from gitjournal.errors import EntryError, GitjournalError
from gitjournal.git.setup.init import init
from gitjournal.journal.journal import open_journal
from gitjournal.suggest.candidates import Candidate, canonical_texts, list_candidates
from gitjournal.suggest.target import SearchTarget, find_target
from gitjournal.suggest.trial import Evidence, Trial
from tests.support.guarded import FIRST, HASH, page
from tests.support.helpers import write_entry
from tests.support.past_runs import WINE, refuse

SPACE = "space: {svc__C: [1, 5], svc__kernel: [rbf, linear]}"


def target_of(repo: Path, before: str = "", after: str = "", *, space: str = "", facts: dict[str, Any] | None = None) -> SearchTarget:
    """Return what an entry on digits stands for, with its text and what is known of its data changed."""
    lab = init(repo).lab
    write_entry(lab.path, FIRST, page("First").split("---")[1].replace(before, after, 1) + space)
    with open_journal(repo, lab) as journal:
        target = find_target(journal, repo, FIRST, column=None, ask=refuse)
    return dataclasses.replace(target, declared=dataclasses.replace(target.declared, facts=target.declared.facts | (facts or {})))


def evidence(target: SearchTarget, trials: Sequence[Trial] = ()) -> Evidence:
    return Evidence(target.metric, target.data, trials)


def models(found: Sequence[Candidate]) -> set[str]:
    return {one.steps[-1] if isinstance(one.steps[-1], str) else next(iter(one.steps[-1])) for one in found}


def test_an_array_gets_strong_defaults_first_each_once_with_columns_of_one_scale_where_a_model_wants_them(repo: Path) -> None:
    found = list_candidates(target_of(repo), evidence(target_of(repo)))
    assert found[0].steps == ["HistGradientBoostingClassifier"]
    assert ["StandardScaler", "SVC"] in [one.steps for one in found]
    assert len({one.key for one in found}) == len({one.fingerprint for one in found}) == len(found) > 50
    assert all(json.loads(one.canonical)["data"]["hash"] == HASH for one in found)


@pytest.mark.parametrize(
    ("before", "after", "first", "without"),
    [
        ("sklearn: digits", "path: t.csv", "tabular", set()),
        ("sklearn: digits", "path: t.csv, features: body", "TfidfVectorizer", {"HistGradientBoostingClassifier"}),
    ],
)
def test_tables_and_texts_get_what_goes_with_their_columns(repo: Path, before: str, after: str, first: str, without: set[str]) -> None:
    target = target_of(repo, before, after)
    found = list_candidates(target, evidence(target))
    assert {one.steps[0] for one in found} == {first}
    assert not models(found) & without
    assert all(one.exchangeable == (one.steps[1:] if first == "tabular" else one.steps) for one in found)


def test_images_have_no_built_in_space(repo: Path) -> None:
    target = target_of(repo, "sklearn: digits", "images: photos")
    with pytest.raises(GitjournalError, match="no built-in space for such data"):
        list_candidates(target, evidence(target))


def test_what_would_fail_for_certain_is_left_out(repo: Path) -> None:
    few = target_of(repo, facts={"n_rows": 12})
    neighbours = [one.steps[-1] for one in list_candidates(few, evidence(few)) if "KNeighborsClassifier" in str(one.steps[-1])]
    assert neighbours
    assert all(step == "KNeighborsClassifier" or step["KNeighborsClassifier"].get("n_neighbors", 5) <= 8 for step in neighbours)


def test_what_did_best_on_other_data_may_be_suggested_and_what_cannot_be_written_may_not(repo: Path) -> None:
    target = target_of(repo)
    keys = ['[{"scaled":{}},{"sklearn.svm.SVC":{"C":77}}]', '[{"python":{"function":"x:f"}}]', "[]", "null"]
    found = list_candidates(target, evidence(target, [Trial(WINE, key, 0.9, "e") for key in keys]))
    assert [one.steps for one in found if one.key in keys] == [["StandardScaler", {"SVC": {"C": 77}}]]


def test_a_declared_space_is_looked_through_with_the_rest_of_its_entry(repo: Path) -> None:
    target = target_of(repo, "grid: {svc__C: [10]}", "parameters: {svc__gamma: 0.5, svc__C: 3}\ngrid: {svc__C: [10]}", space=SPACE)
    found = list_candidates(target, evidence(target))
    assert [one.point for one in found] == [{"svc__C": c, "svc__kernel": kernel} for c in (1, 5) for kernel in ("rbf", "linear")]
    (first, *_) = found
    assert json.loads(first.canonical)["procedure"] == [{"sklearn.svm.SVC": {"gamma": 0.5}}], "what is the default is left out"
    assert canonical_texts(target, [first.point, {"svc__C": 1, "svc__nonsense": 2}]) == [first.canonical, None]


def test_a_space_that_its_procedure_has_no_place_for_is_told_with_its_line(repo: Path) -> None:
    target = target_of(repo, space="space: {knn__C: [1, 5]}")
    with pytest.raises(EntryError):
        list_candidates(target, evidence(target))
