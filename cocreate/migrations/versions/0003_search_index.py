"""The full-text index over search_tokens, by dialect: FTS5 kept in step by triggers, or a tsvector under GIN.

Revision 0003, follows 0002. A later batch migration of search_tokens on SQLite copies the table and drops its
triggers: it has to call `upgrade` of this file again.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COLUMNS = ("title_tokens", "body_tokens")


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE search_tokens ADD COLUMN tokens tsvector")
        op.execute("CREATE INDEX gin_search_tokens ON search_tokens USING gin (tokens)")
        return
    names = ", ".join(COLUMNS)
    new, old = (", ".join(f"{row}.{name}" for name in COLUMNS) for row in ("new", "old"))
    # Text comes as tokens between blanks: every sign that a token may hold is a token character here. Not "unicode61":
    # its idea of a letter changes with the version of SQLite. Prefixes of one character: a lone Chinese character is
    # asked for as the beginning of a pair; longer beginnings are latin, of which there are few.
    op.execute(
        f"CREATE VIRTUAL TABLE search_fts USING fts5({names}, content='search_tokens', content_rowid='doc_id', "
        "tokenize=\"ascii tokenchars '+#._-'\", prefix='1')"
    )
    op.execute("CREATE VIRTUAL TABLE search_fts_words USING fts5vocab(search_fts, row)")
    # 'delete' needs exactly the old values, which is why the index is never written with INSERT OR REPLACE.
    add = f"INSERT INTO search_fts(rowid, {names}) VALUES (new.doc_id, {new});"
    drop = f"INSERT INTO search_fts(search_fts, rowid, {names}) VALUES ('delete', old.doc_id, {old});"
    op.execute(f"CREATE TRIGGER search_tokens_added AFTER INSERT ON search_tokens BEGIN {add} END")
    op.execute(f"CREATE TRIGGER search_tokens_removed AFTER DELETE ON search_tokens BEGIN {drop} END")
    op.execute(
        f"CREATE TRIGGER search_tokens_changed AFTER UPDATE OF doc_id, {names} ON search_tokens BEGIN {drop} {add} END"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX gin_search_tokens")
        op.execute("ALTER TABLE search_tokens DROP COLUMN tokens")
        return
    for trigger in ("search_tokens_changed", "search_tokens_removed", "search_tokens_added"):
        op.execute(f"DROP TRIGGER {trigger}")
    op.execute("DROP TABLE search_fts_words")
    op.execute("DROP TABLE search_fts")
