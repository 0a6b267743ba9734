"""`journal.yaml`: the settings of one journal. Text to value; no disk."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from gitjournal import yaml_text
from gitjournal.entry.parse import explain
from gitjournal.errors import EntryError, Place

FILE = "journal.yaml"
SCHEMA = 1


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a journal is set to; a key that is not written has the value given here."""

    schema: Annotated[int, Meta(ge=1)] = SCHEMA
    branches: list[Annotated[str, Meta(min_length=1)]] = msgspec.field(default_factory=lambda: ["exp/*"])
    protect: bool = False
    hypothesis: Literal["warn", "error", "off"] = "warn"


def default_text() -> str:
    """Return the `journal.yaml` of a new journal."""
    return """\
schema: 1
branches: ["exp/*"]  # branches whose runs count as done too
protect: false       # true: exec refuses on the journal's own branch; work on exp/... and merge
hypothesis: warn     # what an entry without a hypothesis does: warn, error or off
"""


_TAKES = {
    "schema": "a whole number such as 1",
    "branches": 'a list of branch patterns such as ["exp/*"]',
    "protect": "true or false",
    "hypothesis": "warn, error or off",
}


def parse(text: str, *, file: str = FILE) -> Settings:
    """Read the settings of a journal.

    Raises EntryError with file, line and column for what is not understood.
    """
    document = yaml_text.load(text, file=file)
    value = {} if document.value is None else document.value
    if not isinstance(value, dict):
        raise EntryError(f"{file} must be `key: value` lines", place=Place(file, 1))
    try:
        settings = msgspec.convert(value, Settings)
    except msgspec.ValidationError as fault:
        raise explain(fault, document, Settings, _TAKES) from None
    if settings.schema > SCHEMA:
        raise EntryError(
            f"this journal has schema {settings.schema}; this gitjournal reads up to {SCHEMA}",
            place=document.place(("schema",)),
            hint="update gitjournal: pip install --upgrade gitjournal",
        )
    return settings
