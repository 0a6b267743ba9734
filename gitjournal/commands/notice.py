"""What any command says in passing: one line, on the error channel, so that output for programs stays what it is."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence

import click

from gitjournal.commands.context import Context
from gitjournal.journal.index.rows import Row
from gitjournal.render import exec_output, text
from gitjournal.run.messages import Epoch, Event, Planned, Printed, Progress

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


class ExecReporter:
    """Says what happens while it happens: one line that is rewritten on a terminal, plain lines elsewhere."""

    def __init__(self, *, quiet: bool, verbose: bool, color: bool) -> None:
        self.quiet = quiet
        self.verbose = verbose
        self.color = color
        self.live = sys.stderr.isatty()
        self.started = self.last = time.monotonic()

    def note(self, line: str) -> None:
        """Say a line by the way."""
        if not self.quiet:
            click.echo(line)

    def begin(self) -> None:
        """Start the clock: of an entry, and again of its runs."""
        self.started = self.last = time.monotonic()

    def tell(self, event: Event) -> None:
        """Say one event."""
        if isinstance(event, Planned):
            self.begin()
        if isinstance(event, Printed):
            if self.verbose:
                self.clear()
                click.echo(text.clean_lines(event.log), err=True)
            return
        if self.quiet:
            return
        if isinstance(event, (Progress, Epoch)):
            self._progress(event)
        else:
            self.clear()
            click.echo(exec_output.plan_text(event) if isinstance(event, Planned) else exec_output.recovery_line(event))

    def _progress(self, event: Progress | Epoch) -> None:
        now = time.monotonic()
        if now - self.started < SLOW_SECONDS or (not self.live and now - self.last < 10 and event.finished < event.total):
            return
        self.last = now
        width = text.terminal_width() or 80
        if isinstance(event, Epoch):
            line = exec_output.epoch_line(event, width=width)
        else:
            left = (now - self.started) / event.finished * (event.total - event.finished)
            line = exec_output.progress_line(event, left, width=width)
        click.echo(f"\r\033[K{line}" if self.live else line, nl=not self.live, err=True)

    def clear(self) -> None:
        """Take the progress line away."""
        if self.live and not self.quiet:
            click.echo("\r\033[K", nl=False, err=True)
