"""What `tabular` is written out to, from the kinds of the columns."""

from __future__ import annotations

from typing import Any

import pytest

from gitjournal.entry.model import Facts
from gitjournal.errors import EntryError
from tests.support import trees

FACTS = Facts(n_rows=100, n_features=3, classes=["a", "b"], columns={"number": ["x", "y"], "category": ["c"]})


def tree(text: str, *, point: int = 0, facts: Facts | None = FACTS, data: str = "{sklearn: iris}") -> list[Any]:
    return trees.tree(text, facts, point=point, data=data)


def test_tabular_is_written_out_from_the_columns() -> None:
    label, node = tree("procedure: [tabular, SVC]")[0]
    assert (label, node["class"], node["params"]["sparse_threshold"]) == ("tabular", "sklearn.compose.ColumnTransformer", 0)
    numbers, categories = node["params"]["transformers"]["named"]
    assert (numbers[0], numbers[2]) == ("number", ["x", "y"])
    assert [step[0] for step in numbers[1]["params"]["steps"]["named"]] == ["simpleimputer", "standardscaler"]
    assert (categories[0], categories[2]) == ("category", ["c"])
    assert categories[1] == {"class": "sklearn.preprocessing.OneHotEncoder", "params": {"handle_unknown": "ignore"}}


@pytest.mark.parametrize("columns", [{"number": 4}, {"number": ["a"]}, {"number": ["a"], "text": []}])
def test_tabular_of_numbers_alone_is_a_plain_pipeline(columns: Any) -> None:
    assert tree("procedure: [tabular, SVC]", facts=Facts(columns=columns))[0][1]["class"] == "sklearn.pipeline.Pipeline"


def test_tabular_takes_dates_as_numbers_and_each_text_by_itself() -> None:
    facts = Facts(columns={"number": ["a"], "date": ["d"], "text": ["t", "u"]})
    node = tree("procedure: [tabular, SVC]", facts=facts)[0][1]
    assert [(part[0], part[2]) for part in node["params"]["transformers"]["named"]] == [
        ("number", ["a", "d"]),
        ("text-1", "t"),
        ("text-2", "u"),
    ]
    assert "sparse_threshold" not in node["params"]


def test_tabular_of_one_text_column_is_a_vectorizer() -> None:
    node = tree("procedure: [tabular, SVC]", facts=Facts(columns={"text": ["t"]}), data="{path: a.csv, target: y, features: t}")[0][1]
    assert node["class"] == "sklearn.feature_extraction.text.TfidfVectorizer"


def test_what_tabular_wrote_may_be_set() -> None:
    node = tree("procedure: [tabular, SVC]\nparameters: {tabular__number__simpleimputer__strategy: mean}")[0][1]
    imputer = node["params"]["transformers"]["named"][0][1]["params"]["steps"]["named"][0][1]
    assert imputer["params"]["strategy"] == "mean"


@pytest.mark.parametrize("facts", [None, Facts(), Facts(columns={})])
def test_tabular_without_columns_is_refused(facts: Facts | None) -> None:
    with pytest.raises(EntryError, match=r"^lab/e\.md:4:13: `tabular` needs"):
        tree("procedure: [tabular, SVC]", facts=facts)
