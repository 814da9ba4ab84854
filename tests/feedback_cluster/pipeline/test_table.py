"""A table in, themes out."""

import csv
import json
from pathlib import Path

import pytest

from feedback_cluster.pipeline.table import cluster_file
from tests.feedback_cluster.pipeline.gold import TEXTS


def write_table(path: Path, texts: list[str], encoding: str = "utf-8", name: str = "text") -> Path:
    """A CSV with the texts in its second column."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["编号", name])
        writer.writerows([number, text] for number, text in enumerate(texts))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_every_row_gets_its_theme_in_order(tmp_path: Path, encoding: str) -> None:
    texts = [TEXTS[0], "", *TEXTS[1:], "带\n换行，和“引号”的座椅通风"]
    table = write_table(tmp_path / "in.csv", texts, encoding)
    done = cluster_file(table, "text", tmp_path / "out.csv", tmp_path / "themes.json", k=8)
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    labels = [int(row["theme"]) for row in rows]
    themes = json.loads((tmp_path / "themes.json").read_text(encoding="utf-8"))
    assert list(rows[0]) == ["theme"]
    assert len(labels) == len(texts) == done["rows"]
    assert labels[1] == -1
    assert done["themes"] == len(themes) == 8
    assert done["rest"] == labels.count(-1)
    for told in themes:
        assert set(told) == {"theme", "label", "keywords", "size", "quotes"}
        assert told["size"] == labels.count(told["theme"])
        assert {labels[row] for row in told["quotes"]} == {told["theme"]}


def test_the_same_seed_writes_the_same_files(tmp_path: Path) -> None:
    table = write_table(tmp_path / "in.csv", TEXTS)
    for name in ("one", "two"):
        cluster_file(table, "text", tmp_path / f"{name}.csv", tmp_path / f"{name}.json", seed=3)
    for kind in ("csv", "json"):
        assert (tmp_path / f"one.{kind}").read_bytes() == (tmp_path / f"two.{kind}").read_bytes()


def test_a_table_without_rows_has_no_theme(tmp_path: Path) -> None:
    table = write_table(tmp_path / "in.csv", [])
    done = cluster_file(table, "text", tmp_path / "out.csv", tmp_path / "themes.json")
    assert (done["rows"], done["themes"], done["rest"]) == (0, 0, 0)
    assert (tmp_path / "out.csv").read_text(encoding="utf-8").split() == ["theme"]


def test_a_missing_column_is_named_with_those_there_are(tmp_path: Path) -> None:
    table = write_table(tmp_path / "in.csv", TEXTS, name="内容")
    with pytest.raises(ValueError, match=r"no column 'text'; it has: 编号, 内容"):
        cluster_file(table, "text", tmp_path / "out.csv", tmp_path / "themes.json")


def test_a_file_in_no_known_encoding_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "in.csv"
    table.write_bytes(b"text\n\xff\xff\xff\n")
    with pytest.raises(ValueError, match="neither UTF-8 nor GB18030"):
        cluster_file(table, "text", tmp_path / "out.csv", tmp_path / "themes.json")


def test_a_short_row_counts_as_an_empty_text(tmp_path: Path) -> None:
    table = tmp_path / "in.csv"
    table.write_text("id,text\n1,座椅通风太吵\n2\n", encoding="utf-8")
    done = cluster_file(table, "text", tmp_path / "out.csv", tmp_path / "themes.json")
    assert (done["rows"], done["rest"]) == (2, 1)


def test_an_oversized_cell_is_refused_with_its_line(tmp_path: Path) -> None:
    table = write_table(tmp_path / "in.csv", ["座椅", "长" * (8 * 1024 * 1024 + 1)])
    with pytest.raises(ValueError, match=r"in\.csv line \d+: field larger"):
        cluster_file(table, "text", tmp_path / "out.csv", tmp_path / "themes.json")
