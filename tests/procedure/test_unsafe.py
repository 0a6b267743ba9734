"""An entry from a stranger's pull request: nothing that reads files, unpickles or calls is built. One test an attack."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import joblib
import pytest

from gitjournal.errors import EntryError, TrustError
from gitjournal.worker.models import sklearn_models
from tests.support import trees


def tree(text: str) -> list[Any]:
    return trees.tree(text, None)


REFUSED = [
    # a crafted joblib cache runs code when it is read
    "procedure: [Pipeline: {steps: [SVC], memory: cache}]",
    "procedure: [Pipeline: {steps: [SVC], memory: /tmp/evil}]",
    "procedure: [FeatureAgglomeration: {memory: evil}, SVC]",
    "procedure: [BaggingClassifier: {estimator: {Pipeline: {steps: [SVC], memory: evil}}}]",
    "procedure: [Pipeline: {steps: [SVC]}]\nparameters: {pipeline__memory: evil}",
    "procedure: [Pipeline: {steps: [SVC]}]\ngrid: {pipeline__memory: [evil]}",
    "procedure: [Pipeline: {steps: [SVC], memory: $where}]\nparameters: {where: evil}",
    # the data would name the files to read
    "procedure: [CountVectorizer: {input: filename}, SVC]",
    "procedure: [TfidfVectorizer: {input: file}, SVC]",
    "procedure: [HashingVectorizer: {input: filename}, SVC]",
    "procedure: [CountVectorizer, SVC]\ngrid: {countvectorizer__input: [filename]}",
    "procedure: [CountVectorizer: {vocabulary: words}, SVC]",
    "procedure: [CountVectorizer: {vocabulary: /etc/passwd}, SVC]",
    # what is called
    "procedure: [DictionaryLearning: {callback: print}, SVC]",
    "procedure: [MiniBatchDictionaryLearning: {callback: {SVC: {}}}, SVC]",
    "procedure: [NeighborhoodComponentsAnalysis: {callback: log1p}, SVC]",
    "procedure: [FunctionTransformer: {func: os.system}, SVC]",
    "procedure: [FunctionTransformer: {func: eval}, SVC]",
    "procedure: [FunctionTransformer: {func: numpy.load}, SVC]",
    "procedure: [FunctionTransformer: {func: numpy.fromfile}, SVC]",
    "procedure: [FunctionTransformer: {inverse_func: builtins.exec}, SVC]",
    "procedure: [FunctionTransformer: {func: SVC}, SVC]",
    "procedure: [TransformedTargetRegressor: {func: os.system}]",
    "procedure: [SelectKBest: {score_func: subprocess.run}, SVC]",
    "procedure: [CountVectorizer: {tokenizer: os.system}, SVC]",
    "procedure: [CountVectorizer: {preprocessor: open}, SVC]",
    "procedure: [RANSACRegressor: {is_data_valid: breakpoint}]",
    "procedure: [FunctionTransformer]\nparameters: {functiontransformer__func: os.system}",
    "procedure: [FunctionTransformer: {func: $f}]\nparameters: {f: os.system}",
    "procedure: [SelectFromModel: {estimator: SVC, importance_getter: __class__.__init__}, SVC]",
    "procedure: [RFE: {estimator: SVC, importance_getter: a/b}, SVC]",
    "procedure: [GridSearchCV: {estimator: SVC, param_grid: {C: [1]}, pre_dispatch: __import__('os').system('id')}]",
    # classes outside the list
    "procedure: [os.system]",
    "procedure: [subprocess.Popen: {args: id}]",
    "procedure: [sklearn.utils.Bunch]",
    "procedure: [joblib.Memory]",
    "procedure: [sklearn.svm._classes.SVC]",
    "procedure: [BaggingClassifier: {estimator: builtins.eval}]",
    "procedure: [BaggingClassifier: {estimator: {builtins.exec: {}}}]",
    "procedure: [SVC]\ngrid: {svc: [os.system]}",
    # what looks like a path
    "procedure: [SVC: {kernel: /etc/passwd}]",
    "procedure: [SVC: {kernel: ../secret}]",
    "procedure: [SVC: {kernel: ~root}]",
    "procedure: [SVC: {kernel: model.pkl}]",
    "procedure: [SVC: {kernel: 'C:\\x'}]",
    "procedure: [SVC: {kernel: $k}]\nparameters: {k: /etc/passwd}",
    "procedure: [KNeighborsClassifier: {metric_params: {func: a/b}}]",
    # a search reaches any parameter of what it searches
    "procedure: [GridSearchCV: {estimator: [CountVectorizer, SVC], param_grid: {countvectorizer__input: [content, filename]}}]",
    "procedure: [GridSearchCV: {estimator: [PCA, SVC], param_grid: [{memory: [evil]}]}]",
    "procedure: [RandomizedSearchCV: {estimator: [PCA, SVC], param_distributions: {memory: [evil]}}]",
    "procedure: [GridSearchCV: {estimator: [CountVectorizer, SVC], param_grid: {countvectorizer__vocabulary: [words]}}]",
    "procedure: [GridSearchCV: {estimator: SVC, param_grid: {kernel: [/etc/passwd]}}]",
    "procedure: [GridSearchCV: {estimator: [PCA, SVC], param_grid: {memory: [$m]}}]\nparameters: {m: evil}",
]


@pytest.mark.parametrize("text", REFUSED)
def test_it_is_refused_with_its_place_before_anything_is_built(text: str) -> None:
    with pytest.raises(TrustError) as fault:
        tree(text)
    assert fault.value.place is not None
    assert fault.value.place.line in (4, 5)


@pytest.mark.parametrize(
    "text",
    [
        "procedure: [SVC: {random_state: 3}]",
        "procedure: [SVC]\nparameters: {svc__random_state: 3}",
        "procedure: [SVC]\ngrid: {svc__random_state: [1, 2]}",
        "procedure: [BaggingClassifier: {estimator: {SVC: {random_state: null}}}]",
        "procedure: [RidgeCV: {cv: {KFold: {shuffle: true, random_state: 0}}}]",
        "procedure: [GridSearchCV: {estimator: SVC, param_grid: {random_state: [0, 1]}}]",
    ],
)
def test_a_random_state_is_refused_and_seeds_are_offered(text: str) -> None:
    with pytest.raises(EntryError, match="`seeds` drive"):
        tree(text)


@pytest.mark.parametrize(
    "text",
    [
        "procedure: [CountVectorizer: {input: content, vocabulary: [a/b, c.txt], stop_words: [and/or], token_pattern: '\\w+/\\d'}, SVC]",
        "procedure: [SimpleImputer: {missing_values: n/a, strategy: constant, fill_value: ../x}, SVC]",
        "procedure: [OneHotEncoder: {categories: [[a/b, c.d]]}, SVC]",
        "procedure: [SVC: {class_weight: {yes/no: 2, v.txt: 1}}]",
        "procedure: [ColumnTransformer: {transformers: [{a: StandardScaler, columns: [km/h, size.cm]}]}]",
        "procedure: [Pipeline: {steps: [SVC], memory: null}]",
        "procedure: [RandomForestClassifier: {n_jobs: -1}]",
        "procedure: [SelectFromModel: {estimator: SVC, importance_getter: named_steps.x.coef_}, SVC]",
        "procedure: [OneHotEncoder: {dtype: float32}, SVC]",
        "procedure: [GridSearchCV: {estimator: SVC, param_grid: {C: [1, 2], kernel: [linear]}}]",
    ],
)
def test_text_that_is_data_and_harmless_values_pass(text: str) -> None:
    assert tree(text)


def test_a_type_that_is_not_listed_is_refused() -> None:
    with pytest.raises(EntryError, match="`dtype: evil`"):
        tree("procedure: [OneHotEncoder: {dtype: evil}, SVC]")


@pytest.mark.parametrize(
    "node",
    [
        {"class": "os.system", "params": {}},
        {"class": "subprocess.Popen", "params": {"args": ["touch", "evil"]}},
        {"class": "sklearn.utils.Bunch", "params": {}},
        {"class": "numpy.log1p", "params": {}},
        {"function": "os.system"},
        {"function": "sklearn.svm.SVC"},
        {"class": "sklearn.preprocessing.FunctionTransformer", "params": {"func": {"function": "os.system"}}},
    ],
)
def test_the_worker_refuses_again_what_a_forged_tree_asks_for(node: Any) -> None:
    with pytest.raises(TrustError, match="not among the classes"):
        sklearn_models.build([["a", node]], 0)


class Evil:
    """A pickle that leaves a mark when it is read."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.mark,))


def test_a_crafted_joblib_cache_would_run_code_and_is_never_opened(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    joblib.dump(Evil(mark), tmp_path / "output.pkl")
    joblib.load(tmp_path / "output.pkl")
    assert mark.exists()  # this is why
    mark.unlink()
    with pytest.raises(TrustError, match="pickles"):
        tree(f"procedure: [Pipeline: {{steps: [StandardScaler, SVC], memory: {tmp_path}}}]")
    assert not mark.exists()


def test_refusing_imports_nothing_that_was_named(tmp_path: Path) -> None:
    (tmp_path / "evil.py").write_text("raise SystemExit('imported')")
    code = (
        "from gitjournal.procedure import reader as procedure; from gitjournal.entry.parse import parse\n"
        "e = parse('---\\ntitle: t\\ndata: {sklearn: iris}\\nprocedure: [evil.Thing]\\n---\\n', entry_id='x', file='e.md')\n"
        "try: procedure.build_tree(e, {}, None)\n"
        "except Exception as fault: print(fault)"
    )
    process = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    assert process.stdout.startswith("e.md:4:13: `evil.Thing` is not among the classes that run without trust")
