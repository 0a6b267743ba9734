"""A gain is over the baseline's best, and has an interval only where the same rows were answered once each."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import pytest

from gitjournal.entry.parse import parse
from gitjournal.entry.record import Record
from gitjournal.entry.summary import summarise
from gitjournal.stats.gain import Baseline, Gain, gain_over
from tests.support import samples

FRONT = parse(
    "---\ntitle: x\ndata: {sklearn: iris}\nprocedure: [SVC]\nmetrics: [accuracy]\n---\n", entry_id="20261121-x-aaaa", file="e.md"
).front
MANY_RIGHT, FEWER_RIGHT = bytes([0b11111111, 0b11111110]), bytes([0b11111111, 0b11110000])


def run(fingerprint: str, bits: bytes, *, rows: str = "same", seed: int | None = None, metric: str = "accuracy") -> Record:
    value = sum(byte.bit_count() for byte in bits) / 16
    hits = base64.b64encode(zlib.compress(bits)).decode()
    return Record(
        run=f"{fingerprint}{seed}",
        fingerprint=fingerprint,
        seed=seed,
        metrics={"dev": {metric: value}},
        rows={"dev": 16},
        parts={"dev": rows},
        hits=hits,
    )


def gained(ours: list[Record], theirs: list[Record]) -> Gain | None:
    return gain_over(summarise(FRONT, ours), ours, Baseline("20261120-b-bbbb", "B", summarise(FRONT, theirs), theirs))


def test_the_difference_is_ours_minus_theirs_with_an_interval_over_the_same_rows() -> None:
    gain = gained([run("a", MANY_RIGHT)], [run("b", FEWER_RIGHT), run("c", bytes(2))])
    assert gain is not None
    assert gain.difference == pytest.approx(3 / 16)
    assert gain.interval is not None
    assert gain.interval.low < gain.difference < gain.interval.high


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ([run("a", MANY_RIGHT, rows="others")], [run("b", FEWER_RIGHT)]),
        ([run("a", MANY_RIGHT, seed=0), run("a", MANY_RIGHT, seed=1)], [run("b", FEWER_RIGHT)]),
        ([run("a", MANY_RIGHT)], [Record(run="b", fingerprint="b", metrics={"dev": {"accuracy": 0.5}})]),
    ],
)
def test_without_the_same_rows_answered_once_each_there_is_no_interval(ours: list[Record], theirs: list[Record]) -> None:
    gain = gained(ours, theirs)
    assert gain is not None
    assert gain.interval is None


def test_over_folds_and_over_seeds_the_gain_has_an_interval_for_any_metric() -> None:
    def records(name: str, lift: float, **how: Any) -> list[Record]:
        values = [0.7 + lift, 0.72 + lift * 1.1, 0.69 + lift]
        if how:
            return [samples.run(name, folds=values, metric="roc_auc")]
        return [samples.run(name, value, seed=seed, metric="roc_auc") for seed, value in enumerate(values)]

    front = samples.front("roc_auc")
    for how in ({}, {"folds": True}):
        ours, theirs = records("a", 0.1, **how), records("b", 0.0, **how)
        gain = gain_over(summarise(front, ours), ours, Baseline("20261120-b-bbbb", "B", summarise(front, theirs), theirs))
        assert gain is not None
        assert gain.interval is not None
        assert 0 < gain.interval.low < gain.difference < gain.interval.high


def test_without_a_score_on_either_side_there_is_no_gain() -> None:
    failed = [Record(run="f", fingerprint="f", status="failed")]
    assert gained(failed, [run("b", FEWER_RIGHT)]) is None
    assert gained([run("a", MANY_RIGHT)], failed) is None
    assert gained([run("a", MANY_RIGHT)], [run("b", FEWER_RIGHT, metric="roc_auc")]) is None
