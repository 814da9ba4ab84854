"""Dossiers: what was known of a theme at one moment, numbered and frozen, and who of engineering took note.

The record only grows. What persons said lies beside it in `DossierVoice`, so that words can be blanked when their
author deletes them; the record keeps a fingerprint of them.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock
from cocreate.core.tables import APPEND_ONLY


class Dossier(SQLModel, table=True):
    """One issue. `content` holds figures and facts, no person's words; `digest` is the hash of it."""

    __tablename__ = "dossier"
    __table_args__ = (
        sa.UniqueConstraint("year", "serial", "issue"),
        sa.Index("ix_dossier_theme", "theme_id", "issue"),
        APPEND_ONLY,
    )

    id: int | None = Field(default=None, primary_key=True)
    year: int
    serial: int
    """D-2026-0017: the seventeenth theme that got a dossier in 2026; all issues of a theme share it."""
    issue: int
    theme_id: int = Field(foreign_key="theme.id")
    previous_id: int | None = Field(default=None, foreign_key="dossier.id")
    by_id: int | None = Field(default=None, foreign_key="member.id")
    at: datetime = Field(default_factory=clock.now)
    run_id: int | None = Field(default=None, foreign_key="cluster_run.id")
    name: str = Field(max_length=80)
    """What the theme was called."""
    voices: int = 0
    fresh: int = 0
    """Voices that the issue before did not have."""
    content: dict[str, Any] = Field(sa_type=sa.JSON, default_factory=dict)
    digest: str = Field(max_length=64)

    @property
    def number(self) -> str:
        return f"D-{self.year}-{self.serial:04d}"


class DossierVoice(SQLModel, table=True):
    """What one voice said when the dossier was issued. Blanked with its post: then only id and date remain."""

    __tablename__ = "dossier_voice"

    dossier_id: int = Field(foreign_key="dossier.id", primary_key=True)
    post_id: int = Field(foreign_key="post.id", primary_key=True, index=True)
    title: str = ""
    body: str = ""
    person: int | None = None
    """A number within the dossier: the same person, the same number; nobody's name."""
    salt: str = Field(default="", max_length=32)
    """Goes into the fingerprint, so that blanked words cannot be guessed from it."""
    blanked_at: datetime | None = None


class DossierReceipt(SQLModel, table=True):
    """Somebody of the brand took note of an issue."""

    __tablename__ = "dossier_receipt"
    __table_args__ = (sa.UniqueConstraint("dossier_id", "member_id"),)

    id: int | None = Field(default=None, primary_key=True)
    dossier_id: int = Field(foreign_key="dossier.id", index=True)
    member_id: int = Field(foreign_key="member.id", index=True)
    department: str = Field(default="", max_length=60)
    remark: str = Field(default="", max_length=500)
    at: datetime = Field(default_factory=clock.now)
