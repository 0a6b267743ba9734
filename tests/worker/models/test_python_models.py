"""A function of one's own, as the worker calls it: what it gets, what it may return, and which bytes run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gitjournal.errors import DataError, EntryError, TrustError
from gitjournal.run.plan import describe_code
from gitjournal.trust.code_files import find_code
from gitjournal.worker import preflight
from gitjournal.worker import run as measure
from gitjournal.worker.cache import TableCache
from gitjournal.worker.jobs import ErrorReply, InspectJob, RunJob, Validated, ValidateJob
from tests.support.helpers import put

CENTROIDS = """\
from __future__ import annotations
import msgspec
import numpy as np
from own.helper import scale

class Nearest:
    def __init__(self, centres): self.centres = centres
    def predict_proba(self, X):
        near = np.exp(-np.stack([((X - c) ** 2).sum(axis=1) for c in self.centres], axis=1) / scale())
        return near / near.sum(axis=1, keepdims=True)
    def predict(self, X): return self.predict_proba(X).argmax(axis=1)

def fit(train, dev, *, seed, shift=0):
    X, y = train
    return Nearest([X[y == k].mean(axis=0) + shift for k in np.unique(y)])
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    put(tmp_path, "own/fit.py", CENTROIDS)
    put(tmp_path, "own/helper.py", "def scale(): return 10.0\n")
    return tmp_path


def tree(root: Path, function: str = "own.fit:fit", *code: str, **params: Any) -> list[Any]:
    return [["python", {**describe_code(find_code(function, code, root, ("procedure", "python"))), "params": params}]]


def run(root: Path, procedure: list[Any], **job: Any) -> dict[str, Any]:
    job = {"root": str(root), "cache": str(root / ".cache"), "data": {"sklearn": "iris"}, "seed": 3, **job}
    return msgspec.to_builtins(measure.run(RunJob(procedure=procedure, **job), TableCache(), lambda news: None))


def body(root: Path, text: str, **job: Any) -> dict[str, Any]:
    """Run a function with this body."""
    lines = "".join(f"    {line}\n" for line in text.split("; "))
    put(root, "own/one.py", f"def fit(train, dev, *, seed, **more):\n{lines}")
    return run(root, tree(root, "own.one:fit"), **job)


def test_a_fitted_object_is_scored_as_any_model(root: Path) -> None:
    result = run(root, tree(root), metrics=["accuracy", "log_loss"], store=str(root / "store"))
    assert result["status"] == "done"
    assert result["metrics"]["dev"]["accuracy"] > 0.85
    assert set(result["metrics"]) == {"train", "dev"}
    assert result["predictions"]
    assert result["artifacts"]
    assert run(root, tree(root, shift=5), metrics=["accuracy"])["metrics"]["dev"]["accuracy"] < 0.85
    assert not [name for name in sys.modules if name.split(".")[0] == "own"]


def test_a_dict_of_numbers_is_what_it_measured(root: Path) -> None:
    result = body(root, "return {'lift': 2, 'accuracy': 0.5, 'seed': seed}", metrics=["accuracy"])
    assert result["metrics"] == {"dev": {"accuracy": 0.5, "lift": 2.0, "seed": 3.0}}
    assert result["predictions"] is None
    several = body(root, "return {'lift': float(len(dev[1]))}", metrics=["lift"], split={"cv": 5, "test": 0.2})
    assert several["folds"]["dev"]["lift"] == [24.0] * 5


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("return {'lift': float('nan'), 'accuracy': 1}", "a dict holds finite numbers by name"),
        ("return {'accuracy': 'high'}", "a dict holds finite numbers by name"),
        ("return {'a b': 1}", "named by letters"),
        ("return {}", "an empty dict"),
        ("return {'lift': 1}", "and no `accuracy`: list in `metrics` what it returns"),
        ("return 0.9", "an object with `predict` or a dict of numbers is needed"),
        ("class M: predict = lambda self, X: X; return M()", "one number for each row is needed"),
        ("class M: predict = lambda self, X: [7] * len(X); return M()", "other values than the codes 0 to 2"),
        ("raise ZeroDivisionError('mine')", "ZeroDivisionError: mine"),
        ("import own.absent", "ModuleNotFoundError: `own.absent` is not among the files of this function: name its file under `code`"),
        ("raise SystemExit", "SystemExit"),
    ],
)
def test_what_it_may_not_return_is_a_failed_run(root: Path, text: str, words: str) -> None:
    result = body(root, text)
    assert (result["status"], result["failure"]["kind"]) == ("failed", "exception")
    assert words in result["failure"]["message"]


def test_a_network_of_ones_own_that_does_not_fit_is_a_failure_for_want_of_memory(root: Path) -> None:
    # TensorFlow's own exception is told by its name, wherever it comes from
    result = body(root, "class ResourceExhaustedError(Exception): pass\n    raise ResourceExhaustedError('OOM')")
    assert result["failure"] == {"kind": "memory", "message": "out of memory: own.one:fit needs more than there is"}


def test_a_metric_that_the_object_cannot_give_is_named(root: Path) -> None:
    result = body(root, "class M: predict = lambda self, X: [0] * len(X); return M()", metrics=["log_loss"])
    assert result["failure"]["message"] == "`log_loss` needs predict_proba, which M has not"


def test_it_gets_train_and_dev_and_no_other_row(root: Path) -> None:
    counts = "return {'train': len(X), 'dev': len(Z), 'base': sum(a.base is not None for a in (X, y, Z, z))}"
    result = body(root, f"(X, y), (Z, z) = train, dev; {counts}", metrics=["dev"])
    assert result["metrics"]["dev"] == {"dev": 30.0, "train": 90.0, "base": 0.0}


