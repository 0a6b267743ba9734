"""From an entry to the runs that it declares. Reads data through a worker, writes nothing but caches."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from gitjournal.data import hashing
from gitjournal.entry import edit
from gitjournal.entry.changes import advise_new_entry
from gitjournal.entry.model import Entry, Facts, FrontMatter
from gitjournal.entry.parse import parse
from gitjournal.errors import DataError, EntryError, GitjournalError, TrustError
from gitjournal.files import make_folder, write_whole
from gitjournal.procedure import randomness, reader
from gitjournal.procedure.canonical_text import fingerprint
from gitjournal.procedure.configuration import Configuration, configurations
from gitjournal.procedure.declaration import Declared, Versions, loader_options, written_out
from gitjournal.procedure.networks import network
from gitjournal.trust import store
from gitjournal.trust.code_files import Code, find_code
from gitjournal.worker.jobs import A, AskWorker, ErrorReply, Inspection, InspectJob, ValidateJob


@dataclass(frozen=True)
class PlannedRun:
    """One run to be: a grid point and a seed, and what identifies them."""

    point: dict[str, Any]
    tree: list[Any]
    canonical: str
    fingerprint: str
    seed: int | None

    @property
    def key(self) -> tuple[str, int | None]:
        """The identity of the run."""
        return (self.fingerprint, self.seed)


@dataclass(frozen=True)
class Plan:
    """What an entry asks for: the completed text, and its runs in grid order without repetition."""

    entry: Entry
    text: str
    declared: Declared
    runs: list[PlannedRun]
    n_points: int
    n_seeds: int
    draws: bool
    root: Path

    @cached_property
    def completed(self) -> Entry:
        """The entry as the completed text declares it."""
        return self.read(self.text)

    @cached_property
    def front(self) -> FrontMatter:
        """What the completed entry declares, with what follows from its data."""
        return msgspec.structs.replace(self.completed.front, task=self.declared.task, metrics=self.declared.metrics)

    def read(self, text: str) -> Entry:
        """Read another text of the entry, unless it is the one that was read before. Raises EntryError."""
        if text == self.entry.text:
            return self.entry
        return parse(text, entry_id=self.entry.id, file=self.entry.document.file)


def make_plan(entry: Entry, *, root: Path, cache: Path, ask: AskWorker) -> Plan:
    """Work out the runs of an entry.

    `root` is the worktree that data paths are relative to, `cache` the folder for local caches. A worker is asked
    only for what is not known yet. Raises EntryError, DataError or TrustError with file, line and column.
    """
    declared = inspect(entry, root=root, cache=cache, ask=ask)
    configured, runs = _planned(entry, declared, root)
    draws = any(run.seed is not None for run in runs)
    n_seeds = len(entry.front.seed_values)
    return Plan(entry, complete(entry, declared), declared, runs, len(configured), n_seeds, draws, root)


def _planned(entry: Entry, declared: Declared, root: Path) -> tuple[list[Configuration], list[PlannedRun]]:
    """Return the grid's points, and the runs that they and the seeds come to."""
    versions = Versions(installed_version(), keras_version(entry))
    code = procedure_code(entry, root)
    configured = configurations(entry, declared, versions, described(code) if code else None)
    runs: dict[tuple[str, int | None], PlannedRun] = {}
    for one in configured:
        for seed in seeds_of(entry, one, declared):
            run = PlannedRun(one.point, one.tree, one.canonical, fingerprint(one.canonical), seed)
            runs.setdefault(run.key, run)
    return configured, list(runs.values())


def seeds_of(entry: Entry, configured: Configuration, declared: Declared) -> Sequence[int | None]:
    """Return the seeds that a configuration is run with: None alone where nothing draws."""
    return entry.front.seed_values if randomness.draws(configured.tree, declared.split) else [None]


