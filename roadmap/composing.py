"""What the roadmap says to somebody who is just writing a post: this is done already, and whether for their car."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from sqlmodel import Session, col

from cocreate.core import clock
from cocreate.core.tables import columns
from cocreate.web.page import Page
from roadmap.applicability.lines import CarLine, my_items, my_releases
from roadmap.applicability.service import Car, cars_of
from roadmap.items.models import ItemStatus, RoadmapItem
from roadmap.items.queries import RELEASE_COLUMNS
from roadmap.links.models import ItemPost
from roadmap.releases.models import Release
from roadmap.releases.queries import ReleaseRef
from search import api as search


@dataclass(frozen=True)
class Solved:
    """A shipped item with the release that brought it, or a release alone (`item_id` None), and what that means for the
    car of the post being written."""

    item_id: int | None
    title: Markup
    people: int
    release: ReleaseRef | None
    cars: Sequence[CarLine]


def behind_posts(session: Session, page: Page, ids: Sequence[int]) -> Mapping[int, Markup]:
    """compose.solved: the shipped items that answer these posts."""
    statement = (
        columns(ItemPost.post_id, *_FIELDS)
        .join(RoadmapItem, col(RoadmapItem.id) == ItemPost.item_id)
        .outerjoin(Release, col(Release.id) == RoadmapItem.release_id)
        .where(col(ItemPost.post_id).in_(list(ids)), *_SHIPPED)
        .order_by(col(RoadmapItem.id).desc())
    )
    rows: dict[int, tuple[object, ...]] = {}
    for post_id, *row in session.exec(statement):
        rows.setdefault(post_id, tuple(row))
    return _drawn(session, page, rows)


def items_themselves(session: Session, page: Page, ids: Sequence[int]) -> Mapping[int, Markup]:
    """compose.solved.roadmap_item: those of these items that are shipped."""
    statement = (
        columns(RoadmapItem.id, *_FIELDS)
        .outerjoin(Release, col(Release.id) == RoadmapItem.release_id)
        .where(col(RoadmapItem.id).in_(list(ids)), *_SHIPPED)
    )
    return _drawn(session, page, {row[0]: tuple(row[1:]) for row in session.exec(statement)})


def releases_themselves(session: Session, page: Page, ids: Sequence[int]) -> Mapping[int, Markup]:
    """compose.solved.release: those of these releases that have gone to the cars."""
    statement = columns(Release.title, *RELEASE_COLUMNS).where(
        col(Release.id).in_(list(ids)), col(Release.public), col(Release.released_at) <= clock.now()
    )
    drawn = {}
    rows = session.exec(statement).all()
    mine = my_releases(session, page.actor, [row[1] for row in rows], only=_car(session, page))
    for title, *row in rows:
        release = ReleaseRef(*row)
        solved = Solved(None, _marked(page, title), 0, release, mine.get(release.id)[:1])
        drawn[release.id] = page.fragment("roadmap/slots/compose_solved.html", solved=solved)
    return drawn


_FIELDS = (RoadmapItem.id, RoadmapItem.title, RoadmapItem.people, Release.public, *RELEASE_COLUMNS)
_SHIPPED = (col(RoadmapItem.public), col(RoadmapItem.status) == ItemStatus.SHIPPED)


def _drawn(session: Session, page: Page, rows: Mapping[int, tuple[object, ...]]) -> dict[int, Markup]:
    if not rows:
        return {}
    drawn: dict[object, Markup] = {}
    mine = my_items(session, page.actor, {int(str(row[0])) for row in rows.values()}, only=_car(session, page))
    for item_id, title, people, public, *release in rows.values():
        if item_id in drawn:
            continue
        ref = ReleaseRef(*release) if public else None  # type: ignore[arg-type]
        solved = Solved(item_id, _marked(page, str(title)), people, ref, mine.get(item_id)[:1])  # type: ignore[arg-type]
        drawn[item_id] = page.fragment("roadmap/slots/compose_solved.html", solved=solved)
    return {row_id: drawn[row[0]] for row_id, row in rows.items()}


def _car(session: Session, page: Page) -> Car | None:
    """The car that the post is about, as it stands in the garage if it does, or else the first one there."""
    cars = cars_of(session, [page.actor.member_id]) if page.actor.signed_in else []
    if not (chosen := page.about.get("car")):
        return cars[0] if cars else None
    model, software = chosen
    return next((car for car in cars if car.model == model), Car(0, 0, model, software=software))


def _marked(page: Page, title: str) -> Markup:
    """The title with the words marked that stand in the post being written as well."""
    return search.mark(title, page.about.get("words", ()))


SLOTS = {
    "compose.solved": [behind_posts],
    "compose.solved.roadmap_item": [items_themselves],
    "compose.solved.release": [releases_themselves],
}
