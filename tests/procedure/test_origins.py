"""Each value of a canonical text says where it comes from, and each parameter that is not in it why not."""

from __future__ import annotations

from typing import Any

from gitjournal.entry import grid
from gitjournal.entry.model import Facts
from gitjournal.procedure import origins, reader
from tests.support import trees
from tests.support.trees import read

HASH = "sha256:" + "0" * 64


FACTS = Facts(n_rows=100, n_features=3, classes=["a", "b"], columns={"number": ["x", "y"], "category": ["c"]})


SPLIT = {"dev": 0.2, "test": 0.2, "seed": 0, "shuffle": True, "stratify": True}


def tree(text: str, point: int = 0) -> list[Any]:
    return trees.tree(text, FACTS, point=point)


def test_each_value_says_where_it_comes_from() -> None:
    entry = read(
        "split: {dev: 0.2}\nprocedure: [tabular, {clf: {SVC: {coef0: 1}}}]\nparameters: {clf__C: 3}\ngrid: {clf__kernel: [sigmoid]}"
    )
    point = grid.expand(entry)[0]
    steps_ = reader.build_tree(entry, point, FACTS)
    text = trees.canonical({"sklearn": "iris"}, HASH, "classification", SPLIT, steps_)
    origin_of = {one.path: (one.value, one.origin) for one in origins.trace_origins(text, entry, point, steps_)}
    assert origin_of["data.hash"] == (HASH, "the data")
    assert origin_of["data.task"] == ("classification", "a default")
    assert origin_of["split.dev"] == (0.2, "the entry")
    assert origin_of["split.test"] == (0.2, "a default")
    assert origin_of["procedure[1]"] == ("sklearn.svm.SVC", "the entry")
    assert origin_of["procedure[1].C"] == (3, "the entry's parameters")
    assert origin_of["procedure[1].kernel"] == ("sigmoid", "the grid")
    assert origin_of["procedure[1].coef0"] == (1, "the entry")
    assert origin_of["procedure[0].transformers"][1] == "tabular"


def test_a_changed_default_says_so() -> None:
    entry = read("procedure: [AdaBoostClassifier]")
    steps_ = reader.build_tree(entry, {}, FACTS)
    text = trees.canonical({}, HASH, "classification", {}, steps_, version="1.9.1")
    origin_of = {one.path: one.origin for one in origins.trace_origins(text, entry, {}, steps_)}
    assert origin_of["procedure[0].algorithm"] == "a default of this scikit-learn that differs from the reference"


def test_what_is_left_out_says_why() -> None:
    reason_of = {
        one.path: one.origin
        for one in origins.omissions(
            tree("procedure: [BaggingClassifier: {estimator: {SVC: {C: 1, degree: 4, verbose: true, gamma: 2}}, n_jobs: 3}]")
        )
    }
    assert reason_of == {
        "baggingclassifier__estimator__C": "the default",
        "baggingclassifier__estimator__degree": "no effect unless kernel is poly",
        "baggingclassifier__estimator__verbose": "no effect on the result",
        "baggingclassifier__n_jobs": "no effect on the result",
    }
