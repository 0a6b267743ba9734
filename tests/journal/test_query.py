from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitjournal.errors import UsageError
from gitjournal.journal.query import Clause, Order, check_names, matches_all, parse_sort, parse_where

ENTRY = {"dev.accuracy": 0.95, "runs": 3, "tag": ["svm", "kernel methods"], "data": ["data/penguins.csv", "penguins"], "state": "done"}


def holds(text: str) -> bool:
    return matches_all(parse_where(text), ENTRY)


@pytest.mark.parametrize(
    "text",
    [
        "dev.accuracy>0.9",
        "dev.accuracy >= 0.95",
        "dev.accuracy == 0.95",
        "dev.accuracy != 0.9",
        "dev.accuracy<1",
        "dev.accuracy <= 9.5e-1",
        "runs == 3 and dev.accuracy > 0.9 AND tag == svm",
        "tag == 'kernel methods'",
        'tag=="kernel methods"',
        "tag != trees",
        "data == penguins",
        "data == data/penguins.csv",
        "state == done",
        "dev.accuracy > -1",
    ],
)
def test_a_comparison_that_is_true_holds(text: str) -> None:
    assert holds(text)


@pytest.mark.parametrize(
    "text", ["dev.accuracy > 0.95", "tag == trees", "tag != svm", "state != done", "runs > 3", "runs == 3 and state == failed"]
)
def test_a_comparison_that_is_false_does_not_hold(text: str) -> None:
    assert not holds(text)


@pytest.mark.parametrize("operator", ["==", "!=", "<", "<=", ">", ">="])
def test_a_value_that_an_entry_does_not_have_satisfies_nothing(operator: str) -> None:
    assert not holds(f"test.rmse {operator} 1")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not a comparison"),
        ("dev.accuracy", "not a comparison"),
        ("dev.accuracy > 0.9 and", "ends too early"),
        ("dev.accuracy > 0.9, runs > 1", "`, runs > 1`"),
        ("dev.accuracy > 0.9 or runs > 1", "`or runs > 1`"),
        ("dev.accuracy = 0.9", "write `dev.accuracy == 0.9`"),
        ("dev.accuracy > high", "`high` is none"),
        ("tag > svm", "it can be `==` or `!=`"),
        ("stat == done", "did you mean `state`"),
        ("accuracy > 0.9", "PART.METRIC"),
        ("dve.accuracy > 0.9", "PART.METRIC"),
        ("'; drop table runs", "not a comparison"),
    ],
)
def test_what_is_not_understood_is_quoted_with_the_way_out(text: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_where(text)
    assert said in str(caught.value)
    assert caught.value.exit_code == 2


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    with contextlib.suppress(UsageError):
        assert parse_where(text)


@given(
    st.sampled_from(["dev.accuracy", "test.rmse", "runs"]), st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), st.floats(allow_nan=False)
)
def test_a_clause_that_was_written_out_is_read_back(name: str, operator: str, value: float) -> None:
    assert parse_where(f"{name} {operator} {value!r}") == [Clause(name, operator, value)]


def test_a_minus_sorts_the_highest_first() -> None:
    assert parse_sort("-dev.accuracy") == Order("dev.accuracy", descending=True)
    assert parse_sort("age") == Order("age", descending=False)


@pytest.mark.parametrize("text", ["", "-", "accuracy", "tag", "dev.", "dev.a.b"])
def test_a_name_that_cannot_be_sorted_by_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_sort(text)


def test_a_metric_that_no_entry_has_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"did you mean `dev\.accuracy`"):
        check_names(["dev.acuracy"], ["dev.accuracy", "train.loss"])
    check_names(["dev.accuracy", "runs"], ["dev.accuracy"])
    check_names(["dev.acuracy"], [])  # nothing was measured yet: nothing can be said about a name
