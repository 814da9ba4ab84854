"""Files as rows: what can be read, and what is said about the rest."""

import io
import json
import resource
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cocreate.exchange import encodings
from cocreate.exchange.reading import MAX_CELL, RawRow, Unreadable, open_sheet
from cocreate.exchange.table import RowError
from tests.factories.exchange import old_workbook, workbook

Make = Callable[..., Path]
TEXT = "编号,内容\n1,座椅通风噪音太大\n2,方向盘加热反应慢\n"


def cells(path: Path) -> list[list[str]]:
    return [row.cells for row in open_sheet(path, path.name).rows() if isinstance(row, RawRow)]


def errors(path: Path) -> list[tuple[int, str]]:
    return [(row.line, row.reason) for row in open_sheet(path, path.name).rows() if isinstance(row, RowError)]


@pytest.mark.parametrize(
    ("encoding", "told"), [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("gb18030", "gb18030"), ("utf-16", "utf-16")]
)
def test_chinese_encodings_are_told_apart(make_file: Make, encoding: str, told: str) -> None:
    path = make_file(TEXT, encoding=encoding)
    sheet = open_sheet(path)
    assert (sheet.columns, sheet.encoding) == (["编号", "内容"], told)
    assert cells(path) == [["1", "座椅通风噪音太大"], ["2", "方向盘加热反应慢"]]


def test_one_damaged_character_is_named_by_its_line_and_not_read_as_gb18030(make_file: Make) -> None:
    good = (TEXT + "3,后备箱感应不灵\n" * 50).encode()
    path = make_file(good.replace("方向盘".encode(), "方向".encode() + b"\xe7\x9b"))
    with pytest.raises(Unreadable) as refused:
        open_sheet(path)
    assert refused.value.line == 3


@pytest.mark.parametrize("encoding", ["big5", "shift_jis", "latin-1"])
def test_other_encodings_are_refused(make_file: Make, encoding: str) -> None:
    texts = {
        "big5": "座椅的聲音太大了，開車時很吵",
        "shift_jis": "これはフィードバックです",
        "latin-1": "Größe überprüfen für äöü",
    }
    path = make_file(f"id,text\n1,{texts[encoding]}\n", encoding=encoding)
    with pytest.raises(Unreadable):
        open_sheet(path)


@given(st.binary(max_size=400))
@settings(max_examples=200)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        text, encoding = encodings.decode(data)
    except encodings.BadEncoding:
        return
    assert encoding in ("utf-8", "gb18030", "utf-16")
    assert isinstance(text, str)


def test_cells_may_hold_breaks_quotes_and_commas_and_lines_are_those_of_the_file(make_file: Make) -> None:
    path = make_file('id,text\n1,"一行\n又一行，""引用"""\n\n2,b,c\n3,d\n')
    rows = list(open_sheet(path).rows())
    assert [(row.line, getattr(row, "cells", None)) for row in rows] == [
        (2, ["1", '一行\n又一行，"引用"']),
        (5, None),
        (6, ["3", "d"]),
    ]


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_the_delimiter_is_told_by_the_head(make_file: Make, delimiter: str) -> None:
    path = make_file(f"id{delimiter}text\n1{delimiter}好的\n")
    assert cells(path) == [["1", "好的"]]


@pytest.mark.parametrize("content", ["", "  \n\n", "\ufeff", "id,text\n"])
def test_an_empty_file_is_refused_or_has_no_row(make_file: Make, content: str) -> None:
    path = make_file(content)
    if content.startswith("id"):
        assert cells(path) == []
    else:
        with pytest.raises(Unreadable):
            open_sheet(path)


def test_an_unclosed_quotation_mark_is_found_before_anything_is_taken(make_file: Make) -> None:
    path = make_file('id,text\n1,好\n2,"没有结束\n3,好\n')
    with pytest.raises(Unreadable) as refused:
        cells(path)
    assert refused.value.line == 3


