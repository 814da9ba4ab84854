"""A host's acts: open a session, work through its run-down, close it. Nothing destroys: every step can be redone."""

import secrets
from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import audit, clock
from cocreate.core.actor import Actor
from cocreate.core.db import insert_many_once
from cocreate.core.errors import Conflict, NotFound
from cocreate.core.text_marks import N_
from feedback_cluster import api as cluster
from feedback_cluster.api import RankedTheme
from roadmap.live.forms import SessionForm
from roadmap.live.models import LiveSession, LiveTopic, SessionState, TopicState

CODE_SIGNS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without 0, O, 1 and I, which viewers mistake for each other on a screen."""
TOPICS = 12


class SessionClosed(Conflict):
    code = "session_closed"
    message = N_("This session is closed. Open it again to go on.")


def new_code() -> str:
    """Six signs; a thousand million of them, so that guessing one is no way in."""
    return "".join(secrets.choice(CODE_SIGNS) for _ in range(6))


def open_session(session: Session, form: SessionForm, *, by: Actor, code: str | None = None) -> LiveSession:
    """A new session whose run-down is what its scope talks about most."""
    row = LiveSession(
        code=code or _free_code(session), title=form.title, host_id=by.id, scope_board_id=form.board,
        scope_model=form.model, scope_kind=form.kind.value if form.kind else "", scope_days=form.days,
    )  # fmt: skip
    session.add(row)
    session.flush()
    add_topics(session, row, ranked(session, row))
    audit.record(session, by, "live.open", "live_session", row.id, code=row.code)
    return row


def _free_code(session: Session) -> str:
    while True:
        code = new_code()
        if session.exec(select(LiveSession.id).where(LiveSession.code == code)).first() is None:
            return code


def ranked(
    session: Session, row: LiveSession, *, theme_ids: Sequence[int] | None = None, limit: int = TOPICS
) -> list[RankedTheme]:
    """What the session's scope talks about most, today. theme_ids: of these themes alone."""
    since = clock.now() - timedelta(days=row.scope_days) if row.scope_days else None
    return cluster.rank_themes(
        session, board_id=row.scope_board_id, model=row.scope_model or None, kind=row.scope_kind or None, since=since,
        theme_ids=theme_ids, limit=limit,
    )  # fmt: skip


def add_topics(session: Session, row: LiveSession, themes: Sequence[RankedTheme]) -> int:
    """Put themes at the end of the run-down; those that are in it already stay where they are."""
    last = session.exec(select(sa.func.max(LiveTopic.position)).where(LiveTopic.session_id == row.id)).one() or 0
    return insert_many_once(
        session,
        [
            LiveTopic(session_id=row.id or 0, theme_id=theme.card.id, position=last + place, count=theme.count)
            for place, theme in enumerate(themes, start=1)
        ],
    )


def get_session(session: Session, code: str) -> LiveSession:
    """The session with this code, typed in any case; NotFound when there is none."""
    row = session.exec(select(LiveSession).where(LiveSession.code == code.strip().upper())).first()
    if row is None:
        raise NotFound(f"live session {code[:12]}")
    return row


def get_topic(session: Session, row: LiveSession, topic_id: int) -> LiveTopic:
    topic = session.get(LiveTopic, topic_id)
    if topic is None or topic.session_id != row.id:
        raise NotFound(f"topic {topic_id} of session {row.id}")
    return topic


def topics_of(session: Session, row: LiveSession) -> list[LiveTopic]:
    """The run-down in order."""
    statement = select(LiveTopic).where(LiveTopic.session_id == row.id)
    return list(session.exec(statement.order_by(col(LiveTopic.position), col(LiveTopic.id))))


def _expect_open(row: LiveSession) -> None:
    if row.state is not SessionState.OPEN:
        raise SessionClosed(row.code)


