"""The parser of entries: text to value, with the place of whatever is not understood. No disk.

What msgspec says of a value that does not fit is told here with line, column and the nearest key, for every file that
people write.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import get_args

import msgspec

from gitjournal import yaml_text
from gitjournal.entry.model import (
    SOURCES,
    Arrays,
    Budget,
    Checks,
    Color,
    Data,
    Entry,
    Facts,
    Files,
    FrontMatter,
    Interpolation,
    Kind,
    Split,
    Task,
)
from gitjournal.errors import EntryError, Place, nearest
from gitjournal.paths import KeyPath

MAX_BYTES = 512 * 1024

_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>.*)`$")
_MISSING = re.compile(r"Object missing required field `(?P<name>.*)`$")
# the structure that stands under a key, to know which keys it has; elsewhere it is the whole
_STRUCTURES: dict[str, type[msgspec.Struct]] = {
    "data": Data,
    "split": Split,
    "checks": Checks,
    "budget": Budget,
    "facts": Facts,
    "arrays": Arrays,
    "files": Files,
}
_CHOICES: dict[str, tuple[str, ...]] = {
    "task": get_args(Task),
    "types": get_args(Kind),
    "columns": get_args(Kind),
    "color": get_args(Color),
    "interpolation": get_args(Interpolation),
    "seed": ("each",),
}
_TYPES = re.compile(r"`([a-z]+(?: \| [a-z]+)*)`")
_WORDS = {"str": "text", "int": "a whole number", "float": "a number", "bool": "true or false", "array": "a list", "object": "a mapping"}


def split_text(text: str, *, file: str) -> tuple[str, str]:
    """Divide an entry into front matter (without its `---` lines) and body.

    Raises EntryError where the front matter does not begin in the first line or does not end.
    """
    if len(text) > MAX_BYTES:
        raise EntryError(
            f"larger than {MAX_BYTES // 1024} KB", place=Place(file), hint="move long material to a file of its own and link it"
        )
    if "\0" in text:
        raise EntryError("holds a NUL byte: not a text file", place=Place(file, text[: text.index("\0")].count("\n") + 1))
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if not text.startswith("---\n"):
        raise EntryError("an entry begins with front matter between two lines `---`", place=Place(file, 1, 1))
    end = re.compile(r"^---[ ]*$", re.MULTILINE).search(text, 4)
    if end is None:
        raise EntryError("the front matter has no end: a second line `---` is missing", place=Place(file, 1, 1))
    return text[4 : end.start()], text[end.end() :].removeprefix("\n")


def parse(text: str, *, entry_id: str, file: str) -> Entry:
    """Read one entry.

    Raises EntryError with file, line, column and key for whatever is not understood.
    """
    front_text, body = split_text(text, file=file)
    document = yaml_text.load(front_text, file=file, first_line=2)
    if not isinstance(document.value, dict):
        raise EntryError("the front matter must be `key: value` lines", place=Place(file, 2))
    declared = {key: value for key, value in document.value.items() if not str(key).startswith("x-")}
    try:
        front = msgspec.convert(declared, FrontMatter)
    except msgspec.ValidationError as fault:
        raise explain(fault, document, FrontMatter) from None
    entry = Entry(entry_id, front, body, document, text)
    _check_source(entry)
    _check_split(entry)
    return entry


def explain(
    fault: msgspec.ValidationError, document: yaml_text.Document, whole: type[msgspec.Struct], takes: Mapping[str, str] | None = None
) -> EntryError:
    """Return what msgspec says of a value (`… - at `$.split.dev``) with its place and the nearest key.

    `whole` is what the document was read as; `takes` says in words what a key takes, where that is plainer.
    """
    message, _, at = str(fault).partition(" - at `")
    path = _read_path(at.removesuffix("`"))
    unknown = _UNKNOWN.match(message)
    if unknown:
        name = unknown["name"]
        owner = _STRUCTURES.get(str(path[-1]), whole) if path else whole
        keys = [spec.encode_name for spec in msgspec.structs.fields(owner)]
        where = f" in `{'.'.join(map(str, path))}`" if path else ""
        suggestion = nearest(name, keys) or f"; known: {', '.join(keys)}"
        return EntryError(f"unknown key `{name}`{where}{suggestion}", place=document.key_place((*path, name)))
    return EntryError(_fault_message(message, path, takes or {}), place=document.place(path))


def _fault_message(message: str, path: KeyPath, takes: Mapping[str, str]) -> str:
    key = ".".join(map(str, path))
    missing = _MISSING.match(message)
    if missing:
        return f"`{missing['name']}` is missing from {key or 'the front matter'}"
    if not path:
        return f"keys are words; {message}"
    if path[0] in takes:
        return f"`{path[0]}` takes {takes[str(path[0])]}"
    if message.startswith("Invalid enum value"):
        choices = next((choices for name, choices in _CHOICES.items() if name in path), ())
        return f"`{key}`: {message.removeprefix('Invalid enum value ')} is none of {', '.join(choices)}"
    expected = _TYPES.sub(lambda match: " or ".join(_WORDS.get(word, word) for word in match[1].split(" | ") if word != "null"), message)
    return f"`{key}`: {expected[0].lower()}{expected[1:]}"


def _read_path(at: str) -> KeyPath:
    """Read `$.split.dev` or `$[0]`; msgspec writes `[...]` for any key of a mapping, which ends the path."""
    path: list[str | int] = []
    for name, number in re.findall(r"\.([A-Za-z_][A-Za-z_0-9]*)|\[([0-9]+|\.\.\.)\]", at.removeprefix("key in ")):
        if number == "...":
            break
        path.append(name or int(number))
    return tuple(path)


def _check_source(entry: Entry) -> None:
    data = entry.front.data
    sources = [name for name in SOURCES if getattr(data, name) is not None]
    if len(sources) != 1:
        listed = " and ".join(f"`{name}`" for name in sources) or "none"
        raise EntryError(f"`data` takes exactly one source of {', '.join(SOURCES)}; found {listed}", place=entry.place("data"))


def _check_split(entry: Entry) -> None:
    split = entry.front.split
    if split is None:
        return

    def refuse(message: str, *path: str) -> EntryError:
        return EntryError(message, place=entry.place("split", *path))

    if split.given and (split.dev or split.test or split.cv):
        raise refuse("`split: {given: true}` takes its parts from `data.files`; drop the rest")
    if split.given and entry.front.data.files is None:
        raise refuse("`split: {given: true}` needs `data: {files: {train:, dev:, test:}}`")
    if split.cv and split.dev:
        raise refuse("`cv` and `dev` exclude each other: under cross-validation dev is the validation fold", "dev")
    if split.cv and split.time:
        raise refuse("`cv` and `time` exclude each other: shuffled folds would learn from the future", "time")
    if split.repeats and not split.cv:
        raise refuse("`repeats` goes with `cv`", "repeats")
    if split.group and split.time:
        raise refuse("`group` and `time` exclude each other", "time")
    if split.gap is not None and not split.time:
        raise refuse("`gap` goes with `time`", "gap")
    if split.time and split.seed is not None and not split.given:
        raise refuse("a split in time draws nothing, so it takes no seed", "seed")
    if split.time and (split.shuffle or split.stratify):
        raise refuse("a split in time is neither shuffled nor stratified")
    if split.shuffle is False and split.stratify:
        raise refuse("`stratify` needs `shuffle`", "stratify")
    taken = (split.dev or 0) + (split.test or 0) + (split.train_dev or 0)
    if taken >= 1:
        raise refuse(f"dev, test and train_dev take {taken:g} of the rows: nothing is left to train on")
