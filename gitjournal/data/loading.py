"""Data as a model takes them, whatever they came from. Runs in the worker process."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gitjournal.data.arrays import read_npz, read_set
from gitjournal.data.coding import Labels, code_groups, code_target, code_times, code_weights, default_task, plain_target
from gitjournal.data.hashing import hash_source, lfs_oid
from gitjournal.data.images import Images, read_images
from gitjournal.data.python_source import read_function
from gitjournal.data.raw import Array, DataRequest, Raw
from gitjournal.data.tables import convert_columns, read_csv, read_parquet
from gitjournal.errors import DataError, EntryError
from gitjournal.paths import KeyPath, inside, open_file

NAMED_COLUMNS = 30  # a table of numbers alone with more columns is described by their count
READERS = {".csv": read_csv, ".parquet": read_parquet, ".npz": read_npz}


@dataclass(frozen=True)
class Table:
    """Rows to learn from.

    `X` is a DataFrame (CSV, Parquet), a numeric array with rows first, a 1-D array of text, or images that are decoded
    when asked for. `y` has one row each:
    codes 0..k-1 of the `classes`, or floats, or 0/1 by label. `columns` maps kind to feature names, `given` part to row
    numbers; `options` are the loader options that were chosen here, `content` is the hash.
    """

    X: Any
    y: Array
    task: str
    columns: dict[str, list[str]]
    content: str
    options: dict[str, Any]
    classes: Labels | None = None
    weights: Array | None = None
    groups: Array | None = None
    times: Array | None = None
    given: dict[str, Array] | None = None

    @property
    def n_rows(self) -> int:
        """How many rows there are, over all parts."""
        return len(self.y)

    def facts(self, *, named: bool) -> dict[str, Any]:
        """Return what an entry tells about its data; `named` lists the columns however many they are."""
        shaped: dict[str, Any] = {"shape": list(self.X.shape[1:])} if self.X.ndim > 2 else {}
        columns: dict[str, Any] = self.columns
        count = sum(map(len, self.columns.values()))
        if not named and list(columns) == ["number"] and count > NAMED_COLUMNS:
            columns = {"number": count}
        more: dict[str, Any] = {"n_outputs": self.y.shape[1]} if self.y.ndim > 1 else {}
        return {"n_rows": self.n_rows, "n_features": count, **shaped, **more, "classes": self.classes, "columns": columns}


def in_rows(X: Any) -> Any:
    """Return features as scikit-learn takes them: images and sequences become one row of numbers each."""
    if isinstance(X, Images):
        return X.flat()
    return X.reshape(len(X), -1) if X.ndim > 2 else X


def load(request: DataRequest, cache: Path, task: str | None = None) -> Table:
    """Read the data that are asked for; `cache` is the folder for local caches, `task` what the entry declares.

    Raises EntryError for a declaration that does not fit, DataError for data that do not, TrustError for what is not read;
    their `path` is the key in the front matter.
    """
    data = request.data
    before = hash_source(data, request.root, cache)
    raw = _read_source(request, cache)
    content = raw.content or hash_source(data, request.root, cache)
    if content is None or (before is not None and content != before):
        raise DataError("the data changed while they were read", hint="try again when nothing writes to them", path=("data",))
    if isinstance(raw.X, pd.DataFrame):  # kinds are those of all rows, so they are found after files were joined
        X, columns = convert_columns(raw.X, data.get("types") or {})
        raw = replace(raw, X=X, columns=columns)
    place = ("data", "target") if "target" in data else ("data",)
    y = plain_target(raw.y, raw.first_line, place)
    task = task or default_task(y)
    y, classes = code_target(y, task, data, place)
    return Table(
        raw.X,
        y,
        task,
        raw.columns,
        content,
        raw.options,
        classes,
        code_weights(raw.weights),
        code_groups(raw.groups),
        code_times(raw.times),
        raw.given,
    )


def _read_source(request: DataRequest, cache: Path) -> Raw:
    data = request.data
    if "images" not in data and (odd := next((key for key in ("size", "color", "interpolation") if key in data), None)):
        raise EntryError(f"`{odd}` goes with `images`", path=("data", odd))
    if "images" in data:
        return read_images(request)
    if "python" in data:
        return read_function(request)
    if "files" in data:
        return _read_parts(request)
    if "path" in data:
        return _read_file(data["path"], request, ("data", "path"))
    for key, column in (("group", request.group), ("time", request.time)):
        if column:
            raise DataError(f"the scikit-learn sets have no column `{column}`", path=("split", key))
    return read_set(data["sklearn"], cache)


def _read_file(name: str, request: DataRequest, place: KeyPath) -> Raw:
    reader = READERS.get(Path(name).suffix.lower())
    if reader is None:
        raise EntryError(f"{name} is none of {', '.join(READERS)}", path=place)
    with open_file(inside(name, request.root, place), name, place) as file:
        if lfs_oid(file):
            raise DataError(f"{name} is a git-lfs pointer: its content is not here", hint="git lfs pull", path=place)
        return reader(file, name, request, place)


def _read_parts(request: DataRequest) -> Raw:
    """Read one file for each part, and put them under one another."""
    pieces = {role: _read_file(name, request, ("data", "files", role)) for role, name in request.data["files"].items()}
    role, *later_roles = pieces
    first = pieces[role]
    for later_role in later_roles:
        _check_columns(first, pieces[later_role], role, later_role)
    ends = np.cumsum([0, *(len(piece.y) for piece in pieces.values())])
    rows_by_part = {part: np.arange(ends[number], ends[number + 1]) for number, part in enumerate(pieces)}
    under = {key: _concatenate([getattr(piece, key) for piece in pieces.values()]) for key in ("X", "y", "weights", "groups", "times")}
    return replace(first, **under, given=rows_by_part, first_line=None)


def _check_columns(first: Raw, second: Raw, role: str, second_role: str) -> None:
    path = ("data", "files", second_role)
    first_names, other_names = ({name for names in raw.columns.values() for name in names} for raw in (first, second))
    if first_names != other_names or type(first.X) is not type(second.X):
        odd = ", ".join(sorted(first_names ^ other_names)[:5])
        raise DataError(f"{role} and {second_role} do not have the same columns{': ' if odd else ''}{odd}", path=path)
    if first.options != second.options:
        raise DataError(f"{role} and {second_role} are cut by different separators", path=path)


def _concatenate(parts: list[Any]) -> Any:
    if parts[0] is None:
        return None
    return np.concatenate(parts) if isinstance(parts[0], np.ndarray) else pd.concat(parts, ignore_index=True)
