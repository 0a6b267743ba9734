"""The loader runs exactly the bytes that were trusted, and leaves nothing of them behind."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

import pytest

from gitjournal.errors import EntryError, TrustError
from gitjournal.trust.loader import at_home, import_function

FIT = "from own.helper import answer\ndef fit(): return answer()\nvalue = 3\n"
HELPER = "def answer(): return 42\n"
PLACE = ("procedure", "python")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A worktree with a package of two modules, and one more that nobody trusted."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "fit.py").write_text(FIT)
    (tmp_path / "own" / "helper.py").write_text(HELPER)
    (tmp_path / "own" / "stranger.py").write_text("")
    return tmp_path


def node(function: str = "own.fit:fit", **files: str) -> dict[str, Any]:
    """Return what a job says of a function; `files` are the bytes that were trusted, where not those above."""
    texts = {"own/fit.py": FIT, "own/helper.py": HELPER} | {f"own/{name}.py": text for name, text in files.items()}
    hashes = {path: hashlib.sha256(text.encode()).hexdigest() for path, text in texts.items()}
    return {"python": function, "files": hashes, "modules": {"own": "", "own.fit": "own/fit.py", "own.helper": "own/helper.py"}}


def test_a_function_runs_with_its_modules_and_leaves_none_behind(root: Path) -> None:
    before = Path.cwd()
    with at_home(node(), root):
        assert Path.cwd() == root
        assert import_function(node(), PLACE)() == 42
    assert Path.cwd() == before
    assert not [name for name in sys.modules if name == "own" or name.startswith("own.")]
    assert not list(root.rglob("__pycache__"))


def test_a_file_that_was_changed_since_is_not_run(root: Path) -> None:
    (root / "own" / "helper.py").write_text(HELPER.replace("42", "43"))
    with pytest.raises(TrustError, match=r"own/helper\.py is not what was planned"), at_home(node(), root):
        pass


def test_a_file_that_is_gone_is_not_run(root: Path) -> None:
    (root / "own" / "helper.py").unlink()
    with pytest.raises(TrustError, match=r"own/helper\.py is not what was planned"), at_home(node(), root):
        pass


def test_a_change_between_two_imports_is_seen(root: Path) -> None:
    with at_home(node(), root):
        (root / "own" / "helper.py").write_text("raise SystemExit\n")
        with pytest.raises(TrustError, match=r"own/helper\.py is not what was planned"):
            import_function(node(), PLACE)


def test_a_module_that_was_not_trusted_is_not_found(root: Path) -> None:
    fit = "import own.stranger\ndef fit(): ...\n"
    (root / "own" / "fit.py").write_text(fit)
    with at_home(node(fit=fit), root), pytest.raises(EntryError, match=r"`own.stranger` is not among the files .* `code`"):
        import_function(node(fit=fit), PLACE)


@pytest.mark.parametrize(("function", "message"), [("own.fit:nothing", "`nothing` of"), ("own.fit:value", "no function")])
def test_a_name_that_is_no_function_is_told(function: str, message: str, root: Path) -> None:
    with at_home(node(function), root), pytest.raises(EntryError, match=message):
        import_function(node(function), PLACE)


def test_a_module_that_fails_says_how(root: Path) -> None:
    fit = "1 / 0\n"
    (root / "own" / "fit.py").write_text(fit)
    with at_home(node(fit=fit), root), pytest.raises(EntryError, match=r"`own\.fit` cannot be imported: ZeroDivisionError") as caught:
        import_function(node(fit=fit), PLACE)
    assert caught.value.path == PLACE
