"""The learning curves: the numbers of the record, drawn as text that anybody can read."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from gitjournal.record import Record
from gitjournal.render import plots

SVG = "{http://www.w3.org/2000/svg}"


def drawn(**curves: list[float | None]) -> ET.Element:
    return ET.fromstring(plots.learning_curves(Record(run="r", fingerprint="f", curves=curves)))


def test_each_curve_is_a_line_with_its_name_and_the_title_says_what_matters() -> None:
    figure = drawn(epoch=[1, 2, 3], loss=[3.0, 2.0, 1.0], val_loss=[3.5, 2.5, 2.75])
    lines = figure.findall(f"{SVG}polyline")
    assert [len(str(line.get("points")).split()) for line in lines] == [3, 3]
    assert [line.get("stroke-dasharray") for line in lines] == [None, "7 4"]
    said = [str(text.text) for text in figure.findall(f"{SVG}text")]
    assert said[0] == "Loss of the watched rows is lowest at epoch 2: 2.50"
    assert {"train", "watched", "epoch", "loss, lower is better", "1", "3"} <= set(said)


def test_a_lower_loss_stands_lower_and_everything_is_inside() -> None:
    figure = drawn(epoch=[1, 10, 20], loss=[3.0, 2.0, 1.0])
    points = [tuple(map(float, pair.split(","))) for pair in str(figure.findall(f"{SVG}polyline")[0].get("points")).split()]
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    assert [y for _, y in points] == sorted(y for _, y in points)
    assert all(plots.LEFT <= x <= plots.RIGHT and plots.TOP <= y <= plots.BOTTOM for x, y in points)


@pytest.mark.parametrize("values", [[1.0], [2.0, 2.0], [0.0, 0.0], [1e-9, 1e9], [-3.0, -1.0], [1.0, None]])
def test_odd_curves_are_drawn_too(values: list[float | None]) -> None:
    text = plots.learning_curves(Record(run="r", fingerprint="f", curves={"loss": values}))
    assert ET.fromstring(text).tag == f"{SVG}svg"
    assert "nan" not in text
    assert not re.search(r"[\d.]{25}", text)


def test_the_same_numbers_give_the_same_bytes() -> None:
    one = Record(run="r", fingerprint="f", curves={"epoch": [1, 2], "loss": [0.3, 0.2]})
    assert plots.learning_curves(one) == plots.learning_curves(one)
    assert "script" not in plots.learning_curves(one)
