"""The templates that ship: each fills itself in from the data, and runs as written."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gitjournal.entry.parse import parse
from gitjournal.resources import text
from gitjournal.run.draft import BUILT_IN, ENDS, fill_template
from gitjournal.trust import store
from gitjournal.trust.code_files import find_code
from tests.support.helpers import done, git, gitjournal

FIT = """\
class Most:
    def predict(self, X): return [0] * len(X)
def fit(train, dev, *, seed): return Most()
"""


@pytest.fixture
def journal(repo: Path) -> Path:
    random = np.random.RandomState(0)
    (repo / "data").mkdir()
    rows = [f"{i % 7},the {word} soup number {i},{word}\n" for i in range(40) for word in ("good", "bad")]
    (repo / "data/reviews.csv").write_text("age,body,liked\n" + "".join(rows))
    (repo / "own").mkdir()
    (repo / "own/fit.py").write_text(FIT)
    for number in range(20):
        for kind, base in (("dark", 20), ("light", 180)):
            path = repo / f"data/photos/{kind}/{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray((base + random.randint(0, 50, (8, 8, 3))).astype(np.uint8)).save(path)
    done(repo, "init")
    return repo


@pytest.mark.parametrize("name", BUILT_IN)
@pytest.mark.parametrize("task", ENDS)
def test_every_template_is_an_entry_for_every_task(name: str, task: str) -> None:
    values = {"title": "t", "data": {"sklearn": "iris"}, "procedure": ["SVC"], "task": task}
    front = parse(fill_template(text(f"templates/{name}.md"), values, file=name), entry_id="20261121-t-aaaa", file=name).front
    assert front.task == task
    if name.startswith("keras"):
        assert isinstance(front.procedure, list)
        assert front.procedure[-1]["Sequential"]["loss"] == ENDS[task][1]
        assert "Dense" in front.procedure[-1]["Sequential"]["layers"][-1]


def new(journal: Path, *arguments: str) -> str:
    return json.loads(done(journal, "new", "--json", *arguments))["id"]


def test_text_finds_its_column_and_python_its_function(journal: Path) -> None:
    made = new(journal, "Words tell", "--data", "data/reviews.csv", "--target", "liked", "--template", "text", "--hypothesis", "they do")
    page = (journal / f"lab/entries/2026/{made}.md").read_text()
    assert "  features: body\n" in page
    assert "  - TfidfVectorizer\n" in page
    refused = gitjournal(journal, "new", "Mine", "--data", "sklearn:iris", "-e", "python: own.fit:fit")
    assert refused.returncode == 1
    assert "gitjournal trust own.fit:fit" in refused.stderr
    store.grant(journal / ".git/gitjournal", find_code("own.fit:fit", [], journal, ("procedure", "python")))
    own = new(journal, "Mine", "--data", "sklearn:iris", "-e", "python: own.fit:fit", "--hypothesis", "it runs")
    assert "procedure:\n  python: 'own.fit:fit'\n" in (journal / f"lab/entries/2026/{own}.md").read_text()
    assert done(journal, "exec", made, own).count("1/1 done") == 2
    assert "needs your function" in gitjournal(journal, "new", "x", "--data", "sklearn:iris", "--template", "python").stderr


@pytest.mark.keras
@pytest.mark.slow
def test_the_templates_for_networks_run_as_written(journal: Path) -> None:
    pytest.importorskip("keras")
    ids = [
        new(journal, "A table", "--data", "data/reviews.csv", "--target", "liked", "--template", "keras-tabular", "--hypothesis", "learns"),
        new(journal, "Light and dark", "--data", "data/photos", "--template", "keras-images", "--hypothesis", "pixels tell"),
    ]
    for made in ids:
        page = journal / f"lab/entries/2026/{made}.md"
        page.write_text(page.read_text().replace("epochs: 50", "epochs: 2").replace("epochs: 30", "epochs: 2"))
    assert done(journal, "exec", *ids).count("1/1 done · 0 failed") == 2
    assert "nothing found" in done(journal, "check")
    assert "  images: data/photos\n" in page.read_text()
    assert "  size: [8, 8]\n" in page.read_text()
    (record,) = [json.loads(line) for line in git(journal, "show", f"journal:entries/2026/{ids[1]}.runs.jsonl").splitlines()]
    assert record["metrics"]["dev"]["accuracy"] >= 0
    refused = gitjournal(journal, "new", "x", "--data", "data/photos", "--template", "keras-images", "-e", "SVC")
    assert (refused.returncode, "sets its own procedure" in refused.stderr) == (2, True)
