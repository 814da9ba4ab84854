"""The personal release note: which of somebody's own points a release brings, and to which of their cars."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.actor import Actor
from cocreate.core.module import Notice
from cocreate.core.runtime import Runtime
from cocreate.core.text_marks import N_
from cocreate.notify.inbox.models import InboxMessage
from cocreate.notify.inbox.service import tell
from forum import api as forum
from forum.api import PostCard, Supporters
from roadmap.applicability.lines import CarLine, my_items
from roadmap.applicability.receiving import find_receivers
from roadmap.applicability.rules import Verdict, VerdictKind
from roadmap.applicability.service import Car, cars_of, verdicts
from roadmap.items.models import RoadmapItem
from roadmap.links.models import ItemPost
from roadmap.links.supporters import own_parts
from roadmap.releases.models import NoteLabel, Release, ReleaseNote

WROTE, VOTED = "roadmap.release.wrote", "roadmap.release.voted"
TITLE = N_("OTA %(version)s for your %(model)s holds points of yours: %(points)s")
NOTICES = {
    WROTE: Notice(TITLE, N_("Because you wrote #%(post)s"), group="own"),
    VOTED: Notice(TITLE, N_("Because you voted for #%(post)s"), group="releases"),
}
CHUNK = 500
COMES = (VerdictKind.HAS, VerdictKind.OTA)


@dataclass(frozen=True)
class Point:
    """One thing that a release brings, and what of it was one's own."""

    item_id: int
    title: str
    label: NoteLabel | None
    text: str
    posts: list[PostCard]
    wrote: bool
    lines: Sequence[CarLine] = field(default_factory=list)


def items_in(session: Session, release_id: int) -> list[int]:
    """Public items that the release answers in a line or that are aimed at it."""
    named = select(ReleaseNote.item_id).where(
        ReleaseNote.release_id == release_id, col(ReleaseNote.item_id).is_not(None)
    )
    statement = select(RoadmapItem.id).where(
        col(RoadmapItem.public), (col(RoadmapItem.release_id) == release_id) | col(RoadmapItem.id).in_(named)
    )
    return [item_id for item_id in session.exec(statement.order_by(col(RoadmapItem.id))) if item_id is not None]


def points_of(session: Session, release: Release, actor: Actor) -> list[Point]:
    """What the release brings of the reader's own points, lines in the order of the letter."""
    parts = own_parts(session, actor.member_id, items_in(session, release.id or 0))
    own = {item_id: part for item_id, part in parts.items() if part.spoke}
    cards = forum.post_cards(session, {post for part in own.values() for post in part.posts}, actor=actor)
    mine = my_items(session, actor, own, release_id=release.id)
    titles = dict(
        session.exec(select(RoadmapItem.id, RoadmapItem.title).where(col(RoadmapItem.id).in_(own))).all() if own else ()
    )
    notes = _notes(session, release.id or 0)
    points = [
        Point(
            item_id=item_id, title=titles[item_id] or "", label=notes[item_id][0] if item_id in notes else None,
            text=notes[item_id][1] if item_id in notes else "",
            posts=[cards[post_id] for post_id in part.posts if post_id in cards][:5], wrote=part.wrote,
            lines=mine.get(item_id),
        )
        for item_id, part in own.items()
    ]  # fmt: skip
    order = list(notes)
    return sorted(points, key=lambda point: order.index(point.item_id) if point.item_id in notes else len(order))


def supporters(session: Session, item_id: int) -> Supporters:
    return forum.people_behind(session, session.exec(select(ItemPost.post_id).where(ItemPost.item_id == item_id)))


def _notes(session: Session, release_id: int) -> dict[int, tuple[NoteLabel, str]]:
    statement = (
        select(ReleaseNote)
        .where(ReleaseNote.release_id == release_id, col(ReleaseNote.item_id).is_not(None))
        .order_by(col(ReleaseNote.position), col(ReleaseNote.id))
    )
    order = list(NoteLabel)
    rows = sorted(session.exec(statement), key=lambda row: order.index(row.label))
    notes: dict[int, tuple[NoteLabel, str]] = {}
    for row in rows:
        notes.setdefault(row.item_id or 0, (row.label, row.text))
    return notes


def release_out(runtime: Runtime, *, release_id: int) -> None:
    """Job: the release goes to cars. Cars that have it are noted, and everybody whose points it brings to one of their
    cars is told, once for ever, in chunks that other writers can pass."""
    with runtime.database.read() as session:
        release = session.get(Release, release_id)
        if release is None or not _goes_out(release):
            return
        behind = {item_id: supporters(session, item_id) for item_id in items_in(session, release_id)}
    find_receivers(runtime, release_id)
    members = sorted({member for found in behind.values() for member in {*found.authors, *found.voters}})
    for start in range(0, len(members), CHUNK):
        with runtime.database.write() as session:
            tell_some(session, release, behind, members[start : start + CHUNK])


def tell_receivers(session: Session, *, release_id: int, member_ids: Sequence[int]) -> None:
    """Job: tell owners of cars that have the release what it brings of their own points, if nobody has yet."""
    release = session.get(Release, release_id)
    if release is None or not _goes_out(release):
        return
    behind = {item_id: supporters(session, item_id) for item_id in items_in(session, release_id)}
    tell_some(session, release, behind, member_ids)


def _goes_out(release: Release) -> bool:
    """By what is true now: its day may have been put off, or it was stopped, since the job was queued."""
    out = release.released_at is not None and release.released_at <= clock.now()
    return release.public and out and release.paused_at is None and release.rolled_back_at is None


def tell_some(
    session: Session, release: Release, behind: Mapping[int, Supporters], members: Collection[int]
) -> None:  # fmt: skip
    key = f"release:{release.id}:mine"
    known = select(InboxMessage.member_id).where(InboxMessage.key == key, col(InboxMessage.member_id).in_(members))
    # A look only, so that a second run is quick; that nobody is told twice is up to the message's own key.
    told_before = set(session.exec(known).all())
    cars = cars_of(session, [member for member in members if member not in told_before])
    if not cars:
        return
    told = verdicts(session, behind, cars, release_id=release.id)
    garages: dict[int, list[Car]] = defaultdict(list)
    for car in cars:
        garages[car.member_id].append(car)
    words: dict[str, dict[int, dict[str, Any]]] = {WROTE: {}, VOTED: {}}
    for member, garage in garages.items():
        best, points = _best_car(garage, [item for item in behind if _member_spoke(behind[item], member)], told)
        if best is None:
            continue
        wrote = [post for item in points for post in behind[item].authors.get(member, ())]
        post = wrote[0] if wrote else behind[points[0]].voters[member][0]
        words[WROTE if wrote else VOTED][member] = {
            "version": release.version, "model": best.model, "points": len(points), "post": post,
        }  # fmt: skip
    for notice, params in words.items():
        tell(
            session, list(params), notice, key=key, params=params,
            url=f"/releases/{release.id}/mine", topic=f"release:{release.id}",
            own=list(params) if notice == WROTE else (),
        )  # fmt: skip


def _member_spoke(behind: Supporters, member: int) -> bool:
    return member in behind.authors or member in behind.voters


def _best_car(
    garage: Iterable[Car], items: Sequence[int], told: Mapping[tuple[int, int], Verdict]
) -> tuple[Car | None, list[int]]:
    """The car to which most of these items come with the release, and those items."""
    best: tuple[Car | None, list[int]] = (None, [])
    for car in garage:
        points = [item for item in items if (item, car.id) in told and told[item, car.id].kind in COMES]
        if len(points) > len(best[1]):
            best = (car, points)
    return best
