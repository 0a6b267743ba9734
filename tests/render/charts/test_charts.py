"""Charts: what they say in their titles, and that each way to draw them shows the same, whatever the numbers."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitjournal.entry.parse import parse
from gitjournal.entry.summary import summarise
from gitjournal.render.charts import figures, matplotlib_file, svg, terminal
from gitjournal.render.charts.chart_data import (
    CalibrationBin,
    Curve,
    HeatMap,
    NamedValue,
    Noise,
    ParameterValue,
    Profile,
    ProgressEntry,
    ProgressStep,
    Spread,
)
from gitjournal.render.charts.differences import DifferenceRow, differences
from gitjournal.render.charts.entry_figures import committed_figures
from gitjournal.render.charts.model import Chart, Intervals, Plane, extent, nice, ticks
from gitjournal.stats.confusion import Confusion
from gitjournal.stats.intervals import Interval
from tests.support.pages import RBF, page, record

SVG = "{http://www.w3.org/2000/svg}"
NOISE = Noise(0.96, 0.99, "95 % interval for 360 rows")
GAMMA = Profile(
    "svc__gamma", [ParameterValue(0.001, 0.978, 0.004, [0.9]), ParameterValue(0.01, 0.97, None, []), ParameterValue(1.0, 0.2, None, [])]
)
DIFFERENCES = [
    DifferenceRow("RBF", 0.03, Interval(0.03, 0.01, 0.05), "better"),
    DifferenceRow("Trees", -0.01, Interval(-0.01, -0.03, 0.01), "not shown"),
    DifferenceRow("Chance", -0.5, None, "worse"),
]
HOSTILE = '<script>alert(1)</script>"&\x1b[2J\u202e]]>'


def every() -> dict[str, Chart]:
    """Return one chart of each kind."""
    spreads = [Spread(epoch, 1 / epoch, 0.1, 3) for epoch in (1, 2, 3)]
    first, last = (
        ProgressEntry("20261101-a-aaaa", "A", "2026-11-01T00:00:00+00:00", 0.9),
        ProgressEntry("20261104-b-bbbb", "B", "2026-11-04T00:00:00+00:00", 0.95),
    )
    return {
        "curves": figures.learning_curves([Curve("loss", spreads), Curve("val_loss", spreads[::-1])]),
        "profile": figures.profile(GAMMA, "accuracy", NOISE, 0.95),
        "grid": figures.heat_map(HeatMap("a", "b", [1, 10], ["x", "y"], [[0.5, 0.978], [None, 0.7]], (0, 1)), "accuracy", NOISE),
        "progress": figures.progress(
            [ProgressStep(first, None), ProgressStep(last, 0.05)], [(datetime(2026, 11, 3, tzinfo=UTC), 0.89)], "accuracy"
        ),
        "confusion": figures.confusion(Confusion(["cat", "dog"], [[9, 1], [3, 7]])),
        "calibration": figures.calibration([CalibrationBin(0.1, 0.2, 50, 0.1, 0.3), CalibrationBin(0.9, 0.88, 50)]),
        "importance": figures.importance(
            [NamedValue("gamma", 0.7), NamedValue("C", 0.2, 0.1, 0.3, "cannot be told")], "gamma matters", "share"
        ),
        "differences": differences("RBF is better than 1 of 2", "dev.accuracy", (0.02, "often missed"), DIFFERENCES),
    }


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("curves", "Loss of the watched rows is lowest at epoch 3: 0.333"),
        ("profile", "svc__gamma: 0.001 reached 0.978, 0.01 within its noise; 1.0 only 0.200"),
        ("grid", "Best at b x, a 10: 0.978"),
        ("progress", "From 0.900 to 0.950 (gain +0.050) in 1 step"),
        ("confusion", "dog is taken for cat most often: 3 of 10"),
        ("calibration", "Predicted 0.10, observed 0.20 (n = 50)"),
        ("importance", "gamma matters"),
    ],
)
def test_the_title_is_the_message(name: str, title: str) -> None:
    assert every()[name].title == title


def test_a_parameter_without_effect_is_said_to_have_none() -> None:
    flat = Profile("C", [ParameterValue(1, 0.978, None, []), ParameterValue(10, 0.97, None, [])])
    assert figures.profile(flat, "accuracy", NOISE).title == "C makes no difference beyond the noise"
    assert figures.profile(flat, "accuracy", None).title == "C: 1 reached 0.978; 10 only 0.970"
    assert figures.profile(flat, "rmse", None).title == "C: 10 reached 0.970; 1 only 0.978"


@pytest.mark.parametrize("name", list(every()))
def test_svg_is_well_formed_the_same_each_time_and_loads_nothing(name: str) -> None:
    chart = every()[name]
    drawn = svg.svg(chart)
    figure = ET.fromstring(drawn)
    assert figure.get("aria-label") == chart.title
    assert chart.title.startswith(str(next(iter(figure.iter(f"{SVG}text"))).text))
    assert drawn == svg.svg(chart)
    assert not any(word in drawn for word in ("href", "url(", "style", "script", "nan", "inf"))


def test_committed_curves_show_the_spread_over_seeds() -> None:
    runs = [record("a" * 64, 0.9, seed=seed, curves={"epoch": [1, 2, 3], "loss": [3.0 + seed, 2.0, 1.0]}) for seed in (0, 1)]
    ((path, drawn),) = committed_figures(RBF, summarise(parse(page("RBF"), entry_id=RBF, file="x").front, runs), runs).items()
    assert path == f"figures/{RBF}/curves.svg"
    figure = ET.fromstring(drawn)
    assert len(figure.findall(f"{SVG}polygon")) == 1
    assert "mean over 2 seeds, with 1 SD either way" in [one.text for one in figure.findall(f"{SVG}text")]
    assert committed_figures(RBF, summarise(parse(page("RBF"), entry_id=RBF, file="x").front, []), []) == {}


@pytest.mark.parametrize("values", [[1.0], [2.0, 2.0], [0.0, 0.0], [1e-9, 1e9], [-3.0, -1.0], [1.0, None]])
def test_odd_curves_are_drawn_too(values: list[float | None]) -> None:
    runs = [record("a" * 64, 0.9, curves={"loss": values})]
    (drawn,) = committed_figures(RBF, summarise(parse(page("RBF"), entry_id=RBF, file="x").front, runs), runs).values()
    assert ET.fromstring(drawn).tag == f"{SVG}svg"
    assert b"nan" not in drawn


def test_the_ink_is_the_pages_where_asked() -> None:
    drawn = svg.svg(every()["profile"], ink="currentColor")
    assert "currentColor" in drawn
    assert svg.GREY not in drawn


def test_stray_points_of_a_cloud_squeeze_nothing_and_are_told() -> None:
    chart = figures.profile(
        Profile("C", [ParameterValue(1, 0.97, None, [0.96, 0.1]), ParameterValue(10, 0.98, None, [])]), "accuracy", None
    )
    assert extent(chart) == (0.96, 0.98)
    assert "crosses: the other configurations (1 of 2 lie far off)" in svg.svg(chart)


def test_a_bare_figure_leaves_its_title_and_its_note_to_the_page() -> None:
    for chart in every().values():
        bare, whole = (ET.fromstring(svg.svg(chart, bare=bare)) for bare in (True, False))
        said = [one.text for one in bare if one.text]
        assert not [word for word in (chart.title, svg.note(chart)) if word and word in said]
        assert bare.get("aria-label") == whole.get("aria-label") == chart.title
        top = float(str(bare.get("viewBox")).split()[1])
        assert all(float(str(one.get("y"))) > top + 10 for one in bare.iter(f"{SVG}text"))


def test_points_stand_where_their_numbers_say() -> None:
    figure = ET.fromstring(svg.svg(every()["profile"]))
    dots = [(float(str(one.get("cx"))), float(str(one.get("cy")))) for one in figure.iter(f"{SVG}circle")]
    assert [x for x, _ in dots] == sorted(x for x, _ in dots)
    assert [y for _, y in dots] == sorted(y for _, y in dots)  # the best stands highest
    assert dots[1][0] - dots[0][0] == pytest.approx((dots[2][0] - dots[0][0]) / 3, abs=0.1)  # logarithmic: 0.001, 0.01, 1


def test_what_a_stranger_wrote_stays_text() -> None:
    hostile = Profile(HOSTILE, [ParameterValue(HOSTILE, 0.9, None, []), ParameterValue("b", 0.5, None, [])])
    for chart in (
        figures.profile(hostile, HOSTILE, None),
        figures.confusion(Confusion([HOSTILE, "b"], [[1, 2], [0, 1]])),
        figures.importance([NamedValue(HOSTILE, 0.5)], HOSTILE, HOSTILE),
    ):
        drawn = svg.svg(chart)
        tags = {one.tag for one in ET.fromstring(drawn).iter()}
        assert tags <= {f"{SVG}{tag}" for tag in ("svg", "text", "path", "rect", "circle", "polygon")}
        assert "\x1b" not in drawn
        assert "\u202e" not in drawn
        assert not any("\x1b" in line or "\u202e" in line for line in terminal.chart_lines(chart))


@pytest.mark.parametrize("name", list(every()))
def test_the_terminal_shows_title_and_numbers_in_100_columns(name: str) -> None:
    said = terminal.chart_lines(every()[name])
    assert " ".join(said).startswith(every()[name].title)
    assert max(len(line) for line in "\n".join(said).splitlines()) <= 100
    wanted = {"profile": ["0.978", "0.200", "baseline"], "grid": ["[0.978]"], "differences": ["RBF", "●"], "confusion": ["[3]"]}
    assert all(word in "\n".join(said) for word in wanted.get(name, []))


def test_a_strip_puts_the_dot_on_its_interval() -> None:
    chart = Intervals("t", "x", figures.importance([NamedValue("a", 5.0, 0.0, 10.0)], "t", "x").bars, zero=0.0)
    strip = terminal.chart_lines(chart)[2].split("  ")[-1]
    assert (strip.index("●"), len(strip), set(strip)) in [(19, 40, {"●", "─"}), (20, 40, {"●", "─"})]


@pytest.mark.parametrize("kind", matplotlib_file.KINDS)
def test_files_for_papers_have_the_same_bytes_each_time(kind: str) -> None:
    pytest.importorskip("matplotlib")
    for chart in (every()["profile"], every()["grid"], every()["differences"]):
        drawn = matplotlib_file.draw(chart, kind)
        assert drawn[:4] in (b"\x89PNG", b"%PDF")
        assert drawn == matplotlib_file.draw(chart, kind)


@given(st.floats(-1e12, 1e12), st.floats(-1e12, 1e12))
def test_an_axis_holds_its_values_between_few_round_ticks(one: float, other: float) -> None:
    low, high, step = nice(min(one, other), max(one, other))
    slack = 1e-6 * max(abs(one), abs(other), step)
    assert low <= min(one, other) + slack
    assert high >= max(one, other) - slack
    assert 2 <= len(ticks(low, high, step)) <= 12


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=9))
def test_any_scores_can_be_drawn(scores: list[float]) -> None:
    one = Profile("p", [ParameterValue(at, score, abs(score) / 10, []) for at, score in enumerate(scores)])
    chart = figures.profile(one, "accuracy", None, scores[0])
    assert isinstance(chart, Plane)
    assert "nan" not in svg.svg(chart)
    assert ET.fromstring(svg.svg(chart)).tag == f"{SVG}svg"
    assert terminal.chart_lines(chart)
