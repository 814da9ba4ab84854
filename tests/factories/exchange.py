"""Imports for tests."""

import io
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from cocreate.core.actor import GUEST
from cocreate.core.runtime import Runtime
from cocreate.exchange.imports import files, service
from cocreate.exchange.imports.models import Import


@pytest.fixture
def make_file(tmp_path: Path) -> Callable[..., Path]:
    """`make_file("id,text\\n1,好", name="a.csv")`: a file with this text or these bytes."""

    def make(content: str | bytes, name: str = "声音.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return make


@pytest.fixture
def make_import(runtime: Runtime, make_file: Callable[..., Path]) -> Callable[..., Import]:
    """`make_import("id,text\\n1,好")`: an import that waits to be run."""

    def make(
        content: str | bytes, mapping: Mapping[str, str] | None = None, name: str = "声音.csv", **wishes: Any
    ) -> Import:
        path = make_file(content, name)
        looked = service.look(path, name)
        with path.open("rb") as source:
            copy = files.keep(runtime.settings, source)
        with runtime.database.write() as session:
            return service.create_import(
                session, runtime, service.table_of(runtime, "posts"), copy=copy, looked=looked, name=name,
                wishes=service.Wishes(mapping=mapping, **wishes), by=GUEST,
            )  # fmt: skip

    return make


def workbook(rows: list[list[Any]]) -> bytes:
    """An Excel file with these rows."""
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def old_workbook(cells: Mapping[tuple[int, int], str]) -> bytes:
    """A workbook as Excel wrote it until 2007 (.xls): {(row, column): text}, both counted from zero."""

    def record(kind: int, content: bytes) -> bytes:
        return struct.pack("<HH", kind, len(content)) + content

    def begin(of: int) -> bytes:
        return record(0x0809, struct.pack("<HHHHII", 0x0600, of, 0, 0, 0, 0))

    end = record(0x000A, b"")
    labels = b"".join(
        record(0x0204, struct.pack("<HHHHB", row, column, 0, len(text), 1) + text.encode("utf-16-le"))
        for (row, column), text in sorted(cells.items())
    )
    name = struct.pack("<BB", 1, 0) + b"A"
    book = begin(0x0005)
    offset = len(book) + len(record(0x0085, struct.pack("<IBB", 0, 0, 0) + name)) + len(end)
    book += record(0x0085, struct.pack("<IBB", offset, 0, 0) + name) + end + begin(0x0010) + labels + end
    return _compound_file("Workbook", book)


def _compound_file(name: str, content: bytes) -> bytes:
    """One stream in the container that such files have: a head, a table of sectors, a directory, the stream."""
    content = content.ljust(max(4096, -(-len(content) // 512) * 512), b"\0")
    sectors, free, last, nothing = len(content) // 512, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF
    assert sectors <= 126, "one table of sectors is enough for a test"
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, last, 0, last, 0) + struct.pack("<I", 0)
    table = [0xFFFFFFFD, last, *range(3, 2 + sectors), last]
    table += [free] * (128 - len(table))

    def entry(called: str, kind: int, child: int, start: int, size: int) -> bytes:
        written = called.encode("utf-16-le") + b"\0\0"
        links = struct.pack("<III", nothing, nothing, child)
        return written.ljust(64, b"\0") + struct.pack("<HBB", len(written), kind, 1) + links + bytes(36) + struct.pack(
            "<IQ", start, size
        )  # fmt: skip

    directory = entry("Root Entry", 5, 1, last, 0) + entry(name, 2, nothing, 2, len(content))
    return (
        head.ljust(512, b"\xff") + struct.pack("<128I", *table) + directory.ljust(512, b"\0") + content
    )  # fmt: skip
