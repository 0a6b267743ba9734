"""What docs/reference/identity.md publishes is what the code does: tables, and vectors that a few lines of another program reproduce."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from gitjournal.entry.model import MISSING
from gitjournal.procedure import canonical_text, catalogue, counts, identity, inactive, randomness
from tests.support.another_program import fingerprint
from tests.support.places import DOCS
from tests.support.vectors import VECTORS, configurations_of, entry_of

PAGE = DOCS / "reference/identity.md"
BEGIN, END = re.findall(r"<!-- (?:tables|end of tables).*-->", PAGE.read_text())


def tables() -> Iterator[str]:
    """Give the lines of the tables, from the code."""
    yield "**No effect, whatever the class**"
    yield ""
    yield ", ".join(f"`{name}`" for name in sorted(inactive.NO_EFFECT))
    yield from ("", "**Inactive**", "", "| class | parameter | acts only while |", "| --- | --- | --- |")
    for rule in inactive.RULES:
        yield f"| {_named(rule.classes)} | {_named(rule.parameters)} | {_condition(rule)} |"
    yield from (
        "",
        "**Shares that mean a count**",
        "",
        "| class | parameter | a share s comes to | words that do |",
        "| --- | --- | --- | --- |",
    )
    for share in counts.SHARES:
        formula = inspect.getsource(share.count).partition("return ")[2].strip().replace("total", share.of).replace("share", "s")
        formula = formula.replace("math.", "").replace("int(", "floor(").replace("*", "x")
        words = ", ".join(f"`{json.dumps(word)}`: {text}" for word, text in _WORDS.items()) if share.words else ""
        unless = f"; only while {share.unless} is null" if share.unless else ""
        yield f"| {_named(share.classes)} | `{share.parameter}` | {formula}{unless} | {words} |"
    yield from ("", "**Where a `random_state` draws nothing**", "", "| class | draws only while |", "| --- | --- |")
    for rule in inactive.STEADY:
        yield f"| {_named(rule.classes)} | {_condition(rule)} |"
    for owners, condition in _DRAWS.items():
        yield f"| {_named(owners)} | {condition} |"


_WORDS = {"sqrt": "max(1, floor(sqrt(columns)))", "log2": "max(1, floor(log2(columns)))", None: "columns"}
# those with a function of their own, in words
_DRAWS = {
    "PCA": "`svd_solver` is `randomized` or `arpack`, or `auto` with `n_components` neither null nor `mle` nor a share between 0 and 1",
    "LinearSVC LinearSVR": "`dual` is not false, or `penalty` is `l1`",
    "SGDClassifier SGDRegressor Perceptron PassiveAggressiveClassifier PassiveAggressiveRegressor": "`shuffle` or `early_stopping` is true",
    "IterativeImputer": "`sample_posterior` is true, `imputation_order` is `random`, or `n_nearest_features` is not null",
}


def _named(words: str) -> str:
    return ", ".join(f"`{word}`" for word in words.split())


def _condition(rule: inactive.Rule) -> str:
    values = " or ".join(f"`{json.dumps(value)}`" for value in rule.only or rule.never)
    return f"`{rule.given}` is {values}" if rule.only else f"`{rule.given}` is not {values}"


def test_the_tables_of_the_page_are_those_of_the_code() -> None:
    written = PAGE.read_text().partition(BEGIN)[2].partition(END)[0]
    assert written.strip().splitlines() == list(tables())
    assert {name for words in _DRAWS for name in words.split()} == set(inactive.DRAWS)


def test_the_page_names_the_schema_the_default_cells_and_the_scalers() -> None:
    page = " ".join(PAGE.read_text().split())
    assert f"Schema {catalogue.SCHEMA}." in page
    assert f"(empty), {', '.join(f'`{cell}`' for cell in sorted(MISSING)[1:])}." in page
    assert ", ".join(sorted(counts._KEEP_COLUMNS)) in page
    for key, value in identity._LOADER_DEFAULTS.items():
        assert f"`{key}` " in page
        assert key == "na" or (f"`{value}`" if isinstance(value, str) else json.dumps(value, separators=(",", ":"))) in page or not value


# vectors


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_a_vector_is_computed_as_published(vector: dict[str, Any]) -> None:
    texts = [one.canonical for one in configurations_of(vector)]
    assert texts == [one["canonical"] for one in vector["configurations"]]
    assert [canonical_text.fingerprint(text) for text in texts] == [one["fingerprint"] for one in vector["configurations"]]


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_a_vector_has_the_seeds_that_are_published(vector: dict[str, Any]) -> None:
    entry = entry_of(vector)
    for point, published in zip(configurations_of(vector), vector["configurations"], strict=True):
        split = json.loads(point.canonical)["split"]
        assert (entry.front.seed_values if randomness.draws(point.tree, split) else [None]) == published["seeds"]


def test_vectors_that_are_named_alike_are_one_run_and_all_others_differ() -> None:
    marks: dict[str, set[str]] = {}
    for vector in VECTORS:
        marks.setdefault(vector["same as"] or vector["name"], set()).update(one["fingerprint"] for one in vector["configurations"])
    assert len(VECTORS) >= 12
    assert any(vector["same as"] for vector in VECTORS)
    for vector in VECTORS:
        if vector["same as"]:
            assert len(marks[vector["same as"]]) == 1
    assert sum(map(len, marks.values())) == len(set.union(*marks.values()))


# another program, that knows nothing of gitjournal's code


SIMPLE = [vector for vector in VECTORS if vector["simple"]]


@pytest.mark.parametrize("vector", SIMPLE, ids=[vector["name"] for vector in SIMPLE])
def test_another_program_computes_the_simple_ones(vector: dict[str, Any]) -> None:
    assert [fingerprint(vector["entry"], vector.get("files", {}))] == [one["fingerprint"] for one in vector["configurations"]]


def test_enough_vectors_are_simple() -> None:
    assert len(SIMPLE) >= 11


if __name__ == "__main__":
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n\n" + "\n".join(tables()) + f"\n\n{END}{rest.partition(END)[2]}")
