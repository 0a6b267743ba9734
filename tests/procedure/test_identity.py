"""The fingerprint: what may not change it, what must, and what it says about itself."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitjournal import yaml_text
from gitjournal.entry import edit, grid
from gitjournal.entry.model import MISSING, Facts
from gitjournal.entry.parse import parse
from gitjournal.procedure import canonical_text, configuration, declaration, reader
from gitjournal.procedure.catalogue import lookup, reference
from tests.support import trees
from tests.support.trees import read

HASH = "sha256:" + "0" * 64
FACTS = Facts(n_rows=100, n_features=3, classes=["a", "b"], columns={"number": ["x", "y"], "category": ["c"]})
SPLIT = {"dev": 0.2, "test": 0.2, "seed": 0, "shuffle": True, "stratify": True}
DATA = {"path": "data/churn.csv", "target": "churned"}


def tree(text: str, point: int = 0) -> list[Any]:
    return trees.tree(text, FACTS, point=point)


def text_of(procedure_text: str, *, point: int = 0, version: str = "") -> str:
    return trees.canonical(DATA, HASH, "classification", SPLIT, tree(f"procedure: {procedure_text}", point), version=version)


def mark(procedure_text: str, **keywords: Any) -> str:
    return canonical_text.fingerprint(text_of(procedure_text, **keywords))


# test vectors: another program could compute these


def test_the_canonical_text_is_exactly_this() -> None:
    text = text_of("[StandardScaler, {clf: {SVC: {gamma: 0.001, C: 10.0, kernel: rbf}}}]")
    assert text == (
        '{"data":{"format":"csv","hash":"sha256:0000000000000000000000000000000000000000000000000000000000000000",'
        '"target":"churned","task":"classification"},'
        '"procedure":[{"sklearn.preprocessing.StandardScaler":{}},{"sklearn.svm.SVC":{"C":10,"gamma":0.001}}],'
        '"schema":1,"split":{"dev":0.2,"seed":0,"shuffle":true,"stratify":true,"test":0.2}}'
    )
    assert canonical_text.fingerprint(text) == hashlib.sha256(text.encode()).hexdigest()


def test_text_in_other_scripts_is_written_in_ascii() -> None:
    text = trees.canonical({"path": "a.csv", "target": "größe"}, HASH, "regression", {}, tree("procedure: [Ridge]"))
    assert text.isascii()
    assert '"target":"gr\\u00f6\\u00dfe"' in text


# what does not change it

SAME = [
    ("[SVC]", "[sklearn.svm.SVC]"),
    ("[SVC]", "[{clf: SVC}]"),
    ("[SVC]", "[SVC: {C: 1.0}]"),
    ("[SVC]", "[SVC: {C: 1}]"),
    ("[SVC]", "[SVC: {kernel: rbf, C: 1, degree: 3}]"),
    ("[SVC]", "[SVC: {degree: 7, coef0: 2}]"),
    ("[SVC]", "[SVC: {verbose: true, cache_size: 500}]"),
    ("[SVC]", "[SVC: {probability: deprecated}]"),
    ("[SVC]", "[SVC: {probability: false}]"),
    ("[SVC]", "[{s: passthrough}, SVC]"),
    ("[SVC: {kernel: linear}]", "[SVC: {kernel: linear, gamma: 3}]"),
    ("[SVC: {C: 2, gamma: 1}]", "[SVC: {gamma: 1.0, C: 2.0}]"),
    ("[SVC: {coef0: -0.0, kernel: sigmoid}]", "[SVC: {coef0: 0, kernel: sigmoid}]"),
    ("[SVC: {class_weight: {0: 1, 1: 2}}]", "[SVC: {class_weight: {1: 2.0, 0: 1.0}}]"),
    ("[RandomForestClassifier]", "[RandomForestClassifier: {n_jobs: 4, oob_score: true, verbose: 2}]"),
    ("[RandomForestClassifier: {n_estimators: 50}]", "[RandomForestClassifier: {n_estimators: 50.0}]"),
    ("[LogisticRegression]", "[LogisticRegression: {penalty: l2}]"),
    ("[LogisticRegression]", "[LogisticRegression: {penalty: deprecated, l1_ratio: null}]"),
    ("[LogisticRegression]", "[LogisticRegression: {l1_ratio: 0}]"),
    ("[LogisticRegression: {solver: saga, penalty: l1}]", "[LogisticRegression: {solver: saga, l1_ratio: 1}]"),
    ("[LogisticRegression: {solver: saga, penalty: l2}]", "[LogisticRegression: {solver: saga, penalty: l2, l1_ratio: 1}]"),
    ("[LogisticRegression: {penalty: null}]", "[LogisticRegression: {C: .inf}]"),
    ("[StandardScaler: {copy: false}, SVC]", "[StandardScaler, SVC]"),
    ("[RobustScaler: {quantile_range: [25, 75]}, SVC]", "[RobustScaler, SVC]"),
    ("[TfidfVectorizer: {ngram_range: [1, 1]}, SVC]", "[TfidfVectorizer, SVC]"),
    ("[MLPClassifier: {hidden_layer_sizes: [100]}]", "[MLPClassifier]"),
    ("[MLPClassifier: {momentum: 0.5, power_t: 2}]", "[MLPClassifier]"),
    ("[PCA: {n_components: 2, svd_solver: full}]", "[PCA: {n_components: 2, svd_solver: full, iterated_power: 9}]"),
    ("[SelectKBest: {score_func: f_classif}, SVC]", "[SelectKBest, SVC]"),
    ("[SimpleImputer: {missing_values: .nan}, SVC]", "[SimpleImputer, SVC]"),
    ("[OneHotEncoder: {dtype: float64}, SVC]", "[OneHotEncoder, SVC]"),
    ("[VotingClassifier: {estimators: [{a: SVC}, {b: PCA}]}]", "[VotingClassifier: {estimators: [[x, SVC], [y, PCA]]}]"),
    (
        "[ColumnTransformer: {transformers: [{a: PCA, columns: [x]}], transformer_weights: {a: 2}}]",
        "[ColumnTransformer: {transformers: [{b: PCA, columns: [x]}], transformer_weights: {b: 2.0}}]",
    ),
    ("[BaggingClassifier: {estimator: [PCA, SVC]}]", "[BaggingClassifier: {estimator: {Pipeline: {steps: [{u: PCA}, {v: SVC}]}}}]"),
    ("[BaggingClassifier: {estimator: null}]", "[BaggingClassifier]"),
    ("[SelfTrainingClassifier: {estimator: SVC}]", "[SelfTrainingClassifier: {base_estimator: SVC}]"),
    (
        "[GaussianProcessClassifier: {kernel: {RBF: {length_scale: 2}}}]",
        "[GaussianProcessClassifier: {kernel: {sklearn.gaussian_process.kernels.RBF: {length_scale: 2.0}}}]",
    ),
    (
        "[GaussianProcessClassifier: {kernel: RBF}]",
        "[GaussianProcessClassifier: {kernel: {RBF: {length_scale: 1, length_scale_bounds: [1e-5, 1e5]}}}]",
    ),
]


@pytest.mark.parametrize(("left", "right"), SAME)
def test_the_same_experiment_written_otherwise_has_the_same_fingerprint(left: str, right: str) -> None:
    assert text_of(left) == text_of(right)


@pytest.mark.parametrize(
    "text",
    [
        "procedure: [SVC]\nparameters: {svc__gamma: 0.1}",
        "procedure: [SVC]\ngrid: {svc__gamma: [0.1]}",
        "procedure: [SVC: {gamma: $g}]\nparameters: {g: 0.1}",
        "procedure: [{clf: LinearSVC}]\ngrid: {clf: [SVC], clf__gamma: [0.1]}",
        "procedure: [{clf: LinearSVC}]\ngrid: {clf: [{SVC: {gamma: 0.1}}]}",
        "seeds: 3\ntags: [x]\nmetrics: f1\nhypothesis: h\nprocedure: [SVC: {gamma: 0.1}]",
    ],
)
def test_it_does_not_matter_where_a_value_was_declared(text: str) -> None:
    assert trees.canonical(DATA, HASH, "classification", SPLIT, tree(text)) == text_of("[SVC: {gamma: 0.1}]")


# what changes it

DIFFERENT = [
    ("[SVC]", "[NuSVC]"),
    ("[SVC]", "[SVR]"),
    ("[SVC]", "[SVC: {C: 2}]"),
    ("[SVC]", "[SVC: {gamma: auto}]"),
    ("[SVC]", "[SVC: {gamma: 1}]"),
    ("[SVC]", "[SVC: {kernel: linear}]"),
    ("[SVC]", "[SVC: {shrinking: false}]"),
    ("[SVC]", "[SVC: {tol: 0.01}]"),
    ("[SVC]", "[SVC: {probability: true}]"),
    ("[SVC]", "[SVC: {class_weight: balanced}]"),
    ("[SVC]", "[SVC: {max_iter: 100}]"),
    ("[SVC]", "[StandardScaler, SVC]"),
    ("[StandardScaler, SVC]", "[MinMaxScaler, SVC]"),
    ("[StandardScaler, PCA, SVC]", "[PCA, StandardScaler, SVC]"),
    ("[StandardScaler, SVC]", "[StandardScaler: {with_mean: false}, SVC]"),
    ("[SVC: {class_weight: {0: 1, 1: 2}}]", "[SVC: {class_weight: {0: 2, 1: 1}}]"),
    ("[SVC: {class_weight: {0: 1, 1: 2}}]", '[SVC: {class_weight: {"0": 1, "1": 2}}]'),
    ("[SVC: {kernel: poly}]", "[SVC: {kernel: poly, degree: 4}]"),
    ("[SVC: {kernel: sigmoid}]", "[SVC: {kernel: sigmoid, coef0: 1}]"),
    ("[RandomForestClassifier: {max_features: 1}]", "[RandomForestClassifier: {max_features: 1.0}]"),
    ("[RandomForestClassifier: {max_samples: 1}]", "[RandomForestClassifier: {max_samples: 1.0}]"),
    ("[RandomForestClassifier: {min_samples_leaf: 1.0}]", "[RandomForestClassifier: {min_samples_leaf: 1}]"),
    ("[TfidfVectorizer: {max_df: 1}, SVC]", "[TfidfVectorizer: {max_df: 1.0}, SVC]"),
    ("[TfidfVectorizer: {min_df: 1.0}, SVC]", "[TfidfVectorizer: {min_df: 1}, SVC]"),
    ("[PCA: {n_components: 1}]", "[PCA: {n_components: 1.0}]"),
    ("[OneHotEncoder: {min_frequency: 1}]", "[OneHotEncoder: {min_frequency: 1.0}]"),
    ("[RandomForestClassifier]", "[RandomForestClassifier: {bootstrap: false}]"),
    ("[RandomForestClassifier]", "[ExtraTreesClassifier]"),
    ("[RandomForestClassifier: {warm_start: true}]", "[RandomForestClassifier]"),
    ("[SimpleImputer: {add_indicator: true}]", "[SimpleImputer]"),
    ("[SimpleImputer: {keep_empty_features: true}]", "[SimpleImputer]"),
    ("[SimpleImputer: {missing_values: -1}]", "[SimpleImputer]"),
    ("[TfidfVectorizer: {ngram_range: [1, 2]}]", "[TfidfVectorizer]"),
    ("[TfidfVectorizer: {stop_words: [a, b]}]", "[TfidfVectorizer: {stop_words: [a]}]"),
    ("[SelectKBest: {score_func: chi2}]", "[SelectKBest]"),
    ("[FunctionTransformer: {func: log1p}]", "[FunctionTransformer: {func: sqrt}]"),
    ("[BaggingClassifier: {estimator: SVC}]", "[BaggingClassifier]"),
    ("[BaggingClassifier: {estimator: SVC}]", "[BaggingClassifier: {estimator: {SVC: {C: 2}}}]"),
    ("[BaggingClassifier: {estimator: [PCA, SVC]}]", "[BaggingClassifier: {estimator: [SVC]}]"),
    ("[VotingClassifier: {estimators: [SVC, PCA]}]", "[VotingClassifier: {estimators: [PCA, SVC]}]"),
    ("[VotingClassifier: {estimators: [SVC], voting: soft}]", "[VotingClassifier: {estimators: [SVC]}]"),
    ("[FeatureUnion: {transformer_list: [PCA, passthrough]}]", "[FeatureUnion: {transformer_list: [PCA]}]"),
    (
        "[ColumnTransformer: {transformers: [{a: PCA, columns: [x, y]}]}]",
        "[ColumnTransformer: {transformers: [{a: PCA, columns: [y, x]}]}]",
    ),
    ("[ColumnTransformer: {transformers: [{a: PCA, columns: [x]}]}]", "[ColumnTransformer: {transformers: [{a: PCA, columns: x}]}]"),
    (
        "[ColumnTransformer: {transformers: [{a: PCA, columns: [x]}, {b: PCA, columns: [y]}], transformer_weights: {a: 2}}]",
        "[ColumnTransformer: {transformers: [{a: PCA, columns: [x]}, {b: PCA, columns: [y]}], transformer_weights: {b: 2}}]",
    ),
    ("[tabular, SVC]", "[SVC]"),
    ("[LogisticRegression: {penalty: l1, solver: saga}]", "[LogisticRegression: {solver: saga}]"),
    ("[LogisticRegression: {l1_ratio: 0.5, solver: saga}]", "[LogisticRegression: {l1_ratio: 0.7, solver: saga}]"),
    ("[LogisticRegression: {penalty: l2, l1_ratio: 1, solver: saga}]", "[LogisticRegression: {l1_ratio: 1, solver: saga}]"),
    ("[LogisticRegressionCV: {l1_ratios: [1]}]", "[LogisticRegressionCV: {penalty: l2, l1_ratios: [1]}]"),
    ("[MLPClassifier: {solver: sgd, momentum: 0.5}]", "[MLPClassifier: {solver: sgd}]"),
    ("[MLPClassifier: {hidden_layer_sizes: [50, 50]}]", "[MLPClassifier: {hidden_layer_sizes: [50]}]"),
    ("[GaussianProcessClassifier: {kernel: RBF}]", "[GaussianProcessClassifier]"),
    ("[GaussianProcessClassifier: {kernel: RBF}]", "[GaussianProcessClassifier: {kernel: Matern}]"),
    ("[GridSearchCV: {estimator: SVC, param_grid: {C: [1]}}]", "[GridSearchCV: {estimator: SVC, param_grid: {C: [1, 2]}}]"),
    (
        "[GridSearchCV: {estimator: RandomForestClassifier, param_grid: {max_features: [1]}}]",
        "[GridSearchCV: {estimator: RandomForestClassifier, param_grid: {max_features: [1.0]}}]",
    ),
    (
        "[GridSearchCV: {estimator: [{a: PCA}, {b: PCA}, SVC], param_grid: {a__n_components: [1, 2]}}]",
        "[GridSearchCV: {estimator: [{b: PCA}, {a: PCA}, SVC], param_grid: {a__n_components: [1, 2]}}]",
    ),
    ("[RidgeCV: {cv: 5}]", "[RidgeCV: {cv: {KFold: {n_splits: 5, shuffle: true}}}]"),
    ("[SVC: {C: .inf}]", "[SVC: {C: 1e300}]"),
    ("[KNeighborsClassifier]", "[KNeighborsClassifier: {n_neighbors: 7}]"),
    ("[KNeighborsClassifier]", "[KNeighborsClassifier: {weights: distance}]"),
    ("[KNeighborsClassifier: {metric: minkowski, p: 1}]", "[KNeighborsClassifier]"),
    ("[DecisionTreeClassifier]", "[DecisionTreeClassifier: {criterion: entropy}]"),
    ("[DecisionTreeClassifier]", "[DecisionTreeClassifier: {max_depth: 3}]"),
    ("[DecisionTreeClassifier]", "[DecisionTreeClassifier: {ccp_alpha: 0.01}]"),
    ("[GradientBoostingClassifier]", "[GradientBoostingClassifier: {subsample: 0.5}]"),
    ("[Ridge]", "[Ridge: {alpha: 2}]"),
    ("[Ridge]", "[Ridge: {fit_intercept: false}]"),
    ("[OneHotEncoder, SVC]", "[OneHotEncoder: {drop: first}, SVC]"),
    ("[MinMaxScaler, SVC]", "[MinMaxScaler: {feature_range: [-1, 1]}, SVC]"),
]


@pytest.mark.parametrize(("left", "right"), DIFFERENT)
def test_another_procedure_has_another_fingerprint(left: str, right: str) -> None:
    assert mark(left) != mark(right)


def of(data: dict[str, Any] | None = None, hash_: str = HASH, task: str = "classification", split: dict[str, Any] | None = None) -> str:
    return trees.canonical(DATA if data is None else data, hash_, task, SPLIT if split is None else split, tree("procedure: [SVC]"))


@pytest.mark.parametrize(
    "changed",
    [
        of(hash_="sha256:" + "1" * 64),
        of(task="multilabel"),
        of({**DATA, "target": "other"}),
        of({**DATA, "target": ["churned"]}),
        of({**DATA, "features": "a"}),
        of({**DATA, "features": ["a"]}),
        of({**DATA, "features": ["a", "b"]}),
        of({**DATA, "features": ["b", "a"]}),
        of({**DATA, "drop": ["a"]}),
        of({**DATA, "types": {"a": "text"}}),
        of({**DATA, "na": ["?"]}),
        of({**DATA, "na": []}),
        of({**DATA, "na": [*MISSING, "-"]}),
        of({**DATA, "na": [*MISSING[1:]]}),
        of({**DATA, "sep": ";"}),
        of({**DATA, "encoding": "latin-1"}),
        of({**DATA, "decimal": ","}),
        of({**DATA, "weights": "w"}),
        of({**DATA, "positive": "yes"}),
        of({**DATA, "path": "data/churn.parquet"}),
        of({"sklearn": "iris", "target": "churned"}),
        of(split={**SPLIT, "dev": 0.25}),
        of(split={**SPLIT, "test": 0.25}),
        of(split={**SPLIT, "seed": 1}),
        of(split={**SPLIT, "seed": "each"}),
        of(split={**SPLIT, "stratify": False}),
        of(split={**SPLIT, "shuffle": False}),
        of(split={**SPLIT, "group": "g"}),
        of(split={**SPLIT, "train_dev": 0.1}),
        of(split={"cv": 5, "repeats": 1}),
        of(split={"cv": 5, "repeats": 2}),
        of(split={"time": "d", "gap": 0}),
        of(split={"time": "d", "gap": 7}),
    ],
)
def test_other_data_or_another_split_is_another_experiment(changed: str) -> None:
    assert changed != of()


def test_the_changes_of_data_and_split_all_differ_from_each_other_too() -> None:
    variants = [{"dev": 0.1 * n, "seed": s} for n in range(1, 5) for s in (0, 1, "each")]
    assert len({of(split=split) for split in variants}) == len(variants)


@pytest.mark.parametrize(
    "data",
    [
        {**DATA, "path": "elsewhere/other.csv"},
        {**DATA, "path": "data/CHURN.CSV"},
        {**DATA, "hash": HASH, "facts": {"n_rows": 3}},
        {**DATA, "na": list(reversed(MISSING))},
        {**DATA, "sep": ",", "encoding": "UTF8", "decimal": ".", "drop": [], "types": {}, "features": None},
    ],
)
def test_path_and_defaults_of_the_loader_are_not_in_it(data: dict[str, Any]) -> None:
    assert of(data) == of()


def test_lists_that_are_sets_have_no_order() -> None:
    assert of({**DATA, "drop": ["b", "a"], "na": ["?", ""]}) == of({**DATA, "drop": ["a", "b"], "na": ["", "?", "?"]})


def test_given_files_count_by_their_kind_only() -> None:
    text = of({"files": {"train": "a.csv", "test": "b.csv"}, "target": "y"})
    assert text == of({"files": {"train": "c.csv", "test": "d.csv"}, "target": "y"})
    assert text != of({"files": {"train": "a.parquet", "test": "b.parquet"}, "target": "y"})


# properties

CHOICES: dict[str, dict[str, list[Any]]] = {
    "SVC": {
        "C": [1, 1.0, 2, 2.5],
        "kernel": ["rbf", "linear", "poly"],
        "degree": [3, 3.0, 4],
        "gamma": ["scale", 1, 0.5],
        "verbose": [False, True],
    },
    "RandomForestClassifier": {"n_estimators": [100, 100.0, 7], "max_features": ["sqrt", 1, 1.0, 0.5], "n_jobs": [None, 2]},
    "LogisticRegression": {"C": [1, 3.0], "max_iter": [100, 200], "fit_intercept": [True, False], "class_weight": [None, "balanced"]},
    "StandardScaler": {"with_mean": [True, False], "copy": [True, False]},
    "PCA": {"n_components": [None, 1, 1.0, 0.5], "whiten": [False, True], "svd_solver": ["auto", "full"], "tol": [0, 0.0, 1.5]},
    "MLPClassifier": {"hidden_layer_sizes": [[100], [5, 5]], "solver": ["adam", "sgd"], "momentum": [0.9, 0.5], "alpha": [0.0001, 1]},
    "TfidfVectorizer": {"ngram_range": [[1, 1], [1, 2]], "min_df": [1, 1.0, 2], "token_pattern": [r"(?u)\b\w\w+\b", "a$"]},
}


@st.composite
def steps(draw: st.DrawFn) -> list[tuple[str, dict[str, Any]]]:
    names = draw(st.lists(st.sampled_from(sorted(CHOICES)), min_size=1, max_size=4))
    chosen = []
    for name in names:
        params = draw(st.fixed_dictionaries({}, optional={key: st.sampled_from(values) for key, values in CHOICES[name].items()}))
        chosen.append((name, params))
    return chosen


def written(procedure: list[tuple[str, dict[str, Any]]]) -> str:
    return yaml_text.dump_inline([{name: params} for name, params in procedure])


def respelled(name: str, value: Any) -> Any:
    """Write a number in the other form where that means the same."""
    spec = lookup(name.split(".", maxsplit=1)[0])
    numbers = spec.params[name.split(".")[1]].numbers if spec else ""
    if numbers in ("int", "real") and isinstance(value, (int, float)) and not isinstance(value, bool) and float(value).is_integer():
        return float(value) if isinstance(value, int) else int(value)
    return value


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps(), st.randoms(use_true_random=False))
def test_no_other_way_to_write_it_changes_the_fingerprint(procedure: list[tuple[str, dict[str, Any]]], chance: random.Random) -> None:
    respelt = []
    for number, (name, params) in enumerate(procedure):
        spec = lookup(name)
        assert spec is not None
        changed = {key: respelled(f"{name}.{key}", value) if chance.random() < 0.5 else value for key, value in params.items()}
        if chance.random() < 0.5:  # defaults that are written out
            changed |= {
                key: parameter.default
                for key, parameter in spec.params.items()
                if key in CHOICES[name] and key not in changed and not isinstance(parameter.default, dict)
            }
        keys = list(changed)
        chance.shuffle(keys)
        step: dict[str, Any] = {chance.choice([name, spec.path]): {key: changed[key] for key in keys}}
        respelt.append({f"step-{number}": step} if chance.random() < 0.5 else step)
    assert mark(written(procedure)) == mark(yaml_text.dump_inline(respelt))


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps())
def test_it_survives_writing_and_reading(procedure: list[tuple[str, dict[str, Any]]]) -> None:
    once = tree(f"procedure: {written(procedure)}")
    again = json.loads(json.dumps(once))
    assert trees.canonical(DATA, HASH, "classification", SPLIT, again) == text_of(written(procedure))
    assert json.loads(text_of(written(procedure)))["schema"] == 1


def entry_text(procedure: list[tuple[str, dict[str, Any]]], order: list[str], title: str) -> str:
    """Return a whole entry, its keys in an order of one's choice."""
    parts = {
        "title": f"title: {title}",
        "tags": "tags: [a, b]",
        "data": f"data: {{path: a.csv, target: y, hash: {HASH}, facts: {{n_rows: 100, n_features: 3, columns: {{number: [x, y, z]}}}}}}",
        "split": "split: {seed: 0, test: 0.2, stratify: true, dev: 0.2, shuffle: true}",
        "task": "task: classification",
        "procedure": f"procedure: {written(procedure)}",
    }
    return "---\n" + "\n".join(parts[key] for key in order) + "\n---\nWords.\n"


