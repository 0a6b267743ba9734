"""Writes a table as Parquet. The only user of pyarrow for writing; the extra `parquet` brings it."""

from __future__ import annotations

import io

from gitjournal.errors import GitjournalError
from gitjournal.journal.table import Flat, column_kinds, text_of


def as_parquet(table: Flat) -> bytes:
    """Return a table as a Parquet file; a column whose values are of several types becomes text, each value as it is in CSV.

    Raises GitjournalError where pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise GitjournalError("writing Parquet needs pyarrow", hint="pip install 'gitjournal[parquet]'") from None
    types = {bool: pa.bool_(), int: pa.int64(), float: pa.float64(), str: pa.string()}
    kinds = column_kinds(table)
    arrays = []
    for at, name in enumerate(table.columns):
        values = [row[at] for row in table.rows]
        if kinds[name] is str:
            values = [None if value is None else text_of(value) for value in values]
        try:
            arrays.append(pa.array(values, type=types[kinds[name]]))
        except (pa.ArrowInvalid, OverflowError):  # a whole number beyond 64 bits
            arrays.append(pa.array([None if value is None else text_of(value) for value in values], type=pa.string()))
    written = io.BytesIO()
    parquet.write_table(pa.table(arrays, names=table.columns), written, compression="zstd")
    return written.getvalue()
