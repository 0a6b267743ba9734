"""Looks are counted once each, and an interval holds for all of them together."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from gitjournal.entry.record import MAX_LINE, Record, decode_lines, encode, runs_among
from gitjournal.stats import looks
from gitjournal.stats.looks import Look


def look(run: str, at: str, value: float = 0.9, rows: int = 360, **more: object) -> Look:
    record = Record(run=run, fingerprint="f", status="final", at=at, metrics={"test": {"accuracy": value}}, rows={"test": rows}, **more)  # type: ignore[arg-type]
    return Look(record, "20261121-a-k3f9", "A", "refs/heads/journal")


def test_a_look_counts_once_on_however_many_branches_it_stands() -> None:
    numbered = looks.number_looks([look("b", "2026-11-22"), look("a", "2026-11-21"), look("b", "2026-11-22")])
    assert [(one.record.run, one.number) for one in numbered] == [("a", 1), ("b", 2)]


def test_a_look_is_a_record_like_others_on_disk() -> None:
    line = encode(look("a", "2026-11-21", reason="x" * 300, canonical="y" * 1500, errors={"rmse": 0.1}, seeds=[0, 1]).record)
    assert len(line) <= MAX_LINE
    (back,) = decode_lines(line, file="x")
    assert looks.is_look(back)
    assert runs_among([back]) == []


@pytest.mark.parametrize(("value", "rows", "k"), [(0.9, 360, 1), (1.0, 30, 1), (0.5, 1000, 5)])
def test_the_interval_of_accuracy_is_wilsons_at_the_level_of_all_looks(value: float, rows: int, k: int) -> None:
    interval = looks.look_interval(look("a", "", value, rows).record, "accuracy", k)
    expected = stats.binomtest(round(value * rows), rows).proportion_ci(1 - 0.05 / k, method="wilson")
    assert interval is not None
    assert math.isclose(interval.low, expected.low, abs_tol=1e-12)
    assert math.isclose(interval.high, expected.high, abs_tol=1e-12)


def test_more_looks_widen_it_and_a_standard_error_is_used_where_there_is_one() -> None:
    record = look("a", "", errors={"accuracy": 0.01}).record
    once, often = looks.look_interval(record, "accuracy", 1), looks.look_interval(record, "accuracy", 20)
    assert once is not None
    assert often is not None
    assert math.isclose(once.high - once.value, 0.0196, abs_tol=1e-4)
    assert math.isclose(often.high - often.value, 0.01 * stats.norm.ppf(1 - 0.05 / 40), rel_tol=1e-9)
    assert looks.look_interval(record, "rmse", 1) is None
