"""Promises are made, moved with a reason, kept, explained and dropped; each act is one line of a history that stays."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import audit, clock
from cocreate.core.actor import Actor
from cocreate.core.db import insert_once
from cocreate.core.errors import Conflict, Invalid, NotFound
from cocreate.core.text_marks import N_
from roadmap.items.models import RoadmapItem
from roadmap.promises.models import Promise, PromiseAct, PromiseEvent, PromiseKind, PromiseState
from roadmap.releases.models import Release

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


@dataclass(frozen=True)
class Words:
    """What a promise says: its text, for whom, how it is measured, and the window or day."""

    wording: str
    models: Sequence[str] = ()
    scope: str = ""
    measure: str = ""
    starts_on: date | None = None
    due_on: date | None = None


def commit_date(
    session: Session, subject: tuple[str, int], old: date | None, new: date | None, *, reason: str, by: Actor,
    public: bool, starts_on: date | None = None
) -> None:  # fmt: skip
    """Take the date of an item or a release ("item", 3) into the ledger: made, moved or dropped.

    Call it before the row is written, with the date that the row has and the one that it gets; `starts_on` is the first
    day of the new window, if there is one. Raises ReasonMissing when a date that stood in public changes, goes, or
    leaves the public with its subject, and no reason is given. The same date once more changes nothing.
    """
    kind, subject_id = PromiseKind(subject[0]), subject[1]
    about = f"{kind.value}:{subject_id}"
    promise = standing_promise(session, about)
    settled = None if promise else _newest(session, about)
    if promise is None and old is not None and old != new and public and settled is None:
        # The date was said before there was a ledger, so it counts as a promise all the same.
        _need(reason, "reason")
        promise = _make_about(session, kind, subject_id, old, None, by)
    if promise is None:
        if settled is not None and settled.due_on == old:
            _after_the_end(session, settled, old, new, reason, by, public=public)
        elif new is not None and public:
            _make_about(session, kind, subject_id, new, starts_on, by)
        return
    if new is None or not public:
        drop(session, promise, reason=reason, by=by)
    else:
        move(session, promise, new, reason=reason, by=by, starts_on=starts_on)


def _after_the_end(
    session: Session, promise: Promise, old: date | None, new: date | None, reason: str, by: Actor, *, public: bool
) -> None:
    """The date of something that was delivered or dropped changes: delivered, it is noted and the verdict stays;
    dropped, it is a new promise."""
    if promise.state == PromiseState.DROPPED:
        if new is not None and public:
            kind, _, subject_id = (promise.about or "").partition(":")
            _make_about(session, PromiseKind(kind), int(subject_id), new, None, by)
        return
    if old != new and public:
        _need(reason, "reason")
        _note(session, promise, PromiseAct.MOVED, by, reason=reason, before_on=old, after_on=new)


def standing_promise(session: Session, about: str) -> Promise | None:
    """The promise that stands about an item or a release, "item:3"."""
    return session.exec(select(Promise).where(Promise.slot == about)).one_or_none()


def _newest(session: Session, about: str) -> Promise | None:
    statement = select(Promise).where(Promise.about == about).order_by(col(Promise.id).desc()).limit(1)
    return session.exec(statement).first()


def _make_about(
    session: Session, kind: PromiseKind, subject_id: int, due_on: date, starts_on: date | None, by: Actor
) -> Promise:
    row: RoadmapItem | Release | None
    if kind == PromiseKind.ITEM:
        row = session.get(RoadmapItem, subject_id)
        models: list[str] = []
    else:
        row = session.get(Release, subject_id)
        models = list(row.models) if row else []
    if row is None:
        raise NotFound(f"{kind.value} {subject_id}")
    title = row.title if isinstance(row, RoadmapItem) else f"{row.version} · {row.title}"
    words = Words(title, models, starts_on=starts_on, due_on=due_on)
    return make(session, words, kind=kind, by=by, about=f"{kind.value}:{subject_id}")


def make(
    session: Session, words: Words, *, kind: PromiseKind, by: Actor, about: str | None = None,
    external_id: str | None = None, assignee_id: int | None = None, at: datetime | None = None
) -> Promise:  # fmt: skip
    """A new promise, open, with the first line of its history. About an item or a release: one stands at a time."""
    slot = about if kind in (PromiseKind.ITEM, PromiseKind.RELEASE) else None
    promise = Promise(
        kind=kind, about=about, slot=slot, wording=words.wording, models=list(words.models), scope=words.scope,
        measure=words.measure, starts_on=words.starts_on, due_on=words.due_on, first_due_on=words.due_on,
        assignee_id=assignee_id or by.id, external_id=external_id, created_by=by.id,
        created_at=at or clock.now(),
    )  # fmt: skip
    if slot is None:
        session.add(promise)
        session.flush()
    else:
        # Two people who say the first date at once: one promise, and the slower one looks again.
        if not insert_once(session, promise):
            raise PromiseMoved(f"a promise about {slot} stands already")
        found = standing_promise(session, slot)
        if found is None:
            raise PromiseMoved(f"the promise about {slot} is gone")
        promise = found
    _note(session, promise, PromiseAct.MADE, by, after_on=words.due_on, at=at, data={"wording": words.wording})
    audit.record(session, by, "promise.make", "promise", promise.id)
    return promise


def move(
    session: Session, promise: Promise, new: date, *, reason: str, by: Actor, starts_on: date | None = None
) -> None:
    """Another day, with the reason that owners read; the same day and window change nothing."""
    if promise.due_on == new and (promise.starts_on == starts_on):
        return
    _check_standing(promise)
    _need(reason, "reason")
    before, window = promise.due_on, promise.starts_on
    values: dict[str, Any] = {"due_on": new, "starts_on": starts_on, "moves": col(Promise.moves) + 1}
    if promise.first_due_on is None:
        values["first_due_on"] = new
    _change(session, promise, values)
    data = {"starts": [day.isoformat() if day else None for day in (window, starts_on)]} if window or starts_on else {}
    _note(session, promise, PromiseAct.MOVED, by, reason=reason, before_on=before, after_on=new, data=data)
    audit.record(session, by, "promise.move", "promise", promise.id)


def drop(session: Session, promise: Promise, *, reason: str, by: Actor, on: date | None = None) -> None:
    """The brand no longer promises this, and says why."""
    _check_standing(promise)
    _need(reason, "reason")
    _change(session, promise, {"state": PromiseState.DROPPED, "slot": None, "settled_on": on})
    _note(session, promise, PromiseAct.DROPPED, by, reason=reason, before_on=promise.due_on)
    audit.record(session, by, "promise.drop", "promise", promise.id)


def _need(reason: str, field: str) -> None:
    if not reason.strip():
        raise ReasonMissing(fields={field: ReasonMissing.message})


def _check_standing(promise: Promise) -> None:
    if not promise.standing:
        raise PromiseSettled(f"promise {promise.id} is {promise.state}")


def _change(session: Session, promise: Promise, values: dict[str, Any]) -> None:
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


def _note(
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
