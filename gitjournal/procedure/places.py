"""Where each part of a procedure stands in its entry, and errors with that place. Pure."""

from __future__ import annotations

from gitjournal.entry.grid import SAMPLING, Point
from gitjournal.entry.model import Entry
from gitjournal.errors import EntryError, GitjournalError, Place
from gitjournal.paths import KeyPath
from gitjournal.procedure.tree import Node, Steps, child_of


class Places:
    """The places of one entry at one point of its grid; it remembers where the parameters of each node were declared."""

    def __init__(self, entry: Entry, point: Point) -> None:
        self._entry, self._point = entry, point
        self._declared: dict[tuple[int, str], tuple[KeyPath, Node]] = {}  # the node is held, so that no other gets its id

    def remember(self, node: Node, name: str, path: KeyPath) -> None:
        """Remember where a parameter of a node was declared, or under "" the node itself."""
        self._declared[id(node), name] = (path, node)

    def path_of(self, node: Node, name: str) -> KeyPath | None:
        """Return where a parameter of a node was declared; None for one that was not, or that `tabular` wrote."""
        path, _ = self._declared.get((id(node), name), (None, None))
        return path

    def path_of_value(self, name: str) -> KeyPath:
        """Return where the value of a parameter stands that is set by its name: in the grid, else in `parameters`."""
        return self._in_grid(name, key=False) if name in self._point else ("parameters", name)

    def path_of_key(self, name: str) -> KeyPath:
        """Return where the name of such a parameter stands."""
        return self._in_grid(name, key=True) if name in self._point else ("parameters", name)

    def _in_grid(self, name: str, *, key: bool) -> KeyPath:
        grid, value = self._entry.front.grid, self._point[name]
        path: KeyPath = ("grid", name)
        written = grid.get(name) if isinstance(grid, dict) else None
        for number, part in enumerate(grid if isinstance(grid, list) else []):
            axes = [axis for axis in part if axis not in SAMPLING]
            if axes == list(self._point) and all(not isinstance(part[axis], list) or self._point[axis] in part[axis] for axis in axes):
                path, written = ("grid", number, name), part.get(name)
                break
        if not key and isinstance(written, list) and value in written:
            return (*path, written.index(value))
        return path

    def locate(self, steps: Steps, names: list[str]) -> Place:
        """Return where a parameter was declared, or the nearest part above it; `names` are a label and names, as in `svc__gamma`."""
        path: KeyPath = ("procedure",)
        member = None
        for number, step in enumerate(steps):
            if names and step[0] == names[0]:
                path, member = ("procedure", number), step
        for name in names[1:]:
            node = member[1] if member else None
            if not isinstance(node, dict) or "params" not in node:
                break
            path = self.path_of(node, name) or path
            inner = child_of(node, name)
            path = (self.path_of(inner[1], "") or path) if inner else path
            member = inner or [name, node["params"].get(name)]
        return self._entry.document.key_place(path) if isinstance(path[-1], str) else self._entry.place(*path)

    def error(
        self, message: str, path: KeyPath, *, key: bool = False, hint: str = "", kind: type[GitjournalError] = EntryError
    ) -> GitjournalError:
        """Return an error at the value that stands at `path`, or with `key` at its key."""
        if key and path[0] == "grid" and isinstance(path[-1], int) and len(path) > 2:
            path = path[:-1]  # the value is one of a list; its key is one up
        place = self._entry.document.key_place(path) if key else self._entry.place(*path)
        return kind(message, hint=hint, place=place)
