"""What is written after options of several commands, read: lengths of time, steps, NAME=VALUE, values of a grid, data."""

from __future__ import annotations

import contextlib
import math
import re
from pathlib import Path
from typing import Any

import click

from gitjournal import yaml_text
from gitjournal.errors import EntryError, UsageError
from gitjournal.run.draft import data_source

_COMMA_BEFORE_NAME = re.compile(r",(?=\s*[A-Za-z_]\w*=)")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_duration(value: str) -> float:
    """Return the seconds of a length of time: `90` or `90s`, `15m`, `2h`, `1d`. Raises BadParameter for anything else."""
    bare = value.strip().lower()
    number, unit = (bare[:-1], SECONDS[bare[-1]]) if bare[-1:] in SECONDS else (bare, 1)
    with contextlib.suppress(ValueError):
        if 0 < (length := float(number) * unit) < math.inf:
            return length
    raise click.BadParameter(f"`{value}` is no length of time; try 90s, 15m or 2h")


def parse_step(text: str) -> Any:
    """Return a step of a procedure: a name, or YAML such as ``SVC: {C: 10}``. Raises UsageError."""
    return _load_yaml(text, "--estimator")


def parse_assignment(text: str, option: str) -> tuple[str, Any]:
    """Return name and value of NAME=VALUE; the value of --parameter is YAML. Raises UsageError."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise UsageError(f"{option} takes NAME=VALUE, such as svc__C=10; got `{text}`")
    return name.strip(), _load_yaml(value, option) if option == "--parameter" else value


def parse_grid(assignments: tuple[str, ...]) -> dict[str, Any]:
    """Return the values of a grid by name, each a YAML list or mapping, or words with commas between them. Raises UsageError."""
    grid: dict[str, Any] = {}
    for assignment in assignments:
        name, text = parse_assignment(assignment, "--grid")
        bare = text.strip()
        value = _load_yaml(bare if bare[:1] in "[{" else f"[{bare}]", "--grid")
        grid[name] = value if isinstance(value, (list, dict)) else [value]
    return grid


def parse_point(text: str) -> dict[str, Any]:
    """Return the values of NAME=VALUE,NAME=VALUE by name, each as YAML. Raises UsageError.

    A comma belongs to a value unless NAME= follows, as in `mlp__sizes=[50,50],mlp__alpha=0.1`.
    """
    point: dict[str, Any] = {}
    for assignment in _COMMA_BEFORE_NAME.split(text):
        name, value = parse_assignment(assignment, "a configuration")
        point[name] = _load_yaml(value, name)
    return point


def parse_data(data: str | None, root: Path, *, target: str | None, features: str | None = None) -> dict[str, Any]:
    """Return where data come from as an entry declares it, by --data, --target and --features; empty where no data are named."""
    declared = data_source(data, root) if data else {}
    for name, columns in (("target", target), ("features", features)):
        if columns:
            declared[name] = columns.split(",") if "," in columns else columns
    return declared


def _load_yaml(text: str, option: str) -> Any:
    try:
        return yaml_text.load(text, file=option).value
    except EntryError as fault:
        raise UsageError(f"{option} `{text}`: {fault.message}") from None
