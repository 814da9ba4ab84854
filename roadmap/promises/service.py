"""Promises are made, moved with a reason, kept, explained and dropped; each act is one line of a history that stays."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from cocreate.core import audit, clock, outbox
from cocreate.core.actor import Actor
from cocreate.core.db import insert_once
from cocreate.core.errors import Conflict, Invalid, NotFound
from cocreate.core.runtime import runtime_of
from cocreate.core.text_marks import N_
from roadmap.items.models import ItemStage, RoadmapItem
from roadmap.promises.history import (
    PromiseMoved,
    PromiseSettled,
    ReasonMissing,
    change,
    check_standing,
    need,
    note,
)
from roadmap.promises.models import Promise, PromiseAct, PromiseEvent, PromiseKind, PromiseState
from roadmap.releases.models import Release

__all__ = ["PromiseMoved", "PromiseSettled", "ReasonMissing", "Words", "commit_date", "make"]

TELL = "roadmap.tell_moved"
ARRIVED = (ItemStage.ARRIVED, ItemStage.VERIFIED)
"""Stages at which what was promised of an item is in the cars."""


class DateElsewhere(Conflict):
    code = "date_elsewhere"
    message = N_("This date belongs to an item or a release. Please change it there; the ledger follows.")


class NotLate(Conflict):
    code = "not_late"
    message = N_("This promise is not late, so there is nothing to explain.")


@dataclass(frozen=True)
class Words:
    """What a promise says: its text, for whom, how it is measured, and the window or day."""

    wording: str
    models: tuple[str, ...] = ()
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
    check_date(session, subject, old, new, reason=reason, public=public, starts_on=starts_on)
    promise = standing_promise(session, about)
    if promise is None and delivered(session, kind, subject_id):
        # What was delivered keeps its verdict; that its date was rewritten afterwards stands in the history.
        if (settled := _newest(session, about)) and old != new and public:
            note(session, settled, PromiseAct.MOVED, by, reason=reason, before_on=old, after_on=new)
        return
    if promise is None and public and old is not None and old != new and _newest(session, about) is None:
        # The date was said before there was a ledger, so it counts as a promise all the same.
        promise = _make_about(session, kind, subject_id, old, None, by)
    if promise is None:
        if new is not None and public:
            _make_about(session, kind, subject_id, new, starts_on, by)
    elif new is None or not public:
        drop(session, promise, reason=reason, by=by)
    else:
        move(session, promise, new, reason=reason, by=by, starts_on=starts_on)


def check_date(
    session: Session, subject: tuple[str, int], old: date | None, new: date | None, *, reason: str, public: bool,
    starts_on: date | None = None
) -> None:  # fmt: skip
    """ReasonMissing where `commit_date` would need a reason and there is none; writes nothing."""
    about = f"{subject[0]}:{subject[1]}"
    promise = standing_promise(session, about)
    if promise is not None:
        same = public and (new, starts_on) == (promise.due_on, promise.starts_on)
    elif not public or old == new:
        same = True
    else:
        # Without a standing promise: one that was settled, or a date that was said before there was a ledger.
        ended = _newest(session, about) is not None
        same = old is None if not ended else not delivered(session, PromiseKind(subject[0]), subject[1])
    if not same:
        need(reason)


def delivered(session: Session, kind: PromiseKind, subject_id: int) -> bool:
    """Whether the item has reached the cars, or the release is out."""
    if kind == PromiseKind.ITEM:
        item = session.get(RoadmapItem, subject_id)
        return item is not None and item.stage in ARRIVED
    release = session.get(Release, subject_id)
    return release is not None and release.released_at is not None and release.released_at <= clock.now()


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
    words = Words(title, tuple(models), starts_on=starts_on, due_on=due_on)
    return make(session, words, kind=kind, by=by, about=f"{kind.value}:{subject_id}")


def make(
    session: Session, words: Words, *, kind: PromiseKind, by: Actor, about: str | None = None,
    external_id: str | None = None, import_id: int | None = None, at: datetime | None = None
) -> Promise:  # fmt: skip
    """A new promise, open, with the first line of its history. About an item or a release: one stands at a time."""
    slot = about if kind in (PromiseKind.ITEM, PromiseKind.RELEASE) else None
    promise = Promise(
        kind=kind, about=about, slot=slot, wording=words.wording, models=list(words.models), scope=words.scope,
        measure=words.measure, starts_on=words.starts_on, due_on=words.due_on, first_due_on=words.due_on,
        assignee_id=by.id, external_id=external_id, import_id=import_id, created_by=by.id,
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
    note(session, promise, PromiseAct.MADE, by, after_on=words.due_on, at=at, data={"wording": words.wording})
    audit.record(session, by, "promise.make", "promise", promise.id)
    return promise


def move(
    session: Session, promise: Promise, new: date, *, reason: str, by: Actor, starts_on: date | None = None
) -> None:
    """Another day, with the reason that owners read; the same day and window change nothing."""
    if promise.due_on == new and (promise.starts_on == starts_on):
        return
    check_standing(promise)
    need(reason)
    before, window = promise.due_on, promise.starts_on
    values: dict[str, Any] = {"due_on": new, "starts_on": starts_on, "moves": col(Promise.moves) + 1}
    if promise.first_due_on is None:
        values["first_due_on"] = new
    change(session, promise, values)
    data = {"starts": [day.isoformat() if day else None for day in (window, starts_on)]} if window or starts_on else {}
    note(session, promise, PromiseAct.MOVED, by, reason=reason, before_on=before, after_on=new, data=data)
    if before != new:
        _have_told(session, promise)
    audit.record(session, by, "promise.move", "promise", promise.id)


def drop(session: Session, promise: Promise, *, reason: str, by: Actor, on: date | None = None) -> None:
    """The brand no longer promises this, and says why. on: the day it was said, today where nothing is given."""
    check_standing(promise)
    need(reason)
    day = on or local_day(session)
    change(session, promise, {"state": PromiseState.DROPPED, "slot": None, "settled_on": day})
    note(session, promise, PromiseAct.DROPPED, by, reason=reason, before_on=promise.due_on)
    # What follows from a declined item is told as the step that it is.
    if by.id is not None:
        _have_told(session, promise)
    audit.record(session, by, "promise.drop", "promise", promise.id)


def _have_told(session: Session, promise: Promise) -> None:
    """Those who wait for an item hear that its day moved or is gone, by the newest line of its history."""
    if promise.kind == PromiseKind.ITEM:
        newest = session.exec(select(sa.func.max(PromiseEvent.id)).where(PromiseEvent.promise_id == promise.id)).one()
        outbox.enqueue(session, TELL, lane=outbox.MESSAGES, key=f"promise.moved:{newest}", event_id=newest)


def local_day(session: Session) -> date:
    """The day that it is for the site's readers."""
    runtime = runtime_of(session)
    return clock.now().astimezone(runtime.settings.zone if runtime else UTC).date()


