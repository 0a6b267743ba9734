"""The published vectors, and what the code makes of them. Needs no pytest: it runs in other environments too."""

from __future__ import annotations

import json
from typing import Any

from gitjournal.entry.model import Entry
from gitjournal.entry.parse import parse
from gitjournal.procedure import configuration, declaration, reader
from tests.support.another_program import digest_of
from tests.support.places import DOCS

VECTORS: list[dict[str, Any]] = json.loads((DOCS / "identity-vectors.json").read_text())


def entry_of(vector: dict[str, Any]) -> Entry:
    return parse(f"---\n{vector['entry']}---\n", entry_id="20260101-vector-aaaa", file="vector.md")


def configurations_of(vector: dict[str, Any], version: str | None = None) -> list[configuration.Configuration]:
    """Return the configurations of a vector, under the scikit-learn that it names or another one."""
    entry = entry_of(vector)
    declared = declaration.written_out(entry)
    assert declared is not None
    code = None
    if "files" in vector:
        function, _ = reader.own_function(entry)
        code = {"python": function, "digest": digest_of(function, vector["files"])}
    return configuration.configurations(entry, declared, declaration.Versions(vector["scikit-learn"] if version is None else version), code)
