"""How long pages take: all of a journal, nothing new, one change.

python -m benchmarks.bench_site [ENTRIES [RUNS_AN_ENTRY]]      (by default 1,000 entries of 25 runs)
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.bench_reading import begin, entry_id
from benchmarks.timing import Cost, once

BUILD = [sys.executable, "-m", "gitjournal", "site", "build"]
REPEATS = 5


def said(what: str, cost: Cost, goal: str = "") -> None:
    print(f"{what:<36}{cost.wall:6.1f} s, {cost.cpu:.1f} s of CPU{goal and '    goal '}{goal}")


def change(lab: Path, number: int) -> None:
    """Commit a line of prose to one entry."""
    name = entry_id(number)
    with (lab / "entries" / name[:4] / f"{name}.md").open("a") as page:
        page.write("\nOne more line.\n")
    subprocess.run(["git", "-c", "core.hooksPath=/dev/null", "commit", "-qam", "one more line"], cwd=lab, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("entries", type=int, nargs="?", default=1_000)
    parser.add_argument("runs", type=int, nargs="?", default=25)
    told, _ = parser.parse_known_args()
    os.environ.update(GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_NOSYSTEM="1")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "project"
        lab = begin(place, told.entries, told.runs)
        once([sys.executable, "-m", "gitjournal", "ls", "-n", "1"], place)  # the index is there, as after any command
        print(f"{told.entries:,} entries of {told.runs} runs")
        said("all pages", once(BUILD, place), "10 s at 1,000 entries")
        said("nothing new", once(BUILD, place))
        costs = []
        for number in range(REPEATS):
            change(lab.path, number)
            costs.append(once(BUILD, place))
        said("one change", sorted(costs, key=lambda one: one.wall)[REPEATS // 2], "1 s at 1,000 entries")
        size = sum(file.stat().st_size for file in (lab.repository.private / "site").rglob("*.html"))
        print(f"{'size of the pages':<36}{size / 1e6:6.0f} MB")


if __name__ == "__main__":
    main()
