"""Owners who said "this is the same" hear once what came of it."""

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock, outbox
from cocreate.core.db import insert_many_once
from cocreate.core.module import Notice
from cocreate.core.text_marks import N_
from cocreate.notify.inbox.service import tell
from forum.duplicates.models import MergeReport, MergeSuggestion, State

JOB = "forum.tell_reporters"
GRACE = timedelta(minutes=2)
"""A slip of the hand is taken back within this time, and nobody hears of it."""
_REASON = N_("Because you said that two posts are the same.")
NOTICES = {
    "forum.same.merged": Notice(N_("You were right: #%(from)s and #%(other)s are one post now"), _REASON),
    "forum.same.apart": Notice(
        N_("#%(from)s and #%(other)s stay two posts"), _REASON, N_("We looked at both and keep them apart. Thank you.")
    ),
}


def tell_later(session: Session, suggestion_ids: Sequence[int]) -> None:
    """Tell the reporters of these suggestions, once it is clear that the decision stands."""
    if reported(session, suggestion_ids):
        run_after = clock.now() + GRACE
        outbox.enqueue(session, JOB, run_after=run_after, suggestion_ids=sorted(set(suggestion_ids)))


def tell_reporters(session: Session, *, suggestion_ids: list[int]) -> None:
    """Tell whoever reported these what was decided; what has been taken back is not told, and nothing twice."""
    for report in reported(session, suggestion_ids):
        row = session.get_one(MergeSuggestion, report.suggestion_id)
        if row.state not in (State.ACCEPTED, State.REJECTED):
            continue
        other = row.high_id if report.from_id == row.low_id else row.low_id
        tell(
            session,
            [report.member_id],
            "forum.same.merged" if row.state == State.ACCEPTED else "forum.same.apart",
            key=f"same:{row.id}",
            params={"from": report.from_id, "other": other},
            url=f"/posts/{report.from_id}",
            topic=f"post:{report.from_id}",
        )


def reported(session: Session, suggestion_ids: Sequence[int]) -> list[MergeReport]:
    """What owners said about these suggestions."""
    ids = sorted(set(suggestion_ids))
    return list(session.exec(select(MergeReport).where(col(MergeReport.suggestion_id).in_(ids))))


def move_reports(session: Session, from_id: int, to_id: int) -> None:
    """Reports of one suggestion count for another from now on."""
    rows = [
        MergeReport(suggestion_id=to_id, member_id=row.member_id, from_id=row.from_id, at=row.at)
        for row in reported(session, [from_id])
    ]
    insert_many_once(session, rows)
    session.connection().execute(sa.delete(MergeReport).where(col(MergeReport.suggestion_id) == from_id))
