"""The templates of a site: what is put into them is text, and their policy names what may run."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

from gitjournal.render.site.cards import Card
from gitjournal.render.site.templates import Templates, gain, lower, policy_hash, score, slug
from gitjournal.stats.calibration import Prediction, calibrate

pytest.importorskip("jinja2")

CARD = Card(
    id="20261121-x-aaaa",
    key="k",
    metric="accuracy",
    best=0.978,
    sd=0.004,
    gain=0.006,
    low=-0.008,
    high=0.0194,
    reached=0.978,
    data_name="digits",
)


def test_a_hash_is_that_of_a_content_security_policy() -> None:
    digest = base64.b64encode(hashlib.sha256(b"alert(1)").digest()).decode()
    assert policy_hash("alert(1)") == f"sha256-{digest}"


def test_a_page_names_its_own_style_and_script_and_escapes_what_it_is_given() -> None:
    templates = Templates()
    values = {
        "name": "<script>x</script>\x1b[2J",
        "root": "",
        "here": "",
        "found": calibrate([Prediction(0.9, supported=True)]),
        "lines": [],
        "columns": [],
        "rows": [],
    }
    html = templates.fill("calibration.html", figure_={"title": "t", "drawn": "", "note": ""}, **values)
    assert "<script>x" not in html
    assert "\x1b" not in html
    scripts = [match[1] for match in re.finditer(r"<script[^>]*>(.*?)</script>", html, re.DOTALL)]
    assert scripts
    assert all(policy_hash(script) in templates.policy for script in scripts)
    assert templates.safe("<b>ours</b>") == "<b>ours</b>"


def test_a_card_is_told_with_its_spread_and_its_interval() -> None:
    assert score(CARD) == "0.978 ± 0.004"
    assert gain(CARD) == "+0.006 [-0.008, +0.019]"
    assert gain(Card(id="x", key="k")) == score(Card(id="x", key="k")) == "-"
    assert not lower(CARD)
    assert lower(Card(id="x", key="k", metric="rmse"))


def test_a_smaller_error_is_a_gain() -> None:
    card = Card(id="x", key="k", metric="rmse", best=62.0, gain=-3.2, low=-8.3, high=1.9, reached=65.2)
    assert gain(card) == "+3.2 [-1.9, +8.3]"


def test_data_of_one_name_have_pages_of_their_own_by_their_hash() -> None:
    assert slug(CARD) == "digits"
    assert slug(Card(id="x", key="k", data_name="digits", data_hash="sha256:abcdef0123")) == "digits-abcdef"
    assert slug(Card(id="x", key="k", data_name="digits", data_hash="sha256:../x/y")) == "digits"
