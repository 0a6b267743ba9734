"""Data that are arrays already: `.npz` files and the sets that come with scikit-learn."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from io import BufferedReader
from pathlib import Path

import numpy as np

from gitjournal.data.hashing import remember_set
from gitjournal.data.raw import Array, DataRequest, Raw
from gitjournal.errors import DataError, EntryError, TrustError, nearest
from gitjournal.paths import KeyPath

SETS = ("breast_cancer", "diabetes", "digits", "iris", "linnerud", "wine")
_DOWNLOADED = ("20newsgroups", "california", "covtype", "kddcup", "lfw", "olivetti", "openml", "rcv1", "species")


def read_set(name: str, cache: Path) -> Raw:
    """Return one of the sets that come with scikit-learn, as numeric arrays.

    Raises EntryError for another name, and for the sets that scikit-learn would download.
    """
    path = ("data", "sklearn")
    if name.removeprefix("fetch_").startswith(_DOWNLOADED):
        message = f"scikit-learn downloads `{name}` when it is asked for; an experiment reads only what is here"
        raise EntryError(message, hint="save it once as a file in the repository, and use `path:`", path=path)
    if name not in SETS:
        raise EntryError(f"no set `{name}` comes with scikit-learn{nearest(name, SETS) or '; there are ' + ', '.join(SETS)}", path=path)
    import sklearn.datasets

    bunch = getattr(sklearn.datasets, f"load_{name}")()
    names = [str(column) for column in bunch.feature_names]
    content = hash_arrays({"data": bunch.data, "target": bunch.target}, names)
    remember_set(name, content, cache)
    return Raw(bunch.data, bunch.target, {"number": names}, content=content)


def hash_arrays(arrays: dict[str, Array], names: Sequence[str]) -> str:
    """Return `sha256:…` over the names, types, shapes and bytes of arrays, and over the names of the columns."""
    digest = hashlib.sha256(json.dumps(list(names)).encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"\n{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return "sha256:" + digest.hexdigest()


def read_npz(file: BufferedReader, name: str, request: DataRequest, place: KeyPath) -> Raw:
    """Return the arrays of an `.npz` file: X and y (or as `arrays` names them), weights, groups and times by name.

    Raises TrustError for one that holds Python objects, DataError for one that does not fit.
    """
    return assign_arrays(_open_archive(file, name, place), name, request, place)


def assign_arrays(arrays: Mapping[str, Array], name: str, request: DataRequest, place: KeyPath) -> Raw:
    """Return named arrays by their role; `name` is what messages call the whole. Raises DataError where they do not fit."""
    data = request.data
    for key in ("target", "features", "drop", "types"):
        if key in data:
            raise EntryError(f"`{key}` chooses columns of a table; {name} holds arrays: name them with `arrays`", path=("data", key))

    def array(key: str, *path: str) -> Array:
        if key not in arrays:
            raise DataError(f"{name} has no array `{key}`{nearest(key, arrays)}; it has {', '.join(arrays)}", path=path)
        return arrays[key]

    named = data.get("arrays") or {}
    X, y = array(named.get("X", "X"), "data", "arrays", "X"), array(named.get("y", "y"), "data", "arrays", "y")
    weights = array(data["weights"], "data", "weights") if "weights" in data else None
    groups = array(request.group, "split", "group") if request.group else None
    times = array(request.time, "split", "time") if request.time else None
    for key, values in (("y", y), ("weights", weights), ("groups", groups), ("times", times)):
        fits = values is None or (values.ndim > 0 and X.ndim > 0 and len(values) == len(X) and (key == "y" or values.ndim == 1))
        if not fits and values is not None:
            raise DataError(f"{name}: X has shape {X.shape} and {key} {values.shape}; they need one value for each row", path=place)
    if X.ndim == 1 and X.dtype.kind in "US":
        return Raw(X.astype(str).astype(object), y, {"text": [named.get("X", "X")]}, weights, groups, times)
    if X.ndim == 1 or X.dtype.kind not in "fiub":
        raise DataError(f"{name}: X is {X.dtype} in shape {X.shape}; numbers in rows and columns are needed, or text in rows", path=place)
    numbers = [f"x{number}" for number in range(int(np.prod(X.shape[1:])))]
    return Raw(X, y, {"number": numbers}, weights, groups, times)


def _open_archive(file: BufferedReader, name: str, place: KeyPath) -> dict[str, Array]:
    try:
        archive = np.load(file, allow_pickle=False)
        if not hasattr(archive, "files"):
            raise DataError(f"{name} is one bare array, not an .npz archive", hint="numpy.savez(file, X=…, y=…)", path=place)
        return {key: archive[key] for key in archive.files}
    except DataError:
        raise
    except Exception as fault:  # noqa: BLE001 - numpy, zipfile and zlib each have errors of their own for a damaged file
        if isinstance(fault, ValueError) and "Object arrays" in str(fault):
            message = f"{name} holds Python objects, and reading those can run code: save plain arrays"
            raise TrustError(message, path=place) from None
        raise DataError(f"{name} cannot be read as .npz", path=place) from None
