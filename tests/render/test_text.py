from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitjournal.render.text import (
    Column,
    age,
    clean,
    clean_lines,
    difference,
    display_width,
    duration,
    number,
    paint,
    settings,
    short_spread,
    shorten,
    spread,
    table,
    terminal_width,
    value,
    wrap,
    wrap_dots,
)

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "hostile",
    [
        "a\x1b[2Jb",  # clears the screen
        "a\x1b[1;1Hb",  # moves the cursor
        "a\x1b[31mb\x1b[0m",  # colours
        "a\x1b]0;owned\x07b",  # sets the title
        "a\x1b]8;;http://evil\x1b\\b\x1b]8;;\x1b\\",  # a link
        "a\x1bPq#0\x1b\\b",  # a device control string
        "a\x9b2Jb",  # the same in one byte
        "a\u202eb",  # turns the order round
        "a\u200bb",
        "a\x07b",
        "a\x00b",
        "a\x7fb",
        "a\x1bcb",  # resets the terminal
    ],
)
def test_a_hostile_text_cannot_move_the_cursor(hostile: str) -> None:
    assert clean(hostile).replace("c", "") == "ab"
    assert clean_lines(hostile).replace("c", "") == "ab"


@given(st.text())
def test_no_control_character_survives_cleaning(text: str) -> None:
    assert all(unicodedata.category(one)[0] != "C" or one == "\u200d" for one in clean(text))
    assert all(one == "\n" or unicodedata.category(one)[0] != "C" or one == "\u200d" for one in clean_lines(text))


def test_a_line_stays_one_line() -> None:
    assert clean("a\r\nb\tc\u2028d") == "a b c d"


def test_lines_keep_their_indentation_and_a_carriage_return_overwrites_nothing() -> None:
    assert clean_lines("a\r\n    b\n\tc\nfine\rEVIL") == "a\n    b\n    c\nfine EVIL"


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0.97777, "0.978"),
        (1.0, "1.000"),
        (0.0, "0.000"),
        (12.345, "12.3"),
        (1234.5, "1234"),
        (0.0123456, "0.0123"),
        (-0.5, "-0.500"),
        (0.00001234, "1.23e-05"),
        (12345678.0, "1.23e+07"),
        (None, "-"),
        (float("inf"), "inf"),
        (2.31, "2.31"),
    ],
)
def test_a_number_has_three_significant_digits(amount: float | None, text: str) -> None:
    assert number(amount) == text


def test_no_digit_is_printed_below_the_noise() -> None:
    assert number(0.97777, 0.02) == "0.978"
    assert number(0.97777, 0.2) == "0.98"
    assert number(54.123, 3.0) == "54.1"
    assert number(54.123, 30.0) == "54"


def test_a_mean_says_what_its_spread_is() -> None:
    assert spread(0.978, 0.004, 3) == "0.978 ± 0.004 SD over 3 seeds"
    assert spread(0.978, None, 1) == "0.978"
    assert short_spread(54.123, 3.21) == "54.1 ± 3.2"
    assert short_spread(0.5, 0.0) == "0.500 ± 0"
    assert short_spread(0.0, 0.0) == "0.000 ± 0"


def test_a_difference_has_a_sign_and_the_decimals_of_its_scale() -> None:
    assert difference(0.0061, 0.978) == "+0.006"
    assert difference(-3.21, 54.1) == "-3.2"
    assert difference(None, 1.0) == "-"


@pytest.mark.parametrize(
    ("ago", "words", "short"),
    [
        (timedelta(seconds=3), "just now", "now"),
        (timedelta(minutes=1), "1 minute ago", "1 min"),
        (timedelta(hours=5), "5 hours ago", "5 h"),
        (timedelta(days=12), "12 days ago", "12 d"),
        (timedelta(days=800), "2 years ago", "2 y"),
        (timedelta(days=-1), "just now", "now"),  # a clock that is ahead
    ],
)
def test_an_age_in_words(ago: timedelta, words: str, short: str) -> None:
    assert age(NOW - ago, NOW) == words
    assert age(NOW - ago, NOW, short=True) == short


