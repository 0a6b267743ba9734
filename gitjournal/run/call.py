"""The state of one call of `exec`: the journal, the workers, the options, who is told, and what was spent so far."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from gitjournal.git.lab import Lab
from gitjournal.journal.journal import Journal
from gitjournal.run.forecast import Forecaster
from gitjournal.run.messages import NOTHING_SPENT, Event, ExecOutcome, Options, Spent, Tell, reason_to_stop
from gitjournal.run.results import ComposeResults
from gitjournal.worker.pool import Pool


def tell_nobody(event: Event) -> None:
    """Ignore an event."""


@dataclass
class ExecCall:
    """How the entries of a journal are run in one call; it is handed from entry to entry, and counts what they spend.

    `start` is where the person is. `compose` makes what is written of results, `tell` hears what happens meanwhile. Without
    a `forecaster` nothing is forecast, and nothing is skipped.
    """

    journal: Journal
    start: Path
    pool: Pool
    compose: ComposeResults
    options: Options = field(default_factory=Options)
    tell: Tell = tell_nobody
    forecaster: Forecaster | None = None
    _spent: Spent = field(default=NOTHING_SPENT, init=False)
    _began: float = field(default_factory=time.monotonic, init=False)

    @property
    def lab(self) -> Lab:
        """Where the journal is checked out."""
        return self.journal.lab

    @property
    def spent(self) -> Spent:
        """What was spent until now, on all entries."""
        return replace(self._spent, seconds=time.monotonic() - self._began)

    def count(self, outcome: ExecOutcome) -> None:
        """Count what an entry has spent."""
        self._spent = replace(self._spent, runs=self._spent.runs + outcome.made, failed=self._spent.failed + outcome.failed_now)

    def reason_to_stop(self) -> str:
        """Return why no other entry is begun, or nothing."""
        return reason_to_stop(self.options.limits, None, self.spent)