def present(session: Session, row: LiveSession, topic: LiveTopic, *, by: Actor) -> None:
    """This topic is on stage now; the one that was goes back into the queue, in its old place."""
    _expect_open(row)
    for other in topics_of(session, row):
        if other.state == TopicState.NOW and other.id != topic.id:
            other.state, other.now_since = TopicState.QUEUED, None
            session.add(other)
    if topic.state != TopicState.NOW:
        topic.state, topic.now_since, topic.answered_at = TopicState.NOW, clock.now(), None
        session.add(topic)
    audit.record(session, by, "live.present", "live_session", row.id, topic=topic.id)


def answered(session: Session, row: LiveSession, topic: LiveTopic, text: str, *, by: Actor) -> None:
    """The topic was answered on stage: keep the words, draft them as an answer of the theme, and call up the next."""
    _expect_open(row)
    words = text.strip()
    if words:
        topic.answer = words
        topic.answer_id = cluster.record_answer(session, topic.theme_id, words, by=by, source=f"live:{row.code}")
    was_now = topic.state == TopicState.NOW
    topic.state, topic.answered_at, topic.now_since = TopicState.ANSWERED, clock.now(), None
    session.add(topic)
    session.flush()
    audit.record(session, by, "live.answered", "live_session", row.id, topic=topic.id, answer=topic.answer_id)
    if was_now:
        _call_next(session, row)


def skip(session: Session, row: LiveSession, *, by: Actor) -> None:
    """Next topic; the present one goes to the end of the queue. With nothing on stage the first one comes up."""
    _expect_open(row)
    topics = topics_of(session, row)
    now = next((topic for topic in topics if topic.state == TopicState.NOW), None)
    if now is not None:
        now.state, now.now_since = TopicState.QUEUED, None
        now.position = max(topic.position for topic in topics) + 1
        session.add(now)
        session.flush()
    _call_next(session, row)
    audit.record(session, by, "live.next", "live_session", row.id)


def take_back(session: Session, row: LiveSession, topic: LiveTopic, *, by: Actor) -> None:
    """The topic waits again, with the words that were kept; the draft on its theme stays for the product managers."""
    _expect_open(row)
    topic.state, topic.now_since, topic.answered_at = TopicState.QUEUED, None, None
    session.add(topic)
    audit.record(session, by, "live.take_back", "live_session", row.id, topic=topic.id)


def reorder(session: Session, row: LiveSession, topic: LiveTopic, *, up: bool) -> None:
    """One place up or down among those that wait."""
    queue = [other for other in topics_of(session, row) if other.state == TopicState.QUEUED]
    if topic not in queue:
        return
    here = queue.index(topic)
    there = here - 1 if up else here + 1
    if 0 <= there < len(queue):
        places = [other.position for other in queue]
        queue[here], queue[there] = queue[there], queue[here]
        for other, place in zip(queue, places, strict=True):
            other.position = place
            session.add(other)


def remove(session: Session, row: LiveSession, topic: LiveTopic, *, by: Actor) -> None:
    """Take a topic out of the run-down; it can be added again from the ranking."""
    session.delete(topic)
    audit.record(session, by, "live.remove", "live_session", row.id, theme=topic.theme_id)


def add_theme(session: Session, row: LiveSession, theme_id: int, *, by: Actor) -> None:
    """Put one more theme at the end of the run-down."""
    _expect_open(row)
    root = cluster.resolve(session, theme_id)
    found = [theme for theme in ranked(session, row, limit=100) if theme.card.id == root]
    if not found:
        raise NotFound(f"theme {theme_id} is outside the scope of session {row.id}")
    add_topics(session, row, found)
    audit.record(session, by, "live.add", "live_session", row.id, theme=root)


def set_state(session: Session, row: LiveSession, state: SessionState, *, by: Actor) -> None:
    """Close the session, or open it again."""
    row.state = state
    row.closed_at = clock.now() if state == SessionState.CLOSED else None
    session.add(row)
    audit.record(session, by, f"live.{state.value}", "live_session", row.id)


def _call_next(session: Session, row: LiveSession) -> None:
    waiting = next((topic for topic in topics_of(session, row) if topic.state == TopicState.QUEUED), None)
    if waiting is not None:
        waiting.state, waiting.now_since = TopicState.NOW, clock.now()
        session.add(waiting)
