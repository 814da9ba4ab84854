"""Migrations: they agree with the models, come and go on both databases, and guard what may only grow."""

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlmodel import SQLModel

from cocreate.core import audit, schema
from cocreate.core.actor import Actor
from cocreate.migrations.operations import is_ours


def guarded_tables(runtime):
    """Names in the migrations' own lists of append-only tables."""
    scripts = ScriptDirectory.from_config(schema.configuration(runtime))
    return {table for script in scripts.walk_revisions() for table in getattr(script.module, "TABLES", ())}


def test_models_and_migrations_agree(runtime):
    with runtime.database.engine.connect() as connection:
        options = {"include_object": is_ours, "compare_type": True, "render_as_batch": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, SQLModel.metadata) == []


def test_the_schema_can_be_taken_down_and_put_up_again(runtime):
    with runtime.database.engine.connect() as connection:
        before = set(sa.inspect(connection).get_table_names())
    schema.downgrade(runtime, "base")
    with runtime.database.engine.connect() as connection:
        assert set(sa.inspect(connection).get_table_names()) == {"alembic_version"}
    schema.upgrade(runtime)
    with runtime.database.engine.connect() as connection:
        assert set(sa.inspect(connection).get_table_names()) == before
    with runtime.database.read() as session:
        current, expected = schema.revisions(session)
    assert current == expected


def test_the_newest_revision_is_the_one_that_the_files_are_named_by(runtime):
    assert ScriptDirectory.from_config(schema.configuration(runtime)).get_current_head() == schema.newest()


def test_every_table_marked_append_only_has_its_guard(runtime):
    marked = {table.name for table in SQLModel.metadata.tables.values() if table.info.get("append_only")}
    assert marked == guarded_tables(runtime)
    assert "audit_entry" in marked


def test_audit_entries_can_be_neither_changed_nor_deleted(runtime, make_member):
    member = make_member()
    with runtime.database.write() as session:
        audit.record(session, Actor(id=member.id), "test.act", "member", member.id)
    for statement in ("UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry"):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), runtime.database.write() as session:
            session.connection().execute(sa.text(statement))


def test_every_append_only_table_has_triggers_in_the_database(runtime):
    if runtime.database.is_sqlite:
        query = "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'append_only%'"
    else:
        query = "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgname = 'append_only'"
    with runtime.database.engine.connect() as connection:
        assert set(connection.execute(sa.text(query)).scalars()) == guarded_tables(runtime)


def test_an_audit_entry_is_rolled_back_with_its_act(runtime, make_member):
    member = make_member()

    def stumble():
        with runtime.database.write() as session:
            audit.record(session, Actor(id=member.id), "test.act", "member", member.id)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        stumble()
    with runtime.database.read() as session:
        assert "test.act" not in [entry.action for entry in audit.trail(session, "member", member.id)]
