"""The figure of differences: what it says and shows, inside its frame, the same bytes for the same numbers."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from gitjournal.render.charts.differences import DifferenceRow, differences
from gitjournal.render.charts.model import COLORS
from gitjournal.render.charts.svg import WIDTH, svg
from gitjournal.stats.intervals import Interval

BETTER, WORSE = COLORS[:2]
SVG = "{http://www.w3.org/2000/svg}"
ROWS = [
    DifferenceRow("Logistic", 0.03, Interval(0.03, 0.01, 0.05), "better"),
    DifferenceRow("KNN", -0.006, Interval(-0.006, -0.02, 0.009), "not shown"),
    DifferenceRow("Trees", -0.04, Interval(-0.04, -0.06, -0.02), "worse"),
    DifferenceRow("Unknown", 0.01, None, "not shown"),
]


def figure(title: str, axis: str, noise: tuple[float, str] | None, rows: list[DifferenceRow]) -> str:
    return svg(differences(title, axis, noise, rows))


def drawn(rows: list[DifferenceRow] | None = None, **more: str) -> ET.Element:
    told = {"title": "RBF is better than 1 of 4", "axis": "dev.accuracy", **more}
    return ET.fromstring(figure(told["title"], told["axis"], (0.02, "often missed"), ROWS if rows is None else rows))


def test_each_difference_is_a_row_with_its_name_and_its_interval() -> None:
    root = drawn()
    said = [str(one.text) for one in root.findall(f"{SVG}text")]
    assert said[0] == root.get("aria-label") == "RBF is better than 1 of 4"
    assert {"Logistic", "KNN", "Trees", "Unknown", "dev.accuracy", "band: often missed", "0.00", "+0.030"} <= set(said)
    intervals = [one for one in root.findall(f"{SVG}path") if one.get("stroke-width") == "2.5"]
    assert len(intervals) == 3
    shapes = {one.get("fill") for one in root.findall(f"{SVG}circle")} | {one.get("fill") for one in root.findall(f"{SVG}rect")}
    assert {"none", BETTER, WORSE} <= shapes  # hollow, disc, square


def test_what_is_more_stands_further_right_and_all_is_inside() -> None:
    root = drawn()
    points = {str(one.get("fill")): float(str(one.get("cx"))) for one in root.findall(f"{SVG}circle")}
    zero = next(one for one in root.findall(f"{SVG}path") if one.get("stroke-width") == "2")
    at_zero = float(re.findall(r"M([\d.]+)", str(zero.get("d")))[0])
    assert points[BETTER] > at_zero
    for number in re.findall(r'[cx]x?="([\d.]+)"', figure("t", "a", None, ROWS)):
        assert 0 <= float(number) <= WIDTH


def test_what_a_stranger_wrote_stays_text() -> None:
    said = figure('<script>alert("1")</script>', "a", None, [DifferenceRow("\x1b[31m<b>&", 0.1, None, "not shown")])
    assert "<script" not in said
    assert "\x1b" not in said
    assert ET.fromstring(said).get("aria-label") == '<script>alert("1")</script>'


@pytest.mark.parametrize("value", [0.0, 1e-9, -1e6])
def test_odd_numbers_are_drawn_too(value: float) -> None:
    said = figure("t", "a", None, [DifferenceRow("one", value, Interval(value, value, value), "not shown")])
    assert "nan" not in said
    assert said == figure("t", "a", None, [DifferenceRow("one", value, Interval(value, value, value), "not shown")])
