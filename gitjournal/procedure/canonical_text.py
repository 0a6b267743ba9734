"""The canonical text of a configuration: its fingerprint, reading it again, and the tree of classes in it. Pure.

`identity` writes the text: JSON such as ``{"data":{…},"procedure":[…],"schema":1,"split":{…}}``. A text on record may be a stranger's and
hold anything, so nothing raises here: what is no canonical text is None. Lists and the index read a hundred thousand texts, so there
are `read_header` and `read_sections`, which decode no more than they return.

A node is a class that is built, ``{import path: {parameter: value}}``. Each step of `procedure` is one, and so are values inside it, alone
or in lists; a function of one's own is the single step ``{"python": {…}}``.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from gitjournal.procedure.tree import labels_of

DEEPEST = 100  # levels of nesting: nothing that was built has as many, and a walk of so many stays within Python's stack

_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|([\[{])|([\]}])')


class CanonicalText(msgspec.Struct, frozen=True, kw_only=True):
    """A canonical text, decoded."""

    data: dict[str, Any]
    procedure: list[Any]
    schema: int = 0
    split: dict[str, Any]


class Header(msgspec.Struct, frozen=True, gc=False):
    """The hash of the data of a configuration, and its task; "" for what a text does not name."""

    hash: str = ""
    task: str = ""


class Sections(NamedTuple):
    """The parts of a canonical text, each as the JSON text that it is."""

    data: str
    procedure: str
    split: str


class _Data(msgspec.Struct):
    data: Header = Header()


class _Folds(msgspec.Struct):
    cv: int = 1
    repeats: int = 1


class _Undecoded(msgspec.Struct):
    data: msgspec.Raw
    procedure: msgspec.Raw
    split: msgspec.Raw


_canonical_decoder = msgspec.json.Decoder(CanonicalText)
_steps_decoder = msgspec.json.Decoder(list[Any])
_data_decoder = msgspec.json.Decoder(_Data)
_folds_decoder = msgspec.json.Decoder(_Folds)
_sections_decoder = msgspec.json.Decoder(_Undecoded)


# text


def json_text(value: Any) -> str:
    """Return the one JSON text of a value: sorted keys, no spaces, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def fingerprint(text: str) -> str:
    """Return the sha256 of a canonical text, in hexadecimal; what no text can hold counts as a question mark."""
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


def read_canonical(text: str | None) -> CanonicalText | None:
    """Return a canonical text decoded, None for anything else, and for one that is nested too deep to be walked."""
    if not text or _is_too_deep(text):
        return None
    try:
        return _canonical_decoder.decode(text)
    except ValueError:
        return None


def read_steps(procedure: str) -> list[Any] | None:
    """Return the steps of a procedure from their JSON text, None for anything else."""
    if _is_too_deep(procedure):
        return None
    try:
        return _steps_decoder.decode(procedure)
    except ValueError:
        return None


def read_header(text: str) -> Header:
    """Return the hash of the data and the task that a text names."""
    try:
        return _data_decoder.decode(text).data
    except (ValueError, RecursionError):
        return Header()


def read_sections(text: str) -> Sections | None:
    """Return the parts of a canonical text undecoded, None for anything else; what stands inside them is not looked at."""
    try:
        raw = _sections_decoder.decode(text)
    except (ValueError, RecursionError):
        return None
    return Sections(*(bytes(part).decode() for part in (raw.data, raw.procedure, raw.split)))


def count_fits(split: str) -> int:
    """Return how many models one run with a split fits, from the JSON text of the split: folds x repeats, 1 for a holdout.

    >>> count_fits('{"cv":5,"repeats":3,"seed":0}'), count_fits('{"dev":0.2}'), count_fits("nonsense")
    (15, 1, 1)
    """
    try:
        folds = _folds_decoder.decode(split)
    except (ValueError, RecursionError):
        return 1
    return max(1, folds.cv) * max(1, folds.repeats)


def _is_too_deep(text: str) -> bool:
    if text.count("[") + text.count("{") <= DEEPEST:
        return False
    depth = 0
    for bracket in _BRACKETS.finditer(text):
        depth += {1: 1, 2: -1}.get(bracket.lastindex or 0, 0)
        if depth > DEEPEST:
            return True
    return False


# the tree of classes


def class_of(step: Any) -> str:
    """Return the import path of the class of a step, "python" for a function of one's own; of what is no step, its text."""
    return str(next(iter(step))) if isinstance(step, dict) and step else str(step)


def parameters_of(step: Any) -> dict[str, Any]:
    """Return the parameters of a step by name; of what is no step, none."""
    return next(iter(step.values())) if is_step(step) else {}


def labels(steps: Sequence[Any]) -> list[str]:
    """Return the names that steps have by default: the text holds none."""
    return labels_of([(None, {"class": class_of(step)}) for step in steps])


def is_step(value: Any) -> bool:
    """Whether a value is one name with its parameters."""
    return isinstance(value, dict) and len(value) == 1 and isinstance(next(iter(value.values())), dict)


def is_node(value: Any) -> bool:
    """Whether a value is a class that is built: a step whose name is an import path."""
    return is_step(value) and "." in class_of(value)


def nodes_in(value: Any) -> Iterator[dict[str, Any]]:
    """Give the nodes that a value is, or holds in lists; not those inside of them."""
    if is_node(value):
        yield value
    elif isinstance(value, list):
        for part in value:
            yield from nodes_in(part)


def is_nested(value: Any) -> bool:
    """Whether a value is a mapping, or a list that holds mappings or lists."""
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(part, (dict, list)) for part in value))


def walk(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Give a value and all that stands inside it by name, such as ``SVC.C`` or ``Pipeline.steps.0``, what is nested before its parts.

    A list of plain values is one value, and a number that JSON has no form for is its word, such as ``inf``.
    """
    if isinstance(value, dict) and set(value) == {"float"}:
        yield path, str(value["float"])
        return
    yield path, value
    if isinstance(value, dict):
        for name, part in value.items():
            yield from walk(part, f"{path}.{short_name(str(name))}")
    elif is_nested(value):
        for number, part in enumerate(value):
            yield from walk(part, f"{path}.{number}")


def short_name(path: str) -> str:
    """Return the name of a class without its module.

    >>> short_name("sklearn.svm.SVC")
    'SVC'
    """
    return path.rpartition(".")[2]


def last_class(text: str) -> str:
    """Return the import path of the class of the last step, which is the estimator; "" where it cannot be told."""
    parts = read_sections(text)
    steps = read_steps(parts.procedure) if parts else None
    return class_of(steps[-1]) if steps and isinstance(steps[-1], dict) else ""


def is_dummy(steps: Sequence[Any]) -> bool:
    """Whether the estimator of a procedure is one of scikit-learn's that look at no feature, such as DummyClassifier."""
    return bool(steps) and class_of(steps[-1]).startswith("sklearn.dummy.")


def tokens(text: str) -> list[str]:
    """Return the values of the procedure and split of a canonical text with their keys, as they stand there and in no order that counts.

    Two texts have about as many tokens that the other lacks as they have differences, which takes no decoding to tell.
    """
    parts = read_sections(text)
    flat = f"{parts.procedure},{parts.split}" if parts else ""
    return flat.replace("{", ",").replace("[", ",").replace("}", "").replace("]", "").split(",") if flat else []


def class_names(steps: Sequence[Any]) -> set[str]:
    """Return the short names of all classes in a procedure."""
    mappings = [value for step in steps for _, value in walk(step, "") if isinstance(value, dict)]
    return {short_name(name) for mapping in mappings for name, part in mapping.items() if isinstance(part, dict)}
