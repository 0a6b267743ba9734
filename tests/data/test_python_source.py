"""Data that a function of one's own gives are read as a file of the same kind would be, and hashed by what they hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gitjournal.data.python_source import read_function
from gitjournal.data.raw import DataRequest, Raw
from gitjournal.errors import DataError, EntryError, TrustError
from gitjournal.trust.code_files import find_code

FRAME = "pd.DataFrame({'x': [1, 2], 'town': ['a', None], 'y': [0, 1]})"


def look(root: Path, text: str) -> dict[str, Any]:
    """Write a function that returns `text`, and return what its trusted code is."""
    (root / "own.py").write_text(f"import numpy as np\nimport pandas as pd\ndef load():\n    return {text}\n")
    code = find_code("own:load", [], root, ("data", "python"))
    return {"python": code.function, "files": code.hashes, "modules": code.modules, "digest": code.digest}


def read(root: Path, text: str, **data: Any) -> Raw:
    return read_function(DataRequest(data, root, code=look(root, text)))


def test_a_frame_is_read_as_a_table(tmp_path: Path) -> None:
    raw = read(tmp_path, FRAME, target="y")
    assert (list(raw.X.columns), raw.y.tolist()) == (["x", "town"], [0, 1])
    assert (raw.content or "").startswith("sha256:")


def test_arrays_are_taken_by_name_or_as_a_pair(tmp_path: Path) -> None:
    pair = read(tmp_path, "np.eye(3), [0, 1, 2]")
    named = read(tmp_path, "{'y': np.arange(3), 'X': np.eye(3)}")
    assert pair.X.tolist() == np.eye(3).tolist() == named.X.tolist()
    assert pair.content == named.content
    objects = read(tmp_path, "np.array([[1, 2.5]], dtype=object), ['a']")
    assert (objects.X.tolist(), objects.X.dtype.kind) == ([[1.0, 2.5]], "f")


def test_the_hash_is_that_of_the_content(tmp_path: Path) -> None:
    first = read(tmp_path, FRAME, target="y").content
    assert read(tmp_path, f"{FRAME}[['x', 'town', 'y']]", target="y").content == first
    zeros = FRAME.replace("[1, 2]", "[0, 0]")
    assert read(tmp_path, zeros, target="y").content != read(tmp_path, zeros.replace("[0, 0]", "[0., 0.]"), target="y").content
    for changed in (
        FRAME.replace("[1, 2]", "[1, 3]"),
        FRAME.replace("'a'", "'b'"),
        FRAME.replace("'x'", "'z'"),
        FRAME.replace("1,", "1.,"),
    ):
        assert read(tmp_path, changed, target="y").content != first


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("None", "own:load returned NoneType"),
        ("{1: [2]}", "own:load returned dict"),
        ("{'X': [[1], [2, 3]], 'y': [1, 2]}", "`X` is ragged"),
        ("{'X': [object()], 'y': [1]}", "`X` holds object"),
        ("1 / 0", "own:load failed: ZeroDivisionError"),
    ],
)
def test_anything_else_is_an_error_at_the_function(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=words) as fault:
        read(tmp_path, text)
    assert fault.value.path == ("data", "python")


def test_only_code_that_was_looked_at_is_run(tmp_path: Path) -> None:
    with pytest.raises(EntryError, match="is not trusted yet"):
        read_function(DataRequest({}, tmp_path))
    code = look(tmp_path, FRAME)
    (tmp_path / "own.py").write_text("def load(): return 1\n")
    with pytest.raises(TrustError, match="changed meanwhile"):
        read_function(DataRequest({"target": "y"}, tmp_path, code=code))
