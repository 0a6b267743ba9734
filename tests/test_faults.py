"""The campaign of faults: many at once, killed at any moment, no space, a person at work. Nothing is lost or done twice.

Short in the suite; `make faults` makes it long and prints its figures.
"""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gitjournal.trust import store
from gitjournal.trust.code_files import find_code
from tests.support.helpers import done, git, gitjournal, write_entry
from tests.support.journals import wait_for
from tests.support.places import ROOT

pytestmark = pytest.mark.fresh_processes

LONG = os.environ.get("GITJOURNAL_FAULTS") == "long"
PROCESSES, ENTRIES, KILLS, ROUNDS = (8, 25, 200, 5) if LONG else (4, 3, 12, 1)
FIRST = "title: first\nhypothesis: h\ndata: {sklearn: iris}\nprocedure: [GaussianNB]\n"


@pytest.fixture(scope="module")
def primed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository with a journal whose data were looked at: one real run."""
    folder = tmp_path_factory.mktemp("primed") / "project"
    folder.mkdir()
    for role in ("AUTHOR", "COMMITTER"):
        os.environ |= {f"GIT_{role}_NAME": "Ada", f"GIT_{role}_EMAIL": "ada@example.org"}
    git(folder, "init", "-q", "-b", "main")
    (folder / "train.py").write_text("print('hello')\n")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "first")
    done(folder, "init")
    page = write_entry(folder / "lab", "20261121-first-zzzz", FIRST)
    done(folder, "exec", "zzzz")
    page.write_text(page.read_text().replace("hypothesis: h", "hypothesis: h\ngrid: {gaussiannb__var_smoothing: [1.0e-9, 0.5]}"))
    subprocess.run([sys.executable, "-m", "gitjournal", "exec", "-n", "zzzz"], cwd=folder, capture_output=True, check=False)
    git(folder / "lab", "checkout", "-q", ".")
    return folder


@dataclass(frozen=True)
class Journal:
    """A journal of its own, and what the processes note beside it."""

    top: Path
    notes: Path

    @property
    def lab(self) -> Path:
        return self.top / "lab"

    def entry(self, suffix: str, values: list[float]) -> str:
        """Write an entry that declares these runs, complete as a planned one is."""
        front = git(self.top, "show", "journal:entries/2026/20261121-first-zzzz.md").split("---\n")[1]
        front = front.replace("title: first", f"title: number {suffix}") + f"grid: {{gaussiannb__var_smoothing: {values}}}\n"
        write_entry(self.lab, f"20261121-entry-{suffix}", front)
        return f"20261121-entry-{suffix}"

    def start(self, ids: list[str], seconds: float = 0.02, **more: Any) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.support.campaign", str(self.notes), str(seconds), *ids]
        place = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(command, cwd=self.top, env=place, start_new_session=True, stderr=subprocess.PIPE, text=True, **more)

    def finish(self, process: subprocess.Popen[str]) -> None:
        said = process.communicate(timeout=3000 if LONG else 280)[1]
        assert process.returncode == 0, said

    def noted(self, what: str) -> list[str]:
        file = self.notes / what
        return file.read_text().splitlines() if file.exists() else []

    def records(self, ref: str = "journal") -> dict[str, list[dict[str, Any]]]:
        found = {}
        for path in git(self.top, "ls-tree", "-r", "--name-only", ref, "entries/").splitlines():
            if path.endswith(".runs.jsonl") and "-entry-" in path:
                found[Path(path).name.removesuffix(".runs.jsonl")] = [
                    json.loads(line) for line in git(self.top, "show", f"{ref}:{path}").splitlines()
                ]
        return found

    def check(self, declared: dict[str, list[float]], ref: str = "journal") -> None:
        """Hold what must hold: every declared run is there once, made once, owned by one entry; git is sound."""
        found = self.records(ref)
        assert set(found) == set(declared)
        for entry_id, values in declared.items():
            assert Counter(one["grid"]["gaussiannb__var_smoothing"] for one in found[entry_id]) == Counter(values), entry_id
        owned = Counter(one["fingerprint"] for records in found.values() for one in records if "from" not in one)
        assert set(owned.values()) == {1}
        for records in found.values():
            for one in records:
                if "from" in one:
                    assert one["run"] in [other["run"] for other in found[one["from"]]]
        assert git(self.top, "fsck", "--no-dangling") == ""
        assert not list((self.top / ".git/gitjournal/spool").iterdir())
        for entry_id in declared:
            text = git(self.top, "show", f"{ref}:entries/2026/{entry_id}.md")
            assert text.count(f"<!-- gitjournal:results {entry_id} -->") == 1


@pytest.fixture
def journal(primed: Path, tmp_path: Path) -> Journal:
    top = tmp_path / "project"
    shutil.copytree(primed, top, symlinks=True)
    done(top, "init")  # mends the link of the copy
    notes = tmp_path / "notes"
    notes.mkdir()
    return Journal(top, notes)


def edits(journal: Journal) -> Callable[[], dict[str, str]]:
    """Stage and edit as a person does, and return what tells it."""
    (journal.lab / "README.md").write_text("staged\n")
    git(journal.lab, "add", "README.md")
    (journal.lab / "README.md").write_text("staged, and edited again\n")
    (journal.lab / "note.txt").write_text("untracked\n")
    (journal.top / "train.py").write_text("print('edited')\n")
    git(journal.top, "add", "train.py")
    (journal.top / "train.py").write_text("print('edited again')\n")

    def state() -> dict[str, str]:
        return {
            "staged in lab": git(journal.lab, "show", ":README.md"),
            "edited in lab": (journal.lab / "README.md").read_text(),
            "untracked in lab": (journal.lab / "note.txt").read_text(),
            "status of lab": git(journal.lab, "status", "--porcelain", "README.md", "note.txt", "journal.yaml"),
            "staged": git(journal.top, "show", ":train.py"),
            "edited": (journal.top / "train.py").read_text(),
            "head": git(journal.top, "rev-parse", "HEAD"),
        }

    return state


def figures(what: str, **numbers: object) -> None:
    if LONG:
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        told = ", ".join(f"{name} {value}" for name, value in numbers.items())
        sys.stderr.write(f"\n{what}: {told}; CPU {spent.ru_utime + spent.ru_stime:.0f} s so far\n")


def test_many_processes_at_once_share_runs_and_repeat_none(journal: Journal) -> None:
    state = edits(journal)
    before = state()
    declared: dict[str, list[float]] = {}
    work: list[list[str]] = []
    for process in range(PROCESSES):
        ids = []
        for number in range(ENTRIES):
            # one run of its own, one that every process has at the same time, one that the next process has later
            values = [0.1 + 0.001 * (process * ENTRIES + number), 0.5 + 0.001 * number, 0.7 + 0.001 * ((process + number) % PROCESSES)]
            ids.append(journal.entry(f"{process:02d}{number:02d}", values))
            declared[ids[-1]] = values
        work.append(ids)
    shared = work[0][0]  # one entry that all of them run
    began = time.monotonic()
    running = [journal.start([*ids, shared]) for ids in work]
    for one in running:
        journal.finish(one)
    journal.check(declared)
    begun = Counter(journal.noted("begun"))
    assert set(begun.values()) == {1}, "a run was begun twice"
    assert len(begun) == len({value for values in declared.values() for value in values})
    assert state() == before
    figures("many at once", processes=PROCESSES, entries=len(declared), runs=len(begun), seconds=round(time.monotonic() - began))


def test_kill_9_of_the_whole_group_at_any_moment_loses_nothing(journal: Journal) -> None:
    state = edits(journal)
    before = state()
    declared = {}
    per_entry = 6
    for number in range(max(4, KILLS // 4)):
        values = [0.1 + 0.0001 * (number * per_entry + step) for step in range(per_entry)]
        declared[journal.entry(f"{number:04d}", values)] = values
    chance = random.Random(5)
    killed_late = 0
    for number in range(KILLS):
        spooled, begun = len(journal.noted("announced")), len(journal.noted("begun"))
        process = journal.start(list(declared), seconds=0.1)
        if number % 3:  # at any moment, at the start too; and for every third, on however slow a machine, not before it runs
            time.sleep(chance.uniform(0.3, 2.0))
        else:
            wait_for(lambda: len(journal.noted("begun")) > begun + 1 or process.poll() is not None, 60)  # noqa: B023
            time.sleep(chance.uniform(0, 0.2))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        killed_late += len(journal.noted("announced")) > spooled
    announced = len(journal.noted("announced"))
    there = sum(len(records) for records in journal.records().values())
    spooled = sum(len(json.loads(f.read_text())["lines"]) for f in (journal.top / ".git/gitjournal/spool").glob("*.json"))
    assert there + spooled >= announced, "a run that was announced is neither committed nor spooled"
    journal.finish(journal.start(list(declared), seconds=0.0))
    journal.check(declared)
    repeated = len(journal.noted("begun")) - sum(len(values) for values in declared.values())
    assert repeated <= KILLS, "a run was begun again that no kill had cut off"
    assert state() == before
    assert killed_late, "no kill came in the middle"
    figures("kill -9", kills=KILLS, in_the_middle=killed_late, announced=announced, begun_again=repeated)


def test_no_space_left_is_one_message_and_nothing_half_written(journal: Journal) -> None:
    state = edits(journal)
    before = state()
    declared = {}
    sizes = range(400, 40_000, 700) if LONG else (600, 1500, 2600, 3500, 8000)
    seen: Counter[str] = Counter()
    for number, size in enumerate(sizes):
        values = [0.1 + 0.001 * number, 0.5 + 0.001 * number]
        entry_id = journal.entry(f"{number:04d}", values)
        process = journal.start([entry_id], preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))  # noqa: B023
        said = process.communicate(timeout=60)[1]
        assert (process.returncode == 0 and not said) or (process.returncode == 1 and said.startswith("no space left: ")), said
        assert said.count("\n") <= 2
        seen[said.partition(":")[2].split("\n")[0][-50:]] += 1
        git_dir = journal.top / ".git"
        half = [*(git_dir / "gitjournal/spool").glob("*.tmp"), *git_dir.rglob("index.lock"), *git_dir.rglob(".gitjournal-intent.*.tmp")]
        half += [path for path in journal.lab.rglob(".*") if path.is_file() and path.name not in (".git", ".gitattributes")]
        assert not half
        journal.finish(journal.start([entry_id]))
        declared[entry_id] = values
    journal.check(declared)
    assert state() == before
    assert len(seen) > 2, f"the limits met one place only: {seen}"
    figures("no space left", limits=len(list(sizes)), places=dict(seen))


def test_a_full_disk_is_one_message_and_making_room_mends_it(journal: Journal, tmp_path: Path) -> None:
    entry_id = journal.entry("0000", [0.1, 0.2])
    disk = tmp_path / "disk"
    disk.mkdir()
    script = f"""
