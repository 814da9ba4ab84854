"""Counting what was not found, and dealing with it. Nobody's name, no private matter, and never one write for each
key that somebody presses."""

import re
import time
from collections import OrderedDict
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from cocreate.core import audit, clock
from cocreate.core.actor import Actor
from cocreate.core.errors import NotFound
from cocreate.core.runtime import Runtime
from cocreate.text.fold import fold
from search.misses.models import SearchMiss

LONGEST = 80
KEPT_DAYS = 90
MOST_ROWS = 20_000
AGAIN_SECONDS = 60.0
"""A text that misses again sooner is the same person loading the page again."""
PER_MINUTE = 60
"""So many misses a minute are written by one process: somebody who tries random texts fills no disk."""
_PRIVATE = re.compile(
    r"\d{6,}|\S+@\S+\.|\b[a-z0-9]{17}\b"
    r"|[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]"
    r"[a-z][·・ ]?(?=[a-z]*\d)[a-z0-9]{5,6}(?![a-z0-9])"
)
"""Telephone and order numbers, addresses, number plates, vehicle numbers: nothing that a lexicon could learn from."""


def worth_noting(runtime: Runtime, text: str) -> str:
    """The text as it is counted; empty when it is private, too long, or was counted by this process just now."""
    key = " ".join(fold(text).split())
    if not 2 <= len(key) <= LONGEST or _PRIVATE.search(key):
        return ""
    seen: OrderedDict[str, float] = runtime.memory.setdefault("search.misses", OrderedDict())
    moment = time.monotonic()
    while seen and next(iter(seen.values())) <= moment - AGAIN_SECONDS:
        seen.popitem(last=False)
    if key in seen or len(seen) >= PER_MINUTE:
        return ""
    seen[key] = moment
    return key


def note_miss(session: Session, key: str, *, alike: bool) -> None:
    """Count one more miss of this text; a text that was dealt with is open again."""
    dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    moment = clock.now()
    insert = dialect.insert(SearchMiss.__table__).values(  # type: ignore[attr-defined]
        text=key, count=1, alike=alike, first_at=moment, last_at=moment
    )
    changed = {"count": col(SearchMiss.count) + 1, "alike": alike, "last_at": moment, "handled_at": None}
    session.connection().execute(insert.on_conflict_do_update(index_elements=["text"], set_=changed))


def get_miss(session: Session, miss_id: int) -> SearchMiss:
    """The line; NotFound when there is none."""
    miss = session.get(SearchMiss, miss_id)
    if miss is None:
        raise NotFound(f"miss {miss_id}")
    return miss


def set_handled(session: Session, miss: SearchMiss, *, handled: bool, by: Actor) -> None:
    """Mark it as dealt with, or open it again."""
    miss.handled_at = clock.now() if handled else None
    session.add(miss)
    audit.record(session, by, "search.miss_handled" if handled else "search.miss_reopened", "search_miss", miss.id)


def forget_old(session: Session) -> None:
    """Nightly: what nobody has looked for in ninety days, and the rarest beyond twenty thousand, are forgotten."""
    session.connection().execute(
        sa.delete(SearchMiss).where(col(SearchMiss.last_at) < clock.now() - timedelta(days=KEPT_DAYS))
    )
    kept = select(SearchMiss.id).order_by(col(SearchMiss.count).desc(), col(SearchMiss.id).desc()).limit(MOST_ROWS)
    total = session.exec(select(sa.func.count()).select_from(SearchMiss)).one()
    if total > MOST_ROWS:
        session.connection().execute(sa.delete(SearchMiss).where(col(SearchMiss.id).not_in(kept)))
