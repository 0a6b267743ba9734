"""Scores, gains and directions in words."""

from __future__ import annotations

import pytest

from gitjournal.entry.parse import parse
from gitjournal.entry.summary import Score
from gitjournal.render.score import (
    difference_as_gain,
    difference_words,
    direction_words,
    gain_over_baseline,
    gain_words,
    is_compared,
    lower_note,
    no_baseline,
    score_words,
    toward_better,
)
from gitjournal.stats.gain import Gain
from gitjournal.stats.intervals import Interval
from tests.support.pages import RBF, page

GAIN = Gain("20261108-logistic-p2m1", "Logistic", 0.978, 0.006, Interval(0.006, -0.008, 0.0194))


def test_a_direction_is_said_and_the_usual_one_needs_no_note() -> None:
    assert direction_words("accuracy") == "higher is better"
    assert direction_words("rmse") == "lower is better"
    assert (lower_note(1), lower_note(-1)) == ("", " (lower is better)")


def test_a_gain_has_a_sign_and_as_many_decimals_as_its_score() -> None:
    assert gain_words(GAIN, 1) == "+0.006 [-0.008, +0.019]"
    assert gain_over_baseline(GAIN, 1) == "+0.006 [-0.008, +0.019] over 20261108-logistic-p2m1"
    assert difference_words(-1.25, None, 120.0) == "-1"


def test_a_gain_is_positive_where_it_is_better() -> None:
    smaller_error = Gain("20261108-logistic-p2m1", "Logistic", 65.2, -3.2, Interval(-3.2, -8.3, 1.9))
    assert gain_words(smaller_error, -1) == "+3.2 [-1.9, +8.3]"
    assert gain_over_baseline(smaller_error, -1) == "+3.2 [-1.9, +8.3] over 20261108-logistic-p2m1"
    assert difference_as_gain(565.0, -1, 3000.0) == "-565"
    assert difference_as_gain(None, -1, 1.0) == "-"
    assert difference_as_gain(0.0, -1, 65.2) == "+0.0"
    assert (toward_better(-3.2, -1), toward_better(-3.2, 1)) == (3.2, -3.2)


def test_a_score_over_seeds_says_what_its_spread_is() -> None:
    assert score_words(Score(0.978, 0.004, 3)) == "0.978 ± 0.004 SD over 3 seeds"
    assert score_words(Score(0.978, None, 1)) == "0.978"


@pytest.mark.parametrize(
    ("front", "procedure", "compared"),
    [("", "StandardScaler", False), ("baseline: p2m1\n", "StandardScaler", True), ("", "DummyClassifier", True)],
)
def test_who_names_no_baseline_and_is_none_is_told_how_to_make_the_usual_ones(front: str, procedure: str, compared: bool) -> None:
    text = page("RBF", front=front).replace("  - SVC: {kernel: rbf}\n", f"  - {procedure}\n")
    entry = parse(text, entry_id=RBF, file="entries/x.md")
    assert is_compared(entry.front) is compared
    assert no_baseline(entry.front) == ("" if compared else "none; the usual ones: gitjournal new --baselines sklearn:digits")
