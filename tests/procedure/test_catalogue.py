"""The reference: complete, quick, append-only, and the same as the installed scikit-learn."""

from __future__ import annotations

import importlib
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from gitjournal.procedure import catalogue
from gitjournal.procedure.catalogue import ClassSpec, Parameter, Reference, lookup, nearest, version_key
from gitjournal.worker.models import reference_sklearn as maintenance


def parameter(owner: str, name: str) -> Parameter:
    spec = lookup(owner)
    assert spec is not None
    return spec.params[name]


def test_a_class_is_known_by_its_short_and_its_full_name() -> None:
    assert lookup("SVC") == lookup("sklearn.svm.SVC")
    assert lookup("SVC").path == "sklearn.svm.SVC"  # type: ignore[union-attr]
    assert lookup("SVC").kind == "classifier"  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["svc", "SVCC", "os.system", "sklearn.svm._classes.SVC", "numpy.load", "", "sklearn", "builtins.eval"])
def test_other_names_are_not_known(name: str) -> None:
    assert lookup(name) is None


def test_the_nearest_name_is_offered() -> None:
    assert nearest("SVCC") == "; did you mean `SVC`?"
    assert nearest("RandomForrestClassifier") == "; did you mean `RandomForestClassifier`?"
    assert nearest("qqqqqqqqqq") == ""


def test_loading_takes_under_five_milliseconds() -> None:
    blob = catalogue.REFERENCE.read_bytes()
    best = min(timed(blob) for _ in range(10))
    assert best < 0.005


def timed(blob: bytes) -> float:
    start = time.perf_counter()
    catalogue.decode(blob)
    return time.perf_counter() - start


def test_looking_up_imports_neither_scikit_learn_nor_numpy() -> None:
    code = "import sys; from gitjournal.procedure import catalogue as c; c.lookup('SVC')"
    code += "; print(sorted({'sklearn', 'numpy'} & set(sys.modules)))"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert process.stdout.strip() == "[]"


def test_every_estimator_of_the_installed_version_is_in_it() -> None:
    installed = maintenance.describe_sklearn()
    assert set(installed.known) <= set(catalogue.reference().known)
    for path, spec in installed.known.items():
        assert set(spec.params) <= set(catalogue.reference().known[path].params), path


def test_the_installed_version_adds_nothing_new_so_the_file_is_up_to_date(tmp_path: Path) -> None:
    file = tmp_path / "reference" / "schema-1.json"
    file.parent.mkdir()
    file.write_bytes(catalogue.REFERENCE.read_bytes())
    assert maintenance.update(file) == []


def test_every_default_is_that_of_the_installed_version_or_is_said_to_differ() -> None:
    version = maintenance.sklearn.__version__
    for path, spec in maintenance.describe_sklearn().known.items():
        for name, new in spec.params.items():
            old = catalogue.reference().known[path].params[name]
            if old.is_required or new.is_required:
                continue
            assert new.default == old.default_in(version) or new.default in old.same or new.default in maintenance.SENTINELS, (
                f"{path}.{name}"
            )


def test_what_is_listed_is_imported_from_the_path_that_is_listed() -> None:
    for path in maintenance.describe_sklearn().known:
        module, _, short = path.rpartition(".")
        assert getattr(importlib.import_module(module), short).__name__ in (short, "absolute", "amax", "amin"), path


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        ("RandomForestClassifier", "max_features"),
        ("RandomForestClassifier", "max_samples"),
        ("DecisionTreeClassifier", "min_samples_split"),
        ("DecisionTreeClassifier", "min_samples_leaf"),
        ("CountVectorizer", "max_df"),
        ("TfidfVectorizer", "min_df"),
        ("PCA", "n_components"),
        ("HistGradientBoostingClassifier", "validation_fraction"),
        ("OPTICS", "min_samples"),
        ("OneHotEncoder", "min_frequency"),
        ("RFE", "n_features_to_select"),
        ("RFE", "step"),
    ],
)
def test_counts_and_shares_are_told_apart(owner: str, name: str) -> None:
    assert parameter(owner, name).numbers == "both"


