"""`$name` takes a parameter or a fact; any other dollar is a dollar."""

from __future__ import annotations

import pytest

from gitjournal.errors import EntryError
from gitjournal.procedure.places import Places
from gitjournal.procedure.tree import TrainingNumber
from gitjournal.procedure.variables import Variables, variables_in
from tests.support.iris_trees import FACTS, only, svc, tree
from tests.support.trees import read


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("$c", 7),
        ("$n_features", 3),
        ("$n_classes", 2),
        ("$n_rows", 100),
        ("$n_outputs", 1),
        ("$through", 3),
    ],
)
def test_a_dollar_name_takes_a_parameter_or_a_fact(written: str, expected: int) -> None:
    parameters = ", ".join(f"{name}: {value}" for name, value in (("c", "7"), ("through", "$n_features")) if f"${name}" == written)
    assert tree(f"procedure: [SVC: {{C: {written}}}]\nparameters: {{{parameters}}}") == [["svc", svc(C=expected)]]


def test_a_grid_may_give_a_dollar_name_its_values() -> None:
    assert tree("procedure: [SVC: {C: $c}]\ngrid: {c: [1, 2]}", point=1) == [["svc", svc(C=2)]]


@pytest.mark.parametrize(
    ("written", "expected"), [("$$x", "$x"), ("x$", "x$"), ("'[a-z]+$'", "[a-z]+$"), ("a$$b", "a$$b"), ("'$1'", "$1"), ("$", "$")]
)
def test_other_dollars_are_dollars(written: str, expected: str) -> None:
    assert only(f"TfidfVectorizer: {{token_pattern: {written}}}")["params"]["token_pattern"] == expected


def test_a_parameter_that_nothing_asks_for_is_known() -> None:
    entry = read("procedure: [SVC: {C: $c}]\nparameters: {c: 1, d: 2}\ngrid: {e: [3]}")
    variables = Variables(entry, {"e": 3}, None, Places(entry, {"e": 3}))
    assert variables.resolve_all({"x": ["$c", "$$c", 5]}, ("procedure",)) == {"x": [1, "$c", 5]}
    assert variables.idle_names == ["d", "e"]


@pytest.mark.parametrize(
    ("written", "words"),
    [("$n_feature", "did you mean `n_features`?"), ("$nothing", "known: c, n_rows"), ("$steps", "known where a network is trained")],
)
def test_a_name_of_nothing_is_an_error_with_its_place(written: str, words: str) -> None:
    entry = read("procedure: [SVC]\nparameters: {c: 1}")
    variables = Variables(entry, {}, FACTS, Places(entry, {}))
    with pytest.raises(EntryError, match=r"^lab/e\.md:4:") as fault:
        variables.resolve(written, ("procedure", 0))
    assert words in str(fault.value)


def test_numbers_of_training_stand_for_themselves_in_a_network() -> None:
    entry = read("procedure: [SVC]")
    assert Variables(entry, {}, None, Places(entry, {})).resolve("$steps", ("procedure",), network=True) == TrainingNumber("steps")


def test_the_names_that_a_procedure_asks_for_are_found_at_any_depth() -> None:
    assert variables_in([{"SVC": {"C": "$c", "x": ["$d", "$$e", "f$"]}}, "$g h"]) == {"c", "d"}
