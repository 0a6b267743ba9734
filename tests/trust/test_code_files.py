"""What a function is made of is found by reading: every import inside the repository, nothing executed."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitjournal.errors import DataError, EntryError, TrustError
from gitjournal.trust.code_files import Code, find_code
from tests.support.helpers import put

PLACE = ("procedure", "python")


def found(root: Path, function: str = "churn.fit:run", *extra: str) -> Code:
    return find_code(function, extra, root, PLACE)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    put(tmp_path, "churn/__init__.py", "from . import names\nopen('/tmp/never', 'w')\n")
    put(tmp_path, "churn/names.py")
    put(tmp_path, "churn/fit.py", "import numpy\nfrom .deep.inner import helper\ndef run(train, dev, *, seed):\n    import shared.late\n")
    put(tmp_path, "churn/deep/__init__.py")
    put(tmp_path, "churn/deep/inner.py", "from ..side import *\nhelper = 1\n")
    put(tmp_path, "churn/side.py", "try:\n    from shared import maybe, absent\nexcept ImportError: pass\n")
    put(tmp_path, "shared/maybe.py")
    put(tmp_path, "shared/late.py")
    put(tmp_path, "churn/unused.py")
    put(tmp_path, "numpy/readme.txt")
    return tmp_path


def test_imports_are_followed_and_nothing_else_is_taken(root: Path) -> None:
    code = found(root)
    names = "churn/__init__ churn/deep/__init__ churn/deep/inner churn/fit churn/names churn/side shared/late shared/maybe"
    assert sorted(code.files) == [f"{name}.py" for name in names.split()]
    assert code.modules["shared"] == ""  # a folder without __init__ is a package too
    assert "numpy" not in code.modules  # a folder that merely has the name of a library is not


def test_a_package_below_src_is_found_and_named_files_are_modules_too(root: Path) -> None:
    put(root, "src/kit/__init__.py")
    put(root, "src/kit/fit.py", "def run(): pass\n")
    put(root, "src/kit/plug.py", "from kit import base\n")
    put(root, "src/kit/base.py")
    put(root, "src/kit/q.sql", "select 1")
    code = found(root, "kit.fit:run", "src/kit/plug.py", "src/kit/q.sql")
    assert sorted(code.files) == ["src/kit/__init__.py", "src/kit/base.py", "src/kit/fit.py", "src/kit/plug.py", "src/kit/q.sql"]
    assert code.modules["kit.plug"] == "src/kit/plug.py"


def test_the_digest_is_of_the_bytes_of_every_file_and_of_the_name(root: Path) -> None:
    put(root, "churn/q.sql", "select 1")
    seen = {found(root, "churn.fit:run", "churn/q.sql").digest}
    put(root, "churn/unused.py", "changed = 1\n")
    assert found(root, "churn.fit:run", "churn/q.sql").digest in seen
    for name in ("churn/deep/inner.py", "churn/__init__.py", "shared/late.py", "churn/q.sql"):
        put(root, name, (root / name).read_text() + "\n")
        digest = found(root, "churn.fit:run", "churn/q.sql").digest
        assert digest not in seen
        seen.add(digest)
    assert found(root, "churn.fit:helper", "churn/q.sql").digest not in seen


@pytest.mark.parametrize(
    ("function", "extra", "kind", "words"),
    [
        ("churn.fit", [], EntryError, "write package.module:function"),
        ("churn.fit:run()", [], EntryError, "write package.module:function"),
        ("churn.fti:run", [], EntryError, "no module `churn.fti` in the repository"),
        ("churn.fit:rum", [], EntryError, "defines no `rum`"),
        ("os:system", [], EntryError, "is a module of Python itself"),
        ("shared:run", [], EntryError, "no module `shared`"),
        ("churn.broken:run", [], EntryError, r"churn/broken.py:2 is no Python"),
        ("churn.fit:run", ["../x.py"], TrustError, r"`\.\.` is not followed"),
        ("churn.fit:run", [".git/config"], TrustError, "dot file"),
        ("churn.fit:run", ["churn/none.sql"], DataError, "is not there"),
        ("churn.linked:run", [], TrustError, "is a symlink"),
    ],
)
def test_what_is_no_function_of_the_repository_is_refused(
    root: Path, function: str, extra: list[str], kind: type[Exception], words: str
) -> None:
    put(root, "churn/broken.py", "def run():\nreturn 1\n")
    (root / "churn/linked.py").symlink_to(root / "churn/fit.py")
    with pytest.raises(kind, match=words):
        found(root, function, *extra)
