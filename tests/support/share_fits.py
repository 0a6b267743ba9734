"""Fits each class of the table of shares with a share and with the count that it comes to. Also run by other versions of scikit-learn."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from gitjournal.procedure import counts
from gitjournal.procedure.catalogue import lookup

ROWS, COLUMNS = 90, 7
GENERATOR = np.random.RandomState(0)
X = GENERATOR.normal(size=(ROWS, COLUMNS))
Y = (X[:, 0] + X[:, 1] ** 2 + 0.5 * GENERATOR.normal(size=ROWS) > 0.8).astype(int)
X_NEW = GENERATOR.normal(size=(300, COLUMNS))
TEXT = np.array([" ".join(f"word{word}" for word in range(row, ROWS)) for row in range(ROWS)])  # one word for each number of rows
SHARES = {"rows": [0.011, 0.04, 0.1, 1 / 3, 0.5, 0.9, 1.0], "columns": [0.01, 0.2, 0.3, 0.5, 0.9, 1.0]}
BASE = {"n_estimators": 4, "bootstrap": True}


def cases() -> Iterator[tuple[counts.Share, str, Any]]:
    """Give every class of the table with every value to try."""
    for share in counts.SHARES:
        for owner in share.classes.split():
            for value in [*SHARES[share.of], *share.words]:
                if not (share.parameter == "min_samples_leaf" and value == 1):  # refused by scikit-learn
                    yield share, owner, value


def outputs(owner: str, params: dict[str, Any]) -> list[bytes]:
    """Fit, and return everything that a score could be computed from."""
    known = lookup(owner)
    assert known is not None
    taken = {name: value for name, value in BASE.items() if name in known.params and not owner.startswith("ExtraTreeC")}
    seeded = {"random_state": 0} if "random_state" in known.params else {}
    model = getattr(importlib.import_module(known.path.rpartition(".")[0]), owner)(**taken, **seeded, **params)
    rows, new = (TEXT, TEXT) if "Vectorizer" in owner else (X, X_NEW)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(rows, Y)
        found = [getattr(model, name)(new) for name in ("predict", "predict_proba", "transform") if hasattr(model, name)]
    return [(part.toarray() if hasattr(part, "toarray") else np.asarray(part)).tobytes() for part in found]


def check(share: counts.Share, owner: str, value: Any) -> str:
    """Return what is wrong, or "" where the value and the count that the table says give the same, bit for bit."""
    count = counts.share_as_count(owner, share.parameter, value, counts.Sizes(ROWS, COLUMNS), {}.get)
    if type(count) is not int:
        return "" if count == value and int(value * ROWS) == 0 else f"{owner}: {share.parameter} {value} came to {count}"
    by_share, by_count = (_or_fault(owner, {share.parameter: each}) for each in (value, count))
    return "" if by_share == by_count else f"{owner}: {share.parameter} {value} is not {count}"


def _or_fault(owner: str, params: dict[str, Any]) -> list[bytes] | str:
    try:
        return outputs(owner, params)
    except ValueError as fault:  # a vocabulary with nothing left, either way
        return type(fault).__name__


if __name__ == "__main__":
    wrong = [said for case in cases() if (said := check(*case))]
    sys.exit("\n".join(wrong) or 0)
