"""What other rooms and public pages show of a theme; quotes come from posts that everybody may read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.actor import GUEST, Actor
from cocreate.core.statements import prepared
from cocreate.core.tables import columns
from cocreate.text.excerpt import first_sentence
from cocreate.web import markdown
from feedback_cluster.themes.answers import standing_answers
from feedback_cluster.themes.models import Theme, ThemePost, TriageStatus
from feedback_cluster.themes.queries import Root, ThemeRef, current_run
from forum import api as forum

WEEKS = 12
QUOTE_LENGTH = 80
QUOTES_TRIED = 8
"""Voices of a scope that are looked at for one that everybody may read."""

__all__ = ["RankedTheme", "ThemeCard", "ThemeRef", "rank_themes", "theme_cards"]


@dataclass(frozen=True)
class ThemeCard:
    """A theme at a glance. weekly: voices in the last twelve weeks, oldest first. answer: approved or published.

    public: somebody speaks for it where everybody may read; what only staff may read must not show in its name.
    """

    id: int
    name: str
    keywords: list[str]
    size: int
    people: int
    weekly: list[int]
    models: dict[str, int]
    quote: str | None
    quote_post_id: int | None
    triage_status: TriageStatus
    score: float
    answer: str | None
    trend: float = 0.0
    votes: int = 0
    public: bool = False


@dataclass(frozen=True)
class RankedTheme:
    """A theme with the number of voices inside the scope that was asked for, and how they grow (-1..1)."""

    card: ThemeCard
    count: int
    trend: float


@dataclass(frozen=True)
class Quote:
    """Somebody's own words."""

    post_id: int
    text: str


def mondays(weekly: Mapping[str, int]) -> list[date]:
    """The last twelve Mondays, oldest first. The local week may begin before that of UTC: the newest key tells."""
    newest = clock.week_start(clock.now(), ZoneInfo("UTC"))
    if weekly:
        newest = max(newest, date.fromisoformat(max(weekly)))
    return [newest - timedelta(weeks=back) for back in reversed(range(WEEKS))]


def twelve_weeks(weekly: Mapping[str, int]) -> list[int]:
    return [weekly.get(monday.isoformat(), 0) for monday in mondays(weekly)]


def growth(weekly: Sequence[int]) -> float:
    """How the last four weeks compare with the four before: -1..1, damped so that few voices do not shout."""
    recent, before = sum(weekly[-4:]), sum(weekly[-8:-4])
    return (recent - before) / (recent + before + 6)


def quotes_of(
    session: Session, themes: Iterable[Theme], *, actor: Actor = GUEST, most: int = 1
) -> dict[int, list[Quote]]:
    """Up to `most` quotes for each theme, from posts that `actor` may read."""
    return _spoken_by(session, {theme.id or 0: theme.quotes for theme in themes}, actor=actor, most=most)


def dissent_of(session: Session, theme: Theme, *, actor: Actor = GUEST) -> Quote | None:
    """What somebody says who sees it differently from most, if `actor` may read it."""
    said = [] if theme.dissent_id is None else [theme.dissent_id]
    return next(iter(_spoken_by(session, {0: said}, actor=actor, most=1).get(0, [])), None)


def _spoken_by(
    session: Session, listed: Mapping[int, Sequence[int]], *, actor: Actor, most: int
) -> dict[int, list[Quote]]:
    wanted = {post_id for ids in listed.values() for post_id in ids}
    if not wanted:
        return {}
    visible = forum.visible_ids(session, actor, sorted(wanted))
    chosen = {theme_id: [p for p in ids if p in visible][:most] for theme_id, ids in listed.items()}
    ids = sorted({post_id for posts in chosen.values() for post_id in posts})
    texts = {post.id: post for post in forum.post_texts(session, ids=ids, limit=len(ids))} if ids else {}
    return {
        theme_id: [Quote(p, spoken(texts[p].title, texts[p].body)) for p in posts if p in texts]
        for theme_id, posts in chosen.items()
    }


