"""What an entry may say, and how it is told that it may not."""

from __future__ import annotations

import json
import re

import pytest

from gitjournal.entry import model
from gitjournal.entry.model import Entry, parse
from gitjournal.errors import EntryError
from tests.support.places import DOCS

GOOD = "---\ntitle: SVM on digits\ndata: {sklearn: digits}\nprocedure: [SVC]\n---\n\n## Notes\n"


def read(text: str) -> Entry:
    return parse(text, entry_id="20261121-svm-on-digits-k3f9", file="lab/entries/2026/e.md")


def with_lines(*lines: str) -> str:
    return GOOD.replace("procedure: [SVC]\n", "procedure: [SVC]\n" + "".join(f"{line}\n" for line in lines))


def refused(text: str) -> str:
    with pytest.raises(EntryError) as caught:
        read(text)
    return str(caught.value)


def test_three_keys_are_enough() -> None:
    found = read(GOOD)
    assert (found.front.title, found.front.data.sklearn, found.front.procedure) == ("SVM on digits", "digits", ["SVC"])
    assert found.body == "\n## Notes\n"
    assert found.short_id == "k3f9"


def test_windows_line_ends_and_a_byte_order_mark_are_read() -> None:
    assert read("\ufeff" + GOOD.replace("\n", "\r\n")).front == read(GOOD).front


@pytest.mark.parametrize(("line", "expected"), [("tags: []", [0]), ("seeds: 3", [0, 1, 2]), ("seeds: [4, 2, 4]", [4, 2])])
def test_seeds_are_a_list_or_a_number_of_them(line: str, expected: list[int]) -> None:
    assert read(with_lines(line)).front.seed_values == expected


def test_what_may_be_one_or_a_list_is_read_as_a_list() -> None:
    alone = read(with_lines("metrics: rmse", "expect: dev.rmse < 3", "grid: {C: [1, 10]}")).front
    several = read(with_lines("metrics: [rmse, r2]", "expect: [dev.rmse < 3, dev.r2 > 0]", "grid: [{C: [1]}, {nu: [0.1]}]")).front
    nothing = read(GOOD).front
    assert [front.metric_names for front in (alone, several, nothing)] == [["rmse"], ["rmse", "r2"], []]
    assert [front.expectations for front in (alone, several, nothing)] == [["dev.rmse < 3"], ["dev.rmse < 3", "dev.r2 > 0"], []]
    assert [front.grids for front in (alone, several, nothing)] == [[{"C": [1, 10]}], [{"C": [1]}, {"nu": [0.1]}], [{}]]


def test_a_procedure_is_steps_or_a_function_of_ones_own() -> None:
    steps, own = read(GOOD).front, read(GOOD.replace("[SVC]", "{python: 'models:fit'}")).front
    assert (steps.steps, steps.own_function) == (["SVC"], None)
    assert (own.steps, own.own_function) == ([], "models:fit")


def test_a_key_of_ones_own_is_free() -> None:
    assert read(with_lines("x-budget-code: [1, {a: b}]")).front == read(GOOD).front


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title: x\n", "1:1: an entry begins with front matter"),
        ("---\ntitle: x\n", "1:1: the front matter has no end"),
        ("---\n- a\n---\n", ":2: the front matter must be `key: value` lines"),
        ("---\n---\n", ":2: the front matter must be `key: value` lines"),
        (GOOD.replace("title: SVM on digits\n", ""), "`title` is missing from the front matter"),
        (GOOD.replace("data: {sklearn: digits}\n", ""), "`data` is missing"),
        (with_lines("hypotesis: x"), "5:1: unknown key `hypotesis`; did you mean `hypothesis`?"),
        (with_lines("colour: red"), "unknown key `colour`"),
        (GOOD.replace("sklearn", "skleam"), "3:8: unknown key `skleam` in `data`; did you mean `sklearn`?"),
        (with_lines("split: {def: 0.2}"), "5:9: unknown key `def` in `split`; did you mean `dev`?"),
        (with_lines("split: {dev: 2}"), "5:14: `split.dev`: expected a number < 1"),
        (with_lines("split: {dev: many}"), "5:14: `split.dev`: expected a number, got text"),
        (with_lines("split: {seed: often}"), "`split.seed`: 'often' is none of each"),
        (with_lines("seeds: 0"), "5:8: `seeds`"),
        (with_lines("seeds: [1, x]"), "5:12: `seeds.1`"),
        (with_lines("task: clustering"), "'clustering' is none of classification, regression, multilabel"),
        (GOOD.replace("{sklearn: digits}", "{path: a.csv, types: {a: int}}"), "'int' is none of number, category, text, date"),
        (
            GOOD.replace("{sklearn: digits}", "{sklearn: digits, path: a.csv}"),
            "exactly one source of sklearn, path, images, files, python; found `sklearn` and `path`",
        ),
        (GOOD.replace("{sklearn: digits}", "{target: y}"), "found none"),
        (with_lines("split: {cv: 5, dev: 0.2}"), "`cv` and `dev` exclude each other"),
        (with_lines("split: {cv: 5, time: day}"), "`cv` and `time` exclude each other"),
        (with_lines("split: {dev: 0.2, repeats: 3}"), "`repeats` goes with `cv`"),
        (with_lines("split: {group: a, time: b, dev: 0.1}"), "`group` and `time` exclude each other"),
        (with_lines("split: {dev: 0.1, gap: 3}"), "`gap` goes with `time`"),
        (with_lines("split: {time: a, seed: 1}"), "takes no seed"),
        (with_lines("split: {time: a, shuffle: true}"), "neither shuffled nor stratified"),
        (with_lines("split: {dev: 0.2, shuffle: false, stratify: true}"), "`stratify` needs `shuffle`"),
        (with_lines("split: {dev: 0.5, test: 0.5}"), "nothing is left to train on"),
        (with_lines("split: {given: true}"), "needs `data: {files:"),
        (
            GOOD.replace("{sklearn: digits}", "{files: {train: a.csv}}").replace("[SVC]", "[SVC]\nsplit: {given: true, dev: 0.1}"),
            "takes its parts from `data.files`",
        ),
        (GOOD.replace("SVM", "\0"), ":2: holds a NUL byte"),
        (GOOD + "x" * 600_000, "larger than 512 KB"),
        (with_lines(f"title2: {'x' * 10}", "title2: y"), "`title2` stands twice"),
    ],
)
def test_each_fault_is_told_with_its_place_and_key(text: str, message: str) -> None:
    said = refused(text)
    assert message in said
    assert said.startswith("lab/entries/2026/e.md")


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
