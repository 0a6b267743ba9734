"""The Brier score and reliability of what people expected."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gitjournal.stats.calibration import ENOUGH, Prediction, calibrate
from tests.support.pages import begin, commit, gitjournal, page, record, write

BLOCK = """\
<!-- gitjournal:results {id} -->
## Results

**{word}**: expected `dev.accuracy >= 0.5` (0.900 [0.800, 0.950] over 100 rows).
<!-- gitjournal:end {id} -->
"""


def test_the_brier_score_is_that_of_the_definition() -> None:
    # the example of two forecasts in Brier (1950) comes to the mean of the squared distances
    sure = [Prediction(0.9, True)] * 15 + [Prediction(0.9, False)] * 5
    calibration = calibrate(sure)
    assert calibration is not None
    assert calibration.brier == pytest.approx((15 * 0.01 + 5 * 0.81) / 20)
    assert (calibration.share, calibration.constant) == (0.75, 0.1875)
    assert [(one.low, one.high, one.n, one.supported) for one in calibration.bins] == [(0.8, 1.0, 20, 15)]
    assert calibration.bins[0].share.low < 0.75 < calibration.bins[0].share.high


def test_below_twenty_no_score_is_told() -> None:
    calibration = calibrate([Prediction(0.5, True)] * (ENOUGH - 1))
    assert calibration is not None
    assert calibration.brier is None
    assert calibrate([]) is None


def test_every_confidence_has_its_bin() -> None:
    calibration = calibrate([Prediction(number / 10, True) for number in range(11)])
    assert calibration is not None
    assert [(one.low, one.n) for one in calibration.bins] == [(0.0, 2), (0.2, 2), (0.4, 2), (0.6, 2), (0.8, 3)]


def entry(lab: Path, number: int, word: str, **front: object) -> None:
    identifier = f"20261121-question-b{number:03}"
    declared = "\n".join(["expect: dev.accuracy >= 0.5", *(f"{key}: {value}" for key, value in front.items())])
    text = page(f"Question {number}", front=declared) + BLOCK.format(id=identifier, word=word)
    write(lab, identifier, text, [record(f"{number:064}", 0.9)])


def test_own_verdicts_are_counted_and_what_is_left_out_is_said(repo: Path) -> None:
    lab = begin(repo)
    for number in range(22):
        entry(lab, number, "Supported" if number % 3 else "Refuted", confidence=0.7)
    entry(lab, 30, "Inconclusive", confidence=0.7)
    entry(lab, 31, "Supported")
    entry(lab, 32, "Refuted", confidence=0.9, retracted="wrong labels")
    commit(lab)
    output = gitjournal(repo, "report", "calibration")
    assert output.startswith("22 verdicts on entries with a `confidence` by ada@example.org\nBrier score 0.2")
    assert "not counted: 1 inconclusive, 1 without a `confidence`, 1 retracted" in output
    other = json.loads(gitjournal(repo, "report", "calibration", "--author", "bob", "--json"))
    assert (other["n"], other["brier"], other["needed"]) == (0, None, ENOUGH)
    assert json.loads(gitjournal(repo, "report", "calibration", "--all", "--json"))["n"] == 22
    assert "did you mean `calibration`" in gitjournal(repo, "report", "calibraton", code=2)
    gitjournal(repo, "report", "calibration", "--all", "--author", "bob", code=2)
    assert gitjournal(repo, "report", "calibration", "--all", "--plot", "sure.svg").splitlines()[-1] == "drawn: sure.svg"
    assert "Predicted 0." in (repo / "sure.svg").read_text()
    assert "nothing to draw" in gitjournal(repo, "report", "calibration", "--author", "nobody", "--plot", "sure.svg", code=2)
