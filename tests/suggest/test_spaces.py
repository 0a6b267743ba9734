"""Spaces: what may stand in one, and the points that come of it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitjournal.entry.model import Facts
from gitjournal.entry.parse import parse
from gitjournal.errors import EntryError
from gitjournal.procedure.reader import build_tree
from gitjournal.suggest import spaces
from gitjournal.worker.models import sklearn_models

PAGE = "---\ntitle: t\ndata: {sklearn: digits}\nprocedure: PROCEDURE\n---\n"


@given(
    low=st.floats(1e-6, 1e3),
    factor=st.floats(1.5, 1e6),
    kind=st.sampled_from(["log", "lin"]),
    many=st.integers(1, 40),
)
def test_points_of_a_range_lie_inside_it_are_distinct_and_begin_a_longer_list(low: float, factor: float, kind: str, many: int) -> None:
    (axes,) = spaces.read_spaces({"C": {kind: [low, low * factor]}, "kernel": ["rbf", "poly"], "degree": {"int": [1, 3]}})
    found = spaces.spread_points(axes, many)
    assert found == spaces.spread_points(axes, many + 5)[: len(found)]
    assert len({repr(point) for point in found}) == len(found)
    assert all(low <= point["C"] <= low * factor for point in found)
    assert all(type(point["degree"]) is int and 1 <= point["degree"] <= 3 for point in found)


def test_points_are_spread_over_the_orders_of_magnitude() -> None:
    (axes,) = spaces.read_spaces({"C": {"log": [1e-3, 1e3]}})
    found = [point["C"] for point in spaces.spread_points(axes, 60)]
    assert all(sum(10**k <= value < 10 ** (k + 1) for value in found) >= 7 for k in range(-3, 3))


def test_a_finite_space_is_taken_whole() -> None:
    (axes,) = spaces.read_spaces({"p": [1, 2], "n": {"int": [1, 3]}})
    assert len(spaces.spread_points(axes, 50)) == 6


def test_spaces_may_differ_in_their_parameters() -> None:
    one, other = spaces.read_spaces([{"clf": ["SVC"], "clf__C": {"log": [0.1, 10]}}, {"clf": ["GaussianNB"]}])
    assert [axis.name for axis in one] == ["clf", "clf__C"]
    assert spaces.spread_points(other, 9) == [{"clf": "GaussianNB"}]


@pytest.mark.parametrize(
    ("declared", "said", "path"),
    [
        ({"C": {"lgo": [1, 2]}}, "did you mean `log`", ("space", "C")),
        ({"C": {"log": [0, 2]}}, "above 0", ("space", "C", "log")),
        ({"C": {"log": [1, 10, 5]}}, "[from, to]", ("space", "C", "log")),
        ({"C": {"int": [0.5, 2]}}, "whole numbers", ("space", "C", "int")),
        ({"C": {"lin": [2, 2]}}, "smaller", ("space", "C", "lin")),
        ({"C": {"lin": [1, True]}}, "[from, to]", ("space", "C", "lin")),
        ({"C": []}, "list of values", ("space", "C")),
        ({"C": 3}, "list of values", ("space", "C")),
        ([{"C": [1]}, 3], "a mapping", ("space", 1)),
        ({}, "a mapping", ("space",)),
    ],
)
def test_what_is_no_space_is_said_with_its_key(declared: Any, said: str, path: tuple[str | int, ...]) -> None:
    with pytest.raises(EntryError, match=said.replace("[", "\\[")) as caught:
        spaces.read_spaces(declared)
    assert caught.value.path == path


@pytest.mark.parametrize("task", ["classification", "regression", "multilabel"])
def test_every_built_in_point_is_one_that_scikit_learn_takes(task: str) -> None:
    facts = Facts(n_rows=500, n_features=64, classes=[0, 1])
    found = spaces.built_in_configurations(task, 24)
    assert [model.name for model, _ in found[: len(spaces.built_in_models(task))]] == [model.name for model in spaces.built_in_models(task)]
    for model, values in found:
        text = PAGE.replace("PROCEDURE", msgspec.json.encode([{model.name: values}] if values else [model.name]).decode())
        sklearn_models.validate(build_tree(parse(text, entry_id="e", file="e"), {}, facts), task)


def test_the_first_point_of_a_model_is_its_plain_one() -> None:
    assert all(values == model.fixed for model, values in spaces.built_in_configurations("classification", 1))
