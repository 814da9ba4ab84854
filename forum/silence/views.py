"""The silence clock as owners and everybody see it: a countdown at the post, and figures for all."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from markupsafe import Markup
from sqlmodel import Session, col

from cocreate.clocks import service as clocks
from cocreate.clocks.models import ResponseClock
from cocreate.clocks.queries import QueueFigures, calendar_of, figures, times_of, waiting_where
from cocreate.core import clock
from cocreate.core.runtime import Runtime
from cocreate.core.tables import columns
from forum.boards.queries import boards
from forum.posts.models import Post
from forum.silence.rules import FIRST_ANSWER, QUEUE

KEPT_SECONDS = 15.0


@dataclass(frozen=True)
class Line:
    """One product line: what it promises, how many posts wait there, and how many too long."""

    key: str
    name: str
    hours: float
    waiting: int
    past_due: int


@dataclass(frozen=True)
class Silence:
    """What everybody may know about unanswered posts. hours: what is promised where a line promises nothing else."""

    figures: QueueFigures
    hours: float
    hours_per_day: float
    lines: list[Line]


def silence(session: Session) -> Silence:
    """The figures as they are now; half a dozen statements."""
    moment = clock.now()
    over = sa.case((col(ResponseClock.due_at) < moment, 1))
    statement = (
        columns(ResponseClock.scope_id, sa.func.count(col(ResponseClock.id)), sa.func.count(over))
        .where(*waiting_where(FIRST_ANSWER))
        .group_by(ResponseClock.scope_id)
    )
    counts = {scope_id: (waiting, past) for scope_id, waiting, past in session.exec(statement)}
    lines = [
        Line(board.key, board.name, times_of(session, QUEUE, board.id).hours, *counts.get(board.id, (0, 0)))
        for board in boards(session)
    ]
    return Silence(
        figures(session, FIRST_ANSWER), times_of(session, QUEUE).hours, calendar_of(session).hours_per_day, lines
    )


def kept_silence(runtime: Runtime, session: Session) -> Silence:
    """The same, at most a quarter of a minute old: the page and the JSON route may be asked by anybody."""
    kept: tuple[float, Silence] | None = runtime.memory.get("forum.silence")
    if kept is not None and kept[0] > time.monotonic():
        return kept[1]
    found = silence(session)
    runtime.memory["forum.silence"] = (time.monotonic() + KEPT_SECONDS, found)
    return found


def on_post(session: Session, page: Any, ids: Sequence[int]) -> Mapping[int, Markup]:
    """When somebody of the brand answers, on the post and on the author's own card; nothing once somebody has."""
    waits = {post_id: view for post_id, view in clocks.read(session, FIRST_ANSWER, ids).items() if view.open}
    if not waits:
        return {}
    authors = dict(session.exec(columns(Post.id, Post.author_id).where(col(Post.id).in_(list(waits)))).all())
    return {
        post_id: page.fragment(
            "forum/silence/_countdown.html", clock=view, own=authors.get(post_id) == (page.actor.id or -1)
        )
        for post_id, view in waits.items()
    }
