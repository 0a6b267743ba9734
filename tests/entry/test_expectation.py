"""What may be expected: one comparison, brought into one form, and refused with its place where it is not understood."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitjournal.entry.expectation import Expectation, check, parse, parts_of, read
from gitjournal.entry.parse import parse as parse_entry
from gitjournal.errors import EntryError


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("dev.accuracy >= baseline + 0.01", "dev.accuracy -baseline.dev.accuracy >= 0.01"),
        ("dev.loss - train.loss < 0.1", "dev.loss -train.loss < 0.1"),
        ("dev.rmse <= 0.9 * baseline", "dev.rmse -0.9*baseline.dev.rmse <= 0"),
        ("baseline <= dev.accuracy", "dev.accuracy -baseline.dev.accuracy >= 0"),
        ("0.9 < dev.accuracy", "dev.accuracy > 0.9"),
        ("-dev.rmse > -2", "dev.rmse < 2"),
        ("2 * (dev.accuracy - 0.1) > 1 + 7f3a", "dev.accuracy -0.5*7f3a.dev.accuracy > 0.6"),
        ("dev.f1 >= 20261108-a-b-p2m1-0.01", "dev.f1 -20261108-a-b-p2m1.dev.f1 >= -0.01"),
        ("dev.loss < baseline.train.loss + 1e-3", "dev.loss -baseline.train.loss < 0.001"),
        ("train_dev.accuracy > .5", "train_dev.accuracy > 0.5"),
        ("dev.accuracy >\n  0.9", "dev.accuracy > 0.9"),
    ],
)
def test_a_comparison_has_one_form(text: str, form: str) -> None:
    assert said(parse(text)) == form


def said(one: Expectation) -> str:
    terms = [f"{'-' if factor < 0 else ''}{'' if abs(factor) == 1 else f'{abs(factor):g}*'}{name}" for name, factor in one.sum.items()]
    return f"{' '.join(terms)} {one.operator} {round(one.number, 12):g}"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("accuracy > 0.9", "of which part? dev.accuracy", ""),
        ("dev.accuracy == 1", "can be neither shown nor refuted", ""),
        ("dev.accuracy", "a comparison is missing", ""),
        ("dev.accuracy >", "ends too early", ""),
        ("0.9 < dev.accuracy < 0.95", "`<` is not expected here", "in a list"),
        ("vdev.accuracy > 1", "`vdev` is no part; did you mean `dev`", ""),
        ("dev.accuracy * baseline > 1", "cannot be multiplied", "0.9 * baseline"),
        ("baseline > 0.5", "no score of this entry is compared", ""),
        ("dev.loss - train.loss < baseline", "baseline.dev.loss or baseline.train.loss", ""),
        ("dev.accuracy > 90%", "`%` is not expected", ""),
        ("dev.rmse / 2 < 1", "`/` is not expected", "0.9 * baseline"),
        ("dev.a - dev.a > 0", "cancels out", ""),
        ("(dev.accuracy > 0.9", "not closed", ""),
        ("dev.accuracy > baseline + p2m1", "two other entries", ""),
        ("dev.accuracy > 0.5 and 1", "`and` is not expected", ""),
        ("__import__('os') > 1", "`'` is not expected", ""),
        ("dev.accuracy > 1e999", "too large", ""),
        ("", "ends too early", ""),
        ("(" * 50 + "dev.a" + ")" * 50 + " > 1", "nested too deep", ""),
        ("dev.accuracy > 0." + "0" * 400, "longer than", ""),
    ],
)
def test_what_is_not_understood_is_named(text: str, message: str, hint: str) -> None:
    with pytest.raises(EntryError, match="expect") as found:
        parse(text)
    assert message in found.value.message
    assert hint in found.value.hint


@given(st.text(alphabet="dev.acuy baseline0123456789+-*()<>=", max_size=40))
def test_any_text_is_a_comparison_or_an_error(text: str) -> None:
    try:
        expectation = parse(text)
    except EntryError:
        return
    assert next(iter(expectation.sum)).entry == ""
    assert next(iter(expectation.sum.values())) == 1.0


FRONT = "---\ntitle: x\ndata: {sklearn: iris}\nprocedure: [SVC]\n%s\n---\n"


@pytest.mark.parametrize(
    ("front", "place"),
    [
        ("expect: dev.accuracy >= basline +", "e.md:5:34"),
        ('expect: "dev.accuracy => 1"', "e.md:5:23"),
        ("expect: [dev.a > 1, dev.a > 2, dev.a > 3, dev.a > 4, dev.a > 5, dev.a > 6]", "e.md:5:9"),
        ("expect:\n  - dev.accuracy > 0.9\n  - dev.acc ! 1", "e.md:7:13"),
    ],
)
def test_a_fault_has_line_and_column(front: str, place: str) -> None:
    with pytest.raises(EntryError) as found:
        read(parse_entry(FRONT % front, entry_id="20261121-x-aaaa", file="e.md"))
    assert str(found.value.place) == place


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dev.acuracy > 0.9", "unknown metric `acuracy`; did you mean `accuracy`?"),
        ("dev.roc_auc > 0.9", "`roc_auc` is not measured"),
        ("train_dev.accuracy > 0.9", "the split has no part `train_dev`"),
        ("test.accuracy > 0.9", "the test part is sealed"),
        ("dev.accuracy > p2m1 - baseline.test.accuracy + p2m1", "two other entries"),
    ],
)
def test_what_a_run_will_not_measure_is_refused(text: str, message: str) -> None:
    with pytest.raises(EntryError) as found:
        check(parse(text), metrics=["accuracy", "f1_macro"], parts=["train", "dev"], own_metrics=False)
    assert message in found.value.message


def test_a_function_of_ones_own_measures_under_names_of_its_own() -> None:
    expectation = parse("dev.lift > 1.2")
    check(expectation, metrics=["lift"], parts=["train", "dev"], own_metrics=True)
    with pytest.raises(EntryError, match=r"`lift` is not measured"):
        check(expectation, metrics=["gain"], parts=["train", "dev"], own_metrics=True)


def test_the_parts_of_a_split() -> None:
    assert parts_of({"dev": 0.2, "test": 0.2}) == ["train", "dev"]
    assert parts_of({"cv": 5, "train_dev": 0.1}) == ["train", "dev", "train_dev"]
    assert parts_of({"given": True}, ["train", "test"]) == ["train"]
