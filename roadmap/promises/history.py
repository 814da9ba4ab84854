"""How a promise changes: only over what was seen, never after its end, and never without a line in its history."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from cocreate.core import clock
from cocreate.core.actor import Actor
from cocreate.core.db import insert_once
from cocreate.core.errors import Conflict, Invalid
from cocreate.core.text_marks import N_
from roadmap.promises.models import Promise, PromiseAct, PromiseEvent

LONGEST_REASON = 1000


class ReasonMissing(Invalid):
    """A public date, wording or promise may not change in silence."""

    code = "reason_missing"
    message = N_("This was said in public. Please say in one sentence why it changes; owners will read it.")


class PromiseSettled(Conflict):
    code = "promise_settled"
    message = N_("This promise is settled; its history stays as it is. Make a new one instead.")


class PromiseMoved(Conflict):
    code = "promise_moved"
    message = N_("Somebody has changed this promise in the meantime. Please look at its history first.")


def need(reason: str) -> None:
    if not reason.strip():
        raise ReasonMissing(fields={"reason": ReasonMissing.message})


def check_standing(promise: Promise) -> None:
    if not promise.standing:
        raise PromiseSettled(f"promise {promise.id} is {promise.state}")


def change(session: Session, promise: Promise, values: dict[str, Any]) -> None:
    """Write only over what was seen: of two people at once, the slower one is told to look again."""
    due, starts = col(Promise.due_on), col(Promise.starts_on)
    seen = (
        col(Promise.id) == promise.id,
        col(Promise.state) == promise.state,
        col(Promise.wording) == promise.wording,
        due == promise.due_on if promise.due_on else due.is_(None),
        starts == promise.starts_on if promise.starts_on else starts.is_(None),
    )
    result: Any = session.connection().execute(sa.update(Promise).where(*seen).values(**values))
    if result.rowcount != 1:
        raise PromiseMoved(f"promise {promise.id} was changed meanwhile")
    session.refresh(promise)


def note(
    session: Session, promise: Promise, act: PromiseAct, by: Actor | None, *, reason: str = "",
    before_on: date | None = None, after_on: date | None = None, key: str | None = None,
    data: dict[str, Any] | None = None, at: datetime | None = None
) -> bool:  # fmt: skip
    """One more line of the history; False when its key is there already."""
    event = PromiseEvent(
        promise_id=promise.id or 0, act=act, key=key, reason=reason.strip()[:LONGEST_REASON], before_on=before_on,
        after_on=after_on, data=data or {}, by_id=by.id if by else None, at=at or clock.now(),
    )  # fmt: skip
    return insert_once(session, event)
