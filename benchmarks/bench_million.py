"""How long "was this run done?" takes among 1,000,000 runs, beyond what any command takes to start.

python -m benchmarks.bench_million [ENTRIES]      (by default 40,000 entries of 25 runs; two to four minutes, 3 GB of disk)
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import benchmarks.timing  # noqa: F401 - the surroundings of all measurements
from benchmarks import bench_reading
from gitjournal.entry.record import decode_lines
from gitjournal.git.lab import Lab
from gitjournal.git.setup.init import init
from gitjournal.journal.branches import current_ref, journal_refs
from gitjournal.journal.index.cache import NAME, Index

RUNS = 25  # an entry
TIMES = 21
# what `exec` does before it says "duplicate": the journal is found, its branches are read, the index is opened and asked
ASKED = """
import sys, time
from pathlib import Path
from gitjournal.journal.index.cache import Index
from gitjournal.journal.branches import current_ref, journal_refs
from gitjournal.git.lab import find_lab
begun = time.perf_counter()
lab = find_lab(Path.cwd())
found = time.perf_counter()
refs = journal_refs(lab, current_ref(lab))
with Index.open(lab.repository) as index:
    index.refresh(refs)
    ready = time.perf_counter()
    runs = find_runs(index, [(sys.argv[1], None)])
    ended = time.perf_counter()
assert len(runs) == 1, runs
print(1000 * (found - begun), 1000 * (ready - found), 1000 * (ended - ready))
"""


class Template:
    """The records of one entry, in which what differs from entry to entry is put in by text: a record takes microseconds."""

    def __init__(self) -> None:
        self.lines = []
        for line in bench_reading.records(987_654_321, RUNS).splitlines(keepends=True):
            (record,) = decode_lines(line, file="template")
            assert record.canonical
            parts = re.split(f"({record.run}|{record.fingerprint}|987654321)".encode(), line)
            self.lines.append((record.run.encode(), record.fingerprint.encode(), parts, record.canonical.encode()))

    def records(self, number: int) -> tuple[bytes, list[str]]:
        """Return the records of an entry, and their fingerprints."""
        word, made, names = str(number).encode(), [], []
        for at, (run, fingerprint, parts, canonical) in enumerate(self.lines):
            name = hashlib.sha256(canonical.replace(b"987654321", word)).hexdigest()
            other = str(uuid.UUID(int=number * RUNS + at)).encode()
            put = {run: other, fingerprint: name.encode(), b"987654321": word}
            made.append(b"".join(put.get(part, part) for part in parts))
            names.append(name)
        return b"".join(made), names


def stream(entries: int, branch: str, template: Template, wanted: set[int], keys: list[str]) -> Iterator[bytes]:
    """Yield what `git fast-import` reads, and add a fingerprint of each of the `wanted` entries to `keys`."""
    ref = f"refs/heads/{branch}"
    yield f"commit {ref}\ncommitter Ada <ada@example.org> 1790000000 +0000\ndata 6\nimport\nfrom {ref}^0\n".encode()
    for number in range(entries):
        name = bench_reading.entry_id(number)
        page = bench_reading.PAGE.format(number=number, hash="ab" * 32, baseline="").encode()
        records, names = template.records(number)
        keys += names[:1] if number in wanted else []
        for ending, content in ((".md", page), (".runs.jsonl", records)):
            yield f"M 100644 inline entries/{name[:4]}/{name}{ending}\ndata {len(content)}\n".encode() + content + b"\n"


def begin(folder: Path, entries: int) -> tuple[Lab, list[str], int]:
    """Make a repository with a journal of this size; return it, some fingerprints, and the bytes of a record."""
    subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True)
    for name, value in (("user.name", "Ada"), ("user.email", "ada@example.org"), ("core.compression", "1")):
        subprocess.run(["git", "-C", str(folder), "config", name, value], check=True)
    subprocess.run(["git", "-C", str(folder), "commit", "-q", "--allow-empty", "-m", "first"], check=True)
    lab = init(folder).lab
    keys: list[str] = []
    template = Template()
    wanted = set(random.Random(0).sample(range(entries), min(TIMES, entries)))
    with subprocess.Popen(["git", "-C", str(folder), "fast-import", "--quiet", "--force"], stdin=subprocess.PIPE) as importing:
        assert importing.stdin is not None
        for part in stream(entries, lab.branch, template, wanted, keys):
            importing.stdin.write(part)
    return lab, keys, len(template.records(0)[0]) // RUNS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("entries", type=int, nargs="?", default=40_000)
    told = parser.parse_args()
    os.environ.update(GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_NOSYSTEM="1")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "project"
        begun = time.perf_counter()
        lab, keys, size = begin(place, told.entries)
        print(
            f"{told.entries:,} entries, {told.entries * RUNS:,} runs, {size} bytes a record: written in {time.perf_counter() - begun:.0f} s"
        )
        begun = time.perf_counter()
        with Index.open(lab.repository) as index:
            index.refresh(journal_refs(lab, current_ref(lab)))
        taken, megabytes = time.perf_counter() - begun, (lab.repository.private / NAME).stat().st_size / 1e6
        print(f"index from nothing                  {taken:6.0f} s, {megabytes:.0f} MB", flush=True)
        asked = []
        for key in keys:
            done = subprocess.run([sys.executable, "-c", ASKED, key], cwd=place, check=True, capture_output=True, text=True)
            asked.append([float(part) for part in done.stdout.split()])
        for what, values in (
            ("journal found", [one[0] for one in asked]),
            ("branches read, index opened", [one[1] for one in asked]),
            ("index asked", [one[2] for one in asked]),
        ):
            print(f"  {what:34}{statistics.median(values):6.2f} ms  ({min(values):.2f} to {max(values):.2f})")
        whole = [sum(one) for one in asked]
        said = f"{statistics.median(whole):6.1f} ms  ({min(whole):.1f} to {max(whole):.1f})"
        print(f"was this run done?                  {said}   goal 10 ms at 1,000,000 runs")


if __name__ == "__main__":
    main()
