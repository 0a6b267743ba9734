"""How an entry is read, and how what it may not say is told."""

from __future__ import annotations

import pytest

from gitjournal.entry.model import Entry
from gitjournal.entry.parse import parse
from gitjournal.errors import EntryError

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
    entry = read(GOOD)
    assert (entry.front.title, entry.front.data.sklearn, entry.front.procedure) == ("SVM on digits", "digits", ["SVC"])
    assert entry.body == "\n## Notes\n"
    assert entry.short_id == "k3f9"


def test_windows_line_ends_and_a_byte_order_mark_are_read() -> None:
    assert read("\ufeff" + GOOD.replace("\n", "\r\n")).front == read(GOOD).front


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


def test_a_key_that_is_no_word_is_told_as_such() -> None:
    assert "keys are words" in refused(with_lines("1: x"))
