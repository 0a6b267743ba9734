"""How long reading takes: `ls --sort` warm, the index from nothing, a commit.

python benchmarks/bench_reading.py [ENTRIES [RUNS_AN_ENTRY]]      (by default 4,000 entries of 25 runs)
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
import zlib
from collections.abc import Iterator
from pathlib import Path

import benchmarks.timing  # noqa: F401 - the surroundings of all measurements
from gitjournal.entry.record import Record, encode
from gitjournal.git.lab import Lab, find_lab
from gitjournal.git.setup.init import init
from gitjournal.journal.index.cache import NAME

REPEATS = 9
PAGE = """\
---
title: "RBF number {number} beats linear on digits"
hypothesis: "The classes are not linearly separable in pixel space, so an RBF kernel gains at least a point."
expect: dev.accuracy >= baseline + 0.01
{baseline}data:
  sklearn: digits
  hash: "sha256:{hash}"
  facts: {{n_rows: 1797, n_features: 64, classes: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], columns: {{number: 64}}}}
split: {{dev: 0.2, test: 0.2, seed: 0, shuffle: true, stratify: true}}
task: classification
procedure:
  - StandardScaler
  - SVC: {{kernel: rbf}}
grid: {{svc__C: [0.1, 1, 10, 100, 1000], svc__gamma: [0.0001, 0.001, 0.01, 0.1, 1.0]}}
seeds: [0]
metrics: [accuracy, f1_macro, log_loss]
tags: [svm, digits]
---
## Notes

What I saw, in a few sentences of prose that a person would write about it.
"""


def entry_id(number: int) -> str:
    """Return the id of one entry; ids spread over two years."""
    day = time.strftime("%Y%m%d", time.gmtime(1_730_000_000 + number * 15_000))
    return f"{day}-rbf-number-{number}-{hashlib.sha256(str(number).encode()).hexdigest()[:4]}"


def records(number: int, runs: int) -> bytes:
    """Return the records of one entry, about as large as those of a real run on 360 dev rows."""
    chance = random.Random(number)
    lines = []
    for at in range(runs):
        canonical = json.dumps(
            {
                "data": {"hash": "sha256:" + "ab" * 32, "sklearn": "digits"},
                "procedure": [{"class": "sklearn.preprocessing.StandardScaler"}, {"class": "sklearn.svm.SVC", "C": at, "gamma": number}],
                "schema": 1,
                "split": {"dev": 0.2, "seed": 0, "shuffle": True, "stratify": True, "test": 0.2},
                "task": "classification",
            }
        )
        scores = {name: round(chance.uniform(0.9, 0.99), 12) for name in ("accuracy", "f1_macro", "log_loss")}
        record = Record(
            run=str(uuid.UUID(int=chance.getrandbits(128))),
            fingerprint=hashlib.sha256(canonical.encode()).hexdigest(),
            seed=None,
            plan=hashlib.sha1(str(number).encode()).hexdigest(),
            grid={"svc__C": (0.1, 1, 10, 100, 1000)[at // 5 % 5], "svc__gamma": (0.0001, 0.001, 0.01, 0.1, 1.0)[at % 5]},
            metrics={"train": scores, "dev": scores},
            rows={"train": 1078, "dev": 360},
            parts={part: hashlib.sha256(part.encode()).hexdigest() for part in ("train", "dev", "test")},
            hits=base64.b64encode(zlib.compress(chance.randbytes(45))).decode(),
            predictions=hashlib.sha256(canonical.encode()).hexdigest(),
            at="2026-11-21T09:00:00Z",
            seconds=chance.random(),
            memory_mb=212,
            environment=hashlib.sha256(b"environment").hexdigest(),
            kernel="SkylakeX",
            threads=1,
            code=hashlib.sha1(b"code").hexdigest(),
            canonical=canonical,
        )
        lines.append(encode(record))
    return b"".join(lines)


def stream(entries: int, runs: int, branch: str) -> Iterator[bytes]:
    """Yield what `git fast-import` reads: one commit that holds all of it."""
    ref = f"refs/heads/{branch}"
    yield f"commit {ref}\ncommitter Ada <ada@example.org> 1790000000 +0000\ndata 6\nimport\nfrom {ref}^0\n".encode()
    for number in range(entries):
        name = entry_id(number)
        baseline = f"baseline: {entry_id(number - 1)}\n" if number % 3 else ""
        page = PAGE.format(number=number, hash="ab" * 32, baseline=baseline).encode()
        for ending, content in ((".md", page), (".runs.jsonl", records(number, runs))):
            yield f"M 100644 inline entries/{name[:4]}/{name}{ending}\ndata {len(content)}\n".encode() + content + b"\n"


def begin(folder: Path, entries: int, runs: int) -> Lab:
    """Make a repository with a journal of this size, checked out."""
    subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True)
    for name, value in (("user.name", "Ada"), ("user.email", "ada@example.org")):
        subprocess.run(["git", "-C", str(folder), "config", name, value], check=True)
    subprocess.run(["git", "-C", str(folder), "commit", "-q", "--allow-empty", "-m", "first"], check=True)
    lab = init(folder).lab
    with subprocess.Popen(["git", "-C", str(folder), "fast-import", "--quiet", "--force"], stdin=subprocess.PIPE) as importing:
        assert importing.stdin is not None
        for part in stream(entries, runs, lab.branch):
            importing.stdin.write(part)
    subprocess.run(["git", "-C", str(lab.path), "reset", "-q", "--hard"], check=True)
    return lab


def timed(*arguments: str, cwd: Path) -> float:
    """Return the seconds that one command takes, start-up included."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=cwd, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def median(*arguments: str, cwd: Path) -> str:
    """Return median and range over several calls, in milliseconds."""
    taken = [1000 * timed(*arguments, cwd=cwd) for _ in range(REPEATS)]
    return f"{statistics.median(taken):6.0f} ms  ({min(taken):.0f} to {max(taken):.0f})"