def keys_without_data(entry: Entry, root: Path) -> list[tuple[str, int | None]]:
    """Return what identifies the runs of an entry that was planned before; nothing where it does not say all of it itself.

    Reads no data. Raises EntryError where the entry cannot be planned here.
    """
    declared = written_out(entry)
    return [] if declared is None else [run.key for run in _planned(entry, declared, root)[1]]


def procedure_code(entry: Entry, root: Path) -> Code | None:
    """Return what the procedure is made of where it is a function of one's own, read and not run."""
    if entry.front.own_function is None:
        return None
    function, files = reader.own_function(entry)
    with placed(entry):
        return find_code(function, files, root, ("procedure", "python"))


def data_code(entry: Entry, root: Path) -> Code | None:
    """Return what the data's function is made of where they come from one, read and not run."""
    function = entry.front.data.python
    if function is None:
        return None
    with placed(entry):
        return find_code(function, [], root, ("data", "python"))


def described(code: Code) -> dict[str, Any]:
    """Return what a job and the canonical text say of a function's code."""
    return {"python": code.function, "files": code.hashes, "modules": code.modules, "digest": code.digest}


def keras_version(entry: Entry) -> str:
    """Return the version of Keras where the entry needs it. Raises EntryError where it is not installed."""
    if not network.declares_network(entry.front.procedure):
        return ""
    try:
        importlib.metadata.version("tensorflow")
        return importlib.metadata.version("keras")
    except importlib.metadata.PackageNotFoundError:
        message = "a network needs Keras, which is not installed"
        raise EntryError(message, hint="pip install 'gitjournal[keras]'", place=entry.place("procedure")) from None


def installed_version() -> str:
    """Return the version of scikit-learn that would run, without importing it."""
    return importlib.metadata.version("scikit-learn")


def inspect(entry: Entry, *, root: Path, cache: Path, ask: AskWorker) -> Declared:
    """Return what is declared with hash, facts and defaults; from the cache where the same was asked before.

    Raises DataError where the data are not those that the entry names.
    """
    front = entry.front
    data = loader_options(entry)
    split = msgspec.to_builtins(front.split) if front.split else None
    metrics = front.metric_names or None
    with placed(entry):
        now = hashing.hash_source(data, root, cache)
    code = require_trust(entry, root, cache)
    job = InspectJob(
        root=str(root),
        cache=str(cache),
        data=data,
        task=front.task,
        split=split,
        metrics=metrics,
        code=described(code) if code else None,
        own_metrics=front.own_function is not None,
    )
    found = _cached(cache, job, now) if now else None
    if found is None:
        found = answer(ask(job), entry)
        _remember(cache, job, found)
    if front.data.hash and front.data.hash != found.hash:
        source = data.get("path") or data.get("sklearn") or "the data"
        raise DataError(
            f"{source} is not what this entry names: its hash is now {found.hash[:19]}…, declared is {front.data.hash[:19]}…",
            place=entry.place("data", "hash"),
            hint=advise_new_entry(entry.short_id, "bring the old file back", ask="ask anew about the new one"),
        )
    # what a network minimises is measured too where the entry leaves the choice
    added = ["loss"] if metrics is None and network.declares_network(front.procedure) else []
    return Declared(
        found.data | data,
        found.hash,
        found.facts,
        found.task,
        found.split,
        [*found.metrics, *added],
        found.sealed,
        job.code,
        tuple(found.findings),
    )


def check_not_blocked(entry: Entry, declared: Declared) -> None:
    """Raise EntryError where the split has a fault that the entry says it must not have (`checks: {block: [code]}`)."""
    blocked = set(entry.front.checks.block) & {one["code"] for one in declared.findings} if entry.front.checks else set()
    if blocked:
        hint = f"see the rows: gitjournal data dups {entry.short_id}"
        raise EntryError(f"{', '.join(sorted(blocked))} was found, and `checks` stops for it", place=entry.place("checks"), hint=hint)