def test_a_cell_of_eight_megabytes_is_one_bad_row(make_file: Make) -> None:
    path = make_file(f"id,text\n1,好\n2,{'长' * (8 << 20)}\n3,好\n")
    assert cells(path) == [["1", "好"], ["3", "好"]]
    assert [line for line, _ in errors(path)] == [3]
    assert cells(make_file(f"id,text\n1,{'a' * MAX_CELL}\n")) == [["1", "a" * MAX_CELL]]


def test_rows_of_another_length_are_named(make_file: Make) -> None:
    path = make_file("a,b,c\n1,2\n1,2,3,4\n1,2,3\n1,2,3,,\n")
    assert [line for line, _ in errors(path)] == [2, 3]
    assert cells(path) == [["1", "2", "3"], ["1", "2", "3"]]


def test_a_nul_is_one_bad_row(make_file: Make) -> None:
    path = make_file("id,text\n1,a\x00b\n2,好\n")
    assert [line for line, _ in errors(path)] == [2]
    assert cells(path) == [["2", "好"]]


def test_columns_of_the_same_name_stay_apart(make_file: Make) -> None:
    assert open_sheet(make_file("text,text,,\n1,2,3,4\n")).columns == ["text", "text (2)"]
    assert open_sheet(make_file("text,,text\n1,2,3\n")).columns == ["text", "#2", "text (2)"]


def test_a_workbook_is_read_with_its_dates_numbers_and_formulas_as_results(make_file: Make) -> None:
    rows: list[list[Any]] = [
        ["id", "text", "date"],
        [7, "座椅", date(2020, 6, 5)],
        [None, None, None],
        [8.5, "=1+1", True],
    ]
    path = make_file(workbook(rows), "book.xlsx")
    found = list(open_sheet(path).rows())
    assert [(row.line, row.cells) for row in found if isinstance(row, RawRow)][0] == (2, ["7", "座椅", "2020-06-05"])
    last = found[-1]
    assert isinstance(last, RawRow)
    assert (last.line, last.cells[0], last.cells[2]) == (4, "8.5", "TRUE")
    assert "=" not in last.cells[1]


def test_a_damaged_or_huge_workbook_is_refused(make_file: Make) -> None:
    with pytest.raises(Unreadable):
        open_sheet(make_file(b"PK\x03\x04 and nothing else", "a.xlsx"))
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"\x00" * 410_000_000)
    assert len(target.getvalue()) < 1_000_000
    with pytest.raises(Unreadable):
        open_sheet(make_file(target.getvalue(), "b.xlsx"))


OLD = {(0, 0): "编号", (0, 1): "内容", (1, 0): "一", (1, 1): "座椅通风噪音太大", (3, 1): "方向盘加热反应慢"}


def test_an_old_workbook_is_read_as_a_new_one(make_file: Make) -> None:
    path = make_file(old_workbook(OLD), "a.xls")
    assert open_sheet(path).columns == ["编号", "内容"]
    assert cells(path) == [["一", "座椅通风噪音太大"], ["", "方向盘加热反应慢"]]
    assert [row.line for row in open_sheet(path).rows()] == [2, 4]


def test_columns_left_empty_at_the_side_stay_where_they_are(make_file: Make) -> None:
    path = make_file(workbook([[None, "id", "text"], [None, "1", "好"], ["x", "2", "好"]]), "a.xlsx")
    assert open_sheet(path).columns == ["#1", "id", "text"]
    assert cells(path) == [["", "1", "好"], ["x", "2", "好"]]


