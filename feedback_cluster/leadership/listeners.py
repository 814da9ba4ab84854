"""A published answer to a theme is a human answer to each of its posts, for as long as it stands."""

from sqlmodel import Session

from feedback_cluster.events import AnswerPublished, AnswerWithdrawn
from feedback_cluster.themes.answers import answers_of
from feedback_cluster.themes.models import Answer, AnswerState
from feedback_cluster.themes.queries import post_ids_of, resolve
from forum import api as forum


def stop_silence(session: Session, event: AnswerPublished) -> None:
    """Stop the clocks of everybody who waits in the theme; running it again changes nothing."""
    answer = session.get(Answer, event.answer_id)
    if answer is None or answer.published_at is None or answer.state is AnswerState.WITHDRAWN:
        return
    root_id = resolve(session, event.theme_id)
    post_ids = post_ids_of(session, [root_id])[root_id]
    forum.note_answer(session, post_ids, by=answer.approved_by_id or answer.by_id, at=answer.published_at)


def break_silence(session: Session, event: AnswerWithdrawn) -> None:
    """Let them wait on, unless another answer stands; running it again changes nothing."""
    root_id = resolve(session, event.theme_id)
    known = answers_of(session, root_id)
    if any(answer.state is AnswerState.PUBLISHED for answer in known):
        return
    said = {answer.published_at for answer in known if answer.published_at is not None}
    post_ids = post_ids_of(session, [root_id])[root_id]
    forum.wait_on(session, dict.fromkeys(post_ids, said))
