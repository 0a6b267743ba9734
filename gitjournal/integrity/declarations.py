"""GJ103: what an entry declares is not what was run. Values in, findings out.

Apart from the other findings, since the hooks do not ask: it takes the whole catalogue of estimators to answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from gitjournal.entry.changes import advise_new_entry
from gitjournal.entry.model import Entry, FrontMatter
from gitjournal.integrity.findings import Finding, abbreviate
from gitjournal.journal.snapshot import TreeEntry
from gitjournal.procedure import canonical_text
from gitjournal.procedure.agreement import Disagreement, disagreements
from gitjournal.procedure.canonical_text import CanonicalText
from gitjournal.procedure.difference import ABSENT


def find_disagreements(tree_entry: TreeEntry) -> Iterator[Finding]:
    """GJ103: what the entry declares is not what was run. Where that cannot be told, data hash, task, split and estimators are compared."""
    if tree_entry.entry is None or not tree_entry.lines:
        return
    lines = [line for line in tree_entry.lines if line.record]
    differences = disagreements(tree_entry.entry, tree_entry.records)
    if differences is None:
        yield from _compare_roughly(tree_entry, tree_entry.entry)
    for difference in differences or ():
        file, line, message = _describe_disagreement(tree_entry, tree_entry.entry, difference, lines[difference.record].number)
        hint = advise_new_entry(tree_entry.id[-4:], "put it back", diff=True)
        yield Finding("GJ103", file, line, message, hint)


def _describe_disagreement(tree_entry: TreeEntry, entry: Entry, difference: Disagreement, number: int) -> tuple[str, int | None, str]:
    """Return file, line and words of a disagreement with the record of line `number`."""
    if difference.kind == "value":
        message = (
            f"`{difference.name}` is {_value_text(difference.declared)} here, and {_value_text(difference.ran)} in what record {number} ran"
        )
        return tree_entry.page_path, _line_of_value(entry, difference.name), message
    if difference.kind == "point":
        where = entry.place("grid" if entry.front.grid else "procedure").line
        return tree_entry.page_path, where, f"the grid has no {_point_text(difference.ran)}, which record {number} ran"
    if difference.kind == "seed":
        without = f"a seed matters, and record {number} has none"
        message = without if difference.ran is None else f"`seeds` has no {difference.ran}, which record {number} ran"
        return tree_entry.page_path, entry.place("seeds").line, message
    if difference.kind == "label":
        return tree_entry.records_path, number, f"the record says {_point_text(difference.ran)}, and another point of the grid was run"
    return tree_entry.records_path, number, "a run of another entry that this one does not declare"


def _line_of_value(entry: Entry, name: str) -> int | None:
    """Return the line of a value by the name that it has in a canonical text, as well as that can be told."""
    if name.startswith(("data.", "split.")):
        section, _, key = name.partition(".")
        return entry.place(*((key,) if key == "task" else (section, key))).line
    # labels are left out of the text, so the last part of the name is all there is to go by
    last = name.rpartition("__")[2]
    paths = [
        path
        for path in entry.document.spans
        if len(path) > 1 and path[0] in ("procedure", "parameters", "grid") and str(path[-1]).rpartition("__")[2] == last
    ]
    return entry.place(*(paths[0] if len(paths) == 1 else ("procedure",))).line


def _point_text(point: dict[str, Any]) -> str:
    return ", ".join(f"{name} {_value_text(value)}" for name, value in point.items()) or "run without a grid"


def _value_text(value: Any) -> str:
    return "absent" if value is ABSENT else "null" if value is None else abbreviate(value)


def _compare_roughly(tree_entry: TreeEntry, entry: Entry) -> Iterator[Finding]:
    texts = [canonical for one in tree_entry.records if one.owned and (canonical := canonical_text.read_canonical(one.canonical))]
    for key, declared in _declared_values(entry.front):
        ran = [_at(canonical, key) for canonical in texts]
        if ran and any(other_value != declared for other_value in ran):
            other_value = next(other_value for other_value in ran if other_value != declared)
            place = entry.place(*(("data", "hash") if key == ("data", "hash") else key[-1:] if key[0] == "data" else key))
            message = f"`{'.'.join(key)}` is {abbreviate(declared)} here, and {abbreviate(other_value)} in what was run"
            yield Finding("GJ103", tree_entry.page_path, place.line, message, advise_new_entry(tree_entry.id[-4:], "put it back"))
    classes = {name for canonical in texts for name in canonical_text.class_names(canonical.procedure)}
    for name in _estimators(entry.front) if texts else ():
        if name not in classes:
            message = f"`procedure` declares {name}, which is in no run"
            hint = advise_new_entry(tree_entry.id[-4:], "put it back")
            yield Finding("GJ103", tree_entry.page_path, entry.place("procedure").line, message, hint)


def _declared_values(front: FrontMatter) -> Iterator[tuple[tuple[str, ...], Any]]:
    if front.data.hash:
        yield ("data", "hash"), front.data.hash
    if front.task:
        yield ("data", "task"), front.task
    for name, value in (msgspec.to_builtins(front.split) if front.split else {}).items():
        yield ("split", name), value


def _at(canonical: CanonicalText, key: tuple[str, ...]) -> Any:
    section, name = key
    return (canonical.data if section == "data" else canonical.split).get(name)


def _estimators(front: FrontMatter) -> Iterator[str]:
    """Return the classes of the top-level steps that no grid can exchange."""
    exchanged = {name for one in front.grids for name in one}
    for step in front.steps:
        name, value = (
            (step, None) if isinstance(step, str) else next(iter(step.items()), ("", None)) if isinstance(step, dict) else ("", None)
        )
        if isinstance(value, str):  # a label and a class
            name = value if name not in exchanged else ""
        abbreviate = str(name).rpartition(".")[2]
        if re.fullmatch(r"[A-Z]\w+", abbreviate) and abbreviate.lower() not in exchanged and abbreviate not in ("Sequential", "Model"):
            yield abbreviate
