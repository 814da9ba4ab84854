"""Files as rows of text: CSV in UTF-8 or GB18030, Excel workbooks, JSON. Nothing here knows what a row means."""

import csv
import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cocreate
from cocreate.core.text_marks import N_
from cocreate.exchange import workbook
from cocreate.exchange.encodings import BadEncoding, decode
from cocreate.exchange.table import RowError
from cocreate.exchange.workbook import cell_text

MAX_CELL = 100_000
"""Characters of one cell; longer ones are refused row by row. A novel is no feedback."""
MAX_COLUMNS = 200
MAX_UNPACKED = 400_000_000
"""Bytes that a workbook may unpack to: a small file can hold a very large one."""
CHECKOUT = Path(cocreate.__file__).parent.parent
DELIMITERS = ",\t;"
_DAMAGED = N_("The workbook is damaged.")
_SPANS_TOO_MUCH = N_(
    "The sheet takes too much memory to read. Often one stray cell far from the others is to blame: copy the columns "
    "with feedback into a new workbook."
)
_LIST_OF_OBJECTS = re.compile(r'\s*\[\s*\{\s*"')

csv.field_size_limit(2**31 - 1)  # the default of 128 KiB would end the file in the middle; MAX_CELL refuses one row


class Unreadable(Exception):
    """The file as a whole cannot be read. reason: msgid; line: where it ended, None if that says nothing."""

    def __init__(self, reason: str, *, line: int | None = None, **params: str | int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
        self.params = params


@dataclass(frozen=True)
class RawRow:
    """Cells in the order of the columns. line: where the row begins in the file."""

    number: int
    line: int
    cells: list[str]


@dataclass(frozen=True)
class Sheet:
    """A file that was opened: its columns, and its rows as often as they are asked for."""

    format: str
    encoding: str
    columns: list[str]
    source: Any = field(repr=False)

    def rows(self) -> Iterator[RawRow | RowError]:
        """Rows below the head; Unreadable when the file breaks off in the middle."""
        read = {"csv": _csv_rows, "xlsx": _sheet_rows, "jsonl": _json_rows, "json": _json_rows}[self.format]
        for row in read(self):
            yield _checked(row) if isinstance(row, RawRow) else row


def open_sheet(path: Path, name: str = "") -> Sheet:
    """The columns of a file, told by what is inside it rather than by its name; Unreadable if there is nothing."""
    data = path.read_bytes()
    if not data.strip():
        raise Unreadable(N_("The file is empty."))
    if data[:4] == b"PK\x03\x04" or data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return _open_workbook(path, data)
    try:
        text, encoding = decode(data)
    except BadEncoding as problem:
        raise Unreadable(problem.reason, line=problem.line) from problem
    if not text.strip():
        raise Unreadable(N_("The file is empty."))
    if _LIST_OF_OBJECTS.match(text) or (name.lower().endswith(".json") and text.lstrip()[:1] == "["):
        return _open_json_list(text, encoding)
    if text.lstrip()[:1] == "{" or name.lower().endswith((".jsonl", ".ndjson", ".json")):
        return _open_json(text, encoding)
    return _open_csv(text, encoding)


def _checked(row: RawRow) -> RawRow | RowError:
    for cell in row.cells:
        if len(cell) > MAX_CELL:
            return RowError(
                row.number, row.line, N_("A cell holds %(length)s characters; %(most)s is the most."),
                {"length": len(cell), "most": MAX_CELL},
            )  # fmt: skip
        if "\x00" in cell:
            return RowError(row.number, row.line, N_("A cell holds a NUL character; the file may be damaged."))
    return row


def _head(cells: list[str], line: int) -> list[str]:
    columns = [" ".join(cell.replace("\x00", "").split())[:200] for cell in cells]
    while columns and not columns[-1]:
        columns.pop()
    if not columns:
        raise Unreadable(N_("The first row should hold the names of the columns."), line=line)
    if len(columns) > MAX_COLUMNS:
        raise Unreadable(
            N_("More than %(most)s columns: is the first row really the head?"), line=line, most=MAX_COLUMNS
        )
    seen: dict[str, int] = {}
    named = []
    for place, column in enumerate(columns, 1):
        base = column or f"#{place}"
        seen[base] = seen.get(base, 0) + 1
        named.append(base if seen[base] == 1 else f"{base} ({seen[base]})")
    return named


def _fitted(number: int, line: int, cells: list[str], width: int) -> RawRow | RowError:
    while len(cells) > width and not cells[-1].strip():
        cells.pop()
    if len(cells) != width:
        reason = N_("This row has %(found)s cells, the head has %(expected)s.")
        return RowError(number, line, reason, {"found": len(cells), "expected": width})
    return RawRow(number, line, cells)


# -- CSV


def _open_csv(text: str, encoding: str) -> Sheet:
    first = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=first.count)
    rows = _csv_lines(text, delimiter)
    line, cells = next(rows, (1, []))
    return Sheet("csv", encoding, _head(cells, line), (text, delimiter))


