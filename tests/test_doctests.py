"""The examples in docstrings of the package. Only modules that have some are imported."""

from __future__ import annotations

import doctest
import importlib

import pytest

from tests.support.places import ROOT

WITH_EXAMPLES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in sorted((ROOT / "gitjournal").rglob("*.py"))
    if any(line.lstrip().startswith(">>> ") for line in path.read_text().splitlines())
]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_examples_of_a_module_are_right(name: str) -> None:
    results = doctest.testmod(importlib.import_module(name))
    assert results.attempted > 0
    assert results.failed == 0  # what differs was printed


def test_examples_were_found() -> None:
    assert len(WITH_EXAMPLES) >= 10
