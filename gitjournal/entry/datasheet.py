"""A datasheet: the description of one data set, as `data/<name>.md`, with the data hash and the sealed test rule.

The first plan that declares a test part writes down which rows those are; another choice of rows for the same data
is refused without a reason, so that nobody shops for a kind test set. Text to value and back; no disk.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from gitjournal import yaml_text
from gitjournal.entry import edit
from gitjournal.entry.parse import split_text
from gitjournal.errors import EntryError, Place

# what decides which rows are the test part
TEST_KEYS = ("test", "seed", "shuffle", "stratify", "group", "time")

QUESTIONS = """
What is one row? Who collected it, when, how, and for what?
What was cleaned or left out? What is missing, and why? What should it not be used for?
"""


@dataclass(frozen=True)
class SealedRule:
    """One choice of test rows: the rule that drew them, and the sha256 of their row numbers."""

    rule: dict[str, Any]
    rows: str


@dataclass(frozen=True)
class Datasheet:
    """What a datasheet holds; `looks` is how often its test part may be looked at, where somebody has said so."""

    path: str
    text: str
    hash: str
    sealed: list[SealedRule]
    looks: int | None = None


def parse(text: str, *, file: str) -> Datasheet:
    """Read a datasheet. Raises EntryError with file and line for what is not understood."""
    front, _ = split_text(text, file=file)
    document = yaml_text.load(front, file=file, first_line=2)
    value = document.value
    if not isinstance(value, dict) or not isinstance(value.get("hash"), str):
        raise EntryError("a datasheet needs `hash:` in its front matter", place=Place(file, 2))
    sealed = []
    for number, rule in enumerate(value.get("sealed") or []):
        if not isinstance(rule, dict) or not isinstance(rule.get("rows"), str):
            raise EntryError("a sealed test rule needs `rows:`", place=document.place(("sealed", number)))
        sealed.append(SealedRule({key: part for key, part in rule.items() if key != "rows"}, rule["rows"]))
    looks = value.get("looks")
    if looks is not None and (isinstance(looks, bool) or not isinstance(looks, int) or looks < 1):
        raise EntryError("`looks` is how often the test part may be looked at: a whole number from 1", place=document.place(("looks",)))
    return Datasheet(file, text, value["hash"], sealed, looks)


def rule_of(split: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a split that decides which rows are test."""
    rule = {key: split[key] for key in TEST_KEYS if split.get(key) is not None}
    if split.get("time"):
        return rule
    return {"seed": 0, **rule, **({"seed": 0} if rule.get("seed") == "each" else {})}


def name_of(data: dict[str, Any]) -> str:
    """Return the name of a data set for its file: ``digits``, ``churn``."""
    source = data.get("sklearn") or data.get("path") or data.get("images") or (data.get("files") or {}).get("train") or data.get("python")
    stem = re.sub(r"\.(csv|parquet|npz)$", "", str(source).rstrip("/").rsplit("/", 1)[-1])
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-") or "data"


def new_text(name: str, source: str, data_hash: str, facts: dict[str, Any]) -> str:
    """Return a new datasheet, its questions still open."""
    basics = {key: facts[key] for key in ("n_rows", "n_features", "classes") if facts.get(key) is not None}
    head = {"name": name, "source": source, "hash": data_hash, "facts": basics}
    front = "".join(f"{key}: {yaml_text.dump_inline(value)}\n" for key, value in head.items())
    return f"---\n{front}---\n\n# {name}\n{QUESTIONS}"


def with_seal(text: str, sealed: list[SealedRule], *, file: str) -> str:
    """Return the datasheet with its list of sealed rules replaced."""
    return edit.set_values(text, {("sealed",): [{**one.rule, "rows": one.rows} for one in sealed]}, file=file)
