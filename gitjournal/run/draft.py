"""Writes new entries: from a template, with everything filled in that can be known before a run."""

from __future__ import annotations

import os
import re
import secrets
import string
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from gitjournal import resources, yaml_text
from gitjournal.entry.labels import estimator_label
from gitjournal.entry.model import Entry
from gitjournal.entry.parse import parse
from gitjournal.entry.summary import Key
from gitjournal.errors import EntryError, GitjournalError, Place, TrustError, UsageError, nearest
from gitjournal.git.lab import Lab
from gitjournal.journal.entries import entry_text
from gitjournal.journal.entry_ids import match_id, page_path
from gitjournal.journal.journal import Journal
from gitjournal.procedure import declaration
from gitjournal.run import expectations
from gitjournal.run import plan as planning
from gitjournal.worker.jobs import AskWorker

SUFFIX_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # without l, o, 0 and 1, which people misread
DATA_SUFFIXES = (".csv", ".parquet", ".npz")
MAX_LISTED = 20
FIELDS = (
    *("title", "hypothesis", "expect", "confidence", "baseline", "replicates", "from", "data", "task", "split"),
    *("procedure", "parameters", "grid", "seeds", "metrics", "tags", "last_layer", "loss"),
)
BUILT_IN = ("tabular", "sklearn", "keras-tabular", "keras-images", "text", "python")
# what a network ends with, and what it minimises, by task
ENDS = {
    "classification": ("{Dense: {units: $n_classes, activation: softmax}}", "sparse_categorical_crossentropy"),
    "regression": ("{Dense: {units: $n_outputs}}", "mean_squared_error"),
    "multilabel": ("{Dense: {units: $n_outputs, activation: sigmoid}}", "binary_crossentropy"),
}


@dataclass(frozen=True)
class NewEntry:
    """A new entry: its id, its text with hash, facts and defaults filled in, and the runs that it would make."""

    id: str
    text: str
    keys: list[Key]


@dataclass(frozen=True)
class EntryRequest:
    """What a new entry is to declare: `values` by field, and where its `data` come from.

    `data` may be empty where `values["from"]` names an entry to begin with. `template` is the name of one.
    """

    values: dict[str, Any]
    data: dict[str, Any]
    template: str | None = None


def draft_entry(journal: Journal, root: Path, request: EntryRequest, *, ask: AskWorker, also: Iterable[str] = ()) -> NewEntry:
    """Return a new entry that runs as written.

    `also` are ids of entries that are written with this one. Raises EntryError, DataError or UsageError for what would not run.
    """
    lab, refs, template = journal.lab, journal.refs, request.template
    ids = [*journal.ids(), *also]
    asked = dict(request.values)
    for name in ("baseline", "replicates", "from"):
        if asked.get(name):
            asked[name] = match_id(asked[name], ids)
    values = {**inherit_values(lab, refs, asked["from"]), **asked} if asked.get("from") else dict(asked)
    if request.data:
        values["data"] = request.data
    tables = in_columns(values["data"])
    own = _own_function(values.get("procedure"))
    if own:
        values["procedure"] = own
    elif template == "python":
        raise UsageError("the template needs your function", hint='-e "python: package.module:function"')
    filled = _read_template(lab, refs, template or ("python" if own else "tabular" if tables else "sklearn"))
    for name, option in (("procedure", "-e"), ("parameters", "-p")):
        if asked.get(name) and f"${name}" not in filled:
            raise UsageError(f"the template `{template}` sets its own {name}", hint=f"leave {option} out, and edit the entry")
    identifier = new_id(values["title"], date.today(), ids)  # noqa: DTZ011 - the day where the person is
    workplace = planning.Workplace(root, lab.repository.private, ask)
    entry = _entry(filled, {"procedure": ["passthrough"], **values}, identifier)
    try:
        declared = planning.inspect_data(entry, workplace)
    except TrustError as fault:  # the entry is not written yet, so its function is named instead
        hint = fault.hint.replace(f"trust {entry.short_id}", f"trust {_trust_argument(fault.message.partition(' ')[0], own)}")
        raise TrustError(fault.message, hint=hint) from None
    if template == "text" and not isinstance(declared.data.get("features"), str):
        values["data"] = {**values["data"], "features": _text_column(declared.facts)}
        entry = _entry(filled, {"procedure": ["passthrough"], **values}, identifier)
        declared = planning.inspect_data(entry, workplace)
    values = {"procedure": default_steps(declared.facts, declared.task, mixed=tables), **values}
    steps = asked.get("procedure") or []
    if not own and tables and len(steps) == 1 and _wants_columns(declared, steps[0]):
        values["procedure"] = ["tabular", *steps]
    values |= {"task": declared.task, "split": declared.split, "metrics": declared.metrics}
    values["data"] = {**declared.data, "hash": declared.hash, "facts": declared.facts}
    entry = _entry(filled, values, identifier)
    plan = planning.make_plan(entry, workplace)
    planning.validate_procedures(entry, plan, plan.runs, ask=ask)
    expectations.prepare_expectations(journal, plan, final=False)
    return NewEntry(identifier, plan.text, [run.key for run in plan.runs])


