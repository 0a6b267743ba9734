"""Search documents: the words that stand in an entry, and its procedure as a row of parts with their parameters. Pure.

A part is a step, what is built inside of one, or a layer, optimizer or loss of a network. Each parameter has all the values that a grid
gives it; where a grid exchanges whole steps, a procedure has several variants.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import msgspec

from gitjournal.entry import grid
from gitjournal.entry.grid import Point
from gitjournal.entry.labels import data_label
from gitjournal.entry.model import Entry
from gitjournal.entry.parse import split_text
from gitjournal.entry.results_block import strip_block
from gitjournal.errors import EntryError, GitjournalError
from gitjournal.procedure import canonical_form, catalogue
from gitjournal.procedure.canonical_text import class_of, labels, nodes_in, parameters_of
from gitjournal.procedure.networks import keras_catalogue
from gitjournal.procedure.reader import build_tree
from gitjournal.procedure.tree import Steps

MODEL, STEP, INSIDE = 2.0, 1.0, 0.5  # what a part weighs: the last step; a step or layer; what is built inside one, optimizer, loss, fit
NETWORK = keras_catalogue.MODEL  # in canonical form, a Sequential too
MANY = 100  # points of a grid that are looked at: one parameter is varied at a time, so this is enough for ten axes of ten values
LONGEST = 200  # characters of a value that is neither a number nor a list of some
LONGEST_WORD = 40
MOST_WORDS = 2000  # of one field

_TOKEN = re.compile(r"\d+(?:\.\d+)+|[^\W_]+")
_HUMP = re.compile(r"[A-Z]?[a-z]{2,}|[A-Z]{3,}(?![a-z])")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


class ProcedurePart(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One part of a procedure: its name there, the path of its class or function, what it weighs, and the values of its parameters."""

    label: str
    path: str
    weight: float
    values: dict[str, list[Any]]

    @property
    def short(self) -> str:
        """The name of the class alone."""
        return self.path.rpartition(".")[2].rpartition(":")[2]


