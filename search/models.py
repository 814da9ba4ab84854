"""The index as tables: texts cut into tokens beforehand, so that both databases search the same way."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock


class IndexedRow(SQLModel, table=True):
    """One row of some package: what may narrow and order a search, and the text as it was written.

    Narrow columns come first and tokens live in a table of their own: a search that weighs 5,000 rows reads this one.
    """

    __tablename__ = "search_doc"
    __table_args__ = (sa.UniqueConstraint("kind", "row_id"), sa.Index("ix_search_doc_newest", "kind", "created_at"))

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(max_length=24)
    row_id: int
    visibility: str = Field(default="public", max_length=16)
    variety: str = Field(default="", max_length=24)
    status: str = Field(default="", max_length=24)
    board_id: int | None = None
    model: str = Field(default="", max_length=60)
    answered: bool = False
    votes: int = 0
    title_length: int = 0
    """Distinct tokens of the title; `length` counts those of title and body together."""
    length: int = 0
    created_at: datetime = Field(default_factory=clock.now)
    updated_at: datetime = Field(default_factory=clock.now)
    cut: str = Field(default="", max_length=16, index=True)
    """Which lexicon cut its words (`Lexicon.cut`): a new one finds the rows that it has to cut again."""
    hidden_words: str = ""
    """Words that find the row and are none of its text; for engines that index the row anew from these columns."""
    title: str
    body: str


class IndexedTokens(SQLModel, table=True):
    """The tokens of a row between blanks (`search.documents`).

    On SQLite the table `search_fts` is kept in step by triggers; on PostgreSQL the column `tokens` (tsvector), which
    no model names, is written beside these. Both come from migration 0003.
    """

    __tablename__ = "search_tokens"

    doc_id: int = Field(primary_key=True, foreign_key="search_doc.id")
    title_tokens: str
    body_tokens: str
