"""The protocol between a program and its worker processes, all in one place: jobs, answers and errors, a JSON object a line.

Both sides import it, so it needs msgspec alone and loads no numerical library. A job is told by its `do`, and names its `answer`.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Protocol, Self, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from gitjournal.entry.record import Failure, Scores
from gitjournal.errors import DataError, EntryError, GitjournalError, Place, TrustError
from gitjournal.stats.evidence import BootstrapResult

ERRORS: dict[str, type[GitjournalError]] = {kind.kind: kind for kind in (EntryError, DataError, TrustError)}

A = TypeVar("A")
A_co = TypeVar("A_co", covariant=True)


class Job(Protocol[A_co]):
    """A job, as its answer is typed: every struct below that has an `answer`."""

    @property
    def answer(self) -> type[A_co]:
        """The type of what comes back."""
        ...


class AskWorker(Protocol):
    """Whoever has one job done and waits for its answer."""

    def __call__(self, job: Job[A], /) -> A | ErrorReply:
        """Return the answer, or what was refused."""
        ...


class ErrorReply(msgspec.Struct, frozen=True):
    """A job that was refused. `path` is a key of the front matter, `index` says which procedure of a `ValidateJob`."""

    kind: str
    message: str
    hint: str = ""
    path: list[str | int] = []
    index: int | None = None

    @classmethod
    def from_error(cls, error: GitjournalError, index: int | None = None) -> Self:
        """Return an error as it is sent."""
        return cls(error.kind, error.message, error.hint, list(error.path), index)

    def to_error(self, place: Place | None = None) -> GitjournalError:
        """Return the error to raise, at its place in a file."""
        return ERRORS.get(self.kind, GitjournalError)(self.message, hint=self.hint, place=place)


class Environment(msgspec.Struct, frozen=True):
    """What numbers depend on besides the declaration: versions, machine, BLAS kernel, threads."""

    python: str
    versions: dict[str, str]
    machine: str
    system: str
    kernel: str | None = None
    threads: int | None = None
    blas_threads: int | None = None


class RunProgress(msgspec.Struct, frozen=True):
    """How far a run has come: the fold that has ended, or within it the epoch of a network, with what is minimised (null for NaN)."""

    fold: int
    of: int
    epoch: int | UnsetType = UNSET
    epochs: int | UnsetType = UNSET
    loss: float | UnsetType | None = UNSET
    val_loss: float | UnsetType | None = UNSET


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line from a worker process; one of its fields is set. `ok` is the answer to a job, still JSON."""

    ready: Environment | None = None
    progress: RunProgress | None = None
    ok: msgspec.Raw = msgspec.Raw()  # in no union: msgspec reads no Raw there
    error: ErrorReply | None = None


# answers


class Inspection(msgspec.Struct, frozen=True):
    """Data as a worker has read them: hash, facts, and what is declared with every default.

    `sealed` is the digest of the test rows, `findings` what stands in two parts of the split.
    """

    hash: str
    facts: dict[str, Any]
    data: dict[str, Any]
    task: str
    split: dict[str, Any]
    metrics: list[str]
    sealed: str | None = None
    findings: list[dict[str, Any]] = []


class Validated(msgspec.Struct, frozen=True):
    """Every procedure can be built."""


class DuplicateRows(msgspec.Struct, frozen=True, omit_defaults=True):
    """How many rows are alike within the data, and what two parts of a split share.

    `exact` and `rounded` are (rows with their like earlier, the first few of them counted from 1). `parts` are the rows of each
    part of the first of `folds`; the last three are there where a split was asked about.
    """

    hash: str
    rows: int
    digits: int
    exact: tuple[int, list[int]]
    rounded: tuple[int, list[int]]
    folds: int = 0
    parts: dict[str, int] = {}
    across: list[dict[str, Any]] = []


