"""Reading rounds: settings, tallies, what one member is asked, and the reasons."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core.errors import NotFound
from cocreate.core.statements import prepared
from cocreate.core.tables import columns
from roadmap.followup import rules
from roadmap.followup.models import FollowUp, FollowUpAsk, FollowUpSetting, Reply
from roadmap.followup.rules import Tally


@dataclass(frozen=True)
class Reason:
    """Why somebody says that it did not, or not quite."""

    reply: Reply
    why: str
    silent: bool
    at: datetime


def setting(session: Session, item_id: int) -> FollowUpSetting:
    """The numbers that hold for the item; not stored where nobody set them."""
    row = session.get(FollowUpSetting, item_id)
    return row or FollowUpSetting(
        item_id=item_id, days=rules.DAYS, threshold=rules.THRESHOLD, least=rules.LEAST, sample=rules.SAMPLE
    )


def rounds_of(session: Session, item_ids: Sequence[int]) -> dict[int, FollowUp]:
    """The newest round of each item that has one."""
    return {row.item_id: row for row in _rounds(session, item_ids=list(item_ids))}


@prepared
def _rounds(*, item_ids: Sequence[int]) -> Any:
    return select(FollowUp).where(col(FollowUp.item_id).in_(item_ids)).order_by(col(FollowUp.id))


def tallies(session: Session, round_ids: Sequence[int]) -> dict[int, Tally]:
    """Replies by round, one statement."""
    counts = [
        sa.func.count(sa.case((col(FollowUpAsk.reply) == reply, 1))) for reply in (Reply.YES, Reply.PARTLY, Reply.NO)
    ]
    statement = (
        columns(FollowUpAsk.round_id, *counts, sa.func.count(col(FollowUpAsk.asked_at)))
        .where(col(FollowUpAsk.round_id).in_(list(round_ids)))
        .group_by(col(FollowUpAsk.round_id))
    )
    found = {row[0]: Tally(*row[1:]) for row in session.exec(statement)}
    return {round_id: found.get(round_id, Tally()) for round_id in round_ids}


def get_ask(session: Session, round_id: int, member_id: int) -> tuple[FollowUp, FollowUpAsk]:
    """The round and the member's question; NotFound for whom nobody has asked."""
    statement = select(FollowUpAsk).where(FollowUpAsk.round_id == round_id, FollowUpAsk.member_id == member_id)
    ask, row = session.exec(statement).first(), session.get(FollowUp, round_id)
    if ask is None or row is None or ask.asked_at is None:
        raise NotFound(f"follow-up {round_id} of member {member_id}")
    return row, ask


def open_asks(session: Session, member_id: int, round_ids: Sequence[int]) -> dict[int, FollowUpAsk]:
    """What the member was asked in these rounds, by round."""
    statement = select(FollowUpAsk).where(
        FollowUpAsk.member_id == member_id, col(FollowUpAsk.round_id).in_(list(round_ids)),
        col(FollowUpAsk.asked_at).is_not(None),
    )  # fmt: skip
    return {row.round_id: row for row in session.exec(statement)}


def reasons(session: Session, round_id: int, *, most: int = 100) -> list[Reason]:
    """What owners wrote beside a no or a partly, newest first."""
    statement = (
        columns(FollowUpAsk.reply, FollowUpAsk.why, FollowUpAsk.silent, FollowUpAsk.replied_at)
        .where(FollowUpAsk.round_id == round_id, FollowUpAsk.why != "", col(FollowUpAsk.reply) != Reply.YES)
        .order_by(col(FollowUpAsk.replied_at).desc(), col(FollowUpAsk.id).desc())
        .limit(most)
    )
    return [Reason(*row) for row in session.exec(statement)]
