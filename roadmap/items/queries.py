"""Reading items: the public board, one item with its history and its people."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core.actor import Actor, Rights
from cocreate.core.errors import NotFound
from cocreate.core.statements import prepared
from cocreate.core.tables import columns
from feedback_cluster import api as cluster
from feedback_cluster.api import TriageStatus
from forum import api as forum
from forum.api import PostCard
from roadmap.boards.audience import may_read, stands_on
from roadmap.boards.models import RoadmapBoard
from roadmap.items.models import ItemChange, ItemStage, ItemStatus, RoadmapItem
from roadmap.items.stages import TRACK
from roadmap.items.windows import Window, window_of
from roadmap.links.models import ItemLink, ItemPost
from roadmap.links.supporters import own_parts
from roadmap.releases.models import Release
from roadmap.releases.queries import ReleaseRef
from roadmap.releases.thanks import thanked_names

RELEASE_COLUMNS = (
    Release.id, Release.version, Release.released_at, Release.planned_for, Release.rollout_percent, Release.models,
)  # fmt: skip
EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
NAMED = 6
"""Of those who agreed to it, so many are thanked by name on an item's page."""


@dataclass(frozen=True)
class ItemCard:
    """An item as the board shows it. `release` is left out while that release is a draft. shown, not public: it stands
    on boards for some readers alone."""

    id: int
    title: str
    stage: ItemStage
    status: ItemStatus
    stage_at: datetime
    people: int
    voices: int
    public: bool
    shown: bool
    board_id: int | None
    column_id: int | None
    window: Window | None
    position: int = 0
    release: ReleaseRef | None = None

    @property
    def place(self) -> tuple[str, int, int, int]:
        """Where it stands in the order of `item_cards`, from smaller to larger."""
        shipped = (self.stage_at - EPOCH) // MICROSECOND if self.status == ItemStatus.SHIPPED else 0
        return self.status.value, -shipped, self.position, -self.id


@dataclass(frozen=True)
class Step:
    """One entry of an item's history. `note` is for colleagues and empty for everybody else."""

    stage: ItemStage
    occurrence: int
    sentence: str
    at: datetime
    by_id: int | None
    note: str = ""
    version: str = ""
    window: Window | None = None


@dataclass(frozen=True)
class LinkedTheme:
    link_id: int
    theme_id: int
    name: str
    size: int
    hidden: bool


@dataclass(frozen=True)
class LinkedPost:
    link_id: int
    card: PostCard


@dataclass(frozen=True)
class ItemView:
    """Everything that an item's page shows besides the row itself."""

    steps: list[Step]
    themes: list[LinkedTheme]
    linked_posts: list[LinkedPost]
    posts: list[PostCard]
    mine: list[PostCard]
    release: ReleaseRef | None
    thanks: list[str] = field(default_factory=list)


def get_item(session: Session, item_id: int, actor: Actor) -> RoadmapItem:
    """The item; NotFound when there is none, or none for this reader."""
    item: RoadmapItem | None = _item(session, actor.rights, item_id=item_id, reader=actor.id).one_or_none()
    if item is None:
        raise NotFound(f"item {item_id}")
    return item


@prepared
def _item(rights: Rights, /, *, item_id: int, reader: int | None) -> Any:
    return select(RoadmapItem).where(RoadmapItem.id == item_id, may_read(rights.held_by(reader)))


def item_cards(
    session: Session, actor: Actor, *, board_id: int | None = None, view: RoadmapBoard | None = None
) -> list[ItemCard]:
    """All items that the reader may see, kind by kind in the product managers' order; shipped ones newest first.

    board_id: a product line. view: only what stands on this board.
    """
    drafts = actor.can("roadmap.edit")
    if view is None and board_id is None:
        rows = _whole_roadmap(session, actor.rights, reader=actor.id)
    else:
        statement = _cards(actor)
        if board_id is not None:
            statement = statement.where(RoadmapItem.board_id == board_id)
        rows = session.exec(statement if view is None else statement.where(stands_on(view)))
    return [
        ItemCard(
            *(
                *row[:11],
                window_of(row[11], row[12]),
                row[13],
                ReleaseRef(*row[15:]) if row[15] and (row[14] or drafts) else None,
            )
        )
        for row in rows
    ]


@prepared
def _whole_roadmap(rights: Rights, /, *, reader: int | None) -> Any:
    return _cards(rights.held_by(reader))


def _cards(actor: Actor) -> Any:
    return (
        columns(
            RoadmapItem.id, RoadmapItem.title, RoadmapItem.stage, RoadmapItem.status, RoadmapItem.stage_at,
            RoadmapItem.people, RoadmapItem.voices, RoadmapItem.public, RoadmapItem.shown, RoadmapItem.board_id,
            RoadmapItem.column_id, RoadmapItem.planned_from, RoadmapItem.planned_to, RoadmapItem.position,
            Release.public, *RELEASE_COLUMNS,
        )
        .outerjoin(Release, col(Release.id) == RoadmapItem.release_id)
        .where(may_read(actor))
        .order_by(
            RoadmapItem.status,
            sa.case((col(RoadmapItem.status) == ItemStatus.SHIPPED, col(RoadmapItem.stage_at))).desc(),
            col(RoadmapItem.position),
            col(RoadmapItem.id).desc(),
        )
    )  # fmt: skip


