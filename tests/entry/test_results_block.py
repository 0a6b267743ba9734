from __future__ import annotations

import pytest

from gitjournal.entry.results_block import splice, strip_block
from gitjournal.errors import EntryError

ID = "20261121-rbf-beats-linear-k3f9"
BEGIN, END = f"<!-- gitjournal:results {ID} -->", f"<!-- gitjournal:end {ID} -->"
TEXT = "---\ntitle: t\n---\n\n## Notes\n\nmine\n"


def test_the_first_block_comes_after_one_blank_line_at_the_end():
    assert splice(TEXT, ID, "a\nb") == f"{TEXT}\n{BEGIN}\na\nb\n{END}\n"
    assert splice(TEXT + "\n", ID, "a") == f"{TEXT}\n{BEGIN}\na\n{END}\n"
    assert splice(TEXT.rstrip("\n"), ID, "a") == f"{TEXT}\n{BEGIN}\na\n{END}\n"
    assert splice("", ID, "a") == f"{BEGIN}\na\n{END}\n"


def test_a_later_block_replaces_only_what_is_between_the_markers():
    text = f"above\n{BEGIN}\nold\n\nolder\n{END}\nbelow\n\n\n"
    assert splice(text, ID, "new\n") == f"above\n{BEGIN}\nnew\n{END}\nbelow\n\n\n"
    assert splice(f"{BEGIN}\nold\n{END}", ID, "new") == f"{BEGIN}\nnew\n{END}"


def test_the_same_block_twice_changes_nothing():
    once = splice(TEXT, ID, "a\n\nb")
    assert splice(once, ID, "a\n\nb") == once


@pytest.mark.parametrize("text", [TEXT, "no end", "", TEXT + "\x0b odd \u2028 line\n", "\ufeff" + TEXT])
def test_crlf_and_every_other_byte_stay(text):
    crlf = text.replace("\n", "\r\n")
    done = splice(crlf, ID, "a\nb")
    assert done.startswith(crlf)
    assert crlf == "" or "\r\n" not in crlf or "\n" not in done.replace("\r\n", "")
    assert splice(text, ID, "a").startswith(text)


def test_without_its_block_an_entry_is_what_the_person_wrote():
    assert strip_block(f"above\n{BEGIN}\nold\n{END}\nbelow\n", ID) == "above\nbelow\n"
    assert strip_block(TEXT, ID) == TEXT


def test_a_renamed_entry_keeps_its_block_under_the_new_id():
    new = "20261121-other-words-k3f9"
    done = splice(splice(TEXT, ID, "old"), new, "new")
    assert done == splice(TEXT, new, "new")


def test_the_markers_of_another_entry_are_prose():
    other = f"{BEGIN}\ntheirs\n{END}\n".replace("k3f9", "zzzz")
    assert splice(other, ID, "ours") == f"{other}\n{BEGIN}\nours\n{END}\n"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (f"```\n{BEGIN}\n{END}\n```\n", 2, "in a code fence"),
        (f"~~~ md\n```\n{BEGIN}\n{END}\n~~~\n", 3, "in a code fence"),
        (f"{BEGIN}\n{END}\n{BEGIN}\n{END}\n", 3, "twice"),
        (f"{BEGIN}\n{BEGIN}\n{END}\n", 2, "twice"),
        (f"{END}\n{BEGIN}\n", 1, "before"),
        (f"a\n{BEGIN}\n", 2, "`gitjournal:end` is missing"),
        (f"{END}\n", 1, "before"),
        (f"{BEGIN}\n```\nopen\n{END}\n", 4, "in a code fence"),
        ("a\n```\nopen\n", 2, "never ends"),
    ],
)
def test_markers_that_are_not_as_we_wrote_them_are_refused_with_their_line(text, line, said):
    with pytest.raises(EntryError, match=said) as caught:
        splice(text, ID, "new")
    assert caught.value.place
    assert caught.value.place.line == line


@pytest.mark.parametrize("text", [f" {BEGIN}\n", f"> {BEGIN}\n", f"see {BEGIN} here\n", "`" + BEGIN + "`\n", BEGIN + " \n"])
def test_a_marker_that_does_not_stand_alone_is_prose(text):
    assert splice(text, ID, "a") == f"{text}\n{BEGIN}\na\n{END}\n"


def test_a_fence_that_is_closed_and_one_in_the_front_matter_do_no_harm():
    text = "---\nhypothesis: |\n  ```\n---\n\n```sh\nls\n```\n"
    assert splice(text, ID, "a") == f"{text}\n{BEGIN}\na\n{END}\n"
