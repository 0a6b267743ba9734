from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gitjournal.data.loading import Table, load
from gitjournal.data.raw import DataRequest
from gitjournal.errors import DataError, EntryError, GitjournalError, TrustError

ROWS = [
    (i, f"{20 + i % 30}.5", "basic" if i % 3 else "", "true" if i % 2 else "false", f"note number {i}", 1 + i % 2, "no" if i % 4 else "yes")
    for i in range(60)
]
CHURN = "customer_id,age,plan,active,note,weight,churned\n" + "".join(",".join(map(str, row)) + "\n" for row in ROWS)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/churn.csv").write_text(CHURN)
    return tmp_path


def read(root: Path, text: str | bytes | None = None, /, **options: Any) -> Table:
    """Load `text` as data/it.csv (or what `options` name)."""
    split = {key: options.pop(key) for key in ("group", "time") if key in options}
    task = options.pop("task", None)
    if text is not None:
        (root / "data/it.csv").write_bytes(text.encode() if isinstance(text, str) else text)
        options = {"path": "data/it.csv", "target": "y", **options}
    return load(DataRequest(options, root, **split), root / ".cache", task)


def refusal(root: Path, text: str | bytes | None = None, /, **options: Any) -> GitjournalError:
    with pytest.raises(GitjournalError) as error:
        read(root, text, **options)
    return error.value


# kinds and columns


def test_a_mixed_table_has_kinds_and_facts(root: Path) -> None:
    table = read(root, path="data/churn.csv", target="churned", drop=["customer_id"], weights="weight")
    assert table.facts(named=False) == {
        "n_rows": 60,
        "n_features": 4,
        "classes": ["no", "yes"],
        "columns": {"number": ["age"], "category": ["plan", "active"], "text": ["note"]},
    }
    assert list(table.X.columns) == ["age", "plan", "active", "note"]
    assert table.X["age"].dtype == np.float64
    assert table.X["plan"].isna().sum() == 20
    assert set(table.X["active"]) == {"True", "False"}
    assert table.weights is not None
    assert table.weights.tolist()[:3] == [1.0, 2.0, 1.0]
    assert table.task == "classification"


def test_types_decide_where_the_file_is_misleading(root: Path) -> None:
    text = "code,day,y\n01,2026-01-01,1\n02,2026-01-02T12:00:00,2\n,,3\n"
    table = read(root, text, types={"code": "category", "day": "date"}, task="regression")
    assert table.columns == {"category": ["code"], "date": ["day"]}
    assert table.X["code"].tolist()[:2] == ["01", "02"]
    assert table.X["day"].tolist()[:2] == [20454.0, 20455.5]
    assert table.X["day"].isna().tolist() == [False, False, True]


def test_text_with_few_values_is_a_category_and_with_many_is_text(root: Path) -> None:
    few = "a,y\n" + "".join(f"v{i % 20},{i}.5\n" for i in range(100))
    many = "a,y\n" + "".join(f"v{i % 21},{i}.5\n" for i in range(100))
    assert read(root, few).columns == {"category": ["a"]}
    assert read(root, many).columns == {"text": ["a"]}


def test_missing_text_is_an_empty_text(root: Path) -> None:
    text = "body,n,y\nfine,1,1.5\n,2,2.5\n"
    assert read(root, text, features="body").X.tolist() == ["fine", ""]
    assert read(root, text, types={"body": "text"}).X["body"].tolist() == ["fine", ""]


def test_one_feature_named_alone_is_one_dimension(root: Path) -> None:
    table = read(root, path="data/churn.csv", target="churned", features="note")
    assert table.X.shape == (60,)
    assert table.X[3] == "note number 3"
    assert table.facts(named=False)["columns"] == {"text": ["note"]}
    assert read(root, path="data/churn.csv", target="churned", features=["note"]).X.shape == (60, 1)


def test_group_time_and_weight_are_no_features(root: Path) -> None:
    text = "g,t,w,x,y\n" + "".join(f"p{i % 3},2026-01-{i + 1:02},1,{i},{i}.5\n" for i in range(9))
    table = read(root, text, weights="w", group="g", time="t")
    assert list(table.X.columns) == ["x"]
    assert table.groups is not None
    assert table.times is not None
    assert table.groups.tolist() == [0, 1, 2] * 3
    assert np.diff(table.times).tolist() == [1.0] * 8


