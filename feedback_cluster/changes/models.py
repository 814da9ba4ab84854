"""What a run would change, what people decided about it, and new subjects that wait to be seen again."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from cocreate.core import clock
from cocreate.core.tables import APPEND_ONLY, text_enum
from cocreate.core.text_marks import N_


class ChangeKind(StrEnum):
    """What happens to one theme."""

    BORN = "born"
    SPLIT = "split"
    MERGED = "merged"
    GONE = "gone"
    GREW = "grew"
    SHRANK = "shrank"
    SHIFTED = "shifted"
    RENAMED = "renamed"


CHANGE_LABELS = {
    ChangeKind.BORN: N_("New theme"),
    ChangeKind.SPLIT: N_("Splits off"),
    ChangeKind.MERGED: N_("Goes into another"),
    ChangeKind.GONE: N_("Dissolves"),
    ChangeKind.GREW: N_("Grew"),
    ChangeKind.SHRANK: N_("Shrank"),
    ChangeKind.SHIFTED: N_("Exchanged voices"),
    ChangeKind.RENAMED: N_("Another name"),
}


class Choice(StrEnum):
    """What people say about one change. OPEN counts as approved when the run is; WAITING as not yet."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    WAITING = "waiting"


class RunChange(SQLModel, table=True):
    """One change that a run proposes, counted once."""

    __tablename__ = "run_change"

    id: int | None = Field(default=None, primary_key=True)
    run_id: int = Field(foreign_key="cluster_run.id", index=True)
    kind: ChangeKind = Field(sa_type=text_enum(ChangeKind))
    theme_id: int = Field(foreign_key="theme.id")
    theme_ids: list[int] = Field(sa_type=sa.JSON, default_factory=list)
    """All themes that take part: the one it is about first."""
    figures: dict[str, Any] = Field(sa_type=sa.JSON, default_factory=dict)
    """before, after, fresh, joined, left; `flows`: [[from or 0, to or 0, voices], …]; names as they were."""
    posts: list[int] = Field(sa_type=sa.JSON, default_factory=list)
    """Some of the voices that moved, surest first; their exact number is in `flows`."""
    candidate_id: int | None = Field(default=None, foreign_key="theme_candidate.id")
    choice: Choice = Field(default=Choice.OPEN, sa_type=text_enum(Choice))
    chosen_by: int | None = Field(default=None, foreign_key="member.id")


class ThemeCandidate(SQLModel, table=True):
    """A new theme that a run saw; it becomes one when the next run sees it again, or a person says so."""

    __tablename__ = "theme_candidate"

    id: int | None = Field(default=None, primary_key=True)
    label: str = Field(max_length=80)
    members: list[int] = Field(sa_type=sa.JSON, default_factory=list)
    """Its posts; of very many a fixed sample, the same ones in every run."""
    size: int = 0
    parent_id: int | None = Field(default=None, foreign_key="theme.id")
    """The theme it would split off from."""
    seen: int = 1
    first_run_id: int = Field(foreign_key="cluster_run.id")
    last_run_id: int = Field(foreign_key="cluster_run.id", index=True)
    theme_id: int | None = Field(default=None, foreign_key="theme.id")
    """What it became."""
    rejected_at: datetime | None = None


class RunAct(StrEnum):
    TAKE = "take"
    REJECT = "reject"
    REPLACE = "replace"
    UNDO = "undo"


RUN_ACT_LABELS = {
    RunAct.TAKE: N_("Approved"),
    RunAct.REJECT: N_("Rejected"),
    RunAct.REPLACE: N_("Replaced"),
    RunAct.UNDO: N_("Taken back"),
}


class RunDecision(SQLModel, table=True):
    """What was decided about a run as a whole. by_id None: by the house rule, without a person."""

    __tablename__ = "run_decision"
    __table_args__ = (APPEND_ONLY,)

    id: int | None = Field(default=None, primary_key=True)
    run_id: int = Field(foreign_key="cluster_run.id", index=True)
    act: RunAct = Field(sa_type=text_enum(RunAct))
    by_id: int | None = Field(default=None, foreign_key="member.id")
    at: datetime = Field(default_factory=clock.now)
    data: dict[str, Any] = Field(sa_type=sa.JSON, default_factory=dict)


class Approval(StrEnum):
    """When what a run found takes effect."""

    BY_HAND = "by_hand"
    SMALL = "small"
    ALWAYS = "always"


APPROVAL_LABELS = {
    Approval.BY_HAND: N_("Only when a person approves"),
    Approval.SMALL: N_("Small changes by themselves"),
    Approval.ALWAYS: N_("Always by itself"),
}


FADED_AFTER = 3
"""Runs without a voice after which a theme counts as faded, when nobody has said otherwise."""


class RunPolicy(SQLModel, table=True):
    """The one row that says which runs take effect without asking."""

    __tablename__ = "run_policy"

    id: int = Field(default=1, primary_key=True)
    approval: Approval = Field(default=Approval.SMALL, sa_type=text_enum(Approval))
    most_moved: float = 0.02
    """Share of the voices that may change their theme in a small change."""
    faded_after: int = FADED_AFTER
    """Runs without a voice after which a theme counts as faded."""
    changed_by: int | None = Field(default=None, foreign_key="member.id")
    changed_at: datetime | None = None
