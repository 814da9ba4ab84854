"""Indexed rows for tests."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from cocreate.core import clock
from cocreate.core.runtime import Runtime
from search.api import SearchDoc, prepare, put

_numbers = itertools.count(1)


@pytest.fixture
def index_doc(runtime: Runtime) -> Callable[..., int]:
    """`index_doc("座椅通风有噪音")`: put one document into the index; the row id it stands for."""

    def index(title: str, body: str = "", *, kind: str = "post", row_id: int | None = None, **values: Any) -> int:
        number = row_id or next(_numbers)
        doc = SearchDoc(kind, number, title, body, **{"created_at": clock.now(), **values})
        with runtime.database.write() as session:
            put(session, prepare(session, [doc]))
        return number

    return index
