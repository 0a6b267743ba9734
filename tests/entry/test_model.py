"""What an entry may say: its values, and the schema that editors get."""

from __future__ import annotations

import json
import re

import pytest

from gitjournal.entry import model
from gitjournal.entry.model import FrontMatter
from gitjournal.entry.parse import parse
from tests.support.places import DOCS


def front(*lines: str, procedure: str = "[SVC]") -> FrontMatter:
    text = "\n".join(["---", "title: SVM on digits", "data: {sklearn: digits}", f"procedure: {procedure}", *lines, "---", ""])
    return parse(text, entry_id="20261121-svm-on-digits-k3f9", file="a.md").front


@pytest.mark.parametrize(("line", "expected"), [("tags: []", [0]), ("seeds: 3", [0, 1, 2]), ("seeds: [4, 2, 4]", [4, 2])])
def test_seeds_are_a_list_or_a_number_of_them(line: str, expected: list[int]) -> None:
    assert front(line).seed_values == expected


def test_what_may_be_one_or_a_list_is_read_as_a_list() -> None:
    alone = front("metrics: rmse", "expect: dev.rmse < 3", "grid: {C: [1, 10]}")
    several = front("metrics: [rmse, r2]", "expect: [dev.rmse < 3, dev.r2 > 0]", "grid: [{C: [1]}, {nu: [0.1]}]")
    nothing = front()
    assert [front.metric_names for front in (alone, several, nothing)] == [["rmse"], ["rmse", "r2"], []]
    assert [front.expectations for front in (alone, several, nothing)] == [["dev.rmse < 3"], ["dev.rmse < 3", "dev.r2 > 0"], []]
    assert [front.grids for front in (alone, several, nothing)] == [[{"C": [1, 10]}], [{"C": [1]}, {"nu": [0.1]}], [{}]]


def test_a_procedure_is_steps_or_a_function_of_ones_own() -> None:
    steps, own = front(), front(procedure="{python: 'models:fit'}")
    assert (steps.steps, steps.own_function) == (["SVC"], None)
    assert (own.steps, own.own_function) == ([], "models:fit")


def test_the_schema_for_editors_names_every_key_and_says_what_it_is_for() -> None:
    schema = json.loads(json.dumps(model.json_schema()))
    front = schema["$defs"]["FrontMatter"]
    assert set(front["required"]) == {"title", "data", "procedure"}
    for key, value in front["properties"].items():
        refs = re.findall(r"#/\$defs/(\w+)", json.dumps(value))
        assert "description" in value or all("description" in schema["$defs"][name] for name in refs), key
    assert front["additionalProperties"] is False
    assert "^x-" in front["patternProperties"]


def test_every_key_of_the_front_matter_is_in_the_documentation() -> None:
    documented = set(re.findall(r"^\| `([a-z_]+)` ", (DOCS / "reference/entry.md").read_text(), re.MULTILINE))
    assert set(model.json_schema()["$defs"]["FrontMatter"]["properties"]) <= documented
