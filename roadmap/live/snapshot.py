"""What viewers read: bytes made once and kept in memory, so that a crowd costs no query.

A snapshot is rebuilt at most every two seconds, by one request at a time; whoever comes meanwhile gets the old bytes.
"""

import hashlib
import json
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlmodel import Session

from cocreate.core.errors import NotFound
from cocreate.core.runtime import Runtime
from roadmap.live import queries, service
from roadmap.live.models import TopicState
from roadmap.live.queries import Board, Topic

FRESH_SECONDS = 2.0
KEPT = 64
"""Sessions whose bytes stay in memory; a stream has one."""


@dataclass(frozen=True)
class Snapshot:
    """The board, its JSON bytes and their tag; `built`: when, on the monotonic clock."""

    board: Board
    body: bytes
    etag: str
    built: float


@dataclass
class Shelf:
    """The snapshots of one process."""

    clock: Callable[[], float] = time.monotonic
    kept: "OrderedDict[str, Snapshot]" = field(default_factory=OrderedDict)
    locks: dict[str, threading.Lock] = field(default_factory=dict)
    guard: threading.Lock = field(default_factory=threading.Lock)

    def fresh(self, code: str) -> Snapshot | None:
        """The snapshot if it is young enough."""
        found = self.kept.get(code)
        return found if found is not None and self.clock() - found.built < FRESH_SECONDS else None

    def get(self, runtime: Runtime, code: str) -> Snapshot:
        """The snapshot: fresh from memory; else rebuilt here, or stale while somebody else rebuilds it."""
        found = self.fresh(code)
        if found is not None:
            return found
        stale = self.kept.get(code)
        lock = self._lock(code)
        # Somebody who has old bytes takes them rather than wait; who has none must wait.
        if not lock.acquire(blocking=stale is None):
            return stale or self.get(runtime, code)
        try:
            return self.fresh(code) or self._rebuild(runtime, code)
        except NotFound:
            # Guessed codes must not fill the memory with locks.
            with self.guard:
                self.locks.pop(code, None)
            raise
        finally:
            lock.release()

    def _rebuild(self, runtime: Runtime, code: str) -> Snapshot:
        at = self.clock()
        with runtime.database.read() as session:
            found = build(session, code, at=at)
        self._keep(found)
        return found

    def _lock(self, code: str) -> threading.Lock:
        with self.guard:
            return self.locks.setdefault(code, threading.Lock())

    def _keep(self, snapshot: Snapshot) -> None:
        with self.guard:
            self.kept[snapshot.board.code] = snapshot
            self.kept.move_to_end(snapshot.board.code)
            while len(self.kept) > KEPT:
                gone, _ = self.kept.popitem(last=False)
                self.locks.pop(gone, None)

    def outdate(self, code: str) -> None:
        """Have the next reader rebuild it, because the host has just done something."""
        with self.guard:
            if code in self.kept:
                self.kept[code] = replace(self.kept[code], built=-math.inf)


def shelf(runtime: Runtime) -> Shelf:
    """This process's snapshots."""
    found: Shelf = runtime.memory.setdefault("roadmap.live", Shelf())
    return found


def build(session: Session, code: str, *, at: float) -> Snapshot:
    """Read the board and make its bytes; NotFound for an unknown code."""
    if len(code) != 6 or not set(code) <= set(service.CODE_SIGNS):
        raise NotFound(f"live session {code[:12]}")
    board = queries.board(session, service.get_session(session, code))
    body = json.dumps(as_json(board), ensure_ascii=False, separators=(",", ":")).encode()
    return Snapshot(board, body, f'"{hashlib.sha256(body).hexdigest()[:24]}"', at)


def as_json(board: Board) -> dict[str, Any]:
    """What viewers may know: nothing that is for colleagues, no answer before it was given on stage."""
    ordered = [*board.by_state(TopicState.NOW), *board.queued, *board.answered]
    return {
        "code": board.code,
        "title": board.title,
        "state": board.state.value,
        "topics": [_topic(topic, rank) for rank, topic in enumerate(ordered, start=1)],
    }


def _topic(topic: Topic, rank: int) -> dict[str, Any]:
    item = topic.item
    return {
        "id": topic.id,
        "rank": rank,
        "state": topic.state.value,
        "name": topic.name,
        "size": topic.size,
        "people": topic.people,
        "trend": round(topic.trend, 3),
        "quote": topic.quote,
        "status": item.status.value if item else None,
        "stage": item.stage.value if item else None,
        "item_id": item.id if item else None,
        "release": (item.version or None) if item else None,
        "answer": topic.answer if topic.state == TopicState.ANSWERED else "",
        "now_since": _moment(topic.now_since),
        "answered_at": _moment(topic.answered_at),
    }


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
