"""A journal as `exec` sees it, without a process for each call."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from gitjournal.entry.record import Record
from gitjournal.git.lab import Lab
from gitjournal.journal.entries import entry_records
from gitjournal.journal.journal import open_journal
from gitjournal.render.results_page import compose_results
from gitjournal.run.call import ExecCall
from gitjournal.run.execute import execute, recover
from gitjournal.run.messages import Event, ExecOutcome, Options
from gitjournal.suggest.forecast import HistoryForecaster
from gitjournal.suggest.gate import SurrogateModel
from gitjournal.worker.pool import WorkerPool
from tests.support.helpers import git, write_entry


@dataclass(frozen=True)
class Bench:
    """A journal, a worker that is there already, and what was told on the way."""

    lab: Lab
    top: Path
    pool: WorkerPool
    told: list[Event] = field(default_factory=list)

    def entry(self, suffix: str, front: str) -> Path:
        return write_entry(self.lab.path, f"20261121-an-entry-{suffix}", front)

    def exec(self, suffix: str, **options: object) -> ExecOutcome:
        recover(self.lab, self.told.append)
        chosen = Options(**options)  # type: ignore[arg-type]
        with open_journal(self.top, self.lab) as journal:
            call = ExecCall(journal, self.top, self.pool, compose_results, chosen, self.told.append, HistoryForecaster(SurrogateModel))
            return execute(call, f"20261121-an-entry-{suffix}")

    def records(self, suffix: str) -> list[Record]:
        return entry_records(self.lab, f"20261121-an-entry-{suffix}", "refs/heads/journal")

    def edit(self, suffix: str, old: str, new: str) -> None:
        path = self.lab.path / f"entries/2026/20261121-an-entry-{suffix}.md"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def commit(self) -> None:
        git(self.lab.path, "add", "-A")
        git(self.lab.path, "-c", "core.hooksPath=/dev/null", "commit", "-q", "-m", "edit")
