"""Arrays kept beside the journal: plain `.npz` without pickle, written whole, and read only as what was written.

numpy alone, so that pages count a confusion matrix without a worker. What is read must have the sha256 that a record names: a file
that was replaced, cut off or edited is refused before anything looks into it.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from gitjournal.data.raw import Array
from gitjournal.errors import DataError, TrustError
from gitjournal.files import make_folder, write_whole
from gitjournal.worker.jobs import ConfusionCounts

PREDICTIONS, MODEL, WEIGHTS = "predictions.npz", "model.skops", "weights.npz"
_ZIP = b"PK\x03\x04"


def write_bytes(path: Path, content: bytes) -> str:
    """Write a file whole or not at all, and return its sha256. Raises as `write_whole` does."""
    make_folder(path.parent)
    write_whole(path, content)
    return hashlib.sha256(content).hexdigest()


def read_bytes(path: Path, sha256: str) -> bytes:
    """Return the bytes of a kept file. Raises DataError where it is gone, TrustError where it is not what a record names."""
    try:
        content = path.read_bytes()
    except OSError:
        raise DataError(f"{path.name} is not kept here") from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise TrustError(f"{path} is not what its record names: it was replaced or cut off, and is not read")
    return content


def write_arrays(path: Path, arrays: Mapping[str, Array]) -> str:
    """Write arrays by name, and return the sha256 of the file: the same arrays are the same bytes.

    Raises TypeError for an array of Python objects.
    """
    for name, array in arrays.items():
        if array.dtype.hasobject:
            raise TypeError(f"`{name}` holds Python objects, which are not kept")
    written = io.BytesIO()
    np.savez_compressed(written, allow_pickle=False, **arrays)
    return write_bytes(path, written.getvalue())


def read_arrays(path: Path, sha256: str) -> dict[str, Array]:
    """Return arrays by name. Raises TrustError for a file that is something else in the clothes of an `.npz`."""
    content = read_bytes(path, sha256)
    if not content.startswith(_ZIP):
        raise TrustError(f"{path.name} is no .npz archive, and is not read")
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except ValueError:
        raise TrustError(f"{path.name} holds Python objects, and reading those can run code") from None
    except Exception:  # noqa: BLE001 - numpy, zipfile and zlib each have errors of their own for a damaged file
        raise DataError(f"{path.name} cannot be read as .npz") from None


def confusion_counts(file: Path, sha256: str) -> ConfusionCounts:
    """Return the codes of the classes that occur, and how often each (row) was taken for each (column).

    Raises TrustError where the predictions are not what the record names, DataError where they are not of one class a row.
    """
    arrays = read_arrays(file, sha256)
    true, predicted = (arrays.get(name) for name in ("y", "predicted"))
    if true is None or predicted is None or true.ndim != 1 or true.shape != predicted.shape:
        raise DataError(f"{file.name} holds no classes")
    if "f" in (true.dtype.kind, predicted.dtype.kind):
        raise DataError(f"{file.name} holds no classes")
    codes, at = np.unique(np.concatenate([true, predicted]), return_inverse=True)
    counts = np.zeros((len(codes), len(codes)), dtype=int)
    np.add.at(counts, (at[: len(true)], at[len(true) :]), 1)
    return ConfusionCounts(codes.astype(int).tolist(), counts.tolist())
