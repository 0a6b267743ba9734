"""The difference between two declarations, key by key, and which changes are allowed after results. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from gitjournal.entry.model import FrontMatter

NOT_DECLARED = ("title",)  # what is said about an experiment, not what is done
WRITTEN_BY_US = ("data.facts",)
# after results; grid and seeds may only grow, and that an entry replicates another may turn out in a merge
MAY_CHANGE = ("tags", "grid", "seeds", "retracted", "budget", "replicates")
_KEPT = [(spec.name, spec.encode_name) for spec in msgspec.structs.fields(FrontMatter) if spec.name not in MAY_CHANGE]


@dataclass(frozen=True)
class Difference:
    """One key that two entries declare differently; None where one of them says nothing."""

    key: str
    left: Any
    right: Any


def flatten(front: FrontMatter) -> dict[str, Any]:
    """Return every declared value by its dotted key, in the order of the front matter; lists of plain values are one value."""
    return {key: value for key, value in _walk_leaves("", msgspec.to_builtins(front)) if not key.startswith(WRITTEN_BY_US)}


def differences(left: FrontMatter, right: FrontMatter, *, titles: bool = False) -> list[Difference]:
    """Return the keys that differ, in the order of the first entry; the titles only where asked for.

    `1`, `1.0` and `true` are different here: they may mean different things.
    """
    left_values, right_values = flatten(left), flatten(right)
    return [
        Difference(key, left_values.get(key), right_values.get(key))
        for key in dict.fromkeys([*left_values, *right_values])
        if repr(left_values.get(key)) != repr(right_values.get(key)) and (titles or key not in NOT_DECLARED)
    ]


def changed_after_plan(planned: FrontMatter, now: FrontMatter) -> list[str]:
    """Return the keys of the front matter that say something else than the plan did, and may not."""
    return [written for name, written in _KEPT if getattr(planned, name) != getattr(now, name)]


def advise_new_entry(entry: str, undo: str = "", *, diff: bool = False, ask: str = "ask anew") -> str:
    """Return the hint for an entry that was changed after its results: `undo` the change, or make a new entry of it.

    `diff` tells how to see the change.

    >>> advise_new_entry("k3f9", "put it back", diff=True)
    'put it back (gitjournal diff k3f9), or ask anew: gitjournal new --from k3f9'
    """
    shown = f" (gitjournal diff {entry})" if diff else ""
    return f"{undo}{shown}{', or ' if undo else ''}{ask}: gitjournal new --from {entry}"


def _walk_leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _walk_leaves(f"{path}.{key}" if path else str(key), inner)
    elif isinstance(value, list) and any(isinstance(inner, (dict, list)) for inner in value):
        for number, inner in enumerate(value, start=1):
            yield from _walk_leaves(f"{path}[{number}]", inner)
    else:
        yield path, value
