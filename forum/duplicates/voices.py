"""Posts as the matcher reads them."""

from collections.abc import Iterable, Sequence

from sqlmodel import Session, col

from cocreate.core.tables import columns
from forum.duplicates.profiles import Voice
from forum.posts.models import Post, Visibility

CHARACTERS = 600
"""More of a body is not compared."""
BATCH = 500

_FIELDS = (Post.id, Post.title, Post.body, Post.model, Post.kind, Post.visibility)


def comparable() -> tuple[object, ...]:
    """Conditions of posts whose words are compared: what lists may show, and what was merged into such posts."""
    return (col(Post.deleted_at).is_(None), col(Post.hidden_at).is_(None))


def voices_after(session: Session, last_id: int, *, limit: int = BATCH) -> list[Voice]:
    """The next posts by id, merged ones too: they go on speaking for their group."""
    statement = columns(*_FIELDS).where(*comparable(), col(Post.id) > last_id).order_by(col(Post.id)).limit(limit)
    return [_voice(row) for row in session.exec(statement)]


def voices_of(session: Session, ids: Iterable[int]) -> list[Voice]:
    """These posts, as far as they may be compared."""
    wanted = sorted(set(ids))
    found: list[Voice] = []
    for start in range(0, len(wanted), BATCH):
        statement = columns(*_FIELDS).where(*comparable(), col(Post.id).in_(wanted[start : start + BATCH]))
        found += [_voice(row) for row in session.exec(statement)]
    return found


def models_named(session: Session) -> list[str]:
    """Every car model that some post names."""
    return list(session.exec(columns(Post.model).where(col(Post.model) != "").distinct()))


def _voice(row: Sequence[object]) -> Voice:
    post_id, title, body, model, kind, visibility = row
    return Voice(
        int(str(post_id)), str(title), str(body)[:CHARACTERS], str(model), str(kind), visibility == Visibility.STAFF
    )
