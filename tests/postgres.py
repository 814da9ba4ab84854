"""One PostgreSQL database that tests use in turn: emptied after each, made anew when a test changed its tables.

Copying a template of sixty tables takes a quarter of a second of processor time; emptying those that hold rows takes
some milliseconds.
"""

from typing import Any

import psycopg

NAME = "test_cocreate"
TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname"


def with_database(uri: str, name: str) -> str:
    """The server's address with another database's name."""
    before, _, after = uri.partition("/postgres?")
    return f"{before}/{name}?{after}"


class CleanPostgres:
    """Hands out the database, migrated and empty."""

    def __init__(self, server: str) -> None:
        self.server = server
        self.url = with_database(server, NAME)
        self._shape: Any = None

    def lease(self) -> str:
        """Address of the empty database, made from the template when there is none."""
        if self._shape is None:
            with psycopg.connect(self.server, autocommit=True) as connection:
                connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
                connection.execute(f"CREATE DATABASE {NAME} TEMPLATE template_cocreate")
            with psycopg.connect(self.url, autocommit=True) as connection:
                self._shape = self._look(connection)
        return self.url

    def give_back(self) -> None:
        """Empty what the test wrote; forget the database when its tables are no longer those of the template."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            if self._look(connection) != self._shape:
                self._shape = None
                return
            tables = [name for name in self._shape[0] if name != "alembic_version"]
            asked = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")" for name in tables)
            filled = [row[0] for row in connection.execute(asked)]
            if filled:
                names = ", ".join(f'"{name}"' for name in filled)
                connection.execute(f"TRUNCATE {names} RESTART IDENTITY CASCADE")

    @staticmethod
    def _look(connection: Any) -> tuple[list[str], Any, int]:
        """What tells that a test changed the tables: their names, the schema's version, how many columns there are."""
        names = [row[0] for row in connection.execute(TABLES)]
        version = None
        if "alembic_version" in names:
            version = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        counted = connection.execute(
            "SELECT count(*) FROM pg_attribute WHERE attrelid > 16384 AND attnum > 0"
        ).fetchone()
        triggers = connection.execute("SELECT count(*) FROM pg_trigger").fetchone()
        return names, version, counted[0] * 1000 + triggers[0]
