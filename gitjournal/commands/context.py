"""What the group hands to each command. It stands alone, importing click only: `--help` loads it."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import click


@dataclass(frozen=True)
class Context:
    """Where the command was started, and how it should speak."""

    start: Path
    color: bool
    quiet: bool
    verbose: bool


def wants_color() -> bool:
    """Whether to colour: on a terminal only, and never against NO_COLOR (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _silence(ctx: click.Context, _: click.Parameter, quiet: bool) -> None:
    if quiet and isinstance(ctx.obj, Context):
        ctx.obj = replace(ctx.obj, quiet=True)


# `gitjournal exec -q` says the same as `gitjournal -q exec`
quiet_option = click.option("-q", "--quiet", is_flag=True, expose_value=False, callback=_silence, help="Say only what is wrong.")