class SearchDocument(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What an entry is searched by: its words, and its procedure.

    `words` holds for each field its distinct stems, each between two spaces; `procedure` its `procedure_variants`, not yet decoded.
    """

    words: dict[str, str] = {}
    procedure: msgspec.Raw = msgspec.Raw(b"[]")

    @property
    def key(self) -> bytes:
        """What two documents with the same procedure have in common; `procedure_variants` gives its parts."""
        return bytes(self.procedure)


_decoder = msgspec.json.Decoder(SearchDocument)
_variants_decoder = msgspec.json.Decoder(list[list[ProcedurePart]])


def encode_document(document: SearchDocument) -> bytes:
    """Return a document as the index keeps it."""
    return msgspec.json.encode(document)


def decode_document(data: bytes) -> SearchDocument:
    """Read what `encode_document` wrote."""
    return _decoder.decode(data)


@cache
def procedure_variants(key: bytes) -> list[list[ProcedurePart]]:
    """Return the rows of parts of a procedure: in a large journal, many entries have the same."""
    return _variants_decoder.decode(key)


def describe_entry(entry: Entry) -> SearchDocument:
    """Return what an entry is about; a procedure that cannot be read leaves its words alone."""
    return SearchDocument(_read_words(entry), msgspec.Raw(msgspec.json.encode(_read_variants(entry))))


# words


def stems(text: str) -> Iterator[tuple[str, str]]:
    """Give the words of a text as they are compared, in lower case and without the plural, each with how it is written.

    >>> [stem for stem, _ in stems("RandomForestClassifier overfits, classes")]
    ['randomforestclassifier', 'random', 'forest', 'classifier', 'overfit', 'class']
    """
    for token in _TOKEN.findall(text):
        humps = _HUMP.findall(token)
        for written in (token, *(humps if len(humps) > 1 else ())):
            if len(written) <= LONGEST_WORD:
                yield _stem(written.lower()), written.lower()


def _stem(word: str) -> str:
    if len(word) <= 3 or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word.removesuffix("s")


def _read_words(entry: Entry) -> dict[str, str]:
    front = entry.front
    texts = {
        "title": front.title,
        "hypothesis": front.hypothesis or "",
        "tags": " ".join(front.tags),
        "procedure": " ".join(_iterate_names([front.procedure, front.parameters, front.grid])),
        "data": data_label(front.data),
        "retraction": front.retracted or "",
        "notes": _read_prose(entry),
    }
    stems_by_field = {field: list(dict.fromkeys(stem for stem, _ in stems(text)))[:MOST_WORDS] for field, text in texts.items()}
    return {field: f" {' '.join(words)} " for field, words in stems_by_field.items() if words}


def _read_prose(entry: Entry) -> str:
    """Return what the person wrote below the front matter."""
    try:
        text = strip_block(entry.text, entry.id)
    except EntryError:
        text = entry.text  # its markers are damaged; `check` says so
    return _COMMENT.sub(" ", split_text(text, file=entry.id)[1])


def _iterate_names(value: Any) -> Iterator[str]:
    """Give every name and word in what was declared."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, part in value.items():
            yield str(name)
            yield from _iterate_names(part)
    elif isinstance(value, list):
        for part in value:
            yield from _iterate_names(part)


# parts


def _read_variants(entry: Entry) -> list[list[ProcedurePart]]:
    variants: dict[tuple[str, ...], list[ProcedurePart]] = {}
    try:
        for point in _sample_points(entry):
            parts = list(_read_parts(build_tree(entry, point, entry.front.data.facts)))
            shape = tuple(part.path for part in parts)
            if shape in variants:
                parts = [_join_parts(*pair) for pair in zip(variants[shape], parts, strict=True)]
            variants[shape] = parts
    except (GitjournalError, ValueError, RecursionError):
        return []
    return list(variants.values())


def _sample_points(entry: Entry) -> list[Point]:
    """Return points that show each value of a grid at least once: one parameter is varied, the others stay at their first value."""
    points: list[Point] = []
    for axes in grid.axes(entry):
        first = {name: values[0] for name, values in axes.items()}
        points += [first, *({**first, name: value} for name, values in axes.items() for value in values[1:MANY])]
    return points[:MANY]


def _join_parts(left: ProcedurePart, right: ProcedurePart) -> ProcedurePart:
    """Return a part with the values of two; where one of them leaves a parameter at its default, that is one of the values."""
    if left.values == right.values:
        return left
    defaults = {name: [value] for name, value in default_values(left.path).items()}
    values = {
        name: _distinct_values([value for part in (left, right) for value in part.values.get(name, defaults.get(name, []))])
        for name in {**left.values, **right.values}
    }
    return msgspec.structs.replace(left, values=values)


def _distinct_values(values: Sequence[Any]) -> list[Any]:
    return list({repr(value): value for value in values}.values())


def _read_parts(tree: Steps) -> Iterator[ProcedurePart]:
    own = tree[0][1]
    if isinstance(own, dict) and "python" in own:
        yield ProcedurePart("python", own["python"], MODEL, {name: [_plain_value(value)] for name, value in own["params"].items()})
        return
    steps = canonical_form.canonical_steps(tree)
    for number, ((label, *_), step) in enumerate(zip(canonical_form.acting_steps(tree), steps, strict=True), start=1):
        if NETWORK in step:
            yield from _network_parts(step[NETWORK])
        else:
            yield from _node_parts(label, step, MODEL if number == len(steps) else STEP)


def _network_parts(params: dict[str, Any]) -> Iterator[ProcedurePart]:
    layers = params["layers"]
    for label, layer in zip(labels(layers), layers, strict=True):
        first, *inside = _node_parts(label, {path: values for path, values in layer.items() if path != "inputs"}, STEP)
        if "inputs" in layer:
            first = msgspec.structs.replace(first, values={**first.values, "inputs": [layer["inputs"]]})
        yield from (first, *inside)
    yield from _node_parts("optimizer", params["optimizer"], INSIDE)
    yield from _node_parts("loss", params["loss"], INSIDE)
    yield from _node_parts("fit", {keras_catalogue.FIT: params.get("fit", {})}, INSIDE)


def _node_parts(label: str, node: Any, weight: float) -> Iterator[ProcedurePart]:
    """Give the part of a canonical node, and those of all that is built inside it."""
    path, params = class_of(node), parameters_of(node)
    inside = {name: list(nodes_in(value)) for name, value in params.items()}
    yield ProcedurePart(label, path, weight, {name: [_plain_value(value)] for name, value in params.items() if not inside[name]})
    for name, nodes in inside.items():
        for inner in nodes:
            yield from _node_parts(name if len(nodes) == 1 else labels([inner])[0], inner, INSIDE)


def _plain_value(value: Any) -> Any:
    """Return a value of the tree as it is compared: a number, a truth value, a list of numbers, null, or a word."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return value[:LONGEST]
    if isinstance(value, dict) and "function" in value:
        return str(value["function"]).rpartition(".")[2]
    if isinstance(value, list) and value and all(type(part) in (int, float) for part in value):
        return value if len(value) < LONGEST else f"{len(value)} numbers"
    return json.dumps(value, default=str)[:LONGEST]


@cache
def default_values(path: str) -> dict[str, Any]:
    """Return the reference default of each parameter of a class that is known, as it is compared."""
    if path.startswith("keras."):
        spec = keras_catalogue.spec_at(path) if path in (keras_catalogue.FIT, *keras_catalogue.reference().known) else None
    else:
        spec = catalogue.lookup(path) if "." in path and ":" not in path else None
    return {name: _plain_value(parameter.default) for name, parameter in spec.params.items() if not parameter.is_required} if spec else {}


# values


def value_similarity(left: Any, right: Any) -> float:
    """Return 1 for the same value; numbers of one sign lose what they are apart on a scale of tenfolds, all else is 0.

    >>> value_similarity(0.5, 0.5), round(value_similarity(0.5, 0.4), 2), value_similarity(1, 10), value_similarity(True, 1)
    (1.0, 0.9, 0.0, 0.0)
    """
    if _is_number(left) and _is_number(right):
        if left == right:
            return 1.0
        comparable = left and right and (left > 0) == (right > 0)
        return max(0.0, 1.0 - abs(math.log10(abs(left)) - math.log10(abs(right)))) if comparable else 0.0
    if left != right and isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        return sum(map(value_similarity, left, right)) / len(left)
    return float(type(left) is type(right) and left == right)


def most_similar_values(left: Sequence[Any], right: Sequence[Any]) -> tuple[float, Any, Any]:
    """Return the similarity of the two values that are nearest, one of each side, and these two."""
    best = (-1.0, None, None)
    for value in left:
        for counterpart in right:
            similarity = value_similarity(value, counterpart)
            if similarity > best[0]:
                best = (similarity, value, counterpart)
    return best


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)