set -e
mount -t tmpfs -o size=64m tmpfs {disk} || exit 77
cp -a {journal.top} {disk}/project
cd {disk}/project
{sys.executable} -m gitjournal init
head -c 64m /dev/zero >{disk}/ballast 2>/dev/null || true
{sys.executable} -m tests.support.campaign {journal.notes} 0 {entry_id} && exit 5
rm {disk}/ballast
{sys.executable} -m tests.support.campaign {journal.notes} 0 {entry_id}
git fsck --no-dangling
git show journal:entries/2026/{entry_id}.runs.jsonl | wc -l
"""
    place = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, text=True, check=False, env=place)
    if ended.returncode == 77 or "unshare" in ended.stderr:
        pytest.skip(f"no file system can be mounted here: {ended.stderr.strip()}")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stderr.startswith("no space left: ")
    assert ended.stdout.split()[-1] == "2"


# ---- a person at work in the lab


def conflict(lab: Path, branch: str) -> None:
    """Make a branch that conflicts with what is checked out."""
    here = git(lab, "branch", "--show-current")
    git(lab, "switch", "-qc", branch)
    (lab / "README.md").write_text("theirs\n")
    git(lab, "commit", "-qam", "theirs")
    git(lab, "switch", "-q", here)
    (lab / "README.md").write_text("ours\n")
    git(lab, "commit", "-qam", "ours")


def refused(lab: Path, *arguments: str) -> bool:
    return subprocess.run(["git", *arguments], cwd=lab, capture_output=True, check=False).returncode != 0


def in_the_middle(lab: Path, what: str, seconds: float) -> bool:
    """Stay in the middle of a merge or rebase for a while, then give it up; False where git did not begin."""
    if not refused(lab, what, "exp/theirs"):
        return False
    time.sleep(seconds)
    return not refused(lab, what, "--abort")


def test_a_person_at_work_all_the_while_loses_nothing_and_stops_nothing(journal: Journal, tmp_path: Path) -> None:
    lab = journal.lab
    conflict(lab, "exp/theirs")
    git(lab, "branch", "exp/aside")
    declared = {}
    for number in range(6 * ROUNDS):
        values = [0.1 + 0.001 * (4 * number + step) for step in range(4)]
        declared[journal.entry(f"{number:04d}", values)] = values
    ids = list(declared)
    did: Counter[str] = Counter()
    running = [journal.start(ids[at::2], seconds=0.4) for at in range(2)]
    wait_for(lambda: journal.noted("announced"), 60)
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nsleep 0.3\necho by hand >"$1"\n')
    editor.chmod(0o755)
    lock = Path(git(lab, "rev-parse", "--absolute-git-dir")) / "index.lock"
    while any(one.poll() is None for one in running):
        number = sum(did.values())
        for what in ("merge", "rebase"):
            did[what] += in_the_middle(lab, what, 0.3)
        (lab / "README.md").write_text(f"edited {number}\n")
        did["commit -a"] += not refused(lab, "-c", f"core.editor={editor}", "commit", "-a")
        did["switched"] += not refused(lab, "switch", "-q", "exp/aside")
        time.sleep(0.3)
        refused(lab, "switch", "-q", "journal")
        try:
            lock.touch(exist_ok=False)
        except FileExistsError:
            continue  # git, or gitjournal for a moment
        time.sleep(0.3)
        lock.unlink()
        did["lock"] += 1
    for one in running:
        journal.finish(one)
    refused(lab, "switch", "-q", "journal")
    done(journal.top, "exec", "-n", "first")  # whatever waits is committed by the next command
    by_ref = {ref: journal.records(ref) for ref in ("journal", "exp/aside")}
    for entry_id, values in declared.items():
        there = [one for found in by_ref.values() for one in found.get(entry_id, [])]
        assert {one["grid"]["gaussiannb__var_smoothing"] for one in there} == set(values), f"{entry_id} has lost runs"
    assert set(Counter(journal.noted("begun")).values()) == {1}
    assert git(journal.top, "fsck", "--no-dangling") == ""
    assert len(did) >= 4, did
    figures("a person at work", entries=len(ids), did=dict(did), refused=len(journal.noted("refused")))


def test_a_lab_deleted_meanwhile_costs_no_result(journal: Journal) -> None:
    values = [0.1 + 0.01 * step for step in range(10)]
    entry_id = journal.entry("0000", values)
    running = journal.start([entry_id], seconds=0.4)
    wait_for(lambda: journal.noted("announced"), 60)
    shutil.rmtree(journal.lab)
    journal.finish(running)
    assert len(journal.records()[entry_id]) == 10
    done(journal.top, "init")
    journal.check({entry_id: values})
    assert git(journal.lab, "status", "--porcelain") == ""


def test_two_clones_that_push_keep_both_results(journal: Journal, tmp_path: Path) -> None:
    remote = tmp_path / "remote.git"
    git(tmp_path, "clone", "-q", "--bare", str(journal.top), str(remote))
    clones = []
    for number in range(2):
        top = tmp_path / f"clone{number}"
        git(tmp_path, "clone", "-q", str(remote), str(top))
        done(top, "init")
        (top / ".git/gitjournal/plans").mkdir(exist_ok=True)
        for plan in (journal.top / ".git/gitjournal/plans").iterdir():
            shutil.copy(plan, top / ".git/gitjournal/plans")
        shutil.copy(journal.top / ".git/gitjournal/hashes.json", top / ".git/gitjournal/hashes.json")
        clones.append(Journal(top, journal.notes))
    declared: dict[str, list[float]] = {}
    for turn in range(2 * ROUNDS):
        running = []
        for number, clone in enumerate(clones):
            values = [0.1 + 0.001 * (2 * turn + number), 0.5 + 0.001 * (2 * turn + number)]
            entry_id = clone.entry(f"{turn:03d}{number}", values)
            declared[entry_id] = values
            running.append((clone, clone.start([entry_id])))
        for clone, process in running:
            clone.finish(process)
        for clone in clones:
            git(clone.lab, "pull", "-q", "--no-rebase", "--no-edit", "origin", "journal")
            git(clone.lab, "push", "-q", "origin", "HEAD:journal")
    git(clones[0].lab, "pull", "-q", "--no-rebase", "--no-edit", "origin", "journal")
    for clone in clones[:1]:
        clone.check(declared)
    assert git(remote, "fsck", "--no-dangling") == ""
    figures("two clones", pushes=4 * ROUNDS, entries=len(declared))


# ---- real workers


OWN = """
import os, time
from pathlib import Path
from sklearn.naive_bayes import GaussianNB

