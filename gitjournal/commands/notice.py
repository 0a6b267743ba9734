"""What any command says in passing: one line, on the error channel, so that output for programs stays what it is."""

from __future__ import annotations

from collections.abc import Sequence

import click

from gitjournal.commands.context import Context
from gitjournal.index import Row
from gitjournal.render import text


def tell_repeated(context: Context, pairs: Sequence[tuple[Row, Row]]) -> None:
    """Say that a merge which git found clean brought the same run together twice."""
    if pairs and not context.quiet:
        later, earlier = pairs[0]
        more = f" (and {len(pairs) - 1} more)" if len(pairs) > 1 else ""
        said = f"{later.id} did the same run as {earlier.id}{more}; see: gitjournal check"
        click.echo(text.paint(text.clean(said), "look", color=context.color), err=True)
