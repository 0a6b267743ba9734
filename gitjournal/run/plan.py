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
from gitjournal.paths import KeyPath
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
    """One run of a plan: a grid point and a seed, and their identity."""

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
    def full_entry(self) -> Entry:
        """The entry as the completed text declares it."""
        return self.read(self.text)

    @cached_property
    def front(self) -> FrontMatter:
        """What the completed entry declares, with what follows from its data."""
        return msgspec.structs.replace(self.full_entry.front, task=self.declared.task, metrics=self.declared.metrics)

    def read(self, text: str) -> Entry:
        """Read another text of the entry, unless it is the one that was read before. Raises EntryError."""
        if text == self.entry.text:
            return self.entry
        return parse(text, entry_id=self.entry.id, file=self.entry.document.file)


@dataclass(frozen=True)
class Workplace:
    """Where an entry is planned: the worktree that data paths are relative to, the folder of local caches, and a worker to ask."""

    root: Path
    cache: Path
    ask: AskWorker


def make_plan(entry: Entry, workplace: Workplace) -> Plan:
    """Work out the runs of an entry.

    A worker is asked only for what is not known yet. Raises EntryError, DataError or TrustError with file, line and column.
    """
    root = workplace.root
    declared = inspect_data(entry, workplace)
    configured, runs = _expand_runs(entry, declared, root)
    draws = any(run.seed is not None for run in runs)
    n_seeds = len(entry.front.seed_values)
    return Plan(entry, complete_text(entry, declared), declared, runs, len(configured), n_seeds, draws, root)


def _expand_runs(entry: Entry, declared: Declared, root: Path) -> tuple[list[Configuration], list[PlannedRun]]:
    """Return the grid's points, and the runs that they and the seeds come to."""
    versions = Versions(installed_version(), keras_version(entry))
    code = procedure_code(entry, root)
    configured = configurations(entry, declared, versions, describe_code(code) if code else None)
    runs: dict[tuple[str, int | None], PlannedRun] = {}
    for configuration in configured:
        for seed in seeds_of(entry, configuration, declared):
            run = PlannedRun(configuration.point, configuration.tree, configuration.canonical, fingerprint(configuration.canonical), seed)
            runs.setdefault(run.key, run)
    return configured, list(runs.values())


def seeds_of(entry: Entry, configured: Configuration, declared: Declared) -> Sequence[int | None]:
    """Return the seeds that a configuration is run with: None alone where nothing draws."""
    return entry.front.seed_values if randomness.draws(configured.tree, declared.split) else [None]


def keys_without_data(entry: Entry, root: Path) -> list[tuple[str, int | None]]:
    """Return the keys of the runs of an entry that was planned before; none where its text does not say all that it takes.

    Reads no data. Raises EntryError where the entry cannot be planned here.
    """
    declared = written_out(entry)
    return [] if declared is None else [run.key for run in _expand_runs(entry, declared, root)[1]]


def procedure_code(entry: Entry, root: Path) -> Code | None:
    """Return the code of the procedure where it is a function of the person's own; it is read, not run."""
    if entry.front.own_function is None:
        return None
    function, files = reader.own_function(entry)
    with place_faults(entry):
        return find_code(function, files, root, ("procedure", "python"))


def data_code(entry: Entry, root: Path) -> Code | None:
    """Return the code of the function that gives the data, where one does; it is read, not run."""
    function = entry.front.data.python
    if function is None:
        return None
    with place_faults(entry):
        return find_code(function, [], root, ("data", "python"))


def describe_code(code: Code) -> dict[str, Any]:
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


