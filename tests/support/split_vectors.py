"""The published vectors of splits, as data that gitjournal loads. `python -m tests.support.split_vectors` works out their parts.

What is published never changes under one schema: that is for new vectors.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from gitjournal.data import splits
from gitjournal.data.loading import Table, load
from gitjournal.data.raw import DataRequest
from gitjournal.worker.outcome import part_digests
from tests.support.places import DOCS

FILE = DOCS / "split-vectors.json"
SPLIT_VECTORS: list[dict[str, Any]] = json.loads(FILE.read_text())


def load_vector(vector: dict[str, Any], folder: Path) -> Table:
    """Write the rows of a vector as CSV into `folder`, and read them as an entry's data are read."""
    n_rows = vector["rows"]
    columns = {"x": range(n_rows), "label": vector.get("labels", [number / 2 for number in range(n_rows)])}
    columns |= {name: vector[key] for name, key in (("who", "groups"), ("when", "times")) if key in vector}
    rows = pd.DataFrame(columns)
    data: dict[str, Any] = {"target": "label"}
    if "given" in vector:
        data["files"] = {part: f"{part}.csv" for part in vector["given"]}
        begin = 0
        for part, size in vector["given"].items():
            rows[begin : begin + size].to_csv(folder / f"{part}.csv", index=False)
            begin += size
    else:
        data["path"] = "all.csv"
        rows.to_csv(folder / "all.csv", index=False)
    split = vector["split"]
    task = "classification" if "labels" in vector else "regression"
    return load(DataRequest(data, folder, split.get("group"), split.get("time")), folder, task)


def compute(vector: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return what gitjournal makes of a vector: the row numbers of each part of each fold, and the digests of records."""
    folds = splits.divide_rows(load_vector(vector, folder), vector["split"], vector["seed"])
    return {
        "parts": [{part: numbers.tolist() for part, numbers in parts.items()} for parts in folds],
        "digests": part_digests(folds),
    }


if __name__ == "__main__":
    lines = []
    for vector in SPLIT_VECTORS:
        with tempfile.TemporaryDirectory() as folder:
            fields = {**vector, **compute(vector, Path(folder))}
        lines.append(" {\n" + ",\n".join(f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in fields.items()) + "\n }")
    FILE.write_text("[\n" + ",\n".join(lines) + "\n]\n")