def test_many_columns_of_numbers_are_counted_unless_names_are_needed(root: Path) -> None:
    text = ",".join(f"c{i}" for i in range(31)) + ",y\n" + ",".join("1" for _ in range(31)) + ",1.5\n"
    assert read(root, text).facts(named=False)["columns"] == {"number": 31}
    assert len(read(root, text).facts(named=True)["columns"]["number"]) == 31


# CSV


@pytest.mark.parametrize("sep", [",", ";", "\t", "|"])
def test_the_separator_is_found_and_told_where_it_is_no_comma(sep: str, root: Path) -> None:
    text = f"x{sep}z{sep}y\n1{sep}2{sep}3\n"
    table = read(root, text, task="regression")
    assert table.X.to_numpy().tolist() == [[1.0, 2.0]]
    assert table.options == ({} if sep == "," else {"sep": sep})
    assert read(root, text, sep=sep, task="regression").options == {}


def test_commas_in_a_semicolon_table_are_decimal_marks(root: Path) -> None:
    table = read(root, "x;y\n1,5;2,25\n", decimal=",")
    assert (table.X["x"].tolist(), table.y.tolist()) == ([1.5], [2.25])


def test_numbers_are_read_to_the_last_bit(root: Path) -> None:
    numbers = [0.1, 1 / 3, 2.2250738585072014e-308, 1.7976931348623157e308, 5e-324, 123456789.123456789]
    table = read(root, "x,y\n" + "".join(f"{number!r},{number!r}\n" for number in numbers))
    assert table.X["x"].tolist() == numbers == table.y.tolist()


def test_na_replaces_what_counts_as_missing(root: Path) -> None:
    text = "x,y\n?,1.5\nNA,2.5\n3,3.5\n"
    assert read(root, text).X["x"].isna().tolist() == [False, True, False]
    assert read(root, text, na=["", "?"]).X["x"].isna().tolist() == [True, False, False]


def test_a_byte_order_mark_is_not_part_of_a_name(root: Path) -> None:
    assert list(read(root, b"\xef\xbb\xbfx,y\n1,1.5\n").X.columns) == ["x"]


def test_another_encoding_names_the_byte_and_the_way_out(root: Path) -> None:
    text = "x,y\nm\xfcll,1.5\n".encode("latin-1")
    error = refusal(root, text)
    assert "byte 5 " in error.message
    assert "encoding: latin-1" in error.hint
    assert read(root, text, encoding="latin-1", features="x").X.tolist() == ["müll"]
    assert "unknown encoding" in refusal(root, text, encoding="klingon").message


