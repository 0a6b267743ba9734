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


def read_studies(path: Path) -> list[Study]:
    """Return the studies of a file in their order. The file is copied, and only the copy is opened.

    Raises GitjournalError with one line where optuna cannot make anything of it.
    """
    with files.open_copy(path) as (kind, copy), _silence_optuna(), _explain_faults(path), _open_storage(kind, copy) as storage:
        return [_read_study(storage, one._study_id, one.study_name, one.directions, one.user_attrs) for one in storage.get_all_studies()]


def write_studies(path: Path, studies: Sequence[Study]) -> None:
    """Write studies into a new file, or add them to one that holds studies of other names: all of them, or none.

    Raises UsageError where a name is taken, GitjournalError where the file is not one of studies or cannot be written.
    """
    if path.exists():
        taken = {one.name for one in read_studies(path)} & {one.name for one in studies}
        if taken:
            raise UsageError(f"{path.name} has a study `{min(taken)}` already", hint="give it another name: --study-name NAME")
        with _silence_optuna(), _explain_write_faults(path), _open_storage(files.kind_of(path), path) as storage:
            _add_studies(storage, studies)
        return
    beside = path.absolute().parent
    with _silence_optuna(), _explain_write_faults(path), tempfile.TemporaryDirectory(prefix=".gitjournal-", dir=beside) as folder:
        new = Path(folder) / path.name
        with _open_storage(files.ENDINGS[path.suffix.lower()], new) as storage:
            _add_studies(storage, studies)
        new.replace(path)


@contextlib.contextmanager
def _open_storage(kind: Kind, path: Path) -> Iterator[BaseStorage]:
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
def _explain_faults(path: Path) -> Iterator[None]:
    """Turn whatever optuna raises into one line."""
    try:
        yield
    except Exception as fault:  # noqa: BLE001  # a stranger's file can bring optuna to raise anything
        if "optuna storage upgrade" in str(fault):
            hint = f"upgrade a copy of it: optuna storage upgrade --storage sqlite:///{path.name}"
            raise GitjournalError(f"{path.name} was written by an older optuna", hint=hint) from None
        first = str(fault).strip().partition("\n")[0][:200]
        message = f"{path.name} is no study that optuna {optuna.__version__} can read: {type(fault).__name__} {first}"
        raise GitjournalError(message.rstrip()) from None


@contextlib.contextmanager
def _silence_optuna() -> Iterator[None]:
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
def _explain_write_faults(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        if is_full(fault):
            raise SpaceError(str(path)) from None
        raise GitjournalError(f"{path} cannot be written: {fault.strerror or fault}") from None
    except optuna.exceptions.OptunaError as fault:
        raise GitjournalError(f"{path} cannot be written: {fault}") from None


# reading


def _read_study(storage: BaseStorage, study_id: int, name: str, directions: Sequence[StudyDirection], attrs: dict[str, Any]) -> Study:
    signs = tuple(1 if one == StudyDirection.MAXIMIZE else -1 for one in directions)
    trials = storage.get_all_trials(study_id, deepcopy=False)
    ended = [trial for one in trials if len(signs) == 1 and (trial := _read_trial(one))]
    return Study(name, signs, ended, dict(attrs), len(trials) - len(ended))


def _read_trial(trial: FrozenTrial) -> StudyTrial | None:
    if trial.state not in (TrialState.COMPLETE, TrialState.FAIL):
        return None
    score = trial.value if trial.state == TrialState.COMPLETE else None
    if trial.state == TrialState.COMPLETE and (score is None or not math.isfinite(score)):
        return None
    distributions = {name: _read_distribution(distribution) for name, distribution in trial.distributions.items()}
    times = trial.datetime_start, trial.datetime_complete
    return StudyTrial(trial.number, dict(trial.params), distributions, score, *times, attrs=dict(trial.user_attrs))


def _read_distribution(distribution: BaseDistribution) -> Distribution:
    if isinstance(distribution, CategoricalDistribution):
        return Categorical(tuple(distribution.choices))
    if isinstance(distribution, IntDistribution):
        return Range(distribution.low, distribution.high, log=distribution.log, whole=True, step=distribution.step)
    if isinstance(distribution, FloatDistribution):
        return Range(distribution.low, distribution.high, log=distribution.log, step=distribution.step)
    raise ValueError(f"a distribution {type(distribution).__name__}")


# writing


def _add_studies(storage: BaseStorage, studies: Sequence[Study]) -> None:
    begun = []
    try:
        for study in studies:
            direction = StudyDirection.MAXIMIZE if study.directions[0] > 0 else StudyDirection.MINIMIZE
            created = optuna.create_study(storage=storage, study_name=study.name, direction=direction)
            begun.append(study.name)
            for name, value in study.attrs.items():
                created.set_user_attr(name, value)
            for trial in study.trials:
                created.add_trial(_frozen_trial(trial))
    except BaseException:
        for name in begun:
            optuna.delete_study(study_name=name, storage=storage)
        raise


def _frozen_trial(trial: StudyTrial) -> FrozenTrial:
    """Return a trial as optuna has it; one whose time is not known took none, now."""
    ended = trial.ended or datetime.now()  # noqa: DTZ005  # optuna's times have no zone
    return FrozenTrial(
        number=trial.number,
        trial_id=-1,  # the storage gives it one
        state=TrialState.FAIL if trial.score is None else TrialState.COMPLETE,
        value=trial.score,
        datetime_start=trial.began or ended,
        datetime_complete=ended,
        params=trial.params,
        distributions={name: _optuna_distribution(distribution) for name, distribution in trial.distributions.items()},
        user_attrs=trial.attrs,
        system_attrs={},
        intermediate_values={},
    )


def _optuna_distribution(distribution: Distribution) -> BaseDistribution:
    if isinstance(distribution, Categorical):
        return CategoricalDistribution(distribution.choices)
    if distribution.whole:
        return IntDistribution(int(distribution.low), int(distribution.high), log=distribution.log)
    return FloatDistribution(distribution.low, distribution.high, log=distribution.log)
