"""The identity of a configuration: the canonical text that is hashed. Pure, and as boring as can be.

The text is JSON with sorted keys, without spaces, in ASCII: ``{"data":{…},"procedure":[…],"schema":1,"split":{…}}``. A step is
``{class path: {parameter: value}}`` (`canonical_form` makes it), with the parameters whose effective value is not the reference default
and that can change a result. `schema` counts the meaning of all this; a fingerprint stays valid under its number.
"""

from __future__ import annotations

import codecs
from typing import Any

from gitjournal.entry.model import MISSING
from gitjournal.procedure import counts
from gitjournal.procedure.canonical_form import canonical_steps, whole_as_int
from gitjournal.procedure.canonical_text import json_text
from gitjournal.procedure.catalogue import SCHEMA
from gitjournal.procedure.declaration import REFERENCE, Declared, Versions
from gitjournal.procedure.tree import Steps

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


def canonical(declared: Declared, tree: Steps, versions: Versions = REFERENCE, sizes: counts.Sizes = counts.UNKNOWN) -> str:
    """Return the text that is hashed, of what is declared with the steps of `tree`.

    With the `versions` of the installed libraries, a default that really changed between the reference and those is written out. With
    the `sizes` of what is trained on, a share that means a count is that count.
    """
    value = {
        "schema": SCHEMA,
        "data": {
            **_canonical_options(declared.data),
            "hash": declared.hash,
            "format": _storage_format(declared.data),
            "task": declared.task,
        },
        "split": _split_values(declared),
        "procedure": canonical_steps(tree, versions, sizes),
    }
    return json_text(value)


def split_text(declared: Declared) -> str:
    """Return the split as it stands in the canonical text of every configuration of this declaration."""
    return json_text(_split_values(declared))


def _split_values(declared: Declared) -> dict[str, Any]:
    return {key: whole_as_int(part) for key, part in declared.split.items() if part is not None}


def _storage_format(data: dict[str, Any]) -> str:
    """Return how the data are stored, without saying where."""
    for source in ("sklearn", "images", "python"):
        if data.get(source) is not None:
            return source
    files = data.get("files") or {}
    name = data.get("path") or files.get("train") or ""
    return str(name).rpartition(".")[2].lower()


def _canonical_options(data: dict[str, Any]) -> dict[str, Any]:
    """Return the loader options that differ from what the loader does by itself."""
    options: dict[str, Any] = {}
    for key, value in data.items():
        if key in _PLACES or value is None:
            continue
        form = sorted(set(value)) if key in _SETS else whole_as_int(value)
        if key == "encoding":
            form = _codec_name(str(value))
        if key not in _LOADER_DEFAULTS or form != _LOADER_DEFAULTS[key]:
            options[key] = form
    return options


def _codec_name(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        return name
