"""A second program that computes identities, by docs/reference/identity.md alone: it imports nothing of gitjournal.

It knows simple entries: plain steps whose values are no objects, a network as the last step, a function of one's own.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
from typing import Any

import yaml

from tests.support.places import ROOT

REFERENCE = ROOT / "gitjournal/procedure/reference"
SKLEARN: dict[str, Any] = json.loads((REFERENCE / "schema-1.json").read_text())["known"]
KERAS: dict[str, Any] = json.loads((REFERENCE / "keras-1.json").read_text())["known"]
PATH_OF = {path.rpartition(".")[2]: path for path in sorted(SKLEARN, key=lambda path: (path.count("."), path), reverse=True)}


def fingerprint(front: str, files: dict[str, str]) -> str:
    """Compute the fingerprint of an entry; `files` are the sha256 of those that a function of one's own is made of."""
    said = yaml.safe_load(front)
    source = "sklearn" if "sklearn" in said["data"] else said["data"]["path"].rpartition(".")[2]
    data = {key: value for key, value in said["data"].items() if key not in ("sklearn", "path", "hash", "facts")}
    text = json.dumps(
        {
            "schema": 1,
            "data": {**data, "hash": said["data"]["hash"], "format": source, "task": said["task"]},
            "split": {key: number(value) for key, value in said["split"].items()},
            "procedure": own(said, files) if files else [step(written, said) for written in said["procedure"]],
        },
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(text.encode()).hexdigest()


def number(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def step(written: Any, said: dict[str, Any]) -> dict[str, Any]:
    name, params = (written, {}) if isinstance(written, str) else next(iter(written.items()))
    if name in ("Sequential", "Model"):
        return network(params, said)
    path = name if name in SKLEARN else PATH_OF[name]
    facts = SKLEARN[path]["params"]
    as_numbers = {key: number(value) if facts[key].get("numbers") in ("int", "real") else value for key, value in params.items()}
    listed = {key: [number(part) for part in value] if isinstance(value, list) else value for key, value in as_numbers.items()}
    kept = {key: value for key, value in listed.items() if json.dumps(value) != json.dumps(number(facts[key]["default"]))}
    return {path: {key: value for key, value in kept.items() if key not in ("verbose", "n_jobs", "copy", "cache_size")}}


# one's own code


def digest_of(function: str, files: dict[str, str]) -> str:
    return hashlib.sha256((function + "\n" + "".join(f"{files[path]}  {path}\n" for path in sorted(files))).encode()).hexdigest()


def own(said: dict[str, Any], files: dict[str, str]) -> list[Any]:
    function = said["procedure"]["python"]
    return [{"python": {"code": digest_of(function, files), "function": function, "parameters": said["parameters"]}}]


# networks


def network(params: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    facts = facts_of(params.get("fit", {}), said)
    if "inputs" in params:
        wired = {name: part for item in params["layers"] for name, part in item.items()}
        order = needed(params["outputs"][0], wired, list(params["inputs"]))
    else:
        wired = {str(place): {"layer": written, "inputs": [str(place - 1)]} for place, written in enumerate(params["layers"])}
        order = ["-1", *wired]
    layers = []
    for name in order[1:]:
        inputs = [order.index(one) for one in wired[name]["inputs"]]
        written = wired[name].get("layer") or {key: part for key, part in wired[name].items() if key != "inputs"}
        layers.append(made("layer", written, facts) | ({} if inputs == [len(layers)] else {"inputs": inputs}))
    fit = dict(params.get("fit", {}))
    if fit.get("validation") == "dev":
        del fit["validation"]  # nothing watches it in these vectors
    callbacks = [made("callback", one, facts) for one in fit.pop("callbacks", [])]
    defaults = {"epochs": 1, "batch_size": 32, "shuffle": True}
    options = {key: value for key, value in fit.items() if key != "verbose" and defaults.get(key) != value}
    found = {
        "layers": layers,
        "optimizer": made("optimizer", params["optimizer"], facts),
        "loss": made("loss", params["loss"], facts),
        "fit": options | ({"callbacks": callbacks} if callbacks else {}),
    }
    return {"keras.Model": {key: value for key, value in found.items() if value}}


def facts_of(fit: dict[str, Any], said: dict[str, Any]) -> dict[str, int]:
    n_rows = said["data"]["facts"]["n_rows"]
    train = n_rows - sum(math.floor(said["split"][part] * n_rows + 0.5) for part in ("test", "dev"))
    if isinstance(fit.get("validation"), float):
        train -= math.floor(fit["validation"] * train + 0.5)
    an_epoch = math.ceil(train / fit.get("batch_size", 32))
    return {"$n_classes": len(said["data"]["facts"]["classes"]), "$steps": an_epoch * fit.get("epochs", 1)}


def needed(output: str, wired: dict[str, Any], sources: list[str]) -> list[str]:
    """Return the one source and then the layers as the output needs them, the inputs of each from left to right."""
    order: list[str] = []

    def visit(name: str) -> None:
        if name in wired:
            for one in wired[name]["inputs"]:
                visit(one)
            order.extend([] if name in order else [name])

    visit(output)
    return sources + order


def made(kind: str, written: Any, facts: dict[str, int]) -> Any:
    """Return the canonical form of an object of Keras."""
    name, params = (written, {}) if isinstance(written, str) else next(iter(written.items()))
    named = (path for path, one in KERAS.items() if one["kind"] == kind and name in (path.rpartition(".")[2], *one.get("aliases", [])))
    path = next(named)
    if kind == "activation":
        return None if name == "linear" else {"function": path}
    found = {}
    for key, value in params.items():
        about = KERAS[path]["params"][key]
        form = value_of(value, about, facts)
        if key not in ("name", "verbose") and ("default" not in about or form != value_of(about["default"], about, facts)):
            found[key] = form
    return {path: found}


def value_of(value: Any, about: dict[str, Any], facts: dict[str, int]) -> Any:
    if isinstance(value, str) and value.startswith("$"):
        return facts[value]
    if about.get("takes") and isinstance(value, (str, dict)):
        return made(about["takes"], value, facts)
    if not isinstance(value, float):
        return value
    if value.is_integer() and about.get("numbers"):
        return int(value)
    shortest = (float(f"{value:.{digits}g}") for digits in range(1, 18))
    return next(one for one in shortest if struct.pack("f", one) == struct.pack("f", value))
