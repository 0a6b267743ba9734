"""The house rules of every test: no network, no home, no global git configuration."""

from __future__ import annotations

import importlib.util
import itertools
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support import ready
from tests.support.helpers import git

# Each run tries the same examples, so that a red test is the fault of the change it stands on; new ones by
# `pytest --hypothesis-profile=search`. A busy machine is no fault either: no deadline.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("search", deadline=None, max_examples=1000)
settings.load_profile("repeatable")

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # with it every process compiles all modules anew
# more threads than cores, which wait for one another, cost five times as much; no process that a test starts is told (`settle`)
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
os.environ.update(dict.fromkeys(ONE_THREAD, "1"))

# a suite that was started in the background ignores Ctrl-C, and so would every process that a test interrupts
signal.signal(signal.SIGINT, signal.default_int_handler)

# by these a test starts a process at once: with `--fast` it need not begin
STARTERS = {"gitjournal", "done", "replay", "Worker", "WorkerPool", "worker", "bench", "pool"}

_numbers = itertools.count()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fast", action="store_true", help="skip slow tests, and any other as soon as it starts a process other than git")


def pytest_configure(config: pytest.Config) -> None:
    """Have processes forked from servers, which last as long as the tests; those of pytest-xdist share them."""
    if config.getoption("--fast"):
        sys.addaudithook(ready.skip_processes)
        # a test that is left in the middle leaves files open
        config.addinivalue_line("filterwarnings", "ignore::pytest.PytestUnraisableExceptionWarning")
    if not hasattr(config, "workerinput"):
        stack = ExitStack()
        stack.enter_context(ready.servers())
        config.add_cleanup(stack.close)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Choose, before any fixture, what a test's processes begin as."""
    slow, fresh, keras = (item.get_closest_marker(name) is not None for name in ("slow", "fresh_processes", "keras"))
    if item.config.getoption("--fast"):
        used = {*item.function.__code__.co_names, *item.fixturenames} if isinstance(item, pytest.Function) else set()
        if slow or fresh or STARTERS & used:  # whatever else starts a process is skipped when it does
            pytest.skip("slow, or starts a process")
    if keras and importlib.util.find_spec("keras") is None:
        pytest.skip("Keras is an extra: pip install 'gitjournal[keras]'")
    ready.choose(fresh=fresh, keras=keras)


def settle(patch: pytest.MonkeyPatch, home: Path) -> Path:
    """Make an empty home, and a git that knows nothing but Ada."""
    home.mkdir()
    for name in list(os.environ):
        if name.startswith(("GIT_", "GITJOURNAL_", "XDG_")) or name in ONE_THREAD:
            patch.delenv(name)
    patch.setenv("HOME", str(home))
    patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    patch.setenv("GIT_CONFIG_GLOBAL", str(home / ".gitconfig"))
    for role in ("AUTHOR", "COMMITTER"):
        patch.setenv(f"GIT_{role}_NAME", "Ada")
        patch.setenv(f"GIT_{role}_EMAIL", "ada@example.org")
    patch.setenv("GIT_TERMINAL_PROMPT", "0")
    patch.setenv("EDITOR", "false")
    (home / ".gitconfig").write_text(
        '[init]\n\tdefaultBranch = main\n[protocol "file"]\n\tallow = always\n[advice]\n\tdetachedHead = false\n'
    )
    return home


@pytest.fixture(scope="session", autouse=True)
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return where the homes are; the fixtures of whole modules share one."""
    folder = tmp_path_factory.mktemp("homes")
    with pytest.MonkeyPatch.context() as patch:
        settle(patch, folder / "shared")
        yield folder


@pytest.fixture(autouse=True)
def own_home(homes: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test a home of its own."""
    return settle(monkeypatch, homes / str(next(_numbers)))


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """Return a repository with one commit on `main`."""
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "train.py").write_text("print('hello')\n")
    git(folder, "add", "train.py")
    git(folder, "commit", "-q", "-m", "first")
    return folder
