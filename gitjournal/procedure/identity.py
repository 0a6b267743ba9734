"""The identity of a configuration: one canonical text and its sha256. Pure, and as boring as can be.

The text is JSON with sorted keys, without spaces, in ASCII: ``{"data":{…},"procedure":[…],"schema":1,"split":{…}}``. A step is
``{class path: {parameter: value}}``, with the parameters whose effective value is not the reference default and that can change a
result (`inactive` has the tables). `schema` counts the meaning of all this; a fingerprint stays valid under its number.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from gitjournal.entry.grid import Point
from gitjournal.entry.model import MISSING, Entry
from gitjournal.procedure import counts, inactive, network, network_identity
from gitjournal.procedure.canonical_text import class_of, json_text, parameters_of, read, short_name
from gitjournal.procedure.catalogue import SCHEMA, SEARCH_SPACES, Known, Parameter, lookup, version_key
from gitjournal.procedure.tree import Node, Steps

# never part of the identity: where the data lie and what is known of them by their hash
_PLACES = frozenset({"path", "sklearn", "images", "files", "python", "hash", "facts"})
_LOADER_DEFAULTS: dict[str, Any] = {
    "sep": ",",
    "encoding": "utf-8",
    "decimal": ".",
    "arrays": {"X": "X", "y": "y"},
    "color": "rgb",
    "interpolation": "bilinear",
    "drop": [],
    "types": {},
    "na": sorted(MISSING),
}
_SETS = ("drop", "na")  # lists whose order means nothing
_PIPELINE = "sklearn.pipeline.Pipeline"


@dataclass(frozen=True)
class Origin:
    """One value of the canonical text and where it comes from; `path` is such as ``procedure[1].C``."""

    path: str
    value: Any
    origin: str


@dataclass(frozen=True)
class _Judged:
    """One parameter of a class: its canonical value, and why it is left out ("" where it is not)."""

    name: str
    value: Any
    left_out: str
    declared: bool


def canonical(
    data: dict[str, Any],
    hash: str,  # noqa: A002
    task: str,
    split: dict[str, Any],
    tree: Steps,
    *,
    version: str = "",
    keras: str = "",
    sizes: counts.Sizes = counts.UNKNOWN,
) -> str:
    """Return the text that is hashed.

    `data` are the loader options in effect, `split` the effective split, `tree` the steps. With the `version` of the installed
    scikit-learn (and that of `keras`), a default that really changed between the reference and that version is written out. With the
    `sizes` of what is trained on, a share that means a count is that count.
    """
    value = {
        "schema": SCHEMA,
        "data": {**_loader(data), "hash": hash, "format": _format(data), "task": task},
        "split": {key: _number(part) for key, part in split.items() if part is not None},
        "procedure": steps(tree, version=version, keras=keras, sizes=sizes),
    }
    return json_text(value)


def draws(tree: Steps, split: dict[str, Any]) -> bool:
    """Whether a seed changes anything: something in the model draws, or the split follows the seed."""
    if split.get("seed") == "each" or _own(tree) is not None or any(network.is_network(step[1]) for step in tree):
        return True
    return any(_node_draws(node) for node in _nodes([step[1] for step in tree]))


def origins(text: str, entry: Entry, point: Point, tree: Steps) -> list[Origin]:
    """Say of each value of a canonical text where it comes from: the entry, the grid, the data, or a default."""
    canonical_ = read(text)
    if canonical_ is None:
        return []
    front = entry.front
    declared_data = {"task": front.task, **msgspec.to_builtins(front.data)}
    declared_split = msgspec.to_builtins(front.split) if front.split else {}
    fixed = {"hash": "the data", "format": "the data"}
    found = [Origin("schema", canonical_.schema, "gitjournal")]
    for key, part in canonical_.data.items():
        found.append(Origin(f"data.{key}", part, fixed.get(key, _said(declared_data.get(key)))))
    found += [Origin(f"split.{key}", part, _said(declared_split.get(key))) for key, part in canonical_.split.items()]
    for number, ((label, node, *_), step) in enumerate(zip(kept(tree), canonical_.procedure, strict=True)):
        owner, params = class_of(step), parameters_of(step)
        found.append(Origin(f"procedure[{number}]", owner, "the grid" if label in point else "the entry"))
        for name, part in params.items():
            said = node["params"].get(name)
            share = f": {said} of what it is fitted on" if type(part) is int and counts.is_share(short_name(owner), name, said) else ""
            found.append(Origin(f"procedure[{number}].{name}", part, _parameter_origin(entry, point, label, node, name) + share))
    return found


def left_out(tree: Steps, *, version: str = "", sizes: counts.Sizes = counts.UNKNOWN) -> list[Origin]:
    """Say of each declared parameter that is not in the canonical text why it is not; `path` is such as ``svc__degree``."""
    found = []
    for (label, node, *_), seen in zip(kept(tree), _sizes_by_step(tree, sizes), strict=True):
        if network.is_network(node):
            found += [Origin(*one) for one in network_identity.left_out(node, label)]
            continue
        for path, inner in _paths(label, node):
            for judged in _judge(inner, version, names=False, sizes=seen if inner is node else counts.UNKNOWN):
                if judged.declared and judged.left_out:
                    said = inner["params"].get(judged.name, judged.value)
                    share = type(judged.value) is int and counts.is_share(inner["class"].rpartition(".")[2], judged.name, said)
                    why = f"{judged.value}, the default" if share else judged.left_out
                    found.append(Origin(f"{path}__{judged.name}", said, why))
    return found


def kept(tree: Steps) -> Steps:
    """Return the steps that do something."""
    return [step for step in tree if step[1] not in ("passthrough", None)]


def _said(value: Any) -> str:
    return "a default" if value is None else "the entry"


def _parameter_origin(entry: Entry, point: Point, label: str, node: Node, name: str) -> str:
    def names(where: Any) -> bool:
        return any(key == f"{label}__{name}" or key.startswith(f"{label}__{name}__") for key in where)

    if names(point):
        return "the grid"
    if names(entry.front.parameters):
        return "the entry's parameters"
    if "python" in node:
        return "the files of the function" if name == "code" else "the entry"
    if name not in node["params"]:
        return "a default of this scikit-learn that differs from the reference"
    return "tabular" if label == "tabular" else "the entry"


# data


def _format(data: dict[str, Any]) -> str:
    """Return how the data are stored, without saying where."""
    for source in ("sklearn", "images", "python"):
        if data.get(source) is not None:
            return source
    files = data.get("files") or {}
    name = data.get("path") or files.get("train") or ""
    return str(name).rpartition(".")[2].lower()


def _loader(data: dict[str, Any]) -> dict[str, Any]:
    """Return the loader options that differ from what the loader does by itself."""
    found: dict[str, Any] = {}
    for key, value in data.items():
        if key in _PLACES or value is None:
            continue
        plain = sorted(set(value)) if key in _SETS else _number(value)
        if key == "encoding":
            plain = _codec(str(value))
        if key not in _LOADER_DEFAULTS or plain != _LOADER_DEFAULTS[key]:
            found[key] = plain
    return found


def _codec(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        return name


# procedure


def steps(tree: Steps, *, version: str = "", keras: str = "", sizes: counts.Sizes = counts.UNKNOWN) -> list[Any]:
    """Return the steps in canonical form, without their labels; a step that is passed through does nothing."""
    own = _own(tree)
    if own is not None:
        # the bytes of the code, by their digest: what it does with a parameter is its own affair, so each counts as written
        return [{"python": {"function": own["python"], "code": own["digest"], "parameters": own["params"]}}]
    return [
        network_identity.canonical(node, keras, seen.rows) if network.is_network(node) else _node(node, version, names=False, sizes=seen)
        for (_, node, *_), seen in zip(kept(tree), _sizes_by_step(tree, sizes), strict=True)
    ]


def _own(tree: Steps) -> dict[str, Any] | None:
    """Return the one node of a procedure that is a function of one's own."""
    node = tree[0][1] if len(tree) == 1 else None
    return node if isinstance(node, dict) and "python" in node else None


