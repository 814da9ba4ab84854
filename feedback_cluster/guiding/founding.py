"""A theme that another room founds of voices it has just written, before any run has seen them."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col

from cocreate.core.actor import Actor
from feedback_cluster.priority.queries import safety_words
from feedback_cluster.themes import pins
from feedback_cluster.themes.decisions import announce, record
from feedback_cluster.themes.facts import facts_of
from feedback_cluster.themes.indexing import index_themes
from feedback_cluster.themes.models import DecisionKind, Source, ThemePost
from feedback_cluster.themes.service import HELD_FOR, LONGEST_NAME, add_theme
from forum import api as forum


def found_theme(session: Session, name: str, post_ids: Sequence[int], *, by: Actor, zone: ZoneInfo) -> int:
    """A theme of its own for these posts, which every later run keeps together; its id.

    Unlike a product manager's own theme it takes posts that no run has placed yet.
    """
    run_id = pins.hold_current(session)
    theme = add_theme(session, " ".join(name.split())[:LONGEST_NAME], locked=True)
    theme.quotes = sorted(post_ids)[:8]
    theme.reword()
    session.add(theme)
    index_themes(session, [theme])
    goal = theme.id or 0
    before = {post_id: {"theme": None, "source": Source.NEW.value, "pin": None} for post_id in sorted(post_ids)}
    before |= pins.placed(session, run_id, list(before))
    if run_id is not None:
        _place(session, run_id, list(before))
    pins.pin(session, run_id, before, goal, [])
    forum.hold(session, before, HELD_FOR)
    record(
        session, goal, DecisionKind.FOUND, by=by, posts=before, to=goal, touched=[goal], before={"status": "hidden"},
        after={"status": theme.status.value},
    )  # fmt: skip
    announce(session, {goal}, zone)
    return goal


def _place(session: Session, run_id: int, post_ids: Sequence[int]) -> None:
    """Rows of the current run for posts that it does not know; `pin` moves them."""
    statement = sa.select(col(ThemePost.post_id)).where(
        col(ThemePost.run_id) == run_id, col(ThemePost.post_id).in_(list(post_ids))
    )
    known, danger = set(session.connection().execute(statement).scalars()), safety_words(session)
    rows: list[dict[str, Any]] = [
        {"run_id": run_id, "theme_id": None, "confidence": 1.0, "source": Source.NEW, **facts_of(post, danger),
         "post_id": post.id}
        for post in forum.post_texts(session, ids=list(post_ids))
        if post.id not in known
    ]  # fmt: skip
    if rows:
        session.connection().execute(sa.insert(ThemePost), rows)
