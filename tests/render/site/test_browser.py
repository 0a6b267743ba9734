"""The pages in a real browser: what a reader does with mouse, keys and phone, and what a stranger's entry may not do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.pages import LOGISTIC, RBF, commit, page, write
from tests.support.site_journal import BRANCH, ELSEWHERE, EVIL, journal, project

for library in ("jinja2", "markdown", "nh3"):
    pytest.importorskip(library)
playwright = pytest.importorskip("playwright.sync_api")
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH: apt-get install chromium"),
]
NEVER = ("http://", "https://", "ws://", "wss://")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository with two sites."""
    return project(tmp_path_factory.mktemp("browser"))


@pytest.fixture(scope="module")
def site(repository: Path) -> str:
    """Return the address of the pages of one journal, on the disk."""
    return (repository / "pages").as_uri()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch, playwright.sync_playwright() as started:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("browser-home")))
        root = ["--no-sandbox"] if os.geteuid() == 0 else []
        found = started.chromium.launch(executable_path=CHROMIUM, args=[*root, "--disable-dev-shm-usage"])
        yield found
        found.close()


@pytest.fixture
def tab(browser: Any, site: str) -> Iterator[Any]:
    """Give a page that fails the test for an error in the console, a request that leaves the disk, or a dialog."""
    page = browser.new_page(viewport={"width": 1100, "height": 800})
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(f"console: {said.text}") if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda fault: wrong.append(f"error: {fault}"))
    page.on("request", lambda asked: wrong.append(f"request: {asked.url}") if asked.url.startswith(NEVER) else None)
    page.on("dialog", lambda dialog: (wrong.append("dialog"), dialog.dismiss()))
    page.goto(f"{site}/index.html")
    yield page
    page.close()
    assert not wrong


def shown(tab: Any) -> list[str]:
    """Return the short ids of the questions that are shown, in their order."""
    return [
        str(value)[-4:] for value in tab.eval_on_selector_all("#questions > li:not([hidden]) input", "all => all.map(one => one.value)")
    ]


def test_questions_are_searched_filtered_and_sorted(tab: Any) -> None:
    assert shown(tab) == ["zzzz", "m2c8", "k3f9", "p2m1"] or shown(tab) == ["zzzz", "k3f9", "m2c8", "p2m1"]
    tab.fill("#search", "pixels svm")
    playwright.expect(tab.locator("#told")).to_have_text("1 of 4 questions")
    assert shown(tab) == ["k3f9"]
    tab.fill("#search", "no such words")
    playwright.expect(tab.locator("#told")).to_have_text("0 of 4 questions")
    tab.fill("#search", "")
    for word, ids in {"planned": ["m2c8"], "refuted": ["k3f9"]}.items():
        tab.select_option("#verdict", word)
        playwright.expect(tab.locator("#told")).to_have_text("1 of 4 questions")
        assert shown(tab) == ids
    tab.select_option("#verdict", "")
    tab.select_option("#data", "digits-ababab")
    tab.select_option("#sort", "score")
    assert shown(tab) == ["k3f9", "p2m1"]
    tab.select_option("#sort", "gain")
    assert shown(tab)[0] == "k3f9"
    tab.select_option("#sort", "oldest")
    assert shown(tab)[0] == "p2m1"


def test_pages_lead_to_one_another(tab: Any) -> None:
    tab.click("text=RBF beats linear")
    assert tab.title() == "RBF beats linear · project"
    tab.click("p.lead a >> nth=0")
    assert tab.evaluate("location.hash") == "#best"
    tab.click("#best a >> nth=0")
    assert tab.evaluate("document.querySelector(':target').cells[0].textContent").startswith("run-cccc")
    tab.click("text=measured against >> a")
    assert tab.url.endswith(f"entries/{LOGISTIC}.html")
    tab.click("nav >> text=Data")
    tab.click("h2 >> text=digits >> nth=0")
    assert "/data/digits" in tab.url
    tab.click("nav >> text=Questions")
    assert tab.url.endswith("index.html")


