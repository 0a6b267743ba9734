"""Which parameters change nothing, as tables to read. Each row is proven by a test that fits both ways and compares.

A probe can show that a parameter acts, never that it does not, so the rows are written by hand from scikit-learn's code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

Effective = Callable[[str], Any]  # the value a parameter has, declared or not

# whatever the class: they print, cache, copy, or keep something that no score is computed from
NO_EFFECT = frozenset(
    {
        "cache_size",
        "compute_distances",
        "compute_score",
        "copy",
        "copy_X",
        "copy_X_train",
        "copy_x",
        "force_int_remainder_cols",
        "memory",
        "n_jobs",
        "oob_score",
        "pre_dispatch",
        "return_train_score",
        "store_covariance",
        "store_cv_results",
        "store_cv_values",
        "use_legacy_attributes",
        "verbose",
        "verbose_feature_names_out",
        "verbose_interval",
    }
)


@dataclass(frozen=True)
class Rule:
    """`parameters` of `classes` act only while `given` has one of the values `only`, or none of the values `never`.

    Several rows for one parameter must all hold. A value that is itself a function or an object counts as acting.
    """

    classes: str
    parameters: str
    given: str
    only: tuple[Any, ...] = ()
    never: tuple[Any, ...] = ()

    def holds(self, value: Any) -> bool:
        """Whether the parameters act while `given` is `value`."""
        if isinstance(value, (dict, list)):
            return True
        same = [type(other) is type(value) and other == value for other in (self.only or self.never)]
        return any(same) if self.only else not any(same)

    def reason(self) -> str:
        """Say it in words."""
        values = " or ".join("null" if value is None else str(value).lower() for value in (self.only or self.never))
        return f"no effect unless {self.given} is {values}" if self.only else f"no effect where {self.given} is {values}"


_SVM = "SVC NuSVC SVR NuSVR OneClassSVM"
_MLP = "MLPClassifier MLPRegressor"
_SGD = "SGDClassifier SGDRegressor"
_NEIGHBOURS = "KNeighborsClassifier KNeighborsRegressor RadiusNeighborsClassifier RadiusNeighborsRegressor KNeighborsTransformer"
_HIST = "HistGradientBoostingClassifier HistGradientBoostingRegressor"
_BOOSTING = "GradientBoostingClassifier GradientBoostingRegressor"
_LOGISTIC = "LogisticRegression LogisticRegressionCV"
_PAIRWISE = "KernelRidge Nystroem KernelPCA"
_DESCENT = "Lasso LassoCV ElasticNet ElasticNetCV MultiTaskLasso MultiTaskElasticNet MultiTaskLassoCV MultiTaskElasticNetCV"

RULES = (
    Rule(_SVM, "degree", "kernel", only=("poly",)),
    Rule(_SVM, "gamma", "kernel", only=("rbf", "poly", "sigmoid")),
    Rule(_SVM, "coef0", "kernel", only=("poly", "sigmoid")),
    Rule(_PAIRWISE, "degree", "kernel", only=("poly", "polynomial")),
    Rule(_PAIRWISE, "gamma", "kernel", never=("linear", "cosine")),
    Rule(_PAIRWISE, "coef0", "kernel", only=("poly", "polynomial", "sigmoid")),
    Rule("LinearSVC", "intercept_scaling", "fit_intercept", only=(True,)),
    Rule("LinearSVR", "intercept_scaling", "fit_intercept", only=(True,)),
    Rule("LabelSpreading LabelPropagation", "gamma", "kernel", only=("rbf",)),
    Rule("LabelSpreading LabelPropagation", "n_neighbors", "kernel", only=("knn",)),
    Rule(_MLP, "momentum nesterovs_momentum learning_rate power_t", "solver", only=("sgd",)),
    Rule(_MLP, "power_t", "learning_rate", only=("invscaling",)),
    Rule(_MLP, "beta_1 beta_2 epsilon", "solver", only=("adam",)),
    Rule(_MLP, "max_fun", "solver", only=("lbfgs",)),
    Rule(_MLP, "batch_size learning_rate_init shuffle early_stopping validation_fraction n_iter_no_change", "solver", never=("lbfgs",)),
    Rule(_MLP, "validation_fraction", "early_stopping", only=(True,)),
    Rule(f"{_SGD} Perceptron", "l1_ratio", "penalty", only=("elasticnet",)),
    Rule(_SGD, "epsilon", "loss", only=("huber", "epsilon_insensitive", "squared_epsilon_insensitive")),
    Rule(_SGD, "eta0", "learning_rate", never=("optimal",)),
    Rule(_SGD, "power_t", "learning_rate", only=("invscaling",)),
    Rule(
        f"{_SGD} Perceptron PassiveAggressiveClassifier PassiveAggressiveRegressor", "validation_fraction", "early_stopping", only=(True,)
    ),
    Rule(_NEIGHBOURS, "p", "metric", only=("minkowski", "p")),
    Rule(_HIST, "validation_fraction n_iter_no_change scoring tol", "early_stopping", never=(False,)),
    Rule(_BOOSTING, "validation_fraction tol", "n_iter_no_change", never=(None,)),
    Rule("GradientBoostingRegressor", "alpha", "loss", only=("huber", "quantile")),
    Rule("PCA", "iterated_power n_oversamples power_iteration_normalizer", "svd_solver", only=("auto", "randomized")),
    Rule("PCA", "tol", "svd_solver", only=("arpack",)),
    Rule("TruncatedSVD", "n_iter n_oversamples power_iteration_normalizer", "algorithm", only=("randomized",)),
    Rule("TruncatedSVD", "tol", "algorithm", only=("arpack",)),
    Rule("FactorAnalysis", "iterated_power", "svd_method", only=("randomized",)),
    Rule("NMF", "shuffle", "solver", only=("cd",)),
    Rule(_LOGISTIC, "intercept_scaling", "solver", only=("liblinear",)),
    Rule("LogisticRegression", "l1_ratio", "penalty", only=("elasticnet",)),
    Rule("LogisticRegressionCV", "l1_ratios", "penalty", only=("elasticnet",)),
    Rule("LogisticRegression", "C", "penalty", never=(None,)),
    Rule("Ridge RidgeClassifier", "tol max_iter", "solver", never=("svd", "cholesky")),
    Rule("SimpleImputer", "fill_value", "strategy", only=("constant",)),
    Rule("KBinsDiscretizer", "quantile_method", "strategy", only=("quantile",)),
    Rule("DummyClassifier DummyRegressor", "constant", "strategy", only=("constant",)),
    Rule("DummyRegressor", "quantile", "strategy", only=("quantile",)),
    Rule("TfidfVectorizer TfidfTransformer", "smooth_idf", "use_idf", only=(True,)),
    Rule("TfidfVectorizer CountVectorizer HashingVectorizer", "token_pattern stop_words", "analyzer", only=("word",)),
)

# where a `random_state` draws nothing
STEADY = (
    Rule("SVC NuSVC", "random_state", "probability", never=(False,)),
    Rule(_LOGISTIC, "random_state", "solver", never=("lbfgs", "newton-cg", "newton-cholesky")),
    Rule("Ridge RidgeClassifier", "random_state", "solver", only=("sag", "saga")),
    Rule(_DESCENT, "random_state", "selection", only=("random",)),
    Rule("Lars LassoLars", "random_state", "jitter", never=(None,)),
    Rule("KFold StratifiedKFold StratifiedGroupKFold GroupKFold", "random_state", "shuffle", only=(True,)),
    Rule("TargetEncoder", "random_state", "shuffle", only=(True,)),
    Rule("KernelPCA", "random_state", "eigen_solver", never=("dense",)),
    Rule("FactorAnalysis", "random_state", "svd_method", only=("randomized",)),
    Rule("GaussianProcessClassifier GaussianProcessRegressor", "random_state", "n_restarts_optimizer", never=(0,)),
    Rule("DummyClassifier", "random_state", "strategy", only=("stratified", "uniform")),
    Rule("KBinsDiscretizer QuantileTransformer", "random_state", "subsample", never=(None,)),
)

# functions that draw from the global generator
DRAWING_FUNCTIONS = frozenset({"sklearn.feature_selection.mutual_info_classif", "sklearn.feature_selection.mutual_info_regression"})


def _pca(value: Effective) -> bool:
    """`auto` is an exact solver unless a number of components is asked for; `randomized` and `arpack` start at random."""
    n = value("n_components")
    exact = n is None or n == "mle" or (isinstance(n, float) and 0 < n < 1)
    return value("svd_solver") in ("randomized", "arpack") or (value("svd_solver") == "auto" and not exact)


def _linear_svm(value: Effective) -> bool:
    """Only the dual solver visits rows at random (and the one for l1, columns)."""
    return value("dual") is not False or value("penalty") == "l1"


def _descent(value: Effective) -> bool:
    return bool(value("shuffle")) or bool(value("early_stopping"))


def _iterative(value: Effective) -> bool:
    return bool(value("sample_posterior")) or value("imputation_order") == "random" or value("n_nearest_features") is not None


# where more than one value decides whether it draws
DRAWS: dict[str, Callable[[Effective], bool]] = {
    "PCA": _pca,
    "LinearSVC": _linear_svm,
    "LinearSVR": _linear_svm,
    "SGDClassifier": _descent,
    "SGDRegressor": _descent,
    "Perceptron": _descent,
    "PassiveAggressiveClassifier": _descent,
    "PassiveAggressiveRegressor": _descent,
    "IterativeImputer": _iterative,
}


def why_inactive(owner: str, parameter: str, value: Effective) -> str:
    """Return why a parameter of the class `owner` (short name) changes nothing, or "" where it may."""
    if parameter in NO_EFFECT:
        return "no effect on the result"
    for rule in _about(owner, parameter):
        if not rule.holds(value(rule.given)):
            return rule.reason()
    return ""


@cache
def _about(owner: str, parameter: str) -> list[Rule]:
    """Return the rules about one parameter; asked for each parameter of each point of a grid."""
    return [rule for rule in RULES if parameter in rule.parameters.split() and owner in rule.classes.split()]


def draws(owner: str, value: Effective) -> bool:
    """Whether the `random_state` of the class `owner` (short name) draws anything."""
    if owner in DRAWS:
        return DRAWS[owner](value)
    return all(rule.holds(value(rule.given)) for rule in STEADY if owner in rule.classes.split())