@pytest.mark.parametrize(
    ("owner", "name", "numbers"),
    [("SVC", "C", "real"), ("SVC", "degree", "int"), ("RandomForestClassifier", "n_estimators", "int"), ("RBF", "length_scale", "real")],
)
def test_other_numbers_mean_one_thing(owner: str, name: str, numbers: str) -> None:
    assert parameter(owner, name).numbers == numbers


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        ("TfidfVectorizer", "ngram_range"),
        ("MLPClassifier", "hidden_layer_sizes"),
        ("MinMaxScaler", "feature_range"),
        ("RobustScaler", "quantile_range"),
        ("RBF", "length_scale_bounds"),
    ],
)
def test_it_says_where_a_list_must_be_a_tuple(owner: str, name: str) -> None:
    assert parameter(owner, name).tuple


def test_it_says_where_an_estimator_or_a_function_stands() -> None:
    assert parameter("BaggingClassifier", "estimator").takes == "estimator"
    assert parameter("GaussianProcessRegressor", "kernel").takes == "estimator"
    assert parameter("SelectKBest", "score_func").takes == "function"
    assert parameter("SVC", "kernel").takes == ""
    assert parameter("Pipeline", "memory").takes == ""


def test_defaults_that_json_has_no_word_for_are_spelled() -> None:
    assert parameter("SelectKBest", "score_func").default == {"function": "sklearn.feature_selection.f_classif"}
    assert parameter("SimpleImputer", "missing_values").default == {"float": "nan"}
    assert parameter("OneHotEncoder", "dtype").default == "float64"
    assert parameter("Pipeline", "steps").is_required


def test_sentinels_are_other_spellings_of_the_first_default() -> None:
    assert parameter("SVC", "probability").same == ["deprecated"]
    assert parameter("LogisticRegression", "penalty").default == "l2"
    assert "deprecated" in parameter("LogisticRegression", "penalty").same


def test_a_default_that_really_changed_stands_beside_the_first_one() -> None:
    algorithm = parameter("AdaBoostClassifier", "algorithm")
    assert algorithm.default == algorithm.default_in("") == algorithm.default_in("1.5.2") == "SAMME.R"
    assert algorithm.default_in("1.6.0") == algorithm.default_in("1.10") == "SAMME"


def test_versions_are_ordered_by_number() -> None:
    assert version_key("1.5.2") < version_key("1.6") < version_key("1.9.1") < version_key("1.10.0rc1") < version_key("1.11.dev0+abc")


OLD = Reference(1, ["1.0"], {"p.A": ClassSpec("classifier", {"a": Parameter(default=1), "b": Parameter(default="x"), "r": Parameter()})})


def appended(version: str, **params: Parameter) -> ClassSpec:
    return maintenance.append(OLD, Reference(1, [version], {"p.A": ClassSpec("classifier", params)})).known["p.A"]


def test_appending_never_changes_or_drops_a_default() -> None:
    new = appended("2.0.1", a=Parameter(default=2), b=Parameter(default="deprecated"), r=Parameter(default=3))
    assert new.params["a"] == Parameter(default=1, later={"2.0": 2})
    assert new.params["b"] == Parameter(default="x", same=["deprecated"])
    assert new.params["r"].is_required
    assert appended("2.0").params == OLD.known["p.A"].params


def test_appending_adds_what_is_seen_for_the_first_time() -> None:
    new = appended("2.0", c=Parameter(default=0))
    assert new.params["c"] == Parameter(default=0)
    both = maintenance.append(OLD, Reference(1, ["2.0"], {"p.B": ClassSpec("other")}))
    assert list(both.known) == ["p.A", "p.B"]
    assert both.versions == ["1.0", "2.0"]


def test_appending_twice_is_appending_once() -> None:
    newer = Reference(1, ["2.0"], {"p.A": ClassSpec("classifier", {"a": Parameter(default=2), "b": Parameter(default="warn")})})
    once = maintenance.append(OLD, newer)
    assert maintenance.append(once, newer) == once


def test_the_file_is_written_as_it_is_read() -> None:
    text = catalogue.REFERENCE.read_text()
    assert maintenance.encode(catalogue.decode(text.encode())) == text
    assert msgspec.json.decode(text)["schema"] == 1
