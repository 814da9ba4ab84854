"""What scenes add to their posts: words that find them, people who stand behind them. Knows no post, so that posts may
ask it."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core.tables import columns
from forum.scenes.models import Scene

WORDS_OF_ONE, WORDS_OF_ALL = 500, 4000
"""Characters of scenes that a post is found by."""


def in_sight() -> sa.ColumnElement[bool]:
    """Condition of scenes that speak: neither blanked nor hidden."""
    return col(Scene.deleted_at).is_(None) & col(Scene.hidden_at).is_(None)


def writers_of(session: Session, post_ids: Iterable[int]) -> list[tuple[int, int]]:
    """(member id, post id) of everybody whose scene stands in sight under one of these posts, each pair once."""
    statement = (
        select(Scene.member_id, Scene.post_id).where(col(Scene.post_id).in_(list(post_ids)), in_sight()).distinct()
    )
    return list(session.exec(statement))


def scene_words(session: Session, post_ids: Sequence[int]) -> dict[int, str]:
    """What each post is found by beside its own words: the beginnings of its scenes in sight, within bounds."""
    statement = (
        columns(Scene.post_id, sa.func.substr(Scene.body, 1, WORDS_OF_ONE))
        .where(col(Scene.post_id).in_(list(post_ids)), in_sight())
        .order_by(col(Scene.id))
    )
    found: dict[int, str] = {}
    for post_id, words in session.exec(statement):
        found[post_id] = f"{found[post_id]}\n{words}"[:WORDS_OF_ALL] if post_id in found else words
    return found
