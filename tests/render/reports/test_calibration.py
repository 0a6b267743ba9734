"""The report on how sure people were, in words, in a table and as plain values."""

from __future__ import annotations

from gitjournal.render.charts.model import Plane
from gitjournal.render.reports.calibration import CalibrationScope, bin_rows, calibration_as_plain, calibration_chart, calibration_lines
from gitjournal.stats.calibration import Prediction, calibrate

SURE = [Prediction(0.9, supported=True)] * 18 + [Prediction(0.3, supported=False)] * 6


def test_below_twenty_verdicts_there_is_no_score() -> None:
    lines = list(calibration_lines(calibrate(SURE[:3]), CalibrationScope("", {})))
    assert lines == ["3 verdicts on entries with a `confidence`", "a Brier score needs 20 verdicts: of fewer it is mostly luck"]
    assert next(calibration_lines(None, CalibrationScope("Ada", {}))) == "0 verdicts on entries with a `confidence` by Ada"


def test_the_score_stands_beside_what_is_easily_had() -> None:
    lines = list(calibration_lines(calibrate(SURE), CalibrationScope("Ada", {"retracted": 2, "inconclusive": 0})))
    assert lines[0] == "24 verdicts on entries with a `confidence` by Ada"
    assert lines[1].startswith("Brier score 0.0300 (0 is best; ")
    assert lines[2] == "mean confidence 0.75, share that came true 0.75 (a constant 0.75 would score 0.188)"
    assert lines[-1] == "not counted: 2 retracted"


def test_each_bin_has_its_share_with_an_interval() -> None:
    calibration = calibrate(SURE)
    assert calibration is not None
    assert list(bin_rows(calibration)) == [
        ["0.2 to 0.4", "0.30", "0.00 [0.00, 0.39]", "0 of 6"],
        ["0.8 to 1.0", "0.90", "1.00 [0.82, 1.00]", "18 of 18"],
    ]
    chart = calibration_chart(calibration)
    assert isinstance(chart, Plane)
    assert [point.low for point in chart.lines[0].points] == [one.share.low for one in calibration.bins]


def test_plain_values_say_how_many_are_needed() -> None:
    plain = calibration_as_plain(None, CalibrationScope("", {"retracted": 1}))
    assert (plain["author"], plain["n"], plain["brier"], plain["needed"], plain["left_out"]) == (None, 0, None, 20, {"retracted": 1})
    assert calibration_as_plain(calibrate(SURE), CalibrationScope("Ada", {}))["n"] == 24
