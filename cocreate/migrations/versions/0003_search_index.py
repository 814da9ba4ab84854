"""The full-text index over search_doc, by dialect: FTS5 kept in step by triggers, or a tsvector under GIN.

Revision 0003, follows 0002. A later batch migration of search_doc on SQLite copies the table and drops its triggers:
it has to call `upgrade` of this file again.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COLUMNS = ("title_words", "title_grams", "body_words", "body_grams")


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE search_doc ADD COLUMN tokens tsvector")
        op.execute("CREATE INDEX gin_search_doc_tokens ON search_doc USING gin (tokens)")
        return
    names = ", ".join(COLUMNS)
    new, old = (", ".join(f"{row}.{name}" for name in COLUMNS) for row in ("new", "old"))
    # Text comes as tokens between blanks: every sign that a token may hold is a token character here. Not "unicode61":
    # its idea of a letter changes with the version of SQLite.
    op.execute(
        f"CREATE VIRTUAL TABLE search_fts USING fts5({names}, content='search_doc', content_rowid='id', "
        "tokenize=\"ascii tokenchars '+#._-'\", prefix='1 2')"
    )
    op.execute("CREATE VIRTUAL TABLE search_fts_words USING fts5vocab(search_fts, row)")
    # 'delete' needs exactly the old values, which is why the index is never written with INSERT OR REPLACE.
    add = f"INSERT INTO search_fts(rowid, {names}) VALUES (new.id, {new});"
    drop = f"INSERT INTO search_fts(search_fts, rowid, {names}) VALUES ('delete', old.id, {old});"
    op.execute(f"CREATE TRIGGER search_doc_added AFTER INSERT ON search_doc BEGIN {add} END")
    op.execute(f"CREATE TRIGGER search_doc_removed AFTER DELETE ON search_doc BEGIN {drop} END")
    op.execute(f"CREATE TRIGGER search_doc_changed AFTER UPDATE OF id, {names} ON search_doc BEGIN {drop} {add} END")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX gin_search_doc_tokens")
        op.execute("ALTER TABLE search_doc DROP COLUMN tokens")
        return
    for trigger in ("search_doc_changed", "search_doc_removed", "search_doc_added"):
        op.execute(f"DROP TRIGGER {trigger}")
    op.execute("DROP TABLE search_fts_words")
    op.execute("DROP TABLE search_fts")
