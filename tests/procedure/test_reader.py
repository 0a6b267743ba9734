"""What an entry says about its procedure becomes a tree; every mistake is named with its line and column."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from gitjournal.entry.model import Facts
from gitjournal.errors import EntryError
from tests.support import trees

SCALER = {"class": "sklearn.preprocessing.StandardScaler", "params": {}}
FACTS = Facts(n_rows=100, n_features=3, classes=["a", "b"], columns={"number": ["x", "y"], "category": ["c"]})


def tree(text: str, *, point: int = 0, facts: Facts | None = FACTS, data: str = "{sklearn: iris}") -> list[Any]:
    return trees.tree(text, facts, point=point, data=data)


def svc(**params: Any) -> dict[str, Any]:
    return {"class": "sklearn.svm.SVC", "params": params}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[SVC]", [["svc", svc()]]),
        ("[sklearn.svm.SVC]", [["svc", svc()]]),
        ("[SVC: {C: 10}]", [["svc", svc(C=10)]]),
        ("[{SVC: null}]", [["svc", svc()]]),
        ("[{clf: SVC}]", [["clf", svc()]]),
        ("[{clf: {SVC: {C: 10}}}]", [["clf", svc(C=10)]]),
        ("[[clf, SVC]]", [["clf", svc()]]),
        ("[{scale: passthrough}, SVC]", [["scale", "passthrough"], ["svc", svc()]]),
        ("[StandardScaler, SVC]", [["standardscaler", SCALER], ["svc", svc()]]),
        ("[StandardScaler, SVC, StandardScaler]", [["standardscaler-1", SCALER], ["svc", svc()], ["standardscaler-2", SCALER]]),
        ("[StandardScaler, {again: StandardScaler}, SVC]", [["standardscaler", SCALER], ["again", SCALER], ["svc", svc()]]),
        ("[SVC: {class_weight: {0: 1, 1: 2.5}}]", [["svc", svc(class_weight={"map": [[0, 1], [1, 2.5]]})]]),
        ("[SVC: {class_weight: {SVC: 1}}]", [["svc", svc(class_weight={"map": [["SVC", 1]]})]]),
        ("[SVC: {C: .inf}]", [["svc", svc(C={"float": "inf"})]]),
        ("[SVC: {n_jobs: 2}]", None),
    ],
)
def test_the_ways_to_write_a_step(text: str, expected: list[Any] | None) -> None:
    if expected is None:
        with pytest.raises(EntryError, match="SVC has no parameter `n_jobs`"):
            tree(f"procedure: {text}")
    else:
        assert tree(f"procedure: {text}") == expected


def only(text: str, **keywords: Any) -> dict[str, Any]:
    node = tree(f"procedure: [{text}]", **keywords)[0][1]
    assert isinstance(node, dict)
    return node


@pytest.mark.parametrize("inner", ["DecisionTreeClassifier", "{DecisionTreeClassifier: {}}", "{DecisionTreeClassifier: null}"])
def test_estimators_nest(inner: str) -> None:
    node = only(f"BaggingClassifier: {{estimator: {inner}}}")
    assert node["params"]["estimator"] == {"class": "sklearn.tree.DecisionTreeClassifier", "params": {}}


def test_a_mapping_with_one_known_class_is_an_object() -> None:
    node = only("GaussianProcessRegressor: {kernel: {Sum: {k1: {RBF: {length_scale: 1}}, k2: WhiteKernel}}}")
    kernel = node["params"]["kernel"]
    assert kernel["class"] == "sklearn.gaussian_process.kernels.Sum"
    assert kernel["params"]["k1"] == {"class": "sklearn.gaussian_process.kernels.RBF", "params": {"length_scale": 1}}
    assert kernel["params"]["k2"]["class"] == "sklearn.gaussian_process.kernels.WhiteKernel"


def test_a_splitter_is_an_object_and_a_number_stays_one() -> None:
    assert only("RidgeCV: {cv: {KFold: {n_splits: 3}}}")["params"]["cv"]["class"] == "sklearn.model_selection.KFold"
    assert only("RidgeCV: {cv: 3}")["params"]["cv"] == 3


def test_a_list_where_an_estimator_stands_is_a_pipeline() -> None:
    node = only("BaggingClassifier: {estimator: [StandardScaler, SVC]}")["params"]["estimator"]
    assert node == {"class": "sklearn.pipeline.Pipeline", "params": {"steps": {"named": [["standardscaler", SCALER], ["svc", svc()]]}}}


@pytest.mark.parametrize(
    "written",
    ["[{lr: LogisticRegression}, {rf: {SVC: {C: 2}}}]", "[[lr, LogisticRegression], [rf, {SVC: {C: 2}}]]"],
)
def test_named_estimators_are_mappings_or_pairs(written: str) -> None:
    node = only(f"VotingClassifier: {{estimators: {written}}}")
    logistic = {"class": "sklearn.linear_model.LogisticRegression", "params": {}}
    assert node["params"]["estimators"] == {"named": [["lr", logistic], ["rf", svc(C=2)]]}


def test_named_estimators_without_names_are_named_as_steps_are() -> None:
    node = only("FeatureUnion: {transformer_list: [PCA, PCA, StandardScaler]}")
    assert [part[0] for part in node["params"]["transformer_list"]["named"]] == ["pca-1", "pca-2", "standardscaler"]


def test_a_column_transformer_says_its_columns() -> None:
    node = only(
        "ColumnTransformer: {transformers: [{num: [SimpleImputer, StandardScaler], columns: [a, b]}, {TfidfVectorizer: {}, columns: t}]}"
    )
    first, second = node["params"]["transformers"]["named"]
    assert (first[0], first[1]["class"], first[2]) == ("num", "sklearn.pipeline.Pipeline", ["a", "b"])
    assert (second[0], second[2]) == ("tfidfvectorizer", "t")


def test_functions_are_given_by_name() -> None:
    assert only("SelectKBest: {score_func: chi2}")["params"]["score_func"] == {"function": "sklearn.feature_selection.chi2"}
    assert only("FunctionTransformer: {func: log1p}")["params"]["func"] == {"function": "numpy.log1p"}
    node = only("TransformedTargetRegressor: {regressor: Ridge, func: log, inverse_func: numpy.exp}")
    assert node["params"]["inverse_func"] == {"function": "numpy.exp"}


MISTAKES = [
    ("procedure: [SVCC]", "4:13", "unknown estimator `SVCC`; did you mean `SVC`?"),
    ("procedure:\n  - SVC: {C: 1}\n  - SVCC: {C: 1}", "6:5", "unknown estimator `SVCC`; did you mean `SVC`?"),
    ("procedure: [{clf: SVCC}]", "4:19", "unknown estimator `SVCC`"),
    ("procedure: [{clf: {SVCC: {}}}]", "4:20", "unknown estimator `SVCC`"),
    ("procedure:\n  - SVC: {C: 1, gama: 2}", "5:17", "SVC has no parameter `gama`; did you mean `gamma`?"),
    ("procedure: [BaggingClassifier: {estimator: {SVC: {gama: 2}}}]", "4:51", "SVC has no parameter `gama`"),
    ("procedure: [BaggingClassifier: {estimator: {Svcc: {}}}]", "4:45", "unknown estimator `Svcc`"),
    ("procedure: [BaggingClassifier: {estimator: Svcc}]", "4:44", "unknown estimator `Svcc`"),
    ("procedure: [SVC: 3]", "4:18", "are a mapping"),
    ("procedure: [chi2]", "4:13", "is a function"),
    ("procedure: [3]", "4:13", "a step is a class"),
    ("procedure: [{a: SVC, b: SVC}]", "4:13", "a step is a class"),
    ("procedure: []", "4:12", "no steps"),
    ("procedure: [{a: SVC}, {a: SVC}]", "4:23", "two steps are named `a`"),
    ("procedure: [{a__b: SVC}]", "4:13", "cannot name a step"),
    ("procedure: [{memory: SVC}]", "4:13", "cannot name a step"),
    ("procedure: [SVC: {C: $nope}]", "4:22", "nothing is called `$nope`"),
    ("procedure: [SVC: {C: $n_feature}]", "4:22", "did you mean `n_features`?"),
    ("procedure: [SVC: {C: $n_train}]", "4:22", "known where a network is trained"),
    ("procedure: [SVC]\nparameters: {svc__gama: 1}", "5:14", "did you mean `gamma`?"),
    ("procedure: [SVC]\nparameters: {scv__gamma: 1}", "5:14", "no step is named `scv`; did you mean `svc`?"),
    ("procedure: [SVC]\nparameters: {window: 1}", "5:14", "nothing uses `$window`"),
    ("procedure: [SVC]\nparameters: {svc: LinearSVC}", "5:14", "swapped in `grid` only"),
    ("procedure: [SVC: {C: 1}]\nparameters: {svc__C: 1}", "5:14", "declared twice"),
    ("procedure: [SVC: {C: 1}]\ngrid: {svc__C: [1]}", "5:8", "declared twice"),
    ("procedure: [SVC]\nparameters: {svc__C: 1}\ngrid: {svc__C: [1]}", "5:14", "in `parameters` and in `grid`"),
    ("procedure: [SVC]\ngrid: {svc__gama: [1]}", "5:8", "did you mean `gamma`?"),
    ("procedure: [SVC]\ngrid: {c: [1]}", "5:8", "nothing uses `$c`"),
    ("procedure: [{clf: SVC}]\ngrid:\n  - {clf: [Svcc, SVC]}", "6:12", "unknown estimator `Svcc`; did you mean `SVC`?"),
    ("procedure: [{clf: SVC}]\ngrid: {clf: [{SVC: {gama: 1}}]}", "5:21", "did you mean `gamma`?"),
    ("procedure: [BaggingClassifier]\nparameters: {baggingclassifier__estimator__C: 1}", "5:14", "no declared estimator"),
    ("procedure: [{s: passthrough}, SVC]\nparameters: {s__C: 1}", "5:14", "takes no parameters"),
    ("procedure: [VotingClassifier: {estimators: SVC}]", "4:44", "takes a list"),
    ("procedure: [ColumnTransformer: {transformers: [StandardScaler]}]", "4:48", "columns"),
    ("procedure: [ColumnTransformer: {transformers: [{a: StandardScaler}]}]", "4:48", "says its `columns`"),
    ("procedure: [ColumnTransformer: {transformers: [{a: StandardScaler, columns: {a: 1}}]}]", "4:77", "`columns` takes"),
    ("procedure: {python: a.b:c, files: [x]}", "4:28", "`files` does not go with `python`"),
    ("procedure: {python: a.b:c, code: x.sql}", "4:21", "code: [files that it reads]"),
    ("procedure: {python: a.b:c}\nparameters: {a-b: 1}", "5:14", "no name of a parameter"),
    ("procedure: [StandardScaler, {python: a.b:c}]", "4:30", "a procedure of its own"),
    ("procedure: [BaggingClassifier: {estimator: {SVC: {}, NuSVC: {}}}]", "4:44", "one class"),
]


@pytest.mark.parametrize(("text", "place", "words"), MISTAKES)
def test_a_mistake_is_named_with_its_line_and_column(text: str, place: str, words: str) -> None:
    with pytest.raises(EntryError) as fault:
        tree(text)
    assert words in str(fault.value)
    assert str(fault.value.place) == f"lab/e.md:{place}"


def test_no_machine_learning_library_is_imported() -> None:
    code = (
        "import sys; from gitjournal.procedure import reader as procedure, identity\n"
        "print(sorted({'sklearn', 'numpy', 'pandas', 'scipy'} & set(sys.modules)))"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert process.stdout.strip() == "[]"
