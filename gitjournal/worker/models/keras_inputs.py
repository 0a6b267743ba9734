"""The inputs of a network: the data go through the scikit-learn steps before it, then each input takes its columns."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gitjournal.data.raw import Array
from gitjournal.errors import DataError
from gitjournal.procedure.networks.graph import Graph
from gitjournal.worker.models import sklearn_models, skops_files
from gitjournal.worker.models.keras_layers import short
from gitjournal.worker.models.keras_rows import from_table
from gitjournal.worker.models.sklearn_models import ParameterError

Steps = list[list[Any]]

BEFORE = "before"  # the steps before the network, as the bytes of a file of skops
WHOLE_NUMBERS = frozenset(["CategoryEncoding", "Embedding", "HashedCrossing", "Hashing", "IntegerLookup"])  # layers that count by numbers
KEEPS_SHAPE = frozenset(
    f"sklearn.preprocessing.{name}"
    for name in ("MaxAbsScaler", "MinMaxScaler", "Normalizer", "PowerTransformer", "QuantileTransformer", "RobustScaler", "StandardScaler")
)


class Inputs:
    """The steps before a network, and what its inputs take of what comes out of them."""

    def __init__(self, tree: Steps, seed: int | None, graph: Graph) -> None:
        self.graph = graph
        self.steps = [label for label, *_ in tree[:-1]]
        self.label: str = tree[-1][0]
        self.before = sklearn_models.build(tree[:-1], seed) if self.steps else None
        self.names: list[str] = []

    def fit(self, X: Any, y: Array, names: Sequence[str]) -> list[Any]:
        """Fit the steps to train rows, whose columns have these names, and return the rows of each input.

        Raises ParameterError for a last step that does not transform, and as `sources` does.
        """
        if self.before is not None:
            if not hasattr(self.before, "transform"):
                raise ParameterError(f"`{self.steps[-1]}` does not transform, so nothing can come after it", [self.steps[-1]])
            X = self.before.fit_transform(X, y)
        self.names = self._names_after(names)
        return sources(self.graph, X, self.names, self.label)

    def transform(self, X: Any) -> list[Any]:
        """Return the rows of each input, by steps that are fitted."""
        return sources(self.graph, X if self.before is None else self.before.transform(X), self.names, self.label)

    def state(self) -> dict[str, Array]:
        """Return the fitted steps as bytes. Raises DataError for steps that could not be opened again."""
        return {} if self.before is None else {BEFORE: np.frombuffer(skops_files.to_bytes(self.before), dtype=np.uint8)}

    def restore(self, state: Mapping[str, Array], names: Sequence[str]) -> None:
        """Become what was kept instead of being fitted.

        Raises DataError where it does not fit, TrustError for steps that are not opened.
        """
        if (self.before is None) != (BEFORE not in state):
            raise DataError("what is kept does not fit the declared steps")
        if self.before is not None:
            self.before = skops_files.from_bytes(state[BEFORE].tobytes())
        self.names = self._names_after(names)

    def _names_after(self, names: Sequence[str]) -> list[str]:
        """Return what columns are called after the steps, as far as they say so."""
        if self.before is None:
            return list(names)
        try:
            return [str(name) for name in self.before.get_feature_names_out(list(names) or None)]
        except (AttributeError, ValueError, TypeError):
            return []


def sources(graph: Graph, X: Any, names: Sequence[str], label: str) -> list[Any]:
    """Return the rows of each input. `names` are those of the columns, `label` is that of the network.

    Raises ParameterError for a column that is not there, and for what a network does not take.
    """
    return [_input_rows(graph, number, _select_columns(X, one.columns, names, label), label) for number, one in enumerate(graph.sources)]


def _select_columns(X: Any, columns: Any, names: Sequence[str], label: str) -> Any:
    """Return the columns that an input takes."""
    if columns == "all":
        return X
    listed = columns if isinstance(columns, list) else [columns]
    available = [str(name) for name in X.columns] if hasattr(X, "columns") else list(names)
    try:
        numbers = [column if isinstance(column, int) else available.index(column) for column in listed]
    except ValueError:
        missing = next(column for column in listed if not isinstance(column, int) and column not in available)
        says = f"columns are {', '.join(available[:10])}" if available else "columns have numbers here, from 0"
        raise ParameterError(f"the network receives no column `{missing}`; {says}", [label, "inputs"]) from None
    if max(numbers) >= X.shape[1] or min(numbers) < 0:
        raise ParameterError(f"the network receives no column {max(numbers)}: there are {X.shape[1]}", [label, "inputs"])
    chosen = numbers if isinstance(columns, list) else numbers[0]
    return X.iloc[:, chosen] if hasattr(X, "iloc") else X[:, chosen]


def _input_rows(graph: Graph, number: int, X: Any, label: str) -> Any:
    """Return the rows of one input: float32, text, or whole numbers where a layer takes them as they are."""
    if hasattr(X, "columns"):
        X = from_table(X, label)
    elif hasattr(X, "to_numpy"):
        X = X.to_numpy()
    if getattr(X, "ndim", 2) == 1 and getattr(X, "dtype", None) is not None and X.dtype.kind in "OUS":
        return np.asarray(["" if one is None or one != one else str(one) for one in X], dtype=object)  # noqa: PLR0124 - NaN is not itself
    if isinstance(X, np.ndarray):
        if X.dtype.kind == "O":
            raise ParameterError("the columns hold text and numbers; let text be an input of its own", [label, "inputs"])
        if X.dtype.kind == "f" and np.isnan(X).any():
            raise ParameterError("the data hold missing values, which a network does not take; put a SimpleImputer before it", [label])
        X = X[:, None] if X.ndim == 1 else X
        return X.astype(np.int64) if X.dtype.kind in "iub" and _takes_whole_numbers(graph, number) else X
    return X


def _takes_whole_numbers(graph: Graph, number: int) -> bool:
    return all(short(one.node) in WHOLE_NUMBERS for one in graph.layers if number in one.inputs)


def samples(graph: Graph, tree: Steps, facts: dict[str, Any]) -> list[Any] | None:
    """Return two rows of each input as data of these facts would give them; None where a step or a vocabulary decides what comes in."""
    learned = ("IntegerLookup", "StringLookup", "TextVectorization")
    if any(short(one.node) in learned and not one.node["params"].get("vocabulary") for one in graph.layers):
        return None
    if any(node not in ("passthrough", None) and node["class"] not in KEEPS_SHAPE for _, node, *_ in tree[:-1]):
        return None
    columns: dict[str, Any] = facts.get("columns") or {}
    if set(columns) != {"number"}:
        return None
    shape = tuple(facts.get("shape") or [facts.get("n_features") or 0])
    if not all(shape):
        return None
    rows = []
    for source in graph.sources:
        width = shape if source.columns == "all" else (len(source.columns) if isinstance(source.columns, list) else 1,)
        rows.append(np.arange(2 * math.prod(width), dtype=np.float32).reshape(2, *width))
    return rows
