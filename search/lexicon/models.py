"""The brand's lexicon: what differs from the one that ships, and the versions in which it came about."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock
from cocreate.core.tables import text_enum
from cocreate.core.text_marks import N_

LONGEST = 40
"""Characters of a word; a longer one is a sentence."""


class EntryKind(StrEnum):
    """What a word is for: a subject, the name of a maker or model, or a word that says nothing."""

    TERM = "term"
    NAME = "name"
    STOP = "stop"


KIND_LABELS = {EntryKind.TERM: N_("Term"), EntryKind.NAME: N_("Maker or model"), EntryKind.STOP: N_("Stop word")}


class LexiconEntry(SQLModel, table=True):
    """One difference from the shipped lexicon: a word added, a shipped word with other spellings, or one taken out."""

    __tablename__ = "lexicon_entry"
    __table_args__ = (sa.UniqueConstraint("kind", "word"),)

    id: int | None = Field(default=None, primary_key=True)
    kind: EntryKind = Field(sa_type=text_enum(EntryKind))
    word: str = Field(max_length=LONGEST)
    aliases: list[str] = Field(sa_type=sa.JSON, default_factory=list)
    synonyms: list[str] = Field(sa_type=sa.JSON, default_factory=list)
    removed: bool = False


class VersionCause(StrEnum):
    """What made a version."""

    EDIT = "edit"
    IMPORT = "import"
    UNDO = "undo"


class LexiconVersion(SQLModel, table=True):
    """One saving. changes: what each touched word was before and is now; None where it stood as shipped.

    indexed_at: when every row of the index was cut by this version or a newer one.
    """

    __tablename__ = "lexicon_version"

    id: int | None = Field(default=None, primary_key=True)
    cause: VersionCause = Field(sa_type=text_enum(VersionCause))
    published_at: datetime = Field(default_factory=clock.now)
    by_id: int | None = Field(default=None, foreign_key="member.id")
    changes: list[dict[str, Any]] = Field(sa_type=sa.JSON, default_factory=list)
    cut: str = Field(max_length=16)
    undone_at: datetime | None = None
    indexed_at: datetime | None = Field(default=None, index=True)


class LexiconSuggestion(SQLModel, table=True):
    """A piece of text that stands in many posts and that no dictionary knows; refused: somebody said it is no word."""

    __tablename__ = "lexicon_suggestion"
    __table_args__ = (sa.Index("ix_lexicon_suggestion_open", "refused_at", "posts"),)

    word: str = Field(primary_key=True, max_length=LONGEST)
    posts: int = 0
    found_at: datetime = Field(default_factory=clock.now)
    refused_at: datetime | None = None
    refused_by: int | None = Field(default=None, foreign_key="member.id")
