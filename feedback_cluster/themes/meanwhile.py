"""Voices that read differently while a run is at work or undecided: it places them anew when it takes effect."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from feedback_cluster.runs.models import Run, RunState, Verdict
from feedback_cluster.themes.models import Source, ThemePost

UNDECIDED = (Verdict.PROPOSED, Verdict.TAKING, Verdict.REJECTED)
UNREAD = -1.0
"""Confidence of a row that only says: what this run read of the voice is out of date."""


def insert_into(session: Session) -> Any:
    """An INSERT into the voices that can say what a row that is there already means."""
    dialect = session.get_bind().dialect.name
    return (postgresql if dialect == "postgresql" else sqlite).insert(ThemePost)


def overtake(session: Session, run_id: int, post_ids: Sequence[int], rows: Sequence[dict[str, Any]]) -> None:
    """Let no other run hold on to what it read of these voices. rows: facts and post_id of those that still speak.

    Undecided runs forget them. The run that undo would go back to keeps their place, but learns the facts: whether
    everybody may read a voice must not be older there than here.
    """
    undecided = select(Run.id).where(col(Run.verdict).in_(UNDECIDED), col(Run.id) != run_id)
    connection = session.connection()
    connection.execute(
        sa.delete(ThemePost).where(col(ThemePost.run_id).in_(undecided), col(ThemePost.post_id).in_(list(post_ids)))
    )
    mark_unread(session, rows)
    if rows:
        names = sorted(set(rows[0]) - {"post_id"})
        other = [getattr(ThemePost, name).is_distinct_from(sa.bindparam(f"new_{name}")) for name in names]
        connection.execute(
            sa.update(ThemePost)
            .where(
                col(ThemePost.post_id) == sa.bindparam("new_post_id"),
                col(ThemePost.run_id) != run_id,
                col(ThemePost.confidence) != UNREAD,
                sa.or_(*other),  # a row that stays as it is is not locked
            )
            .values({name: sa.bindparam(f"new_{name}") for name in names}),
            [{f"new_{name}": row[name] for name in (*names, "post_id")} for row in rows],
        )


def mark_unread(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Tell the run at work, if there is one, that it has read these voices before they were as they are now."""
    running = session.exec(select(Run.id).where(Run.state == RunState.RUNNING)).first() if rows else None
    if running is None:
        return
    unread = {"theme_id": None, "source": Source.NEW, "confidence": UNREAD}
    statement = insert_into(session).on_conflict_do_update(index_elements=["run_id", "post_id"], set_=unread)
    session.connection().execute(statement, [{**row, **unread, "run_id": running} for row in rows])


def let_go_of_unread(session: Session, run_id: int) -> list[int]:
    """Take out what a run has read too early; the posts."""
    marks = (
        col(ThemePost.run_id) == run_id, col(ThemePost.theme_id).is_(None), col(ThemePost.confidence) == UNREAD,
    )  # fmt: skip
    found = list(session.exec(select(ThemePost.post_id).where(*marks).order_by(col(ThemePost.post_id))))
    if found:
        session.connection().execute(sa.delete(ThemePost).where(*marks))
    return found


def catch_up_facts(session: Session, base_id: int, run_id: int) -> None:
    """Let a run's rows say what changed without a voice reading differently while it was at work: votes and answers.

    Listeners keep the rows of what holds up to date, and from now on those of the run as well.
    """
    was = aliased(ThemePost, name="was")
    same = (col(was.run_id) == base_id, col(was.post_id) == col(ThemePost.post_id))
    moved = sa.or_(col(was.votes) != col(ThemePost.votes), col(was.is_open) != col(ThemePost.is_open))
    values = {
        name: select(getattr(was, name)).where(*same).correlate(ThemePost).scalar_subquery()
        for name in ("votes", "is_open")
    }
    here = select(was.post_id).where(*same, moved).correlate(ThemePost).exists()
    session.connection().execute(sa.update(ThemePost).where(col(ThemePost.run_id) == run_id, here).values(values))
