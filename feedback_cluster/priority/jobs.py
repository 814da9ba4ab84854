"""Counting all themes anew after the weights changed: first the words of danger, if they did, then the figures."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.runtime import Runtime
from feedback_cluster.priority.models import ScoreRecount, ScoreWeights
from feedback_cluster.sentiment.need import SAFETY_WORDS, danger
from feedback_cluster.themes import pins, stats
from feedback_cluster.themes.facts import words_of
from feedback_cluster.themes.models import Theme, ThemePost
from forum import api as forum

POSTS, THEMES = 500, 6
"""So many at a time, each batch a transaction of its own: owners go on writing meanwhile."""


def recount(runtime: Runtime, *, recount_id: int, again: bool = False) -> None:
    """Do a queued recount; again: look for the words of danger whether they changed or not.

    Doing it twice changes nothing; one that a newer saving overtook ends at once.
    """
    with runtime.database.read() as session:
        row = session.get(ScoreRecount, recount_id)
        if row is None or row.finished_at is not None:
            return
        words, fresh = _words(session, row.weights_id), _last_words(session, recount_id)
    if (again or words != fresh) and not _find_words(runtime, recount_id, words):
        return
    if _count_themes(runtime, recount_id):
        with runtime.database.write() as session:
            _report(session, recount_id, step="done", finished_at=clock.now())


def _words(session: Session, weights_id: int) -> tuple[str, ...]:
    row = session.get(ScoreWeights, weights_id)
    return tuple(row.data["safety"]) if row else SAFETY_WORDS


def _last_words(session: Session, recount_id: int) -> tuple[str, ...] | None:
    """The words that the voices were last looked through for, all of them; None when that recount was overtaken,
    perhaps halfway through the voices."""
    before = select(ScoreRecount).where(col(ScoreRecount.id) < recount_id)
    last = session.exec(before.order_by(col(ScoreRecount.id).desc()).limit(1)).first()
    if last is None:
        return SAFETY_WORDS
    return _words(session, last.weights_id) if last.finished_at is not None else None


def _find_words(runtime: Runtime, recount_id: int, words: tuple[str, ...]) -> bool:
    with runtime.database.read() as session:
        total = session.exec(select(sa.func.count(sa.distinct(col(ThemePost.post_id))))).one()
    last, done = 0, 0
    while True:
        with runtime.database.read() as session:
            posts = forum.post_texts(session, after_id=last, limit=POSTS)
        if not posts:
            return True
        found: dict[str, list[int]] = {}
        for post in posts:
            found.setdefault(danger(words_of(post), words), []).append(post.id)
        last, done = posts[-1].id, done + len(posts)
        with runtime.database.write() as session:
            if _overtaken(session, recount_id):  # asked here, so that old words never cover new ones
                return False
            for word, ids in found.items():
                session.connection().execute(
                    sa.update(ThemePost).where(col(ThemePost.post_id).in_(ids)).values(safety=word)
                )
            _report(session, recount_id, step="words", done=min(done, total), total=total)


def _count_themes(runtime: Runtime, recount_id: int) -> bool:
    with runtime.database.read() as session:
        ids = [
            theme_id or 0
            for theme_id in session.exec(
                select(Theme.id)
                .where(col(Theme.merged_into_id).is_(None), col(Theme.born_at).is_not(None))
                .order_by(col(Theme.score).desc(), col(Theme.id))
            )
        ]
    for start in range(0, len(ids), THEMES):
        chunk = ids[start : start + THEMES]
        with runtime.database.read() as session:
            before = stats.told_by(session, chunk)
            found = stats.figures(session, chunk, runtime.settings.zone)
        with runtime.database.write() as session:
            pins.hold_current(session)
            if _overtaken(session, recount_id):
                return False
            if stats.told_by(session, chunk) != before:  # somebody merged, moved, voted or sized them meanwhile
                found = stats.figures(session, chunk, runtime.settings.zone)
            stats.store(session, found)
            _report(session, recount_id, step="themes", done=min(start + THEMES, len(ids)), total=len(ids))
    return True


def _overtaken(session: Session, recount_id: int) -> bool:
    """Whether a newer saving took its place, which then counts all of it."""
    return session.exec(select(ScoreRecount.id).where(col(ScoreRecount.id) > recount_id).limit(1)).first() is not None


def _report(session: Session, recount_id: int, **values: Any) -> None:
    session.connection().execute(sa.update(ScoreRecount).where(col(ScoreRecount.id) == recount_id).values(**values))
