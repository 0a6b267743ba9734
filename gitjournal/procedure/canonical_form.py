"""The steps of a procedure in canonical form: one form for all that means the same. Pure.

A parameter is left out where its effective value is the reference default, or where it changes nothing (`inactive` has the tables). Labels
are left out, and so are steps that do nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gitjournal.procedure import counts, inactive
from gitjournal.procedure.canonical_text import json_text
from gitjournal.procedure.catalogue import SEARCH_SPACES, ClassSpec, Parameter, lookup, version_key
from gitjournal.procedure.declaration import REFERENCE, Versions
from gitjournal.procedure.networks import network
from gitjournal.procedure.networks.canonical import canonical_network
from gitjournal.procedure.tree import Node, Steps


@dataclass(frozen=True)
class JudgedParameter:
    """One parameter of a class: its canonical value, whether it was declared, and why it is left out ("" where it is not)."""

    name: str
    value: Any
    left_out: str
    declared: bool


def acting_steps(tree: Steps) -> Steps:
    """Return the steps that do something."""
    return [step for step in tree if step[1] not in ("passthrough", None)]


def canonical_steps(tree: Steps, versions: Versions = REFERENCE, sizes: counts.Sizes = counts.UNKNOWN) -> list[Any]:
    """Return the steps in canonical form, without their labels; a step that is passed through does nothing."""
    function = own_function(tree)
    if function is not None:
        # the bytes of the code, by their digest: what it does with a parameter is its own affair, so each counts as written
        return [{"python": {"function": function["python"], "code": function["digest"], "parameters": function["params"]}}]
    return [
        canonical_network(node, versions.keras, seen.rows)
        if network.is_network(node)
        else canonical_node(node, versions.sklearn, names=False, sizes=seen)
        for (_, node, *_), seen in zip(acting_steps(tree), sizes_by_step(tree, sizes), strict=True)
    ]


def own_function(tree: Steps) -> dict[str, Any] | None:
    """Return the one node of a procedure that is a function of one's own."""
    node = tree[0][1] if len(tree) == 1 else None
    return node if isinstance(node, dict) and "python" in node else None


def sizes_by_step(tree: Steps, sizes: counts.Sizes) -> list[counts.Sizes]:
    """Return the rows and columns that each step that does something is fitted on."""
    sizes_seen = []
    for _, node, *_ in acting_steps(tree):
        sizes_seen.append(sizes)
        sizes = sizes.after(node["class"].rpartition(".")[2] if isinstance(node, dict) and "class" in node else "")
    return sizes_seen


def canonical_node(node: Node, version: str, *, names: bool, sizes: counts.Sizes = counts.UNKNOWN) -> Any:
    """Return a node as ``{class path: {parameter: value}}``; with `names`, labels of what is inside it count."""
    if not isinstance(node, dict):
        return node
    if "function" in node:
        return node
    parameters = judge_parameters(node, version, names=names, sizes=sizes)
    return {node["class"]: {one.name: one.value for one in parameters if not one.left_out}}


def judge_parameters(node: dict[str, Any], version: str, *, names: bool, sizes: counts.Sizes) -> list[JudgedParameter]:
    """Return the canonical form of each parameter that is declared, or whose default differs in `version`.

    With `names`, labels of inner estimators count; `sizes` are those of what the class is fitted on.
    """
    spec = spec_of(node)
    params = unify_penalty(spec, node["params"], version)
    # a search names inner estimators by their labels, so there they count
    names = names or any(space in params for space in SEARCH_SPACES)

    def effective(name: str) -> Any:
        return effective_value(spec, params, name, version)

    def count(name: str, value: Any) -> Any:
        return counts.share_as_count(spec.short, name, value, sizes, effective)

    judgements = []
    for name, parameter in spec.params.items():
        if name not in params and not (version and parameter.later):
            continue
        value = count(name, params[name] if name in params else parameter.default_in(version))
        form = _canonical_value(value, parameter, name, version, names=names)
        reason = inactive.why_inactive(spec.short, name, effective)
        if not reason and not parameter.is_required:
            same = _is_default(value, parameter) or _is_same_count(value, count(name, parameter.default))
            reason = "the default" if same else ""
        if name == "transformer_weights" and not names:
            form = _weights_by_position(value, params)
        judgements.append(JudgedParameter(parameter.was or name, form, reason, name in params))
    return judgements


def spec_of(node: dict[str, Any]) -> ClassSpec:
    """Return what is known of the class of a node. Raises KeyError for a class that is not known."""
    spec = lookup(node["class"])
    if spec is None:
        raise KeyError(node["class"])
    return spec


