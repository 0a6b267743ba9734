"""From what an entry says about its procedure to a tree of steps in plain JSON. Pure: no scikit-learn is imported.

The tree is a list of ``[label, node]`` (`step_reader` says what a node is). Steps are read first, then those that the grid swaps are
swapped, then parameters are set by their names, such as ``svc__C``.
"""

from __future__ import annotations

from typing import Any

from gitjournal.entry.grid import Point
from gitjournal.entry.model import Entry, Facts
from gitjournal.errors import Place, nearest
from gitjournal.procedure.catalogue import is_class
from gitjournal.procedure.networks.check import check_network
from gitjournal.procedure.places import Places
from gitjournal.procedure.set_parameters import replace_member, set_parameter
from gitjournal.procedure.step_reader import WORDS, StepReader
from gitjournal.procedure.tree import Node, Steps, labels_of, plain
from gitjournal.procedure.variables import variables_in


def build_tree(entry: Entry, point: Point, facts: Facts | None) -> Steps:
    """Return the steps of `entry` at one grid point.

    `facts` are those of the data; they are needed for `tabular` and for `$n_classes` and the like. Raises EntryError, or
    TrustError for what is not run without trust, each with the line and column of the key.
    """
    return _read_tree(entry, point, StepReader(entry, point, facts))


def own_function(entry: Entry) -> tuple[str, list[str]]:
    """Return the function of one's own that is the procedure, and the files under `code`."""
    assert isinstance(entry.front.procedure, dict)  # noqa: S101  # the caller has looked
    return _function_files(entry.front.procedure, Places(entry, {}))


def locate(entry: Entry, point: Point, facts: Facts | None, path: list[str]) -> Place:
    """Return where a parameter stands that scikit-learn found fault with; `path` is a label and names, as in `svc__gamma`."""
    reader = StepReader(entry, point, facts)
    return reader.places.locate(_read_tree(entry, point, reader), path)


def names_of(written: Any) -> tuple[list[str], set[str]] | None:
    """Return the labels of the steps of a procedure and what its `$names` ask for; None for a function of one's own, which takes any.

    What cannot be read as a step has no label: what is wrong there is found when the procedure is read.
    """
    if not isinstance(written, list) or (len(written) == 1 and isinstance(written[0], dict) and "python" in written[0]):
        return None
    return labels_of([step for item in written if (step := _label_and_node(item))]), variables_in(written)


def _label_and_node(item: Any) -> tuple[str | None, Node] | None:
    if isinstance(item, str):
        return ("tabular", None) if item == "tabular" else (None, {"class": item} if item not in WORDS else item)
    if isinstance(item, list):
        return (item[0], None) if item and isinstance(item[0], str) else None
    if isinstance(item, dict) and len(item) == 1:
        name = str(next(iter(item)))
        return (None, {"class": name}) if is_class(name) else (name, None)
    return None


def _read_tree(entry: Entry, point: Point, reader: StepReader) -> Steps:
    parameters, written, places = entry.front.parameters, entry.front.procedure, reader.places
    for name in point:
        if name in parameters:
            raise places.error(f"`{name}` stands in `parameters` and in `grid`; keep one", ("parameters", name), key=True)
    if isinstance(written, dict) and "python" in written:
        return [["python", _read_function(written, {**parameters, **point}, reader)]]
    if isinstance(written, dict):
        raise places.error("a procedure is a list of steps, or {python: package.module:function}", ("procedure",))
    if not written:
        raise places.error("the procedure has no steps", ("procedure",))
    steps = reader.read_steps(written, ("procedure",))
    for name, value in point.items():
        for step in steps:
            if "__" not in name and step[0] == name:
                replace_member(reader, step, reader.read_estimator(value, places.path_of_value(name)))
    for name, value in {**parameters, **point}.items():
        if "__" in name:
            set_parameter(reader, steps, name, value, places.path_of_value(name))
    _check_every_name(reader, steps, point)
    _check_networks(reader, steps)
    return steps


def _read_function(written: dict[str, Any], parameters: dict[str, Any], reader: StepReader) -> Node:
    """Read a function of one's own: `{python: package.module:function, code: [paths]}`; all parameters are its."""
    function, code = _function_files(written, reader.places)
    node: dict[str, Any] = {"python": function, "code": code, "params": {}}
    for name, value in parameters.items():
        path = reader.places.path_of_value(name)
        if not name.isidentifier() or name == "seed":
            raise reader.places.error(f"`{name}` is no name of a parameter; `seeds` gives the seed", path, key=True)
        reader.places.remember(node, name, path)
        node["params"][name] = plain(reader.variables.resolve_all(value, path))
    return node


def _function_files(written: dict[str, Any], places: Places) -> tuple[str, list[str]]:
    for key in written:
        if key not in ("python", "code"):
            raise places.error(f"`{key}` does not go with `python`; it takes `code`, a list of files", ("procedure", key), key=True)
    code = written.get("code") or []
    if not isinstance(written["python"], str) or not isinstance(code, list) or not all(isinstance(path, str) for path in code):
        raise places.error("write {python: package.module:function, code: [files that it reads]}", ("procedure", "python"))
    return written["python"], code


def _check_every_name(reader: StepReader, steps: Steps, point: Point) -> None:
    labels = [label for label, _ in steps]
    for name in reader.variables.idle_names:
        if name in point and name in labels:
            continue
        path = reader.places.path_of_key(name)
        if name in labels:
            raise reader.places.error(f"`{name}` is a step; a step is swapped in `grid` only", path, key=True)
        hint = f"parameters are named {', '.join(f'{label}__…' for label in labels)}"
        message = f"`{name}` is no step, and nothing uses `${name}`{nearest(name, labels)}"
        raise reader.places.error(message, path, key=True, hint=hint)


def _check_networks(reader: StepReader, steps: Steps) -> None:
    for node, path in reader.networks:
        if node is steps[-1][1]:
            check_network(reader.places, node, path, reader.facts if len(steps) == 1 else None)
        elif not any(node is replaced for replaced in reader.replaced):
            raise reader.places.error("a network is the last step, and stands in nothing else", path, key=True)
