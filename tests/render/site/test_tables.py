"""The tables of an entry's page: what stands in a cell is text, what is sorted is a number."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from gitjournal.entry.parse import parse
from gitjournal.entry.record import Record
from gitjournal.entry.summary import Summary, summarise
from gitjournal.render.site.tables import RUNS, best_table, runs_table
from tests.support.pages import RBF, failed, page, record

RUNS_OF_A_GRID = [
    record("a" * 64, 0.9, seed=0, grid={"svc__C": 1}),
    record("a" * 64, 0.92, seed=1, grid={"svc__C": 1}),
    record("b" * 64, 0.97, seed=0, grid={"svc__C": "<b>&\x1b[2J"}),
    failed("b" * 64, grid={"svc__C": "<b>&\x1b[2J"}, seed=1),
]


def summary(records: list[Record]) -> Summary:
    return summarise(parse(page("x"), entry_id=RBF, file="e.md").front, records)


def test_the_best_comes_first_and_its_scores_lead_to_its_first_run() -> None:
    table = best_table(summary(RUNS_OF_A_GRID), RUNS_OF_A_GRID, 0.95)
    assert table is not None
    best, second = table.rows
    assert (best.id, second.id) == ("best", "")
    assert [cell.text for cell in table.head] == ["svc__C", "dev.accuracy", "train.accuracy", "gain", "runs"]
    assert best.cells[1].value == 0.97
    assert best.cells[1].href == f"#run-run-{'b' * 60}"
    assert [cell.text for cell in best.cells[3:]] == ["+0.020", "1 and 1 failed"]
    assert table.caption == "best first by dev.accuracy, ± SD over seeds"
    assert best_table(summary([]), [], None) is None


def test_a_smaller_error_is_a_gain_that_sorts_as_one() -> None:
    runs = [record("a" * 64, 62.0, metric="rmse"), record("b" * 64, 70.0, metric="rmse")]
    front = parse(page("x", metrics="rmse"), entry_id=RBF, file="e.md").front
    table = best_table(summarise(front, runs), runs, 65.2)
    assert table is not None
    assert [row.cells[-2].text for row in table.rows] == ["+3.2", "-4.8"]
    assert [row.cells[-2].value for row in table.rows] == pytest.approx([3.2, -4.8])


def test_every_run_has_a_row_up_to_some_hundreds() -> None:
    table = runs_table(RUNS_OF_A_GRID)
    assert table is not None
    assert [row.id for row in table.rows][:1] == [f"run-run-{'a' * 60}"]
    assert [row.cells[3].text for row in table.rows] == ["done", "done", "done", "failed: exception"]
    many = runs_table(RUNS_OF_A_GRID * RUNS)
    assert many is not None
    assert (len(many.rows), many.left) == (RUNS, 3 * RUNS)
    assert runs_table([]) is None


def test_what_a_stranger_wrote_stays_text() -> None:
    table = runs_table(RUNS_OF_A_GRID)
    assert table is not None
    cells = ["".join(cell.itertext()) for cell in ET.fromstring(table.html).iter("td")]
    assert "<b>&" in cells
    assert "\x1b" not in table.html
