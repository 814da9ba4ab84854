"""What migrations write by dialect and autogenerate must leave alone: append-only triggers and search indexes."""

from typing import Any

from alembic import op

UNMANAGED_TABLES = ("search_fts",)
UNMANAGED_COLUMNS = {("search_tokens", "tokens")}


def is_ours(item: Any, name: str | None, kind: str, _reflected: bool, _compare_to: Any) -> bool:
    """Whether autogenerate should compare this object with the models."""
    if kind == "table":
        return not (name or "").startswith(UNMANAGED_TABLES) and name != "alembic_version"
    if kind == "column":
        return (item.table.name, name) not in UNMANAGED_COLUMNS
    if kind == "index":
        return not (name or "").startswith("gin_")
    return True


def make_append_only(*tables: str) -> None:
    """Refuse UPDATE and DELETE on these tables by trigger."""
    postgres = op.get_bind().dialect.name == "postgresql"
    if postgres:
        op.execute(
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'table % is append-only', TG_TABLE_NAME; END $$"
        )
    for table in tables:
        if postgres:
            op.execute(
                f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            )
        else:
            for verb in ("update", "delete"):
                op.execute(
                    f"CREATE TRIGGER append_only_{table}_{verb} BEFORE {verb.upper()} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, 'table {table} is append-only'); END"
                )


def drop_append_only(*tables: str) -> None:
    """Undo `make_append_only`."""
    postgres = op.get_bind().dialect.name == "postgresql"
    for table in tables:
        if postgres:
            op.execute(f"DROP TRIGGER append_only ON {table}")
        else:
            for verb in ("update", "delete"):
                op.execute(f"DROP TRIGGER append_only_{table}_{verb}")
    if postgres:
        op.execute("DROP FUNCTION refuse_change()")
