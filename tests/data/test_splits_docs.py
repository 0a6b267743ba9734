"""What docs/reference/splits.md publishes is what the code does: vectors that its own lines, and another generator, reproduce."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gitjournal.data import splits
from tests.support.another_splitter import Splitter, permute
from tests.support.places import DOCS
from tests.support.split_vectors import SPLIT_VECTORS, compute

PAGE = DOCS / "reference/splits.md"
NAMES = [vector["name"] for vector in SPLIT_VECTORS]
SIMPLE = [vector for vector in SPLIT_VECTORS if vector["split"].get("shuffle") and not {"group", "train_dev"} & set(vector["split"])]


@pytest.mark.parametrize("vector", SPLIT_VECTORS, ids=NAMES)
def test_a_vector_is_divided_as_published(vector: dict[str, Any], tmp_path: Path) -> None:
    computed = compute(vector, tmp_path)
    assert computed["parts"] == vector["parts"]
    assert computed["digests"] == vector["digests"]


@pytest.mark.parametrize("vector", SPLIT_VECTORS, ids=NAMES)
def test_a_vector_holds_the_effective_split(vector: dict[str, Any]) -> None:
    task = "classification" if "labels" in vector else "regression"
    assert splits.effective_split(vector["split"], task) == vector["split"]


def test_the_vectors_have_every_key_of_a_split_on_and_off() -> None:
    keys = [set(vector["split"]) for vector in SPLIT_VECTORS]
    for key in ("cv", "repeats", "dev", "test", "train_dev", "group", "time", "gap", "given", "seed", "shuffle", "stratify"):
        assert any(key in of_vector for of_vector in keys)
        assert not all(key in of_vector for of_vector in keys)
    for key, values in (("shuffle", {True, False}), ("stratify", {True, False}), ("seed", {0, 7, "each"})):
        assert values <= {vector["split"][key] for vector in SPLIT_VECTORS if key in vector["split"]}
    assert len(set(NAMES)) == len(NAMES) >= 20


# the lines of the page


@pytest.mark.parametrize("vector", SIMPLE, ids=[vector["name"] for vector in SIMPLE])
def test_the_lines_of_the_page_divide_the_simple_ones(vector: dict[str, Any]) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    program: dict[str, Any] = {}
    exec(code, program)
    labels = vector.get("labels", [0] * vector["rows"])
    codes = np.array([sorted(set(labels)).index(label) for label in labels])
    folds = program["divide"](codes, vector["split"], vector["seed"])
    assert [{part: rows.tolist() for part, rows in parts.items()} for parts in folds] == vector["parts"]


def test_enough_vectors_are_simple() -> None:
    assert len(SIMPLE) >= 9
    assert any("cv" in vector["split"] for vector in SIMPLE)


# another program, that knows nothing of gitjournal's code, by the words of the page


@pytest.mark.parametrize("vector", SPLIT_VECTORS, ids=NAMES)
def test_another_program_divides_every_vector(vector: dict[str, Any]) -> None:
    assert Splitter(vector).divide() == vector["parts"]


@pytest.mark.parametrize("n_rows", [1, 2, 11, 64, 1000])
def test_a_permutation_is_drawn_as_the_page_says(n_rows: int) -> None:
    for number, purpose in enumerate(splits.PURPOSES):
        drawn = splits._stream(2**32 - 1, purpose, 3).permutation(n_rows)
        assert drawn.tolist() == permute(np.random.RandomState([2**32 - 1, number, 3]), n_rows)


def test_the_page_lists_the_purposes_as_the_code_numbers_them() -> None:
    assert re.findall(r"^\| `(\w+)` \| (\d) \|", PAGE.read_text(), re.MULTILINE) == [
        (purpose, str(number)) for number, purpose in enumerate(splits.PURPOSES)
    ]