def test_a_table_is_sorted_by_its_heading(tab: Any, site: str) -> None:
    tab.goto(f"{site}/entries/{RBF}.html")
    runs = tab.locator("[aria-label='every run']")

    def scores() -> list[str]:
        return [str(one) for one in runs.locator("tbody tr td:nth-child(6)").all_inner_texts()]

    assert scores() == ["0.970", "0.978", "0.974", "0.600"]
    heading = runs.get_by_role("button", name="dev.accuracy")
    heading.click()
    assert scores() == ["0.978", "0.974", "0.970", "0.600"]
    heading.press("Enter")
    assert scores() == ["0.600", "0.970", "0.974", "0.978"]
    assert runs.locator("th[aria-sort=ascending]").inner_text().startswith("dev.accuracy")


def test_chosen_entries_stand_side_by_side(tab: Any) -> None:
    tab.check(f"input[value='{RBF}']")
    assert tab.is_hidden("#bar")
    tab.check(f"input[value='{LOGISTIC}']")
    tab.click("#compare")
    rows = tab.locator("#comparison tbody tr")
    said = {row.split("\t")[0]: row.split("\t")[1:] for row in rows.all_inner_texts()}
    assert said["dev.accuracy"] == ["0.978", "0.972"]
    assert said["baseline"] == ["p2m1", "-"]
    assert "task" not in said
    tab.check("#same")
    assert "task" in [row.split("\t")[0] for row in rows.all_inner_texts()]
    tab.fill("#add", "zzzz")
    tab.press("#add", "Enter")
    assert tab.locator("#comparison thead th").count() == 4
    tab.get_by_role("button", name="remove Logistic").click()
    assert tab.locator("#comparison thead th").count() == 3
    assert LOGISTIC not in tab.url
    tab.fill("#add", "nobody")
    tab.press("#add", "Enter")
    assert tab.inner_text("#said") == "no entry fits"


def test_everything_is_reached_by_keys_alone(tab: Any) -> None:
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent") == "Skip to the content"
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "main"
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.id") == "search"
    tab.keyboard.type("pixels svm")
    playwright.expect(tab.locator("#told")).to_have_text("1 of 4 questions")
    for _ in range(4):
        tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent") == "RBF beats linear"
    assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    tab.keyboard.press("Enter")
    tab.wait_for_url(f"**/{RBF}.html")


def test_it_is_dark_where_that_is_preferred_and_white_on_paper(tab: Any) -> None:
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    assert tab.evaluate(paper) == "rgb(255, 255, 255)"
    tab.emulate_media(color_scheme="dark")
    assert tab.evaluate(paper) == "rgb(21, 23, 26)"
    tab.emulate_media(media="print", color_scheme="dark")
    assert tab.evaluate(paper) == "rgb(255, 255, 255)"
    assert tab.is_hidden("#controls")
    assert tab.is_visible("text=RBF beats linear")


@pytest.mark.parametrize("name", ["index.html", "data.html", f"entries/{RBF}.html", f"entries/{EVIL}.html", f"compare.html#{RBF},{EVIL}"])
def test_a_phone_needs_no_scrolling_sideways(tab: Any, site: str, name: str) -> None:
    tab.set_viewport_size({"width": 360, "height": 740})
    tab.goto(f"{site}/{name}")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("folder", ["pages", "everywhere"])
