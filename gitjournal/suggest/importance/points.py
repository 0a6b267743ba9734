"""The observations of a sensitivity analysis: hyper-parameters by name, and scores on one scale. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gitjournal.procedure import inactive
from gitjournal.procedure.canonical_text import class_of, is_nested, parameters_of, short_name, walk
from gitjournal.procedure.catalogue import lookup
from gitjournal.suggest import encoding
from gitjournal.suggest.importance.result import TriedConfiguration
from gitjournal.suggest.trial import fit_scale, raise_outliers

STEPS = "steps before"
ABSENT = object()  # the value of a parameter that a run does not have


@dataclass(frozen=True)
class RunPoint:
    """One observation: values by name, such as ``SVC.C``, of the classes in a run (`owners`), its scaled score and spread over seeds."""

    algorithm: str
    values: Mapping[str, Any]
    owners: frozenset[str]
    run: TriedConfiguration
    worth: float
    spread: float | None = None

    def value(self, name: str) -> Any:
        """Return a parameter's value, its default where it is not said, and ABSENT where the run does not have it."""
        if name in self.values:
            return self.values[name]
        owner, _, parameter = name.rpartition(".")
        known_class = lookup(owner.rpartition(".")[2]) if owner in self.owners else None
        if known_class is None or parameter not in known_class.params or known_class.params[parameter].is_required:
            return ABSENT

        def effective(other_parameter: str) -> Any:
            declared = known_class.params.get(other_parameter)
            return self.values.get(f"{owner}.{other_parameter}", declared.default if declared else None)

        return ABSENT if inactive.why_inactive(known_class.short, parameter, effective) else known_class.params[parameter].default


def make_points(metric: str, runs: Sequence[TriedConfiguration]) -> list[RunPoint]:
    """Return each run as an observation. Extremely bad scores count as merely bad, so that one run that diverged does not decide."""
    scale = fit_scale(metric, (one.score for one in runs))
    values = raise_outliers([scale.worth(one.score) for one in runs])
    # an error is worth its logarithm, so its spread counts by its ratio
    spreads = [one.sd and one.sd / (abs(one.score) if scale.log else 1.0) for one in runs]
    return [_make_point(*one) for one in zip(runs, values, spreads, strict=True)]


def _make_point(run: TriedConfiguration, value: float, spread: float | None) -> RunPoint:
    setting = encoding.encode(run.procedure, key="-")  # the text itself is not needed, and takes a while
    values: dict[str, Any] = {}
    owners = set()
    for step in run.procedure:
        owner = short_name(class_of(step))
        owners.add(owner)
        for name, leaf in _walk_values(owner, parameters_of(step)):
            if leaf is ABSENT:
                owners.add(name)
            else:
                values.setdefault(name, leaf)
    return RunPoint(setting.algorithm, {STEPS: setting.values[STEPS], **values}, frozenset(owners), run, value, spread)


def _walk_values(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a value says: plain values by name, a nested class by its name and (with ABSENT) as an owner, a list by its length."""
    for name, inner in walk(value, path):
        if isinstance(inner, dict):
            for owner in (short_name(key) for key, part in inner.items() if "." in key and isinstance(part, dict)):
                yield name, owner
                yield f"{name}.{owner}", ABSENT
        elif is_nested(inner):
            yield name, len(inner)
        else:
            yield name, inner if isinstance(inner, (str, bool)) or _is_finite_size(inner) else repr(inner)


def _is_finite_size(value: Any) -> bool:
    """Whether a value is a number of a size that squares and logarithms bear."""
    return isinstance(value, (int, float)) and (value == 0 or 1e-100 < abs(value) < 1e100)
