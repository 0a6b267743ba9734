"""`new --baselines`: the usual first entries on data, less those that the journal has already.

What guessing reaches, and what simple models do: anything else must beat them.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gitjournal.entry import datasheet
from gitjournal.entry.model import Entry
from gitjournal.entry.parse import parse
from gitjournal.entry.summary import Key
from gitjournal.errors import GitjournalError
from gitjournal.journal.index.runs import find_runs
from gitjournal.journal.journal import Journal
from gitjournal.procedure import declaration
from gitjournal.procedure.canonical_text import fingerprint
from gitjournal.procedure.configuration import configurations
from gitjournal.procedure.declaration import Declared
from gitjournal.run import draft, plan
from gitjournal.run.draft import EntryRequest, NewEntry
from gitjournal.run.entry_state import is_done_by_another
from gitjournal.worker.jobs import AskWorker

_PAGE = "---\ntitle: $title\ndata: $data\nprocedure: $procedure\n---\n"


@dataclass(frozen=True)
class ProposedBaseline:
    """One of the usual entries: a new text; or the entry that is the same (`same`, in `state`); or why there is none."""

    title: str
    id: str = ""
    drafted: NewEntry | None = None
    state: str = ""
    left_out: str = ""


def propose_baselines(journal: Journal, root: Path, request: EntryRequest, ask: AskWorker) -> list[ProposedBaseline]:
    """Return the usual entries on the data of `request`, the dummy first, which the others name as their baseline.

    All of them get its values, such as `metrics`. Raises EntryError or DataError for data that cannot be read.
    """
    declared, data = _inspect_data(request.data, plan.Workplace(root, journal.lab.repository.private, ask))
    one_text = isinstance(declared.data.get("features"), str)
    proposer = _Proposer(journal, root, EntryRequest(request.values, data), ask, dict(_list_waiting(journal)))
    proposals: list[ProposedBaseline] = []
    for baseline in usual_baselines(declared.facts, declared.task, mixed=draft.in_columns(data), one_text=one_text):
        if baseline.keras and not _has_keras():
            proposals.append(ProposedBaseline(baseline.title, left_out="a network needs Keras: pip install 'gitjournal[keras]'"))
        else:
            proposals.append(proposer.draft_or_find(baseline, dummy=proposals[0].id if proposals else ""))
    return proposals


@dataclass(frozen=True)
class _Proposer:
    """Drafts the usual entries on some data; `waiting` are runs of entries that are not run yet, with their entry and its state."""

    journal: Journal
    root: Path
    request: EntryRequest
    ask: AskWorker
    waiting: dict[Key, tuple[str, str]]

    def draft_or_find(self, usual: UsualBaseline, *, dummy: str) -> ProposedBaseline:
        """Return one of the usual entries, with the dummy as its baseline, or the entry that is the same."""
        values = {
            "title": f"{usual.title} on {datasheet.name_of(self.request.data)}",
            "hypothesis": usual.hypothesis,
            "procedure": usual.steps,
            "baseline": dummy,
            "tags": ["baseline"],
            **self.request.values,
        }
        request = EntryRequest({name: value for name, value in values.items() if value}, self.request.data)
        drafted = draft.draft_entry(self.journal, self.root, request, ask=self.ask, also=[dummy] if dummy else [])
        owners = {run.key: run.entry for run in find_runs(self.journal.index, drafted.keys) if is_done_by_another(run, drafted.id)}
        if all(key in owners for key in drafted.keys):
            return ProposedBaseline(usual.title, owners[drafted.keys[0]], state="done")
        if all(key in self.waiting for key in drafted.keys):
            entry_id, state = self.waiting[drafted.keys[0]]
            return ProposedBaseline(usual.title, entry_id, state=state)
        return ProposedBaseline(usual.title, drafted.id, drafted)


def _entry_on(data: dict[str, Any]) -> Entry:
    text = draft.fill_template(_PAGE, {"title": "x", "data": data, "procedure": ["passthrough"]}, file="--baselines")
    return parse(text, entry_id="20260101-baselines-aaaa", file="--baselines")


def _inspect_data(data: dict[str, Any], workplace: plan.Workplace) -> tuple[Declared, dict[str, Any]]:
    """Inspect data; where they are one column of text, it is named as the one feature."""
    declared = plan.inspect_data(_entry_on(data), workplace)
    columns = declared.facts.get("columns") or {}
    if set(columns) == {"text"} and declared.facts["n_features"] == 1 and draft.in_columns(data):
        data = {**data, "features": columns["text"][0]}
        declared = plan.inspect_data(_entry_on(data), workplace)
    return declared, data


def _list_waiting(journal: Journal) -> Iterator[tuple[Key, tuple[str, str]]]:
    """Yield the runs of drafts and planned entries that say all of what they declare, with their entry and its state."""
    for listed in journal.current_entries():
        if listed.row.state not in ("draft", "planned"):
            continue
        try:
            entry = journal.open(listed).entry
            declared = declaration.written_out(entry)
            if declared is None or not entry.front.steps:
                continue
            versions = declaration.Versions(plan.installed_version(), plan.keras_version(entry))
            for configuration in configurations(entry, declared, versions):
                for seed in plan.seeds_of(entry, configuration, declared):
                    yield (fingerprint(configuration.canonical), seed), (listed.row.id, listed.row.state)
        except GitjournalError:
            continue  # a draft that somebody is writing


def _has_keras() -> bool:
    try:
        importlib.metadata.version("keras")
        importlib.metadata.version("tensorflow")
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


SMALLEST_SIDE = 8  # pixels: an array with fewer to a side is no image


@dataclass(frozen=True)
class UsualBaseline:
    """A usual baseline: its title before the name of the data, why it is there, and its steps."""

    title: str
    hypothesis: str
    steps: list[Any]
    keras: bool = False


def usual_baselines(facts: dict[str, Any], task: str, *, mixed: bool, one_text: bool) -> list[UsualBaseline]:
    """Return the usual entries for data with these facts, the dummy first.

    `mixed` data are columns of a table, which `tabular` prepares; `one_text` are texts alone. Images get a small convolution in
    place of gradient boosting, which takes each pixel for a column.
    """
    several = (facts.get("n_outputs") or 1) > 1
    baselines = [_dummy(task)]
    if one_text:
        return [*baselines, *_text_baselines(task)]
    before: list[Any] = [] if mixed else ["StandardScaler"]
    linear, name = _linear(task), "Ridge regression" if task == "regression" else "Logistic regression"
    neighbours = "KNeighborsRegressor" if task == "regression" else "KNeighborsClassifier"
    baselines.append(UsualBaseline(name, "a weighted sum of the columns is enough", [*before, linear]))
    baselines.append(UsualBaseline("Nearest neighbours", "rows that look alike have the same answer", [*before, neighbours]))
    shape = facts.get("shape")
    if shape and _is_image(shape):
        return [*baselines, _convolution(shape, task)]
    if "text" not in (facts.get("columns") or {}):
        baselines.append(
            UsualBaseline("Gradient boosting", "thresholds and interactions of the columns matter", [_boosting(task, several=several)])
        )
    return baselines


def _dummy(task: str) -> UsualBaseline:
    why = "what guessing reaches: everything else must beat it"
    if task == "regression":
        return UsualBaseline("The mean", why, [{"DummyRegressor": {"strategy": "mean"}}])
    what = "The most frequent label of each" if task == "multilabel" else "The most frequent class"
    return UsualBaseline(what, why, [{"DummyClassifier": {"strategy": "most_frequent"}}])


def _linear(task: str) -> Any:
    logistic = {"LogisticRegression": {"max_iter": 1000}}
    return {"regression": {"Ridge": {"alpha": 1.0}}, "multilabel": {"MultiOutputClassifier": {"estimator": logistic}}}.get(task, logistic)


def _boosting(task: str, *, several: bool) -> Any:
    estimator = "HistGradientBoostingRegressor" if task == "regression" else "HistGradientBoostingClassifier"
    if task == "multilabel":
        return {"MultiOutputClassifier": {"estimator": {estimator: {}}}}
    return {"MultiOutputRegressor": {"estimator": {estimator: {}}}} if several else estimator


def _text_baselines(task: str) -> list[UsualBaseline]:
    name = "Words and ridge regression" if task == "regression" else "Words and logistic regression"
    baselines = [UsualBaseline(name, "which words occur is enough", ["TfidfVectorizer", _linear(task)])]
    if task == "classification":
        baselines.append(UsualBaseline("Words and naive Bayes", "each word tells by itself", ["TfidfVectorizer", "ComplementNB"]))
    return baselines


def _is_image(shape: list[int]) -> bool:
    """Whether rows of this shape are images: grey ones, or such with one, three or four channels last."""
    return min(shape[:2]) >= SMALLEST_SIDE and (len(shape) == 2 or (len(shape) == 3 and shape[2] in (1, 3, 4)))


def _convolution(shape: list[int], task: str) -> UsualBaseline:
    ends = {
        "classification": ({"Dense": {"units": "$n_classes", "activation": "softmax"}}, "sparse_categorical_crossentropy"),
        "regression": ({"Dense": {"units": "$n_outputs"}}, "mean_squared_error"),
        "multilabel": ({"Dense": {"units": "$n_outputs", "activation": "sigmoid"}}, "binary_crossentropy"),
    }
    last, loss = ends[task]
    grey: list[Any] = [{"Reshape": {"target_shape": [*shape, 1]}}] if len(shape) == 2 else []
    layers = [
        *grey,
        "Normalization",
        *({"Conv2D": {"filters": 16, "kernel_size": 3, "activation": "relu", "padding": "same"}}, "MaxPooling2D"),
        *({"Conv2D": {"filters": 32, "kernel_size": 3, "activation": "relu", "padding": "same"}}, "MaxPooling2D"),
        "Flatten",
        last,
    ]
    fit = {"epochs": 10, "batch_size": 32, "validation": 0.1, "callbacks": [{"EarlyStopping": {"patience": 2}}]}
    network = {"Sequential": {"layers": layers, "optimizer": "Adam", "loss": loss, "fit": fit}}
    return UsualBaseline("A small convolution", "what pixels mean depends on those beside them", [network], keras=True)