def test_what_a_stranger_wrote_does_nothing(tab: Any, repository: Path, folder: str) -> None:
    """Titles, prose, tags, parameters, metrics, file names, failures, codes, commit messages, authors, branches, datasheets."""
    place = repository / folder
    names = [path.relative_to(place).as_posix() for path in sorted(place.rglob("*.html"))]
    for name in (*names, f"compare.html#{EVIL},{RBF}"):
        tab.goto(f"{place.as_uri()}/{name}")
        tab.wait_for_timeout(50)
        assert tab.title().endswith("project"), name  # any of the scripts would have set it to one word
        assert (
            tab.locator("img, iframe, object, embed, form[action], [onclick], [onerror], [onload], [onfocus], [onmouseover]").count() == 0
        )
        assert tab.locator("body script:not([type='application/json'])").count() == 1  # our own
        # every figure is a drawing of ours, with shapes and words alone
        assert tab.locator("svg :not(text, path, rect, circle, polygon)").count() == 0
    tab.goto(f"{place.as_uri()}/entries/{EVIL}.html")
    links = tab.eval_on_selector_all("main a", "all => all.map(one => one.getAttribute('href'))")
    assert not [one for one in links if one and one.strip().lower().startswith(("javascript", "data:"))]
    tab.goto(f"{place.as_uri()}/compare.html#{EVIL}")
    assert "<script>" in tab.inner_text("#comparison thead")


def test_a_stranger_is_shown_as_written(tab: Any, repository: Path) -> None:
    """The attempts of the test above do stand on the pages: they are not merely left out."""
    tab.goto(f"{(repository / 'everywhere').as_uri()}/entries/{ELSEWHERE}.html")
    assert BRANCH in tab.inner_text("p.meta >> nth=0")
    said = tab.inner_text("[aria-label=history]")
    assert "onfocus=script" in said
    assert "plan: <script>" in said
    tab.goto(f"{(repository / 'everywhere').as_uri()}/entries/{EVIL}.html")
    for word in ("<script>", "<img src=x onerror="):
        assert word in tab.inner_text("main")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_rule_of_accessibility_is_broken(tab: Any, site: str, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    tab.emulate_media(color_scheme=scheme)
    for name in (
        "index.html",
        "data.html",
        "data/digits-ababab.html",
        f"entries/{RBF}.html",
        f"entries/{EVIL}.html",
        f"compare.html#{RBF},{LOGISTIC}",
    ):
        tab.goto(f"{site}/{name}")
        found = axe.run(tab, options={"resultTypes": ["violations"]}).response["violations"]
        assert not found, f"{name}: {[(one['id'], [node['html'][:200] for node in one['nodes'][:3]]) for one in found]}"


def test_without_scripts_the_journal_is_still_read(browser: Any, site: str) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{site}/index.html")
    assert page.is_visible("text=RBF beats linear")
    assert page.is_hidden("#controls")
    page.click("text=RBF beats linear")
    assert page.is_visible("text=Every run")
    page.context.close()


def test_the_policy_stops_what_would_get_past_the_sanitizer(browser: Any, site: str, tmp_path: Path) -> None:
    """A page with a script of somebody else in it: the browser itself refuses."""
    here = Path(site.removeprefix("file://"))
    page = (here / "index.html").read_text().replace("<main ", "<script>document.title='hacked'</script><main ", 1)
    (tmp_path / "index.html").write_text(page)
    tab = browser.new_page()
    tab.goto((tmp_path / "index.html").as_uri())
    assert tab.title() == "project"
    tab.close()


def test_a_served_page_reloads_by_itself(browser: Any, repo: Path) -> None:
    lab = journal(repo)
    serve = [sys.executable, "-m", "gitjournal", "site", "serve", "--port", "0"]
    with subprocess.Popen(serve, cwd=repo, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}) as process:
        assert process.stdout is not None
        try:
            process.stdout.readline()
            tab = browser.new_page()
            wrong: list[str] = []
            tab.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
            with tab.expect_response("**/-/version"):  # it knows which version it shows
                tab.goto(process.stdout.readline().split()[0])
            write(lab, RBF, page("RBF, said otherwise"))
            commit(lab)
            playwright.expect(tab.get_by_role("link", name="RBF, said otherwise")).to_be_visible(timeout=60_000)
            assert not wrong
            tab.close()
        finally:
            process.kill()
