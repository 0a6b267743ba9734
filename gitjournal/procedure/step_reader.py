"""Reads the steps of a procedure, and the estimators inside them, to a tree in plain JSON. Pure: no scikit-learn is imported.

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

`variables` says what ``$name`` stands for.
"""

from __future__ import annotations

from typing import Any

from gitjournal.entry.grid import Point
from gitjournal.entry.model import Entry, Facts
from gitjournal.errors import EntryError, TrustError, nearest
from gitjournal.paths import KeyPath
from gitjournal.procedure import tabular
from gitjournal.procedure.catalogue import NAMED, ClassSpec, Parameter, is_class, lookup
from gitjournal.procedure.catalogue import nearest as nearest_class
from gitjournal.procedure.networks import keras_catalogue, network
from gitjournal.procedure.networks.network_reader import read_network, read_parameter
from gitjournal.procedure.places import Places
from gitjournal.procedure.tree import Node, Steps, labels_of, plain
from gitjournal.procedure.unsafe import find_unsafe
from gitjournal.procedure.variables import Variables

WORDS = ("passthrough", "drop")
ALONE = frozenset({"estimator", "base_estimator", "final_estimator", "regressor", "transformer", "remainder"})
PIPELINE = "sklearn.pipeline.Pipeline"
OWN_CODE = "`python` is no step but a procedure of its own: procedure: {python: package.module:function}"


