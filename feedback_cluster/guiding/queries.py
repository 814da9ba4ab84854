"""Voices that wait for a person's word: those without a theme, those a run asks about, and why one is where."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from markupsafe import Markup, escape
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from cocreate.core.actor import Actor
from cocreate.core.text_marks import N_
from cocreate.text.fold import fold
from cocreate.web import paging
from feedback_cluster.runs.folder import voice
from feedback_cluster.runs.models import RunFound
from feedback_cluster.themes.assign import Loaded
from feedback_cluster.themes.models import Source, Theme, ThemePin, ThemePost, TriageStatus
from feedback_cluster.themes.queries import ThemeRef, current_run_id
from forum import api as forum
from search import api as search

PAGE, ASKED = 30, 100
BOUND = 0.10
"""Share of voices without a theme above which the page says that it is much."""
NOT_SURE, FAIRLY, QUITE = N_("doubtful"), N_("fairly sure"), N_("quite sure")


class Order(StrEnum):
    NEW = "new"
    VOTES = "votes"


@dataclass(frozen=True)
class Rest:
    """How many voices have no theme."""

    count: int
    whole: int

    @property
    def share(self) -> float:
        return self.count / self.whole if self.whole else 0.0

    @property
    def much(self) -> bool:
        return self.share > BOUND


def rest(session: Session) -> Rest:
    """How many voices of the current run have no theme."""
    alone = sa.func.coalesce(sa.func.sum(sa.case((col(ThemePost.theme_id).is_(None), 1), else_=0)), 0)
    statement = select(alone, sa.func.count()).where(ThemePost.run_id == current_run_id(session))
    count, whole = session.exec(statement).one()
    return Rest(int(count), int(whole))


def rest_posts(
    session: Session, actor: Actor, *, order: Order = Order.NEW, model: str = "", q: str = "", cursor: str | None = None
) -> paging.Listing[forum.PostCard]:
    """Voices in no theme that nobody has looked at, a page at a time."""
    key: Any = col(ThemePost.created_at) if order is Order.NEW else col(ThemePost.votes)
    statement = (
        select(key, ThemePost.post_id)
        .where(
            ThemePost.run_id == current_run_id(session),
            col(ThemePost.theme_id).is_(None),
            col(ThemePost.post_id).not_in(select(ThemePin.post_id)),
        )
        .order_by(key.desc(), col(ThemePost.post_id).desc())
        .limit(PAGE + 1)
    )
    if model:
        statement = statement.where(ThemePost.model == model)
    if q:
        ids = search.matching_ids(session, q, scope=search.scope_of(actor), kind="post")
        statement = statement.where(col(ThemePost.post_id).in_(ids))
    if cursor:
        statement = statement.where(paging.after((key, col(ThemePost.post_id)), paging.decode_cursor(cursor, 2)))
    rows: Sequence[tuple[Any, int]] = session.exec(statement).all()

    def place(row: tuple[Any, int]) -> tuple[Any, int]:
        return (row[0].isoformat() if isinstance(row[0], datetime) else row[0], row[1])

    listing = paging.cut(rows, PAGE, place)
    cards = forum.post_cards(session, [row[1] for row in listing.items], actor=actor)
    return paging.Listing([cards[row[1]] for row in listing.items if row[1] in cards], listing.next_cursor)


def find_themes(session: Session, words: str, *, most: int = 20) -> list[ThemeRef]:
    """Themes whose name or words hold what was typed, the largest first."""
    statement = (
        select(Theme.id, Theme.name)
        .where(
            col(Theme.merged_into_id).is_(None), col(Theme.born_at).is_not(None), Theme.status != TriageStatus.HIDDEN,
            *(col(Theme.words).contains(word, autoescape=True) for word in fold(words).split()),
        )
        .order_by(col(Theme.size).desc(), col(Theme.id))
        .limit(most)
    )  # fmt: skip
    return [ThemeRef(theme_id or 0, name) for theme_id, name in session.exec(statement)]


@dataclass(frozen=True)
class Question:
    """One voice to ask about: where it may belong, and how far the list is."""

    post: forum.PostCard
    body: str
    choices: list[tuple[ThemeRef, int]]
    place: int
    answered: int
    whole: int


def question(
    session: Session, actor: Actor, loaded: Loaded | None, *, start: int = 0
) -> tuple[Question | None, int, int]:
    """The first voice from `start` on that nobody has answered, how many are answered, and how many there are."""
    found = session.get(RunFound, current_run_id(session) or 0)
    ids = found.ask[:ASKED] if found is not None else []
    visible = forum.visible_ids(session, actor, ids) if ids else set()
    # Moderators may open hidden voices too, but those speak for no theme.
    texts = {post.id: post for post in forum.post_texts(session, ids=sorted(visible))} if visible else {}
    ids = [post_id for post_id in ids if post_id in texts]
    done = set(session.exec(select(ThemePin.post_id).where(col(ThemePin.post_id).in_(ids)))) if ids else set()
    for place, post_id in enumerate(ids):
        if place < start or post_id in done:
            continue
        card = forum.post_cards(session, [post_id], actor=actor)[post_id]
        text = texts[post_id]
        choices = choices_for(session, loaded, post_id, voice(text.title, text.body))
        return Question(card, text.body, choices, place, len(done), len(ids)), len(done), len(ids)
    return None, len(done), len(ids)


def choices_for(session: Session, loaded: Loaded | None, post_id: int, text: str) -> list[tuple[ThemeRef, int]]:
    """The theme that the voice is in and the next likely ones, three at most, each with percent."""
    row = session.get(ThemePost, (current_run_id(session), post_id))
    likely = dict(loaded.likely(text, 6)) if loaded is not None else {}
    own = [row.theme_id] if row is not None and row.theme_id is not None else []
    order = [*own, *(theme_id for theme_id in likely if theme_id not in own)]
    roots = _roots(session, order)
    chances: dict[int, float] = {}
    for theme_id in order:
        if (ref := roots.get(theme_id)) is not None:
            chances[ref.id] = chances.get(ref.id, 0.0) + likely.get(theme_id, 0.0)
    names = {ref.id: ref for ref in roots.values()}
    return [(names[root], round(100 * chance)) for root, chance in list(chances.items())[:3]]


def _roots(session: Session, theme_ids: Sequence[int]) -> dict[int, ThemeRef]:
    root: Any = aliased(Theme)
    statement = (
        select(Theme.id, root.id, root.name)
        .join(root, root.id == Theme.root_id)
        .where(col(Theme.id).in_(list(theme_ids)), root.status != TriageStatus.HIDDEN)
    )
    return {leaf or 0: ThemeRef(root_id or 0, name) for leaf, root_id, name in session.exec(statement)}


@dataclass(frozen=True)
class Why:
    """Why a voice is where it is."""

    post: forum.PostCard
    text: Markup
    theme: ThemeRef | None
    source: Source
    percent: int
    sureness: str
    words: list[tuple[str, float]]
    other: tuple[ThemeRef, int] | None


def why(session: Session, actor: Actor, loaded: Loaded | None, post_id: int) -> Why | None:
    """What decided about this voice; None when no run has placed it or the reader may not see it."""
    row = session.get(ThemePost, (current_run_id(session), post_id))
    card = forum.post_cards(session, [post_id], actor=actor).get(post_id)
    texts = forum.post_texts(session, ids=[post_id])
    if row is None or card is None or not texts:
        return None
    text = voice(texts[0].title, texts[0].body)
    ref = _roots(session, [row.theme_id]).get(row.theme_id) if row.theme_id is not None else None
    words = loaded.reasons(text, row.theme_id) if loaded is not None and row.theme_id is not None else []
    choices = choices_for(session, loaded, post_id, text)
    other = next((choice for choice in choices if ref is None or choice[0].id != ref.id), None)
    percent = round(100 * row.confidence)
    return Why(
        card, marked(text, [word for word, _ in words]), ref, row.source, percent, sureness(percent), words, other
    )


def sureness(percent: int) -> str:
    """Confidence in words."""
    return QUITE if percent >= 60 else FAIRLY if percent >= 30 else NOT_SURE


def marked(text: str, words: Sequence[str]) -> Markup:
    """The text with the words that decided marked, as far as they stand in it as they are."""
    if not words:
        return escape(text)
    pattern = re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)), re.IGNORECASE)
    told, last = Markup(""), 0
    for found in pattern.finditer(text):
        told += escape(text[last : found.start()]) + Markup("<mark>") + escape(found.group()) + Markup("</mark>")
        last = found.end()
    return told + escape(text[last:])


@dataclass(frozen=True)
class Preview:
    """The voices that hold a seed word. counts: voices by word."""

    counts: list[tuple[str, int]]
    whole: int
    posts: list[forum.PostCard]


def preview(session: Session, actor: Actor, seeds: Sequence[str], *, most: int = 8) -> Preview:
    """How many voices each word finds, how many all find together, and some of them."""
    scope = search.scope_of(actor)
    found = {word: search.matching_ids(session, word, scope=scope, kind="post") for word in seeds}
    order = list(dict.fromkeys(post_id for ids in found.values() for post_id in ids))
    cards = forum.post_cards(session, order[:most], actor=actor)
    return Preview([(word, len(ids)) for word, ids in found.items()], len(order), list(cards.values()))


def found_posts(session: Session, actor: Actor, words: str, *, most: int = 20) -> list[forum.PostCard]:
    """Voices for a search by words."""
    if not words.strip():
        return []
    ids = search.matching_ids(session, words, scope=search.scope_of(actor), kind="post", limit=most)
    cards = forum.post_cards(session, ids, actor=actor)
    return [cards[post_id] for post_id in ids if post_id in cards]
