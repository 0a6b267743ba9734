"""Studies of optuna as their users have them: made by optuna, in a journal log, which is quicker than a database."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

optuna.logging.set_verbosity(optuna.logging.ERROR)
Trials = Sequence[tuple[Mapping[str, Any], float | None]]

C = FloatDistribution(0.01, 100, log=True)
KERNEL = CategoricalDistribution(["rbf", "linear"])
SVM: dict[str, BaseDistribution] = {"svc__C": C, "svc__kernel": KERNEL}
TRIED: Trials = [
    ({"svc__C": 0.01, "svc__kernel": "rbf"}, 0.63),
    ({"svc__C": 1.0, "svc__kernel": "linear"}, 0.97),
    ({"svc__C": 10.0, "svc__kernel": "rbf"}, 0.98),
    ({"svc__C": 10.0, "svc__kernel": "rbf"}, 0.98),
    ({"svc__C": 5.0, "svc__kernel": "rbf"}, None),
]
MIXED: dict[str, BaseDistribution] = {
    "clf": CategoricalDistribution(["SVC", "KNeighborsClassifier"]),
    "clf__C": C,
    "clf__n_neighbors": IntDistribution(1, 30),
}


def kept(path: Path) -> JournalStorage:
    """Open a log."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return JournalStorage(JournalFileBackend(str(path)))


def study(
    path: Path, tried: Trials = TRIED, told: Mapping[str, BaseDistribution] = SVM, *, name: str = "svm", direction: str = "maximize"
) -> Path:
    """Write a study of these trials (None where one failed) and return its file."""
    made = optuna.create_study(storage=kept(path), study_name=name, direction=direction)
    for params, value in tried:
        state = optuna.trial.TrialState.FAIL if value is None else optuna.trial.TrialState.COMPLETE
        made.add_trial(optuna.create_trial(state=state, value=value, params=dict(params), distributions={one: told[one] for one in params}))
    return path
