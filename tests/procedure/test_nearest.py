"""The nearest of many, all at once: the same as counting the differences of each pair."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitjournal.procedure import nearest as module
from gitjournal.procedure.canonical_text import tokens
from gitjournal.procedure.nearest import nearby


def text(**params: object) -> str:
    """Return a canonical text of one step."""
    return json.dumps({"data": {}, "procedure": [{"a.SVC": params}], "split": {}}, separators=(",", ":"))


def test_the_fewest_differences_come_first_and_of_equals_the_newer() -> None:
    texts = {"1": text(C=1, gamma=1), "2": text(C=1, gamma=2), "3": text(C=3, gamma=3), "4": text(C=1, gamma=1)}
    found = nearby(texts, 2)
    assert found["1"] == ["4", "2"]
    assert found["2"] == ["4", "1"]
    assert len(found["3"]) == 2


def test_few_entries_have_few_neighbours() -> None:
    assert nearby({}, 3) == {}
    assert nearby({"1": text(C=1)}, 3) == {"1": []}
    assert nearby({"1": text(C=1), "2": text(C=2)}, 3) == {"1": ["2"], "2": ["1"]}


@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.tuples(*[st.integers(0, 2)] * 3), min_size=2, max_size=9))
def test_it_is_what_comparing_each_pair_gives(made: dict[str, tuple[int, int, int]]) -> None:
    texts = {name: text(**dict(zip("xyz", numbers, strict=True))) for name, numbers in made.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "AT_ONCE", 2)
        found = nearby(texts, 3)
    for name, near in found.items():
        apart = {other: len(set(tokens(texts[name])) ^ set(tokens(texts[other]))) for other in texts if other != name}
        assert [apart[other] for other in near] == sorted(apart.values())[:3]
