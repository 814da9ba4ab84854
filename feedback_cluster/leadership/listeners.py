"""A published answer to a theme is a human answer to each of its posts."""

from sqlmodel import Session

from feedback_cluster.events import AnswerPublished
from feedback_cluster.themes.models import Answer
from feedback_cluster.themes.queries import post_ids_of, resolve
from forum import api as forum


def stop_silence(session: Session, event: AnswerPublished) -> None:
    """Stop the clocks of everybody who waits in the theme; running it again changes nothing."""
    answer = session.get(Answer, event.answer_id)
    if answer is None or answer.published_at is None:
        return
    root_id = resolve(session, event.theme_id)
    post_ids = post_ids_of(session, [root_id])[root_id]
    forum.note_answer(session, post_ids, by=answer.approved_by_id or answer.by_id, at=answer.published_at)
