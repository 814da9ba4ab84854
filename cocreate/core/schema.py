"""The database's schema: Alembic runs over the metadata of all modules, on both databases."""

import threading
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlmodel import Session

from cocreate.core.runtime import Runtime

SCRIPTS = Path(__file__).parent.parent / "migrations"
_alembic = threading.Lock()


def configuration(runtime: Runtime) -> Config:
    """Alembic's settings, pointed at this runtime's database; env.py finds the engine there."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["engine"] = runtime.database.engine
    return config


def upgrade(runtime: Runtime, revision: str = "head") -> None:
    """Bring the database to the newest schema; does nothing when it is there already."""
    with _alembic:
        command.upgrade(configuration(runtime), revision)


def downgrade(runtime: Runtime, revision: str = "-1") -> None:
    with _alembic:
        command.downgrade(configuration(runtime), revision)


def new(runtime: Runtime, name: str) -> Path:
    """Write a migration that makes the schema follow the models; the path of the file."""
    config = configuration(runtime)
    count = len(list(ScriptDirectory.from_config(config).walk_revisions()))
    with _alembic:
        made: Any = command.revision(config, message=name, autogenerate=True, rev_id=f"{count + 1:04d}")
    return Path(made.path)


def revisions(session: Session) -> tuple[str | None, str | None]:
    """The schema that the database has, and the one that this program expects."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    expected = ScriptDirectory.from_config(config).get_current_head()
    if not sa.inspect(session.connection()).has_table("alembic_version"):
        return None, expected
    row = session.connection().execute(sa.text("SELECT version_num FROM alembic_version")).first()
    return (row[0] if row else None), expected
