"""Which class was taken for which, counted from predictions that were kept. numpy alone, so that pages need no worker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from gitjournal.errors import DataError
from gitjournal.worker import arrays as stored


def count(file: Path, sha256: str) -> dict[str, Any]:
    """Return the codes of the classes that occur, and how often each (row) was taken for each (column).

    Raises TrustError where the predictions are not what the record names, DataError where they are not of one class a row.
    """
    arrays = stored.read_arrays(file, sha256)
    true, predicted = (arrays.get(name) for name in ("y", "predicted"))
    if true is None or predicted is None or true.ndim != 1 or true.shape != predicted.shape:
        raise DataError(f"{file.name} holds no classes")
    if "f" in (true.dtype.kind, predicted.dtype.kind):
        raise DataError(f"{file.name} holds no classes")
    codes, at = np.unique(np.concatenate([true, predicted]), return_inverse=True)
    counts = np.zeros((len(codes), len(codes)), dtype=int)
    np.add.at(counts, (at[: len(true)], at[len(true) :]), 1)
    return {"codes": codes.astype(int).tolist(), "counts": counts.tolist()}