def effective_value(spec: ClassSpec, params: dict[str, Any], name: str, version: str) -> Any:
    """Return the value in effect, in the spelling of the reference."""
    parameter = spec.params.get(name)
    if parameter is None:
        return None
    if name not in params:
        return parameter.default_in(version)
    value = params[name]
    return parameter.default if not parameter.is_required and _is_default(value, parameter) else value


def unify_penalty(spec: ClassSpec, params: dict[str, Any], version: str) -> dict[str, Any]:
    """Write LogisticRegression's two ways to name a penalty in one: since 1.8 `l1_ratio` and `C` say it where `penalty` is left alone."""
    if spec.short not in ("LogisticRegression", "LogisticRegressionCV") or params.get("penalty", "deprecated") != "deprecated":
        return params
    if version and version_key(version) < (1, 8):
        return params
    if spec.short == "LogisticRegressionCV":
        return {**params, "penalty": "elasticnet"} if params.get("l1_ratios") not in (None, "warn") else params
    ratio = params.get("l1_ratio")
    if params.get("C") == {"float": "inf"}:
        return {**params, "penalty": None}
    if not ratio:
        return params
    return {**params, "penalty": "l1" if ratio == 1 else "elasticnet"}


def _is_default(value: Any, parameter: Parameter) -> bool:
    """Whether a value is the reference default, in whichever of its spellings."""

    def text_of(spelling: Any) -> str:
        return json_text(_canonical_value(spelling, parameter, "", "", names=True))

    text = text_of(value)
    return any(text == text_of(default) for default in (parameter.default, *parameter.same))


def _is_same_count(value: Any, default: Any) -> bool:
    return type(value) is int and type(default) is int and value == default


def _canonical_value(value: Any, parameter: Parameter, name: str, version: str, *, names: bool) -> Any:
    """Return a tree value in canonical form."""
    apart = name in SEARCH_SPACES
    if isinstance(value, dict):
        if "named" in value:
            return _canonical_members(value["named"], version, names=names, owner=name)
        if "map" in value:
            pairs = [[whole_as_int(key), _canonical_part(part, version, names=names, apart=apart)] for key, part in value["map"]]
            return {"map": sorted(pairs, key=lambda pair: json_text(pair[0]))}
        return value if "float" in value else canonical_node(value, version, names=names)
    if isinstance(value, list):
        return [_canonical_part(part, version, names=names, apart=apart) for part in value]
    return whole_as_int(value) if parameter.numbers in ("int", "real") else _unsigned_zero(value)


def _canonical_part(value: Any, version: str, *, names: bool, apart: bool) -> Any:
    """Return a value inside a list or mapping; there a whole float is the number it is, but for what a search tries (`apart`)."""
    if isinstance(value, list):
        return [_canonical_part(part, version, names=names, apart=apart) for part in value]
    if isinstance(value, dict):
        if "map" in value:
            pairs = [[key, _canonical_part(part, version, names=names, apart=apart)] for key, part in value["map"]]
            return {"map": sorted(pairs, key=lambda pair: json_text(pair[0]))}
        return value if "float" in value else canonical_node(value, version, names=names)
    return _unsigned_zero(value) if apart else whole_as_int(value)


def _canonical_members(named: list[list[Any]], version: str, *, names: bool, owner: str) -> list[Any]:
    """Return named estimators in canonical form, without their labels unless these count."""
    members = []
    for label, node, *columns in named:
        if owner == "steps" and not names and node in ("passthrough", None):
            continue
        inner = canonical_node(node, version, names=names)
        members.append([label, inner, *columns] if names else [inner, *columns] if columns else inner)
    return members


def _weights_by_position(value: Any, params: dict[str, Any]) -> Any:
    """Return the weights of a ColumnTransformer or FeatureUnion by position, as labels are not part of the identity."""
    named: list[list[Any]] = next((part["named"] for part in params.values() if isinstance(part, dict) and "named" in part), [])
    if not isinstance(value, dict):
        return value
    by_label = {pair[0]: pair[1] for pair in value["map"]}
    return [whole_as_int(by_label.get(label, 1)) for label, *_ in named]


def whole_as_int(value: Any) -> Any:
    """Return whole floats as ints, through lists and mappings."""
    if isinstance(value, list):
        return [whole_as_int(part) for part in value]
    if isinstance(value, dict):
        return {key: whole_as_int(part) for key, part in value.items()}
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value


def _unsigned_zero(value: Any) -> Any:
    """Return 0.0 for -0.0, and anything else as it is."""
    return 0.0 if isinstance(value, float) and value == 0 else value