def _csv_lines(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """(line on which the row begins, cells) of every row that is not blank."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        begins = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "end of data" in str(error):
                raise Unreadable(N_("A quotation mark is opened here and never closed."), line=begins) from error
            raise Unreadable(N_("After a closing quotation mark the cell has to end."), line=begins) from error
        if any(cell.strip() for cell in cells):
            yield begins, cells


def _csv_rows(sheet: Sheet) -> Iterator[RawRow | RowError]:
    rows = _csv_lines(*sheet.source)
    next(rows)
    for number, (line, cells) in enumerate(rows, 1):
        yield _fitted(number, line, cells, len(sheet.columns))


# -- workbooks


def _open_workbook(path: Path, data: bytes) -> Sheet:
    if data[:2] == b"PK":
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as packed:
                unpacked = sum(entry.file_size for entry in packed.infolist())
        except zipfile.BadZipFile as error:
            raise Unreadable(_DAMAGED) from error
        if unpacked > MAX_UNPACKED:
            raise Unreadable(N_("The workbook is too large once unpacked."))
    filled = _filled_rows(path)
    if not filled:
        raise Unreadable(N_("The file is empty."))
    columns = _head(filled[0][1], filled[0][0])
    return Sheet("xlsx", "", columns, [(line, _padded(cells, len(columns))) for line, cells in filled[1:]])


def _filled_rows(path: Path) -> list[tuple[int, list[str]]]:
    """(line, cells) of every row that holds something, read by another process; why that is, its module says."""
    command = [sys.executable, "-m", workbook.__name__, str(path.absolute())]
    try:
        done = subprocess.run(  # noqa: S603 (our own interpreter, and a file that is only read)
            command, cwd=CHECKOUT, stdin=subprocess.DEVNULL, capture_output=True, check=False,
            timeout=workbook.SECONDS * 2,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise Unreadable(_SPANS_TOO_MUCH) from error
    if done.returncode == workbook.LOCKED:
        raise Unreadable(N_("The workbook is locked with a password."))
    if done.returncode == workbook.TOO_LARGE or done.returncode < 0:  # below zero: the system ended it
        raise Unreadable(_SPANS_TOO_MUCH)
    *rows, end = done.stdout.splitlines() or [b""]
    if done.returncode != 0 or end != b'"end"':
        raise Unreadable(_DAMAGED)
    return [(line, cells) for line, cells in map(json.loads, rows)]


def _padded(cells: list[str], width: int) -> list[str]:
    return cells + [""] * (width - len(cells))


def _sheet_rows(sheet: Sheet) -> Iterator[RawRow | RowError]:
    for number, (line, cells) in enumerate(sheet.source, 1):
        yield _fitted(number, line, list(cells), len(sheet.columns))


# -- JSON


def _open_json(text: str, encoding: str) -> Sheet:
    return _sheet_of_objects("jsonl", encoding, list(_json_lines(text)))


def _open_json_list(text: str, encoding: str) -> Sheet:
    objects = list(_json_list(text))
    if "\n" not in text.strip():
        objects = [(number, entry) for number, (_, entry) in enumerate(objects, 1)]
    return _sheet_of_objects("json", encoding, objects)


def _sheet_of_objects(kind: str, encoding: str, objects: list[tuple[int, dict[str, Any]]]) -> Sheet:
    columns: dict[str, None] = {}
    for _, entry in objects:
        columns |= dict.fromkeys(entry)
    if not columns:
        raise Unreadable(N_("The file is empty."))
    return Sheet(kind, encoding, _head(list(columns), 1), (list(columns), objects))


def _json_list(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line on which the object begins, object) of the one list that fills the file."""
    decoder = json.JSONDecoder()
    place = _behind_blanks(text, text.index("[") + 1)
    line = 1 + text.count("\n", 0, place)
    broken = N_("From this line on, the JSON list cannot be read.")
    more = text[place : place + 1] != "]"
    while more:
        try:
            entry, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            raise Unreadable(broken, line=line) from error
        if not isinstance(entry, dict):
            raise Unreadable(N_("The JSON list holds something here that is no object."), line=line)
        yield line, entry
        end = _behind_blanks(text, end)
        line += text.count("\n", place, end)
        more = text[end : end + 1] == ","
        if not more and text[end : end + 1] != "]":
            raise Unreadable(broken, line=line)
        place = _behind_blanks(text, end + 1) if more else end
        line += text.count("\n", end, place)
    end = _behind_blanks(text, place + 1)
    if end < len(text):
        raise Unreadable(broken, line=line + text.count("\n", place, end))


def _behind_blanks(text: str, place: int) -> int:
    while text[place : place + 1] in (" ", "\t", "\r", "\n"):
        place += 1
    return place


def _json_lines(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    # Not splitlines(): a text may hold U+2028 or form feeds that JSON leaves as they are.
    for line, content in enumerate(text.split("\n"), 1):
        if not content.strip():
            continue
        try:
            entry = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise Unreadable(N_("This line is no JSON object."), line=line) from error
        if not isinstance(entry, dict):
            raise Unreadable(N_("This line is no JSON object."), line=line)
        yield line, entry


def _json_rows(sheet: Sheet) -> Iterator[RawRow | RowError]:
    columns, rows = sheet.source
    for number, (line, entry) in enumerate(rows, 1):
        cells = [_json_cell(entry.get(column)) for column in columns]
        if any(cell is None for cell in cells):
            yield RowError(
                number, line, N_("A value holds further values; only texts, numbers and lists of texts fit.")
            )
        else:
            yield RawRow(number, line, [cell or "" for cell in cells])


def _json_cell(value: Any) -> str | None:
    if value is None:
        return ""
    if isinstance(value, list):
        parts = [_json_cell(part) for part in value]
        return None if any(p is None or isinstance(v, list) for p, v in zip(parts, value, strict=True)) else "\n".join(
            part or "" for part in parts
        )  # fmt: skip
    if isinstance(value, dict):
        return None
    # JSON may spell half of a surrogate pair, which no database stores.
    return cell_text(value).encode("utf-8", "replace").decode()
