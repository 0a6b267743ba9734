"""The gate makes the promising runs first, skips what is unlikely to beat the best, and runs a control of what it would skip."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

import pytest

from gitjournal.entry.record import GateForecast as Reason
from gitjournal.entry.record import Record, runs_among, skipped_among
from gitjournal.entry.summary import count_skips
from gitjournal.suggest.gate import Gate
from gitjournal.suggest.trial import DataSet, Evidence, Trial

VALUES = [round(0.01 * 2**power, 4) for power in range(20)]


def key(C: float) -> str:
    return json.dumps([{"scaled": {}}, {"sklearn.svm.SVC": {"C": C}}])


KEYS = {f"f{number:02}": key(C) for number, C in enumerate(VALUES)}


def hill(C: float) -> float:
    """A score that is best at 0.64 and falls off on both sides."""
    return 0.95 - 0.04 * abs(math.log2(C / 0.64))


def evidence(trials: list[Trial] | None = None) -> Evidence:
    return Evidence("accuracy", DataSet("here", "digits", 1797, 64), trials or [])


def run_all(gate: Gate, score: Callable[[float], float | None] = hill) -> tuple[list[float], list[str]]:
    """Make runs as long as the gate hands them out; return their values of C in order, and what is left."""
    waiting, made = list(KEYS), []
    while (chosen := gate.next(waiting)) is not None:
        waiting.remove(chosen)
        C = json.loads(KEYS[chosen])[1]["sklearn.svm.SVC"]["C"]
        gate.learn(chosen, score(C), 2.0)
        made.append(C)
    return made, waiting


def test_a_grid_with_a_peak_is_climbed_and_its_far_side_left_out_but_for_a_control() -> None:
    gate = Gate(evidence(), KEYS, 0.01, "entry")
    made, left = run_all(gate)
    assert 0.64 in made
    assert len(left) > 5
    controls = [name for name in KEYS if gate.control(name)]
    assert len(controls) == max(1, round(0.1 * (len(left) + len(controls))))
    assert all(KEYS[name] in map(key, made[-len(controls) :]) for name in controls), "the control comes last, when all else is known"
    assert all(gate.control(name) == Reason(gate.control(name).chance, pytest.approx(0.95), 2.0) for name in controls)  # type: ignore[union-attr]
    assert all(gate.reason(name).chance < 0.01 for name in left)
    again = Gate(evidence(), KEYS, 0.01, "entry")
    assert run_all(again) == (made, left), "what is run is the same in every process"


def test_nothing_is_skipped_before_there_is_evidence() -> None:
    gate = Gate(evidence(), {name: KEYS[name] for name in list(KEYS)[:6]}, 0.5, "entry")
    waiting = list(KEYS)[:6]
    for _ in range(6):
        chosen = gate.next(waiting)
        assert chosen is not None
        assert gate.control(chosen) is None
        waiting.remove(chosen)
        gate.learn(chosen, 0.1 if waiting else 0.99, 1.0)


def test_own_runs_of_other_entries_count_and_decide_at_once() -> None:
    known = [Trial("here", key(C), hill(C), "20261121-other-aaaa", 2.0) for C in (0.02, 0.08, 0.16, 0.3, 0.6, 0.7, 0.8, 1.5, 6.0)]
    gate = Gate(evidence([*known, Trial("here", key(0.65), 0.99, "20261121-other-aaaa", 2.0)]), KEYS, 0.01, "entry")
    made, left = run_all(gate)
    assert len(made) < 10
    assert max(map(hill, VALUES)) < 0.99
    assert all(gate.reason(name).best == 0.99 for name in left)


def test_the_other_seeds_of_what_was_begun_are_made_before_anything_else() -> None:
    gate = Gate(evidence(), KEYS, 0.01, "entry")
    waiting = [name for name in KEYS for _ in range(3)]
    first = gate.next(waiting)
    assert first is not None
    waiting.remove(first)
    assert gate.next(waiting) == first
    gate.learn(first, 0.5, 1.0)
    waiting.remove(first)
    assert gate.next(waiting) == first


@pytest.mark.parametrize("score", [lambda _: None, lambda _: float("nan"), lambda _: 0.5])
def test_what_fails_or_never_differs_is_run_to_the_end_without_a_fault(score: Callable[[float], float | None]) -> None:
    made, left = run_all(Gate(evidence(), KEYS, 0.01, "entry"), score)
    assert sorted(made) == sorted(VALUES)[: len(made)] or len(made) + len(left) == len(VALUES)
    if score(1.0) is None:
        assert not left, "without a score nothing is the best"


def test_a_dummy_in_the_grid_says_nothing_of_the_others() -> None:
    dummies = {name: text.replace("sklearn.svm.SVC", "sklearn.dummy.DummyClassifier") for name, text in KEYS.items()}
    gate = Gate(evidence(), dummies, 0.01, "entry")
    waiting = list(dummies)
    while (chosen := gate.next(waiting)) is not None:
        waiting.remove(chosen)
        gate.learn(chosen, hill(json.loads(KEYS[chosen])[1]["sklearn.svm.SVC"]["C"]), 2.0)
    assert not waiting, "without evidence all are run"


def test_lower_is_better_where_the_metric_says_so() -> None:
    gate = Gate(Evidence("rmse", DataSet("here", "diabetes", 442, 10), []), KEYS, 0.01, "entry")
    made, left = run_all(gate, lambda C: 1.0 + math.log2(C / 0.64) ** 2)
    assert 0.64 in made
    assert left
    assert all(gate.reason(name).best == pytest.approx(1.0) for name in left)


# ---- what is told of it


def record(name: str, status: str = "done", score: float | None = None, gate: Reason | None = None, seed: int | None = None) -> Record:
    metrics = {"dev": {"accuracy": score}} if score is not None else {}
    return Record(run=f"{name}{seed}{status}", fingerprint=name, seed=seed, status=status, metrics=metrics, gate=gate)  # type: ignore[arg-type]


def test_skipped_runs_and_the_control_are_counted_and_a_run_made_since_is_skipped_no_more() -> None:
    why = Reason(0.004, 0.9, 2.0)
    records = [
        record("a", score=0.9),
        *(record("b", "skipped", gate=why, seed=seed) for seed in (0, 1)),
        record("c", "skipped", gate=why),
        record("d", score=0.85, gate=why, seed=0),
        record("d", score=0.97, gate=why, seed=1),
        record("e", score=0.2, gate=why),
        record("f", "failed", gate=why),
    ]
    found = count_skips(records, "accuracy", 1)
    assert found is not None
    assert (found.skipped, found.configurations, found.seconds) == (3, 2, 6.0)
    assert [(one.score, one.runs, one.beat) for one in found.controls] == [
        (pytest.approx(0.91), 2, True),
        (0.2, 1, False),
        (None, 1, False),
    ]
    assert found.beat == 1
    later = [*records, record("c", score=0.3)]
    assert len(skipped_among(later)) == 2
    assert len(runs_among(later)) == len(later) - 3
    assert count_skips([record("a", score=0.9)], "accuracy", 1) is None
    lower = count_skips([record("b", "skipped", gate=why), record("d", score=0.85, gate=why)], "accuracy", -1)
    assert lower is not None
    assert lower.beat == 1