def of_entry(text: str) -> list[str]:
    entry = parse(text, entry_id="20260101-t-aaaa", file="e.md")
    declared = declaration.written_out(entry)
    assert declared is not None
    return [one.canonical for one in configuration.configurations(entry, declared, declaration.Versions())]


@settings(max_examples=60, deadline=None)
@given(steps(), st.permutations(["title", "tags", "data", "split", "task", "procedure"]), st.sampled_from(["t", "another title"]))
def test_a_whole_entry_may_order_its_keys_as_it_likes_and_be_written_anew(
    procedure: list[tuple[str, dict[str, Any]]], order: list[str], title: str
) -> None:
    text = entry_text(procedure, order, title)
    again = edit.set_values(text, {("split", "dev"): 0.2, ("metrics",): ["accuracy"]}, file="e.md")
    assert (
        of_entry(text) == of_entry(again) == of_entry(entry_text(procedure, ["title", "data", "split", "task", "procedure", "tags"], "x"))
    )


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_default_written_out_and_any_full_name_changes_nothing(data: st.DataObject) -> None:
    fixed = ("verbose", "random_state")  # not declared at all
    path = data.draw(st.sampled_from(sorted(path for path, spec in reference().known.items() if spec.kind not in ("function", "object"))))
    spec = lookup(path)
    assert spec is not None
    plain = {name: one for name, one in spec.params.items() if not one.is_required and name not in fixed}
    chosen = data.draw(st.lists(st.sampled_from(sorted(plain)), unique=True)) if plain else []
    params = {name: data.draw(st.sampled_from([plain[name].default, *plain[name].same])) for name in chosen}
    bare = [["a", {"class": path, "params": {}}]]
    spelled = [["another label", {"class": path, "params": params}]]
    assert trees.canonical(DATA, HASH, "c", SPLIT, spelled) == trees.canonical(DATA, HASH, "c", SPLIT, bare)