def keep(session: Session, promise: Promise, *, on: date, by: Actor, reason: str = "") -> None:
    """What was promised is there since `on`: kept, or late when its day had passed. Late, a reason may be given."""
    check_standing(promise)
    late = promise.due_on is not None and on > promise.due_on
    state = PromiseState.LATE if late else PromiseState.KEPT
    change(session, promise, {"state": state, "slot": None, "settled_on": on})
    note(session, promise, PromiseAct.KEPT, by, reason=reason, before_on=promise.due_on, after_on=on)
    audit.record(session, by, "promise.keep", "promise", promise.id, state=state.value)


def reword(session: Session, promise: Promise, words: Words, *, reason: str, by: Actor) -> None:
    """Another wording, scope, measure or day, with the reason that owners read; saying the same again changes nothing.

    The date of an item or a release is moved where it stands, by `commit_date`.
    """
    before = words_of(promise)
    if words == before:
        return
    check_reword(promise, words, reason=reason)
    if words.due_on is not None:
        move(session, promise, words.due_on, reason=reason, by=by, starts_on=words.starts_on)
    changed = {
        name: [getattr(before, name), getattr(words, name)]
        for name in ("wording", "models", "scope", "measure")
        if getattr(before, name) != getattr(words, name)
    }
    if words.due_on is None and words.starts_on != before.starts_on:
        changed["starts_on"] = [day.isoformat() if day else None for day in (before.starts_on, words.starts_on)]
    if changed:
        values = {name: getattr(words, name) for name in changed} | ({"models": list(words.models)})
        change(session, promise, values)
        note(session, promise, PromiseAct.REWORDED, by, reason=reason, data=changed)
        audit.record(session, by, "promise.reword", "promise", promise.id)


def check_reword(promise: Promise, words: Words, *, reason: str) -> None:
    """Refuse what `reword` would refuse; writes nothing."""
    before = words_of(promise)
    check_standing(promise)
    if promise.slot is not None and (words.due_on, words.starts_on) != (before.due_on, before.starts_on):
        raise DateElsewhere(f"promise {promise.id} is about {promise.about}")
    if words.due_on is None and before.due_on is not None:
        raise Invalid("a promise keeps having a day", fields={"due_on": N_("Please fill this in.")})
    if words.starts_on and words.due_on and words.starts_on > words.due_on:
        raise Invalid("a window that ends before it begins", fields={"due_on": N_("This ends before it begins.")})
    need(reason)


def words_of(promise: Promise) -> Words:
    return Words(
        promise.wording, tuple(promise.models), promise.scope, promise.measure, promise.starts_on, promise.due_on
    )


def explain(session: Session, promise: Promise, *, reason: str, by: Actor, today: date) -> None:
    """Say why it is late; only of what is late, and each explanation stays."""
    if promise.shown_state(today) != PromiseState.LATE:
        raise NotLate(f"promise {promise.id} is {promise.state}")
    need(reason)
    note(session, promise, PromiseAct.EXPLAINED, by, reason=reason, before_on=promise.due_on)
    audit.record(session, by, "promise.explain", "promise", promise.id)


def measured(
    session: Session, promise: Promise, *, cases: int, missed: int, until: date, by: Actor, reason: str = ""
) -> None:
    """So many cases of a standing service until a day, and in so many of them the promise was missed."""
    check_standing(promise)
    if missed > cases:
        raise Invalid("more missed than there were", fields={"missed": N_("This number is too large.")})
    note(
        session, promise, PromiseAct.MEASURED, by, reason=reason, after_on=until,
        data={"cases": cases, "missed": missed},
    )  # fmt: skip
    audit.record(session, by, "promise.measure", "promise", promise.id)


def note_lateness(session: Session, promise: Promise, today: date) -> bool:
    """Write that the day has passed, once for each day that was promised; True when that was new."""
    if not promise.overdue(today):
        return False
    key = f"late:{promise.id}:{promise.due_on}"
    return note(session, promise, PromiseAct.LATE, None, before_on=promise.due_on, key=key)


def get_promise(session: Session, promise_id: int) -> Promise:
    """The promise; NotFound when there is none."""
    promise = session.get(Promise, promise_id)
    if promise is None:
        raise NotFound(f"promise {promise_id}")
    return promise
