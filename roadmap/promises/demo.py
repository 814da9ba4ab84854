"""The demo's ledger: dates that were kept, moved, missed and given up, services with their cases, words said on air."""

import json
from calendar import monthrange
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session, select

from cocreate.core import clock
from cocreate.core.actor import Actor, Role
from cocreate.core.runtime import Runtime
from cocreate.identity.demo import content as identity_content
from cocreate.identity.members.queries import staff
from roadmap.items.models import RoadmapItem
from roadmap.live.models import LiveTopic
from roadmap.promises import service
from roadmap.promises.follow import today
from roadmap.promises.history import change, note
from roadmap.promises.models import Promise, PromiseAct, PromiseKind, PromiseState
from roadmap.promises.service import Words
from roadmap.releases.models import Release

CONTENT = Path(__file__).parent.parent / "demo" / "promises.json"


def seed(runtime: Runtime) -> None:
    """Write the promises over the items, releases and topics of the roadmap's own seed."""
    rows = json.loads(CONTENT.read_text(encoding="utf-8"))["promises"]
    models = {model["key"]: model["name"] for model in identity_content("brand.json")["models"]}
    with runtime.database.write() as session:
        by = Actor(id=staff(session, Role.PM)[0].id, roles=frozenset({Role.PM}))
        for row in rows:
            _promise(session, row, models, by, today(runtime.settings.zone), runtime)


def _promise(
    session: Session, row: dict[str, Any], models: dict[str, str], by: Actor, now: date, runtime: Runtime
) -> None:
    kind, about, wording, window = _subject(session, row, now, runtime)
    first = now + timedelta(days=row["first_in_days"]) if "first_in_days" in row else window[1]
    since = now - timedelta(days=row["since_days_ago"]) if "since_days_ago" in row else window[0]
    words = Words(
        wording, tuple(models[key] for key in row.get("models", ())), row.get("scope", ""), row.get("measure", ""),
        since if not row.get("moves") else None, first,
    )  # fmt: skip
    promise = service.make(session, words, kind=kind, by=by, about=about, at=_ago(row["made_days_ago"]))
    for move in row.get("moves", ()):
        change(session, promise, {"due_on": window[1], "starts_on": window[0], "moves": promise.moves + 1})
        note(
            session, promise, PromiseAct.MOVED, by, reason=move["reason"], before_on=first, after_on=window[1],
            at=_ago(move["days_ago"]),
        )  # fmt: skip
    for cases, missed, days in row.get("cases", ()):
        note(
            session, promise, PromiseAct.MEASURED, by, after_on=now - timedelta(days=days), at=_ago(days),
            data={"cases": cases, "missed": missed},
        )  # fmt: skip
    _end(session, promise, row, by, now)


def _subject(
    session: Session, row: dict[str, Any], now: date, runtime: Runtime
) -> tuple[PromiseKind, str | None, str, tuple[date | None, date | None]]:
    """What a promise is about: its kind, the row, the wording, and first and last day."""
    if "release" in row:
        release = session.exec(select(Release).where(Release.version == row["release"])).one()
        day = release.planned_for.astimezone(runtime.settings.zone).date() if release.planned_for else now
        return PromiseKind.RELEASE, f"release:{release.id}", f"{release.version} · {release.title}", (None, day)
    due = now + timedelta(days=row["due_in_days"]) if "due_in_days" in row else None
    window = _month(due) if due and row.get("month") else (None, due)
    if "item" not in row:
        topic = session.exec(select(LiveTopic.id).order_by(LiveTopic.id)).first() if row.get("live") else None  # type: ignore[arg-type]
        kind = PromiseKind.LIVE if topic else PromiseKind.SERVICE
        return kind, f"topic:{topic}" if topic else None, row["wording"], window
    item = session.exec(select(RoadmapItem).where(RoadmapItem.title == row["item"])).one()
    item.planned_from, item.planned_to = window[0] or window[1], window[1]
    session.add(item)
    return PromiseKind.ITEM, f"item:{item.id}", item.title, window


def _end(session: Session, promise: Promise, row: dict[str, Any], by: Actor, now: date) -> None:
    """How it ended, if it did."""
    if "kept_days_ago" in row:
        day = now - timedelta(days=row["kept_days_ago"])
        late = promise.due_on is not None and day > promise.due_on
        state = PromiseState.LATE if late else PromiseState.KEPT
        change(session, promise, {"state": state, "slot": None, "settled_on": day})
        note(
            session, promise, PromiseAct.KEPT, by, reason=row.get("reason", ""), before_on=promise.due_on, after_on=day,
            at=_ago(row["kept_days_ago"]),
        )  # fmt: skip
    elif "dropped" in row:
        told = row["dropped"]
        day = now - timedelta(days=told["days_ago"])
        change(session, promise, {"state": PromiseState.DROPPED, "slot": None, "settled_on": day})
        note(
            session, promise, PromiseAct.DROPPED, by, reason=told["reason"], before_on=promise.due_on,
            at=_ago(told["days_ago"]),
        )  # fmt: skip
    else:
        _lateness(session, promise, row, by, now)


def _lateness(session: Session, promise: Promise, row: dict[str, Any], by: Actor, now: date) -> None:
    if not promise.overdue(now) or promise.due_on is None:
        return
    key = f"late:{promise.id}:{promise.due_on}"
    passed = _ago((now - promise.due_on).days - 1)
    note(session, promise, PromiseAct.LATE, None, before_on=promise.due_on, key=key, at=passed)
    if told := row.get("explained"):
        note(
            session, promise, PromiseAct.EXPLAINED, by, reason=told["reason"], before_on=promise.due_on,
            at=_ago(told["days_ago"]),
        )  # fmt: skip


def _month(day: date) -> tuple[date, date]:
    return day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])


def _ago(days: int) -> datetime:
    return clock.now() - timedelta(days=days, hours=2)
