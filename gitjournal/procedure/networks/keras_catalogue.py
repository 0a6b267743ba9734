"""What is known of Keras without importing it: layers, optimizers, losses and the rest, with the reference default of each parameter.

The facts are in `reference/keras-1.json`, taken from installed versions of Keras by `gitjournal.worker.models.reference_keras`. Names are
looked up by kind, since a loss and a metric share theirs. Only what is listed there is ever built.
"""

from __future__ import annotations

from functools import cache

import msgspec

from gitjournal.errors import nearest as nearest_word
from gitjournal.procedure import catalogue
from gitjournal.procedure.catalogue import SCHEMA, ClassSpec, Kind, Parameter, Reference, decode

REFERENCE = catalogue.REFERENCE.with_name(f"keras-{SCHEMA}.json")
SEQUENTIAL, MODEL, FIT = "keras.Sequential", "keras.Model", "keras.Model.fit"
NETWORKS = (SEQUENTIAL, MODEL)

# a layer that runs code, or reads files, which are not in the entry
REFUSED = {
    "Lambda": "it runs code that is not in the entry",
    "TFSMLayer": "it loads a saved model, which can run code",
    "TorchModuleWrapper": "it runs code that is not in the entry",
    "JaxLayer": "it runs code that is not in the entry",
    "FlaxLayer": "it runs code that is not in the entry",
}
# public in Keras, and of no use in an entry
NOT_HERE = {
    "Input": "there is no input layer: the data say their shape",
    "InputLayer": "there is no input layer: the data say their shape",
    "MultiOptimizer": "it pairs optimizers with layers that are built already, and an entry has no such objects",
    "OptimizerMap": "it pairs optimizers with layers that are built already, and an entry has no such objects",
}
ADAPTED = {  # layers that learn from the train part before the network does, unless they are given this
    "Normalization": "mean",
    "Discretization": "bin_boundaries",
    "IntegerLookup": "vocabulary",
    "StringLookup": "vocabulary",
    "TextVectorization": "vocabulary",
}
_COMPILED = {
    "optimizer": Parameter(takes="optimizer"),
    "loss": Parameter(takes="loss"),
    "compile_metrics": Parameter([], takes="metrics"),
    "fit": Parameter({}),
}
_OURS = {
    SEQUENTIAL: ClassSpec("other", {"layers": Parameter(), **_COMPILED}, path=SEQUENTIAL),
    MODEL: ClassSpec("other", {"inputs": Parameter(), "layers": Parameter(), "outputs": Parameter(), **_COMPILED}, path=MODEL),
    FIT: ClassSpec(
        "other",
        {
            "epochs": Parameter(1, numbers="int"),
            "batch_size": Parameter(32, numbers="int"),
            "shuffle": Parameter(default=True),
            "class_weight": Parameter(None),
            "validation": Parameter(None),
            "callbacks": Parameter([], takes="callbacks"),
            "verbose": Parameter("auto"),
        },
        path=FIT,
    ),
}


@cache
def reference() -> Reference:
    """Return the reference that is shipped."""
    return decode(REFERENCE.read_bytes())


@cache
def _paths_by_kind() -> dict[str, dict[str, str]]:
    """Return the full path by name, for each kind: the short name, the aliases that Keras takes, and the path itself."""
    paths: dict[str, dict[str, str]] = {}
    for path, spec in reference().known.items():
        names = paths.setdefault(spec.kind, {})
        names |= dict.fromkeys((path, path.rpartition(".")[2], *spec.aliases), path)
    return paths


def lookup(name: str, kind: Kind) -> ClassSpec | None:
    """Return what is known of one kind under a short, full or other name, or None.

    >>> lookup("mse", "loss").path, lookup("AvgPool2D", "layer").short
    ('keras.losses.MeanSquaredError', 'AveragePooling2D')
    """
    path = _paths_by_kind().get(kind, {}).get(name)
    return spec_at(path) if path else None


def spec_at(path: str) -> ClassSpec:
    """Return what stands under a full path that is known to exist."""
    return _OURS[path] if path in _OURS else msgspec.structs.replace(reference().known[path], path=path)


def names(kind: Kind) -> list[str]:
    """Return the short names of one kind, sorted."""
    return sorted(path.rpartition(".")[2] for path in set(_paths_by_kind().get(kind, {}).values()))


def nearest(name: str, kind: Kind) -> str:
    """Return ``; did you mean `Dense`?`` for the known name of that kind nearest to `name`, or nothing."""
    known_names = {full.rpartition(".")[2] for full in _paths_by_kind().get(kind, {})}
    return nearest_word(name.rpartition(".")[2], sorted(known_names))