def test_it_is_the_same_whatever_the_hash_seed_and_the_locale() -> None:
    code = (
        "from gitjournal.procedure import canonical_text, identity, reader as procedure; from gitjournal.entry.parse import parse\n"
        "from gitjournal.procedure.declaration import Declared\n"
        "text = '---\\ntitle: t\\ndata: {sklearn: iris}\\nprocedure: [{SVC: {C: 0.1, class_weight: {b: 1.5, a: 2}}}]\\n---\\n'\n"
        "e = parse(text, entry_id='x', file='e')\n"
        "t = procedure.build_tree(e, {}, None)\n"
        "data = {'sklearn': 'iris', 'na': ['b', 'a'], 'drop': ['y', 'x']}\n"
        "d = Declared(data, 'h', {}, 'c', {'dev': .2}, [], None)\n"
        "print(canonical_text.fingerprint(identity.canonical(d, t)))"
    )
    fingerprints = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": locale},
        ).stdout
        for seed in ("1", "2", "77")
        for locale in ("C", "C.UTF-8")
    }
    assert len(fingerprints) == 1


# versions of scikit-learn


def test_only_a_handful_of_estimators_change_with_the_version_of_scikit_learn() -> None:
    changed = {
        path.rpartition(".")[2]
        for path, known in reference().known.items()
        if known.kind in ("classifier", "regressor", "transformer")
        if len({trees.canonical({}, "", "", {}, [["a", {"class": path, "params": {}}]], version=v) for v in ("", "1.5.2", "1.9.1")}) > 1
    }
    assert changed == {
        "AdaBoostClassifier",  # SAMME.R is gone, SAMME is what runs
        "HistGradientBoostingClassifier",  # categorical columns are taken from the data frame
        "HistGradientBoostingRegressor",
        "KBinsDiscretizer",  # another definition of a quantile
    }