def require_trust(entry: Entry, root: Path, private: Path) -> Code | None:
    """Refuse code that nobody here has looked at. Returns the code that the data come from, if any.

    Raises TrustError with the command that shows it.
    """
    for_data = data_code(entry, root)
    for code, place in ((for_data, ("data", "python")), (procedure_code(entry, root), ("procedure", "python"))):
        if code is not None and not store.is_trusted(private, code):
            what = (
                "has changed since it was trusted here" if store.last_trusted(private, code.function) else "runs only after you trusted it"
            )
            hint = f"look at it, and say so: gitjournal trust {entry.short_id}"
            raise TrustError(f"{code.function} {what}", place=entry.place(*place), hint=hint)
    return for_data


def complete(entry: Entry, declared: Declared) -> str:
    """Return the entry's text with hash, facts and every default written in, so that it says what was done."""
    values: dict[tuple[str | int, ...], Any] = {}
    known = entry.document.value
    for key, value in {**declared.data, "hash": declared.hash, "facts": declared.facts}.items():
        if known["data"].get(key) != value:
            values["data", key] = value
    if known.get("split") != declared.split:
        if isinstance(known.get("split"), dict):
            values |= {("split", key): value for key, value in declared.split.items() if known["split"].get(key) != value}
        else:
            values["split",] = declared.split
    if known.get("task") is None:
        values["task",] = declared.task
    if known.get("metrics") is None:
        values["metrics",] = declared.metrics
    return edit.set_values(entry.text, values, file=entry.document.file)


def require_same(planned: Entry, stored: Entry) -> Entry:
    """Return `stored`, the entry as git holds it. Raises EntryError where it declares something else than was planned."""
    if planned.front != stored.front:
        raise EntryError(f"{planned.document.file} was saved while its plan was made; run the command again")
    return stored


def validate(entry: Entry, plan: Plan, runs: Sequence[PlannedRun], *, ask: AskWorker) -> None:
    """Have a worker build every procedure, before any compute.

    Raises EntryError at the value that does not fit, in the procedure, the parameters or the grid.
    """
    if not runs:
        return
    declared = plan.declared
    job = ValidateJob(
        procedures=[run.tree for run in runs],
        root=str(plan.root),
        task=declared.task,
        metrics=declared.metrics,
        facts=declared.facts,
    )
    reply = ask(job)
    if isinstance(reply, ErrorReply) and reply.path[:1] == ["procedure"] and reply.index is not None:
        point, facts = runs[reply.index].point, msgspec.convert(declared.facts, Facts)
        place = reader.locate(entry, point, facts, [str(part) for part in reply.path[1:]])
        raise EntryError(reply.message, hint=reply.hint, place=place)
    answer(reply, entry)


@contextlib.contextmanager
def placed(entry: Entry) -> Iterator[None]:
    """Give a fault that names a key of the front matter its line and column."""
    try:
        yield
    except GitjournalError as fault:
        if fault.path and fault.place is None:
            fault.place = entry.place(*fault.path)
        raise


def answer(reply: A | ErrorReply, entry: Entry) -> A:
    """Return what the worker found, or raise what it refused, at its place in the entry."""
    if isinstance(reply, ErrorReply):
        raise reply.to_error(entry.place(*reply.path))
    return reply


def _plan_file(cache: Path, job: InspectJob, found_hash: str) -> Path:
    asked = msgspec.json.encode(msgspec.structs.replace(job, root="", cache="", hash=found_hash), order="sorted")
    return cache / "plans" / f"{hashlib.sha256(asked).hexdigest()}.json"


def _cached(cache: Path, job: InspectJob, found_hash: str) -> Inspection | None:
    try:
        return msgspec.json.decode(_plan_file(cache, job, found_hash).read_bytes(), type=Inspection)
    except (OSError, msgspec.DecodeError):
        return None


def _remember(cache: Path, job: InspectJob, found: Inspection) -> None:
    path = _plan_file(cache, job, found.hash)
    with contextlib.suppress(GitjournalError):  # where there is no space: it is a cache, no more
        make_folder(path.parent)
        write_whole(path, msgspec.json.encode(found))
