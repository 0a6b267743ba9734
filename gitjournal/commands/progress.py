"""What `exec` says while it runs: the plan, how far it is, and results that an earlier call left behind."""

from __future__ import annotations

import sys
import time

import click

from gitjournal.commands.notice import SLOW_SECONDS
from gitjournal.render import exec_output, text
from gitjournal.run.messages import Epoch, Event, Planned, Printed, Progress


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
