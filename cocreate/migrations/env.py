"""Alembic's entry: called with an engine by `cocreate.core.schema`, never by the alembic program itself."""

from typing import Any

from alembic import context
from sqlmodel import SQLModel

from cocreate.migrations.operations import is_ours

engine: Any = context.config.attributes["engine"]

with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=True,
        include_object=is_ours,
        compare_type=True,
    )
    # On SQLite the driver is in autocommit mode: the first write begins the transaction (`cocreate.core.db`).
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
