"""Telling staff groups through their robots; adding, pausing and removing these."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.db import insert_many_once
from cocreate.notify.deliveries.models import Channel, Delivery, Reason, State
from cocreate.notify.robots.models import Robot


def announce(
    session: Session,
    notice: str,
    *,
    key: str,
    params: Mapping[str, Any],
    url: str,
    department_id: int | None = None,
    topic: str = "",
) -> int:
    """Have the robots of a department say something, once per key; how many will.

    Where the department has no robot, or none is named, those say it that belong to no department.
    """
    robots = [robot for robot in active(session) if robot.department_id == department_id]
    if not robots:
        robots = [robot for robot in active(session) if robot.department_id is None]
    rows = [_row(robot, key=key, notice=notice, topic=topic, params=dict(params), url=url) for robot in robots]
    insert_many_once(session, rows)
    return sum(row.state == State.PLANNED for row in rows)


def active(session: Session) -> list[Robot]:
    """All robots that were not removed, paused ones too, oldest first."""
    return list(session.exec(select(Robot).where(col(Robot.removed_at).is_(None)).order_by(col(Robot.id))))


def _row(robot: Robot, **about: Any) -> Delivery:
    moment = clock.now()
    row = Delivery(robot_id=robot.id, channel=Channel.ROBOT, state=State.PLANNED, due_at=moment, **about)
    if robot.paused_at is not None:
        row.state, row.reason, row.due_at, row.ended_at = State.SKIPPED, Reason.PAUSED, None, moment
    return row
