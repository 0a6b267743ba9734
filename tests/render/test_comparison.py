"""What `compare` says: who leads, what could have been seen, how to know more, and an interval drawn in text."""

from __future__ import annotations

import pytest

from gitjournal.render.comparison import bar, comparison_lines, comparison_table, headline, how_to_know_more, p_value, verdict_after_holm
from gitjournal.stats.compare import compare
from gitjournal.stats.evidence import Comparison, reverse
from gitjournal.stats.sample import sample_of
from tests.support.samples import A, B, front, right, run


def compared(wrong_a: int, wrong_b: int) -> Comparison:
    """Return two entries that answered 360 rows, of which each got its own wrong."""
    rows = list(range(360))
    a = sample_of(A, front(), [run("a" * 64, right=right(*rows[:wrong_a]))], "dev.accuracy")
    b = sample_of(B, front(), [run("b" * 64, right=right(*rows[-wrong_b:]))], "dev.accuracy")
    return compare(a, b)


@pytest.mark.parametrize(("p", "shown"), [(None, "-"), (0.0004, "< 0.001"), (0.0123, "0.012"), (0.63, "0.63")])
def test_a_p_value_has_two_digits(p: float | None, shown: str) -> None:
    assert p_value(p) == shown


def test_the_headline_names_the_one_that_leads_first_whichever_was_asked_for_first() -> None:
    clear = compared(2, 60)
    assert headline(clear) == headline(reverse(clear)) == "aaaa is better than bbbb"
    assert headline(clear, {A: "RBF", B: ""}) == "RBF is better than bbbb"
    assert headline(compared(8, 10)) == "aaaa is not shown to be better than bbbb"
    assert headline(compared(9, 9)) == "aaaa and bbbb reached the same"


def test_what_is_not_shown_says_what_could_have_been_and_how_to_know_more() -> None:
    said = "\n".join(comparison_lines(compared(8, 10), color=False))
    assert "dev.accuracy 0.978 and 0.972: difference +0.006" in said
    assert "10 against 8" in said
    assert "what 360 rows could have shown: differences from about" in said
    assert said.endswith("to know more: `split: {cv: 5, repeats: 3}` in both")
    assert how_to_know_more(compared(2, 60)) == ""


def test_several_are_a_table_and_their_p_values_allow_for_one_another() -> None:
    clear, even = compared(2, 60), compared(8, 10)
    rows = "\n".join(comparison_table([clear, even], [0.0001, 1.0], {B: "Trees"}, color=False))
    assert "aaaa is" in rows
    assert "intervals are of 95 % each; p values allow for 2 comparisons (Holm)" in rows
    assert (verdict_after_holm(clear, 0.0001), verdict_after_holm(clear, 0.2), verdict_after_holm(clear, None)) == (
        "better",
        "not shown",
        "not shown",
    )


def test_an_interval_in_text_holds_its_value_and_the_place_of_no_difference() -> None:
    evidence = compared(2, 60).evidence
    drawn = bar(evidence.value, evidence.interval, (-0.3, 0.3))
    assert len(drawn) <= 20
    assert drawn.index("├") < drawn.index("●") < drawn.index("┤")
    assert drawn.index("│") < drawn.index("├")
    assert bar(float("nan"), None, (-1.0, 1.0)).strip() == "│"
