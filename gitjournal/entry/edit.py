"""Byte-preserving edits of the front matter: values are put in, every other character stays as the person wrote it."""

from __future__ import annotations

from typing import Any

from gitjournal import yaml_text
from gitjournal.entry.parse import split_text
from gitjournal.errors import EntryError
from gitjournal.paths import KeyPath

_BLANK = " \t\r\n"  # what YAML takes for blank: a no-break space belongs to the value


def set_values(text: str, values: dict[KeyPath, Any], *, file: str) -> str:
    """Return `text` with each value at its key path, such as ``("data", "hash")``.

    A key that stands there is replaced in place; a new one goes to the end of its mapping, in that mapping's own style.
    Raises EntryError where the value to replace is spread over several lines.
    """
    for path, value in values.items():
        text = _set_value(text, path, value, file)
    return text


def _set_value(text: str, path: KeyPath, value: Any, file: str) -> str:
    front, _ = split_text(text, file=file)
    document = yaml_text.load(front, file=file, first_line=2)
    edited = _replace(document, path, value) if path in document.spans else _insert(document, path, value)
    # only the front matter is rewritten: the body keeps its bytes, whatever its line ends
    windows = "\r\n" in text[: text.index("\n") + 1]
    before, after = (front.replace("\n", "\r\n"), edited.replace("\n", "\r\n")) if windows else (front, edited)
    return text.replace(before, after, 1)


def _replace(document: yaml_text.Document, path: KeyPath, value: Any) -> str:
    span = document.spans[path]
    if isinstance(_value_at(document.value, path), (dict, list)) and not span.flow:
        raise EntryError(
            f"`{'.'.join(map(str, path))}` must stand on one line, as gitjournal wrote it: undo your change there, or remove the key",
            place=document.place(path),
        )
    return document.text[: span.start] + yaml_text.dump_inline(value) + document.text[span.end :]


def _insert(document: yaml_text.Document, path: KeyPath, value: Any) -> str:
    text, parent, key = document.text, path[:-1], path[-1]
    pair = f"{yaml_text.dump_inline(key)}: {yaml_text.dump_inline(value)}"
    span = document.spans[parent]
    if span.flow:
        inside = text[span.start + 1 : span.end - 1].rstrip(_BLANK)
        between = "" if not inside.strip(_BLANK) else " " if inside.endswith(",") else ", "
        return f"{text[: span.start + 1]}{inside}{between}{pair}{text[span.end - 1 :]}"
    end = _end_of_block(document, parent)
    indent = " " * (span.column - 1)
    return f"{text[:end]}{indent}{pair}\n{text[end:]}"


def _end_of_block(document: yaml_text.Document, parent: KeyPath) -> int:
    """Return where the line after the last value of a block mapping begins.

    The parser's own end lies before the next key, behind comments that belong to that key; so the last value that is
    not itself a block decides.
    """
    text = document.text
    ends = [
        span.end
        for path, span in document.spans.items()
        if path[: len(parent)] == parent
        and len(path) > len(parent)
        and (span.flow or not isinstance(_value_at(document.value, path), (dict, list)))
    ]
    end = max(ends, default=document.spans[parent].start)
    if end and text[end - 1] == "\n":
        return end
    newline = text.find("\n", end)
    return len(text) if newline < 0 else newline + 1


def _value_at(value: Any, path: KeyPath) -> Any:
    for part in path:
        if part == "":  # the place of a key, not a value
            return None
        value = value[part]
    return value
