from __future__ import annotations

import json
from pathlib import Path

from tests.support.pages import LOGISTIC, RBF, TREES, commit, gitjournal, page, three_entries, write


def test_two_entries_side_by_side_with_what_each_reached(repo: Path) -> None:
    three_entries(repo)
    text = gitjournal(repo, "diff", "k3f9", "p2m1")
    lines = [line.split() for line in text.splitlines()]
    assert "0.978 ± 0.003 SD over 2 seeds" in text
    assert "difference +0.006 (k3f9 minus p2m1)" in text
    assert ["declared", "k3f9", "p2m1"] in lines
    assert ["seeds", "[0,", "1]", "-"] in lines
    assert not any(line[:1] == ["split.dev"] for line in lines)  # what is the same is not told
    assert all(len(line) <= 100 for line in text.splitlines())


def test_entries_that_declare_the_same_say_so(repo: Path) -> None:
    lab = three_entries(repo)
    write(lab, "20261122-twin-tttt", page("Another title"))
    commit(lab)
    assert "They declare the same." in gitjournal(repo, "diff", "m2c8", "tttt")


def test_the_object_names_both_and_every_difference(repo: Path) -> None:
    three_entries(repo)
    found = json.loads(gitjournal(repo, "diff", "k3f9", "p2m1", "--json"))
    assert [one["id"] for one in found["entries"]] == [RBF, LOGISTIC]
    assert found["entries"][0]["grid"] == {"svc__C": 10}
    assert {"key": "seeds", "left": [0, 1], "right": None} in found["differences"]


def test_an_entry_and_itself_is_refused(repo: Path) -> None:
    three_entries(repo)
    assert "the same entry" in gitjournal(repo, "diff", "k3f9", "rbf", code=2)


def test_alone_it_compares_the_file_with_what_is_committed(repo: Path) -> None:
    lab = three_entries(repo)
    assert "is what journal holds" in gitjournal(repo, "diff", "m2c8")
    write(lab, TREES, page("Trees, said otherwise", front="seeds: 3").replace("What I saw.", "What I saw later."))
    lines = gitjournal(repo, "diff", "m2c8").splitlines()
    assert lines[0].split() == ["declared", "on", "journal", "in", "the", "lab", "folder"]
    assert lines[1].split() == ["title", "Trees", "on", "digits", "Trees,", "said", "otherwise"]
    assert lines[2].split() == ["seeds", "-", "3"]
    assert lines[-1] == "The prose differs."
    found = json.loads(gitjournal(repo, "diff", "m2c8", "--json"))
    assert found["prose_differs"]
    assert [one["key"] for one in found["differences"]] == ["title", "seeds"]


def test_only_prose_that_differs_is_called_that(repo: Path) -> None:
    lab = three_entries(repo)
    write(lab, TREES, page("Trees on digits") + "\nMore.\n")
    assert gitjournal(repo, "diff", "m2c8") == "It declares the same.\nThe prose differs.\n"


def test_a_draft_alone_has_nothing_to_compare_with(repo: Path) -> None:
    lab = three_entries(repo)
    write(lab, "20261122-a-draft-zzzz", page("A draft"))
    assert "nothing of it is committed yet" in gitjournal(repo, "diff", "zzzz")
    assert "They declare the same." in gitjournal(repo, "diff", "zzzz", "m2c8")


def test_a_draft_that_cannot_be_read_is_refused_with_its_place(repo: Path) -> None:
    lab = three_entries(repo)
    write(lab, TREES, "---\ntitle: [\n---\n")
    assert f"{TREES}.md:" in gitjournal(repo, "diff", "m2c8", code=1)
