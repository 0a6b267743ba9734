"""A datasheet is read, written and sealed without touching what people wrote in it."""

from __future__ import annotations

import pytest

from gitjournal.entry import datasheet
from gitjournal.entry.datasheet import SealedRule
from gitjournal.errors import EntryError

HASH = "sha256:" + "ab" * 32


def test_a_new_datasheet_reads_back() -> None:
    text = datasheet.new_text(
        "churn", "data/churn.csv", HASH, {"n_rows": 10, "n_features": 2, "classes": ["no", "yes"], "columns": {"number": 2}}
    )
    sheet = datasheet.parse(text, file="data/churn.md")
    assert (sheet.hash, sheet.sealed) == (HASH, [])
    assert "# churn" in text


def test_a_seal_is_added_and_the_prose_stays() -> None:
    text = datasheet.new_text("churn", "data/churn.csv", HASH, {}) + "\nCollected by hand.\n"
    sealed = [SealedRule({"test": 0.2, "seed": 0}, "sha256:1")]
    after = datasheet.with_seal(text, sealed, file="data/churn.md")
    assert datasheet.parse(after, file="data/churn.md").sealed == sealed
    assert after.endswith("\nCollected by hand.\n")
    again = datasheet.with_seal(after, [*sealed, SealedRule({"test": 0.3, "reason": "why"}, "sha256:2")], file="data/churn.md")
    assert [one.rows for one in datasheet.parse(again, file="data/churn.md").sealed] == ["sha256:1", "sha256:2"]


@pytest.mark.parametrize("text", ["no front matter", "---\nname: x\n---\n", "---\nhash: h\nsealed: [{seed: 1}]\n---\n", "---\n- a\n---\n"])
def test_what_is_no_datasheet_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(EntryError, match=r"data/x\.md:\d"):
        datasheet.parse(text, file="data/x.md")


def test_the_rule_is_what_decides_which_rows_are_test() -> None:
    split = {"dev": 0.2, "test": 0.2, "seed": "each", "shuffle": True, "stratify": True, "repeats": 3}
    assert datasheet.rule_of(split) == {"test": 0.2, "seed": 0, "shuffle": True, "stratify": True}
    assert datasheet.rule_of({"time": "day", "test": 0.1, "dev": 0.1}) == {"time": "day", "test": 0.1}


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ({"sklearn": "breast_cancer"}, "breast-cancer"),
        ({"path": "data/My Churn.csv"}, "my-churn"),
        ({"files": {"train": "a/train.csv"}}, "train"),
        ({"path": "données/été.csv"}, "t"),
        ({"path": "data/日本.csv"}, "data"),
    ],
)
def test_a_data_set_has_a_plain_name(data: dict[str, object], name: str) -> None:
    assert datasheet.name_of(data) == name
