"""Serialised scikit-learn models: files of skops, opened by a list of allowed types. Runs in the worker.

skops keeps what a model is made of as JSON and arrays. What may be made of it is decided here and not by skops: classes
and functions of the catalogue, and a fixed list of what they hold inside. A file that names anything else is refused
before one object of it exists; the same list is held when a model is written, so what is kept can be opened.
"""

from __future__ import annotations

import importlib
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gitjournal.errors import DataError, TrustError
from gitjournal.procedure.catalogue import lookup
from gitjournal.worker import arrays

SCHEMA, SCHEMA_BYTES = "schema.json", 64 * 2**20
# the kinds of node that skops makes something of; a method, a partial or a file of joblib is not among them
NODES = frozenset(
    [
        *("CachedNode", "DTypeNode", "DefaultDictNode", "DictNode", "FunctionNode", "JsonNode", "ListNode", "LossNode", "NdArrayNode"),
        *("ObjectNode", "OrderedDictNode", "RandomGeneratorNode", "RandomStateNode", "SetNode", "SliceNode", "SparseMatrixNode"),
        *("TreeNode", "TupleNode", "TypeNode"),
    ]
)
_LOSSES = (
    *("AbsoluteError", "ExponentialLoss", "HalfBinomialLoss", "HalfGammaLoss", "HalfMultinomialLoss", "HalfPoissonLoss"),
    *("HalfSquaredError", "HalfTweedieLoss", "HalfTweedieLossIdentity", "HuberLoss", "PinballLoss"),
)
_CY_LOSSES = tuple(f"Cy{name}" for name in _LOSSES)
_SGD = ("EpsilonInsensitive", "Hinge", "Huber", "Log", "ModifiedHuber", "SquaredEpsilonInsensitive", "SquaredHinge", "SquaredLoss")
_NUMPY = ("bool", "bool_", "dtype", "float32", "float64", "int32", "int64", "ndarray", "str_", "uint8", "uint32", "uint64")
_SPARSE = ("_coo.coo_matrix", "_csc.csc_matrix", "_csr.csr_matrix", "_coo.coo_array", "_csc.csc_array", "_csr.csr_array")
INSIDE = frozenset(
    (
        *(f"builtins.{name}" for name in ("bool", "dict", "float", "int", "list", "set", "slice", "str", "tuple")),
        *("collections.OrderedDict", "collections.defaultdict"),
        *(f"numpy.{name}" for name in _NUMPY),
        *("numpy.random.mtrand.RandomState", "numpy.random._generator.Generator", "scipy.interpolate._bsplines.BSpline"),
        *(f"scipy.sparse.{name}" for name in _SPARSE),
        *(f"sklearn._loss._loss.{name}" for name in _CY_LOSSES),
        *(f"sklearn._loss.loss.{name}" for name in _LOSSES),
        *(
            f"sklearn._loss.link.{name}"
            for name in ("HalfLogitLink", "IdentityLink", "Interval", "LogLink", "LogitLink", "MultinomialLogit")
        ),
        *(f"sklearn.linear_model._sgd_fast.{name}" for name in _SGD),
        *(f"sklearn.calibration.{name}" for name in ("_CalibratedClassifier", "_SigmoidCalibration")),
        *(f"sklearn.ensemble._hist_gradient_boosting.{name}" for name in ("binning._BinMapper", "predictor.TreePredictor")),
        *(f"sklearn.metrics._dist_metrics.{name}64" for name in ("ChebyshevDistance", "EuclideanDistance", "ManhattanDistance")),
        *(
            "sklearn.metrics._dist_metrics.MinkowskiDistance64",
            "sklearn.neighbors._kd_tree.KDTree",
            "sklearn.neighbors._ball_tree.BallTree",
        ),
        *(f"sklearn.neural_network._stochastic_optimizers.{name}Optimizer" for name in ("Adam", "SGD")),
        *("sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace", "sklearn.impute._iterative._ImputerTriplet"),
        *("sklearn.tree._tree.Tree", "sklearn.utils._bunch.Bunch"),
    )
)


