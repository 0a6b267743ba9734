"""Data in columns: CSV and Parquet. What a cell means is fixed here.

Numbers are float64, text that takes few values is a category, booleans are categories, what is missing is NaN (in text:
an empty text). A date is one only where `types` says so, or where the file does (Parquet); it becomes days since
1970.
"""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Sequence
from io import BufferedReader
from typing import Any, Literal

import numpy as np
import pandas as pd
from pandas.api import types as kinds_of

from gitjournal.data.raw import Array, DataRequest, Raw
from gitjournal.entry.model import MISSING
from gitjournal.errors import DataError, EntryError, nearest
from gitjournal.paths import KeyPath

SEPARATORS = ",;\t|"
# text with at most this many values, or values for at most this share of the rows, is a category
CATEGORY_VALUES, CATEGORY_SHARE = 20, 0.05
# 0.1 in the file is 0.1 in Python, to the last bit: the default since pandas 3.1, where the option is deprecated
PRECISION: Literal["round_trip"] | None = None if tuple(map(int, pd.__version__.split(".")[:2])) >= (3, 1) else "round_trip"


def read_csv(file: BufferedReader, name: str, request: DataRequest, place: KeyPath) -> Raw:
    """Return the rows of a CSV file.

    `sep` is found in the first two lines where the entry does not say it. Raises DataError for a file that is no table.
    """
    data = request.data
    text = _decode(file.read(), name, data.get("encoding", "utf-8"))
    sep = data.get("sep") or _separator(text)
    header = _header(text, sep, name, place)
    texts = {column: str for column, kind in (data.get("types") or {}).items() if kind in ("category", "text") and column in header}
    decimal = data.get("decimal", ".")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(
                io.StringIO(text),
                sep=sep,
                decimal=decimal,
                na_values=list(data.get("na", MISSING)),
                keep_default_na=False,
                dtype=texts,
                index_col=False,
                float_precision=PRECISION,
                low_memory=False,
            )
    except (pd.errors.ParserError, pd.errors.ParserWarning) as fault:
        reason = str(fault).partition("C error: ")[2].strip() or "Some rows have more cells than the header"
        raise DataError(f"{name}: {reason[0].lower()}{reason[1:]}", hint="is `sep` right?", path=place) from None
    except ValueError:  # what pandas says quotes cells
        raise DataError(f"{name} cannot be read as CSV with sep {sep!r}", path=place) from None
    in_lines = len(text.rstrip("\r\n").split("\n")) == len(frame) + 1
    options = {} if sep == "," or "sep" in data else {"sep": sep}
    return assign_roles(frame, name, request, place, options=options, first_line=2 if in_lines else None)


def _decode(raw: bytes, name: str, encoding: str) -> str:
    path = ("data", "encoding")
    try:
        return raw.decode("utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding)
    except LookupError:
        raise EntryError(f"unknown encoding `{encoding}`", path=path) from None
    except UnicodeDecodeError as fault:
        raise DataError(
            f"{name} is not {encoding}: byte {fault.start} fits no character", hint="try encoding: latin-1", path=path
        ) from None


def _separator(text: str) -> str:
    """Return the separator that cuts the header into most cells, and the next line into as many."""
    lines = [line for line in text[:65536].splitlines() if line.strip()][:2]

    def cells(sep: str) -> tuple[bool, int]:
        counts = [len(next(csv.reader([line], delimiter=sep))) for line in lines]
        return len(set(counts)) == 1 and counts[0] > 1, counts[0] if counts else 0

    return max(SEPARATORS, key=cells)  # the first of equals


def _header(text: str, sep: str, name: str, place: KeyPath) -> list[str]:
    """Return the names of the columns. Raises DataError where one is missing or stands twice."""
    try:
        header = next(csv.reader(io.StringIO(text), delimiter=sep), [])
    except csv.Error:
        header = []
    if not any(header):
        raise DataError(f"{name} has no header line with the names of its columns", path=place)
    twice = [column for column in header if column and header.count(column) > 1]
    if twice:
        raise DataError(f"{name} has the column `{twice[0]}` twice", path=place)
    return header


def read_parquet(file: BufferedReader, name: str, request: DataRequest, place: KeyPath) -> Raw:
    """Return the rows of a Parquet file. Raises DataError where it is none, or where pyarrow is missing."""
    try:
        frame = pd.read_parquet(file, engine="pyarrow")
    except ImportError:
        raise DataError(f"{name}: reading Parquet needs pyarrow", hint="pip install 'gitjournal[parquet]'", path=place) from None
    except Exception:  # noqa: BLE001 - pyarrow has errors of its own for a damaged file
        raise DataError(f"{name} cannot be read as Parquet", path=place) from None
    nameless = all(level is None for level in frame.index.names)
    return assign_roles(frame.reset_index(drop=nameless).rename(columns=str), name, request, place)


def assign_roles(
    frame: pd.DataFrame,
    name: str,
    request: DataRequest,
    place: KeyPath,
    *,
    options: dict[str, Any] | None = None,
    first_line: int | None = None,
) -> Raw:
    """Return the features and the columns that have another role; features keep the types of the file.

    Raises DataError for a column that is not there, with the nearest, and EntryError for one in two roles.
    """
    data, names = request.data, [str(column) for column in frame.columns]
    if frame.empty:
        raise DataError(f"{name} has no rows", path=place)
    _check_names(names, data, name, place)
    target = data.get("target")
    if not target:
        raise DataError(f"`target` is missing: which column is to be predicted? The columns are {_list_names(names)}", path=("data",))
    targets = [target] if isinstance(target, str) else target
    chosen = _features(names, request, targets)
    if chosen == []:
        raise DataError(f"{name}: no column is left to predict from", path=place)
    X: Any = _text_array(frame[chosen]) if isinstance(chosen, str) else frame[chosen]
    return Raw(
        X,
        frame[target],
        {"text": [chosen]} if isinstance(chosen, str) else {"": chosen},
        weights=frame[data["weights"]] if "weights" in data else None,
        groups=frame[request.group] if request.group else None,
        times=_read_times(frame[request.time]) if request.time else None,
        options=options or {},
        first_line=first_line,
    )


def _check_names(names: list[str], data: dict[str, Any], file: str, place: KeyPath) -> None:
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"{file} has the column `{twice}` twice", path=place)
    unnamed = [name for name in names if name.startswith("Unnamed: ") and name not in (data.get("drop") or ())]
    if unnamed:
        hint = f'name it in the file, or leave it out: drop: ["{unnamed[0]}"]'
        raise DataError(f"{file}: column {names.index(unnamed[0]) + 1} has no name", hint=hint, path=place)


