"""Looking at imports."""

from collections.abc import Iterator

from sqlmodel import Session, col, select

from cocreate.core.errors import NotFound
from cocreate.exchange.imports.models import Import, ImportRowError


def get_import(session: Session, import_id: int) -> Import:
    """The import; NotFound when there is none."""
    row = session.get(Import, import_id)
    if row is None:
        raise NotFound(f"import {import_id}")
    return row


def latest_imports(session: Session, *, before: int | None = None, limit: int = 20) -> list[Import]:
    """Imports, newest first."""
    statement = select(Import).order_by(col(Import.id).desc()).limit(limit)
    return list(session.exec(statement.where(col(Import.id) < before) if before else statement))


def row_errors(session: Session, import_id: int, *, limit: int | None = None) -> Iterator[ImportRowError]:
    """Rows that were not taken, in the order of the file."""
    statement = select(ImportRowError).where(ImportRowError.import_id == import_id).order_by(col(ImportRowError.number))
    return iter(session.exec(statement.limit(limit) if limit else statement))
