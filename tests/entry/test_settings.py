from __future__ import annotations

import pytest

from gitjournal.entry import settings
from gitjournal.entry.settings import Settings, parse
from gitjournal.errors import EntryError


def test_the_text_of_a_new_journal_says_the_defaults():
    assert parse(settings.default_text()) == Settings()


def test_what_is_not_written_has_its_default():
    assert parse("") == Settings()
    assert parse("protect: true\n") == Settings(protect=True)


def test_every_setting_is_read():
    text = 'schema: 1\nbranches: ["exp/*", "try/*"]\nprotect: true\nhypothesis: error\n'
    assert parse(text) == Settings(schema=1, branches=["exp/*", "try/*"], protect=True, hypothesis="error")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("protekt: true\n", "journal.yaml:1:1: unknown key `protekt`; did you mean `protect`?"),
        ("schema: 1\nzzz: 1\n", "journal.yaml:2:1: unknown key `zzz`; known: schema, branches, protect, hypothesis"),
        ("protect: maybe\n", "journal.yaml:1:10: `protect` takes true or false"),
        ("schema: 1\nbranches: [1]\n", 'journal.yaml:2:12: `branches` takes a list of branch patterns such as ["exp/*"]'),
        ("branches: exp\n", 'journal.yaml:1:11: `branches` takes a list of branch patterns such as ["exp/*"]'),
        ("hypothesis: never\n", "journal.yaml:1:13: `hypothesis` takes warn, error or off"),
        ("schema: 0\n", "journal.yaml:1:9: `schema` takes a whole number such as 1"),
        ("schema: 2\n", "journal.yaml:1:9: this journal has schema 2; this gitjournal reads up to 1"),
        ("- a\n", "journal.yaml:1: journal.yaml must be `key: value` lines"),
        ("a: [\n", "journal.yaml:2:1: not YAML"),
    ],
)
def test_a_fault_has_its_place_and_the_way_out(text, said):
    with pytest.raises(EntryError) as caught:
        parse(text)
    assert str(caught.value).startswith(said)