def _features(names: list[str], request: DataRequest, targets: list[str]) -> list[str] | str:
    """Return the names of the features: a list, or one name alone for text."""
    data = request.data
    roles: list[tuple[str | None, KeyPath]] = [
        *((name, ("data", "target")) for name in targets),
        *((name, ("data", "drop")) for name in data.get("drop") or ()),
        (data.get("weights"), ("data", "weights")),
        (request.group, ("split", "group")),
        (request.time, ("split", "time")),
    ]
    declared = data.get("features")
    listed = [declared] if isinstance(declared, str) else declared or []
    asked = [*roles, *((name, ("data", "types")) for name in data.get("types") or {}), *((name, ("data", "features")) for name in listed)]
    for name, path in asked:
        if name is not None and name not in names:
            raise DataError(f"no column `{name}`{nearest(name, names)}; the columns are {_list_names(names)}", path=path)
    apart = {name: path for name, path in roles if name is not None}
    for name in listed:
        if name in apart:
            raise EntryError(f"`{name}` cannot be a feature: it stands in {'.'.join(map(str, apart[name]))} too", path=("data", "features"))
    return declared or [name for name in names if name not in apart]


def _list_names(names: Sequence[str]) -> str:
    return ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")


def _text_array(column: Any) -> Array:
    """Return a column of text in one dimension."""
    return np.asarray(_to_texts(column).to_numpy())


def convert_columns(frame: pd.DataFrame, declared: dict[str, str]) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """Return features in the types that models take, and their names by kind; `declared` says kinds where it knows.

    Raises DataError for values that are not of their kind.
    """
    columns: dict[str, Any] = {}
    kinds: dict[str, list[str]] = {"number": [], "category": [], "text": [], "date": []}
    take = {"number": _to_numbers, "category": _to_categories, "text": _to_texts, "date": _to_days}
    for name in frame.columns:
        column = frame[name]
        kind = declared.get(name) or _kind(column)
        kinds[kind].append(str(name))
        columns[name] = take[kind](column.astype(object) if isinstance(column.dtype, pd.CategoricalDtype) else column)
    return pd.DataFrame(columns), {kind: names for kind, names in kinds.items() if names}


def _kind(column: Any) -> str:
    if kinds_of.is_bool_dtype(column.dtype) or isinstance(column.dtype, pd.CategoricalDtype):
        return "category"
    if kinds_of.is_numeric_dtype(column.dtype):
        return "number"
    if kinds_of.is_datetime64_any_dtype(column.dtype):
        return "date"
    return "category" if column.nunique() <= max(CATEGORY_VALUES, CATEGORY_SHARE * len(column)) else "text"


def _to_numbers(column: Any) -> Any:
    return _check_complete(pd.to_numeric(column, errors="coerce").astype("float64"), column, "a number")


def _to_days(column: Any) -> Any:
    """Return days since 1970, as floats."""
    moments = pd.to_datetime(column, format="ISO8601", errors="coerce", utc=True)
    days = (moments - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(days=1)
    return _check_complete(days.astype("float64"), column, "a date such as 2026-11-21")


def _check_complete(converted: Any, column: Any, what: str) -> Any:
    """Return a converted column. Raises DataError where values were lost on the way."""
    lost = (converted.isna() & column.notna()).to_numpy()
    if lost.any():
        where = f"{int(lost.sum())} of {len(lost)} values are not {what}, first in data row {int(lost.argmax()) + 1}"
        raise DataError(f"`{column.name}`: {where}", hint="see `types` and `na`", path=("data", "types", str(column.name)))
    return converted


def _to_categories(column: Any) -> Any:
    """Return text, and NaN for what is missing."""
    texts = column.astype(object).map(str, na_action="ignore")
    return pd.Series(texts.where(texts.notna(), np.nan), dtype=object)


def _to_texts(column: Any) -> Any:
    """Return text; a missing one is an empty text, as vectorizers take no NaN."""
    texts = column.astype(object).map(str, na_action="ignore")
    return pd.Series(texts.where(texts.notna(), ""), dtype=object)


def _read_times(column: Any) -> Array:
    """Return what to sort by: numbers as they are, ISO dates as days since 1970."""
    path = ("split", "time")
    try:
        times = (_to_numbers if kinds_of.is_numeric_dtype(column.dtype) else _to_days)(column)
    except DataError as fault:
        raise DataError(fault.message, path=path) from None
    if times.isna().any():
        raise DataError(f"`{column.name}` is missing in {int(times.isna().sum())} rows; a split in time needs it in each", path=path)
    return np.asarray(times.to_numpy())
