"""How two configurations differ, and how one was written in two ways."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitjournal.procedure import canonical_text, counts, difference
from gitjournal.procedure.canonical_text import tokens
from gitjournal.procedure.difference import (
    ABSENT,
    DeclaredConfiguration,
    ValueChange,
    nearest_neighbours,
    spelling_differences,
    value_changes,
)
from tests.procedure.test_identity import DATA, HASH, SPLIT, steps, text_of, tree, written
from tests.support import trees


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("[SVC]", "[SVC: {gamma: 0.001}]", [("svc__gamma", "scale", 0.001)]),
        ("[SVC: {C: 2}]", "[{clf: {SVC: {C: 3}}}]", [("svc__C", 2, 3)]),
        ("[SVC: {kernel: linear}]", "[SVC]", [("svc__kernel", "linear", "rbf")]),
        ("[SVC]", "[StandardScaler, SVC]", [("step 1", ABSENT, "StandardScaler")]),
        ("[SVC]", "[PCA, Ridge]", [("step 1", ABSENT, "PCA"), ("step 2", "SVC", "Ridge")]),
        ("[PCA, Ridge]", "[SVC]", [("step 1", "PCA", ABSENT), ("step 2", "Ridge", "SVC")]),
        ("[StandardScaler, SVC: {C: 2}]", "[MinMaxScaler, SVC: {C: 2}]", [("step 1", "StandardScaler", "MinMaxScaler")]),
        ("[PCA, StandardScaler, SVC]", "[StandardScaler, SVC]", [("step 1", "PCA", ABSENT)]),
        ("[PCA, {PCA: {n_components: 2}}]", "[PCA, {PCA: {n_components: 3}}]", [("pca-2__n_components", 2, 3)]),
        (
            "[BaggingClassifier: {estimator: {SVC: {C: 2}}}]",
            "[BaggingClassifier: {estimator: {SVC: {C: 3}}}]",
            [("baggingclassifier__estimator__C", 2, 3)],
        ),
        ("[SelfTrainingClassifier: {base_estimator: SVC, threshold: 0.5}]", "[SelfTrainingClassifier: {base_estimator: SVC}]",
         [("selftrainingclassifier__threshold", 0.5, 0.75)]),
        (
            "[VotingClassifier: {estimators: [SVC, {LinearSVC: {C: 2}}]}]",
            "[VotingClassifier: {estimators: [SVC, {LinearSVC: {C: 3}}]}]",
            [("votingclassifier__estimators[2]__C", 2, 3)],
        ),
        ("[SVC]", "[{x: SVC}]", []),
    ],
)  # fmt: skip
def test_a_difference_is_told_by_name_with_both_values(left: str, right: str, expected: list[tuple[str, Any, Any]]) -> None:
    assert value_changes(text_of(left), text_of(right)) == [ValueChange(*one) for one in expected]


def test_data_and_split_are_compared_too() -> None:
    changed = trees.canonical({**DATA, "sep": ";"}, HASH, "classification", {**SPLIT, "seed": 1}, tree("procedure: [SVC]"))
    assert value_changes(text_of("[SVC]"), changed) == [ValueChange("data.sep", ABSENT, ";"), ValueChange("split.seed", 0, 1)]


@pytest.mark.parametrize("text", ["", "[", "1", "{}", '{"data":{},"split":[],"procedure":[]}', "[" * 100_000])
def test_what_is_no_canonical_text_is_refused_and_never_near(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever json says
        value_changes(text, text_of("[SVC]"))
    assert difference.nearest_configurations([text_of("[SVC]")], {"a": text}) == []


@settings(max_examples=100, deadline=None)
@given(steps(), steps())
def test_two_texts_differ_exactly_where_there_are_differences(procedure: list[Any], second_procedure: list[Any]) -> None:
    left, right = text_of(written(procedure)), text_of(written(second_procedure))
    assert bool(value_changes(left, right)) == (left != right)


# the nearest of many


def test_the_nearest_of_many_is_the_one_with_fewest_differences() -> None:
    chance = random.Random(0)
    values = {
        "C": [1, 2, 3],
        "gamma": ["scale", 0.1, 0.2],
        "tol": [0.001, 0.01],
        "shrinking": [True, False],
        "class_weight": [None, "balanced"],
    }
    texts = []
    for _ in range(200):
        params = ", ".join(f"{name}: {str(chance.choice(several)).replace('None', 'null').lower()}" for name, several in values.items())
        texts.append(text_of(f"[{'StandardScaler, ' if chance.random() < 0.5 else ''}SVC: {{{params}}}]"))
    candidates = {canonical_text.fingerprint(text): text for text in texts[20:]}
    for wanted in texts[:20]:
        ((_, nearest), *_) = difference.nearest_configurations([wanted], candidates)
        assert len(nearest) == min(len(value_changes(text, wanted)) for text in candidates.values())


def test_of_a_grid_the_nearest_point_is_compared() -> None:
    candidates = {"a": text_of("[SVC: {C: 2, gamma: 0.1}]"), "b": text_of("[LinearSVC]")}
    points = [text_of(f"[SVC: {{C: {C}, gamma: 0.2}}]") for C in (1, 2, 3)]
    ((name, differences), *_) = difference.nearest_configurations(points, candidates)
    assert (name, differences) == ("a", [ValueChange("svc__gamma", 0.1, 0.2)])


# the nearest of each among many


def text_with(**params: object) -> str:
    """Return a canonical text of one step."""
    return json.dumps({"data": {}, "procedure": [{"a.SVC": params}], "split": {}}, separators=(",", ":"))


def test_the_fewest_differences_come_first_and_of_equals_the_newer() -> None:
    texts = {"1": text_with(C=1, gamma=1), "2": text_with(C=1, gamma=2), "3": text_with(C=3, gamma=3), "4": text_with(C=1, gamma=1)}
    neighbours = nearest_neighbours(texts, 2)
    assert neighbours["1"] == ["4", "2"]
    assert neighbours["2"] == ["4", "1"]
    assert len(neighbours["3"]) == 2


def test_few_entries_have_few_neighbours() -> None:
    assert nearest_neighbours({}, 3) == {}
    assert nearest_neighbours({"1": text_with(C=1)}, 3) == {"1": []}
    assert nearest_neighbours({"1": text_with(C=1), "2": text_with(C=2)}, 3) == {"1": ["2"], "2": ["1"]}


@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.tuples(*[st.integers(0, 2)] * 3), min_size=2, max_size=9))
def test_it_is_what_comparing_each_pair_gives(values: dict[str, tuple[int, int, int]]) -> None:
    texts = {name: text_with(**dict(zip("xyz", numbers, strict=True))) for name, numbers in values.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(difference, "AT_ONCE", 2)
        neighbours = nearest_neighbours(texts, 3)
    for name, near in neighbours.items():
        apart = {other: len(set(tokens(texts[name])) ^ set(tokens(texts[other]))) for other in texts if other != name}
        assert [apart[other] for other in near] == sorted(apart.values())[:3]


# one configuration, written in two ways


def declared(procedure: str, **data: Any) -> DeclaredConfiguration:
    return DeclaredConfiguration({**DATA, **data}, SPLIT, tree(f"procedure: {procedure}"), "", counts.Sizes(1000, 9))


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("[SVC: {C: 10}]", "[SVC: {C: 10.0}]", ["C 10 and 10.0"]),
        ("[SVC: {C: 1.0}]", "[SVC]", ["C 1.0 is the default"]),
        ("[SVC]", "[SVC: {coef0: 2}]", ["coef0 has no effect unless kernel is poly or sigmoid"]),
        ("[SVC: {coef0: 1}]", "[SVC: {coef0: 2}]", ["coef0 has no effect unless kernel is poly or sigmoid"]),
        ("[SVC: {verbose: true}]", "[SVC]", ["verbose has no effect on the result"]),
        ("[{clf: SVC}]", "[SVC]", ["the step names clf and svc"]),
        ("[{clf: {SVC: {degree: 7}}}]", "[SVC]", ["the step names clf and svc", "degree has no effect unless kernel is poly"]),
        ("[{s: passthrough}, SVC]", "[SVC]", ["a step that is passed through does nothing"]),
        ("[RandomForestClassifier: {max_features: 0.34}]", "[RandomForestClassifier: {max_features: 3}]", ["max_features 0.34 and 3"]),
        ("[RandomForestClassifier: {max_features: 0.34}]", "[RandomForestClassifier]", ["max_features 0.34 is 3, the default"]),
        (
            "[VotingClassifier: {estimators: [{a: {SVC: {C: 2}}}]}]",
            "[VotingClassifier: {estimators: [{b: {SVC: {C: 2.0, gamma: scale}}}]}]",
            ["C 2 and 2.0", "gamma scale is the default"],
        ),
        ("[BaggingClassifier: {estimator: {SVC: {C: 2}}}]", "[BaggingClassifier: {estimator: {SVC: {C: 2.0}}}]", ["C 2 and 2.0"]),
        ("[SVC]", "[sklearn.svm.SVC]", []),
    ],
)
def test_what_is_the_same_says_what_of_the_writing_differs(left: str, right: str, expected: list[str]) -> None:
    assert spelling_differences(declared(left), declared(right)) == expected


def test_another_place_of_the_same_data_is_told() -> None:
    assert spelling_differences(declared("[SVC]", path="a.csv"), declared("[SVC]", path="b.csv")) == ["path a.csv and b.csv"]
