"""The data model of an entry: one question asked, as Markdown with YAML front matter.

The structures below are the one source of what may stand in the front matter: `parse` validates with them, and
`json_schema` hands the same to editors.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, field

from gitjournal import yaml_text
from gitjournal.errors import Place

ID_PATTERN = re.compile(r"[0-9]{8}-[a-z0-9]+(?:-[a-z0-9]+)*-[a-z0-9]{4}\Z")

# cells that mean "missing" where `na` says nothing; fixed here, since pandas adds to its own list from time to time
MISSING = ("", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "<NA>", "#N/A")

Share = Annotated[float, Meta(gt=0, lt=1)]
Positive = Annotated[int, Meta(ge=1)]
Count = Annotated[int, Meta(ge=0)]
Name = Annotated[str, Meta(min_length=1)]
Kind = Literal["number", "category", "text", "date"]
Task = Literal["classification", "regression", "multilabel"]
Color = Literal["rgb", "grayscale"]
Interpolation = Literal["nearest", "bilinear", "bicubic"]


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """The base of all structures: unknown keys are errors, and what has its default is not written."""


class Facts(Strict, frozen=True, kw_only=True):
    """Facts about the data as they were read; written by gitjournal."""

    n_rows: Count | None = None
    n_features: Count | None = None
    shape: list[Positive] | None = None
    n_outputs: Count | None = None
    classes: list[str | int | float | bool] | None = None
    columns: dict[Kind, list[str] | int] | None = None


class Files(Strict, frozen=True, kw_only=True):
    """One file for each part of a split that was made elsewhere."""

    train: Name
    dev: Name | None = None
    test: Name | None = None


class Arrays(Strict, frozen=True, kw_only=True):
    """The names of the arrays inside an .npz file."""

    X: Name = "X"
    y: Name = "y"


class Data(Strict, frozen=True, kw_only=True):
    """Where the data come from (exactly one source), and how they are read."""

    sklearn: (
        Annotated[Name, Meta(description="a data set that ships with scikit-learn: digits, iris, wine, breast_cancer, diabetes")] | None
    ) = None
    path: Annotated[Name, Meta(description="a .csv, .parquet or .npz file inside the repository")] | None = None
    images: Annotated[Name, Meta(description="a folder of images, one folder a class")] | None = None
    files: Annotated[Files, Meta(description="one file for each part, for a split that is given")] | None = None
    python: Annotated[Name, Meta(description="your own loader, as package.module:function; needs trust")] | None = None
    target: Annotated[Name | list[Name], Meta(description="the column to predict; a list for several labels")] | None = None
    features: (
        Annotated[Name | list[Name], Meta(description="the columns to predict from; one name alone is text, passed on as 1-D")] | None
    ) = None
    drop: Annotated[list[Name], Meta(description="columns to leave out")] | None = None
    types: Annotated[dict[str, Kind], Meta(description="column: number, category, text or date, where the file is misleading")] | None = (
        None
    )
    na: Annotated[list[str], Meta(description="cells that mean `missing`")] | None = None
    sep: Annotated[str, Meta(min_length=1, max_length=1, description="what stands between two cells")] | None = None
    encoding: Annotated[Name, Meta(description="how the file's text is encoded")] | None = None
    decimal: Annotated[str, Meta(min_length=1, max_length=1, description="the decimal mark")] | None = None
    arrays: Annotated[Arrays, Meta(description="the names of the arrays in an .npz file")] | None = None
    weights: Annotated[Name, Meta(description="the column of row weights")] | None = None
    positive: Annotated[str | int | float | bool, Meta(description="the label that counts as positive, for two classes")] | None = None
    size: Annotated[list[Positive], Meta(min_length=2, max_length=2, description="height and width of images")] | None = None
    color: Annotated[Color, Meta(description="how images are read")] | None = None
    interpolation: Annotated[Interpolation, Meta(description="how images are resized")] | None = None
    hash: Annotated[str, Meta(pattern=r"^sha256:[0-9a-f]{64}$", description="of the content; written by gitjournal")] | None = None
    facts: Annotated[Facts, Meta(description="what was seen in the data; written by gitjournal")] | None = None


class Split(Strict, frozen=True, kw_only=True):
    """How rows are divided. Shares are of all rows; test is drawn first."""

    dev: Share | None = None
    test: Share | None = None
    train_dev: Share | None = None
    cv: Annotated[int, Meta(ge=2)] | None = None
    repeats: Positive | None = None
    given: bool | None = None
    seed: Count | Literal["each"] | None = None
    shuffle: bool | None = None
    stratify: bool | None = None
    group: Annotated[Name, Meta(description="a column: rows that share its value stay together")] | None = None
    time: Annotated[Name, Meta(description="a column to sort by: the last rows are test, before them dev")] | None = None
    gap: Annotated[Count, Meta(description="rows left out between two parts of a split in time")] | None = None


class Checks(Strict, frozen=True, kw_only=True):
    """Which findings stop a run."""

    block: Annotated[list[Name], Meta(description="codes of findings that stop the run")] = []


class Budget(Strict, frozen=True, kw_only=True):
    """Limits on the number of runs and on their time."""

    runs: Positive | None = None
    hours: Annotated[float, Meta(gt=0)] | None = None


class FrontMatter(Strict, frozen=True, kw_only=True):
    """The front matter: what an entry declares."""

    title: Annotated[str, Meta(min_length=1, max_length=200, description="the question in a few words")]
    data: Annotated[Data, Meta(description="what is learned from")]
    procedure: Annotated[list[Any] | dict[str, Any], Meta(description="the steps, as make_pipeline takes them; or your own code")]
    hypothesis: Annotated[str, Meta(description="what you believe, and why, before you see the result")] | None = None
    expect: Annotated[str | list[str], Meta(description="the hypothesis as a comparison: dev.accuracy >= baseline + 0.01")] | None = None
    confidence: Annotated[float, Meta(ge=0, le=1, description="how sure you are, from 0 to 1")] | None = None
    baseline: Annotated[Name, Meta(description="the entry to compare with")] | None = None
    replicates: Annotated[Name, Meta(description="the entry whose runs this one repeats on purpose")] | None = None
    from_: Annotated[Name, Meta(description="the entry that this one was made from")] | None = field(default=None, name="from")
    retracted: Annotated[Name, Meta(description="why the results should not be believed")] | None = None
    task: Annotated[Task, Meta(description="by default it follows from the target")] | None = None
    split: Annotated[Split, Meta(description="how rows are divided")] | None = None
    parameters: Annotated[dict[str, Any], Meta(description="values by name: step__parameter, or $name in the procedure")] = {}
    grid: Annotated[dict[str, Any] | list[dict[str, Any]], Meta(description="values to try, every combination")] | None = None
    seeds: Annotated[list[Count] | Positive, Meta(description="a list, or 5 for 0 to 4")] | None = None
    metrics: Annotated[list[Name] | Name, Meta(description="what to measure; the first one decides")] | None = None
    levels: Annotated[dict[str, float], Meta(description="values to compare with, such as human: 0.98")] | None = None
    space: Annotated[dict[str, Any] | list[dict[str, Any]], Meta(description="where suggestions may look")] | None = None
    checks: Annotated[Checks, Meta(description="what findings do")] | None = None
    budget: Annotated[Budget, Meta(description="when to stop")] | None = None
    tags: Annotated[list[Name], Meta(description="words to find it by")] = []

    @property
    def expectations(self) -> list[str]:
        """The comparisons under `expect`, as they are written."""
        return [self.expect] if isinstance(self.expect, str) else self.expect or []

    @property
    def metric_names(self) -> list[str]:
        """The declared metrics, the deciding one first; none where the entry leaves the choice."""
        return [self.metrics] if isinstance(self.metrics, str) else self.metrics or []

    @property
    def seed_values(self) -> list[int]:
        """The seeds: a list as it is, `5` as 0 to 4, nothing as 0 alone."""
        if self.seeds is None:
            return [0]
        return list(range(self.seeds)) if isinstance(self.seeds, int) else list(dict.fromkeys(self.seeds))

    @property
    def grids(self) -> list[dict[str, Any]]:
        """The sub-grids, values to try by the name of their parameter; an empty one where there is no grid."""
        return self.grid if isinstance(self.grid, list) else [self.grid or {}]

    @property
    def steps(self) -> list[Any]:
        """The steps of the procedure; none where it is a function of one's own."""
        return self.procedure if isinstance(self.procedure, list) else []

    @property
    def own_function(self) -> str | None:
        """The function of one's own that is the procedure, as package.module:function; None where steps are declared."""
        return self.procedure.get("python") if isinstance(self.procedure, dict) else None


SOURCES = ("sklearn", "path", "images", "files", "python")


@dataclass(frozen=True)
class Entry:
    """One entry as it was read: what it declares, and the text it came from."""

    id: str
    front: FrontMatter
    body: str
    document: yaml_text.Document
    text: str

    @property
    def short_id(self) -> str:
        """The last four characters, which are random."""
        return self.id[-4:]

    def place(self, *path: str | int) -> Place:
        """Return where a value stands in the file."""
        return self.document.place(path)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the front matter, for editors."""
    schema = msgspec.json.schema(FrontMatter)
    definition = schema["$defs"]["FrontMatter"]
    definition["patternProperties"] = {"^x-": {}}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "gitjournal entry", **schema}
