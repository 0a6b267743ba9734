"""The figure of effects: what it says and shows, inside its frame, the same bytes for the same numbers."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from gitjournal.render import effects
from gitjournal.render.effects import Effect, figure
from gitjournal.stats import Interval

SVG = "{http://www.w3.org/2000/svg}"
ROWS = [
    Effect("Logistic", 0.03, Interval(0.03, 0.01, 0.05), "better"),
    Effect("KNN", -0.006, Interval(-0.006, -0.02, 0.009), "not shown"),
    Effect("Trees", -0.04, Interval(-0.04, -0.06, -0.02), "worse"),
    Effect("Unknown", 0.01, None, "not shown"),
]


def drawn(rows: list[Effect] | None = None, **more: str) -> ET.Element:
    told = {"title": "RBF is better than 1 of 4", "axis": "dev.accuracy", **more}
    return ET.fromstring(figure(told["title"], told["axis"], (0.02, "often missed"), ROWS if rows is None else rows))


def test_each_difference_is_a_row_with_its_name_and_its_interval() -> None:
    root = drawn()
    said = [str(one.text) for one in root.findall(f"{SVG}text")]
    assert said[0] == root.get("aria-label") == "RBF is better than 1 of 4"
    assert {"Logistic", "KNN", "Trees", "Unknown", "dev.accuracy", "band: often missed", "0", "+0.05"} <= set(said)
    intervals = [one for one in root.findall(f"{SVG}path") if one.get("stroke-width") == "2.5"]
    assert len(intervals) == 3
    shapes = {one.get("fill") for one in root.findall(f"{SVG}circle")} | {one.get("fill") for one in root.findall(f"{SVG}rect")}
    assert {"none", effects.COLORS["better"], effects.COLORS["worse"]} <= shapes  # hollow, disc, square


def test_what_is_more_stands_further_right_and_all_is_inside() -> None:
    root = drawn()
    points = {str(one.get("fill")): float(str(one.get("cx"))) for one in root.findall(f"{SVG}circle")}
    zero = next(one for one in root.findall(f"{SVG}path") if one.get("stroke-width") == "2")
    at_zero = float(re.findall(r"M([\d.]+)", str(zero.get("d")))[0])
    assert points[effects.COLORS["better"]] > at_zero
    for number in re.findall(r'[cx]x?="([\d.]+)"', figure("t", "a", None, ROWS)):
        assert 0 <= float(number) <= effects.WIDTH


def test_what_a_stranger_wrote_stays_text() -> None:
    svg = figure('<script>alert("1")</script>', "a", None, [Effect("\x1b[31m<b>&", 0.1, None, "not shown")])
    assert "<script" not in svg
    assert "\x1b" not in svg
    assert ET.fromstring(svg).get("aria-label") == '<script>alert("1")</script>'


@pytest.mark.parametrize("value", [0.0, 1e-9, -1e6])
def test_odd_numbers_are_drawn_too(value: float) -> None:
    svg = figure("t", "a", None, [Effect("one", value, Interval(value, value, value), "not shown")])
    assert "nan" not in svg
    assert svg == figure("t", "a", None, [Effect("one", value, Interval(value, value, value), "not shown")])