class SplitRows(msgspec.Struct, frozen=True, kw_only=True):
    """The row numbers of each part of each fold, from 0 and ascending, but for those of the test part: of it the count alone.

    `rows` are all that the data have, `split` is the effective one, `seed` that of the run where the split goes by it. `digests` are
    those of records, with that of the test part.
    """

    hash: str
    rows: int
    split: dict[str, Any]
    seed: int | None
    test: int | None
    digests: dict[str, str]
    folds: list[dict[str, list[int]]]


class RunResult(msgspec.Struct, frozen=True, kw_only=True):
    """One run, as its record holds it: see `entry.record.Record` for the fields that they share.

    `log` is what was printed. `environment` is that of another machine, where the run was made on one.
    """

    status: Literal["done", "failed"]
    failure: Failure | None = None
    metrics: Scores = {}
    folds: dict[str, dict[str, list[float | None]]] = {}
    rows: dict[str, int] = {}
    parts: dict[str, str] = {}
    hits: str | None = None
    predictions: str | None = None
    curves: dict[str, list[float | None]] = {}
    findings: list[str] = []
    seconds: float | None = None
    memory_mb: int | None = None
    flags: dict[str, str] = {}
    artifacts: dict[str, str] = {}
    log: str = ""
    environment: Environment | None = None


class FinalResult(msgspec.Struct, frozen=True):
    """The metrics of the test part, with their standard errors over rows where these are not plain.

    `rows` were scored and `learned` learned from, `part` is the digest of the former.
    """

    metrics: dict[str, float]
    errors: dict[str, float]
    rows: int
    learned: int
    part: str
    predictions: str
    seconds: float


class KeptModel(msgspec.Struct, frozen=True):
    """A model as a file; `fitted` says that it was fitted again, `rows` how many predictions proved it."""

    file: str
    sha256: str
    bytes: int
    rows: int
    fitted: bool


class Predicted(msgspec.Struct, frozen=True):
    """Predictions were written once more, of so many rows."""

    rows: int


class MetricValues(msgspec.Struct, frozen=True):
    """Metrics by name, as means over folds and, where there are several, by fold; null where one is not defined."""

    metrics: dict[str, float | None]
    folds: dict[str, list[float | None]]


class ConfusionCounts(msgspec.Struct, frozen=True):
    """The codes of the classes that occur, and how often each (row) was taken for each (column)."""

    codes: list[int]
    counts: list[list[int]]


# jobs


class ValidateJob(msgspec.Struct, frozen=True, tag_field="do", tag="validate", kw_only=True):
    """Build every procedure, fit none; `metrics` are checked against what the models offer, and networks against the facts."""

    answer: ClassVar[type[Validated]] = Validated
    procedures: list[Any]
    root: str = "."
    task: str | None = None
    metrics: list[str] | None = None
    facts: dict[str, Any] | None = None


class DataJob(msgspec.Struct, frozen=True, tag_field="do", kw_only=True):
    """What all jobs on data say."""

    root: str
    cache: str
    data: dict[str, Any]
    hash: str | None = None
    task: str | None = None
    split: dict[str, Any] | None = None
    metrics: list[str] | None = None
    code: dict[str, Any] | None = None


class InspectJob(DataJob, frozen=True, tag="inspect", kw_only=True):
    """Look at data: hash, facts and effective defaults. With `own_metrics` a function may return metrics that nobody else knows."""

    answer: ClassVar[type[Inspection]] = Inspection
    own_metrics: bool = False


class DuplicatesJob(DataJob, frozen=True, tag="dups", kw_only=True):
    """Compare all rows; numbers are rounded to `digits`, by default `overlaps.DIGITS`.

    `group` and `time` are columns to look at, whatever the split goes by. With `divided` the parts of the split are looked at too.
    """

    answer: ClassVar[type[DuplicateRows]] = DuplicateRows
    digits: int | None = None
    group: str | None = None
    time: str | None = None
    divided: bool = False


