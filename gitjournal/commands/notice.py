"""What any command says in passing: one line, on the error channel, so that output for programs stays what it is."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence

import click

from gitjournal.commands.context import Context
from gitjournal.journal.rows import Row
from gitjournal.render import text

SLOW_SECONDS = 1.0


def progress(one: str, many: str = "", *, quiet: bool) -> Callable[[int, int], None]:
    """Return what tells on a terminal how many of how many are done, once it has taken longer than a second."""
    begun = time.monotonic()
    shown = not quiet and sys.stderr.isatty()

    def tell(done: int, of: int) -> None:
        if shown and done and done % 50 == 0 and time.monotonic() - begun > SLOW_SECONDS:
            click.echo(f"\r{done} of {text.count(of, one, many or f'{one}s')}", nl=False, err=True)
            if of - done <= 50:
                click.echo("\r" + " " * 30 + "\r", nl=False, err=True)

    return tell


def tell_repeated(context: Context, pairs: Sequence[tuple[Row, Row]]) -> None:
    """Say that a merge which git found clean brought the same run together twice."""
    if pairs and not context.quiet:
        later, earlier = pairs[0]
        more = f" (and {len(pairs) - 1} more)" if len(pairs) > 1 else ""
        said = f"{later.id} did the same run as {earlier.id}{more}; see: gitjournal check"
        click.echo(text.paint(text.clean(said), "look", color=context.color), err=True)
