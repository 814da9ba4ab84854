"""Whom to ask, and when: cars that have it, people behind it, and a sample of those who had said nothing."""

import zlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock, outbox
from cocreate.core.db import insert_many_once, insert_once
from cocreate.core.runtime import Runtime
from cocreate.identity.vehicles.models import Vehicle
from cocreate.notify.inbox.service import tell
from cocreate.points.service import earners
from forum import api as forum
from roadmap.applicability.service import Car, VerdictKind, car_facts, cars_of, verdicts
from roadmap.boards.audience import readers_among
from roadmap.events import CarReceived, ItemStageChanged
from roadmap.followup.models import FollowUp, FollowUpAsk, Outcome
from roadmap.followup.queries import setting
from roadmap.items.models import ItemStage, ItemStatus, RoadmapItem
from roadmap.links.models import ItemPost

CHUNK = 500
OPENS = (ItemStage.ROLLING_OUT, ItemStage.ARRIVED)


def queue_round(session: Session, event: ItemStageChanged) -> None:
    """An item reached the cars: those who have it already are found in the background."""
    if event.stage in OPENS:
        outbox.enqueue(
            session, "roadmap.open_followup", lane=outbox.SLOW, item_id=event.item_id, change_id=event.change_id
        )


def open_followup(runtime: Runtime, *, item_id: int, change_id: int) -> None:
    """Job: everybody who has it already is asked some days from now; a second run finds the same people."""
    with runtime.database.read() as session:
        item = session.get(RoadmapItem, item_id)
        if item is None or item.stage not in OPENS or not item.shown or not setting(session, item_id).asks:
            return
        spoke = behind(session, item_id)
        if item.release_id is not None:
            wanted: dict[int, int | None] = {**_owners_with(session, item, cars_of(session, spoke))}
            silent = _sample(item_id, _owners_with(session, item, _all_cars(session)), besides=spoke)
        elif item.stage is ItemStage.ARRIVED:
            wanted, silent = _not_impossible(session, item, spoke), []
        else:
            return  # without a release there is no car to have it, before it has arrived
        may = may_be_asked(session, item, [*wanted, *(member_id for member_id, _ in silent)])
    with runtime.database.write() as session:
        row = _round(session, item, change_id)
    found = [(member_id, car) for member_id, car in wanted.items() if member_id in may]
    for start in range(0, len(found), CHUNK):
        with runtime.database.write() as session:
            _add(session, row, found[start : start + CHUNK], silent=False)
    with runtime.database.write() as session:
        _add_silent(session, row, [(member_id, car) for member_id, car in silent if member_id in may])


def note_receiver(session: Session, event: CarReceived) -> None:
    """A car has a release now: its owner is asked some days later about each item that came with it."""
    statement = select(RoadmapItem).where(RoadmapItem.release_id == event.release_id, col(RoadmapItem.stage).in_(OPENS))
    spoke: set[int] | None = None
    for item in session.exec(statement.order_by(col(RoadmapItem.id))).all():
        item_id = item.id or 0
        if not item.shown or not setting(session, item_id).asks or not may_be_asked(session, item, [event.member_id]):
            continue
        cars = [car for car in car_facts(session, [event.vehicle_id]) if car.member_id == event.member_id]
        if not _owners_with(session, item, cars):
            continue
        row = _round(session, item, 0)
        found = [(event.member_id, event.vehicle_id)]
        if spoke is None:
            spoke = forum.wished_by(session, event.member_id)
        if spoke and _answers(session, item_id, spoke):
            _add(session, row, found, silent=False)
        else:
            _add_silent(session, row, found)


def ask_due(runtime: Runtime) -> None:
    """Job: ask those whose days are over, in steps; each person once per round, however often it runs."""
    while True:
        with runtime.database.write() as session:
            statement = (
                select(FollowUpAsk, FollowUp, RoadmapItem)
                .join(FollowUp, col(FollowUp.id) == FollowUpAsk.round_id)
                .join(RoadmapItem, col(RoadmapItem.id) == FollowUp.item_id)
                .where(
                    col(FollowUpAsk.asked_at).is_(None), col(FollowUpAsk.due_at) <= clock.now(),
                    sa.or_(col(FollowUp.outcome).is_(None), col(FollowUp.outcome) != Outcome.REOPENED),
                    RoadmapItem.status == ItemStatus.SHIPPED,
                )
                .order_by(col(FollowUpAsk.round_id), col(FollowUpAsk.id))
                .limit(CHUNK)
            )  # fmt: skip
            due = session.exec(statement).all()
            for _, rows in groupby(due, key=lambda row: row[1].id):
                _ask(session, list(rows))
        if len(due) < CHUNK:
            return


