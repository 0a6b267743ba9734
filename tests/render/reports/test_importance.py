"""The report on which parameters mattered: one sentence an algorithm, one row a parameter, a figure of the shares."""

from __future__ import annotations

from dataclasses import replace

from gitjournal.render.reports.importance import importance_as_plain, importance_chart, importance_lines, importance_sentences
from gitjournal.suggest.importance.report import ImportanceReport
from gitjournal.suggest.importance.result import Algorithm, Importance, Importances, ValueScore

BEST, WORST = ValueScore(0.001, 0.01, 0.978), ValueScore("rbf", "rbf", 0.9)
GAMMA = Importance("svc__gamma", 24, 6, BEST, WORST, share=0.71, low=0.5, high=0.9, call="matters")
C = Importance("svc__C", 24, 1000, BEST, WORST, share=0.02, low=0.0, high=0.04, call="did not matter")
DEGREE = Importance("svc__degree", 3, 2, BEST, WORST, call="cannot be told", why="3 runs say too little")
SVC = Algorithm("SVC", 24, 0.978, [GAMMA, C, DEGREE])
FOUND = Importances("accuracy", 24, None, [SVC])
TRIED = ImportanceReport("digits", "sha256:d", FOUND, 3, 2, 0, 1)


def test_a_sentence_says_of_each_parameter_what_it_did() -> None:
    assert importance_sentences(FOUND) == ["svc__gamma matters, svc__C did not, svc__degree cannot be told (SVC)"]
    idle = replace(SVC, parameters=[C])
    assert importance_sentences(replace(FOUND, algorithms=[idle])) == ["svc__C did not matter (SVC)"]
    many = replace(SVC, parameters=[replace(GAMMA, name=name) for name in "abcde"])
    assert importance_sentences(replace(FOUND, algorithms=[many])) == ["a, b, c and 2 more matter (SVC)"]
    assert importance_sentences(replace(FOUND, algorithms=[])) == ["nothing was varied, so nothing can be told"]


def test_several_algorithms_are_named_before_their_parameters() -> None:
    both = replace(FOUND, algorithms=[SVC, replace(SVC, name="KNN", parameters=[C])])
    assert importance_sentences(both)[1] == "KNN: svc__C did not matter"


def test_the_table_says_on_what_it_rests_and_what_was_reached() -> None:
    said = "\n".join(importance_lines(TRIED))
    assert "digits, dev.accuracy (higher is better) · 24 configurations of 3 entries" in said
    assert "left out: 2 failed, 1 on other columns or targets" in said
    assert "0.71 [0.50, 0.90]" in said
    assert "0.001 to 0.01: 0.978" in said
    assert "rbf: 0.900" in said
    assert "cannot be told: 3 runs say too little" in said


def test_the_figure_has_a_bar_for_each_share_and_none_where_nothing_is_known() -> None:
    chart = importance_chart(FOUND)
    assert chart is not None
    assert [bar.name for bar in chart.bars] == ["svc__gamma", "svc__C"]
    assert [bar.shows for bar in chart.bars] == ["", "not shown"]
    assert importance_chart(replace(FOUND, algorithms=[replace(SVC, parameters=[DEGREE])])) is None


def test_plain_values_hold_the_interval_and_what_was_left_out() -> None:
    plain = importance_as_plain(TRIED)
    assert plain["left_out"] == {"failed": 2, "without_metric": 0, "other_columns_or_targets": 1}
    parameters = plain["algorithms"][0]["parameters"]
    assert [one["interval"] for one in parameters] == [[0.5, 0.9], [0.0, 0.04], None]
    assert parameters[2]["why"] == "3 runs say too little"