class StepReader:
    """Reads steps at one point of the grid; `replaced` are the nodes that others took the place of, `networks` all that were read."""

    def __init__(self, entry: Entry, point: Point, facts: Facts | None) -> None:
        self.places = Places(entry, point)
        self.variables = Variables(entry, point, facts, self.places)
        self.facts = facts
        self.replaced: list[Node] = []
        self.networks: list[tuple[Node, KeyPath]] = []
        self._one_text = isinstance(entry.front.data.features, str)

    def read_steps(self, written: Any, path: KeyPath, *, columns: bool = False) -> Steps:
        """Read a list of steps or of named estimators; with `columns` each of them says which columns it takes."""
        if not isinstance(written, list):
            raise self.places.error(f"`{path[-1]}` takes a list of estimators", path)
        read = [self._read_step(item, (*path, number), columns=columns) for number, item in enumerate(written)]
        labels = labels_of([(label, node) for label, node, _ in read])
        for number, label in enumerate(labels):
            if label in labels[:number]:
                raise self.places.error(f"two steps are named `{label}`; give one another label", (*path, number))
            if "__" in label or label in ("steps", "memory", "verbose", "transform_input"):
                raise self.places.error(f"`{label}` cannot name a step; choose another label", (*path, number))
        return [[label, node, *rest] for label, (_, node, rest) in zip(labels, read, strict=True)]

    def _read_step(self, item: Any, path: KeyPath, *, columns: bool) -> tuple[str | None, Node, list[Any]]:
        """Read one item: a class, `{Class: parameters}`, `{label: estimator}` or `[label, estimator]`."""
        own_columns: list[Any] = []
        if isinstance(item, dict) and columns:
            if "columns" not in item:
                raise self.places.error(
                    "a part of a ColumnTransformer says its `columns`: {num: StandardScaler, columns: [age, size]}", path
                )
            own_columns = [self._read_columns(item["columns"], (*path, "columns"))]
            item = {key: value for key, value in item.items() if key != "columns"}
        elif columns:
            raise self.places.error("write {num: StandardScaler, columns: [age, size]}", path)
        if isinstance(item, list) and len(item) == 2 and isinstance(item[0], str):
            return item[0], self.read_estimator(item[1], (*path, 1)), own_columns
        if isinstance(item, str):
            if item == "tabular":
                return "tabular", self._expand_tabular(path), own_columns
            return None, self.read_estimator(item, path), own_columns
        if isinstance(item, dict) and ":" in str(item.get("python", "")):
            raise self.places.error(OWN_CODE, (*path, "python"), key=True)
        if not isinstance(item, dict) or len(item) != 1:
            raise self.places.error("a step is a class, or `Class: {parameters}`, or `label: Class`", path)
        name, value = next(iter(item.items()))
        if str(name) == "tabular" and not value:
            return "tabular", self._expand_tabular((*path, name)), own_columns
        if is_class(str(name)):
            return None, self._read_node(str(name), value, (*path, name)), own_columns
        return (
            str(name),
            self._expand_tabular((*path, name)) if value == "tabular" else self.read_estimator(value, (*path, name)),
            own_columns,
        )

    def _read_columns(self, value: Any, path: KeyPath) -> Any:
        value = self.variables.resolve(value, path)
        if isinstance(value, (str, int)) and not isinstance(value, bool):
            return value
        if isinstance(value, list) and all(isinstance(name, (str, int)) and not isinstance(name, bool) for name in value):
            return value
        raise self.places.error("`columns` takes the name of a column (passed on as 1-D) or a list of names or numbers", path)

    def read_estimator(self, value: Any, path: KeyPath) -> Node:
        """Read what must be an estimator: a class, a mapping with one class, a list as a pipeline, or `passthrough`."""
        value = self.variables.resolve(value, path)
        if value is None or value in WORDS:
            return value
        if isinstance(value, str):
            return self._read_node(value, None, path, key=False)
        if isinstance(value, list):
            return {"class": PIPELINE, "params": {"steps": {"named": self.read_steps(value, path)}}}
        if isinstance(value, dict) and len(value) == 1:
            name, params = next(iter(value.items()))
            return self._read_node(str(name), params, (*path, name))
        raise self.places.error("an estimator is written as a class, or as `{Class: {parameters}}` with one class", path)

    def _read_node(self, name: str, params: Any, path: KeyPath, *, key: bool = True) -> Node:
        """Read one class with its parameters; `path` is that of the class name, which is a key or else a value."""
        if name in network.NAMES:
            self.networks.append((read_network(self, name, params, path), path))
            return self.networks[-1][0]
        spec = self.find_spec(name, path, key=key)
        if spec.is_function:
            raise self.places.error(f"`{name}` is a function; as a step it is {{FunctionTransformer: {{func: {name}}}}}", path, key=key)
        if params is not None and not isinstance(params, dict):
            raise self.places.error(f"the parameters of {spec.short} are a mapping: {{{spec.short}: {{name: value}}}}", path)
        node: dict[str, Any] = {"class": spec.path, "params": {}}
        for parameter, value in (params or {}).items():
            self.set_value(node, spec, str(parameter), value, (*path, parameter))
        return node

    def find_spec(self, name: str, path: KeyPath, *, key: bool = True) -> ClassSpec:
        """Return what is known of a class by its short or full name. Raises EntryError or TrustError where nothing is."""
        if name == "python":
            raise self.places.error(OWN_CODE, path, key=key)
        if name.startswith("keras.") and self.networks:
            return keras_catalogue.spec_at(name)
        spec = lookup(name)
        if spec is not None:
            return spec
        if "." in name:
            message = f"`{name}` is not among the classes that run without trust{nearest_class(name)}"
            raise self.places.error(message, path, key=key, kind=TrustError)
        raise self.places.error(f"unknown estimator `{name}`{nearest_class(name)}", path, key=key)

    def _expand_tabular(self, path: KeyPath) -> Node:
        if self.facts is None:
            raise self.places.error("`tabular` needs the columns of the data, which are not known yet", path)
        if self.facts.shape:
            raise self.places.error("`tabular` needs columns, and these data have none", path)
        node = tabular.expand(self.facts, one_text=self._one_text)
        if node is None:
            raise self.places.error("`tabular` needs columns, and these data have none", path)
        return node

    # parameters

    def set_value(self, node: dict[str, Any], spec: ClassSpec, name: str, value: Any, path: KeyPath) -> None:
        """Set one parameter of a node, checked."""
        parameter = spec.params.get(name)
        if name == "seed" and spec.path.startswith("keras."):
            message = "`seed` is not declared: `seeds` drive every random part of the model"
            raise self.places.error(message, path, key=True, hint="seeds: [0, 1, 2]")
        if parameter is None:
            raise self.places.error(f"{spec.short} has no parameter `{name}`{nearest(name, spec.params)}", path, key=True)
        if self.places.path_of(node, name) is not None:
            raise self.places.error(f"`{name}` of {spec.short} is declared twice; keep one", path, key=True)
        self.places.remember(node, name, path)
        node["params"][name] = self._read_parameter(spec, name, parameter, value, path)

    def _read_parameter(self, spec: ClassSpec, name: str, parameter: Parameter, written: Any, path: KeyPath) -> Any:
        if spec.path.startswith("keras."):
            return read_parameter(self, spec, name, parameter, written, path)
        if name in NAMED:
            return {"named": self.read_steps(written, path, columns=spec.short == "ColumnTransformer")}
        if parameter.takes == "estimator" and (node := self._read_if_estimator(name, written, path)) is not None:
            return node
        value = self.variables.resolve_all(written, path)
        unsafe = find_unsafe(name, value, parameter)
        if unsafe is not None:
            raise self.places.error(unsafe.message, path, key=True, hint=unsafe.hint, kind=TrustError if unsafe.trust else EntryError)
        if parameter.takes == "function" and isinstance(value, str):
            function = lookup(value)
            return {"function": function.path if function else value}
        return plain(value)

    def _read_if_estimator(self, name: str, written: Any, path: KeyPath) -> Any:
        """Return a node where one is written; None where it is a word, a number or a list of something else."""
        if isinstance(written, list):
            if name in ALONE:
                return self.read_estimator(written, path)
            listed = all(_is_one_class(part) for part in written)
            return [self.read_estimator(part, (*path, number)) for number, part in enumerate(written)] if listed else None
        value = self.variables.resolve(written, path)
        return self.read_estimator(written, path) if isinstance(value, dict) or (isinstance(value, str) and is_class(value)) else None


def _is_one_class(value: Any) -> bool:
    if isinstance(value, dict) and len(value) == 1:
        value = next(iter(value))
    return isinstance(value, str) and is_class(value)