def committing(lab: Lab, entries: int) -> list[float]:
    """Return the milliseconds of commits of one new entry with one run each, by plain git, hooks included."""
    taken = []
    for number in range(entries, entries + REPEATS):
        page = lab.path / f"entries/{entry_id(number)[:4]}/{entry_id(number)}.md"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(PAGE.format(number=number, hash="ab" * 32, baseline=""))
        page.with_suffix(".runs.jsonl").write_bytes(records(number, 1))
        subprocess.run(["git", "add", "entries"], cwd=lab.path, check=True)
        begun = time.perf_counter()
        subprocess.run(["git", "commit", "-q", "-m", "one"], cwd=lab.path, check=True)
        taken.append(1000 * (time.perf_counter() - begun))
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("entries", type=int, nargs="?", default=4_000)
    parser.add_argument("runs", type=int, nargs="?", default=25)
    told = parser.parse_args()
    os.environ.update(GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_NOSYSTEM="1")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "project"
        lab = begin(place, told.entries, told.runs)
        lab = find_lab(place)
        print(f"{told.entries:,} entries, {told.entries * told.runs:,} runs, {len(records(0, 1))} bytes a record")
        ls = ("-m", "gitjournal", "ls", "--sort", "-dev.accuracy", "-n", "20")
        first = timed(*ls, cwd=place)
        print(f"index from nothing (ls)             {first:6.1f} s    goal 15 s at 100,000 runs")
        print(f"size of the index                   {(lab.repository.private / NAME).stat().st_size / 1e6:6.0f} MB")
        print(f"ls --sort -dev.accuracy, warm       {median(*ls, cwd=place)}   goal 300 ms at 100,000 runs")
        print(f"show, warm                          {median('-m', 'gitjournal', 'show', entry_id(7), cwd=place)}")
        commits = committing(lab, told.entries)
        print(
            f"a commit of one entry, with hooks   {statistics.median(commits):6.0f} ms  ({min(commits):.0f} to {max(commits):.0f})"
            "   goal 300 ms at 100,000 runs"
        )
        print(f"start-up alone (--version)          {median('-m', 'gitjournal', '--version', cwd=place)}")


if __name__ == "__main__":
    main()
