"""From what an entry says about its procedure to a tree of steps in plain JSON. Pure: no scikit-learn is imported.

The tree is a list of ``[label, node]``. A node is ``{"class": path, "params": {name: value}}``, ``{"function": path}``,
``{"python": "package.module:function", "code": [paths], "params": {…}}`` alone, ``"passthrough"``, ``"drop"`` or null; a value is
JSON, a node, ``{"named": [[label, node], …]}`` for a list of named estimators (with the columns as a third item in a
ColumnTransformer), ``{"map": [[key, value], …]}`` for any other mapping, or ``{"float": "nan" | "inf" | "-inf"}``.

How estimators are written in an entry::

    procedure:
      - StandardScaler                                   # a class with its defaults
      - SVC: {C: 10}                                     # with parameters
      - clf: SVC                                         # under a label of one's own; clf: {SVC: {C: 10}} with parameters
      - BaggingClassifier: {estimator: {SVC: {C: 10}}}   # nested; a list there is a pipeline
      - VotingClassifier: {estimators: [{lr: LogisticRegression}, {rf: {RandomForestClassifier: {max_depth: 3}}}]}
      - ColumnTransformer: {transformers: [{num: StandardScaler, columns: [age, size]}, {OneHotEncoder: {}, columns: [town]}]}

A string that is exactly ``$name`` takes a parameter or a fact; one that begins with ``$$`` loses one dollar; a dollar anywhere
else is a dollar, so that regular expressions stay what they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from gitjournal.entry.grid import SAMPLING, Point
from gitjournal.entry.model import Entry, Facts
from gitjournal.errors import EntryError, GitjournalError, Place, TrustError, nearest
from gitjournal.procedure import tabular
from gitjournal.procedure.catalogue import NAMED, Known, Parameter, is_class, lookup
from gitjournal.procedure.catalogue import nearest as nearest_class
from gitjournal.procedure.networks import check as network_check
from gitjournal.procedure.networks import keras_catalogue, network
from gitjournal.procedure.tree import Later, Node, Steps, labels_of, plain
from gitjournal.procedure.unsafe import refusal

Path = tuple[str | int, ...]
TRAINING = network.FACTS
WORDS = ("passthrough", "drop")
ALONE = frozenset({"estimator", "base_estimator", "final_estimator", "regressor", "transformer", "remainder"})
PIPELINE = "sklearn.pipeline.Pipeline"
OWN_CODE = "`python` is no step but a procedure of its own: procedure: {python: package.module:function}"

_VARIABLE = re.compile(r"\$[A-Za-z_][A-Za-z_0-9]*\Z")


def build_tree(entry: Entry, point: Point, facts: Facts | None) -> Steps:
    """Return the steps of `entry` at one grid point.

    `facts` are those of the data; they are needed for `tabular` and for `$n_classes` and the like. Raises EntryError, or
    TrustError for what is not run without trust, each with the line and column of the key.
    """
    return _Reader(entry, point, facts).tree()


def own_function(entry: Entry) -> tuple[str, list[str]]:
    """Return the function of one's own that is the procedure, and the files under `code`."""
    assert isinstance(entry.front.procedure, dict)  # noqa: S101  # the caller has looked
    return _Reader(entry, {}, None).function_files(entry.front.procedure)


def locate(entry: Entry, point: Point, facts: Facts | None, path: list[str]) -> Place:
    """Return where a parameter stands that scikit-learn found fault with; `path` is a label and names, as in `svc__gamma`."""
    reader = _Reader(entry, point, facts)
    return reader.place_of(reader.tree(), path)


def names_of(written: Any) -> tuple[list[str], set[str]] | None:
    """Return the labels of the steps of a procedure and what its `$names` ask for; None for a function of one's own, which takes any.

    What cannot be read as a step has no label: what is wrong there is found when the procedure is read.
    """
    if not isinstance(written, list) or (len(written) == 1 and isinstance(written[0], dict) and "python" in written[0]):
        return None
    labels = labels_of([found for item in written if (found := _labelled(item))])
    return labels, {text[1:] for text in _strings(written) if _VARIABLE.match(text)}


def _labelled(item: Any) -> tuple[str | None, Node] | None:
    if isinstance(item, str):
        return ("tabular", None) if item == "tabular" else (None, {"class": item} if item not in WORDS else item)
    if isinstance(item, list):
        return (item[0], None) if item and isinstance(item[0], str) else None
    if isinstance(item, dict) and len(item) == 1:
        name = str(next(iter(item)))
        return (None, {"class": name}) if is_class(name) else (name, None)
    return None


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _strings(part)


