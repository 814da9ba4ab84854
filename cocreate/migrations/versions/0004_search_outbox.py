"""Changes of search_doc are noted for the search server beside us, by the database itself: no writer can forget it.

Revision 0004, follows 0003. Nothing is noted until `search_remote` says that a server is meant to hear of it, and a
change of the tokens alone (a new lexicon) is none: the server gets the text and cuts it in its own way. A later batch
migration of search_doc on SQLite copies the table and drops its triggers: it has to call `upgrade` of this file again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

DERIVED = {"id", "cut", "title_length", "length", "title_words", "title_grams", "body_words", "body_grams", "tokens"}
MEANT = "EXISTS (SELECT 1 FROM search_remote WHERE active)"


def upgrade() -> None:
    bind = op.get_bind()
    told = [column["name"] for column in sa.inspect(bind).get_columns("search_doc") if column["name"] not in DERIVED]
    if bind.dialect.name == "postgresql":
        _postgres(told)
        return
    changed = " OR ".join(f"old.{name} IS NOT new.{name}" for name in told)
    moment = "strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'"
    for name, action, row, when in (
        ("added", "INSERT", "new", MEANT),
        ("removed", "DELETE", "old", MEANT),
        ("changed", "UPDATE", "new", f"({changed}) AND {MEANT}"),
    ):
        op.execute(
            f"CREATE TRIGGER search_doc_{name}_owed AFTER {action} ON search_doc WHEN {when} BEGIN "
            "INSERT INTO search_outbox (kind, row_id, created_at, state, attempts, error) "
            f"VALUES ({row}.kind, {row}.row_id, {moment}, 'waiting', 0, ''); END"
        )


def _postgres(told: list[str]) -> None:
    changed = " OR ".join(f"old.{name} IS DISTINCT FROM new.{name}" for name in told)
    op.execute(
        f"""
        CREATE FUNCTION search_doc_owed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' AND NOT ({changed}) THEN RETURN NULL; END IF;
            IF NOT {MEANT} THEN RETURN NULL; END IF;
            INSERT INTO search_outbox (kind, row_id, created_at, state, attempts, error)
            VALUES (
                CASE WHEN TG_OP = 'DELETE' THEN old.kind ELSE new.kind END,
                CASE WHEN TG_OP = 'DELETE' THEN old.row_id ELSE new.row_id END,
                clock_timestamp(), 'waiting', 0, ''
            );
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER search_doc_owed AFTER INSERT OR UPDATE OR DELETE ON search_doc "
        "FOR EACH ROW EXECUTE FUNCTION search_doc_owed()"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER search_doc_owed ON search_doc")
        op.execute("DROP FUNCTION search_doc_owed()")
        return
    for name in ("changed", "removed", "added"):
        op.execute(f"DROP TRIGGER search_doc_{name}_owed")
