"""Who waits in the demo: what was written in the last days, two that were overlooked, and what was answered of late."""

from datetime import timedelta

from sqlmodel import col, select

from cocreate.clocks.calendar import Calendar
from cocreate.clocks.models import ResponseClock
from cocreate.clocks.queries import calendar_of
from cocreate.clocks.service import moments
from cocreate.core import clock
from cocreate.core.runtime import Runtime
from forum.posts.models import Post
from forum.silence.rules import FIRST_ANSWER, QUEUE
from forum.silence.service import asks, first_answers

RECENT = timedelta(days=3)
OVERLOOKED = ("audio-10", "parts-05")
"""Posts of a good two weeks ago that nobody of the brand has answered."""


def seed(runtime: Runtime) -> None:
    """Write their clocks; the brand of the demo has answered everything else."""
    now = clock.now()
    with runtime.database.write() as session:
        days = calendar_of(session)
        statement = select(Post).where(col(Post.created_at) > now - timedelta(days=60)).order_by(col(Post.id))
        overlooked = {runtime.memory["demo.posts"][key] for key in OVERLOOKED}
        asking = [post for post in session.exec(statement) if asks(post)]
        answers = first_answers(session, [post.id or 0 for post in asking])
        for post in asking:
            answer = answers.get(post.id or 0)
            row = _clock(post, days)
            if answer is not None:
                row.stopped_at, row.stopped_by = max(answer[0], row.started_at), answer[1]
                row.answered, row.next_at = True, None
            elif post.created_at < now - RECENT and post.id not in overlooked:
                continue
            session.add(row)


def _clock(post: Post, days: Calendar) -> ResponseClock:
    found = moments(days, post.created_at, QUEUE.hours, QUEUE.warn_hours)
    return ResponseClock(
        queue=FIRST_ANSWER, scope_id=post.board_id or 0, subject_id=post.id or 0, hours=QUEUE.hours,
        warn_hours=QUEUE.warn_hours, period_hours=QUEUE.period_hours, started_at=post.created_at,
        url=f"/posts/{post.id}", **found,
    )  # fmt: skip
