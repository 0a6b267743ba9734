"""Failures of a run, as its record holds them: a kind, and one line."""

from __future__ import annotations

import itertools
import math
import traceback
from typing import Any

import numpy as np

from gitjournal.data.raw import Array
from gitjournal.entry.record import Failure
from gitjournal.errors import GitjournalError
from gitjournal.worker.models import keras_library, keras_models, sklearn_models


class NotFiniteError(ArithmeticError):
    """A model predicts what is no number."""


def failure_of(fault: BaseException, model: Any) -> Failure:
    """Return what an exception means; the log gets its traceback where it was neither foreseen nor meant for a person."""
    if isinstance(fault, MemoryError):
        traceback.print_exception(fault)
        return Failure("memory", f"out of memory: {fault}"[:300].rstrip(": "))
    if isinstance(fault, NotFiniteError):
        return Failure("not finite", str(fault))
    if isinstance(fault, keras_models.DivergedError):
        return Failure("diverged", str(fault))
    if isinstance(fault, GitjournalError):  # what only the data could tell
        return Failure("exception", fault.message)
    traceback.print_exception(fault)
    if keras_library.out_of_memory(fault):
        return Failure("memory", f"out of memory: {model.name} {keras_library.too_large(fault)}")
    return Failure("exception", one_line(fault, type(sklearn_models.last_step(model)).__name__))


def one_line(fault: BaseException, model: str) -> str:
    """Return what an exception says, in one line, with what to do where that is known."""
    if isinstance(fault, GitjournalError):
        return fault.message
    text = str(fault)
    if "contains NaN" in text or ("NaN" in text and "missing values" in text):
        return f"the data hold missing values, which {model} does not take; put a SimpleImputer before it"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    first = lines[0] if lines else ""
    if first.startswith("Graph execution error"):  # TensorFlow says what is wrong last, before the node
        first = next((line for line, after in itertools.pairwise(lines) if after.startswith("[[{{node")), first)
    return f"{type(fault).__name__}: {first}"[:300].rstrip(": ")


def check_finite(predicted: Array, part: str) -> None:
    """Raise NotFiniteError where a prediction for a part is no number."""
    if predicted.dtype.kind == "f" and not np.isfinite(predicted).all():
        count = int((~np.isfinite(predicted)).reshape(len(predicted), -1).any(axis=1).sum())
        raise NotFiniteError(f"the model predicts NaN or infinity for {count} of {len(predicted)} {part} rows")


def not_finite(folds: list[dict[str, dict[str, float]]]) -> Failure | None:
    """Return the failure of a run whose metrics are no numbers, None where all are."""
    for number, fold in enumerate(folds):
        for part, values in fold.items():
            for name, value in values.items():
                if not math.isfinite(value):
                    where = f" in fold {number + 1}" if len(folds) > 1 else ""
                    return Failure("not finite", f"{part}.{name} is {value}{where}")
    return None
