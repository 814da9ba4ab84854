"""The figures of one month, each counted the same way every time; what each means stands in `words`."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.clocks.models import ResponseClock
from cocreate.core import clock
from cocreate.core.tables import columns
from cocreate.notify.deliveries.models import Channel, Delivery, State
from feedback_cluster import api as cluster
from forum import api as forum
from roadmap.items.models import ItemChange, ItemStage, ItemStatus, RoadmapItem
from roadmap.items.stages import STATUS_OF
from roadmap.links.models import ItemLink, ItemPost
from roadmap.promises import queries as promises
from roadmap.releases.models import Release
from roadmap.value.months import first_day, last_day, span

WEEKS = 8
"""How long before and after a release a theme is listened to."""
LEAST_VOICES = 4
"""Fewer voices in the weeks before say nothing about a theme that falls silent."""


def count(session: Session, month: str, zone: ZoneInfo) -> dict[str, Any]:
    """All figures of the month, as far as it has gone."""
    start, end = span(month, zone)
    today = clock.now().astimezone(zone).date()
    return {
        "engineering": engineering(session, start, end),
        "answer": first_answer(session, start, end),
        "votes": votes_delivered(session, end),
        "promises": promises_kept(session, month, today),
        "repeats": repeats_removed(session, start, end, zone),
        "told": told(session, start, end),
    }


def engineering(session: Session, start: datetime, end: datetime) -> dict[str, Any]:
    """Voices that engineering first heard of in the month, and how many days that took them."""
    first = cluster.acknowledged(session, end)
    linked = (
        select(ItemPost.post_id, ItemPost.since, RoadmapItem.created_at)
        .join(RoadmapItem, col(RoadmapItem.id) == ItemPost.item_id)
        .where(col(ItemPost.since) < end)
    )
    born: dict[int, datetime] = {}
    for post_id, since, item_at in session.exec(linked):
        if since <= first.get(post_id, since):
            first[post_id], born[post_id] = since, item_at
    heard = {post_id: moment for post_id, moment in first.items() if start <= moment < end}
    raised = forum.raised_at(session, heard)
    days = sorted(
        (heard[post_id] - moment).total_seconds() / 86400
        for post_id, moment in raised.items()
        # A voice that joins an item which is there already reached nobody anew.
        if moment <= min(heard[post_id], born.get(post_id, heard[post_id]))
    )
    return {"voices": len(days), "median_days": _rounded(median(days))}


def first_answer(session: Session, start: datetime, end: datetime) -> dict[str, Any]:
    """Posts whose first human answer fell into the month: how many hours it took, and how many came in time."""
    statement = columns(ResponseClock.started_at, ResponseClock.stopped_at, ResponseClock.due_at).where(
        ResponseClock.queue == forum.FIRST_ANSWER, col(ResponseClock.answered),
        col(ResponseClock.stopped_at) >= start, col(ResponseClock.stopped_at) < end,
    )  # fmt: skip
    rows = list(session.exec(statement))
    hours = sorted((stopped - started).total_seconds() / 3600 for started, stopped, _ in rows)
    in_time = sum(stopped <= due for _, stopped, due in rows)
    return {"answered": len(rows), "in_time": in_time, "median_hours": _rounded(median(hours))}


def votes_delivered(session: Session, end: datetime) -> dict[str, Any]:
    """Of all votes cast until the end of the month, those on posts whose item had shipped by then."""
    stands: dict[int, ItemStatus] = {}
    steps = select(ItemChange.item_id, ItemChange.stage).where(col(ItemChange.at) < end)
    for item_id, stage in session.exec(steps.order_by(col(ItemChange.at), col(ItemChange.id))):
        stands[item_id] = STATUS_OF[ItemStage(stage)]
    shipped = {item_id for item_id, status in stands.items() if status == ItemStatus.SHIPPED}
    behind = {
        post_id for item_id, post_id in session.exec(select(ItemPost.item_id, ItemPost.post_id)) if item_id in shipped
    }
    votes = forum.votes_before(session, end)
    delivered = sum(number for post_id, root_id, number in votes if post_id in behind or root_id in behind)
    return {"delivered": delivered, "all": sum(number for _, _, number in votes)}


def promises_kept(session: Session, month: str, today: date) -> dict[str, Any]:
    """Promises whose reckoning fell into the month."""
    rate = promises.rate(
        session, min(today, last_day(month) + timedelta(days=1)), since=first_day(month), until=last_day(month)
    )
    return {"kept": rate.kept, "late": rate.late, "owed": rate.owed, "dropped": rate.dropped}


def repeats_removed(session: Session, start: datetime, end: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """Themes behind items of releases whose eight weeks ended in the month: how many were spoken of half as often."""
    reach = timedelta(weeks=WEEKS)
    statement = (
        columns(ItemLink.current_theme_id, Release.id, Release.released_at)
        .join(RoadmapItem, col(RoadmapItem.id) == ItemLink.item_id)
        .join(Release, col(Release.id) == RoadmapItem.release_id)
        .where(
            col(ItemLink.current_theme_id).is_not(None), col(Release.released_at) >= start - reach,
            col(Release.released_at) < end - reach,
        )
        .order_by(col(ItemLink.current_theme_id), col(Release.released_at))
    )  # fmt: skip
    rows = list(session.exec(statement))
    weekly = cluster.weekly_voices(session, {row[0] for row in rows})
    found = []
    for theme_id, release_id, moment in dict.fromkeys(map(tuple, rows)):
        before, after = around(weekly.get(theme_id, {}), clock.week_start(moment, zone))
        if before >= LEAST_VOICES:
            found.append({"theme": theme_id, "release": release_id, "before": before, "after": after})
    removed = [one for one in found if 2 * one["after"] <= one["before"]]
    return {"themes": len(found), "removed": len(removed), "list": removed[:50]}


def around(weekly: dict[str, int], week: date) -> tuple[int, int]:
    """Voices in the eight weeks before the one of the release, and in the eight weeks after it."""

    def total(weeks: range) -> int:
        return sum(weekly.get((week + timedelta(weeks=place)).isoformat(), 0) for place in weeks)

    return total(range(-WEEKS, 0)), total(range(1, WEEKS + 1))


def told(session: Session, start: datetime, end: datetime) -> dict[str, Any]:
    """People who were told what becomes of their words, or what a release or an announcement brings them."""
    statement = columns(sa.func.count(sa.distinct(col(Delivery.member_id))), sa.func.count()).where(
        Delivery.channel == Channel.INBOX, Delivery.state == State.SENT, col(Delivery.notice).like("roadmap.%"),
        col(Delivery.created_at) >= start, col(Delivery.created_at) < end,
    )  # fmt: skip
    people, messages = session.exec(statement).one()
    return {"people": people, "messages": messages}


def median(values: Sequence[float]) -> float | None:
    """The middle of sorted values; None of none."""
    if not values:
        return None
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
