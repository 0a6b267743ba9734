from __future__ import annotations

import pytest

from gitjournal.entry.parse import parse
from gitjournal.journal.search import features
from gitjournal.journal.search.features import SearchDocument
from gitjournal.journal.search.words import AskedNumber, explain_matches, parse_query, score_documents
from tests.support.networks import sequential

NET = sequential("[{Dense: {units: 64, activation: relu}}, {Dropout: {rate: $d}}, {Dense: {units: 10}}]")


def about(procedure: str, *, title: str = "t", notes: str = "") -> SearchDocument:
    text = f"---\ntitle: {title}\ndata: {{path: it.npz}}\n{procedure}\n---\n{notes}\n"
    return features.describe_entry(parse(text, entry_id="20260101-t-aaaa", file="e.md"))


def net(rate: float, **more: str) -> SearchDocument:
    return about(f"{NET}\nparameters: {{d: {rate}}}", **more)


KNOWN = {
    "half": net(0.5),
    "less": net(0.4),
    "more": net(0.6),
    "tenth": net(0.1),
    "forest": about("procedure: [{RandomForestClassifier: {n_estimators: 100}}]", title="Dropouts of a school"),
    "svc": about("procedure: [StandardScaler, SVC]", notes="The margin is wide; dropout is no word for it."),
    "svc10": about("procedure: [{clf: {SVC: {C: 12}}}]\ngrid: {clf__gamma: [0.1, 0.01]}"),
    "mlp": about("procedure: [{MLPClassifier: {hidden_layer_sizes: [64, 32], learning_rate_init: 0.01}}]"),
    "slow": about(NET.replace("adam", "{Adam: {learning_rate: 3.0e-4}}") + "\nparameters: {d: 0.01}"),
}


def found(asked: str) -> list[str]:
    """Return the names of what is near, the nearest first."""
    near = score_documents(parse_query(asked), KNOWN)
    return sorted(near, key=lambda name: (-round(near[name], 9), name))


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("dropout 0.5", ["half", "more", "less", "tenth"]),
        ("Dropout=0.1", ["tenth"]),
        ("rate: 0.4", ["less", "half", "more"]),
        ("C 10", ["svc10"]),
        ("svc__C=1", ["svc"]),  # the default, which stands nowhere
        ("clf__gamma 0.01", ["svc10"]),
        ("lr 1e-3", ["half", "less", "more", "tenth", "slow"]),  # Adam's own rate is 0.001
        ("learning_rate 0.0003", ["slow"]),
        ("random forests", ["forest"]),
        ("forest 90", ["forest"]),
        ("mlp 32", ["mlp"]),
        ("margins", ["svc"]),
        ("0.4", ["less"]),
    ],
)
def test_words_and_numbers_find_the_nearest_first(asked: str, first: list[str]) -> None:
    assert found(asked)[: len(first)] == first


def test_a_word_finds_what_only_speaks_of_it_after_what_has_the_value() -> None:
    assert found("dropout 0.5") == ["half", "more", "less", "tenth", "forest", "slow", "svc"]
    near = score_documents(parse_query("dropout 0.5"), KNOWN)
    assert near["half"] == 1
    assert near["svc"] == near["forest"] == pytest.approx(0.5)


def test_a_rare_word_counts_more_than_a_common_one() -> None:
    near = score_documents(parse_query("dropout margin"), KNOWN)
    assert near["svc"] == 1
    assert near["forest"] < 0.5
    assert score_documents(parse_query("dropout xyzzy"), KNOWN)["half"] == 1  # what nobody speaks of tells nothing


def test_nothing_near_is_nothing() -> None:
    assert score_documents(parse_query("xyzzy 17000000"), KNOWN) == {}
    assert score_documents(parse_query("dropout"), {}) == {}


@pytest.mark.parametrize(
    ("asked", "name", "said"),
    [
        ("dropout 0.5", "half", ["Dropout rate 0.5"]),
        ("dropout 0.5", "less", ["Dropout rate 0.4 for 0.5"]),
        ("dropout 0.5", "svc", ["in the notes: dropout"]),
        ("dropout 0.5", "forest", ["in the title: dropout"]),
        ("svc__C=1 margin", "svc", ["SVC C 1, the default", "in the notes: margin"]),
        ("relu it", "half", ["in the data: it", "in the procedure: relu"]),
    ],
)
def test_it_says_why(asked: str, name: str, said: list[str]) -> None:
    assert explain_matches(parse_query(asked), KNOWN[name]) == said


def test_a_number_belongs_to_the_word_before_it() -> None:
    assert parse_query("C 10, gamma=.5 7 x 1e999").numbers == [
        AskedNumber("C", 10, "10"),
        AskedNumber("gamma", 0.5, ".5"),
        AskedNumber("", 7, "7"),
    ]
    assert parse_query(" ,;: ").words == {}


def test_a_number_without_a_name_is_that_number_alone() -> None:
    assert list(score_documents(parse_query("0.4"), KNOWN)) == ["less"]


def test_a_parameter_of_another_step_is_not_meant() -> None:
    assert explain_matches(parse_query("clf__gamma 0.1"), KNOWN["svc10"]) == ["SVC gamma 0.1"]
    assert explain_matches(parse_query("forest__gamma 0.1"), KNOWN["svc10"]) == ["in the procedure: gamma"]
