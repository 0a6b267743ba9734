"""The reference of Keras: append what the installed version has: ``python -m gitjournal.worker.models.reference_keras``.

What stands in the file is never changed: old fingerprints rest on it.
"""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any, Literal

import msgspec

from gitjournal.procedure.catalogue import SCHEMA, ClassSpec, Kind, Parameter, Reference, Takes
from gitjournal.procedure.networks.keras_catalogue import REFERENCE, REFUSED
from gitjournal.worker.models.keras_library import load
from gitjournal.worker.models.reference_sklearn import spell, update

MODULES: dict[str, Kind] = {
    "layers": "layer",
    "optimizers": "optimizer",
    "optimizers.schedules": "schedule",
    "losses": "loss",
    "initializers": "initializer",
    "regularizers": "regularizer",
    "constraints": "constraint",
    "activations": "activation",
    "metrics": "metric",
    "callbacks": "callback",
}
CALLBACKS = ("EarlyStopping", "ReduceLROnPlateau", "SwapEMAWeights", "TerminateOnNaN")
CELLS = ("GRUCell", "LSTMCell", "SimpleRNNCell", "StackedRNNCells")
# base classes, what takes a mapping of objects, and what an entry says otherwise (its data are the input)
LEFT_OUT = {
    *("Layer", "Wrapper", "InputLayer", "InputSpec", "Loss", "Initializer", "Regularizer", "Constraint", "LearningRateSchedule"),
    *("Metric", "MeanMetricWrapper", "Optimizer", "OptimizerMap", "MultiOptimizer"),
    *("deserialize", "serialize", "get"),
    *REFUSED,
}
# objects that cannot be declared; seeds come from the run
NO_PARAMETERS = {"seed", "weights", "backward_layer", "quantization_config", "fn", "exclude_layers", "gptq_unpacked_column_size"}
TAKES: dict[str, Takes] = {
    "layer": "layer",
    "layers": "layers",
    "cell": "cell",
    "cells": "cells",
    "inner_optimizer": "optimizer",
    "learning_rate": "schedule",
    "activation": "activation",
    "recurrent_activation": "activation",
}
SUFFIXES: dict[str, Takes] = {"_initializer": "initializer", "_regularizer": "regularizer", "_constraint": "constraint"}
# required numbers tell nothing by a default: these are measures, the others counts
REAL = {
    *("rate", "stddev", "factor", "height_factor", "width_factor", "scale", "initial_learning_rate", "decay_rate", "values"),
    *("precision", "recall", "sensitivity", "specificity"),
}
NO_NUMBERS = {"equation", "target_class_ids"}
SAME: dict[str, list[Any]] = {"data_format": ["channels_last"], "dtype": ["float32"]}


def _takes(name: str) -> Takes:
    for suffix, kind in SUFFIXES.items():
        if name.endswith(suffix):
            return kind
    return TAKES.get(name, "")


def _numbers(name: str, default: Any) -> Literal["", "int", "real"]:
    if default is inspect.Parameter.empty:
        return "" if name in NO_NUMBERS else "real" if name in REAL else "int"
    first = default
    while isinstance(first, tuple) and first:
        first = first[0]
    by_type: dict[type, Literal["int", "real"]] = {int: "int", float: "real"}
    return by_type.get(type(first), "")


def describe_parameter(declared: inspect.Parameter) -> Parameter:
    """Describe one parameter of a class."""
    takes = _takes(declared.name)
    return Parameter(
        default=msgspec.UNSET if declared.default is declared.empty else spell(declared.default),
        same=SAME.get(declared.name, []) if declared.default is None else [],
        numbers=_numbers(declared.name, declared.default) if takes in ("", "schedule") else "",
        tuple=isinstance(declared.default, tuple),
        takes=takes,
    )


def describe(owner: type, kind: Kind, base: type | None) -> ClassSpec:
    """Describe one class; a layer takes what every layer takes too, where it hands on its keywords."""
    declared = dict(inspect.signature(owner.__init__).parameters)  # type: ignore[misc]  # of a class, not of an instance
    if base is not None and any(one.kind is one.VAR_KEYWORD for one in declared.values()):
        inherited = inspect.signature(base.__init__).parameters  # type: ignore[misc]
        declared |= {name: one for name, one in inherited.items() if name not in declared}
    skipped = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    names = [name for name, one in declared.items() if name != "self" and name not in NO_PARAMETERS and one.kind not in skipped]
    return ClassSpec(kind, {name: describe_parameter(declared[name]) for name in names})


def describe_keras() -> Reference:
    """Describe the installed Keras."""
    keras = load()
    catalogue: dict[str, ClassSpec] = {}
    for module, kind in MODULES.items():
        place = _module(keras, module)
        functions = {name: one for name, one in vars(place).items() if inspect.isfunction(one) and name not in LEFT_OUT}
        classes = {name: one for name, one in vars(place).items() if inspect.isclass(one) and name not in LEFT_OUT}
        if kind == "activation":
            for function in dict.fromkeys(functions.values()):
                aliases = sorted(name for name, one in functions.items() if one is function and name != function.__name__)
                catalogue[f"keras.{module}.{function.__name__}"] = ClassSpec(kind, aliases=aliases)
            continue
        for owner in dict.fromkeys(classes.values()):
            if kind == "callback" and owner.__name__ not in CALLBACKS:
                continue
            exact: Kind = "cell" if owner.__name__ in CELLS else kind
            public = {name for name, one in classes.items() if one is owner}
            name = owner.__name__ if owner.__name__ in classes else next(name for name, one in classes.items() if one is owner)
            described = describe(owner, exact, keras.layers.Layer if kind == "layer" else None)
            names = _aliases(keras, owner, kind, public)
            catalogue[f"keras.{module}.{name}"] = msgspec.structs.replace(described, aliases=sorted(names - {name}))
    return Reference(SCHEMA, [keras.__version__], dict(sorted(catalogue.items())))


def _module(keras: Any, name: str) -> ModuleType:
    for part in name.split("."):
        keras = getattr(keras, part)
    module: ModuleType = keras
    return module


def _aliases(keras: Any, owner: type, kind: Kind, public: set[str]) -> set[str]:
    """Return the other names that Keras itself takes for a class, those of the function it wraps included."""
    listed = getattr(_module(keras.src, f"{kind}s"), "ALL_OBJECTS_DICT", {}) if hasattr(keras.src, f"{kind}s") else {}
    names = public | {name for name, one in listed.items() if one is owner}
    if kind in ("loss", "metric"):
        plural = _module(keras.src, "losses" if kind == "loss" else "metrics").ALL_OBJECTS_DICT
        names |= {name for name, one in plural.items() if one is owner}
        wrapped = _wrapped_function(owner)
        names |= {name for name, one in plural.items() if wrapped is not None and one is wrapped}
    return names


def _wrapped_function(owner: type) -> Any:
    """Return the function that a loss or metric calls, where it can be made without saying anything."""
    try:
        instance = owner()
    except TypeError:
        return None
    return getattr(instance, "fn", None) or getattr(instance, "_fn", None)


if __name__ == "__main__":
    changed = update(REFERENCE, describe_keras)
    print(f"Keras {load().__version__}: {len(changed)} new or longer in {REFERENCE.name}", *changed, sep="\n  ")  # noqa: T201
