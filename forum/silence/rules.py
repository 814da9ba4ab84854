"""Which posts wait for a human answer, and how the queue of those that do is called."""

from collections.abc import Sequence

from sqlmodel import Session, col

from cocreate.clocks.rules import Queue
from cocreate.core.actor import Role
from cocreate.core.tables import columns
from cocreate.core.text_marks import N_
from cocreate.identity.members.queries import staff
from forum.boards.queries import boards
from forum.posts.models import Post, PostKind
from forum.posts.queries import listed

FIRST_ANSWER = "post.first_answer"
ASKING = frozenset({PostKind.IDEA, PostKind.PROBLEM, PostKind.QUESTION})
"""Praise asks for nothing."""
PROMISED_HOURS = 72


def _titles(session: Session, post_ids: Sequence[int]) -> dict[int, str]:
    statement = columns(Post.id, Post.title).where(*listed(), col(Post.id).in_(list(post_ids)))
    return dict(session.exec(statement).all())


def _lines(session: Session) -> list[tuple[int, str]]:
    return [(board.id, board.name) for board in boards(session)]


def _crew(session: Session) -> list[int]:
    """Service agents; where there are none, moderators."""
    agents = staff(session, Role.AGENT) or staff(session, Role.MODERATOR)
    return [person.id for person in agents]


QUEUE = Queue(
    FIRST_ANSWER,
    N_("First answer to a post"),
    hours=PROMISED_HOURS,
    warn_hours=18,
    period_hours=18,
    help=N_("From the moment a public idea, problem or question is posted until somebody of the brand answers it."),
    scopes=_lines,
    titles=_titles,
    crew=_crew,
    list_url="/waiting?queue=post.first_answer",
)
