"""Differences between configurations: in words that stay short, and as plain values that lose nothing."""

from __future__ import annotations

from gitjournal.procedure.difference import ABSENT, ValueChange
from gitjournal.render.changes import change_list, change_words, changes_as_plain, text_differences


def test_a_change_says_what_was_and_what_is() -> None:
    assert change_words(ValueChange("svc__gamma", "scale", 0.001)) == "svc__gamma (scale -> 0.001)"
    assert change_words(ValueChange("svc__C", ABSENT, [1, 2])) == "svc__C (- -> [1, 2])"


def test_a_step_is_put_in_or_left_out() -> None:
    assert change_words(ValueChange("step 1", ABSENT, "StandardScaler")) == "step 1 (StandardScaler put in)"
    assert change_words(ValueChange("step 1", "StandardScaler", ABSENT)) == "step 1 (StandardScaler left out)"


def test_a_long_value_is_cut_and_a_strangers_one_moves_no_cursor() -> None:
    words = change_words(ValueChange("a", "x" * 100, "\x1b[2Jb\nc"))
    assert words == f"a ({'x' * 39}… -> b c)"


def test_four_changes_are_named_and_the_others_counted() -> None:
    many = [ValueChange(f"p{number}", 0, number) for number in range(6)]
    assert change_list(many[:4]) == "p0 (0 -> 0), p1 (0 -> 1), p2 (0 -> 2), p3 (0 -> 3)"
    assert change_list(many) == f"{change_list(many[:4])} and 2 more"
    assert change_list([]) == ""


def test_texts_that_cannot_be_read_differ_in_nothing_that_can_be_said() -> None:
    assert text_differences("{}", "no text") == ""


def test_plain_values_say_on_which_side_something_is_absent() -> None:
    plain = changes_as_plain([ValueChange("a", ABSENT, None), ValueChange("b", None, ABSENT), ValueChange("c", None, 1)])
    assert [(one["name"], one["left"], one["right"], one["absent"]) for one in plain] == [
        ("a", None, None, "left"),
        ("b", None, None, "right"),
        ("c", None, 1, None),
    ]
