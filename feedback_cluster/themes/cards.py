"""What other rooms and public pages show of a theme; quotes come from posts that everybody may read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.actor import GUEST, Actor
from cocreate.core.tables import columns
from cocreate.text.excerpt import first_sentence
from cocreate.web import markdown
from feedback_cluster.themes.answers import standing_answers
from feedback_cluster.themes.models import Theme, ThemePost, TriageStatus
from feedback_cluster.themes.queries import Root, ThemeRef, current_run
from forum import api as forum

WEEKS = 12
QUOTE_LENGTH = 80

__all__ = ["RankedTheme", "ThemeCard", "ThemeRef", "rank_themes", "theme_cards"]


@dataclass(frozen=True)
class ThemeCard:
    """A theme at a glance. weekly: voices in the last twelve weeks, oldest first. answer: approved or published."""

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
    listed = {theme.id or 0: theme.quotes for theme in themes}
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
    answers = standing_answers(session, [theme.id or 0 for theme in themes])
    return {theme.id or 0: _card(theme, quotes, answers) for theme in themes}


def _card(theme: Theme, quotes: dict[int, list[Quote]], answers: dict[int, str]) -> ThemeCard:
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
    )


def rank_themes(
    session: Session,
    *,
    board_id: int | None = None,
    model: str | None = None,
    kind: str | None = None,
    since: datetime | None = None,
    limit: int = 12,
) -> list[RankedTheme]:
    """The themes that a scope talks about most, by number of voices, then by growth.

    Hidden themes and such as no public post speaks for are left out: the list is read to everybody.
    """
    moment = clock.now()
    recent, before = moment - timedelta(days=14), moment - timedelta(days=28)
    at = col(ThemePost.created_at)
    count = sa.func.count()
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
        .where(ThemePost.run_id == current_run(), Root.status != TriageStatus.HIDDEN)
        .group_by(Root.id)
        .having(sa.func.sum(sa.case((col(ThemePost.staff_only).is_(False), 1), else_=0)) > 0)
        .order_by(count.desc(), Root.id)
        .limit(limit)
    )
    for column, value in ((ThemePost.board_id, board_id), (ThemePost.model, model), (ThemePost.kind, kind)):
        if value not in (None, ""):
            statement = statement.where(column == value)
    if since is not None:
        statement = statement.where(at >= since)
    rows = [(row[0], row[1], (row[2] - row[3]) / (row[2] + row[3] + 6)) for row in session.exec(statement)]
    cards = theme_cards(session, [row[0] for row in rows])
    ranked = [RankedTheme(cards[row[0]], row[1], row[2]) for row in rows if row[0] in cards]
    return sorted(ranked, key=lambda theme: (-theme.count, -theme.trend, theme.card.id))
