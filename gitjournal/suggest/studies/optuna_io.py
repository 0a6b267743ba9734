"""Reads and writes studies of optuna, the only module that knows that library."""

from __future__ import annotations

import contextlib
import math
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from gitjournal.errors import GitjournalError, SpaceError, UsageError, is_full
from gitjournal.suggest.studies import files
from gitjournal.suggest.studies.files import Kind
from gitjournal.suggest.studies.study import Categorical, Distribution, Range, Study, StudyTrial


def read(path: Path) -> list[Study]:
    """Return the studies of a file in their order. The file is copied, and only the copy is opened.

    Raises GitjournalError with one line where optuna cannot make anything of it.
    """
    with files.copied(path) as (kind, copy), _quiet(), _understood(path), _opened(kind, copy) as storage:
        return [_read(storage, one._study_id, one.study_name, one.directions, one.user_attrs) for one in storage.get_all_studies()]


def write(path: Path, written: Sequence[Study]) -> None:
    """Write studies into a new file, or add them to one that holds studies of other names: all of them, or none.

    Raises UsageError where a name is taken, GitjournalError where the file is not one of studies or cannot be written.
    """
    if path.exists():
        taken = {one.name for one in read(path)} & {one.name for one in written}
        if taken:
            raise UsageError(f"{path.name} has a study `{min(taken)}` already", hint="give it another name: --study-name NAME")
        with _quiet(), _writing(path), _opened(files.kind_of(path), path) as storage:
            _add(storage, written)
        return
    with _quiet(), _writing(path), tempfile.TemporaryDirectory(prefix=".gitjournal-", dir=path.absolute().parent) as folder:
        new = Path(folder) / path.name
        with _opened(files.ENDINGS[path.suffix.lower()], new) as storage:
            _add(storage, written)
        new.replace(path)


@contextlib.contextmanager
def _opened(kind: Kind, path: Path) -> Iterator[BaseStorage]:
    if kind == "log":
        yield JournalStorage(JournalFileBackend(str(path)))
        return
    storage = RDBStorage("sqlite://", engine_kwargs={"creator": lambda: files.connect(path)})
    try:
        yield storage
    finally:
        storage.remove_session()
        storage.engine.dispose()


@contextlib.contextmanager
def _understood(path: Path) -> Iterator[None]:
    """Turn whatever optuna raises into one line."""
    try:
        yield
    except Exception as fault:  # noqa: BLE001  # a stranger's file can bring optuna to raise anything
        if "optuna storage upgrade" in str(fault):
            hint = f"upgrade a copy of it: optuna storage upgrade --storage sqlite:///{path.name}"
            raise GitjournalError(f"{path.name} was written by an older optuna", hint=hint) from None
        first = str(fault).strip().partition("\n")[0][:200]
        said = f"{path.name} is no study that optuna {optuna.__version__} can read: {type(fault).__name__} {first}"
        raise GitjournalError(said.rstrip()) from None


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Have optuna say nothing: what it would say is said by the command, or raised."""
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        optuna.logging.set_verbosity(level)


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        if is_full(fault):
            raise SpaceError(str(path)) from None
        raise GitjournalError(f"{path} cannot be written: {fault.strerror or fault}") from None
    except optuna.exceptions.OptunaError as fault:
        raise GitjournalError(f"{path} cannot be written: {fault}") from None


# reading


def _read(storage: BaseStorage, study_id: int, name: str, directions: Sequence[StudyDirection], attrs: dict[str, Any]) -> Study:
    signs = tuple(1 if one == StudyDirection.MAXIMIZE else -1 for one in directions)
    trials = storage.get_all_trials(study_id, deepcopy=False)
    tried = [found for one in trials if len(signs) == 1 and (found := _tried(one))]
    return Study(name, signs, tried, dict(attrs), len(trials) - len(tried))


def _tried(one: FrozenTrial) -> StudyTrial | None:
    if one.state not in (TrialState.COMPLETE, TrialState.FAIL):
        return None
    score = one.value if one.state == TrialState.COMPLETE else None
    if one.state == TrialState.COMPLETE and (score is None or not math.isfinite(score)):
        return None
    told = {name: _distribution(found) for name, found in one.distributions.items()}
    return StudyTrial(one.number, dict(one.params), told, score, one.datetime_start, one.datetime_complete, dict(one.user_attrs))


def _distribution(told: BaseDistribution) -> Distribution:
    if isinstance(told, CategoricalDistribution):
        return Categorical(tuple(told.choices))
    if isinstance(told, IntDistribution):
        return Range(told.low, told.high, log=told.log, whole=True, step=told.step)
    if isinstance(told, FloatDistribution):
        return Range(told.low, told.high, log=told.log, step=told.step)
    raise ValueError(f"a distribution {type(told).__name__}")


# writing


def _add(storage: BaseStorage, written: Sequence[Study]) -> None:
    begun = []
    try:
        for one in written:
            direction = StudyDirection.MAXIMIZE if one.directions[0] > 0 else StudyDirection.MINIMIZE
            study = optuna.create_study(storage=storage, study_name=one.name, direction=direction)
            begun.append(one.name)
            for name, value in one.attrs.items():
                study.set_user_attr(name, value)
            for tried in one.tried:
                study.add_trial(_trial(tried))
    except BaseException:
        for name in begun:
            optuna.delete_study(study_name=name, storage=storage)
        raise


def _trial(one: StudyTrial) -> FrozenTrial:
    """Return a trial as optuna has it; one whose time is not known took none, now."""
    ended = one.ended or datetime.now()  # noqa: DTZ005  # optuna's times have no zone
    return FrozenTrial(
        number=one.number,
        trial_id=-1,  # the storage gives it one
        state=TrialState.FAIL if one.score is None else TrialState.COMPLETE,
        value=one.score,
        datetime_start=one.began or ended,
        datetime_complete=ended,
        params=one.params,
        distributions={name: _optuna(told) for name, told in one.distributions.items()},
        user_attrs=one.attrs,
        system_attrs={},
        intermediate_values={},
    )


def _optuna(told: Distribution) -> BaseDistribution:
    if isinstance(told, Categorical):
        return CategoricalDistribution(told.choices)
    if told.whole:
        return IntDistribution(int(told.low), int(told.high), log=told.log)
    return FloatDistribution(told.low, told.high, log=told.log)
