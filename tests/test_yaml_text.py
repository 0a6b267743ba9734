"""YAML means the same to every reader, or it is refused with line, column and the spelling to use."""

from __future__ import annotations

import math
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gitjournal import yaml_text
from gitjournal.errors import EntryError


def load(text: str) -> Any:
    return yaml_text.load(text, file="e.md").value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-5", 1e-5),
        ("1e5", 1e5),
        ("1.5", 1.5),
        (".5", 0.5),
        ("-3", -3),
        ("0", 0),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        (".inf", math.inf),
        ("-.inf", -math.inf),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("=", "="),
        ("12:30", "12:30"),
        ("2026-11-21", "2026-11-21"),
        ("1.2.3", "1.2.3"),
        ('"010"', "010"),
        ("'true'", "true"),
        ("e5", "e5"),
    ],
)
def test_a_plain_value_is_what_it_looks_like(text: str, value: object) -> None:
    found = load(f"a: {text}\n")["a"]
    assert (found, type(found)) == (value, type(value))


def test_not_a_number_is_read() -> None:
    assert math.isnan(load("a: .nan")["a"])


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("010", "write 10"),
        ("-007", "write -7"),
        ("0x1F", "write 31"),
        ("0o17", "write 15"),
        ("0b11", "write 3"),
        ("1_000", "write 1000"),
        ("+1", "write 1"),
        ("9223372036854775808", "write a float"),
        ("1" + "0" * 5000, "write a float"),
        ("None", "write null"),
        ("True", "write true"),
        ("FALSE", "write false"),
        ("NaN", "write .nan"),
        ("-Infinity", "write -.inf"),
    ],
)
def test_a_value_that_two_readers_read_differently_is_refused_with_the_spelling(text: str, instead: str) -> None:
    with pytest.raises(EntryError) as caught:
        load(f"ok: 1\na: {text}\n")
    assert str(caught.value).startswith(f"e.md:2:4: `{text}` is ")
    assert instead in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb:\t2\n", "e.md:2:3: a tab"),
        ("a: 1\nb: 2\na: 3\n", "e.md:3:1: `a` stands twice, first in line 1"),
        ("a: {b: 1, b: 2}\n", "`b` stands twice"),
        ("a: &x [1]\nb: *x\n", "e.md:1:4: anchors and aliases"),
        ("a: !!python/object/apply:os.getcwd []\n", "e.md:1:4: tags"),
        ("a: ! x\n", "e.md:1:4: tags"),
        ("a: [1\n", "e.md:2:1: not YAML"),
        ("a: 'x\n", "not YAML"),
        ("? [1, 2]\n: x\n", "a key must be a word or a number"),
        ("~: 1\n", "a key is missing"),
        ("a: 1\n--- \nb: 2\n", "not YAML"),
        ("a: " + "[" * 40 + "]" * 40, "nested more than"),
        ("a: [" + "1, " * 30_000 + "1]", "more than 20,000 values"),
        ("a: " + "x" * 300_000, "longer than 256 KB"),
        ("a: \x01\n", "not YAML"),
    ],
)
def test_what_is_not_plain_yaml_is_refused_at_its_place(text: str, message: str) -> None:
    with pytest.raises(EntryError) as caught:
        load(text)
    assert message in str(caught.value)


def test_an_alias_bomb_is_refused_before_it_grows() -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"{new}: &{new} [*{old}, *{old}, *{old}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True))
    with pytest.raises(EntryError, match="anchors and aliases"):
        load(bomb)


def test_places_count_from_the_line_that_the_text_begins_at() -> None:
    document = yaml_text.load("a: 1\nb:\n  c: [x, y]\n", file="e.md", first_line=2)
    assert str(document.place(("b", "c", 1))) == "e.md:4:10"
    assert str(document.key_place(("b", "c"))) == "e.md:4:3"
    assert str(document.place(("b", "no such key"))) == "e.md:4:3"


plain = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(allow_nan=False),
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20),
        st.sampled_from(["010", "1e5", "yes", "true", "None", "1_0", "- a", "a: b", "a #b", "*x", "&x", "!x", "[", "{", "%", "@", "`"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.text("abc", min_size=1), st.integers(0, 9)), inner, max_size=3),
    ),
    max_leaves=12,
)


@given(plain)
def test_what_is_written_reads_back_the_same_here_and_in_yaml_1_1(value: object) -> None:
    text = f"key: {yaml_text.dump_inline(value)}\n"
    assert "\n" not in text[:-1]
    assert load(text) == {"key": value}
    if not _has_special(value):
        assert yaml.safe_load(text) == {"key": value}


def _has_special(value: object) -> bool:
    """Whether a text is in it that YAML 1.1 takes for a number or a date, or a number that it cannot spell."""
    if isinstance(value, str):
        return any(character in value for character in "\x85\u2028\u2029\ufeff") or not value.isascii()
    if isinstance(value, dict):
        return any(_has_special(part) for pair in value.items() for part in pair)
    return isinstance(value, list) and any(_has_special(part) for part in value)
