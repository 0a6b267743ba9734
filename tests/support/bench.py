"""A journal as `exec` sees it, without a process for each call."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from gitjournal.entry.record import Record
from gitjournal.git.lab import Lab
from gitjournal.journal.entries import entry_records
from gitjournal.render.results_page import compose_results
from gitjournal.run import execute
from gitjournal.run.messages import Options, Outcome, Planned, Progress, Recovered
from gitjournal.suggest.forecast import HistoryForecaster
from gitjournal.suggest.gate import SurrogateModel
from gitjournal.worker.pool import Crew
from tests.support.helpers import git, write_entry


@dataclass(frozen=True)
class Bench:
    """A journal, a worker that is there already, and what was told on the way."""

    lab: Lab
    top: Path
    crew: Crew
    told: list[Planned | Progress | Recovered] = field(default_factory=list)

    def entry(self, suffix: str, front: str) -> Path:
        return write_entry(self.lab.path, f"20261121-an-entry-{suffix}", front)

    def exec(self, suffix: str, **options: object) -> Outcome:
        execute.recover(self.lab, self.told.append)
        chosen = Options(**options)  # type: ignore[arg-type]
        name = f"20261121-an-entry-{suffix}"
        return execute.execute(
            self.lab,
            self.top,
            name,
            chosen,
            crew=self.crew,
            compose=compose_results,
            tell=self.told.append,
            forecaster=HistoryForecaster(SurrogateModel),
        )

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