def test_a_default_that_changed_is_the_declared_value_of_the_same_name() -> None:
    assert text_of("[AdaBoostClassifier]", version="1.9.1") == text_of("[AdaBoostClassifier: {algorithm: SAMME}]", version="1.5.2")
    assert text_of("[AdaBoostClassifier]", version="1.5.2") == text_of("[AdaBoostClassifier]")


def test_before_1_8_an_l1_ratio_alone_did_nothing() -> None:
    declared = "[LogisticRegression: {solver: saga, l1_ratio: 1}]"
    assert text_of(declared, version="1.7.2") == text_of("[LogisticRegression: {solver: saga}]", version="1.7.2")
    assert text_of(declared, version="1.8.0") == text_of("[LogisticRegression: {solver: saga, penalty: l1}]", version="1.8.0")


# entries that must run as written

ENTRIES = {
    "churn": "procedure: [tabular, HistGradientBoostingClassifier: {class_weight: balanced}]",
    "demand": "procedure: [tabular, {Ridge: {alpha: 1.0}}]",
    "ecg": "procedure: [{RandomForestClassifier: {n_estimators: 300}}]\nseeds: [0, 1, 2]",
    "reviews": "procedure: [{TfidfVectorizer: {min_df: 2}}, LinearSVC]\n"
    "grid: {tfidfvectorizer__ngram_range: [[1, 1], [1, 2]], linearsvc__C: [0.1, 1, 10]}",
    "swap": "procedure: [StandardScaler, {clf: LogisticRegression}]\ngrid:\n"
    "  - {clf: [LogisticRegression], clf__C: {log: [1e-3, 1e3, 7]}}\n"
    "  - {clf: [SVC], clf__kernel: [rbf], clf__C: [1, 10], clf__gamma: {log: [1e-4, 1e-1, 4]}}\n"
    "  - {clf: [SVC], clf__kernel: [linear], clf__C: [0.1, 1]}",
}


@pytest.mark.parametrize(("name", "points"), [("churn", 1), ("demand", 1), ("ecg", 1), ("reviews", 6), ("swap", 17)])
def test_the_examples_give_one_fingerprint_a_point(name: str, points: int) -> None:
    entry = read(ENTRIES[name])
    built = [reader.build_tree(entry, point, FACTS) for point in grid.expand(entry)]
    assert len({trees.canonical(DATA, HASH, "classification", SPLIT, one) for one in built}) == points
