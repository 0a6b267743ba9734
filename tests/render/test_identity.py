"""What identifies a run, for people: the text with its origins, and why two runs are the same or not."""

from __future__ import annotations

import json
from typing import Any

from gitjournal.procedure.counts import Sizes
from gitjournal.procedure.difference import DeclaredConfiguration, ValueChange
from gitjournal.procedure.origins import ValueOrigin
from gitjournal.render.identity import identity_as_plain, identity_comparison_as_plain, identity_comparison_lines, identity_lines
from gitjournal.run.explain import ConfigurationIdentity, IdentityComparison, SharedConfiguration

TEXT = json.dumps(
    {
        "data": {"hash": "sha256:d", "task": "classification"},
        "procedure": ["StandardScaler", {"SVC": {"C": 10.0}}],
        "schema": 1,
        "split": {"dev": 0.2},
    }
)
DECLARED = DeclaredConfiguration({}, {}, [], "1.7", Sizes())


def explained(fingerprint: str = "f" * 64, **more: Any) -> ConfigurationIdentity:
    origins = [ValueOrigin("procedure[1].C", 10.0, "grid"), ValueOrigin("data.hash", "sha256:d", "data.hash")]
    values = {"canonical": TEXT, "grid": {"svc__C": 10}, "seeds": [0, 1], "values": origins, "left_out": [], "owner": None}
    return ConfigurationIdentity(fingerprint, **{**values, "written": DECLARED, **more})


def lines(*configurations: ConfigurationIdentity) -> str:
    return "\n".join(identity_lines(configurations, color=False))


def test_each_value_stands_beside_where_it_comes_from() -> None:
    shown = lines(explained()).splitlines()
    assert shown[:2] == [f"fingerprint {'f' * 64}", "svc__C 10, seeds 0, 1"]
    assert next(line for line in shown if '"C": 10.0' in line).endswith("  grid")
    assert "".join(line.split("  grid")[0].split("  data.hash")[0] for line in shown[2:]).replace(" ", "") == TEXT.replace(" ", "")


def test_what_changes_nothing_is_listed_with_its_reason() -> None:
    shown = lines(explained(left_out=[ValueOrigin("procedure[1].coef0", 1.0, "no effect on an rbf kernel")]))
    assert "left out, as it changes nothing:" in shown
    assert "no effect on an rbf kernel" in shown


def test_a_text_that_the_entry_gives_no_more_has_no_origins() -> None:
    assert lines(explained(written=None)).endswith("what the entry says now does not give this text, so no origins are shown")
    assert "gitjournal show 20261121-x-aaaa --identity" in lines(explained(canonical=None, owner="20261121-x-aaaa"))
    assert lines(explained(canonical=None)).endswith("  no text recorded")
    assert "{not json" in lines(explained(canonical="{not json", written=None))


def test_three_configurations_are_printed_and_the_others_counted() -> None:
    shown = lines(*(explained(str(number) * 64) for number in range(5)))
    assert shown.count("fingerprint ") == 3
    assert shown.endswith("and 2 more configurations: add --json")
    assert [one["fingerprint"][0] for one in identity_as_plain([explained("a" * 64)])] == ["a"]


def likeness(**more: Any) -> IdentityComparison:
    return IdentityComparison(**{"same": [], "only_left": [], "only_right": [], "changes": [], **more})


def test_two_entries_that_differ_say_in_which_values() -> None:
    changes = [ValueChange("svc__C", 1, 10)]
    shown = "\n".join(identity_comparison_lines(likeness(changes=changes), ["aaaa", "bbbb"], color=False))
    assert shown.startswith("aaaa and bbbb are not the same run: 1 value differs\n")
    assert "svc__C  1     10" in shown
    many = likeness(changes=changes, only_left=[explained()] * 2, only_right=[explained()])
    assert "the nearest two of their configurations are compared" in next(identity_comparison_lines(many, ["aaaa", "bbbb"], color=False))


def test_two_entries_that_are_the_same_say_what_was_written_otherwise_and_which_seeds() -> None:
    same = SharedConfiguration("f" * 64, ({}, {}), ([0], [1]), ["C 10 and 10.0"])
    shown = list(identity_comparison_lines(likeness(same=[same]), ["aaaa", "bbbb"], color=False))
    assert shown == ["aaaa and bbbb are the same run", "written differently: C 10 and 10.0", "seeds 0 and 1: replicates, no run is in both"]
    alike = SharedConfiguration("f" * 64, ({}, {}), ([0], [0]), [])
    assert list(identity_comparison_lines(likeness(same=[alike]), ["aaaa", "bbbb"], color=False))[1:] == ["written alike"]
    part = likeness(same=[alike], only_left=[explained()])
    assert list(identity_comparison_lines(part, ["aaaa", "bbbb"], color=False))[:2] == [
        "aaaa and bbbb share 1 configuration",
        "only in aaaa: 1 configuration",
    ]
    assert identity_comparison_as_plain(part)["only_left"] == ["f" * 64]
