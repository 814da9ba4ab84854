"""A date that moves is told to those who wait for it: once, with both days and the reason."""

import time

from sqlmodel import Session

from cocreate.core.module import Notice
from cocreate.core.runtime import Runtime
from cocreate.core.text_marks import N_
from cocreate.notify.inbox.service import tell
from roadmap.boards.audience import readers_among
from roadmap.items.models import RoadmapItem
from roadmap.links import supporters
from roadmap.promises.models import Promise, PromiseEvent, PromiseKind

MOVED, GONE = "roadmap.promise.moved", "roadmap.promise.gone"
_REASON = N_("Because you stand behind it.")
NOTICES = {
    MOVED: Notice(
        N_("“%(item)s” comes on another day"), _REASON, N_("%(before)s was said, %(after)s it is now. %(reason)s"),
        group="stages",
    ),
    GONE: Notice(
        N_("“%(item)s” has no date any more"), _REASON, N_("%(before)s was said. %(reason)s"), group="stages"
    ),
}  # fmt: skip
CHUNK = 200
PAUSE_SECONDS = 0.05


def tell_moved(runtime: Runtime, *, event_id: int) -> None:
    """Job: one message to each person behind the item, in chunks; a second run adds only what is missing."""
    with runtime.database.read() as session:
        event = session.get_one(PromiseEvent, event_id)
        promise = session.get_one(Promise, event.promise_id)
        kind, _, number = (promise.about or "").partition(":")
        item = session.get(RoadmapItem, int(number)) if kind == PromiseKind.ITEM else None
        if item is None or not item.shown:
            return
        behind = supporters.behind(session, item)
        members = sorted(readers_among(session, item, behind.members))
        words = {"item": item.title, "reason": event.reason, **_days(event)}
        item_id = item.id or 0
    for start in range(0, len(members), CHUNK):
        chunk = members[start : start + CHUNK]
        with runtime.database.write() as session:
            _tell(session, chunk, words, item_id, event_id, own=set(behind.authors) & set(chunk))
        time.sleep(PAUSE_SECONDS)


def _days(event: PromiseEvent) -> dict[str, str]:
    days = {"before": event.before_on, "after": event.after_on}
    return {name: day.isoformat() for name, day in days.items() if day is not None}


def _tell(
    session: Session, members: list[int], words: dict[str, str], item_id: int, event_id: int, *, own: set[int]
) -> None:
    tell(
        session, members, MOVED if "after" in words else GONE, key=f"promise.moved:{event_id}", params=words,
        url=f"/roadmap/{item_id}", topic=f"item:{item_id}", own=own,
    )  # fmt: skip
