"""What the roadmap adds to the pages below: pills and tracks on posts and themes. One statement for each filler."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from markupsafe import Markup
from sqlmodel import Session, col

from cocreate.core.actor import Actor, Rights
from cocreate.core.statements import prepared
from cocreate.core.tables import columns
from cocreate.web.page import Page
from roadmap.applicability.lines import my_items
from roadmap.boards.audience import may_follow, may_read
from roadmap.items.models import ItemChange, ItemStage, ItemStatus, RoadmapItem
from roadmap.items.queries import Step, reached, track_steps
from roadmap.items.stages import STAGE_LABELS, STATUS_LABELS, further
from roadmap.links.models import ItemLink, ItemPost
from roadmap.releases.models import Release

WORDS = {"stage_labels": STAGE_LABELS, "status_labels": STATUS_LABELS}


@dataclass(frozen=True)
class Mark:
    """The item behind a row of a page below."""

    item_id: int
    title: str
    stage: ItemStage
    status: ItemStatus
    version: str
    link_id: int = 0
    people: int = 0
    steps: list[Step] = field(default_factory=list)

    @property
    def track(self) -> list[dict[str, object]]:
        return track_steps(self.steps)

    @property
    def reached(self) -> str:
        return reached(self.stage, self.steps)


_ITEM = (
    RoadmapItem.id, RoadmapItem.title, RoadmapItem.stage, RoadmapItem.status, Release.version, Release.public,
)  # fmt: skip


def _mark(item_id: int, title: str, stage: ItemStage, status: ItemStatus, version: str | None, public: bool) -> Mark:
    return Mark(item_id, title, stage, status, version if version and public else "")


def on_post_cards(session: Session, page: Page, ids: Sequence[int]) -> Mapping[int, Markup]:
    """post.card: how far the item has come that answers the post, with its release."""
    best: dict[int, Mark] = {}
    for post_id, *row in _items_behind(session, page.actor.rights, post_ids=list(ids), reader=page.actor.id):
        mark = _mark(*row)
        if post_id not in best or further(mark.status, best[post_id].status):
            best[post_id] = mark
    drawn: dict[tuple[int, ItemStage], Markup] = {}
    for mark in best.values():
        if (mark.item_id, mark.stage) not in drawn:
            html = page.fragment("roadmap/slots/post_card.html", mark=mark, **WORDS)
            drawn[mark.item_id, mark.stage] = html
    return {post_id: drawn[mark.item_id, mark.stage] for post_id, mark in best.items()}


@prepared
def _items_behind(rights: Rights, /, *, post_ids: Sequence[int], reader: int | None) -> Any:
    return (
        columns(ItemPost.post_id, *_ITEM)
        .join(RoadmapItem, col(RoadmapItem.id) == ItemPost.item_id)
        .outerjoin(Release, col(Release.id) == RoadmapItem.release_id)
        .where(col(ItemPost.post_id).in_(post_ids), may_follow(rights.held_by(reader)))
        .order_by(col(RoadmapItem.id))
    )


def on_post_pages(session: Session, page: Page, ids: Sequence[int]) -> Mapping[int, Markup]:
    """post.page: the journey of each item that answers the post, with dates and sentences."""
    marks = journeys(session, page.actor, ids)
    cars = my_items(session, page.actor, {mark.item_id for found in marks.values() for mark in found})
    return {
        post_id: page.fragment(
            "roadmap/slots/post_page.html", marks=marks.get(post_id, []), post_id=post_id, cars=cars, **WORDS
        )
        for post_id in ids
        if post_id in marks or page.actor.can("roadmap.edit")
    }


def on_my_cards(session: Session, page: Page, ids: Sequence[int]) -> Mapping[int, Markup]:
    """me.card: what became of one's own sentence."""
    told = journeys(session, page.actor, ids)
    cars = my_items(session, page.actor, {mark.item_id for marks in told.values() for mark in marks})
    return {
        post_id: page.fragment("roadmap/slots/me_card.html", marks=marks, cars=cars, **WORDS)
        for post_id, marks in told.items()
    }


