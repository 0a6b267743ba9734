"""Rows that are alike, and data leakage between the parts of a split, in words; and what the codes of findings in records mean."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gitjournal.render.text import clean, count, wrap
from gitjournal.worker.jobs import DuplicateRows

MEANING = {
    "GJ301": "it did not converge",
    "GJ302": "dev decided when to stop, and is what the result is measured on",
    "GJ311": "a row that is in two parts",
    "GJ312": "a row that is in two parts but for rounding",
    "GJ313": "a group that is in two parts",
    "GJ314": "parts that overlap in time",
}


def finding_meaning(code: str) -> str:
    """Return a code with what it means, where that is known."""
    return f"{clean(code)} {MEANING[code]}" if code in MEANING else clean(code)


def finding_lines(findings: Iterable[dict[str, Any]]) -> list[str]:
    """Return a line for each finding: ``GJ311 1 row of dev is in train too (row 102)``."""
    return [f"{clean(one['code'])} {'; '.join(overlap_words(one['code'], between) for between in one['overlaps'])}" for one in findings]


def overlap_words(code: str, between: dict[str, Any]) -> str:
    """Return what two parts share: ``1 row of dev is in train too (row 102)``."""
    amount, part, other_part = between["rows"], clean(between["part"]), clean(between["other"])
    rows, are = count(amount, "row"), "is" if amount == 1 else "are"
    named = ", ".join(str(row) for row in between["first"])
    where = f" ({'row' if amount == 1 else 'rows'} {named}{', …' if amount > len(between['first']) else ''})"
    if code == "GJ313":
        return f"{rows} of {part} {are} of a group that {other_part} has too{where}"
    if code == "GJ314":
        return f"{rows} of {part} {are} earlier than the last of {other_part}{where}"
    rounded = " but for rounding" if code == "GJ312" else ""
    return f"{rows} of {part} {are} in {other_part} too{rounded}{where}"


def duplicate_lines(what: str, duplicates: DuplicateRows) -> list[str]:
    """Return how many rows of the data named `what` are alike, then which stand in two parts of their split."""
    digits = f"{count(duplicates.digits, 'digit')}"
    exact, rounded = duplicates.exact, duplicates.rounded
    lines = [f"{clean(what)}: {duplicates.rows:,} rows, {_duplicate_words(exact)}"]
    if rounded[0] != exact[0]:
        lines.append(f"rounded to {digits}: {_duplicate_words(rounded)}")
    if not duplicates.across:
        return lines
    sizes = ", ".join(f"{part} {rows:,}" for part, rows in duplicates.parts.items())
    lines.append(f"parts: {sizes}" + (f", the first of {duplicates.folds} folds" if duplicates.folds > 1 else ""))
    plain = {(one["part"], one["other"]): one["rows"] for one in duplicates.across[0]["overlaps"]}
    for finding in duplicates.across:
        fresh = [b for b in finding["overlaps"] if finding["code"] != "GJ312" or plain.get((b["part"], b["other"])) != b["rows"]]
        lines += [wrap(f"  {finding['code']} {overlap_words(finding['code'], between)}") for between in fresh]
    return lines if any(one["overlaps"] for one in duplicates.across) else [*lines, "nothing is in two parts"]


def _duplicate_words(counted: tuple[int, list[int]]) -> str:
    amount, first = counted
    if not amount:
        return "none like another"
    named = ", ".join(map(str, first)) + (", …" if amount > len(first) else "")
    return f"{amount:,} like an earlier one ({'row' if amount == 1 else 'rows'} {named})"