class SplitJob(DataJob, frozen=True, tag="split", kw_only=True):
    """Divide the rows; `seed` is the run's, and counts under `seed: each`."""

    answer: ClassVar[type[SplitRows]] = SplitRows
    seed: int


class ModelJob(DataJob, frozen=True, kw_only=True):
    """What all jobs on one model say: a procedure and a seed. `store` is a folder for predictions, `memory_mb` a limit."""

    procedure: Any
    seed: int | None = None
    store: str | None = None
    memory_mb: int | None = None

    @classmethod
    def about(cls, job: ModelJob, **more: Any) -> Self:
        """Return a job of this kind on the model of another one; `more` are the fields that differ."""
        shared = {name: getattr(job, name) for name in ModelJob.__struct_fields__}
        return cls(**{**shared, **more})


class RunJob(ModelJob, frozen=True, tag="run", kw_only=True):
    """Fit and score one procedure with one seed."""

    answer: ClassVar[type[RunResult]] = RunResult


class PrepareJob(ModelJob, frozen=True, tag="prepare", kw_only=True):
    """Read the data and load the libraries that this run needs, and others like it. Nothing is answered, whatever comes of it."""


class FinalJob(ModelJob, frozen=True, tag="final", kw_only=True):
    """Fit as for a run, and score the test part. `expected` is the digest of the dev predictions on record.

    It is None under cross-validation, where the model learns from all rows outside the test part, as none on record did.
    """

    answer: ClassVar[type[FinalResult]] = FinalResult
    expected: str | None


class KeepJob(ModelJob, frozen=True, tag="keep", kw_only=True):
    """Make a run's model, write it into `folder`, and open it again; `expected` is the digest of the record's predictions.

    `file` is what the run itself kept, with its sha256 in the record: a network is opened and not trained where it is there.
    """

    answer: ClassVar[type[KeptModel]] = KeptModel
    folder: str
    expected: str
    file: str | None = None
    sha256: str | None = None


class PredictJob(ModelJob, frozen=True, tag="predict", kw_only=True):
    """Predict dev with the network that a run kept, and write into `store` what was predicted then.

    `file` and `sha256` are the kept network, `expected` is the digest of the record's predictions, `predictions` the sha256 of the
    file that the record names.
    """

    answer: ClassVar[type[Predicted]] = Predicted
    file: str
    sha256: str
    expected: str
    predictions: str


class ScoreJob(msgspec.Struct, frozen=True, tag_field="do", tag="score", kw_only=True):
    """Compute metrics from predictions that were kept, whose file has this sha256."""

    answer: ClassVar[type[MetricValues]] = MetricValues
    file: str
    sha256: str
    metrics: list[str]
    task: str
    n_classes: int | None = None


class ConfusionJob(msgspec.Struct, frozen=True, tag_field="do", tag="confuse", kw_only=True):
    """Count which class was taken for which, in predictions that were kept."""

    answer: ClassVar[type[ConfusionCounts]] = ConfusionCounts
    file: str
    sha256: str


class PredictionsFile(msgspec.Struct, frozen=True, kw_only=True):
    """The predictions of a run, whose file has this sha256."""

    file: str
    sha256: str


class BootstrapJob(msgspec.Struct, frozen=True, tag_field="do", tag="draw", kw_only=True):
    """Bootstrap the predictions of several runs. `runs` are the winner and what it was chosen from, `other` what it is compared with."""

    answer: ClassVar[type[BootstrapResult]] = BootstrapResult
    runs: list[PredictionsFile]
    metric: str
    task: str
    other: PredictionsFile | None = None
    n_classes: int | None = None
    grouped: bool = False


JOBS = (
    InspectJob
    | ValidateJob
    | PrepareJob
    | RunJob
    | KeepJob
    | PredictJob
    | ScoreJob
    | BootstrapJob
    | ConfusionJob
    | DuplicatesJob
    | SplitJob
    | FinalJob
)
