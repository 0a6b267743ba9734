"""Parameters are set by their names, however deep, and whole steps are swapped."""

from __future__ import annotations

import pytest

from gitjournal.errors import EntryError
from gitjournal.procedure.set_parameters import replace_member, set_parameter
from gitjournal.procedure.step_reader import StepReader
from tests.support.iris_trees import FACTS, svc, tree
from tests.support.trees import read


def test_parameters_are_set_by_label_and_name() -> None:
    assert tree("procedure: [{clf: SVC}]\nparameters: {clf__C: 3}") == [["clf", svc(C=3)]]


def test_a_grid_sets_parameters_and_swaps_steps() -> None:
    text = "procedure: [{clf: {LogisticRegression: {C: 5}}}]\ngrid: {clf: [LogisticRegression, SVC, {SVC: {gamma: 1}}], clf__C: [1, 2]}"
    assert tree(text, point=3) == [["clf", svc(C=2)]]
    assert tree(text, point=4) == [["clf", svc(gamma=1, C=1)]]
    assert tree(text, point=0)[0][1]["class"] == "sklearn.linear_model.LogisticRegression"


def test_parameters_reach_into_nested_estimators() -> None:
    text = "procedure: [BaggingClassifier: {estimator: [StandardScaler, SVC]}]\nparameters: {baggingclassifier__estimator__svc__C: 3}"
    assert tree(text)[0][1]["params"]["estimator"]["params"]["steps"]["named"][1][1] == svc(C=3)


def test_a_nested_step_is_swapped_by_its_name() -> None:
    text = "procedure: [VotingClassifier: {estimators: [{a: SVC}, {b: SVC}]}]\ngrid: {votingclassifier__b: [drop, GaussianNB]}"
    assert tree(text)[0][1]["params"]["estimators"]["named"][1] == ["b", "drop"]
    assert tree(text, point=1)[0][1]["params"]["estimators"]["named"][1][1]["class"] == "sklearn.naive_bayes.GaussianNB"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("svm__C", "no step is named `svm`; did you mean `svc`?"),
        ("svc__c", "SVC has no parameter `c`"),
        ("svc__kernel__gamma", "`kernel` of SVC is no declared estimator"),
        ("svc__x__y", "SVC has no parameter `x`"),
        ("off__C", "`off` is passthrough, which takes no parameters"),
    ],
)
def test_a_name_of_no_parameter_is_an_error_at_its_key(name: str, words: str) -> None:
    entry = read(f"procedure: [{{off: passthrough}}, SVC]\nparameters: {{{name}: 1}}")
    reader = StepReader(entry, {}, FACTS)
    steps = reader.read_steps(entry.front.procedure, ("procedure",))
    with pytest.raises(EntryError, match=r"^lab/e\.md:5:14: ") as fault:
        set_parameter(reader, steps, name, 1, ("parameters", name))
    assert words in str(fault.value)


def test_what_is_replaced_is_kept_in_mind() -> None:
    entry = read("procedure: [SVC]")
    reader = StepReader(entry, {}, FACTS)
    (step,) = reader.read_steps(["SVC"], ("procedure",))
    old = step[1]
    replace_member(reader, step, "passthrough")
    assert step == ["svc", "passthrough"]
    assert reader.replaced == [old]
