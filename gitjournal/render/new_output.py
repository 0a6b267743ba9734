"""What `gitjournal new` prints: the usual first entries on some data, and the data files that can be seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gitjournal.run.baselines import ProposedBaseline


def baseline_line(baseline: ProposedBaseline, path: str | None) -> str:
    """Return one line about one of the usual entries; `path` is where it was written, as a person types it."""
    if baseline.left_out:
        return f"{baseline.title}: left out; {baseline.left_out}"
    if path is not None:
        return path
    if baseline.drafted:
        return f"{baseline.title}: would be written"
    return f"{baseline.title}: {baseline.id[-4:]} is the same ({baseline.state})"


def baselines_as_plain(baselines: Sequence[ProposedBaseline], paths: Mapping[str, Path]) -> dict[str, Any]:
    """Return the usual entries as plain values for JSON; `paths` is where those stand that were written, by id."""
    return {
        "baselines": [
            {
                "title": baseline.title,
                "id": baseline.id or None,
                "state": baseline.state or ("left out" if baseline.left_out else "new"),
                "path": str(paths[baseline.id]) if baseline.id in paths else None,
                "why": baseline.left_out or None,
            }
            for baseline in baselines
        ]
    }


def data_files_lines(files: Sequence[str], title: str | None) -> list[str]:
    """Return lines about the data files that can be seen, and what to type next."""
    if files:
        lines = ["data files here:", *(f"  {name}" for name in files)]
    else:
        lines = ["no .csv, .parquet or .npz file here; data sets that ship with scikit-learn work too, such as sklearn:digits"]
    example = files[0] if files else "sklearn:digits"
    target = " --target COLUMN" if files else ""
    return [*lines, f'next: gitjournal new "{title or "my first question"}" --data {example}{target}']
