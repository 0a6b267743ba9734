"""Every part of a procedure is found again where it was declared."""

from __future__ import annotations

import pytest

from gitjournal.entry import grid
from gitjournal.errors import EntryError
from gitjournal.procedure import reader
from gitjournal.procedure.places import Places
from tests.support.iris_trees import FACTS, tree
from tests.support.trees import read


def test_a_mistake_in_a_sub_grid_is_found_there() -> None:
    with pytest.raises(EntryError) as fault:
        tree("procedure: [{clf: SVC}]\ngrid:\n  - {clf: [SVC], clf__C: [1]}\n  - {clf: [LinearSVC], clf__Cc: [1]}", point=1)
    assert str(fault.value.place) == "lab/e.md:7:24"


@pytest.mark.parametrize(
    ("text", "path", "place"),
    [
        ("procedure:\n  - StandardScaler\n  - SVC: {C: 1, gamma: -1}", ["svc", "gamma"], "6:17"),
        ("procedure: [SVC]\nparameters: {svc__gamma: -1}", ["svc", "gamma"], "5:14"),
        ("procedure: [SVC]\ngrid: {svc__gamma: [1, -1]}", ["svc", "gamma"], "5:21"),
        ("procedure: [BaggingClassifier: {estimator: {SVC: {C: -1}}}]", ["baggingclassifier", "estimator", "C"], "4:51"),
        ("procedure: [VotingClassifier: {estimators: [{a: {SVC: {C: -1}}}]}]", ["votingclassifier", "a", "C"], "4:56"),
        ("procedure: [StandardScaler, SVC]", ["svc"], "4:29"),
        ("procedure: [StandardScaler, SVC]", ["svc", "degree"], "4:29"),
        ("procedure: [SVC]", [], "4:1"),
    ],
)
def test_the_place_of_a_value_that_scikit_learn_refuses_is_found_again(text: str, path: list[str], place: str) -> None:
    entry = read(text)
    assert str(reader.locate(entry, grid.expand(entry)[0], FACTS, path)) == f"lab/e.md:{place}"


def test_an_error_stands_at_a_value_or_at_its_key() -> None:
    entry = read("procedure:\n  - SVC: {C: 1}\ngrid: {svc__gamma: [1, 2]}")
    places = Places(entry, {"svc__gamma": 2})
    assert str(places.error("no", ("procedure", 0, "SVC", "C")).place) == "lab/e.md:5:14"
    assert str(places.error("no", ("procedure", 0, "SVC", "C"), key=True).place) == "lab/e.md:5:11"
    assert (places.path_of_value("svc__gamma"), places.path_of_key("svc__gamma")) == (("grid", "svc__gamma", 1), ("grid", "svc__gamma"))
    assert places.path_of_value("svc__C") == ("parameters", "svc__C")
    assert str(places.error("no", ("grid", "svc__gamma", 1), key=True).place) == "lab/e.md:6:8"


def test_a_node_is_remembered_while_places_are() -> None:
    places = Places(read("procedure: [SVC]"), {})
    for number in range(100):
        places.remember({"class": "a"}, "C", ("procedure", number))
    assert places.path_of({"class": "a"}, "C") is None
