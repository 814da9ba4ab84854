"""Telling staff groups through their robots; adding, pausing and removing these."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import audit, clock
from cocreate.core.actor import Actor
from cocreate.core.config import Settings
from cocreate.core.db import insert_many_once
from cocreate.core.errors import Invalid, NotFound
from cocreate.core.module import Notice
from cocreate.core.text_marks import N_
from cocreate.identity.departments.queries import departments
from cocreate.notify.deliveries.models import Channel, Delivery, Reason, State
from cocreate.notify.outbound import AddressRefused, CallFailed, check, exceptions
from cocreate.notify.robots.forms import RobotForm
from cocreate.notify.robots.models import Robot
from cocreate.notify.robots.seal import seal
from cocreate.notify.robots.vendors import RULES

TEST = "notify.robot_test"
NOTICES = {TEST: Notice(N_("“%(robot)s” is connected"), N_("Because %(who)s tried it."), group="work")}


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


class RobotUnknown(NotFound):
    code = "robot_unknown"


def get_robot(session: Session, robot_id: int) -> Robot:
    """The robot; RobotUnknown when there is none or it was removed."""
    robot = session.get(Robot, robot_id)
    if robot is None or robot.removed_at is not None:
        raise RobotUnknown(f"robot {robot_id}")
    return robot


def add_robot(session: Session, settings: Settings, form: RobotForm, *, by: Actor) -> Robot:
    """A new robot, its address checked and sealed; AddressRefused for one that we may not call."""
    allow = exceptions(settings.outbound_allow)
    try:
        parts, _ = check(form.url, hosts=RULES[form.vendor].hosts, allow=allow)
    except (AddressRefused, CallFailed) as error:
        raise AddressRefused(str(error), fields={"url": AddressRefused.message}) from error
    if form.department is not None and all(one.id != form.department for one in departments(session)):
        raise Invalid("no such department", fields={"department": N_("Please choose one of the options.")})
    robot = Robot(
        name=form.name, vendor=form.vendor, host=(parts.hostname or "")[:120], department_id=form.department,
        sealed_url=seal(settings, form.url), sealed_secret=seal(settings, form.secret), created_by=by.id,
    )  # fmt: skip
    session.add(robot)
    session.flush()
    audit.record(session, by, "robot.add", "robot", robot.id, vendor=robot.vendor.value)
    return robot


def pause_robot(session: Session, robot: Robot, *, paused: bool, by: Actor) -> None:
    """Have the robot say nothing for now, or speak again; what it was meant to say meanwhile is logged as skipped."""
    if (robot.paused_at is not None) == paused:
        return
    robot.paused_at = clock.now() if paused else None
    session.add(robot)
    audit.record(session, by, "robot.pause" if paused else "robot.resume", "robot", robot.id)


def remove_robot(session: Session, robot: Robot, *, by: Actor) -> None:
    """Forget the robot's address; the log of what it said stays."""
    robot.removed_at, robot.sealed_url, robot.sealed_secret = clock.now(), "", ""
    session.add(robot)
    audit.record(session, by, "robot.remove", "robot", robot.id)


def try_robot(session: Session, robot: Robot, *, by: Actor) -> None:
    """Have the robot say that it works."""
    number = session.exec(select(sa.func.count()).select_from(Delivery).where(Delivery.robot_id == robot.id)).one()
    params = {"robot": robot.name, "who": by.name}
    row = _row(robot, key=f"robot:{robot.id}:test:{number}", notice=TEST, topic="", params=params, url="/")
    insert_many_once(session, [row])
