"""What other entries have done, looked at again whenever it is asked: another process may have finished meanwhile."""

from __future__ import annotations

from collections.abc import Sequence

from gitjournal.entry.record import Record, decode_lines
from gitjournal.entry.summary import COUNTS, Key
from gitjournal.errors import EntryError
from gitjournal.git import results_commit
from gitjournal.journal import branches
from gitjournal.journal.entry_ids import id_of_page
from gitjournal.journal.index import Index, Run
from gitjournal.run.entry_state import Subject, done_by_another


class Elsewhere:
    """Which of `keys` other entries have done: on any journal branch, or waiting on this clone to be committed."""

    def __init__(self, subject: Subject, keys: Sequence[Key]) -> None:
        self._subject = subject
        self._keys = keys
        self._seen: set[str] = set()
        self._waiting: dict[Key, Run] = {}
        self._stamp: object = None
        self._refs: dict[str, str] = {}
        self._committed: dict[Key, Run] = {}

    def done(self) -> dict[Key, Run]:
        """Return the runs that are done by now; retracted ones do not count."""
        # a result moves from the spool to a branch: looked at in this order it is never missed
        self._read_spool()
        self._read_branches()
        return {**self._waiting, **self._committed}

    def _read_spool(self) -> None:
        for name, results in results_commit.spooled(self._subject.lab, without=self._seen).items():
            self._seen.add(name)
            if results.path != self._subject.path:
                for one in _records(results):
                    if one.status in COUNTS and one.owned:
                        self._waiting.setdefault(one.key, _waiting(one, results))

    def _read_branches(self) -> None:
        """Ask the index; where no branch has moved since the last time, its answer stands."""
        lab = self._subject.lab
        stamp = lab.repository.refs_stamp()
        if stamp is not None and stamp == self._stamp:
            return
        self._stamp = stamp
        refs = lab.repository.refs("refs/heads", "refs/remotes")
        if refs == self._refs or not self._keys:
            return
        self._refs = refs
        with Index.open(lab.repository) as index:
            index.refresh(branches.journal_refs(lab, self._subject.ref))
            found = index.find_runs(self._keys)
        for run in found:
            if done_by_another(run, self._subject.entry.id):
                self._committed.setdefault(run.key, run)


def _records(results: results_commit.Results) -> list[Record]:
    try:
        return decode_lines(b"".join(results.lines), file=results.path)
    except EntryError:
        return []  # not written by this version: it waits for one that can read it


def _waiting(one: Record, results: results_commit.Results) -> Run:
    return Run(
        run=one.run,
        fingerprint=one.fingerprint,
        seed=one.seed,
        status=one.status,
        origin=None,
        at=one.at,
        metrics=one.metrics,
        seconds=one.seconds,
        entry=id_of_page(results.path),
        title="",
        state="done",
        ref=f"refs/heads/{results.branch}",
    )
