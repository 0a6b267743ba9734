"""How long a suggestion takes where the journal holds 10,000 runs.

python -m benchmarks.bench_suggest_speed [DATA_SETS [ENTRIES [RUNS]]]      (by default 40 data sets of 10 entries of 25 runs)
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import os
import random
import statistics
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.timing import gitjournal, once, say
from gitjournal.entry.record import Record, encode
from gitjournal.git.setup.init import init
from gitjournal.journal.journal import open_journal
from gitjournal.suggest import advisor, candidates, collect, target

TIMES = 5
PAGE = """\
---
title: Entry {number}
data: {{sklearn: set{data}, hash: "sha256:{hash}", facts: {{n_rows: {rows}, n_features: {columns}, classes: [0, 1]}}}}
split: {{dev: 0.2, test: 0.2, seed: 0, shuffle: true, stratify: true}}
task: classification
procedure: [StandardScaler, SVC]
metrics: [accuracy]
---
"""


def procedures() -> list[list[dict[str, Any]]]:
    """Return 250 canonical procedures."""
    scaler: dict[str, Any] = {"sklearn.preprocessing.StandardScaler": {}}
    svc = [
        [scaler, {"sklearn.svm.SVC": {"C": C, "gamma": gamma}}]
        for C, gamma in itertools.product([0.1, 0.3, 3, 10, 30, 100, 300, 1000, 3000, 10000], [10.0**-k / 2 for k in range(15)])
    ]
    forests = [
        [{"sklearn.ensemble.RandomForestClassifier": {"min_samples_leaf": leaf, "n_estimators": trees}}]
        for leaf, trees in itertools.product(range(2, 12), range(20, 220, 20))
    ]
    return svc + forests


def stream(sets: int, entries: int, runs: int, ref: str) -> Iterator[bytes]:
    """Yield what `git fast-import` reads: entries that share the configurations of a data set among them."""
    yield f"commit {ref}\ncommitter Ada <ada@example.org> 1790000000 +0000\ndata 6\nimport\nfrom {ref}^0\n".encode()
    every, chance = procedures(), random.Random(0)
    for data in range(sets):
        digest = hashlib.sha256(str(data).encode()).hexdigest()
        order = chance.sample(range(entries * runs), entries * runs)
        for number in range(entries):
            name = f"20261121-set{data}-{number}-{hashlib.sha256(f'{data} {number}'.encode()).hexdigest()[:4]}"
            page = PAGE.format(number=number, data=data, hash=digest, rows=100 + 50 * data, columns=10 + data).encode()
            lines = b"".join(record(every[at % len(every)], digest, data, at) for at in order[number * runs : (number + 1) * runs])
            for ending, content in ((".md", page), (".runs.jsonl", lines)):
                yield f"M 100644 inline entries/2026/{name}{ending}\ndata {len(content)}\n".encode() + content + b"\n"


def record(procedure: list[dict[str, Any]], digest: str, data: int, at: int) -> bytes:
    """Return one record; its score depends on the configuration and on the data set."""
    chance = random.Random(f"{data} {at}")
    value = {
        "data": {"format": "sklearn", "hash": f"sha256:{digest}", "task": "classification"},
        "procedure": procedure,
        "schema": 1,
        "split": {"dev": 0.2, "seed": 0, "shuffle": True, "stratify": True, "test": 0.2},
    }
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"))
    score = 0.7 + 0.1 * random.Random(at).random() + 0.1 * random.Random(f"set {data}").random() + 0.05 * chance.random()
    return encode(
        Record(
            run=str(uuid.UUID(int=chance.getrandbits(128))),
            fingerprint=hashlib.sha256(canonical.encode()).hexdigest(),
            metrics={"train": {"accuracy": 1.0}, "dev": {"accuracy": score}},
            at="2026-11-21T09:00:00Z",
            seconds=chance.random(),
            canonical=canonical,
        )
    )


def main() -> None:
    """Print the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("sets", 40), ("entries", 10), ("runs", 25)):
        parser.add_argument(name, type=int, nargs="?", default=default)
    told = parser.parse_args()
    os.environ.update(GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_NOSYSTEM="1", OPENBLAS_NUM_THREADS="1")
    os.environ |= {f"GIT_{role}_{what}": "bench" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "project"
        subprocess.run(["git", "init", "-q", str(place)], check=True)
        subprocess.run(["git", "-C", str(place), "commit", "-q", "--allow-empty", "-m", "first"], check=True)
        lab = init(place).lab
        with subprocess.Popen(["git", "-C", str(place), "fast-import", "--quiet", "--force"], stdin=subprocess.PIPE) as importing:
            assert importing.stdin is not None
            for part in stream(told.sets, told.entries, told.runs, f"refs/heads/{lab.branch}"):
                importing.stdin.write(part)
        subprocess.run(["git", "-C", str(lab.path), "reset", "-q", "--hard"], check=True)
        command = gitjournal("suggest", "set0", "-n", "1")
        once(command, place)  # makes the index
        cpu = statistics.median(once(command, place).cpu for _ in range(TIMES))
        with open_journal(place, lab) as journal:
            here = target.find_target(journal, place, "set0", column=None, ask=lambda _: {})
            journals = [collect.read_own(journal)]
        held = collect.collect_evidence(here.data, here.metric, "classification", journals)
        keys = [one.key for one in candidates.list_candidates(here, held)]
        taken = []
        for _ in range(TIMES):
            begun = time.process_time()
            advisor.advise(held, keys, 1)
            taken.append(time.process_time() - begun)
    runs = f"{told.sets * told.entries * told.runs:,} runs"
    say(f"one suggestion at {runs}, without reading: CPU", f"{statistics.median(taken):.3f} s", "<= 0.1 s")
    say(f"`suggest -n 1` at {runs}, start-up and all: CPU", f"{cpu:.2f} s", "<= 1 s")


if __name__ == "__main__":
    main()