def test_a_duration_in_words() -> None:
    assert [duration(one) for one in (0.123, 38.2, 600, 9000, 400_000)] == ["0.12 s", "38 s", "10 min", "2 h", "5 d"]


def test_a_table_fits_its_width_and_cuts_only_what_may_shrink() -> None:
    columns = [Column("id"), Column("title", shrinks=True), Column("best", right=True)]
    rows = [["k3f9", "a title that is far too long for a terminal as narrow as this one", "0.978"], ["m2c8", "short", "12.3"]]
    text = table(columns, rows, width=40)
    assert all(display_width(line) <= 40 for line in text.splitlines())
    assert "0.978" in text
    assert "…" in text
    assert text.splitlines()[2].endswith(" 12.3")


def test_a_table_is_not_cut_where_there_is_no_terminal() -> None:
    assert "x" * 300 in table([Column("title", shrinks=True)], [["x" * 300]], width=None)


def test_spare_columns_go_where_shrinking_is_not_enough() -> None:
    columns = [Column("title", shrinks=True), Column("runs", spare=True), Column("state"), Column("age", spare=True)]
    row = [["t" * 30, "r" * 10, "s" * 10, "a" * 10]]
    assert [table(columns, row, width=width).splitlines()[0].split() for width in (60, 40, 30)] == [
        ["title", "runs", "state", "age"],
        ["title", "runs", "state"],
        ["title", "state"],
    ]
    assert "…" in table(columns, row, width=50)


def test_a_column_without_values_is_left_out() -> None:
    assert table([Column("id"), Column("gain")], [["k3f9", ""]], width=None) == "id\nk3f9"


def test_wide_characters_take_two_cells() -> None:
    assert display_width("数字") == 4
    assert display_width("é") == display_width("e\u0301") == 1
    assert shorten("数字数字", 5) == "数字…"
    lines = table([Column("title", shrinks=True), Column("n")], [["数字", "1"], ["ab", "2"]], width=None).splitlines()
    assert display_width(lines[1]) == display_width(lines[2])


@given(st.text(st.characters(codec="utf-8")), st.integers(2, 40))
def test_a_shortened_text_fits(text: str, width: int) -> None:
    assert display_width(shorten(clean(text), width)) <= width


def test_colour_is_only_there_where_it_is_wanted() -> None:
    assert paint("x", "bad", color=False) == "x"
    assert paint("x", "bad", color=True) == "\x1b[31mx\x1b[0m"
    columns = [Column("id"), Column("state", marked=True)]
    assert "\x1b" not in table(columns, [["a", "failed"]], width=None, roles=["bad"])
    assert "\x1b[31mfailed\x1b[0m" in table(columns, [["a", "failed"]], width=None, roles=["bad"], color=True)


def test_a_declared_value_is_written_as_in_the_entry() -> None:
    assert [value(one) for one in (True, None, 1, 1.0, 1e-05, "rbf", [1, "a"], {"RBF": {"length_scale": 1}})] == [
        "true",
        "null",
        "1",
        "1.0",
        "1e-05",
        "rbf",
        "[1, a]",
        "{RBF: {length_scale: 1}}",
    ]
    assert settings({"svc__C": 10, "svc__gamma": 0.001}) == "svc__C 10, svc__gamma 0.001"
    assert value("a\x1b[2Jb") == "ab"


def test_there_is_no_width_to_fit_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: False)
    assert terminal_width() is None
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "72")
    assert terminal_width() == 72
    monkeypatch.setenv("COLUMNS", "240")
    assert terminal_width() == 100


def test_a_paragraph_is_wrapped_at_a_hundred_columns() -> None:
    assert all(len(line) <= 100 for line in wrap("word " * 60, indent="    ").splitlines())


def test_a_line_of_parts_is_broken_between_them_alone() -> None:
    line = " · ".join(["a part of some words"] * 6)
    assert wrap_dots("short · one") == "short · one"
    first, second = wrap_dots(line).split("\n")
    assert first == " · ".join(["a part of some words"] * 4) + " ·"
    assert second == " · ".join(["a part of some words"] * 2)