def inspect_data(entry: Entry, workplace: Workplace) -> Declared:
    """Return the declaration with hash, facts and defaults of its data; from the cache where the same was asked before.

    Raises DataError where the data are not those that the entry names.
    """
    root, cache = workplace.root, workplace.cache
    front = entry.front
    data = loader_options(entry)
    split = msgspec.to_builtins(front.split) if front.split else None
    metrics = front.metric_names or None
    with place_faults(entry):
        now = hashing.hash_source(data, root, cache)
    code = require_trust(entry, root, cache)
    job = InspectJob(
        root=str(root),
        cache=str(cache),
        data=data,
        task=front.task,
        split=split,
        metrics=metrics,
        code=describe_code(code) if code else None,
        own_metrics=front.own_function is not None,
    )
    inspection = _read_inspection(cache, job, now) if now else None
    if inspection is None:
        inspection = unwrap_reply(workplace.ask(job), entry)
        _keep_inspection(cache, job, inspection)
    if front.data.hash and front.data.hash != inspection.hash:
        source = data.get("path") or data.get("sklearn") or "the data"
        raise DataError(
            f"{source} is not what this entry names: its hash is now {inspection.hash[:19]}…, declared is {front.data.hash[:19]}…",
            place=entry.place("data", "hash"),
            hint=advise_new_entry(entry.short_id, "bring the old file back", ask="ask anew about the new one"),
        )
    # what a network minimises is measured too where the entry leaves the choice
    added = ["loss"] if metrics is None and network.declares_network(front.procedure) else []
    return Declared(
        inspection.data | data,
        inspection.hash,
        inspection.facts,
        inspection.task,
        inspection.split,
        [*inspection.metrics, *added],
        inspection.sealed,
        job.code,
        tuple(inspection.findings),
    )


def check_findings(entry: Entry, declared: Declared) -> None:
    """Raise EntryError where the split has a fault that the entry says it must not have (`checks: {block: [code]}`)."""
    blocked = set(entry.front.checks.block) & {one["code"] for one in declared.findings} if entry.front.checks else set()
    if blocked:
        hint = f"see the rows: gitjournal data dups {entry.short_id}"
        raise EntryError(f"{', '.join(sorted(blocked))} was found, and `checks` stops for it", place=entry.place("checks"), hint=hint)


def require_trust(entry: Entry, root: Path, private: Path) -> Code | None:
    """Refuse code that is not trusted on this clone. Returns the code that the data come from, if any.

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


def complete_text(entry: Entry, declared: Declared) -> str:
    """Return the entry's text with hash, facts and every default written in, so that it says what was done."""
    values: dict[KeyPath, Any] = {}
    document = entry.document.value
    for key, value in {**declared.data, "hash": declared.hash, "facts": declared.facts}.items():
        if document["data"].get(key) != value:
            values["data", key] = value
    if document.get("split") != declared.split:
        if isinstance(document.get("split"), dict):
            values |= {("split", key): value for key, value in declared.split.items() if document["split"].get(key) != value}
        else:
            values["split",] = declared.split
    if document.get("task") is None:
        values["task",] = declared.task
    if document.get("metrics") is None:
        values["metrics",] = declared.metrics
    return edit.set_values(entry.text, values, file=entry.document.file)


def require_same(planned: Entry, stored: Entry) -> Entry:
    """Return `stored`, the entry as git holds it. Raises EntryError where it declares something else than was planned."""
    if planned.front != stored.front:
        raise EntryError(f"{planned.document.file} was saved while its plan was made; run the command again")
    return stored


def validate_procedures(entry: Entry, plan: Plan, runs: Sequence[PlannedRun], *, ask: AskWorker) -> None:
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
    unwrap_reply(reply, entry)


@contextlib.contextmanager
def place_faults(entry: Entry) -> Iterator[None]:
    """Give a fault that names a key of the front matter its line and column."""
    try:
        yield
    except GitjournalError as fault:
        if fault.path and fault.place is None:
            fault.place = entry.place(*fault.path)
        raise


def unwrap_reply(reply: A | ErrorReply, entry: Entry) -> A:
    """Return what the worker found, or raise what it refused, at its place in the entry."""
    if isinstance(reply, ErrorReply):
        raise reply.to_error(entry.place(*reply.path))
    return reply


def _inspection_file(cache: Path, job: InspectJob, found_hash: str) -> Path:
    asked = msgspec.json.encode(msgspec.structs.replace(job, root="", cache="", hash=found_hash), order="sorted")
    return cache / "plans" / f"{hashlib.sha256(asked).hexdigest()}.json"


def _read_inspection(cache: Path, job: InspectJob, found_hash: str) -> Inspection | None:
    try:
        return msgspec.json.decode(_inspection_file(cache, job, found_hash).read_bytes(), type=Inspection)
    except (OSError, msgspec.DecodeError):
        return None


def _keep_inspection(cache: Path, job: InspectJob, inspection: Inspection) -> None:
    path = _inspection_file(cache, job, inspection.hash)
    with contextlib.suppress(GitjournalError):  # where there is no space: it is a cache, no more
        make_folder(path.parent)
        write_whole(path, msgspec.json.encode(inspection))
