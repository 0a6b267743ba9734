"""Whether two results were measured alike: same metric, same data, same rows. Pure."""

from __future__ import annotations

from typing import Any

from gitjournal.entry.changes import advise_new_entry
from gitjournal.errors import ComparisonError
from gitjournal.stats.sample import Sample, Seed


def require_alike(a: Sample, b: Sample) -> None:
    """Raise ComparisonError, with what to do, where two samples were not measured on the same rows in the same way."""
    one, other = a.entry[-4:], b.entry[-4:]
    ask = advise_new_entry(other, ask="ask again alike")
    if a.metric != b.metric:
        raise ComparisonError(f"{one} measures {a.metric}, {other} {b.metric}", hint="name one that both have: --metric")
    if a.data.get("hash") != b.data.get("hash"):
        raise ComparisonError(f"{one} and {other} have other data: {_short(a)} and {_short(b)}", hint=ask)
    for key in ("target", "positive", "task", "weights"):
        if a.data.get(key) != b.data.get(key):
            raise ComparisonError(f"{one} and {other} differ in `{key}`: {_said(a, key)} and {_said(b, key)}", hint=ask)
    if a.split != b.split and not _same_rows(a, b):
        differ = [key for key in (*a.split, *b.split) if a.split.get(key) != b.split.get(key)]
        told = ", ".join(f"{key} {a.split.get(key, '-')} and {b.split.get(key, '-')}" for key in dict.fromkeys(differ))
        raise ComparisonError(f"{one} and {other} have another split: {told}", hint=ask)
    if not _same_rows(a, b):
        raise ComparisonError(f"{one} and {other} were not measured on the same {a.part} rows", hint=ask)


def _short(a: Sample) -> str:
    return str(a.data.get("hash"))[:19] + "…"


def _said(a: Sample, key: str) -> Any:
    return a.data.get(key, "none")


def _same_rows(a: Sample, b: Sample) -> bool:
    """Whether the parts that were judged are the same rows: of the seeds in common where each seed has its own."""
    if {len(values) for values in a.folds.values()} != {len(values) for values in b.folds.values()}:
        return False
    if a.each and b.each:
        common = common_seeds(a, b)
        return bool(common) and all(a.judged[seed] == b.judged[seed] for seed in common)
    rows = {*a.judged.values(), *b.judged.values()}
    return not (a.each or b.each) and len(rows) == 1 and "" not in rows and a.rows == b.rows


def common_seeds(a: Sample, b: Sample) -> list[Seed]:
    """Return the seeds that both have run."""
    return [seed for seed in a.values if seed in b.values]