def stray_cell() -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["A2"], sheet["XFD1048576"] = "text", "座椅通风噪音太大", "x"
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def texts_named_often() -> bytes:
    """A million cells that name one text of ten thousand characters."""
    row = b"<row>" + b'<c t="s"><v>0</v></c>' * 200 + b"</row>"
    changed = {
        "xl/worksheets/sheet1.xml": b"<worksheet xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'>"
        b"<sheetData>" + row * 5000 + b"</sheetData></worksheet>",
        "xl/sharedStrings.xml": b"<sst xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><si><t>"
        + b"a" * 10_000 + b"</t></si></sst>",
    }  # fmt: skip
    target = io.BytesIO()
    small = zipfile.ZipFile(io.BytesIO(workbook([["text"]])))
    with small as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in {*old.namelist()} - {*changed}:
            new.writestr(name, old.read(name))
        for name, content in changed.items():
            new.writestr(name, content)
    return target.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize("make_bytes", [stray_cell, texts_named_often])
def test_a_small_file_that_asks_for_all_memory_is_refused_with_what_to_do(
    make_file: Make, make_bytes: Callable[[], bytes]
) -> None:
    path = make_file(make_bytes(), "small.xlsx")
    assert path.stat().st_size < 200_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(Unreadable, match="copy the columns"):
        open_sheet(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KB of this process


@pytest.mark.slow
def test_a_stray_cell_in_an_old_workbook_is_refused_as_well(make_file: Make) -> None:
    with pytest.raises(Unreadable, match="copy the columns"):
        open_sheet(make_file(old_workbook({**OLD, (65_535, 255): "x"}), "a.xls"))


def test_json_lines_are_read_with_all_their_keys(make_file: Make) -> None:
    lines = [{"id": 1, "text": "好"}, {"id": 2, "tags": ["a", "b"], "text": None}, {"id": 3, "text": {"a": 1}}]
    path = make_file("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), "a.jsonl")
    sheet = open_sheet(path, path.name)
    assert sheet.columns == ["id", "text", "tags"]
    assert cells(path) == [["1", "好", ""], ["2", "", "a\nb"]]
    assert [line for line, _ in errors(path)] == [3]


@pytest.mark.parametrize("bad", ['{"id": 1', "[1,2]", "text"])
def test_a_line_that_is_no_json_object_refuses_the_file(make_file: Make, bad: str) -> None:
    with pytest.raises(Unreadable) as refused:
        open_sheet(make_file('{"id": 1}\n' + bad, "a.jsonl"))
    assert refused.value.line == 2


@pytest.mark.parametrize("indent", [None, 2])
def test_a_json_list_is_read_with_the_lines_of_its_objects(make_file: Make, indent: int | None) -> None:
    rows = [{"id": 1, "text": "好"}, {"id": 2, "tags": ["a", "b"]}, {"id": 3, "text": {"a": 1}}]
    path = make_file(json.dumps(rows, ensure_ascii=False, indent=indent), "a.json")
    sheet = open_sheet(path, path.name)
    assert (sheet.format, sheet.columns) == ("json", ["id", "text", "tags"])
    assert cells(path) == [["1", "好", ""], ["2", "", "a\nb"]]
    # In a file of one line only the number of the object tells where it stands.
    assert [line for line, _ in errors(path)] == [13 if indent else 3]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ('[\n{"id": 1},\n7\n]', 3),
        ('[\n{"id": 1},\n{"id": 2\n]', 3),
        ('[\n{"id": 1}\n{"id": 2}\n]', 3),
        ('[\n{"id": 1},\n]', 3),
        ('[\n{"id": 1}', 2),
        ('[\n{"id": 1}\n]\nmore', 4),
        ("[]", None),
        ("id,text", 1),
    ],
)
def test_a_broken_json_file_is_refused_and_not_read_as_csv(make_file: Make, content: str, line: int | None) -> None:
    with pytest.raises(Unreadable) as refused:
        open_sheet(make_file(content, "a.json"), "a.json")
    assert refused.value.line == line


def test_half_a_surrogate_in_json_can_be_stored(make_file: Make) -> None:
    path = make_file('{"text": "\\ud83d 好"}', "a.jsonl")
    assert cells(path)[0][0].encode("utf-8")
