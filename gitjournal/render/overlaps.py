"""Data leakage between the parts of a split, in words; and what the codes of findings in records mean."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gitjournal.render.text import clean, count

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