def in_columns(data: dict[str, Any]) -> bool:
    """Whether data are a table, whose columns may be of several kinds."""
    return "path" in data and not data["path"].endswith(".npz")


def _wants_columns(declared: declaration.Declared, step: Any) -> bool:
    """Whether the columns of a table must be prepared for a model; a dummy looks at none."""
    return set(declared.facts["columns"]) != {"text"} and not estimator_label([step]).startswith("Dummy")


def _own_function(steps: Any) -> dict[str, Any] | None:
    """Return the one step `python: package.module:function` as the procedure that it is."""
    step = steps[0] if isinstance(steps, list) and len(steps) == 1 else None
    return step if isinstance(step, dict) and "python" in step else None


def _trust_argument(function: str, own: dict[str, Any] | None) -> str:
    """Return how a function is named to `gitjournal trust`, with the files that go with it."""
    code = own.get("code") or [] if own and own.get("python") == function else []
    return " ".join([function, *(f"--code {path}" for path in code)])


def _text_column(facts: dict[str, Any]) -> str:
    """Return the one column of text. Raises UsageError where there is none, or several."""
    texts: list[str] = facts.get("columns", {}).get("text") or []
    if len(texts) != 1:
        listed = f"{len(texts)}: {', '.join(texts[:MAX_LISTED])}" if texts else "none"
        raise UsageError(f"which column holds the text? found {listed}", hint="say it with --features COLUMN")
    return texts[0]


def _entry(template: str, values: dict[str, Any], identifier: str) -> Entry:
    return parse(fill_template(template, values, file="the template"), entry_id=identifier, file="the new entry")


def inherit_values(lab: Lab, refs: Iterable[str], entry_id: str) -> dict[str, Any]:
    """Return what another entry declares, without title, hypothesis and comparisons, which are its own."""
    page = lab.path / page_path(entry_id)
    text = page.read_text(encoding="utf-8") if page.is_file() else next(filter(None, (entry_text(lab, entry_id, ref) for ref in refs)))
    declared: dict[str, Any] = msgspec.to_builtins(parse(text, entry_id=entry_id, file=page_path(entry_id)).front)
    data = {key: value for key, value in declared["data"].items() if key not in ("hash", "facts")}
    fields = ("task", "split", "procedure", "parameters", "grid", "seeds", "metrics", "baseline", "tags")
    return {"data": data, **{key: declared[key] for key in fields if key in declared}}


