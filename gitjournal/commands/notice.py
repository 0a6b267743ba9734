"""What any command says in passing: one line, on the error channel, so that output for programs stays what it is."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence

import click

from gitjournal.commands.context import Context
from gitjournal.journal.index.rows import Row
from gitjournal.render import text

SLOW_SECONDS = 1.0


def progress_reporter(unit: str, units: str = "", *, quiet: bool, step: int = 50) -> Callable[[int, int], None]:
    """Return a function that shows on a terminal how many of how many are done, once it has taken longer than a second.

    It shows each `step`-th number, and takes the line away when the last of them has come.
    """
    begun = time.monotonic()
    shown = not quiet and sys.stderr.isatty()

    def tell(finished: int, of: int) -> None:
        if shown and finished and finished % step == 0 and time.monotonic() - begun > SLOW_SECONDS:
            click.echo(f"\r{finished} of {text.count(of, unit, units)}", nl=False, err=True)
            if of - finished <= step:
                click.echo("\r" + " " * 40 + "\r", nl=False, err=True)

    return tell


def warn_of_repeats(context: Context, pairs: Sequence[tuple[Row, Row]]) -> None:
    """Say that a merge which git found clean brought the same run together twice."""
    if pairs and not context.quiet:
        later, earlier = pairs[0]
        more = f" (and {len(pairs) - 1} more)" if len(pairs) > 1 else ""
        warning = f"{later.id} did the same run as {earlier.id}{more}; see: gitjournal check"
        click.echo(text.paint(text.clean(warning), "look", color=context.color), err=True)
