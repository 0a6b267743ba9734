"""What `exec --skip-unlikely` saves on a grid, and what it costs: on real results, each data set left out in turn.

python -m benchmarks.bench_gate [--sets N] [--grid N] [--below CHANCE]
"""

from __future__ import annotations

import argparse
import json
import math

import numpy as np

import benchmarks.timing  # noqa: F401 - the surroundings of all measurements
from benchmarks.replay import Table, past_of, settings, table
from gitjournal.suggest.gate import Gate
from gitjournal.suggest.trial import DataSet, Evidence, Trial

CLOSE = 0.005  # of error: as good as the best of the grid
HISTORIES = {"no history": (0, 0), "10 sets x 30 runs": (10, 30), "30 sets x 30 runs": (30, 30)}


def gated(data: Table, target: int, sets: int, runs: int, grid: list[int], below: float) -> dict[str, float]:
    """Run one grid with the gate, and say what came of it."""
    keys = {str(at): json.dumps([json.loads(one.key)[0]], sort_keys=True, separators=(",", ":")) for at, one in enumerate(settings())}
    past = past_of(data, target, sets, runs) if sets else np.zeros((0, data.errors.shape[1]))
    trials = [
        Trial(f"past {row}", keys[str(at)], 1 + float(past[row, at]), "past")
        for row in range(len(past))
        for at in np.flatnonzero(~np.isnan(past[row]))
    ]
    evidence = Evidence("balanced_accuracy", DataSet("here", "here"), trials)
    gate = Gate(evidence, {str(at): keys[str(at)] for at in grid}, below, str(target))
    waiting = [str(at) for at in grid]
    errors = data.errors[target]
    best, made, beat, controls = math.inf, 0, 0, 0
    while (chosen := gate.next(waiting)) is not None:
        waiting.remove(chosen)
        error = float(errors[int(chosen)])
        if gate.control(chosen):
            controls += 1
            beat += error < best
        best = min(best, error)
        made += 1
        gate.learn(chosen, 1 - error, 1.0)
    top = float(errors[grid].min())
    chance = np.random.default_rng(target)
    subsets = [float(errors[chance.choice(grid, made, replace=False)].min()) for _ in range(200)]
    skipped = [int(one) for one in waiting]
    return {
        "avoided": 1 - made / len(grid),
        "kept the best": float(best <= top + CLOSE),
        "as many at random": float(np.mean([one <= top + CLOSE for one in subsets])),
        "loss": best - top,
        "random loss": float(np.mean(subsets)) - top,
        "would have beaten": float(sum(errors[one] < best for one in skipped)) / max(len(skipped), 1),
        "control": float(controls),
        "control beat": float(beat),
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=60, help="how many data sets to leave out, one at a time")
    parser.add_argument("--grid", type=int, default=60, help="configurations of the grid, drawn from the 219")
    parser.add_argument("--below", type=float, default=0.01)
    told = parser.parse_args()
    data = table()
    targets = range(0, len(data.errors), max(1, len(data.errors) // told.sets))
    print(f"grids of {told.grid}, --skip-unlikely {told.below:g}, mean over {len(targets)} data sets left out")
    for name, (sets, runs) in HISTORIES.items():
        found = []
        for target in targets:
            grid = sorted(np.random.default_rng([target, 1]).choice(data.errors.shape[1], told.grid, replace=False).tolist())
            found.append(gated(data, target, sets, runs, grid, told.below))
        mean = {what: float(np.mean([one[what] for one in found])) for what in found[0]}
        print(
            f"{name:20} runs avoided {mean['avoided']:6.1%}   within {CLOSE} of the best {mean['kept the best']:6.1%}"
            f" (as many at random {mean['as many at random']:6.1%})   error lost {mean['loss']:.4f} ({mean['random loss']:.4f})"
            f"   skipped that beat the best {mean['would have beaten']:.2%}"
            f"   control {sum(one['control beat'] for one in found):.0f} of {sum(one['control'] for one in found):.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
