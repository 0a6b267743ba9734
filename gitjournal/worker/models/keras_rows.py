"""Batches of rows as a network takes them: float32, whole numbers or text. Nothing but a batch is asked for at once."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from gitjournal.data.raw import Array
from gitjournal.worker.models.keras_library import load_tensorflow
from gitjournal.worker.models.sklearn_models import ParameterError

# where nothing is learned: it changes last bits only, and follows from the shape of a row alone, so that it changes none
AT_ONCE, AT_ONCE_BYTES = 256, 16 * 2**20


class Batches:
    """Rows in batches, in a new order each time they are walked through where there is a seed for it.

    Without a `size` a batch is at most 256 rows and 16 MiB: of large images a few.
    """

    def __init__(
        self, sources: list[Any], y: Array | None = None, weights: Array | None = None, *, size: int | None = None, seed: int | None = None
    ) -> None:
        self.sources = sources
        self.y = y
        self.weights = None if weights is None else weights.astype(np.float32)
        self.size = size or _batch_size(sources)
        self.stream = None if seed is None else np.random.RandomState(seed)
        self.n_rows = sources[0].shape[0]
        self._fault: Exception | None = None

    @contextlib.contextmanager
    def own_faults(self) -> Iterator[None]:
        """Raise what went wrong when rows were read, such as a broken image, and not what TensorFlow makes of it."""
        try:
            yield
        except Exception:
            if self._fault is not None:
                raise self._fault from None
            raise

    def _walk(self) -> Iterator[Any]:
        try:
            yield from self._batches()
        except Exception as fault:
            self._fault = fault
            raise

    def _batches(self) -> Iterator[Any]:
        order = np.arange(self.n_rows) if self.stream is None else self.stream.permutation(self.n_rows)
        for start in range(0, self.n_rows, self.size):
            rows = order[start : start + self.size]
            X = tuple(dense(source[rows]) for source in self.sources)
            parts = [X[0] if len(X) == 1 else X]
            parts += [] if self.y is None else [self.y[rows]]
            parts += [] if self.weights is None else [self.weights[rows]]
            yield tuple(parts)

    def dataset(self) -> Any:
        """Return a data set of TensorFlow that walks through the rows anew for each epoch."""
        tensorflow = load_tensorflow()

        def spec(array: Array) -> Any:
            return tensorflow.TensorSpec((None, *array.shape[1:]), tensorflow.string if array.dtype.kind == "O" else array.dtype)

        X = tuple(spec(dense(source[np.arange(1)])) for source in self.sources)
        parts = [X[0] if len(X) == 1 else X]
        parts += [spec(one) for one in (self.y, self.weights) if one is not None]
        rows = tensorflow.data.Dataset.from_generator(self._walk, output_signature=tuple(parts))
        return rows.apply(tensorflow.data.experimental.assert_cardinality(math.ceil(self.n_rows / self.size))).prefetch(1)


def _batch_size(sources: list[Any]) -> int:
    row = sum(dense(source[np.arange(1)]).nbytes for source in sources)
    return max(1, min(AT_ONCE, AT_ONCE_BYTES // max(row, 1)))


def dense(batch: Any) -> Array:
    """Return one batch as the array that Keras takes."""
    array: Array = batch.toarray() if hasattr(batch, "toarray") else np.asarray(batch)
    return array if array.dtype.kind == "O" or array.dtype == np.int64 else array.astype(np.float32, copy=False)


def from_table(X: Any, label: str) -> Any:
    """Return a DataFrame as one array: numbers, or text throughout."""
    kinds = {dtype.kind for dtype in X.dtypes}
    if kinds <= set("biuf"):
        return X.to_numpy()
    if kinds <= set("O"):
        return X.astype(str).to_numpy(dtype=object)
    words = [str(name) for name, dtype in X.dtypes.items() if dtype.kind not in "biuf"]
    message = f"column `{words[0]}` holds no numbers; put `tabular` before the network, or let it be an input of its own"
    raise ParameterError(message, [label, "inputs"])