@pytest.mark.parametrize(
    ("text", "options", "words", "path"),
    [
        ("x,y\n1,2\n", {"target": "z"}, "no column `z`; the columns are x, y", ("data", "target")),
        ("age,churned\n1,2\n", {"target": "churn"}, "no column `churn`; did you mean `churned`?", ("data", "target")),
        ("x,y\n1,2\n", {"target": None}, "`target` is missing: which column is to be predicted? The columns are x, y", ("data",)),
        ("x,y\n1,a\n2,\n3,\n4,b\n", {}, "the target is missing in 2 of 4 rows, first in line 3", ("data", "target")),
        ('x,y\n"1\n2",a\n2,\n', {}, "first in data row 2", ("data", "target")),
        ("x,y\n1,a\n2,a\n", {}, "one class only, `a`", ("data", "target")),
        ("x,y\n", {}, "data/it.csv has no rows", ("data", "path")),
        ("", {}, "has no header line", ("data", "path")),
        ("x,x,y\n1,2,3\n", {}, "has the column `x` twice", ("data", "path")),
        (",x,y\n0,1,2\n", {}, "column 1 has no name", ("data", "path")),
        ("x,y\n1,2\n1,2,3\n", {}, "expected 2 fields in line 3, saw 3", ("data", "path")),
        ("x,y\n1,2,3\n1,2,3\n", {}, "more cells than the header", ("data", "path")),
        ("y\n1\n2\n", {}, "no column is left", ("data", "path")),
        ("x,y\n1,2\n", {"drop": ["z"]}, "no column `z`", ("data", "drop")),
        ("x,y\n1,2\n", {"features": ["xx"]}, "no column `xx`", ("data", "features")),
        ("x,y\n1,2\n", {"features": ["x", "y"]}, "`y` cannot be a feature: it stands in data.target too", ("data", "features")),
        ("x,y\n1,2\n", {"types": {"z": "number"}}, "no column `z`", ("data", "types")),
        (
            "x,y\n1,2\nred,3\n",
            {"types": {"x": "number"}},
            "`x`: 1 of 2 values are not a number, first in data row 2",
            ("data", "types", "x"),
        ),
        ("x,y\n1,2\nred,3\n", {"types": {"x": "date"}}, "are not a date such as 2026-11-21", ("data", "types", "x")),
        ("x,y\n1,2\n", {"weights": "w"}, "no column `w`", ("data", "weights")),
        ("x,w,y\n1,-1,2.5\n", {"weights": "w"}, "negative", ("data", "weights")),
        ("x,w,y\n1,a,2.5\n", {"weights": "w"}, "the weights are not numbers", ("data", "weights")),
        ("x,y\n1,2\n", {"group": "g"}, "no column `g`", ("split", "group")),
        ("x,g,y\n1,,2.5\n1,a,2\n", {"group": "g"}, "the group is missing in 1 rows", ("split", "group")),
        ("x,t,y\n1,soon,2\n", {"time": "t"}, "not a date such as", ("split", "time")),
        ("x,t,y\n1,2026-01-01,2\n1,,3\n", {"time": "t"}, "`t` is missing in 1 rows", ("split", "time")),
        ("x,y\n1,a\n2,b\n3,c\n", {"positive": "a"}, "`positive` goes with two classes; the target has 3", ("data", "positive")),
        ("x,y\n1,yes\n2,no\n", {"positive": "yess"}, "did you mean `yes`", ("data", "positive")),
        ("x,y\n1,1.5\n2,2.5\n", {"positive": "1.5"}, "the task is regression", ("data", "positive")),
        ("x,y\n1,a\n2,b\n", {"task": "regression"}, "regression needs numbers", ("data", "target")),
        ("x,y\n1,a\n2,b\n", {"task": "multilabel"}, "one target column each", ("data", "target")),
    ],
)
def test_what_does_not_fit_is_one_clear_message(text: str, options: dict[str, Any], words: str, path: tuple[str, ...], root: Path) -> None:
    error = refusal(root, text, **options)
    assert words in error.message
    assert error.path == path


def test_errors_quote_no_cell_of_a_table(root: Path) -> None:
    text = "x,t,w,y\n1,hunter2,hunter2,1.5\nhunter2,hunter2,hunter2,2.5\n"
    for options in ({"types": {"x": "number"}}, {"types": {"x": "date"}}, {"time": "t"}, {"weights": "w"}, {"sep": ";"}):
        assert "hunter2" not in str(refusal(root, text, **options))


def test_other_suffixes_and_sources_say_what_is_read(root: Path) -> None:
    (root / "data/a.xlsx").write_text("")
    assert "is none of .csv, .parquet, .npz" in refusal(root, path="data/a.xlsx", target="y").message
    assert "`size` goes with `images`" in refusal(root, path="data/churn.csv", target="churned", size=[8, 8]).message
    assert refusal(root, python="a.b:c").path == ("data", "python")


