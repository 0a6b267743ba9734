"""A strict YAML reader and writer. The only user of PyYAML.

Only plain values come out: no tags, no anchors, no dates, no booleans but `true` and `false`. What YAML 1.1 and 1.2
read differently is an error that names the spelling to use, so that a value means the same to every reader.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import yaml

from gitjournal.errors import EntryError, Place
from gitjournal.paths import KeyPath

try:  # libyaml is seven times as fast; the pure loader serves where it was not built
    from yaml import CSafeLoader as _Loader
except ImportError:  # pragma: no cover
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

MAX_CHARACTERS = 256 * 1024
MAX_DEPTH = 24
MAX_NODES = 20_000
LONGEST_INT = 20  # characters of the smallest number of 64 bits

_INT = re.compile(r"-?(0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"-?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?\Z")
_SPECIAL = {".inf": math.inf, "-.inf": -math.inf, ".nan": math.nan}


def _to_decimal(text: str) -> str:
    try:
        return str(int(text.replace("_", ""), 0))
    except ValueError:
        return "a decimal number"


_REFUSED: tuple[tuple[re.Pattern[str], str, Callable[[str], str]], ...] = (
    (re.compile(r"[-+]?0[0-9]+\Z"), "a number with a leading zero", lambda s: str(int(s))),
    (re.compile(r"[-+]?0[xob][0-9a-fA-F_]+\Z"), "a number in another base", _to_decimal),
    (re.compile(r"[-+]?[0-9][0-9_]*_[0-9_]*(\.[0-9_]*)?\Z"), "a number with underscores", lambda s: s.replace("_", "")),
    (re.compile(r"\+[0-9.].*\Z"), "a number with a plus sign", lambda s: s[1:]),
    (re.compile(r"(None|NULL|Null)\Z"), "a null of another language", lambda _: "null"),
    (re.compile(r"(True|TRUE|False|FALSE)\Z"), "a boolean of another language", lambda s: s.lower()),
    (re.compile(r"[-+]?\.?(nan|NaN|NAN|Nan)\Z"), "a not-a-number of another language", lambda _: ".nan"),
    (
        re.compile(r"[-+]?\.?(inf|Inf|INF|Infinity|infinity)\Z"),
        "an infinity of another language",
        lambda s: "-.inf" if s[0] == "-" else ".inf",
    ),
)


@dataclass(frozen=True)
class Span:
    """Where a value stands in the text: character offsets, and line and column from 1."""

    start: int
    end: int
    line: int
    column: int
    flow: bool = False


@dataclass(frozen=True)
class Document:
    """A value, and where each part of it stands."""

    value: Any
    text: str
    file: str
    first_line: int
    spans: dict[KeyPath, Span] = field(repr=False)

    def place(self, path: KeyPath) -> Place:
        """Return the place of the deepest part of `path` that exists."""
        for length in range(len(path), -1, -1):
            span = self.spans.get(path[:length])
            if span is not None:
                return Place(self.file, span.line, span.column)
        return Place(self.file, self.first_line)

    def key_place(self, path: KeyPath) -> Place:
        """Return the place of the key itself, where `place` gives that of its value."""
        span = self.spans.get((*path, ""))
        return Place(self.file, span.line, span.column) if span else self.place(path)


class AmbiguousError(ValueError):
    """A plain scalar that two YAML readers read differently."""

    def __init__(self, what: str, instead: str) -> None:
        super().__init__(what)
        self.what = what
        self.instead = instead


def scalar(text: str) -> Any:
    """Read one plain (unquoted) scalar.

    >>> scalar("1e-5"), scalar("yes"), scalar("12:30"), scalar("true"), scalar("~")
    (1e-05, 'yes', '12:30', True, None)

    Raises AmbiguousError where the spelling means different things to different readers.
    """
    if text in ("", "~", "null"):
        return None
    if text in ("true", "false"):
        return text == "true"
    if _INT.match(text):
        if len(text) > LONGEST_INT or not -(2**63) <= int(text) < 2**63:
            raise AmbiguousError("a whole number beyond 64 bits", "a float such as 1.0e+20")
        return int(text)
    if _FLOAT.match(text):
        return float(text)
    if text in _SPECIAL:
        return _SPECIAL[text]
    for pattern, what, instead in _REFUSED:
        if pattern.match(text):
            raise AmbiguousError(what, instead(text))
    return text


def load(text: str, *, file: str, first_line: int = 1) -> Document:
    """Read `text` strictly.

    Raises EntryError with line and column for anything that is not plain YAML within the limits.
    """
    reader = _DocumentReader(text, file, first_line)
    return Document(reader.read(), text, file, first_line, reader.spans)


class _DocumentReader:
    """Turns the nodes of one document into plain values, and remembers where they stood."""

    def __init__(self, text: str, file: str, first_line: int) -> None:
        self.text = text
        self.file = file
        self.first_line = first_line
        self.spans: dict[KeyPath, Span] = {}
        self.nodes = 0

    def read(self) -> Any:
        if len(self.text) > MAX_CHARACTERS:
            raise self.error(f"longer than {MAX_CHARACTERS // 1024} KB", 0, 0)
        for number, line in enumerate(self.text.splitlines()):
            at = line.find("\t")
            if at >= 0:
                raise self.error('a tab; indent with spaces, and write a tab in a value as "\\t"', number, at)
        self.check_events()
        try:
            node = yaml.compose(self.text, Loader=_Loader)
        except yaml.YAMLError as fault:  # pragma: no cover - the events above raise the same
            raise self.translate(fault) from None
        if node is None:
            return None
        return self.value(node, ())

    def check_events(self) -> None:
        """Refuse anchors, tags and deep nesting before any tree is built."""
        depth = 0
        try:
            for event in yaml.parse(self.text, Loader=_Loader):
                mark: Any = event.start_mark  # the stubs allow None, the parser never gives it
                if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                    raise self.error("anchors and aliases are not used here; write the value out", mark.line, mark.column)
                if getattr(event, "tag", None) is not None:
                    raise self.error("tags (`!…`) are not used here; write a plain value", mark.line, mark.column)
                if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
                    depth += 1
                    if depth > MAX_DEPTH:
                        raise self.error(f"nested more than {MAX_DEPTH} deep", mark.line, mark.column)
                elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                    depth -= 1
                self.nodes += 1
                if self.nodes > MAX_NODES:
                    raise self.error(f"more than {MAX_NODES:,} values", mark.line, mark.column)
        except yaml.YAMLError as fault:
            raise self.translate(fault) from None

    def value(self, node: yaml.Node, path: KeyPath) -> Any:
        start: Any = node.start_mark
        end: Any = node.end_mark
        flow = bool(getattr(node, "flow_style", False))
        self.spans[path] = Span(start.index, end.index, self.first_line + start.line, start.column + 1, flow)
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, number)) for number, item in enumerate(node.value)]
        return self.scalar(node) if isinstance(node, yaml.ScalarNode) else None

    def mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[Any, Any]:
        values: dict[Any, Any] = {}
        lines: dict[tuple[type, Any], int] = {}
        for key_node, value_node in node.value:
            mark: Any = key_node.start_mark
            if not isinstance(key_node, yaml.ScalarNode):
                raise self.error("a key must be a word or a number", mark.line, mark.column)
            key = self.scalar(key_node)
            if key is None:
                raise self.error("a key is missing before `:`", mark.line, mark.column)
            earlier = lines.setdefault((type(key), key), mark.line)
            if earlier != mark.line or key in values:
                raise self.error(f"`{key}` stands twice, first in line {self.first_line + earlier}; keep one", mark.line, mark.column)
            values[key] = self.value(value_node, (*path, key))
            # a message about a key wants the key's own place; the span of the value is kept for editing
            self.spans[(*path, key, "")] = Span(mark.index, key_node.end_mark.index, self.first_line + mark.line, mark.column + 1)
        return values

    def scalar(self, node: yaml.ScalarNode) -> Any:
        if node.style in ("'", '"', "|", ">"):
            return str(node.value)
        try:
            return scalar(str(node.value))
        except AmbiguousError as fault:
            mark: Any = node.start_mark
            hint = f'write {fault.instead}, or "{node.value}" in quotes for text'
            raise self.error(f"`{node.value}` is {fault.what}; {hint}", mark.line, mark.column) from None

    def translate(self, fault: yaml.YAMLError) -> EntryError:
        mark = getattr(fault, "problem_mark", None) or getattr(fault, "context_mark", None)
        what = getattr(fault, "problem", None) or getattr(fault, "reason", None) or "not YAML"
        if mark is None:
            return self.error(f"not YAML: {what}", 0, 0)
        context = getattr(fault, "context", None)
        return self.error(f"not YAML: {what}{f' {context}' if context else ''}", mark.line, mark.column)

    def error(self, message: str, line: int, column: int) -> EntryError:
        return EntryError(message, place=Place(self.file, self.first_line + line, column + 1))


_BREAKS = frozenset("\n\r\x85\u2028\u2029")  # what YAML 1.1 takes for the end of a line


class _Dumper(yaml.SafeDumper):
    """Writes what `load` reads back as the same value."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    try:
        plain = scalar(text) == text and isinstance(scalar(text), str)
    except AmbiguousError:
        plain = False
    plain = plain and not _BREAKS.intersection(text)  # on one line: other quotes would keep a break as it is
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else '"')


def _represent_float(dumper: yaml.SafeDumper, number: float) -> yaml.ScalarNode:
    text = next((spelled for spelled, special in _SPECIAL.items() if repr(special) == repr(number)), repr(number))
    if "e" in text and "." not in text.split("e")[0]:
        text = text.replace("e", ".0e", 1)  # `1e-05` is text to YAML 1.1 readers, `1.0e-05` is a float to all
    return dumper.represent_scalar("tag:yaml.org,2002:float", text)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(float, _represent_float)


def dump_inline(value: Any) -> str:
    """Write `value` on one line, fit to stand after `key: ` in a block and inside braces."""
    # as the one item of an inline list: what is plain there (no `[`, no `,`) is plain everywhere
    text: str = yaml.dump([value], Dumper=_Dumper, default_flow_style=True, width=2**30, allow_unicode=True, sort_keys=False)
    return text.removesuffix("\n")[1:-1]
