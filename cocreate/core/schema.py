"""The database's schema: Alembic runs over the metadata of all modules, on both databases.

Alembic is imported where there is something to migrate: most commands find the schema as it should be.
"""

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlmodel import Session

from cocreate.core.runtime import Runtime

if TYPE_CHECKING:
    from alembic.config import Config

SCRIPTS = Path(__file__).parent.parent / "migrations"
_alembic = threading.Lock()


def configuration(runtime: Runtime) -> "Config":
    """Alembic's settings, pointed at this runtime's database; env.py finds the engine there."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["engine"] = runtime.database.engine
    return config


def upgrade(runtime: Runtime) -> None:
    """Bring the database to the newest schema; does nothing when it is there already."""
    with runtime.database.read() as session:
        current, expected = revisions(session)
    if current != expected:
        from alembic import command

        with _alembic:
            command.upgrade(configuration(runtime), "head")


def downgrade(runtime: Runtime, revision: str = "-1") -> None:
    from alembic import command

    with _alembic:
        command.downgrade(configuration(runtime), revision)


def new(runtime: Runtime, name: str) -> Path:
    """Write a migration that makes the schema follow the models; the path of the file."""
    from alembic import command

    with _alembic:
        made: Any = command.revision(
            configuration(runtime), message=name, autogenerate=True, rev_id=f"{int(newest()) + 1:04d}"
        )
    return Path(made.path)


def newest() -> str:
    """The last revision: files of migrations are named by number."""
    return max(path.name for path in (SCRIPTS / "versions").glob("[0-9]*.py")).partition("_")[0]


def revisions(session: Session) -> tuple[str | None, str]:
    """The schema that the database has, and the one that this program expects."""
    if not sa.inspect(session.connection()).has_table("alembic_version"):
        return None, newest()
    row = session.connection().execute(sa.text("SELECT version_num FROM alembic_version")).first()
    return (row[0] if row else None), newest()
