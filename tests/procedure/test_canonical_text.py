"""The canonical text, read again: the same as was written, and never a fault, whatever a record holds."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitjournal.procedure import canonical_text
from gitjournal.procedure.canonical_text import DEEPEST, CanonicalText, Header, Sections

STEPS = [{"sklearn.preprocessing.StandardScaler": {}}, {"sklearn.svm.SVC": {"C": 10}}]
VALUE = {"data": {"hash": "sha256:0", "task": "regression"}, "procedure": STEPS, "schema": 1, "split": {"dev": 0.2}}
TEXT = canonical_text.json_text(VALUE)
NONE_OF_IT = [
    *("", " ", "null", "1", "[]", "{", "{}", "\x1b[2J", "\ud800", '{"procedure":[]}', '{"data":{},"procedure":[],"split":'),
    '{"data":[],"procedure":[],"split":{}}',
    '{"data":{},"procedure":{},"split":{}}',
    '{"data":{},"procedure":[],"split":null}',
    '{"data":{},"procedure":[NaN],"split":{}}',
    '{"data":{},"procedure":[1e999],"split":{}}',
    '{"data":{},"procedure":["\ud800"],"split":{}}',
    '{"data":{},"procedure":[],"schema":"one","split":{}}',
    "[" * 100_000,
    '{"data":{},"procedure":' + "[" * 5000 + "]" * 5000 + ',"split":{}}',
]


def test_a_text_is_read_whole_and_in_parts() -> None:
    assert canonical_text.read_canonical(TEXT) == CanonicalText(data=VALUE["data"], procedure=STEPS, schema=1, split={"dev": 0.2})
    assert canonical_text.read_header(TEXT) == Header("sha256:0", "regression")
    parts = canonical_text.read_sections(TEXT)
    assert parts == Sections('{"hash":"sha256:0","task":"regression"}', json.dumps(STEPS, separators=(",", ":")), '{"dev":0.2}')
    assert canonical_text.read_steps(parts.procedure) == STEPS
    assert canonical_text.last_class(TEXT) == "sklearn.svm.SVC"


@pytest.mark.parametrize("text", NONE_OF_IT, ids=range(len(NONE_OF_IT)))
def test_what_is_no_canonical_text_is_none_and_nothing_raises(text: str) -> None:
    assert canonical_text.read_canonical(text) is None
    assert canonical_text.last_class(text) == ""
    assert canonical_text.read_header(text) == Header()
    canonical_text.read_sections(text)
    canonical_text.read_steps(text)
    canonical_text.tokens(text)
    assert len(canonical_text.fingerprint(text)) == 64


@given(st.text())
def test_no_text_raises(text: str) -> None:
    assert canonical_text.read_canonical(text) is None
    assert canonical_text.read_sections(text) is None
    assert canonical_text.tokens(text) == []


def test_the_hash_of_the_data_is_read_where_the_rest_is_not_there() -> None:
    assert canonical_text.read_header('{"data":{"hash":"h","other":1}}') == Header("h", "")
    assert canonical_text.read_header('{"data":{"hash":3}}') == Header()
    assert canonical_text.read_canonical(None) is None


def test_what_is_nested_too_deep_to_be_walked_is_not_read_and_brackets_in_words_do_not_count() -> None:
    def nested(levels: int) -> str:
        return "[" * levels + "]" * levels

    assert canonical_text.read_steps(nested(DEEPEST)) is not None
    assert canonical_text.read_steps(f"[[],{nested(DEEPEST - 1)}]") is not None
    assert canonical_text.read_steps(f"[[],{nested(DEEPEST)}]") is None
    assert canonical_text.read_steps(nested(DEEPEST + 1)) is None
    assert canonical_text.read_steps("[" + ",".join(["[]"] * (2 * DEEPEST)) + "]") is not None
    words = ["[", '"[', "\\", "{"] * DEEPEST
    assert canonical_text.read_steps(json.dumps(words)) == words


@pytest.mark.parametrize(
    ("step", "path", "parameters", "is_node"),
    [
        ({"sklearn.svm.SVC": {"C": 1}}, "sklearn.svm.SVC", {"C": 1}, True),
        ({"python": {"function": "a:b"}}, "python", {"function": "a:b"}, False),
        ({"float": "inf"}, "float", {}, False),
        ({"a.B": {}, "inputs": [0]}, "a.B", {}, False),
        ({"a.B": 3}, "a.B", {}, False),
        ({}, "{}", {}, False),
        ("passthrough", "passthrough", {}, False),
        (None, "None", {}, False),
        (["a.B"], "['a.B']", {}, False),
    ],
)
def test_a_step_is_a_class_with_parameters(step: Any, path: str, parameters: dict[str, Any], is_node: bool) -> None:
    assert canonical_text.class_of(step) == path
    assert canonical_text.parameters_of(step) == parameters
    assert canonical_text.is_node(step) is is_node


def test_nodes_are_found_in_lists_and_not_inside_of_one_another() -> None:
    inner, outer = {"a.B": {"C": 1}}, {"a.C": {"of": {"a.D": {}}}}
    assert list(canonical_text.nodes_in([inner, [["x", outer]], 3])) == [inner, outer]
    assert list(canonical_text.nodes_in({"map": [inner]})) == []


def test_a_walk_names_every_value_what_is_nested_first() -> None:
    value = {"C": {"float": "inf"}, "of": [{"a.D": {"x": [1, 2]}}], "none": {}}
    assert list(canonical_text.walk(value, "SVC")) == [
        ("SVC", value),
        ("SVC.C", "inf"),
        ("SVC.of", [{"a.D": {"x": [1, 2]}}]),
        ("SVC.of.0", {"a.D": {"x": [1, 2]}}),
        ("SVC.of.0.D", {"x": [1, 2]}),
        ("SVC.of.0.D.x", [1, 2]),
        ("SVC.none", {}),
    ]
    assert canonical_text.class_names([{"a.C": value}, {"a.E": {}}]) >= {"C", "D", "E"}


def test_steps_of_one_class_get_numbers() -> None:
    assert canonical_text.labels([{"a.PCA": {}}, {"a.PCA": {}}, {"b.SVC": {}}]) == ["pca-1", "pca-2", "svc"]


def test_two_texts_have_as_many_other_tokens_as_they_have_other_values() -> None:
    changed = canonical_text.json_text({**VALUE, "procedure": [STEPS[0], {"sklearn.svm.SVC": {"C": 11}}], "split": {"dev": 0.3}})
    assert set(canonical_text.tokens(TEXT)) - set(canonical_text.tokens(changed)) == {'"C":10', '"dev":0.2'}


def test_reading_a_text_loads_no_catalogue() -> None:
    code = "import sys, gitjournal.procedure.canonical_text; print(*[name for name in sys.modules if name.startswith('gitjournal.')])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert set(loaded) == {"gitjournal.procedure", "gitjournal.procedure.canonical_text", "gitjournal.procedure.tree"}