def _facts(facts: Facts | None, entry: Entry) -> dict[str, Any]:
    if facts is None:
        return {}
    target = entry.front.data.target
    known: dict[str, Any] = {
        "n_rows": facts.n_rows,
        "n_features": facts.n_features,
        "n_classes": len(facts.classes) if facts.classes else None,
        "n_outputs": facts.n_outputs or (len(target) if isinstance(target, list) else 1),
        "input_shape": facts.shape or ([facts.n_features] if facts.n_features else None),
    }
    return {name: value for name, value in known.items() if value is not None}


class _Reader:
    """Reads one procedure at one grid point, and remembers where each parameter stood."""

    def __init__(self, entry: Entry, point: Point, facts: Facts | None) -> None:
        self.entry = entry
        self.facts = facts
        self.values = _facts(facts, entry)
        self.point = point
        self.used: set[str] = set()
        # where (node, parameter) was declared, and under "" where a layer was; what `tabular` wrote is not in it and may be overridden
        self.declared: dict[tuple[int, str], Path] = {}
        self.replaced: list[Node] = []  # kept alive, so that no new node gets the id of one that was swapped out
        self.networks: list[tuple[Node, Path]] = []
        self.variables = {name: value for name, value in entry.front.parameters.items() if "__" not in name}
        self.variables |= {name: value for name, value in point.items() if "__" not in name}

    def tree(self) -> Steps:
        self.check_not_twice()
        written = self.entry.front.procedure
        if isinstance(written, dict) and "python" in written:
            return [["python", self.function(written)]]
        if isinstance(written, dict):
            raise self.error("a procedure is a list of steps, or {python: package.module:function}", ("procedure",))
        if not written:
            raise self.error("the procedure has no steps", ("procedure",))
        steps = self.steps(written, ("procedure",))
        self.swap_steps(steps)
        for name, value in self.entry.front.parameters.items():
            if "__" in name:
                self.assign(steps, name, value, ("parameters", name))
        for name, value in self.point.items():
            if "__" in name:
                self.assign(steps, name, value, self.grid_path(name, value))
        self.check_all_used(steps)
        self.check_networks(steps)
        return steps

    def function(self, written: dict[str, Any]) -> Node:
        """Read a function of one's own: `{python: package.module:function, code: [paths]}`; all parameters are its."""
        function, code = self.function_files(written)
        node: dict[str, Any] = {"python": function, "code": code, "params": {}}
        for name, value in {**self.entry.front.parameters, **self.point}.items():
            path = self.grid_path(name, value) if name in self.point else ("parameters", name)
            if not name.isidentifier() or name == "seed":
                raise self.error(f"`{name}` is no name of a parameter; `seeds` gives the seed", path, key=True)
            self.declared[id(node), name] = path
            node["params"][name] = plain(self.resolve_all(value, path))
        return node

    def function_files(self, written: dict[str, Any]) -> tuple[str, list[str]]:
        for key in written:
            if key not in ("python", "code"):
                raise self.error(f"`{key}` does not go with `python`; it takes `code`, a list of files", ("procedure", key), key=True)
        code = written.get("code") or []
        if not isinstance(written["python"], str) or not isinstance(code, list) or not all(isinstance(path, str) for path in code):
            raise self.error("write {python: package.module:function, code: [files that it reads]}", ("procedure", "python"))
        return written["python"], code

    # what may stand where

    def check_not_twice(self) -> None:
        for name in self.point:
            if name in self.entry.front.parameters:
                raise self.error(f"`{name}` stands in `parameters` and in `grid`; keep one", ("parameters", name), key=True)

    def check_all_used(self, steps: Steps) -> None:
        labels = [label for label, _ in steps]
        for name in self.variables:
            if name in self.used or (name in self.point and name in labels):
                continue
            where = self.grid_path(name, self.point[name], key=True) if name in self.point else ("parameters", name)
            if name in labels:
                raise self.error(f"`{name}` is a step; a step is swapped in `grid` only", where, key=True)
            hint = f"parameters are named {', '.join(f'{label}__…' for label in labels)}"
            raise self.error(f"`{name}` is no step, and nothing uses `${name}`{nearest(name, labels)}", where, key=True, hint=hint)

    def check_networks(self, steps: Steps) -> None:
        for node, path in self.networks:
            if node is steps[-1][1]:
                network_check.check(self, node, path, self.facts, alone=len(steps) == 1)
            elif not any(node is other for other in self.replaced):
                raise self.error("a network is the last step, and stands in nothing else", path, key=True)

    def swap_steps(self, steps: Steps) -> None:
        for name, value in self.point.items():
            for step in steps:
                if "__" not in name and step[0] == name:
                    self.replaced.append(step[1])
                    step[1] = self.estimator(value, self.grid_path(name, value))

    # steps and estimators

    def steps(self, written: Any, path: Path, *, columns: bool = False) -> Steps:
        """Read a list of steps or of named estimators; with `columns` each of them says which columns it takes."""
        if not isinstance(written, list):
            raise self.error(f"`{path[-1]}` takes a list of estimators", path)
        read = [self.step(item, (*path, number), columns=columns) for number, item in enumerate(written)]
        labels = labels_of([(label, node) for label, node, _ in read])
        for number, label in enumerate(labels):
            if label in labels[:number]:
                raise self.error(f"two steps are named `{label}`; give one another label", (*path, number))
            if "__" in label or label in ("steps", "memory", "verbose", "transform_input"):
                raise self.error(f"`{label}` cannot name a step; choose another label", (*path, number))
        return [[label, node, *rest] for label, (_, node, rest) in zip(labels, read, strict=True)]

    def step(self, item: Any, path: Path, *, columns: bool) -> tuple[str | None, Node, list[Any]]:
        """Read one item: a class, `{Class: parameters}`, `{label: estimator}` or `[label, estimator]`."""
        rest: list[Any] = []
        if isinstance(item, dict) and columns:
            if "columns" not in item:
                raise self.error("a part of a ColumnTransformer says its `columns`: {num: StandardScaler, columns: [age, size]}", path)
            rest = [self.columns(item["columns"], (*path, "columns"))]
            item = {key: value for key, value in item.items() if key != "columns"}
        elif columns:
            raise self.error("write {num: StandardScaler, columns: [age, size]}", path)
        if isinstance(item, list) and len(item) == 2 and isinstance(item[0], str):
            return item[0], self.estimator(item[1], (*path, 1)), rest
        if isinstance(item, str):
            if item == "tabular":
                return "tabular", self.tabular(path), rest
            return None, self.estimator(item, path), rest
        if isinstance(item, dict) and ":" in str(item.get("python", "")):
            raise self.error(OWN_CODE, (*path, "python"), key=True)
        if not isinstance(item, dict) or len(item) != 1:
            raise self.error("a step is a class, or `Class: {parameters}`, or `label: Class`", path)
        name, value = next(iter(item.items()))
        if str(name) == "tabular" and not value:
            return "tabular", self.tabular((*path, name)), rest
        if is_class(str(name)):
            return None, self.node(str(name), value, (*path, name)), rest
        return str(name), self.tabular((*path, name)) if value == "tabular" else self.estimator(value, (*path, name)), rest

    def columns(self, value: Any, path: Path) -> Any:
        value = self.resolve(value, path)
        if isinstance(value, (str, int)) and not isinstance(value, bool):
            return value
        if isinstance(value, list) and all(isinstance(name, (str, int)) and not isinstance(name, bool) for name in value):
            return value
        raise self.error("`columns` takes the name of a column (passed on as 1-D) or a list of names or numbers", path)

    def estimator(self, value: Any, path: Path) -> Node:
        """Read what must be an estimator: a class, a mapping with one class, a list as a pipeline, or `passthrough`."""
        value = self.resolve(value, path)
        if value is None or value in WORDS:
            return value
        if isinstance(value, str):
            return self.node(value, None, path, key=False)
        if isinstance(value, list):
            return {"class": PIPELINE, "params": {"steps": {"named": self.steps(value, path)}}}
        if isinstance(value, dict) and len(value) == 1:
            name, params = next(iter(value.items()))
            return self.node(str(name), params, (*path, name))
        raise self.error("an estimator is written as a class, or as `{Class: {parameters}}` with one class", path)

    def node(self, name: str, params: Any, path: Path, *, key: bool = True) -> Node:
        """Read one class with its parameters; `path` is that of the class name, which is a key or else a value."""
        if name in network.NAMES:
            self.networks.append((network.read(self, name, params, path), path))
            return self.networks[-1][0]
        known = self.known(name, path, key=key)
        if known.is_function:
            raise self.error(f"`{name}` is a function; as a step it is {{FunctionTransformer: {{func: {name}}}}}", path, key=key)
        if params is not None and not isinstance(params, dict):
            raise self.error(f"the parameters of {known.short} are a mapping: {{{known.short}: {{name: value}}}}", path)
        node: dict[str, Any] = {"class": known.path, "params": {}}
        for parameter, value in (params or {}).items():
            self.put(node, known, str(parameter), value, (*path, parameter))
        return node

    def known(self, name: str, path: Path, *, key: bool = True) -> Known:
        if name == "python":
            raise self.error(OWN_CODE, path, key=key)
        if name.startswith("keras.") and self.networks:
            return keras_catalogue.known(name)
        found = lookup(name)
        if found is not None:
            return found
        if "." in name:
            message = f"`{name}` is not among the classes that run without trust{nearest_class(name)}"
            raise self.error(message, path, key=key, kind=TrustError)
        raise self.error(f"unknown estimator `{name}`{nearest_class(name)}", path, key=key)

    def tabular(self, path: Path) -> Node:
        if self.facts is None:
            raise self.error("`tabular` needs the columns of the data, which are not known yet", path)
        if self.facts.shape:
            raise self.error("`tabular` needs columns, and these data have none", path)
        node = tabular.expand(self.facts, one_text=isinstance(self.entry.front.data.features, str))
        if node is None:
            raise self.error("`tabular` needs columns, and these data have none", path)
        return node

    # parameters

    def put(self, node: dict[str, Any], known: Known, name: str, value: Any, path: Path) -> None:
        """Set one parameter of a node, checked."""
        parameter = known.params.get(name)
        if name == "seed" and known.path.startswith("keras."):
            message = "`seed` is not declared: `seeds` drive every random part of the model"
            raise self.error(message, path, key=True, hint="seeds: [0, 1, 2]")
        if parameter is None:
            raise self.error(f"{known.short} has no parameter `{name}`{nearest(name, known.params)}", path, key=True)
        if (id(node), name) in self.declared:
            raise self.error(f"`{name}` of {known.short} is declared twice; keep one", path, key=True)
        self.declared[id(node), name] = path
        node["params"][name] = self.parameter(known, name, parameter, value, path)

    def parameter(self, known: Known, name: str, parameter: Parameter, written: Any, path: Path) -> Any:
        if known.path.startswith("keras."):
            return network.value(self, known, name, parameter, written, path)
        if name in NAMED:
            return {"named": self.steps(written, path, columns=known.short == "ColumnTransformer")}
        if parameter.takes == "estimator" and (node := self.maybe_estimator(name, written, path)) is not None:
            return node
        value = self.resolve_all(written, path)
        found = refusal(name, value, parameter)
        if found is not None:
            raise self.error(found.message, path, key=True, hint=found.hint, kind=TrustError if found.trust else EntryError)
        if parameter.takes == "function" and isinstance(value, str):
            function = lookup(value)
            return {"function": function.path if function else value}
        return plain(value)

    def maybe_estimator(self, name: str, written: Any, path: Path) -> Any:
        """Return a node where one is written; None where it is a word, a number or a list of something else."""
        if isinstance(written, list):
            if name in ALONE:
                return self.estimator(written, path)
            listed = all(_one_class(part) for part in written)
            return [self.estimator(part, (*path, number)) for number, part in enumerate(written)] if listed else None
        value = self.resolve(written, path)
        return self.estimator(written, path) if isinstance(value, dict) or (isinstance(value, str) and is_class(value)) else None

    def resolve_all(self, value: Any, path: Path, *, network: bool = False) -> Any:
        """Replace every `$name` inside a value, once."""
        if isinstance(value, list):
            return [self.resolve_all(part, (*path, number), network=network) for number, part in enumerate(value)]
        if isinstance(value, dict):
            return {key: self.resolve_all(part, (*path, key), network=network) for key, part in value.items()}
        return self.resolve(value, path, network=network)

    def resolve(self, value: Any, path: Path, *, network: bool = False) -> Any:
        """Return what `$name` stands for; anything else as it is. In a `network` there are numbers that only training knows."""
        if not isinstance(value, str) or not value.startswith("$"):
            return value
        if value.startswith("$$"):
            return value[1:]
        if not _VARIABLE.match(value):
            return value
        name = value[1:]
        values = self.values | ({name: Later(name) for name in TRAINING} if network else {})
        if name in self.variables:
            self.used.add(name)
            found = self.variables[name]
            fact = isinstance(found, str) and found.startswith("$") and found[1:] in values
            return values[found[1:]] if fact else found
        if name in values:
            return values[name]
        if name in TRAINING:
            raise self.error(f"`{value}` is known where a network is trained, and has no value here", path)
        known = [*self.variables, *values]
        raise self.error(f"nothing is called `{value}`{nearest(name, known) or '; known: ' + (', '.join(known) or 'nothing')}", path)

    # parameters by name: svc__C

    def assign(self, steps: Steps, name: str, value: Any, path: Path) -> None:
        """Set what `label__parameter` names, however deep."""
        label, *rest = name.split("__")
        step = next((step for step in steps if step[0] == label), None)
        if step is None:
            labels = [step[0] for step in steps]
            raise self.error(f"no step is named `{label}`{nearest(label, labels) or '; steps: ' + ', '.join(labels)}", path, key=True)
        self.descend(step[1], label, rest, value, path)

    def descend(self, node: Node, label: str, rest: list[str], value: Any, path: Path) -> None:
        if not isinstance(node, dict) or "class" not in node:
            raise self.error(f"`{label}` is {node or 'empty'}, which takes no parameters", path, key=True)
        known = self.known(node["class"], path)
        if child := _child(node, rest[0]):
            if len(rest) > 1:
                self.descend(child[1], rest[0], rest[1:], value, path)
            else:
                self.replaced.append(child[1])
                child[1] = network.swapped(self, child[1], value, path) if network.is_network(node) else self.estimator(value, path)
        elif len(rest) == 1:
            self.put(node, known, rest[0], value, path)
        elif rest[0] in known.params:
            inner = node["params"].get(rest[0])
            if not isinstance(inner, dict) or "class" not in inner:
                raise self.error(f"`{rest[0]}` of {known.short} is no declared estimator, so it has no parameters to set", path, key=True)
            self.descend(inner, rest[0], rest[1:], value, path)
        else:
            known_names = [*known.params, *_children(node)]
            raise self.error(f"{known.short} has no parameter `{rest[0]}`{nearest(rest[0], known_names)}", path, key=True)

    # places

    def grid_path(self, name: str, value: Any, *, key: bool = False) -> Path:
        """Return where a value of this point stands in the grid."""
        grid = self.entry.front.grid
        base: Path = ("grid", name)
        written = grid.get(name) if isinstance(grid, dict) else None
        for number, part in enumerate(grid if isinstance(grid, list) else []):
            keys = [other for other in part if other not in SAMPLING]
            held = part.get(name)
            if keys == list(self.point) and all(not isinstance(part[k], list) or self.point[k] in part[k] for k in keys):
                base, written = ("grid", number, name), held
                break
        if not key and isinstance(written, list) and value in written:
            return (*base, written.index(value))
        return base

    def place_of(self, steps: Steps, path: list[str]) -> Place:
        """Return where the last part of `path` was declared, or the nearest part above it."""
        found: Path = ("procedure",)
        for number, (label, _) in enumerate(steps):
            if path and label == path[0]:
                found = ("procedure", number)
        child = next((step for step in steps if path and step[0] == path[0]), None)
        for name in path[1:]:
            node = child[1] if child else None
            if not isinstance(node, dict) or "params" not in node:
                break
            found = self.declared.get((id(node), name), found)
            inner = _child(node, name)
            found = self.declared.get((id(inner[1]), ""), found) if inner else found
            child = inner or ([name, node["params"].get(name)])
        return self.entry.document.key_place(found) if isinstance(found[-1], str) else self.entry.place(*found)

    def error(
        self, message: str, path: Path, *, key: bool = False, hint: str = "", kind: type[GitjournalError] = EntryError
    ) -> GitjournalError:
        if key and path[0] == "grid" and isinstance(path[-1], int) and len(path) > 2:
            path = path[:-1]  # the value is one of a list; its key is one up
        place = self.entry.document.key_place(path) if key else self.entry.place(*path)
        return kind(message, hint=hint, place=place)


def _one_class(value: Any) -> bool:
    if isinstance(value, dict) and len(value) == 1:
        value = next(iter(value))
    return isinstance(value, str) and is_class(value)


def _children(node: dict[str, Any]) -> dict[str, list[Any]]:
    """Return the named estimators inside a node, by label."""
    lists = (value["named"] for value in node["params"].values() if isinstance(value, dict) and "named" in value)
    return {child[0]: child for named in lists for child in named}


def _child(node: dict[str, Any], label: str) -> list[Any] | None:
    return _children(node).get(label)
