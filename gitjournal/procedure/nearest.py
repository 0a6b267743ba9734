"""Which entries are most alike, among many at once. Pure.

`difference.nearest` looks for one; here every entry looks for its own, so the differences of all pairs are counted in one
product of matrices.
"""

from __future__ import annotations

from collections.abc import Mapping

from gitjournal.procedure.canonical_text import tokens

AT_ONCE = 500  # rows of the matrix of differences in memory at a time


def nearby(texts: Mapping[str, str], count: int) -> dict[str, list[str]]:
    """Return for each entry the `count` others whose canonical texts differ in fewest values, nearest first.

    Ties go to the later name, which is the newer entry.
    """
    import numpy as np

    names = sorted(texts, reverse=True)
    sets = [set(tokens(texts[name])) for name in names]
    occurs: dict[str, int] = {}
    for one in sets:
        for token in one:
            occurs[token] = occurs.get(token, 0) + 1
    # what all have, or one alone has, changes no order
    shared = {token: at for at, token in enumerate(sorted(token for token, n in occurs.items() if 1 < n < len(names)))}
    table = np.zeros((len(names), len(shared)), dtype=np.float32)
    for row, one in enumerate(sets):
        table[row, [shared[token] for token in one if token in shared]] = 1
    sizes = np.array([len(one) for one in sets], dtype=np.float32)
    found: dict[str, list[str]] = {}
    for at in range(0, len(names), AT_ONCE):
        part = slice(at, at + AT_ONCE)
        apart = sizes[part, None] + sizes[None, :] - 2 * (table[part] @ table.T)
        for row, name in enumerate(names[part]):
            apart[row, at + row] = np.inf
            nearest = np.argsort(apart[row], kind="stable")[: min(count, len(names) - 1)]
            found[name] = [names[other] for other in nearest]
    return found
