"""Answers: the brand's wording for a theme, from draft over approval to its posts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import audit, clock, outbox
from cocreate.core.actor import Actor
from cocreate.core.errors import Conflict, Invalid, NotFound
from cocreate.core.statements import prepared
from cocreate.core.tables import columns
from cocreate.core.text_marks import N_
from feedback_cluster.events import AnswerPublished, AnswerWithdrawn
from feedback_cluster.themes.models import Answer, AnswerState, Theme, ThemePost, TriageStatus
from feedback_cluster.themes.pins import hold_theme
from feedback_cluster.themes.queries import Root, current_run, get_theme, resolve

LONGEST = 2_000


class AnswerMoved(Conflict):
    code = "answer_moved"
    message = N_("This answer is further along already. Please look again.")


class NoWords(Invalid):
    code = "no_words"
    message = N_("An answer needs words, at most 2,000 characters.")


@dataclass(frozen=True)
class StandingAnswer:
    """A published answer as a post shows it."""

    text: str
    published_at: datetime
    by_id: int | None
    theme_id: int
    theme_name: str
    recording_url: str = ""


def record_answer(session: Session, theme_id: int, text: str, *, by: Actor, source: str = "triage") -> int:
    """Keep a wording as a draft; the id of the answer. The same words for the same theme are kept once."""
    words = text.strip()
    if not words or len(words) > LONGEST:
        raise NoWords(fields={"text": NoWords.message})
    root_id = get_theme(session, resolve(session, theme_id)).id or 0
    known = session.exec(
        select(Answer.id).where(Answer.theme_id == root_id, Answer.text == words, Answer.state != AnswerState.WITHDRAWN)
    ).first()
    if known is not None:
        return known
    answer = Answer(theme_id=root_id, text=words, source=source, by_id=by.id)
    session.add(answer)
    session.flush()
    audit.record(session, by, "answer.draft", "theme", root_id, answer=answer.id, source=source)
    return answer.id or 0


def get_answer(session: Session, theme_id: int, answer_id: int) -> Answer:
    """The answer, if it belongs to the theme or to one merged into it."""
    answer = session.get(Answer, answer_id)
    if answer is None or resolve(session, answer.theme_id) != resolve(session, theme_id):
        raise NotFound(f"answer {answer_id} of theme {theme_id}")
    return answer


def approve(session: Session, answer: Answer, *, by: Actor) -> None:
    """Somebody stands for the wording: hosts may say it aloud."""
    _step(session, answer, AnswerState.DRAFT, state=AnswerState.APPROVED, approved_by_id=by.id, approved_at=clock.now())
    audit.record(session, by, "answer.approve", "theme", answer.theme_id, answer=answer.id)


def publish(session: Session, answer: Answer, *, by: Actor) -> None:
    """Put the wording on the theme's posts, in place of the one that stood there. Of two at once one comes second."""
    root_id = resolve(session, answer.theme_id)
    hold_theme(session, get_theme(session, root_id))
    _step(session, answer, AnswerState.APPROVED, state=AnswerState.PUBLISHED, published_at=clock.now())
    roots = select(Theme.id).where(Theme.root_id == root_id)
    session.connection().execute(
        sa.update(Answer)
        .where(col(Answer.theme_id).in_(roots), col(Answer.id) != answer.id, col(Answer.state) == AnswerState.PUBLISHED)
        .values(state=AnswerState.WITHDRAWN)
    )
    audit.record(session, by, "answer.publish", "theme", answer.theme_id, answer=answer.id)
    outbox.publish(session, AnswerPublished(theme_id=answer.theme_id, answer_id=answer.id or 0))


def withdraw(session: Session, answer: Answer, *, by: Actor) -> None:
    """Take the wording back; it stays in the list."""
    if answer.state is AnswerState.WITHDRAWN:
        raise AnswerMoved(f"answer {answer.id} is {answer.state}")
    stood = answer.state is AnswerState.PUBLISHED
    _step(session, answer, answer.state, state=AnswerState.WITHDRAWN)
    audit.record(session, by, "answer.withdraw", "theme", answer.theme_id, answer=answer.id)
    if stood:
        outbox.publish(session, AnswerWithdrawn(theme_id=answer.theme_id, answer_id=answer.id or 0))


def _step(session: Session, answer: Answer, before: AnswerState, **values: Any) -> None:
    """Two people who press at once both read the old state: only the one who still finds it may go on."""
    unmoved = (col(Answer.id) == answer.id, col(Answer.state) == before)
    result: Any = session.connection().execute(sa.update(Answer).where(*unmoved).values(**values))
    if result.rowcount != 1:
        raise AnswerMoved(f"answer {answer.id} is not {before}")
    session.refresh(answer)


def answers_of(session: Session, root_id: int) -> list[Answer]:
    """All wordings for a theme and those merged into it, newest first."""
    themes = select(Theme.id).where(Theme.root_id == root_id)
    return list(session.exec(select(Answer).where(col(Answer.theme_id).in_(themes)).order_by(col(Answer.id).desc())))


def standing_answers(session: Session, theme_ids: Sequence[int]) -> dict[int, str]:
    """The newest approved or published wording of each theme."""
    if not theme_ids:
        return {}
    return {root or 0: text for root, text in _standing(session, theme_ids=list(theme_ids))}


@prepared
def _standing(*, theme_ids: Sequence[int]) -> Any:
    return (
        select(Theme.root_id, Answer.text)
        .join(Theme, col(Theme.id) == Answer.theme_id)
        .where(col(Theme.root_id).in_(theme_ids), col(Answer.state).in_((AnswerState.APPROVED, AnswerState.PUBLISHED)))
        .order_by(col(Answer.id))
    )


def published_on_posts(session: Session, post_ids: Sequence[int]) -> dict[int, StandingAnswer]:
    """The published answer that each post shows, hidden themes left out."""
    written = sa.orm.aliased(Theme, name="written_for")
    statement = (
        columns(
            ThemePost.post_id, Answer.text, Answer.published_at, Answer.by_id, Root.id, Root.name, Answer.recording_url
        )
        .join(Theme, col(Theme.id) == ThemePost.theme_id)
        .join(Root, Root.id == Theme.root_id)
        .join(written, written.root_id == Root.id)
        .join(Answer, col(Answer.theme_id) == written.id)
        .where(
            ThemePost.run_id == current_run(),
            col(ThemePost.post_id).in_(list(post_ids)),
            Root.status != TriageStatus.HIDDEN,
            Answer.state == AnswerState.PUBLISHED,
        )
        .order_by(col(Answer.published_at))
    )
    return {row[0]: StandingAnswer(*row[1:]) for row in session.exec(statement)}
