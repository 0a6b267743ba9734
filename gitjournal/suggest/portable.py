"""Portable procedures: without what binds them to one data set, so that runs on two can be compared and declared again. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gitjournal.procedure import counts
from gitjournal.procedure.canonical_text import class_of, is_step, json_text, parameters_of
from gitjournal.procedure.catalogue import NAMED, ClassSpec, lookup

SCALED = "scaled"  # stands for StandardScaler on an array and for `tabular` on a table, which scales as well
_SCALER: dict[str, Any] = {"sklearn.preprocessing.StandardScaler": {}}
_NUMBERS = {"sklearn.pipeline.Pipeline": {"steps": [{"sklearn.impute.SimpleImputer": {"strategy": "median"}}, _SCALER]}}
_COLUMNS = "sklearn.compose.ColumnTransformer"


def make_portable(procedure: Sequence[Any], columns: int | None) -> list[Any]:
    """Return a canonical procedure with shares of the columns where it has counts of them, and without defaults of one version.

    `columns` are those of the data that it ran on; only a first step can tell of columns by name.
    """
    steps = [_portable_step(step, columns) for step in procedure]
    if len(steps) > 1 and (steps[0] in (_SCALER, _NUMBERS) or (isinstance(steps[0], dict) and _COLUMNS in steps[0])):
        steps[0] = {SCALED: {}}
    return steps


def portable_text(procedure: Sequence[Any]) -> str:
    """Return the one text of a portable procedure."""
    return json_text(procedure)


def _portable_step(step: Any, columns: int | None) -> Any:
    owner, params = class_of(step), parameters_of(step)
    known_class = lookup(owner) if params else None
    if known_class is None:
        return step
    kept_params = {name: value for name, value in params.items() if not _later_default(known_class, name, value)}
    if columns:
        shares = {name for name, value in kept_params.items() if _counts_columns(known_class.short, name, value)}
        kept_params |= {name: round(kept_params[name] / columns, 2) for name in shares}
    return {owner: kept_params}


def _later_default(known_class: ClassSpec, name: str, value: Any) -> bool:
    """Whether a value is a default that came with a later version: nobody declared it, and another version may not know it."""
    parameter = known_class.params.get(name)
    return parameter is not None and value in parameter.later.values()


def _counts_columns(owner: str, name: str, value: Any) -> bool:
    return (
        type(value) is int
        and value > 0
        and any(share.of == "columns" and share.parameter == name and owner in share.classes.split() for share in counts.SHARES)
    )


def declare_steps(procedure: Sequence[Any], scaler: str) -> list[Any] | None:
    """Return the steps as an entry declares them; None where they cannot be said without their own data.

    `scaler` is what stands for scaled columns: `StandardScaler` or `tabular`.
    """
    steps = [scaler if step == {SCALED: {}} else _declare_step(step) for step in procedure]
    return None if None in steps else steps


def _declare_step(step: Any) -> Any:
    params = parameters_of(step)
    known_class = lookup(class_of(step)) if is_step(step) else None
    if known_class is None:
        return None
    values = {name: _declared_value(name, value) for name, value in params.items()}
    if any(value is None and params[name] is not None for name, value in values.items()):
        return None
    name = known_class.short if lookup(known_class.short) == known_class else known_class.path
    return {name: values} if values else name


def _declared_value(name: str, value: Any) -> Any:
    """Return a parameter's value as it is declared, None where it is not plain."""
    if name in NAMED:
        return None
    if isinstance(value, dict):
        return float(value["float"]) if set(value) == {"float"} else _declare_step(value)
    if isinstance(value, list):
        return value if all(isinstance(part, (int, float, str, bool)) for part in value) else None
    return value
