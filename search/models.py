"""The index as a table: texts cut into tokens beforehand, so that both databases search the same way."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock


class IndexedRow(SQLModel, table=True):
    """One row of some package. `*_words` and `*_grams` hold tokens between blanks (`cocreate.text.segment`).

    On SQLite the table `search_fts` is kept in step by triggers; on PostgreSQL the column `tokens` (tsvector), which
    no model names, is written beside these by `search.documents`. Both come from migration 0003.
    """

    __tablename__ = "search_doc"
    __table_args__ = (sa.UniqueConstraint("kind", "row_id"), sa.Index("ix_search_doc_newest", "kind", "created_at"))

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(max_length=24)
    row_id: int
    title: str
    body: str
    hidden_words: str = ""
    """Words that find the row and are none of its text; for engines that index the row anew from these columns."""
    title_words: str
    title_grams: str
    body_words: str
    body_grams: str
    cut: str = Field(default="", max_length=16, index=True)
    """Which lexicon cut its words (`Lexicon.cut`): a new one finds the rows that it has to cut again."""
    board_id: int | None = None
    status: str = Field(default="", max_length=24)
    model: str = Field(default="", max_length=60)
    visibility: str = Field(default="public", max_length=16)
    votes: int = 0
    created_at: datetime = Field(default_factory=clock.now)