def fit(train, dev, *, seed):
    if seed == 1 and not Path("mended").exists():
        Path("began").write_text(str(os.getpid()))
        time.sleep(1000)
    return GaussianNB().fit(*train)
"""


def test_a_worker_that_is_killed_costs_one_run_and_the_grid_goes_on(journal: Journal) -> None:
    (journal.top / "own.py").write_text(OWN)
    store.grant(journal.top / ".git/gitjournal", find_code("own:fit", [], journal.top, ("procedure", "python")))
    front = "title: slow\ndata: {sklearn: iris}\nprocedure: {python: own:fit}\nseeds: 4\n"
    write_entry(journal.lab, "20261121-entry-0001", front)
    running = subprocess.Popen([sys.executable, "-m", "gitjournal", "exec", "0001", "-j", "2"], cwd=journal.top, stdout=subprocess.DEVNULL)
    began = journal.top / "began"
    wait_for(lambda: began.is_file() and began.read_text(), 120)
    os.kill(int(began.read_text()), signal.SIGKILL)
    assert running.wait(200) == 4
    found = journal.records()["20261121-entry-0001"]
    assert {one["seed"]: one.get("failure", {}).get("kind") for one in found} == {0: None, 1: "memory", 2: None, 3: None}
    (journal.top / "mended").touch()
    assert gitjournal(journal.top, "exec", "0001", "--retry", "failed").returncode == 0
    assert len(journal.records()["20261121-entry-0001"]) == 5