def new_id(title: str, today: date, taken: Iterable[str]) -> str:
    """Return an id such as ``20261121-rbf-beats-linear-k3f9``: date, words, and four random letters not taken yet."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)
    slug = ""
    for word in words:
        if slug and len(slug) + len(word) >= 40:
            break
        slug = f"{slug}-{word}" if slug else word[:40]
    used = {identifier[-4:] for identifier in taken}
    while True:
        suffix = "".join(secrets.choice(SUFFIX_LETTERS) for _ in range(4))
        if suffix not in used:
            return f"{today:%Y%m%d}-{slug or 'entry'}-{suffix}"


def find_data_files(root: Path, lab: Path) -> list[str]:
    """Return the data files below `root`, nearest first, at most `MAX_LISTED`; hidden folders and lab/ are left out."""
    paths: list[str] = []
    for folder, folders, files in os.walk(root):
        here = Path(folder)
        depth = len(here.relative_to(root).parts)
        folders[:] = sorted(name for name in folders if not name.startswith(".") and here / name != lab and depth < 4)
        paths += [(here / name).relative_to(root).as_posix() for name in sorted(files) if name.endswith(DATA_SUFFIXES)]
    return sorted(paths, key=lambda name: (name.count("/"), name))[:MAX_LISTED]


def data_source(named: str, root: Path) -> dict[str, Any]:
    """Read `--data`: ``sklearn:digits``, ``python:package.module:function``, a folder of images, or the path of a file."""
    for source in ("sklearn", "python"):
        if named.startswith(f"{source}:"):
            return {source: named.removeprefix(f"{source}:")}
    if (root / named).is_dir():
        return {"images": Path(named).as_posix()}
    return {"path": Path(named).as_posix()}


def default_steps(facts: dict[str, Any], task: str, *, mixed: bool) -> list[Any]:
    """Return the default procedure: a linear model on scaled numbers, or on what `tabular` makes of mixed columns."""
    model: Any = {"Ridge": {"alpha": 1.0}} if task == "regression" else {"LogisticRegression": {"max_iter": 1000}}
    if task == "multilabel":
        model = {"RandomForestClassifier": {"n_estimators": 200}}
    if set(facts.get("columns", {})) == {"text"} and facts.get("n_features") == 1:
        return ["TfidfVectorizer", model]
    return ["tabular" if mixed else "StandardScaler", model]


def _read_template(lab: Lab, refs: Iterable[str], name: str) -> str:
    """Return the journal's own template, from lab/ or a branch, else a built-in one."""
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        raise UsageError(f"`{name}` is not a template's name: letters, digits, - and _")
    path = f"templates/{name}.md"
    own = lab.path / path
    if own.is_file() and not own.is_symlink():
        return own.read_text(encoding="utf-8", errors="replace")
    stored = next(filter(None, (lab.repository.blob(f"{ref}:{path}") for ref in refs)), None)
    if stored is not None:
        return stored.decode(errors="replace")
    if name not in BUILT_IN:
        raise UsageError(f"no template `{name}`{nearest(name, BUILT_IN) or '; built in: ' + ', '.join(BUILT_IN)}")
    return resources.text(path)


def fill_template(template: str, values: dict[str, Any], *, file: str) -> str:
    """Return the entry's text: each `$field` replaced by its value as YAML, lines of empty fields commented out.

    Raises EntryError with the line of a field that does not exist.
    """
    spelled = {name: _spell(values.get(name), block=name in ("data", "procedure")) for name in FIELDS}
    spelled["last_layer"], spelled["loss"] = ENDS[values.get("task") or "classification"]  # these are YAML already
    lines = []
    for number, line in enumerate(template.split("\n"), start=1):
        try:
            pattern = string.Template(line)
            names = pattern.get_identifiers()
            filled = pattern.substitute(spelled)
        except (KeyError, ValueError) as fault:
            unknown = str(fault.args[0]) if isinstance(fault, KeyError) else ""
            message = f"no field `${unknown}`{nearest(unknown, FIELDS)}" if unknown else "a single `$`; write `$$` for a dollar"
            raise EntryError(message, place=Place(file, number)) from None
        empty = len(names) == 1 and spelled[names[0]] == "" and re.match(r"[a-z]+: \$", line)
        lines.append(f"# {filled}" if empty else filled.replace(": \n", ":\n"))
    return "\n".join(lines)


def _spell(value: Any, *, block: bool) -> str:
    if value in (None, [], {}, ""):
        return ""
    if block and isinstance(value, dict):
        return "".join(f"\n  {yaml_text.dump_inline(key)}: {yaml_text.dump_inline(part)}" for key, part in value.items())
    if block and isinstance(value, list):
        return "".join(f"\n  - {yaml_text.dump_inline(part)}" for part in value)
    return yaml_text.dump_inline(value)


def write_draft(lab: Lab, drafted: NewEntry) -> Path:
    """Write a new entry into lab/, never over another file. It is a draft: nothing is committed."""
    if not lab.path.is_dir():
        raise GitjournalError(f"{lab.path} is not there", hint="bring it back with: gitjournal init")
    path = lab.path / page_path(drafted.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8") as file:
        file.write(drafted.text)
    return path
