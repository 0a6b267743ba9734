"""Values go into the front matter; nothing else moves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitjournal import yaml_text
from gitjournal.entry import edit
from gitjournal.entry.parse import split_text

BLOCK = """---
title: A question  # in a few words
data:
  # where from
  path: data.csv
  types: {a: text}  # a comment

# about the split
split: {dev: 0.2}
procedure:
  - SVC:
      C: 1
---

Prose with `data: {x}` and --- dashes.
"""


def set_one(text: str, *path: str, value: object) -> str:
    return edit.set_values(text, {path: value}, file="e.md")


def front(text: str) -> object:
    return yaml_text.load(split_text(text, file="e.md")[0], file="e.md").value


def test_a_new_key_of_a_block_goes_to_its_end_before_the_next_comment() -> None:
    edited = set_one(BLOCK, "data", "hash", value="12ab")
    assert edited == BLOCK.replace("# a comment\n", "# a comment\n  hash: 12ab\n")


def test_a_new_key_of_an_inline_mapping_goes_before_its_brace() -> None:
    assert set_one(BLOCK, "split", "seed", value=0) == BLOCK.replace("{dev: 0.2}", "{dev: 0.2, seed: 0}")


def test_a_new_key_of_the_front_matter_goes_to_its_end() -> None:
    assert set_one(BLOCK, "task", value="classification") == BLOCK.replace("      C: 1\n", "      C: 1\ntask: classification\n")


def test_a_key_that_stands_there_is_replaced_in_place() -> None:
    assert set_one(BLOCK, "data", "path", value="other.csv") == BLOCK.replace("path: data.csv", "path: other.csv")
    assert set_one(BLOCK, "split", value={"cv": 5}) == BLOCK.replace("{dev: 0.2}", "{cv: 5}")


def test_windows_line_ends_stay() -> None:
    text = BLOCK.replace("\n", "\r\n")
    assert set_one(text, "data", "hash", value="x") == set_one(BLOCK, "data", "hash", value="x").replace("\n", "\r\n")


def test_a_mixed_body_keeps_its_bytes() -> None:
    text = BLOCK + "one\r\ntwo\n"
    assert set_one(text, "task", value="regression").endswith("one\r\ntwo\n")


def test_an_empty_inline_mapping_is_filled() -> None:
    text = "---\ndata: {}\n---\n"
    assert set_one(text, "data", "hash", value="x") == "---\ndata: {hash: x}\n---\n"


def test_a_value_that_ends_in_a_no_break_space_stays_whole() -> None:
    text = "---\nx-a: {b: 0\xa0}\n---\n"
    assert front(set_one(text, "x-a", "c", value=1)) == {"x-a": {"b": "0\xa0", "c": 1}}


@pytest.mark.parametrize("line_end", ["\n", "\r", "\x85", "\u2028", "\u2029"])
def test_a_line_end_in_a_value_stays_in_it(line_end: str) -> None:
    value = f"a{line_end}b{line_end}"
    assert front(set_one("---\ntitle: x\n---\n", "x-a", value=value)) == {"title": "x", "x-a": value}


def test_a_literal_block_at_the_end_of_a_mapping_is_not_torn() -> None:
    text = "---\ndata:\n  path: a\n  note: |\n    one\n    two\ntitle: x\n---\n"
    assert front(set_one(text, "data", "hash", value="h")) == {"data": {"path": "a", "note": "one\ntwo\n", "hash": "h"}, "title": "x"}


def test_a_value_on_several_lines_is_not_replaced() -> None:
    with pytest.raises(Exception, match=r"e\.md:4:3: `data` must stand on one line, as gitjournal wrote it"):
        set_one(BLOCK.replace("  # where from\n", ""), "data", value={"path": "b"})


@given(
    st.dictionaries(
        st.sampled_from(["a", "b", "yes", "1e5"]),
        st.one_of(st.integers(-(2**63), 2**63 - 1), st.text(max_size=8), st.floats(allow_nan=False), st.booleans()),
        min_size=1,
    ),
    st.one_of(st.none(), st.text(max_size=12), st.floats(allow_nan=False), st.lists(st.integers(0, 9), max_size=3)),
)
def test_whatever_is_put_in_reads_back_and_nothing_else_changes(inner: dict[str, object], value: object) -> None:
    text = f"---\ntitle: x\nx-inner: {yaml_text.dump_inline(inner)}\n---\nbody\n"
    edited = edit.set_values(text, {("x-inner", "new"): value, ("x-other",): value}, file="e.md")
    assert front(edited) == {"title": "x", "x-inner": {**inner, "new": value}, "x-other": value}
    assert edited.endswith("---\nbody\n")