def _sizes_by_step(tree: Steps, sizes: counts.Sizes) -> list[counts.Sizes]:
    """Return what each step that does something sees."""
    found = []
    for _, node, *_ in kept(tree):
        found.append(sizes)
        sizes = sizes.after(node["class"].rpartition(".")[2] if isinstance(node, dict) and "class" in node else "")
    return found


def _node(node: Node, version: str, *, names: bool, sizes: counts.Sizes = counts.UNKNOWN) -> Any:
    if not isinstance(node, dict):
        return node
    if "function" in node:
        return node
    judged = _judge(node, version, names=names, sizes=sizes)
    return {node["class"]: {one.name: one.value for one in judged if not one.left_out}}


def _judge(node: dict[str, Any], version: str, *, names: bool, sizes: counts.Sizes) -> list[_Judged]:
    """Look at each parameter of a class that is declared, or whose default differs in `version`."""
    known = _known(node)
    params = _respelled(known, node["params"], version)
    # a search names inner estimators by their labels, so there they count
    names = names or any(space in params for space in SEARCH_SPACES)

    def effective(name: str) -> Any:
        return _effective(known, params, name, version)

    def count(name: str, value: Any) -> Any:
        return counts.counted(known.short, name, value, sizes, effective)

    found = []
    for name, parameter in known.params.items():
        if name not in params and not (version and parameter.later):
            continue
        value = count(name, params[name] if name in params else parameter.default_in(version))
        plain = _value(value, parameter, name, version, names=names)
        reason = inactive.why_inactive(known.short, name, effective)
        if not reason and not parameter.required and (_is_default(value, parameter) or _same_count(value, count(name, parameter.default))):
            reason = "the default"
        if name == "transformer_weights" and not names:
            plain = _weights(value, params)
        found.append(_Judged(parameter.was or name, plain, reason, name in params))
    return found


def _known(node: dict[str, Any]) -> Known:
    known = lookup(node["class"])
    if known is None:
        raise KeyError(node["class"])
    return known


