"""A verdict follows from the interval alone: all of it, none of it, or neither."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitjournal.entry.expectation import parse as expectation
from gitjournal.entry.model import FrontMatter
from gitjournal.entry.parse import parse
from gitjournal.entry.record import Record
from gitjournal.entry.verdict import ExpectationVerdict, Verdict, against_lines, as_plain, first_word, overall_word, read, verdict_lines
from gitjournal.render.verdict import judged_words
from gitjournal.stats.intervals import Interval, wilson
from gitjournal.stats.judge import Judgeable, Judged, judge, value_of, verdict_of


def front(*, metrics: str = "[accuracy]", retracted: str = "") -> FrontMatter:
    more = f"retracted: {retracted}\n" if retracted else ""
    text = f"---\ntitle: x\ndata: {{sklearn: iris}}\nprocedure: [SVC]\nsplit: {{dev: 0.2}}\nmetrics: {metrics}\n{more}---\n"
    return parse(text, entry_id="20261121-x-aaaa", file="e.md").front


def run(right: int, n: int = 400, *, name: str = "a", first: int = 0, **more: Any) -> Record:
    """A run that answers rows `first` to `first + right` right, of `n`."""
    bits = "".join("1" if first <= row < first + right else "0" for row in range(n)).ljust(-(-n // 8) * 8, "0")
    packed = base64.b64encode(zlib.compress(int(bits, 2).to_bytes(len(bits) // 8))).decode()
    given = {
        "metrics": {"dev": {"accuracy": right / n}, "train": {"accuracy": 1.0}},
        "rows": {"train": 1000, "dev": n},
        "parts": {"dev": "same"},
        "hits": packed,
    }
    return Record(run=name, fingerprint=name, **(given | more))


def judged(text: str, ours: list[Record], theirs: list[Record] | None = None, **of_theirs: str) -> Judged:
    others = {"baseline": Judgeable("20261120-b-bbbb", front(**of_theirs), theirs)} if theirs else {}
    (judgement,) = judge(Judgeable("20261121-x-aaaa", front(), ours), [expectation(text)], others)
    return judgement


@given(st.floats(-2, 2), st.floats(0, 1), st.floats(0, 1), st.sampled_from(["<", "<=", ">", ">="]), st.floats(-2, 2))
def test_supported_is_all_of_the_interval_and_refuted_none(value: float, below: float, above: float, operator: str, number: float) -> None:
    one = expectation(f"dev.accuracy {operator} {number!r}") if number >= 0 else expectation(f"dev.accuracy {operator} -{-number!r}")
    interval = Interval(value, value - below, value + above)
    inside = [interval.low, interval.high, value, number] if interval.holds(number) else [interval.low, interval.high, value]
    held = {one.holds(point) for point in inside}
    verdict = verdict_of(one, interval)
    if verdict != "inconclusive":
        assert held == {verdict == "supported"} or number in (interval.low, interval.high)
    else:
        assert interval.holds(number)


def test_no_interval_decides_nothing() -> None:
    assert verdict_of(expectation("dev.accuracy > 0.5"), None) == "inconclusive"
    judgement = judged("dev.accuracy > 0.5", [run(390, hits=None)])
    assert (judgement.verdict, judgement.value, judgement.interval) == ("inconclusive", 0.975, None)
    assert "0.975; one run shows nothing" in judged_words(judgement).words


@pytest.mark.parametrize(("number", "word"), [(0.94, "supported"), (0.99, "refuted"), (0.97, "inconclusive")])
def test_a_score_is_judged_by_wilsons_interval(number: float, word: str) -> None:
    judgement = judged(f"dev.accuracy >= {number}", [run(390)])
    assert (judgement.verdict, judgement.interval) == (word, wilson(390, 400))
    assert judged_words(judgement).came_out.startswith("0.975 [0.955, 0.986]")


def test_a_difference_is_judged_on_the_same_rows() -> None:
    ours, theirs = [run(390)], [run(340)]
    assert judged("dev.accuracy > baseline", ours, theirs).verdict == "supported"
    assert judged("dev.accuracy > baseline + 0.2", ours, theirs).verdict == "refuted"
    close = judged("dev.accuracy > baseline + 0.11", ours, theirs)
    assert close.verdict == "inconclusive"
    assert close.needed is not None
    assert close.needed > 400
    said = judged_words(close)
    assert said.came_out.startswith("+0.125 [+0.0")
    assert "400 rows show differences from about" in said.why
    assert said.why.endswith("would decide; try split: {cv: 5, repeats: 3}")


def test_the_best_of_a_grid_has_a_wider_interval() -> None:
    alone = judged("dev.accuracy > 0.9", [run(390)])
    grid = [run(390 - 7 * n, name=f"g{n}", first=n, grid={"C": n}) for n in range(8)]
    best = judged("dev.accuracy > 0.9", grid)
    assert alone.interval
    assert best.interval
    assert best.interval.low < alone.interval.low < alone.interval.high < best.interval.high
    assert best.smallest is None or alone.smallest is None or best.smallest > alone.smallest


def test_folds_allow_a_difference_of_parts() -> None:
    folds = {"dev": {"accuracy": [0.90, 0.91, 0.92, 0.90, 0.91]}, "train": {"accuracy": [0.99, 0.98, 0.99, 0.99, 0.98]}}
    one = run(364, hits=None, folds=folds)
    assert judged("train.accuracy - dev.accuracy < 0.2", [one]).verdict == "supported"
    assert judged("train.accuracy - dev.accuracy < 0.01", [one]).verdict == "refuted"
    holdout = judged("train.accuracy - dev.accuracy < 0.2", [run(364)])
    assert (holdout.verdict, holdout.why) == ("inconclusive", "one run on a holdout shows nothing of how a sum of several scores spreads")


def test_what_is_retracted_or_not_measured_alike_decides_nothing() -> None:
    assert "retracted: wrong labels" in judged("dev.accuracy > baseline", [run(390)], [run(1)], retracted="wrong labels").why
    assert "same dev rows" in judged("dev.accuracy > baseline", [run(390)], [run(1, parts={"dev": "other"})]).why
    assert judged("dev.accuracy > baseline", [run(390)]).why == "the entry names no baseline"


def test_kept_predictions_are_asked_only_where_records_say_nothing() -> None:
    asked: list[str] = []

    def draw(a: Any, b: Any) -> str:
        asked.append(a.entry)
        return "no predictions are kept here"

    own = Judgeable("20261121-x-aaaa", front(), [run(390)])
    judge(own, [expectation("dev.accuracy > 0.9")], {}, draw)
    assert not asked
    silent = Judgeable("20261121-x-aaaa", front(), [run(390, hits=None)])
    (judgement,) = judge(silent, [expectation("dev.accuracy > 0.9")], {}, draw)
    assert (asked, judgement.why) == (["20261121-x-aaaa"], "no predictions are kept here")


def test_the_value_without_an_interval() -> None:
    own = Judgeable("20261121-x-aaaa", front(), [run(390)])
    other = Judgeable("20261120-b-bbbb", front(), [run(360)])
    assert value_of(own, expectation("dev.accuracy - 0.5 * baseline > 0"), other) == pytest.approx(0.975 - 0.45)
    assert value_of(own, expectation("dev.f1 > 0"), None) is None


# ---- what the block keeps


def test_a_block_is_read_back_as_it_was_written() -> None:
    one = ExpectationVerdict("dev.accuracy >= baseline", "supported", "+0.1 [+0.0, +0.2] over 40 rows")
    two = ExpectationVerdict("dev.loss - train.loss < 0.1", "inconclusive", "0.05", "one run; try more")
    for verdict in (Verdict([one], {"20261120-b-bbbb": "0123456789abcdef"}), Verdict([one, two])):
        block = "\n".join(["## Results", "", *verdict_lines(verdict), "", *against_lines(verdict)])
        assert read(block) == verdict
        assert first_word(block) == verdict.word
    assert as_plain(Verdict([one]))[0]["interval"] == [0.0, 0.2]
    assert as_plain(Verdict([two]))[0] == {
        "expect": "dev.loss - train.loss < 0.1",
        "verdict": "inconclusive",
        "came_out": "0.05",
        "why": "one run; try more",
        "value": 0.05,
        "interval": None,
    }


def test_the_verdict_over_several() -> None:
    assert overall_word(["supported", "refuted", "inconclusive"]) == "refuted"
    assert overall_word(["supported", "inconclusive"]) == "inconclusive"
    assert overall_word(["supported", "supported"]) == "supported"
    assert read("## Results\n\nSupported: nothing of ours") is None
