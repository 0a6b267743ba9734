"""`site build`: what is written where, what is left alone, and that pages are the journal and nothing else."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from gitjournal.entry.results_block import splice
from tests.support.helpers import git, snapshot
from tests.support.pages import LOGISTIC, RBF, TREES, begin, commit, gitjournal, page, record, write
from tests.support.site_journal import EVIL, SCRIPT, journal, project

for library in ("jinja2", "markdown", "nh3"):
    pytest.importorskip(library)


def built(repo: Path, *arguments: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(gitjournal(repo, "site", "build", "--json", *arguments))
    return found


def pages(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in sorted(folder.rglob("*.html"))}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the pages of one journal, for tests that only read them."""
    return pages(project(tmp_path_factory.mktemp("site")) / "pages")


def test_every_entry_and_data_set_has_a_page_and_the_second_build_writes_nothing(repo: Path) -> None:
    journal(repo)
    before = snapshot(repo, without=(".git",))
    first = built(repo)
    folder = Path(str(first["folder"]))
    assert folder == repo / ".git" / "gitjournal" / "site"
    found = pages(folder)
    names = {f"entries/{name}.html" for name in (LOGISTIC, RBF, TREES, EVIL)}
    data = {f"data/{name}.html" for name in ("digits-ababab", "digits", "img-src-x-onerror-document-title-hacked-cdcdcd")}
    assert set(found) == {"index.html", "data.html", "compare.html", *data, *names}
    assert first["written"] == first["pages"] == len(found)
    assert built(repo)["written"] == 0
    assert pages(folder) == found
    assert snapshot(repo, without=(".git",)) == before
    assert git(repo, "status", "--porcelain") == ""


def test_the_same_journal_gives_the_same_bytes_wherever_it_is_built(repo: Path) -> None:
    journal(repo)
    built(repo)
    built(repo, "-o", "pages")
    shutil.rmtree(repo / ".git" / "gitjournal" / "site-cache")
    again = built(repo, "-o", "other")
    assert again["written"] == again["pages"]
    assert pages(repo / "pages") == pages(repo / "other") == pages(repo / ".git" / "gitjournal" / "site")
    assert git(repo, "status", "--porcelain") == ""  # what was made is not for git


def test_a_change_writes_only_what_tells_of_it(repo: Path) -> None:
    lab = journal(repo)
    built(repo)
    path = write(lab, TREES, page("Trees on digits, said otherwise"))
    commit(lab, "Say it otherwise")
    before = pages(repo / ".git" / "gitjournal" / "site")
    built(repo)
    after = pages(repo / ".git" / "gitjournal" / "site")
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"index.html", "compare.html", "data/digits.html", f"entries/{TREES}.html"}
    path.unlink()
    commit(lab, "Drop it")
    assert built(repo)["removed"] == 2  # its page, and that of data without a hash
    assert f"entries/{TREES}.html" not in pages(repo / ".git" / "gitjournal" / "site")
    assert "said otherwise" not in "".join(pages(repo / ".git" / "gitjournal" / "site").values())


def test_a_line_of_prose_is_told_on_the_page_of_its_entry_and_its_commit_on_the_first_page(repo: Path) -> None:
    lab = journal(repo)
    built(repo)
    path = lab / f"entries/{RBF[:4]}/{RBF}.md"
    path.write_text(path.read_text().replace("## Notes\n", "## Notes\n\nA line of prose.\n", 1))
    commit(lab, "Think about it")
    assert built(repo)["written"] == 2
    told = pages(repo / ".git" / "gitjournal" / "site")
    assert [name for name, text in told.items() if "A line of prose." in text] == [f"entries/{RBF}.html"]
    records = path.with_name(f"{RBF}.runs.jsonl")
    records.write_bytes(b"".join(records.read_bytes().splitlines(keepends=True)[:-1]))
    commit(lab, "Lose a run")
    built(repo)
    after = pages(repo / ".git" / "gitjournal" / "site")
    assert {"index.html", "data/digits-ababab.html", f"entries/{RBF}.html"} <= {name for name in told if told[name] != after[name]}


def test_a_dry_run_writes_nothing(repo: Path) -> None:
    journal(repo)
    gitjournal(repo, "ls")  # the index is local, and may be made by looking
    before = snapshot(repo)
    said = gitjournal(repo, "site", "build", "--dry-run", "-o", "pages")
    assert "10 pages of 4 entries: 10 would be written" in said
    assert {name: was for name, was in snapshot(repo).items() if "index.sqlite" not in name} == {
        name: was for name, was in before.items() if "index.sqlite" not in name
    }


