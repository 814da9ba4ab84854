"""Imports for tests."""

import io
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
