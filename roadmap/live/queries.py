"""The board of a session: its topics with what is known of their themes and of the items that answer them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session, col, select

from cocreate.core.tables import columns
from feedback_cluster import api as cluster
from feedback_cluster.api import RankedTheme, ThemeCard, TriageStatus
from roadmap.items.models import ItemStage, ItemStatus, RoadmapItem
from roadmap.items.stages import further
from roadmap.links.models import ItemLink
from roadmap.live.models import LiveSession, LiveTopic, SessionState, TopicState
from roadmap.live.service import ranked, topics_of
from roadmap.releases.models import Release


@dataclass(frozen=True)
class TopicItem:
    """The public item that answers a theme; of several the one that is furthest along."""

    id: int
    title: str
    stage: ItemStage
    status: ItemStatus
    version: str


@dataclass(frozen=True)
class Topic:
    """One topic as host and viewers see it. `approved`: wording that the host may say, never shown to viewers."""

    id: int
    theme_id: int
    position: int
    state: TopicState
    name: str
    size: int
    people: int
    trend: float
    weekly: list[int]
    quote: str
    item: TopicItem | None
    approved: str
    answer: str
    now_since: datetime | None
    answered_at: datetime | None


@dataclass(frozen=True)
class Board:
    """A session and its topics by state, each in the order of the run-down."""

    code: str
    title: str
    state: SessionState
    topics: list[Topic]

    def by_state(self, state: TopicState) -> list[Topic]:
        return [topic for topic in self.topics if topic.state == state]

    @property
    def now(self) -> Topic | None:
        return next(iter(self.by_state(TopicState.NOW)), None)

    @property
    def queued(self) -> list[Topic]:
        return self.by_state(TopicState.QUEUED)

    @property
    def answered(self) -> list[Topic]:
        """Newest first."""
        return sorted(self.by_state(TopicState.ANSWERED), key=lambda topic: (str(topic.answered_at), topic.id))[::-1]


def board(session: Session, row: LiveSession) -> Board:
    """The session's topics as its scope speaks of them; hidden themes are left out, and two that were merged are one.

    A topic that the scope has no voice for any more keeps its place and its count, without growth and quote.
    """
    rows = topics_of(session, row)
    roots = {topic.theme_id: cluster.resolve(session, topic.theme_id) for topic in rows}
    wanted = sorted(set(roots.values()))
    scoped = {theme.card.id: theme for theme in ranked(session, row, theme_ids=wanted, limit=len(wanted))}
    silent = cluster.theme_cards(session, [theme_id for theme_id in wanted if theme_id not in scoped])
    cards = {theme_id: theme.card for theme_id, theme in scoped.items()} | {
        theme_id: replace(card, quote=None, trend=0.0) for theme_id, card in silent.items()
    }
    items = items_of_themes(session, sorted(cards))
    topics: list[Topic] = []
    for topic in rows:
        card = cards.get(roots[topic.theme_id])
        known = any(other.theme_id == card.id for other in topics) if card else True
        # What nobody says in public any more must not show in a name on stage either.
        if card is None or known or not card.public or card.triage_status == TriageStatus.HIDDEN:
            continue
        topics.append(_topic(topic, card, scoped.get(card.id), items.get(card.id)))
    return Board(row.code, row.title, row.state, topics)


def _topic(row: LiveTopic, card: ThemeCard, scoped: RankedTheme | None, item: TopicItem | None) -> Topic:
    return Topic(
        id=row.id or 0, theme_id=card.id, position=row.position, state=row.state, name=card.name,
        size=row.count or card.size, people=card.people, trend=scoped.trend if scoped else card.trend,
        weekly=card.weekly, quote=card.quote or "", item=item, approved=card.answer or "", answer=row.answer,
        now_since=row.now_since, answered_at=row.answered_at,
    )  # fmt: skip


def items_of_themes(session: Session, theme_ids: Sequence[int]) -> dict[int, TopicItem]:
    """The public item that answers each theme, the one furthest along; one statement."""
    if not theme_ids:
        return {}
    statement = (
        columns(
            ItemLink.current_theme_id, RoadmapItem.id, RoadmapItem.title, RoadmapItem.stage, RoadmapItem.status,
            Release.version, Release.public,
        )
        .join(RoadmapItem, col(RoadmapItem.id) == ItemLink.item_id)
        .outerjoin(Release, col(Release.id) == RoadmapItem.release_id)
        .where(col(ItemLink.current_theme_id).in_(list(theme_ids)), col(RoadmapItem.public))
        .order_by(col(RoadmapItem.id))
    )  # fmt: skip
    found: dict[int, TopicItem] = {}
    for theme_id, item_id, title, stage, status, version, public in session.exec(statement):
        if theme_id not in found or further(status, found[theme_id].status):
            found[theme_id] = TopicItem(item_id, title, stage, status, version if version and public else "")
    return found


def sessions(session: Session, *, limit: int = 40) -> list[LiveSession]:
    """Open sessions first, then the newest."""
    order = (col(LiveSession.state) == SessionState.CLOSED, col(LiveSession.id).desc())
    return list(session.exec(select(LiveSession).order_by(*order).limit(limit)))