def test_a_folder_of_anybody_else_is_left_alone(repo: Path, tmp_path: Path) -> None:
    journal(repo)
    mine = repo / "mine"
    mine.mkdir()
    (mine / "index.html").write_text("mine")
    assert "no site made" in gitjournal(repo, "site", "build", "-o", "mine", code=1)
    (repo / "linked").symlink_to(tmp_path)
    assert "symbolic link" in gitjournal(repo, "site", "build", "-o", "linked", code=1)
    assert "is a file" in gitjournal(repo, "site", "build", "-o", "train.py", code=1)
    assert "no site made" in gitjournal(repo, "site", "build", "-o", "lab", code=1)
    for place in ("lab/pages", ".git/pages"):
        assert "not for pages" in gitjournal(repo, "site", "build", "-o", place, code=1)
        assert not (repo / place).exists()
    built(repo, "-o", "pages")
    git(repo, "add", "--force", "pages/index.html")
    kept = (repo / "pages" / "index.html").read_bytes()
    assert "git follows files" in gitjournal(repo, "site", "build", "-o", "pages", code=1)
    assert (repo / "pages" / "index.html").read_bytes() == kept
    assert (mine / "index.html").read_text() == "mine"


def test_the_policy_of_each_page_names_what_stands_in_it_and_nothing_else(site: dict[str, str]) -> None:
    for name, said in site.items():
        policy = html.unescape(re.findall(r'Content-Security-Policy" content="([^"]*)"', said)[0])
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        for tag, rule in (("style", "style-src"), ("script", "script-src")):
            (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", said, re.DOTALL)
            digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
            assert f"{rule} 'sha256-{digest}'" in policy, name
        assert not re.findall(r'(?:src|action|srcset|data|poster|background)="?(?:https?:)?//', said)


def test_what_a_stranger_wrote_is_text_on_every_page(site: dict[str, str]) -> None:
    for name, said in site.items():
        rest = re.sub(r"<script>.*?</script>", "", said, count=1, flags=re.DOTALL)
        rest = re.sub(r'<script type="application/json" id="journal">[^<]*</script>', "", rest)
        assert not re.findall(r"<(?:script|img|iframe|form action|object|embed|b )", rest), name
        assert not re.findall(r"<[^>]*\son\w+\s*=", re.sub(r'"[^"]*"', '""', rest)), name
        assert not re.findall(r'href="?\s*(?:javascript|data):', rest, re.IGNORECASE), name
        assert not re.findall("[\x00-\x08\x0b-\x1f\u202a-\u202e]", said), name
    evil = site[f"entries/{EVIL}.html"]
    assert html.escape(SCRIPT, quote=False) in evil
    assert 'href="https://example.org/x" rel="noopener noreferrer nofollow"' in evil
    assert "(picture: a picture)" in evil
    assert 'etc/passwd"' not in evil
    assert "<h3>A heading</h3>" in evil


def test_an_entry_page_says_what_was_asked_and_what_came_out(site: dict[str, str]) -> None:
    rbf = site[f"entries/{RBF}.html"]
    text = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", rbf)).split())
    for said in (
        "Believed beforehand: pixels interact",
        "dev.accuracy 0.978 , +0.006 over Logistic regression",
        "measured against: Logistic regression p2m1",
        "dev 20 %, test 20 %, stratified, seed 0",
        "Logistic regression p2m1 , dev.accuracy 0.972 : differs by step 1 (Logistic → SVC)",
        "svc__gamma: 0.001 reached 0.978",
        "refuted : dev.accuracy 0.978",
        "expected dev.accuracy >= baseline + 0.01: refuted (+0.006 [-0.008, +0.009] over 360 rows)",
        "On the test part: test.accuracy 0.960 [0.934, 0.976], look 1 of 1 on this test set",
    ):
        assert said in text, said
    assert "test set: looked at 1 time" in site["data/digits-ababab.html"]
    assert rbf.count("<svg") == 3  # the grid, and a profile for each parameter
    assert re.findall(r'id="best".*?href="#(run-[^"]+)"', rbf)[0] == f"run-run-{'c' * 64}-None"[:68]
    assert all(f'id="{place}"' in rbf for place in re.findall(r'href="#(run-[^"]+)"', rbf))


@pytest.mark.parametrize(("verdicts", "told"), [(19, False), (20, True)])
def test_how_sure_and_how_right_is_told_from_twenty_verdicts_on(repo: Path, verdicts: int, told: bool) -> None:
    lab = begin(repo)
    for number in range(verdicts):
        entry_id = f"20261101-question-{number}-q{number:03}"
        text = page("Question", front=f"expect: dev.accuracy >= 0.9\nconfidence: {0.9 if number % 2 else 0.3}")
        said = (
            "**Supported**: expected `dev.accuracy >= 0.9` (0.95).\n"
            if number % 2
            else "**Refuted**: expected `dev.accuracy >= 0.9` (0.8).\n"
        )
        write(lab, entry_id, splice(text, entry_id, said), [record(f"{number:064x}", 0.95)])
    commit(lab)
    found = pages(Path(str(built(repo)["folder"])))
    assert ("calibration.html" in found) == told
    assert ('href="calibration.html"' in found["index.html"]) == told
    if told:
        text = html.unescape(re.sub(r"<[^>]+>", "", found["calibration.html"].partition("<main")[2]))
        assert "20 verdicts on entries with a confidence" in text
        assert "Brier score 0.0500 (0 is best" in text  # (0.1² + 0.3²) / 2
        assert "0.90" in text
        assert "10 of 10" in text


def test_an_entry_that_cannot_be_read_says_so_and_breaks_nothing(repo: Path) -> None:
    lab = journal(repo)
    write(lab, TREES, page("x").replace("title", "titel"))
    commit(lab)
    told = built(repo)
    assert told["unreadable"] == [TREES]
    found = pages(Path(str(told["folder"])))
    assert "did you mean `title`?" in found["index.html"]
    assert f"entries/{TREES}.html" not in found


def test_an_empty_journal_has_pages_too(repo: Path) -> None:
    begin(repo)
    said = gitjournal(repo, "site", "build", "--name", "Penguins & co")
    assert "3 pages of 0 entries: 3 written" in said
    assert "Penguins &amp; co" in (repo / ".git" / "gitjournal" / "site" / "index.html").read_text()


def test_links_between_pages_lead_somewhere(site: dict[str, str]) -> None:
    for name, said in site.items():
        for href in re.findall(r'<a [^>]*?href="([^"]+)"', said):
            if not href.startswith(("http", "mailto", "#")):
                assert os.path.normpath(Path(name).parent / href.partition("#")[0]) in site, f"{name}: {href}"


def test_a_mistaken_time_or_score_breaks_no_page(repo: Path) -> None:
    lab = begin(repo)
    for at, when in enumerate(["yesterday", "2026-11-08", "2026-11-08T09:00:00"]):
        write(lab, f"2026110{at + 1}-odd-aaa{at}", page("Odd"), [record(str(at) * 64, 0.5 + at / 10, at=when)])
    commit(lab)
    assert built(repo)["unreadable"] == []


def test_the_server_answers_only_this_machine_and_reloads(repo: Path) -> None:
    lab = journal(repo)
    process = subprocess.Popen(
        [sys.executable, "-m", "gitjournal", "site", "serve", "--port", "0"],
        cwd=repo,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline().startswith("10 pages")
        address = process.stdout.readline().split()[0]

        def get(path: str, host: str = "") -> tuple[int, str]:
            request = urllib.request.Request(address + path, headers={"Host": host} if host else {})
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    return answer.status, answer.read().decode()
            except urllib.error.HTTPError as fault:
                return fault.code, ""

        status, said = get("")
        assert status == 200
        policy = html.unescape(re.findall(r'Content-Security-Policy" content="([^"]*)"', said)[0])
        assert "connect-src 'self'" in policy
        for content in re.findall(r"<script>(.*?)</script>", said, re.DOTALL):
            assert base64.b64encode(hashlib.sha256(content.encode()).digest()).decode() in policy
        assert get("", host="evil.example")[0] == 403
        assert get(".gitjournal-site")[0] == get("../index.sqlite")[0] == get("%2e%2e/index.sqlite")[0] == 404
        assert get("-/version") == (200, "0")
        write(lab, TREES, page("Trees, said otherwise"))
        commit(lab)
        last = time.monotonic() + 60
        while get("-/version")[1] == "0":
            assert time.monotonic() < last, "waited in vain"
            time.sleep(0.2)
        assert "Trees, said otherwise" in get("index.html")[1]
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.stdout.close()


@pytest.mark.parametrize(("forge", "path"), [("github", ".github/workflows/gitjournal-pages.yml"), ("gitlab", ".gitlab-ci.yml")])
def test_a_forge_publishes_the_journal_by_the_commands_of_its_own_file(repo: Path, tmp_path: Path, forge: str, path: str) -> None:
    lab = journal(repo)
    said = gitjournal(repo, "init", "--ci", forge, "--pages")
    assert f"lab/{path}" in said
    written = (lab / path).read_text()
    assert "$version" not in written
    assert '"journal"' in written
    if forge == "gitlab":
        assert "gitjournal check --merge" in written
    (command,) = [line.partition("gitjournal ")[2].strip() for line in written.splitlines() if "gitjournal site build" in line]
    commit(lab, "Publish it")
    # the clone of a forge: the journal itself is checked out, and nobody has begun it there
    git(tmp_path, "clone", "-q", "--branch", "journal", str(repo), "clone")
    env = {**os.environ, "NAME": "penguins", "CI_PROJECT_NAME": "penguins"}
    subprocess.run(["sh", "-c", f"{sys.executable} -m gitjournal {command}"], cwd=tmp_path / "clone", env=env, check=True)
    (place,) = re.findall(r"-o (\S+)", command)
    index = (tmp_path / "clone" / place / "index.html").read_text()
    assert "RBF beats linear" in index
    assert "journal of penguins" in index


@pytest.mark.parametrize("library", ["jinja2", "markdown", "nh3"])
def test_a_missing_extra_is_one_sentence(repo: Path, library: str) -> None:
    journal(repo)
    code = f"import sys; sys.modules['{library}'] = None; sys.argv = ['gitjournal', 'site', 'build']; import gitjournal.cli as c; c.main()"
    ended = subprocess.run([sys.executable, "-c", code], cwd=repo, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr == "pages need Jinja2, Markdown and nh3\n  pip install 'gitjournal[site]'\n"
