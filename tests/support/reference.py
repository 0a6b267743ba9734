"""The pages of docs/reference that are made from the code: `python -m tests.support.reference` writes them anew.

tests/test_reference.py holds what stands there against what this gives.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

import click

from gitjournal import cli, errors
from gitjournal.entry import metrics, settings
from gitjournal.entry.model import json_schema
from gitjournal.integrity import findings
from gitjournal.render import overlaps
from tests.support.places import DOCS

PAGES = DOCS / "reference"
MADE = "<!-- made from the code by `python -m tests.support.reference`; held by a test -->"
METRIC_NOTES = (
    "- An error of several targets is the mean over targets of each target's error in its own unit: `rmse` is what",
    "  `neg_root_mean_squared_error` is, with its sign turned.",
    "- A likelihood ratio that is infinite, since no negative row got the answer, is that of half a row; one of an answer that no row got",
    "  is 1. scikit-learn's scorers give 1 for both.",
)


def render_pages() -> dict[str, str]:
    """Return each page by its name."""
    return {"commands.md": render_commands(), "keys.md": render_keys(), "codes.md": render_codes()}


def render_commands() -> str:
    """Return every command with its arguments and options."""
    lines = ["# Commands", "", MADE, "", "`git journal …` is the same as `gitjournal …`. Exit codes: [codes](codes.md).", ""]
    lines += [*_options(cli.group), ""]
    for name in cli.COMMANDS:
        lines += _command(name, _load(name))
    return "\n".join(lines).rstrip() + "\n"


def render_keys() -> str:
    """Return every key of an entry's front matter and of journal.yaml."""
    definitions = json_schema()["$defs"]
    lines = ["# Keys", "", MADE, "", "What each key of an entry may hold. [The entry](entry.md) says what they mean together;", ""]
    lines[-2] += " `gitjournal config schema` prints the same for an editor."
    for title, name in (("front matter", "FrontMatter"), ("data", "Data"), ("split", "Split"), ("checks", "Checks"), ("budget", "Budget")):
        lines += [f"## {title}", "", "| key | holds | what it is |", "| --- | --- | --- |"]
        for key, schema in definitions[name]["properties"].items():
            required = " (required)" if key in definitions[name].get("required", []) else ""
            lines.append(f"| `{key}`{required} | {_type(schema)} | {_description(schema)} |")
        lines.append("")
    lines += [
        "## journal.yaml",
        "",
        "The settings of a journal, as `init` writes them:",
        "",
        "```yaml",
        settings.default_text().rstrip(),
        "```",
        "",
    ]
    lines += ["## metrics", "", "scikit-learn's names of scorers, and these, printed positive:", "", "| metric | better is | tasks |"]
    lines += ["| --- | --- | --- |", *_metrics(), "", *METRIC_NOTES]
    return "\n".join(lines).rstrip() + "\n"


def render_codes() -> str:
    """Return every exit code and every code of a finding."""
    lines = ["# Codes", "", MADE, "", "## Exit codes", "", "| code | what it means |", "| --- | --- |"]
    lines += [f"| {code} | {meaning} |" for code, meaning in errors.EXIT_CODES.items()]
    lines += [
        "",
        "## Findings of `check`",
        "",
        "[What each of them means, and which `--fix` mends](check.md).",
        "",
        "| code | what |",
        "| --- | --- |",
    ]
    lines += [f"| {code} | {meaning} |" for code, meaning in findings.CODES.items()]
    lines += [
        "",
        "## Findings of a run",
        "",
        "They stand in the record, and are said before or after compute; `checks: {block: [CODE]}` stops a run",
        "",
    ]
    lines[-2] += " whose split has one ([rows in two parts](../how-to/test-set.md#rows-in-two-parts))."
    lines += ["| code | what |", "| --- | --- |", *(f"| {code} | {meaning} |" for code, meaning in overlaps.MEANING.items())]
    return "\n".join(lines).rstrip() + "\n"


def _load(name: str) -> click.Command:
    context = click.Context(cli.group)
    command = cli.group.get_command(context, name)
    assert command is not None
    return command


def _command(name: str, command: click.Command) -> Iterator[str]:
    context = click.Context(command, info_name=f"gitjournal {name}")
    usage = " ".join(command.get_usage(context).removeprefix("Usage: ").split())
    yield from (f"## {name}", "", f"`{usage}`", "", *_paragraphs(command), *_options(command), "")
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            if re.fullmatch(r"[a-z]+", inner):
                part = command.get_command(context, inner)
                assert part is not None
                yield from (
                    line.replace("## ", "### ", 1) if line.startswith("## ") else line for line in _command(f"{name} {inner}", part)
                )


def _paragraphs(command: click.Command) -> Iterator[str]:
    """Give the help text: sentences in one line, and what click does not wrap as it stands."""
    for paragraph in (command.help or "").split("\n\n"):
        if paragraph.strip().startswith("\b"):
            yield from ("```sh", *(line.strip() for line in paragraph.strip().splitlines()[1:]), "```", "")
        else:
            yield from (" ".join(paragraph.split()), "")


def _options(command: click.Command) -> list[str]:
    options = [option for option in command.params if isinstance(option, click.Option) and not option.hidden]
    rows = []
    for option in options:
        context = click.Context(command)
        words, text = cast("tuple[str, str]", option.get_help_record(context))
        rows.append(f"| `{_cell(words)}` | {_cell(text)} |")
    return ["| option | what it does |", "| --- | --- |", *rows] if rows else []


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _type(schema: dict[str, Any]) -> str:
    """Return in a few words what a value may be."""
    if "anyOf" in schema:
        kinds = [_type(part) for part in schema["anyOf"] if part.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2].lower()
        return f"[{name}](#{name})" if name in ("data", "split", "checks", "budget") else "mapping"
    if "enum" in schema:
        return " ".join(f"`{value}`" for value in schema["enum"])
    if schema.get("type") == "array":
        inner = _type(schema["items"]) if schema.get("items") else ""
        return f"list of {inner}" if inner else "list"
    return {"string": "text", "integer": "whole number", "number": "number", "boolean": "`true` `false`", "object": "mapping"}.get(
        str(schema.get("type")), "any value"
    )


def _description(schema: dict[str, Any]) -> str:
    if "description" in schema:
        return _cell(schema["description"])
    return next((text for part in schema.get("anyOf", []) if (text := _description(part))), "")


def _metrics() -> Iterator[str]:
    for name, metric in metrics.METRICS.items():
        yield f"| `{name}` | {'lower' if metrics.direction(name) < 0 else 'higher'} | {' '.join(metric.tasks)} |"


if __name__ == "__main__":
    for page, content in render_pages().items():
        (PAGES / page).write_text(content)
