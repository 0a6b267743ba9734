"""Values of the tree, the names of steps, and the named parts of a node."""

from __future__ import annotations

import math

from gitjournal.procedure.tree import TrainingNumber, child_of, children_of, labels_of, plain


def test_what_json_has_no_form_for_gets_one() -> None:
    assert plain({"a": [1, math.inf, -math.inf], 2: math.nan, "n": TrainingNumber("steps")}) == {
        "map": [["a", [1, {"float": "inf"}, {"float": "-inf"}]], [2, {"float": "nan"}], ["n", {"fact": "steps"}]]
    }
    assert plain([1.5, "x", None, True]) == [1.5, "x", None, True]


def test_steps_are_named_by_their_class_and_numbered_where_that_repeats() -> None:
    pca, svc = {"class": "sklearn.decomposition.PCA"}, {"class": "sklearn.svm.SVC"}
    assert labels_of([(None, pca), (None, svc), (None, pca)]) == ["pca-1", "svc", "pca-2"]
    assert labels_of([("pca", pca), (None, pca)]) == ["pca", "pca"]  # the reader refuses it
    assert labels_of([(None, None), ("clf", svc), (None, "drop")]) == ["passthrough", "clf", "drop"]


def test_named_parts_are_found_by_their_label_and_can_be_replaced_in_place() -> None:
    node = {"class": "x", "params": {"steps": {"named": [["a", None], ["b", {"class": "y"}, ["column"]]]}, "C": 1}}
    assert list(children_of(node)) == ["a", "b"]
    member = child_of(node, "b")
    assert member is not None
    member[1] = "drop"
    assert node["params"]["steps"] == {"named": [["a", None], ["b", "drop", ["column"]]]}
    assert child_of(node, "c") is None