def spoken(title: str, body: str) -> str:
    """The sentence by which a post is quoted: how its body begins, or its title when that says more."""
    start = first_sentence(markdown.plain(body), QUOTE_LENGTH) if body.strip() else ""
    return start if len(start) >= max(8, len(title) // 2) else title


def theme_cards(session: Session, ids: Sequence[int]) -> dict[int, ThemeCard]:
    """Cards by id, of themes that a run or a person has brought to life."""
    if not ids:
        return {}
    themes = session.exec(select(Theme).where(col(Theme.id).in_(list(ids)), col(Theme.born_at).is_not(None))).all()
    quotes = quotes_of(session, themes)
    found = [theme.id or 0 for theme in themes]
    answers, public = standing_answers(session, found), heard_in_public(session, found)
    return {theme.id or 0: _card(theme, quotes, answers, public) for theme in themes}


def heard_in_public(session: Session, ids: Sequence[int]) -> set[int]:
    """Those of the themes that some public post speaks for, in them or in what was merged into them."""
    return {root or 0 for root in _heard(session, ids=list(ids))}


@prepared
def _heard(*, ids: Sequence[int]) -> Any:
    speaks = (
        sa.exists()
        .where(
            col(ThemePost.theme_id) == Theme.id,
            ThemePost.run_id == current_run(),
            col(ThemePost.staff_only).is_(False),
        )
        .correlate(Theme)
    )
    return select(Theme.root_id).where(col(Theme.root_id).in_(ids), speaks).distinct()


def _card(theme: Theme, quotes: dict[int, list[Quote]], answers: dict[int, str], public: set[int]) -> ThemeCard:
    theme_id = theme.id or 0
    quote = next(iter(quotes.get(theme_id, [])), None)
    return ThemeCard(
        id=theme_id,
        name=theme.name,
        keywords=list(theme.keywords),
        size=theme.size,
        people=theme.people,
        weekly=twelve_weeks(theme.weekly),
        models=dict(theme.models),
        quote=quote.text if quote else None,
        quote_post_id=quote.post_id if quote else None,
        triage_status=theme.status,
        score=theme.score,
        answer=answers.get(theme_id),
        trend=theme.trend,
        votes=theme.votes,
        public=theme_id in public,
    )


def rank_themes(
    session: Session,
    *,
    board_id: int | None = None,
    model: str | None = None,
    kind: str | None = None,
    since: datetime | None = None,
    theme_ids: Sequence[int] | None = None,
    limit: int = 12,
) -> list[RankedTheme]:
    """The themes that a scope talks about most, by number of voices, then by growth. theme_ids: of these alone.

    Quotes are voices of the scope too. Hidden themes and such as no public post speaks for are left out: the list is
    read to everybody.
    """
    moment = clock.now()
    recent, before = moment - timedelta(days=14), moment - timedelta(days=28)
    at = col(ThemePost.created_at)
    pairs = ((ThemePost.board_id, board_id), (ThemePost.model, model), (ThemePost.kind, kind))
    spoken_of: list[Any] = [column == value for column, value in pairs if value not in (None, "")]
    within: Any = at >= since if since is not None else sa.true()
    count = sa.func.sum(sa.case((within, 1), else_=0))
    statement: Any = (
        columns(
            Root.id,
            count.label("voices"),
            sa.func.sum(sa.case((at >= recent, 1), else_=0)),
            sa.func.sum(sa.case((sa.and_(at >= before, at < recent), 1), else_=0)),
        )
        .select_from(ThemePost)
        .join(Theme, col(Theme.id) == ThemePost.theme_id)
        .join(Root, Root.id == Theme.root_id)
        .where(ThemePost.run_id == current_run(), Root.status != TriageStatus.HIDDEN, *spoken_of)
        .group_by(Root.id)
        .having(sa.func.sum(sa.case((sa.and_(within, col(ThemePost.staff_only).is_(False)), 1), else_=0)) > 0)
        .order_by(count.desc(), Root.id)
        .limit(limit)
    )
    if since is not None:
        # Growth looks back four weeks, also where the scope is shorter: else every theme would seem to grow.
        statement = statement.where(at >= min(since, before))
    if theme_ids is not None:
        statement = statement.where(Root.id.in_(list(theme_ids)))
    rows = [(row[0], row[1], (row[2] - row[3]) / (row[2] + row[3] + 6)) for row in session.exec(statement)]
    cards = theme_cards(session, [row[0] for row in rows])
    if spoken_of or since is not None:
        cards = _quoted_within(session, cards, [*spoken_of, within])
    ranked = [RankedTheme(cards[row[0]], row[1], row[2]) for row in rows if row[0] in cards]
    return sorted(ranked, key=lambda theme: (-theme.count, -theme.trend, theme.card.id))


def _quoted_within(session: Session, cards: dict[int, ThemeCard], scope: Sequence[Any]) -> dict[int, ThemeCard]:
    """The cards with quotes from the scope alone: the theme's own choice if it is in there, else what is nearest."""
    if not cards:
        return cards
    chosen = session.exec(select(Theme.quotes).where(col(Theme.id).in_(list(cards)))).all()
    best = sorted({post_id for ids in chosen for post_id in ids})
    preferred = sa.case((col(ThemePost.post_id).in_(best), 0), else_=1)
    order = (preferred, col(ThemePost.confidence).desc(), col(ThemePost.post_id))
    place = sa.func.row_number().over(partition_by=Root.id, order_by=order).label("place")
    voices: Any = (
        columns(Root.id.label("theme_id"), ThemePost.post_id, place)
        .select_from(ThemePost)
        .join(Theme, col(Theme.id) == ThemePost.theme_id)
        .join(Root, Root.id == Theme.root_id)
        .where(ThemePost.run_id == current_run(), Root.id.in_(list(cards)), *scope)
        .where(col(ThemePost.staff_only).is_(False))
        .subquery()
    )
    nearest = sa.select(voices.c.theme_id, voices.c.post_id).where(voices.c.place <= QUOTES_TRIED)
    found: dict[int, list[int]] = {}
    for theme_id, post_id in session.connection().execute(nearest.order_by(voices.c.theme_id, voices.c.place)):
        found.setdefault(theme_id, []).append(post_id)
    quotes = _spoken_by(session, found, actor=GUEST, most=1)
    return {
        theme_id: replace(
            card,
            quote=quotes[theme_id][0].text if quotes.get(theme_id) else None,
            quote_post_id=quotes[theme_id][0].post_id if quotes.get(theme_id) else None,
        )
        for theme_id, card in cards.items()
    }