def test_a_lfs_pointer_says_how_to_get_the_content(root: Path) -> None:
    error = refusal(root, f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 16\n")
    assert "git lfs pull" in error.hint


# Parquet


def test_parquet_gives_what_csv_gives(root: Path) -> None:
    frame = pd.DataFrame(
        {
            "n": [1, 2, 3],
            "b": [True, False, True],
            "c": pd.Categorical(["u", "v", None]),
            "s": ["a", None, "b"],
            "when": pd.to_datetime(["2026-01-01", None, "2026-01-03"]),
            "y": [0.5, 1.5, 2.5],
        }
    )
    frame.to_parquet(root / "data/it.parquet")
    table = read(root, path="data/it.parquet", target="y")
    assert table.columns == {"number": ["n"], "category": ["b", "c", "s"], "date": ["when"]}
    assert table.X["b"].tolist() == ["True", "False", "True"]
    assert table.X["when"].tolist()[::2] == [20454.0, 20456.0]
    assert table.X["c"].isna().tolist() == [False, False, True]


def test_categories_of_parquet_can_be_declared_numbers(root: Path) -> None:
    pd.DataFrame({"x": pd.Categorical(["1", "2", None]), "y": [0.5, 1.5, 2.5]}).to_parquet(root / "data/it.parquet")
    assert read(root, path="data/it.parquet", target="y", types={"x": "number"}).X["x"].tolist()[:2] == [1.0, 2.0]


def test_a_named_index_of_parquet_is_a_column(root: Path) -> None:
    pd.DataFrame({"x": [1, 2], "y": [0.5, 1.5]}, index=pd.Index([7, 8], name="key")).to_parquet(root / "data/it.parquet")
    assert list(read(root, path="data/it.parquet", target="y").X.columns) == ["key", "x"]


def test_a_damaged_file_is_an_error(root: Path) -> None:
    for suffix, options in (("parquet", {"target": "y"}), ("npz", {})):
        (root / f"data/bad.{suffix}").write_bytes(b"PK\x03\x04 nothing of the kind")
        assert f"data/bad.{suffix} cannot be read" in refusal(root, path=f"data/bad.{suffix}", **options).message


# arrays


def test_arrays_are_taken_by_name(root: Path) -> None:
    X = np.arange(12.0).reshape(6, 2)
    np.savez(root / "data/it.npz", signal=X, label=np.array(list("abcabc")), w=np.ones(6), g=np.arange(6) // 2)
    options = {"path": "data/it.npz", "arrays": {"X": "signal", "y": "label"}}
    table = read(root, **options, weights="w", group="g")
    assert (table.X == X).all()
    assert (table.y.tolist(), table.classes) == ([0, 1, 2, 0, 1, 2], ["a", "b", "c"])
    assert table.groups is not None
    assert table.groups.tolist() == [0, 0, 1, 1, 2, 2]
    assert table.facts(named=False)["columns"] == {"number": ["x0", "x1"]}
    assert refusal(root, path="data/it.npz").message == "data/it.npz has no array `X`; it has signal, label, w, g"
    assert refusal(root, **options, target="y").path == ("data", "target")


def test_an_array_of_text_is_one_dimension(root: Path) -> None:
    np.savez(root / "data/it.npz", X=np.array(["good", "bad", "ugly"]), y=np.array([0.5, 1.5, 2.5]))
    table = read(root, path="data/it.npz")
    assert (table.X.tolist(), table.columns) == (["good", "bad", "ugly"], {"text": ["X"]})


def test_a_pickle_in_an_archive_is_refused(root: Path) -> None:
    np.savez(root / "data/it.npz", X=np.array([{"a": 1}, None]), y=np.arange(2))
    error = refusal(root, path="data/it.npz")
    assert isinstance(error, TrustError)
    assert "Python objects" in error.message


@pytest.mark.parametrize(
    ("X", "y"), [(np.zeros((3, 2)), np.zeros(4)), (np.zeros(3), np.zeros(3)), (np.zeros((3, 2), complex), np.zeros(3))]
)
def test_arrays_that_do_not_fit_say_their_shapes(X: Any, y: Any, root: Path) -> None:
    np.savez(root / "data/it.npz", X=X, y=y)
    assert f"{X.shape}" in refusal(root, path="data/it.npz").message


# given parts


def test_given_files_are_parts_and_kinds_are_those_of_all_rows(root: Path) -> None:
    (root / "data/a.csv").write_text("x,n,y\n1,1,yes\n2,2,no\n")
    (root / "data/b.csv").write_text("n,x,y\n3,red,yes\n")
    table = read(root, files={"train": "data/a.csv", "dev": "data/b.csv"}, target="y")
    assert {part: rows.tolist() for part, rows in (table.given or {}).items()} == {"train": [0, 1], "dev": [2]}
    assert table.columns == {"category": ["x"], "number": ["n"]}
    assert table.X.to_numpy().tolist() == [["1", 1.0], ["2", 2.0], ["red", 3.0]]
    assert table.classes == ["no", "yes"]


def test_given_files_need_the_same_columns(root: Path) -> None:
    (root / "data/a.csv").write_text("x,y\n1,1.5\n")
    (root / "data/b.csv").write_text("z,y\n3,1.5\n")
    error = refusal(root, files={"train": "data/a.csv", "dev": "data/b.csv"}, target="y")
    assert error.message == "train and dev do not have the same columns: x, z"
    assert error.path == ("data", "files", "dev")


def test_given_archives_are_joined(root: Path) -> None:
    for name, count in (("a", 3), ("b", 2)):
        np.savez(root / f"data/{name}.npz", X=np.full((count, 2), count), y=np.arange(count) * 1.5)
    table = read(root, files={"train": "data/a.npz", "dev": "data/b.npz"})
    assert (table.X.shape, table.y.tolist()) == ((5, 2), [0, 1.5, 3.0, 0, 1.5])


# the target


@pytest.mark.parametrize(
    ("cells", "classes"),
    [
        (["10", "9", "10"], [9, 10]),
        (["b", "a", "b"], ["a", "b"]),
        (["true", "false", "true"], [False, True]),
        (["2.0", "1.0", "2"], [1, 2]),
    ],
)
def test_labels_are_coded_in_sorted_order_numbers_as_numbers(cells: list[str], classes: list[Any], root: Path) -> None:
    table = read(root, "x,y\n" + "".join(f"1,{cell}\n" for cell in cells), task="classification")
    assert (table.classes, table.y.tolist()) == (classes, [1, 0, 1])
    assert [type(label) for label in table.classes or []] == [type(label) for label in classes]


def test_the_positive_label_is_coded_one(root: Path) -> None:
    text = "x,y\n1,yes\n2,no\n3,yes\n"
    assert read(root, text, positive="yes").y.tolist() == [1, 0, 1]
    table = read(root, text, positive="no")
    assert (table.y.tolist(), table.classes) == ([0, 1, 0], ["yes", "no"])
    assert read(root, "x,y\n1,0\n2,1\n", positive=0).y.tolist() == [1, 0]


def test_several_targets_are_labels_or_values(root: Path) -> None:
    text = "x,a,b,v\n1,0,1,1.5\n2,1,1,2.5\n"
    table = read(root, text, target=["a", "b"])
    assert (table.task, table.y.tolist(), list(table.X.columns)) == ("multilabel", [[0, 1], [1, 1]], ["x", "v"])
    assert read(root, text, target=["a", "v"]).y.tolist() == [[0.0, 1.5], [1.0, 2.5]]


# scikit-learn's sets


@pytest.mark.parametrize(
    ("name", "task", "shape"),
    [
        ("digits", "classification", (1797, 64)),
        ("iris", "classification", (150, 4)),
        ("wine", "classification", (178, 13)),
        ("breast_cancer", "classification", (569, 30)),
        ("diabetes", "regression", (442, 10)),
        ("linnerud", "regression", (20, 3)),
    ],
)
def test_the_sets_that_come_with_scikit_learn(name: str, task: str, shape: tuple[int, int], root: Path) -> None:
    table = read(root, sklearn=name)
    assert (table.task, table.X.shape) == (task, shape)
    assert isinstance(table.X, np.ndarray)
    assert table.content == read(root, sklearn=name).content


@pytest.mark.parametrize("name", ["fetch_openml", "california_housing", "20newsgroups"])
def test_sets_that_would_be_downloaded_are_refused(name: str, root: Path) -> None:
    error = refusal(root, sklearn=name)
    assert isinstance(error, EntryError)
    assert "downloads" in error.message


def test_another_set_names_the_nearest(root: Path) -> None:
    assert "did you mean `digits`" in refusal(root, sklearn="digit").message
    assert refusal(root, sklearn="digits", group="patient").path == ("split", "group")


def test_a_file_that_is_not_there_is_a_data_error(root: Path) -> None:
    assert isinstance(refusal(root, path="data/chrun.csv", target="y"), DataError)