def item_view(session: Session, item: RoadmapItem, actor: Actor) -> ItemView:
    """History, links, posts and people of one item, as far as the reader may see them."""
    item_id = item.id or 0
    staff = actor.can("roadmap.edit")
    behind = select(ItemPost.post_id).where(ItemPost.item_id == item_id)
    own = own_parts(session, actor.member_id, [item_id]).get(item_id) if actor.signed_in else None
    mine = forum.post_cards(session, own.posts[:5], actor=actor) if own else {}
    themes, links = _links(session, item_id, actor)
    done = [item_id] if item.status == ItemStatus.SHIPPED else []
    return ItemView(
        steps=history(session, item_id, staff=staff),
        themes=themes,
        linked_posts=links,
        posts=forum.top_cards(session, behind, actor=actor, most=8),
        mine=[mine[post_id] for post_id in own.posts if post_id in mine] if own else [],
        release=release_of(session, item, actor),
        thanks=thanked_names(session, done, most=NAMED).get(item_id, []),
    )


def release_of(session: Session, item: RoadmapItem, actor: Actor) -> ReleaseRef | None:
    """The release that the item is planned for or came with, unless it is a draft that this reader may not see."""
    release = session.get(Release, item.release_id) if item.release_id else None
    return release_ref(release) if release and (release.public or actor.can("roadmap.edit")) else None


def release_ref(row: Release) -> ReleaseRef:
    return ReleaseRef(row.id or 0, row.version, row.released_at, row.planned_for, row.rollout_percent, row.models)


def history(session: Session, item_id: int, *, staff: bool) -> list[Step]:
    """The item's steps, oldest first."""
    return [
        Step(
            *(
                *row[:5],
                row[5] if staff else "",
                row[6] if row[6] and (row[7] or staff) else "",
                window_of(row[8], row[9]),
            )
        )
        for row in _steps(session, item_id=item_id)
    ]


@prepared
def _steps(*, item_id: int) -> Any:
    return (
        columns(
            ItemChange.stage, ItemChange.occurrence, ItemChange.sentence, ItemChange.at, ItemChange.by_id,
            ItemChange.note, Release.version, Release.public, ItemChange.planned_from, ItemChange.planned_to,
        )
        .outerjoin(Release, col(Release.id) == ItemChange.release_id)
        .where(ItemChange.item_id == item_id)
        .order_by(col(ItemChange.id))
    )  # fmt: skip


@prepared
def _links_of(*, item_id: int) -> Any:
    return select(ItemLink).where(ItemLink.item_id == item_id).order_by(col(ItemLink.id))


def _links(session: Session, item_id: int, actor: Actor) -> tuple[list[LinkedTheme], list[LinkedPost]]:
    """The themes that the item answers; for who edits it, the single posts too."""
    staff = actor.can("roadmap.edit")
    links = _links_of(session, item_id=item_id).all()
    themes = cluster.theme_cards(session, [link.current_theme_id for link in links if link.current_theme_id])
    seen: set[int] = set()
    named: list[LinkedTheme] = []
    for link in links:
        theme = themes.get(link.current_theme_id or 0)
        # Two linked themes that were merged into one are one line.
        if theme is None or theme.id in seen:
            continue
        hidden = theme.triage_status == TriageStatus.HIDDEN
        seen.add(theme.id)
        # The name of a theme is made of its voices: without a public one it would say what only staff may read.
        if staff or (theme.public and not hidden):
            named.append(LinkedTheme(link.id or 0, theme.id, theme.name, theme.size, hidden))
    cards = forum.post_cards(session, [link.post_id for link in links if link.post_id], actor=actor) if staff else {}
    posts = [LinkedPost(link.id or 0, cards[link.post_id or 0]) for link in links if (link.post_id or 0) in cards]
    return named, posts


def track_steps(steps: Sequence[Step]) -> list[dict[str, object]]:
    """The eight steps for the track: when each was reached last, and what was said then."""
    latest = {step.stage: step for step in steps}
    return [
        {
            "key": stage.value,
            "stage": stage,
            "at": latest[stage].at if stage in latest else None,
            "sentence": latest[stage].sentence if stage in latest else None,
        }
        for stage in TRACK
    ]


def reached(item_stage: ItemStage, steps: Sequence[Step]) -> str:
    """Where the track stands; a declined item stands at the last step it reached."""
    if item_stage != ItemStage.DECLINED:
        return item_stage.value
    before = [step.stage for step in steps if step.stage != ItemStage.DECLINED]
    return before[-1].value if before else ItemStage.RECEIVED.value
