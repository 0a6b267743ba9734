"""Where configurations lie."""

from __future__ import annotations

import numpy as np
import pytest

from gitjournal.suggest import encoding

SVC = "sklearn.svm.SVC"
SCALER = {"sklearn.preprocessing.StandardScaler": {}}


def svc(**values: object) -> encoding.AlgorithmSetting:
    return encoding.encode([SCALER, {SVC: values}])


def test_a_procedure_is_read() -> None:
    one = svc(C=10, gamma=0.001)
    assert one.algorithm == "SVC"
    assert one.values == {"steps before": "StandardScaler", "SVC.C": 10, "SVC.gamma": 0.001}
    assert one.key == svc(gamma=0.001, C=10).key


def test_rates_are_looked_at_by_their_logarithm_and_a_default_lies_among_them() -> None:
    codes, positions = encoding.locate([svc(C=0.1), svc(), svc(C=10)])
    assert codes.tolist() == [0, 0, 0]
    assert positions[:, 0].tolist() == pytest.approx([0, 0.5, 1])


def test_a_short_range_is_linear() -> None:
    _, positions = encoding.locate([encoding.encode([{"sklearn.ensemble.AdaBoostClassifier": {"learning_rate": x}}]) for x in (1, 2, 3)])
    assert positions[:, 0].tolist() == [0, 0.5, 1]


def test_a_count_and_a_share_are_two_scales() -> None:
    tree = "sklearn.tree.DecisionTreeClassifier"
    found = [encoding.encode([{tree: {"min_samples_split": x}}]) for x in (2, 1024, 0.001, 0.1)]
    _, positions = encoding.locate(found)
    apart = np.sqrt(((positions[:, None] - positions[None]) ** 2).sum(-1))
    assert apart[0, 1] == pytest.approx(1)
    assert apart[2, 3] == pytest.approx(1)
    assert apart[0, 2] > 0.7


def test_algorithms_have_axes_of_their_own() -> None:
    forest = [encoding.encode([{"sklearn.ensemble.RandomForestClassifier": {"max_depth": x}}]) for x in (3, 9)]
    codes, positions = encoding.locate([svc(C=1), svc(C=100), *forest])
    assert codes.tolist() == [0, 0, 1, 1]
    assert not positions[2:, 0].any()
    assert not positions[:2, 1].any()


def test_words_nested_classes_and_lists_are_categories() -> None:
    bagged = [
        encoding.encode([{"sklearn.ensemble.BaggingClassifier": {"estimator": {SVC: {"kernel": k}}}}]) for k in ("rbf", "linear", "rbf")
    ]
    _, positions = encoding.locate(bagged)
    assert (positions[0] == positions[2]).all()
    assert (positions[0] != positions[1]).any()


@pytest.mark.parametrize(
    "procedure", [[], ["x"], [{"python": {"function": "a:b", "code": "0" * 64, "parameters": {"window": 3}}}], [[1]], [{}]]
)
def test_anything_that_stands_in_a_record_can_be_read(procedure: list[object]) -> None:
    one = encoding.encode(procedure)
    assert encoding.locate([one, svc()])[1].shape[0] == 2


def test_differences_count_a_default_as_said() -> None:
    assert encoding.differences(svc(C=1.0).values, svc().values) == []
    assert encoding.differences(svc(C=3).values, svc().values) == ["SVC.C"]