def journeys(session: Session, actor: Actor, ids: Sequence[int]) -> dict[int, list[Mark]]:
    """Items behind each post with their history, the one furthest along first."""
    found: dict[int, dict[int, Mark]] = defaultdict(dict)
    for row in _steps_behind(session, actor.rights, post_ids=list(ids), reader=actor.id):
        mark = found[row[0]].setdefault(row[1], _mark(*row[1:7]))
        if row[7] is not None:
            step = Step(stage=row[7], occurrence=row[8], sentence=row[9], at=row[10], by_id=None)
            found[row[0]][row[1]] = replace(mark, steps=[*mark.steps, step])
    order = list(ItemStatus)
    return {
        post_id: sorted(marks.values(), key=lambda mark: -order.index(mark.status)) for post_id, marks in found.items()
    }


@prepared
def _steps_behind(rights: Rights, /, *, post_ids: Sequence[int], reader: int | None) -> Any:
    return (
        columns(ItemPost.post_id, *_ITEM, ItemChange.stage, ItemChange.occurrence, ItemChange.sentence, ItemChange.at)
        .join(RoadmapItem, col(RoadmapItem.id) == ItemPost.item_id)
        .outerjoin(Release, col(Release.id) == RoadmapItem.release_id)
        .outerjoin(ItemChange, col(ItemChange.item_id) == RoadmapItem.id)
        .where(col(ItemPost.post_id).in_(post_ids), may_follow(rights.held_by(reader)))
        .order_by(col(RoadmapItem.id), col(ItemChange.id))
    )


def on_theme_cards(session: Session, page: Page, ids: Sequence[int]) -> Mapping[int, Markup]:
    """theme.card: the items that a theme is linked to, as far as the reader may see them."""
    statement = (
        columns(ItemLink.current_theme_id, *_ITEM)
        .join(RoadmapItem, col(RoadmapItem.id) == ItemLink.item_id)
        .outerjoin(Release, col(Release.id) == RoadmapItem.release_id)
        .where(col(ItemLink.current_theme_id).in_(list(ids)), may_read(page.actor))
        .order_by(col(RoadmapItem.id))
    )
    marks: dict[int, dict[int, Mark]] = defaultdict(dict)
    for theme_id, *row in session.exec(statement):
        marks[theme_id][row[0]] = _mark(*row)
    return {
        theme_id: page.fragment("roadmap/slots/theme_card.html", marks=list(found.values()), **WORDS)
        for theme_id, found in marks.items()
    }


def on_theme_pages(session: Session, page: Page, ids: Sequence[int]) -> Mapping[int, Markup]:
    """theme.page: linked items, and the form that links one more or makes it."""
    statement = (
        columns(*_ITEM, RoadmapItem.people, ItemLink.current_theme_id, ItemLink.id)
        .outerjoin(ItemLink, (col(ItemLink.item_id) == RoadmapItem.id) & col(ItemLink.current_theme_id).in_(list(ids)))
        .outerjoin(Release, col(Release.id) == RoadmapItem.release_id)
        .where(may_read(page.actor))
        .order_by(RoadmapItem.status, col(RoadmapItem.id).desc())
    )
    items: dict[int, Mark] = {}
    linked: dict[int, dict[int, Mark]] = {theme_id: {} for theme_id in ids}
    for *row, people, theme_id, link_id in session.exec(statement):
        mark = replace(_mark(*row), people=people, link_id=link_id or 0)
        items[mark.item_id] = mark
        if theme_id is not None:
            linked[theme_id].setdefault(mark.item_id, mark)
    return {
        theme_id: page.fragment(
            "roadmap/slots/theme_page.html",
            theme_id=theme_id,
            linked=list(found.values()),
            choices=[mark for mark in items.values() if mark.item_id not in found],
            **WORDS,
        )
        for theme_id, found in linked.items()
    }


SLOTS = {
    "post.card": [on_post_cards],
    "post.page": [on_post_pages],
    "me.card": [on_my_cards],
    "theme.card": [on_theme_cards],
    "theme.page": [on_theme_pages],
}