def _ask(session: Session, rows: list[tuple[FollowUpAsk, FollowUp, RoadmapItem]]) -> None:
    _, row, item = rows[0]
    may = readers_among(session, item, [ask.member_id for ask, _, _ in rows])
    # The title is in the question: whoever may no longer see the item is not asked.
    lost = [ask.id for ask, _, _ in rows if ask.member_id not in may]
    session.connection().execute(sa.delete(FollowUpAsk).where(col(FollowUpAsk.id).in_(lost)))
    ids = [ask.id for ask, _, _ in rows if ask.member_id in may]
    moment = clock.now()
    taken = session.connection().execute(
        sa.update(FollowUpAsk)
        .where(col(FollowUpAsk.id).in_(ids), col(FollowUpAsk.asked_at).is_(None))
        .values(asked_at=moment)
        .returning(col(FollowUpAsk.member_id), col(FollowUpAsk.silent))
    )
    asked: dict[int, bool] = {row[0]: row[1] for row in taken}
    spoke = [member_id for member_id, silent in asked.items() if not silent]
    for members, notice in ((spoke, "followup.asked"), ([m for m in asked if asked[m]], "followup.asked_silent")):
        tell(
            session, members, notice, key=f"followup:{row.id}", params={"item": item.title},
            url=f"/followups/{row.id}", topic=f"item:{item.id}", own=members if members is spoke else (),
        )  # fmt: skip


def _round(session: Session, item: RoadmapItem, change_id: int) -> FollowUp:
    """The round of this item and its release, made when it is not there yet."""
    known = setting(session, item.id or 0)
    occasion = f"release:{item.release_id}" if item.release_id is not None else f"change:{change_id}"
    insert_once(
        session,
        FollowUp(
            item_id=item.id or 0, occasion=occasion, release_id=item.release_id, days=known.days,
            threshold=known.threshold, least=known.least, sample=known.sample,
        ),
    )  # fmt: skip
    statement = select(FollowUp).where(FollowUp.item_id == item.id, FollowUp.occasion == occasion)
    return session.exec(statement).one()


def _add(session: Session, row: FollowUp, found: Sequence[tuple[int, int | None]], *, silent: bool) -> int:
    due: datetime = clock.now() + timedelta(days=row.days)
    asks = [
        FollowUpAsk(round_id=row.id or 0, member_id=member_id, vehicle_id=car, silent=silent, due_at=due)
        for member_id, car in found
    ]
    return insert_many_once(session, asks)


def _add_silent(session: Session, row: FollowUp, found: Sequence[tuple[int, int]]) -> None:
    """As many of them as the sample still takes; the round is held, so that two at once do not pass it."""
    held = session.connection().execute(
        sa.update(FollowUp)
        .where(col(FollowUp.id) == row.id)
        .values(silent=col(FollowUp.silent))
        .returning(col(FollowUp.silent), col(FollowUp.sample))
    )
    there, sample = held.one()
    # Those who are asked already take no place: their rows are there. One car's news must not read the whole round.
    added = place = 0
    while place < len(found) and there + added < sample:
        some = found[place : place + min(CHUNK, sample - there - added)]
        added += _add(session, row, some, silent=True)
        place += len(some)
    session.connection().execute(
        sa.update(FollowUp).where(col(FollowUp.id) == row.id).values(silent=col(FollowUp.silent) + added)
    )


def may_be_asked(session: Session, item: RoadmapItem, member_ids: Iterable[int]) -> set[int]:
    """Those of the members who may see the item, have an open account and do not work for the brand."""
    return readers_among(session, item, earners(session, member_ids))


def behind(session: Session, item_id: int) -> set[int]:
    """Whoever wrote about it or voted for it; who only follows it need not have it."""
    posts = session.exec(select(ItemPost.post_id).where(ItemPost.item_id == item_id)).all()
    people = forum.people_behind(session, posts)
    return {*people.authors, *people.voters}


def _answers(session: Session, item_id: int, post_ids: set[int]) -> bool:
    """Whether the item answers one of these posts."""
    statement = select(ItemPost.post_id).where(ItemPost.item_id == item_id, col(ItemPost.post_id).in_(post_ids))
    return session.exec(statement.limit(1)).first() is not None


def _owners_with(session: Session, item: RoadmapItem, cars: Sequence[Car]) -> dict[int, int]:
    """Owners whose car has the item now, with that car."""
    item_id = item.id or 0
    told = verdicts(session, [item_id], cars)
    found: dict[int, int] = {}
    for car in cars:
        verdict = told.get((item_id, car.id))
        if verdict is not None and verdict.kind is VerdictKind.HAS:
            found.setdefault(car.member_id, car.id)
    return found


def _not_impossible(session: Session, item: RoadmapItem, spoke: set[int]) -> dict[int, int | None]:
    """Everybody behind an item that came without a release, but those for whose cars it is not possible."""
    item_id, cars = item.id or 0, cars_of(session, spoke)
    told = verdicts(session, [item_id], cars)
    found: dict[int, int | None] = dict.fromkeys(sorted(spoke))
    for member_id in found:
        own = [car for car in cars if car.member_id == member_id]
        fitting = [car for car in own if told[item_id, car.id].kind is not VerdictKind.NOT_POSSIBLE]
        found[member_id] = fitting[0].id if fitting else (0 if own else None)
    return {member_id: car for member_id, car in found.items() if car != 0}


def _sample(item_id: int, owners: dict[int, int], *, besides: Iterable[int]) -> list[tuple[int, int]]:
    """Owners in an order that is the same each time and favours nobody."""
    left = set(owners) - set(besides)
    order = sorted(left, key=lambda member_id: (zlib.crc32(f"{item_id}:{member_id}".encode()), member_id))
    return [(member_id, owners[member_id]) for member_id in order]


def _all_cars(session: Session) -> list[Car]:
    ids = session.exec(select(Vehicle.member_id).where(col(Vehicle.removed_at).is_(None)).distinct()).all()
    return cars_of(session, ids)
