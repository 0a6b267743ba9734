from __future__ import annotations

from gitjournal.entry.changes import Difference, advise_new_entry, differences, flatten
from gitjournal.entry.model import FrontMatter
from gitjournal.entry.parse import parse
from tests.support.pages import page


def front(text: str) -> FrontMatter:
    return parse(text, entry_id="20261121-a-question-abcd", file="a.md").front


def test_every_declared_value_has_a_dotted_key() -> None:
    values = flatten(front(page("A", front="grid: {svc__C: [1, 10]}")))
    assert values["data.sklearn"] == "digits"
    assert values["split.dev"] == 0.2
    assert values["procedure[2].SVC.kernel"] == "rbf"
    assert values["grid.svc__C"] == [1, 10]


def test_facts_that_we_wrote_are_not_what_was_declared() -> None:
    text = page("A").replace("{sklearn: digits}", "{sklearn: digits, facts: {n_rows: 5}}")
    assert differences(front(page("A")), front(text)) == []


def test_only_what_differs_is_told_and_titles_only_where_asked_for() -> None:
    left, right = front(page("A", front="seeds: 3")), front(page("B", front="seeds: 5\ntags: [x]"))
    assert differences(left, right) == [Difference("seeds", 3, 5), Difference("tags", None, ["x"])]
    assert differences(left, right, titles=True)[0] == Difference("title", "A", "B")


def test_one_and_one_point_zero_differ() -> None:
    left, right = (front(page("A", front=f"parameters: {{svc__C: {one}}}")) for one in ("1", "1.0"))
    assert differences(left, right) == [Difference("parameters.svc__C", 1, 1.0)]


def test_the_way_on_is_to_undo_or_to_ask_anew() -> None:
    assert advise_new_entry("k3f9") == "ask anew: gitjournal new --from k3f9"
    assert advise_new_entry("k3f9", "put it back") == "put it back, or ask anew: gitjournal new --from k3f9"
    shown = advise_new_entry("k3f9", "put it back", diff=True, ask="ask anew about it")
    assert shown == "put it back (gitjournal diff k3f9), or ask anew about it: gitjournal new --from k3f9"
