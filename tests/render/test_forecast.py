"""Forecasts in words: as sure as the evidence is, and what skipping came to."""

from __future__ import annotations

import pytest

from gitjournal.entry.summary import Control, Skips
from gitjournal.render.forecast import (
    chance_words,
    forecast_as_plain,
    forecast_lines,
    interval_words,
    planned_lines,
    short_entry,
    skips_as_plain,
    skips_line,
)
from gitjournal.run.forecast import Forecast, Foreseen

BEST = Foreseen("a", 0.954, 0.79, 0.998, chance=0.25, firm=True, seconds=2.0)
WORST = Foreseen("b", 0.5, 0.4, 0.6, chance=0.001, firm=True)
POINTS = {"a": {"svc__C": 10}, "b": {"svc__C": 0.1}}


def forecast(*each: Foreseen) -> Forecast:
    return Forecast("accuracy", {one.key: one for one in each}, POINTS, 0.967, "20261121-svm-digits-7f3a", 4.0)


@pytest.mark.parametrize(("chance", "words"), [(0.001, "below 1 %"), (0.01, "1 %"), (0.5, "50 %"), (0.995, "above 99 %")])
def test_a_chance_is_never_said_to_be_sure(chance: float, words: str) -> None:
    assert chance_words(chance) == words


def test_an_interval_has_no_digit_below_its_half_width() -> None:
    assert interval_words(BEST) == "0.95 [0.79, 1.00]"
    assert interval_words(Foreseen("a")) == "?"


def test_the_line_before_compute_names_the_best_so_far_and_how_many_are_unlikely() -> None:
    assert forecast_lines(None) == forecast_lines(forecast()) == []
    assert forecast_lines(forecast(BEST)) == ["forecast: dev.accuracy 0.95 [0.79, 1.00]; 25 % to beat 0.967 (7f3a)"]
    assert forecast_lines(forecast(BEST, WORST)) == [
        "forecast: dev.accuracy best 0.95 [0.79, 1.00]; 25 % to beat 0.967 (7f3a); 1 of 2 unlikely"
    ]
    assert forecast_lines(forecast(WORST))[0].endswith("; unlikely")


def test_a_dry_run_lists_the_most_promising_and_says_where_nothing_is_known() -> None:
    assert planned_lines(None) == []
    assert planned_lines(forecast()) == ["forecast: none, too little was run on these data"]
    assert planned_lines(forecast(BEST, WORST))[1:] == [
        "  0.95 [0.79, 1.00]       25 %  svc__C 10",
        "  0.50 [0.40, 0.60]  below 1 %  svc__C 0.1",
    ]
    many = [Foreseen(str(number), 0.5, 0.4, 0.6) for number in range(7)]
    assert planned_lines(forecast(*many))[-1] == "  and 2 more: --json lists all"


def test_an_entry_of_another_journal_is_named_with_its_journal() -> None:
    assert short_entry("20261121-svm-digits-7f3a") == "7f3a"
    assert short_entry("other:20261121-svm-digits-7f3a") == "other:7f3a"
    assert short_entry("study.db:trial 3") == "study.db:trial 3"
    assert short_entry(None) == ""


def test_what_was_skipped_says_what_the_control_came_to() -> None:
    assert skips_line(None) == ""
    assert skips_line(Skips(1, 1, None, [])) == "1 run skipped as unlikely to beat the best"
    controls = [Control(0.967, 0.9, 1, beat=False), Control(0.967, 0.97, 1, beat=True)]
    assert skips_line(Skips(12, 6, 180.0, controls)) == (
        "12 runs skipped as unlikely to beat the best; 1 of the 2 run as a control did; saved about 3 min"
    )
    assert skips_line(Skips(12, 6, 180.0, controls[:1])).split("; ")[1] == "none of the 1 run as a control did"


def test_plain_values_keep_the_order_and_every_digit() -> None:
    plain = forecast_as_plain(forecast(BEST, WORST))
    assert plain is not None
    assert plain["best"] == {"value": 0.967, "entry": "20261121-svm-digits-7f3a"}
    assert [one["fingerprint"] for one in plain["configurations"]] == ["a", "b"]
    assert plain["configurations"][0]["interval"] == [0.79, 0.998]
    assert plain["unlikely"] == 1
    assert forecast_as_plain(None) is skips_as_plain(None) is None
