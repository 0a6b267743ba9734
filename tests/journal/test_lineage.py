from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gitjournal.journal.lineage import DrawnEntry, Links, draw_trees


def test_an_entry_is_drawn_below_the_one_it_follows() -> None:
    links = {
        "new": Links(from_="mid", baseline="base"),
        "mid": Links(baseline="base"),
        "again": Links(replicates="base"),
        "base": Links(),
        "alone": Links(baseline="gone"),
    }
    assert draw_trees(links) == [
        DrawnEntry("", "base", ""),
        DrawnEntry("├─ ", "mid", "baseline"),
        DrawnEntry("│  └─ ", "new", "from"),
        DrawnEntry("└─ ", "again", "replicates"),
        DrawnEntry("", "alone", ""),
    ]


def test_a_long_chain_and_a_circle_end() -> None:
    chain = {str(number): Links(from_=str(number - 1)) for number in range(5000)}
    assert len(draw_trees(chain)) == 5000
    assert draw_trees({"a": Links(from_="b"), "b": Links(from_="a")}) == [DrawnEntry("", "a", ""), DrawnEntry("└─ ", "b", "from")]


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.builds(Links, *[st.none() | st.sampled_from("abcdefgh")] * 3)))
def test_every_entry_is_drawn_once(links: dict[str, Links]) -> None:
    assert sorted(branch.id for branch in draw_trees(links)) == sorted(links)