def _effective(known: Known, params: dict[str, Any], name: str, version: str) -> Any:
    """Return the value in effect, in the spelling of the reference."""
    parameter = known.params.get(name)
    if parameter is None:
        return None
    if name not in params:
        return parameter.default_in(version)
    value = params[name]
    return parameter.default if not parameter.required and _is_default(value, parameter) else value


def _respelled(known: Known, params: dict[str, Any], version: str) -> dict[str, Any]:
    """Write LogisticRegression's two ways to name a penalty in one: since 1.8 `l1_ratio` and `C` say it where `penalty` is left alone."""
    if known.short not in ("LogisticRegression", "LogisticRegressionCV") or params.get("penalty", "deprecated") != "deprecated":
        return params
    if version and version_key(version) < (1, 8):
        return params
    if known.short == "LogisticRegressionCV":
        return {**params, "penalty": "elasticnet"} if params.get("l1_ratios") not in (None, "warn") else params
    ratio = params.get("l1_ratio")
    if params.get("C") == {"float": "inf"}:
        return {**params, "penalty": None}
    if not ratio:
        return params
    return {**params, "penalty": "l1" if ratio == 1 else "elasticnet"}


def _is_default(value: Any, parameter: Parameter) -> bool:
    text = json_text(_value(value, parameter, "", "", names=True))
    return any(text == json_text(_value(other, parameter, "", "", names=True)) for other in (parameter.default, *parameter.same))


def _same_count(value: Any, other: Any) -> bool:
    return type(value) is int and type(other) is int and value == other


def _value(value: Any, parameter: Parameter, name: str, version: str, *, names: bool) -> Any:
    """Return a tree value in canonical form."""
    apart = name in SEARCH_SPACES
    if isinstance(value, dict):
        if "named" in value:
            return _named(value["named"], version, names=names, owner=name)
        if "map" in value:
            pairs = [[_number(key), _inside(part, version, names=names, apart=apart)] for key, part in value["map"]]
            return {"map": sorted(pairs, key=lambda pair: json_text(pair[0]))}
        return value if "float" in value else _node(value, version, names=names)
    if isinstance(value, list):
        return [_inside(part, version, names=names, apart=apart) for part in value]
    return _number(value) if parameter.numbers in ("int", "real") else _zero(value)


def _inside(value: Any, version: str, *, names: bool, apart: bool) -> Any:
    """Return a value inside a list or mapping; there a whole float is the number it is, but for what a search tries (`apart`)."""
    if isinstance(value, list):
        return [_inside(part, version, names=names, apart=apart) for part in value]
    if isinstance(value, dict):
        if "map" in value:
            pairs = [[key, _inside(part, version, names=names, apart=apart)] for key, part in value["map"]]
            return {"map": sorted(pairs, key=lambda pair: json_text(pair[0]))}
        return value if "float" in value else _node(value, version, names=names)
    return _zero(value) if apart else _number(value)


def _named(named: list[list[Any]], version: str, *, names: bool, owner: str) -> list[Any]:
    found = []
    for label, node, *columns in named:
        if owner == "steps" and not names and node in ("passthrough", None):
            continue
        inner = _node(node, version, names=names)
        found.append([label, inner, *columns] if names else [inner, *columns] if columns else inner)
    return found


def _weights(value: Any, params: dict[str, Any]) -> Any:
    """Return the weights of a ColumnTransformer or FeatureUnion by position, as labels are not part of the identity."""
    named: list[list[Any]] = next((part["named"] for part in params.values() if isinstance(part, dict) and "named" in part), [])
    if not isinstance(value, dict):
        return value
    by_label = {pair[0]: pair[1] for pair in value["map"]}
    return [_number(by_label.get(label, 1)) for label, *_ in named]


def _number(value: Any) -> Any:
    """Return whole floats as ints, through lists and mappings."""
    if isinstance(value, list):
        return [_number(part) for part in value]
    if isinstance(value, dict):
        return {key: _number(part) for key, part in value.items()}
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value


def _zero(value: Any) -> Any:
    return 0.0 if isinstance(value, float) and value == 0 else value


# chance


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Give every node below a tree value."""
    if isinstance(value, list):
        for part in value:
            yield from _nodes(part)
    elif isinstance(value, dict):
        if "class" in value or "function" in value:
            yield value
        for part in value.get("params", value).values() if "function" not in value else ():
            yield from _nodes(part)


def _node_draws(node: dict[str, Any]) -> bool:
    if "function" in node:
        return node["function"] in inactive.DRAWING_FUNCTIONS
    known = _known(node)
    return "random_state" in known.params and inactive.draws(
        known.short, lambda name: _effective(known, _respelled(known, node["params"], ""), name, "")
    )


def _paths(label: str, node: Node) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give a node and all below it, each with its name as in ``set_params``."""
    if not isinstance(node, dict) or "class" not in node:
        return
    yield label, node
    for name, value in node["params"].items():
        if isinstance(value, dict) and "named" in value:
            for inner, child, *_ in value["named"]:
                yield from _paths(f"{label}__{inner}", child)
        else:
            yield from _paths(f"{label}__{name}", value)
