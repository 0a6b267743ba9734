"""Fractions of rows or columns converted to counts, so that both spellings have one fingerprint. Pure.

A tree asked for ``min_samples_leaf: 0.01`` on 1,000 training rows is the tree asked for 10. Both are one run, so the identity holds the
count. That is done only where the count is certain before anything is fitted: for a step of the procedure itself (inside another
estimator the rows may be fewer), on a holdout whose sizes follow from its shares (not by group or time, where ties decide).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from gitjournal.entry.model import Facts

Effective = Callable[[str], Any]


@dataclass(frozen=True)
class Sizes:
    """How many rows a step is fitted on and how many columns it sees; None where that is not known before."""

    rows: int | None = None
    columns: int | None = None
    weighted: bool = False

    def after(self, owner: str) -> Sizes:
        """Return what the step after one of the class `owner` (short name) sees: rows stay, columns only after a scaler."""
        return self if owner in _KEEP_COLUMNS else replace(self, columns=None)


UNKNOWN = Sizes()
_KEEP_COLUMNS = frozenset(
    {"MaxAbsScaler", "MinMaxScaler", "Normalizer", "PowerTransformer", "QuantileTransformer", "RobustScaler", "StandardScaler"}
)


def size(share: float, n_rows: int) -> int:
    """Return how many rows a share of all rows means, rounded half up.

    >>> size(0.2, 12), size(0.25, 10)
    (2, 3)
    """
    return math.floor(share * n_rows + 0.5)


def training_rows(split: Mapping[str, Any], n_rows: int) -> int | None:
    """Return how many rows an effective split leaves to train on, or None where the shares alone do not say."""
    if "dev" not in split or any(key in split for key in ("given", "cv", "time", "group")):
        return None
    return n_rows - sum(size(split[part], n_rows) for part in ("test", "dev", "train_dev") if split.get(part) is not None)


def sizes(data: Mapping[str, Any], split: Mapping[str, Any], facts: Facts | None) -> Sizes:
    """Return what the first step sees."""
    if facts is None or facts.n_rows is None:
        return UNKNOWN
    in_columns = not isinstance(data.get("features"), str) and facts.shape is None
    return Sizes(training_rows(split, facts.n_rows), facts.n_features if in_columns else None, bool(data.get("weights")))


@dataclass(frozen=True)
class Share:
    """A parameter of some classes where a share means a count: `of` rows or columns, by `count(share, total)`.

    `words` are other values that mean a count of the total. The row holds only while `unless` has its default.
    """

    classes: str
    parameter: str
    of: str
    count: Callable[[float, int], int]
    words: Mapping[Any, Callable[[int], int]]
    unless: str = ""


def _up(share: float, total: int) -> int:
    return math.ceil(share * total)


def _down(share: float, total: int) -> int:
    return int(share * total)


def _up_to_two(share: float, total: int) -> int:
    return max(2, math.ceil(share * total))


def _one_at_least(share: float, total: int) -> int:
    return max(1, int(share * total))


_TREES = "DecisionTreeClassifier DecisionTreeRegressor ExtraTreeClassifier ExtraTreeRegressor"
_FORESTS = "RandomForestClassifier RandomForestRegressor ExtraTreesClassifier ExtraTreesRegressor"
_BOOSTING = "GradientBoostingClassifier GradientBoostingRegressor"
_BAGGING = "BaggingClassifier BaggingRegressor"
_COUNTING = "CountVectorizer TfidfVectorizer"
_ROOTS: Mapping[Any, Callable[[int], int]] = {
    "sqrt": lambda total: max(1, math.isqrt(total)),
    "log2": lambda total: max(1, total.bit_length() - 1),
    None: lambda total: total,
}

# read in scikit-learn's code, the same from 1.5.2 to 1.9.1. `max_samples` of a forest is not here: how it is rounded has changed
SHARES = (
    Share(f"{_TREES} {_FORESTS}", "min_samples_split", "rows", _up_to_two, {}),
    Share(f"{_TREES} {_FORESTS}", "min_samples_leaf", "rows", _up, {}),
    Share(_BOOSTING, "min_samples_split", "rows", _up_to_two, {}, unless="n_iter_no_change"),
    Share(_BOOSTING, "min_samples_leaf", "rows", _up, {}, unless="n_iter_no_change"),
    Share(f"{_TREES} {_FORESTS} {_BOOSTING}", "max_features", "columns", _one_at_least, _ROOTS),
    Share(_BAGGING, "max_samples", "rows", _down, {}),
    Share(_BAGGING, "max_features", "columns", _one_at_least, {}),
    Share(_COUNTING, "min_df", "rows", _up, {}),
    Share(_COUNTING, "max_df", "rows", _down, {}),
)


def share_as_count(owner: str, parameter: str, value: Any, sizes: Sizes, effective: Effective) -> Any:
    """Return the count that a parameter's value comes to for the class `owner` (short name); any other value as it is."""
    share = _find_share(owner, parameter)
    if share is None or isinstance(value, (bool, dict, list)):
        return value
    total = sizes.rows if share.of == "rows" else sizes.columns
    if total is None or (sizes.weighted and parameter == "max_samples") or (share.unless and effective(share.unless) is not None):
        return value
    if isinstance(value, float):
        count = share.count(value, total) if 0 < value < 1 or (value == 1 and parameter != "min_samples_leaf") else 0
        return count if count >= 1 else value
    return share.words[value](total) if value in share.words else value


def is_share(owner: str, parameter: str, value: Any) -> bool:
    """Whether a value is one that may come to a count."""
    share = _find_share(owner, parameter)
    return share is not None and (isinstance(value, float) or (isinstance(value, str) and value in share.words))


def _find_share(owner: str, parameter: str) -> Share | None:
    return next((one for one in SHARES if one.parameter == parameter and owner in one.classes.split()), None)
