"""The ledger follows the facts: what arrived is kept, what was declined is dropped, what is late is asked about."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock, outbox
from cocreate.core.actor import GUEST, Role
from cocreate.core.module import Notice
from cocreate.core.runtime import Runtime
from cocreate.core.text_marks import N_
from cocreate.identity.members.queries import staff
from cocreate.notify.inbox.service import tell
from roadmap.events import ItemStageChanged
from roadmap.items.models import ItemChange, ItemStage, RoadmapItem
from roadmap.promises import service
from roadmap.promises.models import Promise, PromiseKind, PromiseState
from roadmap.releases.models import Release

JOB = "roadmap.follow_promises"
LATE = "roadmap.promise.late"
NOTICES = {
    LATE: Notice(
        N_("“%(wording)s” is late"),
        N_("Because you look after this promise."),
        N_("It was promised for %(day)s, and owners see that it is late. Please tell them why."),
        group="work",
    )
}


def today(zone: ZoneInfo) -> date:
    """The day that it is for the site's readers."""
    return clock.now().astimezone(zone).date()


def ask_for_round(session: Session, event: ItemStageChanged) -> None:
    """An item moved: let the ledger follow it now and not at the next full hour."""
    outbox.enqueue(session, JOB)


def follow(runtime: Runtime) -> None:
    """Job: settle what was delivered or declined, and ask about what is late. A second run finds nothing to do."""
    zone = runtime.settings.zone
    with runtime.database.read() as session:
        standing = list(session.exec(select(Promise.id).where(Promise.state == PromiseState.OPEN)))
    for promise_id in standing:
        with runtime.database.write() as session:
            follow_one(session, session.get_one(Promise, promise_id), zone)


def follow_one(session: Session, promise: Promise, zone: ZoneInfo) -> None:
    """Bring one promise up to date with its item or release and with the calendar."""
    if not promise.standing:
        return
    if promise.kind == PromiseKind.ITEM:
        _follow_item(session, promise, zone)
    elif promise.kind == PromiseKind.RELEASE:
        _follow_release(session, promise, zone)
    day = today(zone)
    if promise.standing and service.note_lateness(session, promise, day):
        _ask_why(session, promise)


def _follow_item(session: Session, promise: Promise, zone: ZoneInfo) -> None:
    item = session.get(RoadmapItem, _subject(promise))
    if item is None:
        return
    if item.stage in service.ARRIVED:
        service.keep(session, promise, on=_day(_arrived_at(session, item), zone), by=GUEST)
    elif item.stage == ItemStage.DECLINED:
        newest = select(ItemChange.sentence).where(ItemChange.item_id == item.id).order_by(col(ItemChange.id).desc())
        sentence = session.exec(newest.limit(1)).first() or ""
        service.drop(session, promise, reason=sentence or item.title, by=GUEST, on=_day(item.stage_at, zone))


def _arrived_at(session: Session, item: RoadmapItem) -> datetime:
    """When it last reached the cars; that owners confirmed it came later."""
    reached = select(sa.func.max(ItemChange.at)).where(
        ItemChange.item_id == item.id, ItemChange.stage == ItemStage.ARRIVED
    )
    return session.exec(reached).one() or item.stage_at


def _follow_release(session: Session, promise: Promise, zone: ZoneInfo) -> None:
    release = session.get(Release, _subject(promise))
    if release is not None and release.released_at is not None and release.released_at <= clock.now():
        service.keep(session, promise, on=_day(release.released_at, zone), by=GUEST)


def _subject(promise: Promise) -> int:
    return int((promise.about or ":0").partition(":")[2])


def _day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def _ask_why(session: Session, promise: Promise) -> None:
    """Whoever looks after it, or all product managers where that person is no longer one of the staff."""
    able = {person.id for person in staff(session, Role.PM, Role.ADMIN)}
    asked = {promise.assignee_id} & able or able
    day = promise.due_on.isoformat() if promise.due_on else ""
    tell(
        session, sorted(one for one in asked if one), LATE, key=f"promise.late:{promise.id}:{day}",
        params={"wording": promise.wording, "day": day}, url=f"/promises/{promise.id}",
    )  # fmt: skip
