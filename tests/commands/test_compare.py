"""gitjournal compare, as a person sees it."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from gitjournal.entry.record import Record
from tests.support.helpers import done
from tests.support.pages import LOGISTIC, RBF, TREES, begin, commit, gitjournal, page, write
from tests.support.samples import EACH, right, run

DIGITS = "20261107-knn-digits-n4n4"


@pytest.fixture
def journal(repo: Path) -> Path:
    """Return a repository with a grid of three, its baseline, and one that did worse."""
    lab = begin(repo)
    write(lab, LOGISTIC, page("Logistic regression"), [run("a" * 64, right=right(*range(20)))])
    grid = [run(f"{number}" * 64, right=right(*range(3 + 2 * number)), grid={"svc__C": number}) for number in range(3)]
    write(lab, RBF, page("RBF beats linear", front="baseline: p2m1"), grid)
    write(lab, DIGITS, page("Neighbours"), [run("e" * 64, right=right(*range(1, 4)))])
    write(lab, TREES, page("Trees on digits"))
    commit(lab)
    return repo


def test_the_fact_its_evidence_and_nothing_else(journal: Path) -> None:
    assert gitjournal(journal, "compare", "k3f9", "p2m1").splitlines() == [
        "k3f9 is better than p2m1",
        "  dev.accuracy 0.992 and 0.944: difference +0.047 [+0.025, +0.069], p < 0.001 (exact McNemar, 360",
        "  rows, 17 against 0)",
        "  the same rows, one run each: this is about these two fitted models",
        "  k3f9 is the best of 3, chosen on these same rows: allowing for that p < 0.001 (max-statistic)",
        "    for all 3 at once +0.047 [+0.022, +0.072]",
        "    k3f9 reached 0.992; corrected for the choice 0.992 (BBC)",
    ]


def test_the_one_that_leads_comes_first_whichever_way_it_was_asked(journal: Path) -> None:
    asked, other = gitjournal(journal, "compare", "p2m1", "k3f9"), gitjournal(journal, "compare", "k3f9", "p2m1")
    assert asked == other


def test_a_configuration_is_named_by_its_grid_values_or_its_fingerprint_and_counts_as_chosen_from_all(journal: Path) -> None:
    lines = gitjournal(journal, "compare", "k3f9:svc__C=0", "k3f9:svc__C=2").splitlines()
    assert lines[0] == "k3f9:svc__C=0 is not shown to be better than k3f9:svc__C=2"
    assert lines[1].startswith("  dev.accuracy 0.992 and 0.981: difference +0.011 ")
    named = "  named among the 3 configurations of k3f9, on these same rows: allowing for that p = "
    assert any(line.startswith(named) for line in lines)
    assert not any("(BBC)" in line for line in lines), "only the best has the luck of the choice"
    assert lines == gitjournal(journal, "compare", "k3f9:2222", "k3f9:0").splitlines()
    (found,) = json.loads(gitjournal(journal, "compare", "k3f9:svc__C=2", "p2m1", "--json"))["comparisons"]
    assert (found["a"]["named"], found["a"]["fingerprint"], found["a"]["grid"], found["a"]["best_of"]) == (True, "2" * 64, {"svc__C": 2}, 3)
    assert found["best_of"]["p"] >= found["p"]
    assert found["best_of"]["corrected"] is None


def test_who_names_the_worst_of_several_is_not_believed_sooner(journal: Path) -> None:
    (found,) = json.loads(gitjournal(journal, "compare", "n4n4", "k3f9:svc__C=2", "--json"))["comparisons"]
    assert (found["best_of"]["entry"], found["best_of"]["k"]) == (RBF, 3)
    assert found["best_of"]["p"] >= found["p"]


def test_several_named_configurations_of_one_entry_are_told_apart_in_table_and_figure(journal: Path) -> None:
    parts = ("k3f9:svc__C=0", "k3f9:svc__C=1", "k3f9:svc__C=2")
    lines = gitjournal(journal, "compare", *parts, "--plot", "effects.svg").splitlines()
    assert lines[0].startswith("k3f9:svc__C=0 dev.accuracy 0.992, against 2 others")
    assert [line.split()[0] for line in lines[3:5]] == ["k3f9:svc__C=1", "k3f9:svc__C=2"]
    assert "k3f9:svc__C=0 is one of 3: its intervals and p values allow for that" in lines
    figure = (journal / "effects.svg").read_text()
    assert "svc__C=1" in figure
    assert "svc__C=2" in figure


def test_alone_it_is_compared_with_its_baseline(journal: Path) -> None:
    assert gitjournal(journal, "compare", "k3f9") == gitjournal(journal, "compare", "k3f9", "p2m1")
    assert "names no baseline" in gitjournal(journal, "compare", "p2m1", code=2)


def test_what_is_not_shown_says_what_could_have_been_and_the_way_on(journal: Path) -> None:
    lines = gitjournal(journal, "compare", "n4n4", "k3f9").splitlines()
    assert lines[0] == "n4n4 and k3f9 reached the same"
    assert any(line.startswith("  what 360 rows could have shown: differences from about 0.02") for line in lines)
    assert lines[-1] == "to know more: `split: {cv: 5, repeats: 3}` in both"


def test_several_are_a_table_with_intervals_drawn_and_p_values_that_allow_for_all(journal: Path) -> None:
    lines = gitjournal(journal, "compare", "k3f9", "p2m1", "n4n4").splitlines()
    assert lines[0] == "k3f9 dev.accuracy 0.992, against 2 others"
    assert lines[2].split() == ["id", "title", "dev.accuracy", "difference", "p", "(Holm)", "k3f9", "is", "interval"]
    assert lines[3].startswith("p2m1  Logistic r")
    assert "0.944  +0.047 [+0.022, +0.072]     0.001  better" in lines[3]
    assert "not shown" in lines[4]
    assert all("●" in line for line in lines[3:5])
    assert "k3f9 is the best of 3: its intervals and p values allow for that" in lines
    assert all(len(line) <= 100 for line in lines)


def test_the_object_says_all_of_it(journal: Path) -> None:
    (found,) = json.loads(gitjournal(journal, "compare", "p2m1", "k3f9", "--json"))["comparisons"]
    assert (found["a"]["id"], found["b"]["id"], found["verdict"]) == (LOGISTIC, RBF, "worse")
    best = {"id": RBF, "fingerprint": "0" * 64, "named": False, "value": 357 / 360, "grid": {"svc__C": 0}, "seeds": [], "best_of": 3}
    assert found["b"] == best
    assert found["difference"] == pytest.approx(-17 / 360)
    assert found["interval"][0] < found["difference"] < found["interval"][1] < 0
    assert found["best_of"]["k"] == 3
    assert found["best_of"]["corrected"] == pytest.approx(found["best_of"]["value"], abs=0.002)
    assert (found["unit"], found["n"], found["higher_is_better"]) == ("rows", 360, True)


def test_a_figure_is_written_with_the_same_bytes_each_time(journal: Path) -> None:
    said = gitjournal(journal, "compare", "k3f9", "p2m1", "n4n4", "--plot", "effects.svg")
    assert said.splitlines()[-1] == "drawn: effects.svg"
    first = (journal / "effects.svg").read_bytes()
    assert ET.fromstring(first).get("aria-label") == "RBF beats linear is better than 1 of 2"
    gitjournal(journal, "compare", "k3f9", "p2m1", "n4n4", "--plot", "effects.svg", "--json")
    assert (journal / "effects.svg").read_bytes() == first
    assert ".svg, .png or .pdf" in gitjournal(journal, "compare", "k3f9", "--plot", "effects.gif", code=2)


@pytest.mark.parametrize(
    ("parts", "why", "code"),
    [
        (("k3f9", "m2c8"), "m2c8 has no result: it was not run yet", 1),
        (("k3f9", "k3f9"), "named twice", 2),
        (("k3f9", "zzzz"), "no entry fits `zzzz`", 2),
        (("k3f9:svc__C=0", "k3f9:svc__C=0"), "named twice", 2),
        (("k3f9", "k3f9:svc__C=0"), "the same configuration is named twice, svc__C=0", 2),
        (("k3f9:svc__C=7", "p2m1"), "`svc__C=7` is no configuration of k3f9\n  00000000  svc__C=0\n  11111111  svc__C=1\n", 2),
        (("k3f9:svc__D=1", "p2m1"), "`svc__D=1` is no configuration of k3f9", 2),
        (("k3f9:f", "p2m1"), "`f` is no configuration of k3f9", 2),
        (("k3f9:", "p2m1"), "no configuration follows `k3f9:`", 2),
        (("m2c8:svc__C=1", "p2m1"), "`svc__C=1` is no configuration of m2c8\n  run it: gitjournal exec m2c8", 2),
        (("k3f9", "p2m1", "--metric", "roc_auc"), "k3f9 did not measure dev.roc_auc, and its predictions are not kept here", 1),
        (("k3f9", "p2m1", "--metric", "train.loss"), "measured dev.accuracy, train.accuracy, and no train.loss", 1),
    ],
)
def test_what_cannot_be_compared_says_why(journal: Path, parts: tuple[str, ...], why: str, code: int) -> None:
    assert why in gitjournal(journal, "compare", *parts, code=code)


def test_what_was_retracted_is_no_evidence(journal: Path) -> None:
    lab = journal / "lab"
    write(lab, DIGITS, page("Neighbours", front="retracted: wrong labels"), [run("e" * 64, right=right(1))])
    commit(lab)
    assert "n4n4 is retracted: wrong labels" in gitjournal(journal, "compare", "k3f9", "n4n4", code=1)


def test_a_run_of_another_entry_counts_with_all_that_its_owner_has(journal: Path) -> None:
    borrowed = Record(run=f"{'a' * 64}-None", fingerprint="a" * 64, from_=LOGISTIC)
    write(journal / "lab", "20261123-again-r4r4", page("Again"), [borrowed])
    commit(journal / "lab")
    assert "exact McNemar, 360 rows, 17 against 0" in " ".join(gitjournal(journal, "compare", "k3f9", "r4r4").split())


def test_seeds_say_which_rows_they_are_about_and_splits_how_often_one_is_better(repo: Path) -> None:
    lab, draw = begin(repo), random.Random(0)
    for name, lift in (("20261101-one-aaaa", 0.03), ("20261102-two-bbbb", 0.0)):
        records = [run(name[-4:] * 16, 0.9 + lift + draw.gauss(0, 0.004), seed=seed) for seed in range(5)]
        write(lab, name, page(name), records)
        records = [run(name[-4:] * 15, 0.9 + lift + draw.gauss(0, 0.004), seed=seed, split=EACH) for seed in range(30)]
        write(lab, name.replace("-aaaa", "-cccc").replace("-bbbb", "-dddd"), page(name), records)
    commit(lab)
    seeds, splits = gitjournal(repo, "compare", "aaaa", "bbbb"), gitjournal(repo, "compare", "cccc", "dddd")
    assert seeds.startswith("aaaa is better than bbbb on these 360 dev rows\n")
    assert "to know more: `split: {seed: each}` in both, to know of other rows as well" in seeds
    assert "Welch's t, 5 seeds" in seeds
    assert "cccc was better on 100 % [89 %, 100 %] of splits of these data" in splits


def test_over_six_data_sets_it_is_wilcoxons_test(repo: Path) -> None:
    lab = begin(repo)
    names = []
    for number in range(6):
        for estimator, lift in (("SVC", 0.02 + number / 1000), ("Ridge", 0.0)):
            name = f"202611{10 + number}-{estimator.lower()}-{number}{estimator[0].lower()}xx"
            text = page(f"{estimator} {number}").replace("SVC: {kernel: rbf}", estimator)
            write(
                lab, name, text, [run(f"{number}{estimator}".ljust(64, "x"), 0.8 + number / 50 + lift, data={"hash": f"sha256:{number}ab"})]
            )
            names.append(name)
    commit(lab)
    lines = gitjournal(repo, "compare", *names).splitlines()
    assert lines[0] == "SVC is better than Ridge"
    assert "(Wilcoxon signed rank, 6 data sets; SVC won 6, lost 0)" in " ".join(line.strip() for line in lines)
    assert lines[-2].split() == ["mean", "rank", "1.00", "2.00"]
    found = json.loads(gitjournal(repo, "compare", *names, "--json"))
    assert found["comparisons"][0]["p"] == pytest.approx(2 / 64)
    assert "5 data sets cannot show a difference" in gitjournal(repo, "compare", *names[:10], code=1)
    assert "no tag that tells it apart" in gitjournal(repo, "compare", *names, "--by", "tag", code=2)
    gitjournal(repo, "compare", *names, "--plot", "sets.svg")
    assert "6 data sets" in str(ET.parse(repo / "sets.svg").getroot().get("aria-label"))


def test_over_data_sets_the_best_of_a_grid_stands_without_its_luck(repo: Path) -> None:
    lab, draw, names = begin(repo), random.Random(0), []

    def answers() -> list[bool]:
        return [draw.random() < 0.9 for _ in range(360)]

    for number in range(6):
        for estimator, k in (("SVC", 24), ("Ridge", 1)):
            name = f"202611{10 + number}-{estimator.lower()}-{number}{estimator[0].lower()}xx"
            text = page(f"{estimator} {number}").replace("SVC: {kernel: rbf}", estimator)
            data = {"hash": f"sha256:{number}ab"}
            write(
                lab,
                name,
                text,
                [run(f"{number}{estimator}{one}".ljust(64, "x"), right=answers(), grid={"C": one}, data=data) for one in range(k)],
            )
            names.append(name)
    commit(lab)
    lines = gitjournal(repo, "compare", *names).splitlines()
    assert "is not shown to be better than" in lines[0]  # 24 equal ones, the best of which would be ahead on all six
    assert lines[-1] == "the best of several (up to 24) stands with what it would reach on other rows, without its luck (BBC)"
    text = page("SVC 0").replace("SVC: {kernel: rbf}", "SVC")
    write(lab, names[0], text, [run(str(one).ljust(64, "x"), 0.9, data={"hash": "sha256:0ab"}) for one in range(2)])
    commit(lab)
    refused = gitjournal(repo, "compare", *names, code=1)
    assert "is the best of 2 on these very rows, and how much of that is luck is not known here" in " ".join(refused.split())


def test_real_runs_are_compared_by_a_metric_nobody_asked_for_and_by_kept_predictions(repo: Path) -> None:
    done(repo, "init")
    done(repo, "new", "A line", "--data", "sklearn:diabetes", "-e", "Ridge", "--hypothesis", "h")
    done(
        repo,
        "new",
        "Neighbours",
        "--data",
        "sklearn:diabetes",
        "-e",
        "KNeighborsRegressor",
        "-g",
        "kneighborsregressor__n_neighbors=1,5",
    )
    done(repo, "exec", "lab/entries")
    lines = done(repo, "compare", "line", "neighbours").splitlines()
    assert "paired bootstrap over 88 rows" in " ".join(" ".join(lines).split())
    assert any("(lower is better)" in line for line in lines)
    asked = json.loads(done(repo, "compare", "line", "neighbours", "--metric", "mae", "--json"))["comparisons"][0]
    assert asked["metric"] == "dev.mae"
    assert asked["interval"][0] < asked["difference"] < asked["interval"][1]
    for kept in (repo / ".git/gitjournal/artifacts").rglob("*.npz"):
        kept.unlink()
    lost = done(repo, "compare", "line", "neighbours")
    assert "kept" in lost
    assert "[" not in lost


def test_it_loads_no_numerical_library_before_it_must(journal: Path) -> None:
    code = (
        "import sys, gitjournal.cli as c\nsys.argv = ['gitjournal', 'compare', 'n4n4', 'p2m1']\n"
        "try: c.main()\nexcept SystemExit: print('LOADED', [m for m in ('numpy', 'scipy', 'pandas', 'sklearn') if m in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=journal, capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "LOADED []"
