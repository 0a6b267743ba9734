"""What identifies a run, for people: the canonical text with where each value comes from, and why two are the same or not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from gitjournal.procedure.canonical_text import read_canonical
from gitjournal.procedure.origins import ValueOrigin
from gitjournal.render import text
from gitjournal.render.changes import canonical_value, changes_as_plain
from gitjournal.run.explain import ConfigurationIdentity, IdentityComparison

SHOWN = 3  # configurations of a grid that are printed in full


def identity_lines(configurations: Sequence[ConfigurationIdentity], *, color: bool) -> Iterator[str]:
    """Yield the canonical text of each configuration with the origin of each value."""
    for number, configuration in enumerate(configurations[:SHOWN]):
        if number:
            yield ""
        yield from _configuration_lines(configuration, color=color)
    if len(configurations) > SHOWN:
        yield ""
        yield f"and {text.count(len(configurations) - SHOWN, 'more configuration')}: add --json"


def _configuration_lines(configuration: ConfigurationIdentity, *, color: bool) -> Iterator[str]:
    yield text.paint(f"fingerprint {text.clean(configuration.fingerprint)}", "bold", color=color)
    seeds = sorted({seed for seed in configuration.seeds if seed is not None})
    about = [text.settings(configuration.grid), f"seeds {', '.join(map(str, seeds))}" if seeds else ""]
    if any(about):
        yield ", ".join(filter(None, about))
    if configuration.canonical is None:
        yield (
            f"  its text stands with the entry that ran it: gitjournal show {text.clean(configuration.owner)} --identity"
            if configuration.owner
            else "  no text recorded"
        )
        return
    canonical_text = read_canonical(configuration.canonical)
    if configuration.written is None or canonical_text is None:
        yield text.clean_lines(_indent_json(configuration.canonical))
        yield "what the entry says now does not give this text, so no origins are shown"
        return
    yield from _annotate(msgspec.to_builtins(canonical_text), {origin.path: origin.origin for origin in configuration.values}, color=color)
    if configuration.left_out:
        yield "left out, as it changes nothing:"
        rows = [[text.clean(part.path), canonical_value(part.value), text.clean(part.origin)] for part in configuration.left_out]
        yield text.table(
            [text.Column("parameter"), text.Column("value", shrinks=True), text.Column("why")], rows, width=text.terminal_width()
        )


def _annotate(value: dict[str, Any], origins: dict[str, str], *, color: bool) -> Iterator[str]:
    """Yield the text as indented JSON, with the origin of each value beside it."""
    lines: list[tuple[str, str]] = [("{", "")]
    for key, part in value.items():
        last = "" if key == list(value)[-1] else ","
        if key == "procedure":
            lines.append(('  "procedure": [', ""))
            for number, step in enumerate(part):
                lines += _step_lines(step, number, origins, last="," if number < len(part) - 1 else "")
            lines.append((f"  ]{last}", ""))
        elif isinstance(part, dict):
            lines.append((f'  "{key}": {{', ""))
            lines += _value_lines(part, key, origins, "    ")
            lines.append((f"  }}{last}", ""))
        else:
            lines.append((f'  "{key}": {_json(part)}{last}', origins.get(key, "")))
    lines.append(("}", ""))
    width = min(60, max(len(line) for line, _ in lines))
    for line, origin in lines:
        yield (
            f"{text.clean_lines(line).ljust(width)}  {text.paint(text.clean(origin), 'dim', color=color)}"
            if origin
            else text.clean_lines(line)
        )


def _step_lines(step: Any, number: int, origins: dict[str, str], *, last: str) -> Iterator[tuple[str, str]]:
    path = f"procedure[{number}]"
    if not isinstance(step, dict) or not next(iter(step.values())):
        yield f"    {_json(step)}{last}", origins.get(path, "")
        return
    owner, params = next(iter(step.items()))
    yield f'    {{"{owner}": {{', origins.get(path, "")
    yield from _value_lines(params, path, origins, "      ")
    yield f"    }}}}{last}", ""


def _value_lines(values: dict[str, Any], path: str, origins: dict[str, str], indent: str) -> Iterator[tuple[str, str]]:
    for at, (name, value) in enumerate(values.items(), start=1):
        yield f"{indent}{_json(name)}: {_json(value)}{',' if at < len(values) else ''}", origins.get(f"{path}.{name}", "")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _indent_json(text_: str) -> str:
    try:
        return json.dumps(json.loads(text_), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text_


def identity_as_plain(configurations: Sequence[ConfigurationIdentity]) -> list[dict[str, Any]]:
    """Return the configurations as plain values for JSON."""
    return [
        {
            "fingerprint": one.fingerprint,
            "canonical": one.canonical,
            "grid": one.grid,
            "seeds": one.seeds,
            "owner": one.owner,
            "values": [_origin_as_plain(part, "origin") for part in one.values],
            "left_out": [_origin_as_plain(part, "why") for part in one.left_out],
        }
        for one in configurations
    ]


def _origin_as_plain(origin: ValueOrigin, word: str) -> dict[str, Any]:
    return {"path": origin.path, "value": origin.value, word: origin.origin}


# two entries


def identity_comparison_lines(comparison: IdentityComparison, names: Sequence[str], *, color: bool) -> Iterator[str]:
    """Say whether two entries are the same runs, and why or why not."""
    both = " and ".join(names)
    if not comparison.same:
        differ = text.count(len(comparison.changes), "value differs", "values differ")
        nearest = (
            "; the nearest two of their configurations are compared" if len(comparison.only_left) + len(comparison.only_right) > 2 else ""
        )
        yield f"{both} are not the same run: {differ}{nearest}" if comparison.changes else f"{both} are not the same run"
        if comparison.changes:
            columns = [text.Column("value"), *(text.Column(name, shrinks=True) for name in names)]
            rows = [[text.clean(one.name), canonical_value(one.left), canonical_value(one.right)] for one in comparison.changes]
            yield text.table(columns, rows, width=text.terminal_width(), color=color)
        return
    if comparison.only_left or comparison.only_right:
        yield f"{both} share {text.count(len(comparison.same), 'configuration')}"
        for name, only in zip(names, (comparison.only_left, comparison.only_right), strict=True):
            if only:
                yield f"only in {name}: {text.count(len(only), 'configuration')}"
    else:
        yield f"{both} are the same run" + (f"s ({len(comparison.same)} configurations)" if len(comparison.same) > 1 else "")
    first = comparison.same[0]
    if first.otherwise:
        which = f" (at {text.settings(first.grids[0])})" if len(comparison.same) > 1 and first.grids[0] else ""
        yield text.wrap(f"written differently{which}: {text.clean('; '.join(first.otherwise))}")
    else:
        yield "written alike"
    left_seeds, right_seeds = ({seed for seed in seeds if seed is not None} for seeds in first.seeds)
    if left_seeds and right_seeds and left_seeds != right_seeds:
        yield f"seeds {_join_seeds(left_seeds)} and {_join_seeds(right_seeds)}" + (
            "" if left_seeds & right_seeds else ": replicates, no run is in both"
        )


def _join_seeds(seeds: set[int]) -> str:
    return ", ".join(map(str, sorted(seeds)))


def identity_comparison_as_plain(comparison: IdentityComparison) -> dict[str, Any]:
    """Return the same as plain values for JSON."""
    return {
        "same": [
            {
                "fingerprint": one.fingerprint,
                "grids": list(one.grids),
                "seeds": list(one.seeds),
                "written_otherwise": one.otherwise,
            }
            for one in comparison.same
        ],
        "only_left": [one.fingerprint for one in comparison.only_left],
        "only_right": [one.fingerprint for one in comparison.only_right],
        "changes": changes_as_plain(comparison.changes),
    }
