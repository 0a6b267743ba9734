"""Lineage of entries, and its drawing as trees: which one was made `from` it, repeating it, or measured against it as its baseline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gitjournal.journal.entry_ids import make_matcher
from gitjournal.journal.index.rows import Row


@dataclass(frozen=True)
class Links:
    """What an entry follows, as full ids; None where it follows nothing, or nothing that is known."""

    from_: str | None = None
    replicates: str | None = None
    baseline: str | None = None

    @property
    def parent(self) -> tuple[str, str] | None:
        """The entry below which this one is drawn, with the relation."""
        return next(((relation, entry_id) for relation, entry_id in self.relations.items() if entry_id), None)

    @property
    def relations(self) -> dict[str, str | None]:
        """What is followed, by the key of the entry that says so; the nearest first."""
        return {"from": self.from_, "replicates": self.replicates, "baseline": self.baseline}


@dataclass(frozen=True)
class DrawnEntry:
    """One line of the drawing: what stands before the entry (``│  └─ ``), the entry, and how it follows the one above."""

    drawn: str
    id: str
    relation: str


def draw_trees(links: Mapping[str, Links]) -> list[DrawnEntry]:
    """Return the entries as trees, each below the one it follows; in the order given among those that follow the same.

    Entries that follow each other in a circle are all drawn, the first one as a root.
    """
    children: dict[str, list[tuple[str, str]]] = {}
    roots = []
    for entry_id, link in links.items():
        parent = link.parent
        if parent and parent[1] in links and parent[1] != entry_id:
            children.setdefault(parent[1], []).append((entry_id, parent[0]))
        else:
            roots.append(entry_id)
    drawn: dict[str, DrawnEntry] = {}
    for root in [*roots, *links]:  # whoever is in a circle is reached from no root
        if root not in drawn:
            _draw_below(DrawnEntry("", root, ""), "", children, drawn)
    return list(drawn.values())


def split_trees(drawn: Sequence[DrawnEntry]) -> list[list[DrawnEntry]]:
    """Return the drawing cut into its trees, each beginning with its root."""
    starts = [number for number, entry in enumerate(drawn) if not entry.relation]
    return [list(drawn[start:end]) for start, end in zip(starts, [*starts[1:], len(drawn)], strict=True)]


def _draw_below(top: DrawnEntry, indent: str, children: Mapping[str, Iterable[tuple[str, str]]], drawn: dict[str, DrawnEntry]) -> None:
    waiting = [(top, indent)]  # not by recursion: a chain may be longer than Python's stack
    while waiting:
        entry, before = waiting.pop()
        if entry.id in drawn:
            continue
        drawn[entry.id] = entry
        following = [(child, relation) for child, relation in children.get(entry.id, []) if child not in drawn]
        for number, (child, relation) in reversed(list(enumerate(following))):
            last = number == len(following) - 1
            waiting.append((DrawnEntry(before + ("└─ " if last else "├─ "), child, relation), before + ("   " if last else "│  ")))


def resolve_links(rows: Iterable[Row]) -> dict[str, Links]:
    """Return whom each entry follows, by their ids; a part of an id that means none of them, or several, is nobody."""
    by_id = {row.id: row for row in rows}
    find = make_matcher(by_id)
    return {
        entry_id: Links(*(find(part) if part else None for part in (row.from_, row.replicates, row.baseline)))
        for entry_id, row in by_id.items()
    }
