"""The database: SQLite by default, PostgreSQL by URL, one set of rules for both.

A write session begins its transaction at the first write, and on SQLite with BEGIN IMMEDIATE behind one lock, so
writers of a process queue instead of failing. Reads before it see the latest commit statement by statement, which is
what READ COMMITTED gives on PostgreSQL: slow work such as hashing or segmenting holds no lock.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine
from sqlmodel import Session, SQLModel

from cocreate.core import tables  # noqa: F401 (sets the naming convention)
from cocreate.core.errors import Unavailable

SAFE_SQLITE = (3, 51, 3)
"""First SQLite without the WAL-reset bug, which can corrupt a database that two processes write."""

_READS = ("SELECT", "WITH", "PRAGMA", "EXPLAIN", "VALUES")


def sqlite_driver() -> Any:
    """The `pysqlite3` wheel, which is newer than the system's library, or the standard module where it has no wheel."""
    try:
        from pysqlite3 import dbapi2
    except ImportError:
        from sqlite3 import dbapi2
    return dbapi2


class Database:
    """Hands out sessions: `read()` may not write, `write()` commits when its block ends and rolls back if it raises."""

    def __init__(self, url: str, *, busy_seconds: float = 5.0, pool_size: int = 45) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self.busy_seconds = busy_seconds
        self.after_commit: list[Callable[[], None]] = []
        self.info: dict[str, Any] = {}
        """What every session carries in its `info`."""
        self._writer = threading.Lock()
        self.engine = self._sqlite_engine(pool_size) if self.is_sqlite else self._postgres_engine(pool_size)
        self._read_engine = self.engine.execution_options(cocreate_read_only=True)
        event.listen(self.engine, "before_cursor_execute", self._before_statement)
        event.listen(self.engine, "checkin", self._on_checkin)

    def _postgres_engine(self, pool_size: int) -> Engine:
        url = sa.make_url(self.url).set(drivername="postgresql+psycopg")
        return sa.create_engine(url, pool_size=pool_size, max_overflow=5, pool_pre_ping=True)

    def _sqlite_engine(self, pool_size: int) -> Engine:
        url = sa.make_url(self.url).set(drivername="sqlite+pysqlite")
        if url.database:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(
            url,
            module=sqlite_driver(),
            pool_size=pool_size,
            max_overflow=5,
            connect_args={"check_same_thread": False, "isolation_level": None, "timeout": self.busy_seconds},
        )

        @event.listens_for(engine, "connect")
        def _prepare(connection: Any, _record: Any) -> None:
            cursor = connection.cursor()
            for pragma in (
                "journal_mode=WAL",
                "synchronous=FULL",
                "foreign_keys=ON",
                "cache_size=-16000",
                "mmap_size=268435456",
                "temp_store=MEMORY",
            ):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        return engine

    def _before_statement(
        self, connection: Connection, cursor: Any, statement: str, _params: Any, _context: Any, _many: bool
    ) -> None:
        if statement.lstrip().upper().startswith(_READS):
            return
        if connection.get_execution_options().get("cocreate_read_only"):
            raise RuntimeError(f"a read session was asked to write: {statement[:80]}")
        raw = connection.connection.dbapi_connection
        if not self.is_sqlite or raw is None or raw.in_transaction:
            return
        if not connection.info.get("holds_writer"):
            if not self._writer.acquire(timeout=self.busy_seconds):
                raise Unavailable("the writer lock was not free in time")
            connection.info["holds_writer"] = True
        cursor.execute("BEGIN IMMEDIATE")

    def _on_checkin(self, _raw: Any, record: Any) -> None:
        # The connection comes back right after COMMIT or ROLLBACK: only then may the next writer begin.
        if record.info.pop("holds_writer", False):
            self._writer.release()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for looking only."""
        with Session(self._read_engine, autoflush=False, info=self.info) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session whose changes are committed when the block ends; a failed commit raises."""
        with Session(self.engine, expire_on_commit=False, info=self.info) as session:
            yield session
            session.commit()
            poke = session.info.pop("poke", False)
        if poke:
            for tell in self.after_commit:
                tell()

    def dispose(self) -> None:
        self.engine.dispose()


def insert_once(session: Session, row: SQLModel) -> bool:
    """Insert the row unless a unique key already holds it; True if it was inserted. Settles races without an error."""
    return insert_many_once(session, [row]) == 1


def insert_many_once(session: Session, rows: list[Any]) -> int:
    """Insert rows of one table, leaving out those that a unique key already holds; the number inserted."""
    if not rows:
        return 0
    session.flush()
    table = type(rows[0]).__table__
    columns = [c.key for c in table.columns]
    values = [
        {key: value for key in columns if not ((value := getattr(row, key)) is None and table.c[key].primary_key)}
        for row in rows
    ]
    dialect = session.get_bind().dialect.name
    statement: Any = (postgresql if dialect == "postgresql" else sqlite).insert(table).on_conflict_do_nothing()
    inserted = 0
    for start in range(0, len(values), 500):
        batch = values[start : start + 500]
        # Without this option psycopg's row count of an INSERT is dropped and reads -1.
        options = {"preserve_rowcount": True}
        result: Any = session.connection().execute(statement.values(batch), execution_options=options)
        inserted += result.rowcount
    return inserted


def insert_plain_once(session: Session, model: type[SQLModel], rows: list[dict[str, Any]]) -> int:
    """The same for thousands: rows as dictionaries that all name the same columns; the number inserted.

    One statement for all sizes, sent row by row: writing a model object and a statement for each batch took ten times
    as long as the inserts themselves.
    """
    if not rows:
        return 0
    session.flush()
    table: Any = model.__table__  # type: ignore[attr-defined]
    dialect = session.get_bind().dialect.name
    statement: Any = (postgresql if dialect == "postgresql" else sqlite).insert(table).on_conflict_do_nothing()
    result: Any = session.connection().execute(statement, rows, execution_options={"preserve_rowcount": True})
    return int(result.rowcount)