def save(model: Any, path: Path) -> str:
    """Write a fitted model, and return the sha256 of the file. Raises DataError for one that could not be opened again."""
    return arrays.write_bytes(path, to_bytes(model))


def open_model(path: Path, sha256: str) -> Any:
    """Return a model that was kept. Raises TrustError for a file that is not the one, or that names what is not on the list."""
    return from_bytes(arrays.read_bytes(path, sha256))


def to_bytes(model: Any) -> bytes:
    """Return a fitted model as the bytes of its file: the same model is the same bytes in any process.

    Raises DataError for one that could not be opened again.
    """
    skops = _skops()
    try:
        content: bytes = skops.dumps(model)
    except Exception as fault:
        raise DataError(f"{type(model).__name__} cannot be written by skops: {fault}"[:300]) from fault
    try:
        types_of(content)
    except TrustError as fault:
        raise DataError(f"{type(model).__name__} is not kept: {fault.message}") from None
    return _make_reproducible(content)


def from_bytes(content: bytes) -> Any:
    """Return the model of a file's bytes. Raises TrustError where they name what is not on the list, before anything is made."""
    return _skops().loads(content, trusted=sorted(types_of(content)))


def _make_reproducible(content: bytes) -> bytes:
    """Return a file of skops with numbers in place of the memory addresses and the time that it holds."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        described = json.loads(old.read(SCHEMA))
        numbers: dict[int, int] = {}
        files: dict[str, str] = {}
        for node in _nodes(described):
            if "__id__" in node:
                node["__id__"] = numbers.setdefault(node["__id__"], len(numbers))
            if isinstance(node.get("file"), str):
                node["file"] = files.setdefault(node["file"], f"{len(files)}{Path(node['file']).suffix}")
        for name, number in files.items():
            new.writestr(zipfile.ZipInfo(number), old.read(name))
        new.writestr(zipfile.ZipInfo(SCHEMA), json.dumps(described))
    return buffer.getvalue()


def types_of(content: bytes) -> set[str]:
    """Return the types that a file would make, reading nothing but its description. Raises TrustError for one not listed."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if archive.getinfo(SCHEMA).file_size > SCHEMA_BYTES:
                raise TrustError("the description of the model is too large")
            described = json.loads(archive.read(SCHEMA))
    except (zipfile.BadZipFile, KeyError, ValueError, RecursionError):
        described = None
    if not isinstance(described, dict):
        raise TrustError("the model file was not written by skops")
    if described.get("protocol") != importlib.import_module("skops.io._protocol").PROTOCOL:
        raise TrustError("the model file is from a version of skops that this one cannot read")
    types = set()
    for node in _nodes(described):
        if node.get("__loader__") not in NODES:
            raise TrustError(f"the model file holds a part of the kind {str(node.get('__loader__'))[:60]}, and none such is opened")
        name = f"{node.get('__module__')}.{node.get('__class__')}"
        if name not in INSIDE and not _in_catalogue(name):
            raise TrustError(f"the model file holds {name[:100]}, which is not on the list of types that are opened")
        types.add(name)
    return types


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Give every node of a description, without recursion: a hostile one may be nested deep."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            if "__loader__" in part or "__module__" in part or "__class__" in part:
                yield part
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)


def _in_catalogue(name: str) -> bool:
    """Whether a type is one that an entry may declare, under the name that its module gives it."""
    entry = lookup(name.rpartition(".")[2])
    if entry is None:
        return False
    module, _, short = entry.path.rpartition(".")
    try:
        owner = getattr(importlib.import_module(module), short)
    except (ImportError, AttributeError):
        return False
    return name == f"{owner.__module__}.{owner.__qualname__}"


def _skops() -> Any:
    try:
        return importlib.import_module("skops.io")
    except ImportError:
        raise DataError("keeping models needs skops", hint="pip install 'gitjournal[models]'") from None
