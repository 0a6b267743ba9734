from __future__ import annotations

import pytest

from gitjournal.journal.search import features
from gitjournal.journal.search.structure import explain_differences, similarity
from tests.support.networks import entry, model, sequential

NET = sequential("[{Dense: {units: 64, activation: relu}}, {Dropout: {rate: 0.5}}, {Dense: {units: 10}}]")
LAYERS = NET.split("layers: ")[1].split(", optimizer")[0]
SVM = "procedure: [StandardScaler, SVC]"


def between(one: str, other: str) -> tuple[float, list[str]]:
    left, right = (features.describe_entry(entry(text)) for text in (one, other))
    return similarity(left, right), explain_differences(left, right)


@pytest.mark.parametrize(
    ("one", "other", "least", "said"),
    [
        (NET, NET.replace("units: 64", "units: 128"), 0.95, ["dense-1 units 64 -> 128"]),
        (NET, NET.replace("0.5", "0.4"), 0.95, ["dropout rate 0.5 -> 0.4"]),
        (NET, NET.replace("relu", "tanh"), 0.8, ["dense-1 activation relu -> tanh"]),
        (NET, NET.replace("adam", "{Adam: {learning_rate: 0.01}}"), 0.9, ["optimizer learning_rate 0.001 -> 0.01"]),
        (NET, NET.replace("adam", "sgd"), 0.75, ["Adam -> SGD"]),
        (NET, NET.replace("mse", "mae"), 0.75, ["MeanSquaredError -> MeanAbsoluteError"]),
        (NET, sequential(LAYERS, more=", fit: {epochs: 5}"), 0.9, ["fit epochs 1 -> 5"]),
        (NET, NET.replace("{Dropout: {rate: 0.5}}, ", ""), 0.7, ["Dropout left out"]),
        (SVM, "procedure: [StandardScaler, {SVC: {C: 5, kernel: poly}}]", 0.5, ["svc C 1.0 -> 5", "svc kernel rbf -> poly"]),
        (SVM, "procedure: [SVC]", 0.5, ["StandardScaler left out"]),
        (SVM, "procedure: [StandardScaler, PCA, SVC]", 0.6, ["PCA put in"]),
        (SVM, "procedure: [MinMaxScaler, SVC]", 0.3, ["StandardScaler -> MinMaxScaler"]),
        (SVM, "procedure: [StandardScaler, {clf: {SVC: {C: 1.0}}}]", 1.0, []),
    ],
)
def test_what_differs_is_said_and_costs(one: str, other: str, least: float, said: list[str]) -> None:
    found, why = between(one, other)
    assert why == said
    assert least <= found <= 1
    assert (found == 1) == (not said)
    assert between(other, one)[0] == pytest.approx(found)


def test_counts_of_layers_alone_do_not_make_networks_alike() -> None:
    """What a cosine of the counts of layer types calls the same: other widths, activations, optimizer, and another order."""
    near = between(NET, NET.replace("units: 64", "units: 96"))[0]
    for other in (
        NET.replace("units: 64", "units: 4"),
        NET.replace("relu", "tanh"),
        NET.replace("adam", "sgd"),
        sequential("[{Dropout: {rate: 0.5}}, {Dense: {units: 64, activation: relu}}, {Dense: {units: 10}}]"),
    ):
        assert between(NET, other)[0] < near


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (NET, SVM),
        (SVM, "procedure: [StandardScaler, LogisticRegression]"),
        (SVM, "procedure: {python: 'mine:fit'}"),
        (SVM, "procedure: [{SVM: {}}]"),
        (NET, sequential("[{Conv2D: {filters: 8, kernel_size: 3}}, MaxPooling2D, Flatten, {Dense: {units: 1, activation: relu}}]")),
    ],
)
def test_what_has_little_in_common_is_not_near(one: str, other: str) -> None:
    assert between(one, other)[0] < 0.1


def test_grids_are_as_near_as_their_nearest_values() -> None:
    grid = "procedure: [SVC]\ngrid: {svc__C: [1, 8, 1000], svc__gamma: [0.5, 0.05]}"
    assert between(grid, "procedure: [{SVC: {C: 10, gamma: 0.05}}]")[1] == ["svc C 8 -> 10"]
    found, why = between(grid, "procedure: [{SVC: {C: 1.0e-6, gamma: 0.05}}]")
    assert why == ["svc C 1.0 to 1000 -> 1e-06"]
    assert found == pytest.approx(2 / 3)
    swapped = "procedure: [{clf: SVC}]\ngrid: {clf: [GaussianNB, SVC]}"
    assert between(swapped, "procedure: [GaussianNB]") == (1.0, [])


def test_wiring_counts() -> None:
    skip = "[{h: {Dense: {units: 2}, inputs: [x]}}, {s: {Subtract: {}, inputs: [x, h]}}, {out: {Dense: {units: 1}, inputs: [s]}}]"
    assert between(model(skip), model(skip.replace("[x, h]", "[h, x]")))[1] == ["subtract inputs [0, 1] -> [1, 0]"]


def test_widths_in_a_list_count_one_by_one() -> None:
    one, other = (
        "procedure: [{MLPClassifier: {hidden_layer_sizes: [64, 32]}}]",
        "procedure: [{MLPClassifier: {hidden_layer_sizes: [64, 16]}}]",
    )
    assert between(one, other)[0] > between(one, one.replace("[64, 32]", "[64]"))[0]
