"""Says to staff groups what is due: one post per robot and pause, with everything that waits for it. A thread beside
the worker."""

import logging
import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import clock
from cocreate.core.errors import Invalid
from cocreate.core.runtime import Runtime
from cocreate.notify.deliveries.models import Channel, Delivery, Reason, State
from cocreate.notify.deliveries.service import failed, settle
from cocreate.notify.inbox.views import worded
from cocreate.notify.outbound import CallFailed, exceptions, post_json
from cocreate.notify.plan import zone_named
from cocreate.notify.robots import vendors
from cocreate.notify.robots.models import Robot
from cocreate.notify.robots.seal import Unreadable, unseal
from cocreate.web.i18n import Translator

log = logging.getLogger("cocreate.robots")
LEASE = timedelta(minutes=2)
PAUSE_SECONDS = 1.0
AT_ONCE = 20
"""Messages that one post carries."""


def run(runtime: Runtime, over: threading.Event) -> None:
    """Background: say what is due until `over`."""
    while not over.wait(PAUSE_SECONDS):
        try:
            say_due(runtime)
        except Exception:
            log.exception("robots said nothing")


def say_due(runtime: Runtime) -> int:
    """One post by each robot for which something is due and whose pause is over; how many messages were said."""
    with runtime.database.read() as session:
        due = select(Delivery.robot_id).where(*_due()).distinct().order_by(col(Delivery.robot_id))
        robots = [robot_id for robot_id in session.exec(due) if robot_id is not None]
    return sum(_say(runtime, robot_id) for robot_id in robots)


def _due() -> Sequence[Any]:
    channel: Any = Delivery.channel == Channel.ROBOT
    return channel, col(Delivery.ended_at).is_(None), col(Delivery.due_at) <= clock.now()


def _say(runtime: Runtime, robot_id: int) -> int:
    with runtime.database.write() as session:
        robot = session.get_one(Robot, robot_id)
        rows = _take(session, robot)
    if not rows:
        return 0
    done, again, detail = False, True, ""
    try:
        done, again, detail = post(runtime, robot, [_line(runtime, row) for row in rows], rows[0].url)
    except CallFailed as error:
        detail = str(error)
    except (Invalid, Unreadable) as error:
        again, detail = False, type(error).__name__
    except Exception as error:  # words that cannot be put together must not hold up the other robots
        log.exception("robot %s could not say deliveries %s", robot_id, [row.id for row in rows])
        detail = type(error).__name__
    ids = [row.id or 0 for row in rows]
    with runtime.database.write() as session:
        if done:
            settle(session, ids, State.SENT)
        elif not again:
            settle(session, ids, State.PARKED, Reason.REFUSED, detail=detail)
        else:
            for row in rows:
                failed(session, row, Reason.UNREACHABLE, detail)
    return len(ids) if done else 0


def _take(session: Session, robot: Robot) -> list[Delivery]:
    """What this robot says next, in our hands; nothing while its pause lasts. The pause is the lock as well: of two
    processes only one finds it over."""
    moment = clock.now()
    apart = timedelta(seconds=vendors.RULES[robot.vendor].seconds_apart)
    free: Sequence[Any] = (col(Robot.id) == robot.id, col(Robot.next_at) <= moment)
    claimed: Any = session.connection().execute(sa.update(Robot).where(*free).values(next_at=moment + apart))
    if claimed.rowcount != 1:
        return []
    mine: Sequence[Any] = (*_due(), Delivery.robot_id == robot.id)
    rows = list(session.exec(select(Delivery).where(*mine).order_by(col(Delivery.id)).limit(AT_ONCE)))
    ids = [row.id or 0 for row in rows]
    if robot.paused_at is not None or robot.removed_at is not None:
        settle(session, ids, State.SKIPPED, Reason.PAUSED)
        return []
    taken = {"state": State.SENDING, "due_at": moment + LEASE, "attempts": col(Delivery.attempts) + 1}
    session.connection().execute(sa.update(Delivery).where(col(Delivery.id).in_(ids)).values(**taken))
    for row in rows:
        session.refresh(row)
    return rows


def _line(runtime: Runtime, row: Delivery) -> str:
    settings = runtime.settings
    said = worded(runtime.notices, Translator(settings.language, zone_named(settings.timezone)), row.notice, row.params)
    return "\n".join(filter(None, [f"【{settings.brand_name}】{said.title}", said.body, said.reason]))


def post(runtime: Runtime, robot: Robot, lines: list[str], path: str) -> tuple[bool, bool, str]:
    """Post these lines; whether they were taken, whether another try may help, and what was answered."""
    settings = runtime.settings
    more = Translator(settings.language, zone_named(settings.timezone)).gettext("There is more on the site.")
    text = vendors.fit(robot.vendor, lines, settings.public_url + path, more=more)
    address, secret = unseal(settings, robot.sealed_url), unseal(settings, robot.sealed_secret)
    url, body = vendors.request(robot.vendor, address, secret, text, clock.now())
    rule = vendors.RULES[robot.vendor]
    reply = post_json(url, body, hosts=rule.hosts, allow=exceptions(settings.outbound_allow))
    return vendors.accepted(robot.vendor, reply)