def test_only_the_bytes_that_were_planned_run(root: Path) -> None:
    procedure = tree(root)
    put(root, "own/helper.py", "def scale(): return 11.0\n")
    with pytest.raises(TrustError, match=r"own/helper\.py is not what was planned"):
        run(root, procedure)


def test_a_compiled_file_beside_the_source_is_never_read(root: Path) -> None:
    import importlib.util
    import py_compile

    put(root, "evil.py", "def scale(): raise RuntimeError('evil')\n")
    cache = Path(importlib.util.cache_from_source(str(root / "own/helper.py")))
    py_compile.compile(str(root / "evil.py"), cfile=str(cache), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    assert run(root, tree(root))["status"] == "done"


def test_a_named_file_is_read_from_the_top_and_a_named_module_can_be_imported(root: Path) -> None:
    put(root, "own/q.sql", "select 7")
    put(root, "own/plug.py", "value = 2\n")
    put(
        root,
        "own/one.py",
        "import importlib\ndef fit(train, dev, *, seed):\n"
        "    return {'sql': int(open('own/q.sql').read()[-1]), 'plug': importlib.import_module('own.plug').value}\n",
    )
    procedure = tree(root, "own.one:fit", "own/q.sql", "own/plug.py")
    assert run(root, procedure, metrics=["sql"])["metrics"]["dev"] == {"sql": 7.0, "plug": 2.0}
    put(root, "own/q.sql", "select 8")
    with pytest.raises(TrustError, match=r"own/q\.sql"):
        run(root, procedure, metrics=["sql"])


def test_a_call_that_cannot_work_is_refused_before_compute(root: Path) -> None:
    def wrong(procedure: list[Any]) -> ErrorReply:
        reply = preflight.validate(ValidateJob(procedures=[procedure], root=str(root)))
        assert isinstance(reply, ErrorReply)
        return reply

    assert preflight.validate(ValidateJob(procedures=[tree(root, shift=1)], root=str(root))) == Validated()
    fault = wrong(tree(root, shfit=1))
    assert fault.message == "own.fit:fit takes no `shfit`; did you mean `shift`?"
    assert fault.path == ["procedure", "python", "shfit"]
    put(root, "own/two.py", "def fit(train, dev): pass\nfit2 = 3\ndef fit3(X, y, z, *, seed): pass\nimport nowhere_at_all\n")
    assert "cannot be imported: ModuleNotFoundError" in wrong(tree(root, "own.two:fit")).message
    put(root, "own/two.py", "def fit(train, dev): pass\nfit2 = 3\ndef fit3(X, y, z, *, seed): pass\n")
    assert "unexpected keyword argument 'seed'" in wrong(tree(root, "own.two:fit")).message
    assert "is no function" in wrong(tree(root, "own.two:fit2")).message
    assert "missing a required argument: 'z'" in wrong(tree(root, "own.two:fit3")).message


# data


def table(root: Path, text: str, **data: Any) -> dict[str, Any]:
    put(root, "own/data.py", f"import numpy as np, pandas as pd\ndef load():\n    {text}\n")
    code = describe_code(find_code("own.data:load", [], root, ("data", "python")))
    job = InspectJob(root=str(root), cache=str(root / ".cache"), data={"python": "own.data:load", **data}, code=code)
    return msgspec.to_builtins(preflight.inspect(job, TableCache()))


def test_a_function_gives_a_table_or_arrays(root: Path) -> None:
    frame = "return pd.DataFrame({'a': range(40), 'b': ['x', 'y'] * 20, 'y': [0, 1] * 20})"
    inspection = table(root, frame, target="y", drop=["a"])
    assert inspection["facts"]["columns"] == {"category": ["b"]}
    assert inspection["hash"] != table(root, frame.replace("range(40)", "range(1, 41)"), target="y")["hash"]
    assert inspection["hash"] == table(root, f"_ = 1; {frame}", target="y")["hash"]  # the hash is of the content, not of the code
    pair = table(root, "return np.arange(80.0).reshape(40, 2), ['no', 'yes'] * 20")
    assert pair["facts"]["classes"] == ["no", "yes"]
    named = table(root, "return {'X': np.zeros((40, 3, 2)), 'y': np.arange(40) % 2}")
    assert named["facts"]["shape"] == [3, 2]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("return 3", "returned int; a DataFrame, a dict of arrays or"),
        ("raise OSError('no such table')", "own.data:load failed: OSError: no such table"),
        ("return [[1], [1, 2]], [0, 1]", "is ragged"),
        ("return np.array([object(), object()]), [0, 1]", "numbers or text are needed"),
    ],
)
def test_data_that_are_none_are_refused(root: Path, text: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        table(root, text)


def test_a_function_that_draws_is_found_out(root: Path) -> None:
    put(
        root,
        "own/data.py",
        "import os\nimport numpy as np\ndef load():\n    return np.frombuffer(os.urandom(80), 'u1').reshape(40, 2), np.arange(40) % 2\n",
    )
    code = describe_code(find_code("own.data:load", [], root, ("data", "python")))
    job = {"root": str(root), "cache": str(root / ".cache"), "data": {"python": "own.data:load"}, "code": code}
    cache = TableCache()
    content = preflight.inspect(InspectJob(**job), cache).hash
    assert measure.run(RunJob(**job, hash=content, procedure=tree(root), seed=0), cache, print).status == "done"
    with pytest.raises(DataError, match="is not what the entry names"):
        measure.run(RunJob(**job, hash=content, procedure=tree(root), seed=0), TableCache(), print)


def test_without_its_code_nothing_is_called(root: Path) -> None:
    with pytest.raises(EntryError, match="is not trusted yet"):
        preflight.inspect(InspectJob(root=str(root), cache=str(root), data={"python": "own.data:load"}), TableCache())
