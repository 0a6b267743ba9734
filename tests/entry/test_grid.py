"""Grids: points in declared order, ranges, samples, and places of mistakes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitjournal.entry import grid
from gitjournal.entry.model import Entry
from gitjournal.entry.parse import parse
from gitjournal.errors import EntryError
from gitjournal.yaml_text import dump_inline

HEAD = "---\ntitle: t\ndata: {sklearn: iris}\nprocedure: [SVC]\n"


def read(text: str) -> Entry:
    return parse(f"{HEAD}{text}\n---\n", entry_id="20260101-t-aaaa", file="lab/e.md")


def points(text: str) -> list[grid.Point]:
    return grid.expand(read(f"grid: {text}"))


def values(text: str) -> list[object]:
    return [point["a"] for point in points(f"{{a: {text}}}")]


def test_no_grid_is_one_empty_point() -> None:
    assert grid.expand(read("")) == [{}]


def test_points_come_in_declared_order_and_the_last_parameter_changes_fastest() -> None:
    assert points("{b: [1, 2], a: [x, y]}") == [{"b": 1, "a": "x"}, {"b": 1, "a": "y"}, {"b": 2, "a": "x"}, {"b": 2, "a": "y"}]
    assert list(points("{b: [1], a: [x]}")[0]) == ["b", "a"]


def test_a_list_of_sub_grids_is_walked_in_order() -> None:
    assert points("[{a: [1, 2]}, {b: [3]}]") == [{"a": 1}, {"a": 2}, {"b": 3}]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{log: [1e-3, 1e3, 7]}", [0.001, 0.01, 0.1, 1.0, 10.0, 100.0, 1000.0]),
        ("{log: [1e-4, 1e-1, 4]}", [0.0001, 0.001, 0.01, 0.1]),
        ("{log: [2, 2, 1]}", [2.0]),
        ("{lin: [0, 1, 5]}", [0.0, 0.25, 0.5, 0.75, 1.0]),
        ("{lin: [0, 0.3, 4]}", [0.0, 0.1, 0.2, 0.3]),
        ("{int: [1, 9, 2]}", [1, 3, 5, 7, 9]),
        ("{int: [1, 4]}", [1, 2, 3, 4]),
        ("{int: [1, 4, 2]}", [1, 3]),
        ("[1, 1.0, x, null, [1, 2], {SVC: {C: 1}}]", [1, 1.0, "x", None, [1, 2], {"SVC": {"C": 1}}]),
    ],
)
def test_ranges_give_exactly_the_numbers_a_person_would_write(text: str, expected: list[object]) -> None:
    assert values(text) == expected
    assert [type(value) for value in values(text)] == [type(value) for value in expected]


@given(st.integers(-6, 5), st.integers(1, 6), st.integers(2, 30))
def test_a_log_range_begins_and_ends_where_it_says_and_rises(low: int, decades: int, many: int) -> None:
    start, end = 10.0**low, 10.0 ** (low + decades)
    spaced = values(f"{{log: [{dump_inline(start)}, {dump_inline(end)}, {many}]}}")
    assert (spaced[0], spaced[-1], len(spaced)) == (start, end, many)
    assert spaced == sorted(spaced)  # type: ignore[type-var]


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("{a: 3}", "6:11", "a list of values"),
        ("{a: []}", "6:11", "no values"),
        ("{a: {lgo: [1, 2, 3]}}", "6:12", "did you mean `log`"),
        ("{a: {log: [0, 1, 3]}}", "6:17", "above 0"),
        ("{a: {log: [1, 2]}}", "6:17", "[from, to, how many]"),
        ("{a: {log: [1, 2, x]}}", "6:17", "[from, to, how many]"),
        ("{a: {log: [1, .inf, 3]}}", "6:17", "[from, to, how many]"),
        ("{a: {log: [1, 2, 1.5]}}", "6:24", "whole number"),
        ("{a: {lin: [1, 0, 3]}}", "6:17", "smaller"),
        ("{a: {int: [1, 9, 0]}}", "6:17", "whole numbers"),
        ("{a: {int: [1, 9.5, 1]}}", "6:17", "whole numbers"),
        ("{a: {int: [true, 9, 1]}}", "6:17", "takes"),
        ("{a: {int: [1, 1000000000000, 1]}}", "6:17", "100,000"),
        ("{a: {lin: [0, 1, 1000000000000]}}", "6:17", "100,000"),
        ("{a: [1], sample: 0}", "6:24", "whole number from 1"),
        ("{a: [1], sample: x}", "6:24", "whole number from 1"),
        ("{a: [1], seed: 3}", "6:16", "goes with `sample"),
        ("[]", "6:7", "empty"),
    ],
)
def test_a_mistake_is_named_with_line_and_column(text: str, place: str, words: str) -> None:
    with pytest.raises(EntryError, match=r"^lab/e\.md:") as fault:
        grid.expand(read(f"tags: [x]\ngrid: {text}"))
    assert words in str(fault.value)
    assert str(fault.value.place) == f"lab/e.md:{place}"


def test_a_grid_too_large_is_refused_before_it_is_made() -> None:
    with pytest.raises(EntryError, match="100,000 points"):
        points("{a: {int: [1, 1000]}, b: {int: [1, 1000]}, c: {int: [1, 1000]}}")
    with pytest.raises(EntryError, match="100,000 points"):
        points("[{a: {int: [1, 60000]}}, {b: {int: [1, 60000]}}]")


def test_a_sample_draws_distinct_points_of_the_grid() -> None:
    everything = points("{a: {int: [1, 10]}, b: {int: [1, 10]}}")
    drawn = points("{a: {int: [1, 10]}, b: {int: [1, 10]}, sample: 20, seed: 3}")
    assert len(drawn) == 20
    assert len({tuple(point.items()) for point in drawn}) == 20
    assert all(point in everything for point in drawn)
    assert drawn != points("{a: {int: [1, 10]}, b: {int: [1, 10]}, sample: 20, seed: 4}")


def test_which_points_a_sample_draws_is_fixed_for_ever() -> None:
    text = "{a: [1, 2, 3], b: [x, y], sample: 3, seed: 0}"
    assert points(text) == [{"a": 3, "b": "x"}, {"a": 2, "b": "x"}, {"a": 1, "b": "y"}]


@pytest.mark.parametrize("top", [10, 1000])
def test_a_larger_sample_keeps_the_points_of_a_smaller_one(top: int) -> None:
    def drawn(n: int) -> list[grid.Point]:
        return points(f"{{a: {{int: [1, {top}]}}, b: {{int: [1, {top}]}}, sample: {n}, seed: 0}}")

    assert drawn(50)[:20] == drawn(20)


def test_a_sample_of_a_huge_grid_takes_no_time_and_no_memory() -> None:
    assert len(points("{a: {int: [1, 90000]}, b: {int: [1, 90000]}, c: {int: [1, 90000]}, sample: 5}")) == 5


def test_a_sample_larger_than_the_grid_is_the_grid() -> None:
    assert sorted(point["a"] for point in points("{a: [1, 2, 3], sample: 9}")) == [1, 2, 3]
