"""The databases that tests use in turn: one engine per kind for the whole session, its tables emptied after each test.

What costs time is never the test's own statements: an engine of its own compiles every statement anew, a connection
of its own has PostgreSQL read the catalogue anew, and TRUNCATE ... CASCADE writes new files for every table and index.
"""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import event

from cocreate.core.db import Database

NAME = "test_cocreate"
TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname"
LARGE = 500_000
"""Bytes of a table that is truncated rather than emptied row by row."""


def with_database(uri: str, name: str) -> str:
    """The server's address with another database's name."""
    before, _, after = uri.partition("/postgres?")
    return f"{before}/{name}?{after}"


class KeptConnection(psycopg.Connection[Any]):
    """A connection that outlives the pools it serves: closing it leaves it to the next test."""

    keep: Callable[["KeptConnection"], bool] | None = None

    def close(self) -> None:
        if self.keep is None or not self.keep(self):
            super().close()


class _Turns:
    """One Database, handed from test to test with a new pool each time."""

    url: str

    def __init__(self) -> None:
        self._database: Database | None = None

    def _open(self) -> Database:
        if self._database is None:
            self._database = Database(self.url, pool_size=10)
            self._prepare(self._database)
        return self._database

    def _prepare(self, database: Database) -> None:
        raise NotImplementedError

    def _close(self) -> None:
        database = self._database
        if database is None:
            return
        database.dispose()
        database.after_commit.clear()
        if database._writer.locked():  # a test left a writer behind: nobody may wait for it
            self._database = None

    @contextmanager
    def lease(self) -> Iterator[Database]:
        """The database, migrated and empty."""
        raise NotImplementedError

    def stop(self) -> None:
        """Close what is still open."""


class SqliteTurns(_Turns):
    """A copy of the migrated template for every test."""

    def __init__(self, template: Path, path: Path) -> None:
        super().__init__()
        self.template, self.path = template, path
        self.url = f"sqlite:///{path}"

    @contextmanager
    def lease(self) -> Iterator[Database]:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)
        shutil.copy(self.template, self.path)
        yield self._open()
        self._close()

    def _prepare(self, database: Database) -> None:
        @event.listens_for(database.engine, "connect")
        def hurry(connection: Any, _record: Any) -> None:
            # What a power cut would leave is not asked here; tests that kill a server start one of their own.
            connection.execute("PRAGMA synchronous=OFF").close()


class PostgresTurns(_Turns):
    """The database, migrated and empty; made anew from the template when a test changed its tables."""

    def __init__(self, server: str) -> None:
        super().__init__()
        self.server = server
        self.url = with_database(server, NAME)
        self._admin: Any = None
        self._shape: Any = None
        self._idle: list[KeptConnection] = []
        self._lock = threading.Lock()

    @contextmanager
    def lease(self) -> Iterator[Database]:
        if self._admin is None:
            self._make()
        yield self._open()
        self._close()
        self._clean()

    def stop(self) -> None:
        """Close what is still open."""
        for connection in self._idle:
            connection.keep = None
            connection.close()
        self._idle.clear()
        if self._admin is not None:
            self._admin.close()
            self._admin = None

    def _prepare(self, database: Database) -> None:
        @event.listens_for(database.engine, "do_connect")
        def connect(_dialect: Any, _record: Any, arguments: Any, options: Any) -> Any:
            with self._lock:
                while self._idle:
                    if not (connection := self._idle.pop()).closed:
                        return connection
            connection = KeptConnection.connect(*arguments, **options)
            connection.keep = self._keep
            return connection

    def _keep(self, connection: KeptConnection) -> bool:
        with self._lock:
            usable = connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
            if usable and connection not in self._idle:
                self._idle.append(connection)
            return usable

    def _make(self) -> None:
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {NAME} TEMPLATE template_cocreate")
        self._admin = psycopg.connect(self.url, autocommit=True)
        # Neither the triggers that keep histories from being deleted nor foreign keys are asked while emptying.
        self._admin.execute("SET session_replication_role = replica")
        self._shape = self._look()

    def _clean(self) -> None:
        """Empty what the test wrote; forget the database when its tables are no longer those of the template."""
        self._admin.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND NOT pid = ANY(%s)",
            [[connection.info.backend_pid for connection in self._idle]],
        )
        if self._look() != self._shape:
            self.stop()
            return
        tables = [name for name in self._shape[0] if name != "alembic_version"]
        asked = " UNION ALL ".join(
            f"SELECT '{name}', pg_relation_size('{name}') > {LARGE} WHERE EXISTS (SELECT FROM \"{name}\")"
            for name in tables
        )
        filled = self._admin.execute(asked).fetchall()
        if large := [f'"{name}"' for name, is_large in filled if is_large]:
            self._admin.execute(f"TRUNCATE {', '.join(large)} CASCADE")
        self._admin.execute("; ".join(f'DELETE FROM "{name}"' for name, _ in filled))
        self._admin.execute(
            "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false) "
            "FROM pg_sequences WHERE last_value IS NOT NULL"
        )

    def _look(self) -> tuple[list[str], Any, int]:
        """What tells that a test changed the tables: their names, the schema's version, how many columns there are."""
        names = [row[0] for row in self._admin.execute(TABLES)]
        version = None
        if "alembic_version" in names:
            version = self._admin.execute("SELECT version_num FROM alembic_version").fetchone()
        counted = self._admin.execute(
            "SELECT (SELECT count(*) FROM pg_attribute WHERE attrelid > 16384 AND attnum > 0) * 1000"
            " + (SELECT count(*) FROM pg_trigger)"
        ).fetchone()
        return names, version, counted[0]
