from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from gitjournal.entry.parse import parse
from gitjournal.journal.search import features
from gitjournal.journal.search.features import ProcedurePart, SearchDocument, most_similar_values, value_similarity
from tests.support.networks import entry, model, sequential

BASE = sequential("[{Dense: {units: 8, activation: relu}}, {Dropout: {rate: 0.5}}, {Dense: {units: 1}}]")


def about(text: str) -> SearchDocument:
    """Return what an entry with this procedure is about, kept and read again."""
    return features.decode_document(features.encode_document(features.describe_entry(entry(text))))


def ways(text: str) -> list[list[ProcedurePart]]:
    return features.procedure_variants(about(text).key)


def parts(text: str) -> list[tuple[str, str, dict[str, Any]]]:
    return [(one.label, one.short, one.values) for one in ways(text)[0]]


def test_a_pipeline_is_a_row_of_its_steps() -> None:
    text = "procedure: [StandardScaler, {VotingClassifier: {estimators: [{lr: LogisticRegression}, {svm: {SVC: {C: 10}}}]}}]"
    assert parts(text) == [
        ("standardscaler", "StandardScaler", {}),
        ("votingclassifier", "VotingClassifier", {}),
        ("logisticregression", "LogisticRegression", {}),
        ("svc", "SVC", {"C": [10]}),
    ]
    assert [one.weight for one in ways(text)[0]] == [1, 2, 0.5, 0.5]


def test_a_network_is_a_row_of_its_layers_and_of_how_it_learns() -> None:
    assert parts(BASE) == [
        ("dense-1", "Dense", {"units": [8], "activation": ["relu"]}),
        ("dropout", "Dropout", {"rate": [0.5]}),
        ("dense-2", "Dense", {"units": [1]}),
        ("optimizer", "Adam", {}),
        ("loss", "MeanSquaredError", {}),
        ("fit", "fit", {}),
    ]


def test_wiring_counts_where_it_is_no_chain() -> None:
    skip = "[{h: {Dense: {units: 2}, inputs: [x]}}, {s: {Subtract: {}, inputs: [x, h]}}, {out: {Dense: {units: 1}, inputs: [s]}}]"
    assert parts(model(skip))[1] == ("subtract", "Subtract", {"inputs": [[0, 1]]})


def test_what_means_the_same_is_the_same() -> None:
    written_out = BASE.replace("units: 1}", "units: 1.0, use_bias: true, kernel_initializer: glorot_uniform}").replace("adam", "{Adam: {}}")
    assert ways(BASE) == ways(written_out)
    assert ways("procedure: [SVC]") == ways("procedure: [{SVC: {C: 1, degree: 5}}]")  # no effect on an rbf kernel


def test_a_grid_gives_a_parameter_all_its_values() -> None:
    text = "procedure: [{SVC: {}}]\ngrid: {svc__C: [1, 10, 100], svc__gamma: {log: [0.01, 0.1, 2]}}"
    ((_, _, values),) = parts(text)
    assert sorted(values["C"]) == [1, 10, 100]  # 1 is the default, and not in the canonical form of its point
    assert [one for one in values["gamma"] if one != "scale"] == [0.01, 0.1]


def test_a_grid_that_exchanges_a_step_has_several_ways() -> None:
    found = ways("procedure: [{clf: SVC}]\ngrid: {clf: [SVC, GaussianNB]}")
    assert [[one.short for one in way] for way in found] == [["SVC"], ["GaussianNB"]]


def test_a_large_grid_is_looked_at_in_part() -> None:
    found = ways("procedure: [SVC]\ngrid: {svc__C: {lin: [1, 90000, 90000]}}")
    assert len(found[0][0].values["C"]) == features.MANY


def test_own_code_is_its_function_with_its_parameters() -> None:
    assert parts("procedure: {python: 'mine.net:fit'}\nparameters: {dropout: 0.5}") == [("python", "fit", {"dropout": [0.5]})]


def test_a_procedure_that_cannot_be_read_leaves_the_words() -> None:
    found = about("procedure: [{Dropoot: {rate: 0.5}}]")
    assert features.procedure_variants(found.key) == []
    assert " dropoot " in found.words["procedure"]
    assert ways("procedure: [{SVC: {C: $nothing}}]") == []


def test_words_are_those_of_the_person() -> None:
    text = (
        "---\ntitle: Overfitted layers  # hm\nhypothesis: A Box of boxes\ntags: [svm]\ndata: {path: data/stories.csv}\n"
        "procedure: [SVC]\nretracted: leakage\n---\n## Notes\n\nIt worked. <!-- hidden -->\n\n"
        "<!-- gitjournal:results 20260101-t-aaaa -->\nfancy numbers\n<!-- gitjournal:end 20260101-t-aaaa -->\n"
    )
    words = features.describe_entry(parse(text, entry_id="20260101-t-aaaa", file="e.md")).words
    assert words == {
        "title": " overfitted layer ",
        "hypothesis": " a box of ",
        "tags": " svm ",
        "procedure": " svc ",
        "data": " data story csv ",
        "retraction": " leakage ",
        "notes": " note it worked ",
    }


def test_values_of_strangers_are_kept_small() -> None:
    huge = (
        "procedure: {python: 'mine:fit'}\nparameters: {a: "
        + "9" * 18
        + ", b: ["
        + "1, " * 5000
        + "1], c: {x: [y]}, d: '"
        + "z" * 5000
        + "'}"
    )
    assert len(features.encode_document(about(huge))) < 3000


VALUES = some.one_of(some.floats(), some.integers(-(2**63), 2**63), some.booleans(), some.text(max_size=3), some.none())


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (0.5, 0.5, 1),
        (1, 1.0, 1),
        (0.5, 0.05, 0),
        (100, 10 * math.sqrt(10), 0.5),
        (-100, -100 / math.sqrt(10), 0.5),
        (1, -1, 0),
        (0, 0.1, 0),
        (True, 1, 0),
        (None, 0, 0),
        ("relu", "relu", 1),
        ("relu", "tanh", 0),
        ([64, 32], [64, 320], 0.5),
        ([64, 32], [64], 0),
        ([], [], 1),
        (1e-300, 1e300, 0),
        (math.inf, 1.0, 0),
    ],
)
def test_tenfold_is_far(one: Any, other: Any, expected: float) -> None:
    assert value_similarity(one, other) == pytest.approx(expected)


@given(VALUES, VALUES)
def test_it_goes_both_ways_and_stays_between_0_and_1(one: Any, other: Any) -> None:
    assert 0 <= value_similarity(one, other) == value_similarity(other, one) <= 1


def test_the_nearest_two_are_found() -> None:
    assert most_similar_values([1, 10, 100], [0.1, 9, "x"])[1:] == (10, 9)
    assert most_similar_values(["a"], ["b"]) == (0.0, "a", "b")
