"""Data that a function of one's own gives: a table, or arrays."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gitjournal.data.arrays import assign_arrays, hash_arrays
from gitjournal.data.raw import Array, DataRequest, Raw
from gitjournal.data.tables import assign_roles
from gitjournal.errors import DataError, EntryError
from gitjournal.trust.loader import Node, at_home, import_function

PLACE = ("data", "python")


def read_function(request: DataRequest) -> Raw:
    """Return what the function gives: a DataFrame, a dict of arrays, or `(X, y)`.

    A DataFrame is read as a file of columns would be (`target`, `features`, …), a dict as an `.npz` file would be. The hash
    is of the content, so a function that reads another file, or draws, is found out. Raises DataError for anything else.
    """
    code = request.code
    if code is None:
        raise EntryError("the function is not trusted yet: gitjournal trust ID", path=PLACE)
    name = str(code["python"])
    result = _call({**code, "params": {}}, request.root)
    if isinstance(result, tuple) and len(result) == 2:
        result = {"X": result[0], "y": result[1]}
    if isinstance(result, pd.DataFrame):
        return replace(assign_roles(result.reset_index(drop=True).rename(columns=str), name, request, PLACE), content=_hash_frame(result))
    if not isinstance(result, Mapping) or not all(isinstance(key, str) for key in result):
        raise DataError(f"{name} returned {type(result).__name__}; a DataFrame, a dict of arrays or (X, y) is needed", path=PLACE)
    arrays = {key: _plain_array(value, key, name) for key, value in result.items()}
    return replace(assign_arrays(arrays, name, request, PLACE), content=hash_arrays(arrays, sorted(arrays)))


def _call(node: Node, root: Path) -> Any:
    """Call a function that gives data. Raises DataError for whatever it raises."""
    with at_home(node, root):
        function = import_function(node, PLACE)
        try:
            return function()
        except Exception as fault:
            raise DataError(f"{node['python']} failed: {type(fault).__name__}: {fault}"[:300], path=PLACE) from fault


def _plain_array(value: Any, key: str, name: str) -> Array:
    """Return an array of numbers or text. Raises DataError where Python objects are among them."""
    try:
        array: Array = np.asarray(value)
        if array.dtype.kind == "O":
            array = np.asarray(array.tolist())
    except ValueError:
        raise DataError(f"{name}: `{key}` is ragged; rows of one length are needed", path=PLACE) from None
    if array.dtype.kind not in "biufUM":
        raise DataError(f"{name}: `{key}` holds {array.dtype}; numbers or text are needed", path=PLACE)
    return array


def _hash_frame(frame: pd.DataFrame) -> str:
    """Return `sha256:…` over the names, types and values of a table; its values are hashed by pandas, column by column."""
    digest = hashlib.sha256(json.dumps([str(column) for column in frame.columns]).encode())
    for number in range(frame.shape[1]):
        column = frame.iloc[:, number]
        if column.dtype.kind in "biufM":
            digest.update(f"\n{column.to_numpy().dtype.str}\n".encode() + column.to_numpy().tobytes())
        else:
            digest.update(("\n" + json.dumps([None if pd.isna(value) else str(value) for value in column])).encode())
    return "sha256:" + digest.hexdigest()
