"""Writing the delivery log: what was planned, and every step after it."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cocreate.core import clock
from cocreate.core.errors import Conflict
from cocreate.core.text_marks import N_
from cocreate.notify.deliveries.models import OPEN, Channel, Delivery, DeliveryStep, Reason, State
from cocreate.notify.plan import Outcome

BACK_OFF = (60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600)
"""Seconds until a delivery is tried again; after the last it is given up."""


def planned(channel: Channel, outcome: Outcome, moment: datetime, about: dict[str, Any]) -> dict[str, Any]:
    """The row of a member's delivery that says what is meant to happen; final at once where nothing is left to do."""
    return {
        **about, "channel": channel, "state": outcome.state, "reason": outcome.reason, "bundle": outcome.bundle,
        "due_at": outcome.due_at, "attempts": 0, "params": {}, "url": "", "created_at": moment,
        "ended_at": None if outcome.state in OPEN else moment,
    }  # fmt: skip


def settle(
    session: Session,
    delivery_ids: list[int],
    state: State,
    reason: Reason = Reason.NONE,
    *,
    detail: str = "",
    due_at: datetime | None = None,
    bundle: str | None = None,
) -> int:
    """Bring open deliveries to a state and note the step; how many. What has ended in the meantime stays as it is."""
    moment, done = clock.now(), 0
    values: dict[str, Any] = {"state": state, "reason": reason, "due_at": due_at}
    values["ended_at"] = None if state in OPEN else moment
    if bundle is not None:
        values["bundle"] = bundle
    for delivery_id in delivery_ids:
        unfinished = (col(Delivery.id) == delivery_id, col(Delivery.state).in_(OPEN))
        result: Any = session.connection().execute(sa.update(Delivery).where(*unfinished).values(**values))
        if result.rowcount:
            done += 1
            session.add(
                DeliveryStep(delivery_id=delivery_id, at=moment, state=state, reason=reason, detail=detail[:200])
            )
    session.flush()
    return done


def failed(session: Session, delivery: Delivery, reason: Reason, detail: str) -> None:
    """Try again after a growing pause, or give up after the last."""
    pause = retry_pause(delivery.attempts)
    if pause is None:
        settle(session, [delivery.id or 0], State.PARKED, reason, detail=detail)
    else:
        settle(
            session,
            [delivery.id or 0],
            State.FAILED,
            reason,
            detail=detail,
            due_at=clock.now() + timedelta(seconds=pause),
        )


def retry_pause(attempts: int) -> int | None:
    """Seconds until the next try after so many; None when it was the last."""
    return BACK_OFF[attempts - 1] if 1 <= attempts <= len(BACK_OFF) else None


class NotGivenUp(Conflict):
    code = "not_given_up"
    message = N_("This was not given up, so there is nothing to try again.")


def retry(session: Session, delivery_id: int) -> None:
    """Have a delivery that was given up tried anew; NotGivenUp when it stands otherwise."""
    given_up = (col(Delivery.id) == delivery_id, col(Delivery.state) == State.PARKED)
    values = {"state": State.PLANNED, "reason": Reason.NONE, "due_at": clock.now(), "ended_at": None, "attempts": 0}
    result: Any = session.connection().execute(sa.update(Delivery).where(*given_up).values(**values))
    if result.rowcount != 1:
        raise NotGivenUp(f"delivery {delivery_id}")
    session.add(DeliveryStep(delivery_id=delivery_id, state=State.PLANNED))
