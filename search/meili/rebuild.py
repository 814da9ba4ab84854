"""A new index beside the live one, then an exchange; and the comparison of every document that finds what drifted.

While the new index is filled the live one goes on: what it confirms is kept in the outbox until the new one has it.
The exchange is one task of the server, and a change that was queued for the live index just before it ends up in the
OLD one. So everything kept or on its way is sent once more afterwards.
"""

import time
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from cocreate.core import clock
from search.meili import documents, outbox, state
from search.meili.models import Owed
from search.meili.server import Away, NoIndex, Outcome
from search.meili.settings import SETTINGS, fingerprint

if TYPE_CHECKING:
    from search.meili.pump import Pump

Progress = Callable[[int, int | None, str | None], object]
UNDERWAY = 6
"""Batches that wait at the server while a new index is filled."""
SETUP_SECONDS = 60.0
BATCH_SECONDS = 120.0
SWAP_SECONDS = 60.0
OLD_KEPT = timedelta(days=1)
TASKS_KEPT = timedelta(days=7)


def run(pump: "Pump", reason: str, progress: Progress | None = None) -> int:
    """Build the index anew and put it in the place of the live one; how many documents.

    Raises Away and its like when the server goes meanwhile: what was built is dropped at the next attempt.
    """
    server, started = pump.server, time.monotonic()
    with pump.database.write() as session:
        known = state.load(session)
        total, live_serves = documents.count(session), known.ready_at is not None
        state.change(session, rebuild_wanted_at=known.rebuild_wanted_at or clock.now(), rebuild_reason=reason,
                     rebuild_done=0, rebuild_total=max(1, total), next_number=known.next_number + 1)  # fmt: skip
        state.note_event(session, "rebuild_began", reason=reason, documents=total)
        outbox.send_again(session, [Owed.COVERED, Owed.KEPT])  # of a rebuild that was cut off
        if not live_serves:
            outbox.cover(session)
    beside = f"{server.index}-{known.next_number}"
    for name in _besides(pump):
        server.drop(name)
    _must(server.wait(server.create(beside), SETUP_SECONDS, beside), "create the index")
    _must(server.wait(server.configure(beside, SETTINGS), SETUP_SECONDS, beside), "set the index up")
    done = _fill(pump, beside, total, live_serves, progress)
    _replay(pump, beside)
    mark = _exchange(pump, beside)
    moment = clock.now()
    seconds = round(time.monotonic() - started, 1)
    with pump.database.write() as session:
        outbox.uncover(session)
        outbox.send_again(session, [Owed.KEPT, Owed.SENT])
        state.change(
            session, live_mark=mark, ready_at=moment, rebuilt_at=moment, rebuild_seconds=seconds, rebuild_total=0,
            rebuild_documents=done, rebuild_wanted_at=None, check_wanted_at=moment,
        )  # fmt: skip
        state.note_event(session, "rebuilt", documents=done, seconds=seconds, reason=reason)
    return done


def _fill(pump: "Pump", beside: str, total: int, live_serves: bool, progress: Progress | None) -> int:
    after, done = 0, 0
    underway: deque[tuple[int, list[dict[str, object]]]] = deque()
    while True:
        with pump.database.read() as session:
            docs, after = documents.following(session, after)
        if docs:
            underway.append((pump.server.put(docs, beside), docs))
        # The server joins tasks that wait side by side; a few are kept waiting, so that it is never idle.
        while underway and (len(underway) >= UNDERWAY or not docs):
            done += _landed(pump, beside, *underway.popleft())
            with pump.database.write() as session:
                state.change(session, rebuild_done=done)
            if progress is not None:
                progress(done, max(total, done), None)
        if not docs:
            return done
        pump.hold()
        if live_serves:
            pump.send(keep=True)


def _landed(pump: "Pump", beside: str, task: int, docs: list[dict[str, object]]) -> int:
    """See a batch through; how many of it are in. A batch with a bad document is halved until that one is alone."""
    outcome = pump.server.wait(task, BATCH_SECONDS, beside)
    if outcome.succeeded:
        return len(docs)
    if not outcome.bad_documents:
        raise Away(f"a batch of the rebuild: {outcome.error}")
    if len(docs) == 1:
        key = documents.row_key(str(docs[0]["id"]))
        if key is not None:
            with pump.database.write() as session:
                if key not in outbox.keys(session, [Owed.PARKED]):
                    outbox.owe(session, [key])  # sent alone after the exchange, refused, and parked then
        return 0
    middle = len(docs) // 2
    return sum(_landed(pump, beside, pump.server.put(half, beside), half) for half in (docs[:middle], docs[middle:]))


def _replay(pump: "Pump", beside: str) -> None:
    """Bring what changed while the index was filled, so that the exchange changes nothing that a reader sees."""
    with pump.database.read() as session:
        keys = sorted(outbox.keys(session, [Owed.KEPT, Owed.WAITING, Owed.SENT]))
    for start in range(0, len(keys), documents.AT_ONCE):
        some = keys[start : start + documents.AT_ONCE]
        with pump.database.read() as session:
            docs = documents.current(session, some)
        if docs:
            made = list(docs.values())
            _landed(pump, beside, pump.server.put(made, beside), made)
        gone = [documents.doc_id(*key) for key in some if key not in docs]
        if gone:
            _must(pump.server.wait(pump.server.remove(gone, beside), BATCH_SECONDS, beside), "remove what is gone")


def _exchange(pump: "Pump", beside: str) -> str:
    """Swap, and see that it happened; the mark of the index that is live now.

    A key for our indexes alone never sees the task of a swap, so the birth of the index under the live name tells.
    """
    server = pump.server
    try:
        server.born()
    except NoIndex:
        _must(server.wait(server.create(server.index), SETUP_SECONDS), "create the index")
    born = server.born(beside)
    server.swap(server.index, beside)
    until = time.monotonic() + SWAP_SECONDS
    while server.born() != born:
        if time.monotonic() > until:
            raise Away("the exchange of the indexes did not happen")
        time.sleep(0.03)
    return f"{fingerprint()}:{born}"


def _must(outcome: Outcome, what: str) -> None:
    if not outcome.succeeded:
        raise Away(f"{what}: {outcome.error}")


def _besides(pump: "Pump") -> list[str]:
    """Indexes of ours beside the live one: the old one after an exchange, or an unfinished one."""
    start = f"{pump.server.index}-"
    return [name for name in pump.server.indexes() if name.startswith(start) and name[len(start) :].isdecimal()]


# -- drift


def check(pump: "Pump") -> int:
    """Compare every document with its row by version; what differs is owed again. How many differed."""
    server = pump.server
    held = dict(server.versions_of())
    differing: set[tuple[str, int]] = set()
    seen = after = 0
    while True:
        with pump.database.read() as session:
            docs, last = documents.following(session, after)
        if not docs:
            break
        after, seen = last, seen + len(docs)
        differing |= {(str(d["kind"]), int(d["row_id"])) for d in docs if held.pop(d["id"], "") != d["v"]}
        pump.hold()
    strangers = [name for name in held if documents.row_key(name) is None]
    differing |= {key for name in held if (key := documents.row_key(name)) is not None}
    with pump.database.write() as session:
        # What is owed anyway is late and no drift. Nothing was sent meanwhile: sending is what this process does.
        differing -= outbox.keys(session)
        outbox.owe(session, sorted(differing))
        found = len(differing) + len(strangers)
        state.change(
            session, checked_at=clock.now(), check_documents=seen, check_differences=found, check_wanted_at=None
        )
        state.note_event(session, "checked", documents=seen, differences=found)
    if strangers:
        server.remove(strangers)
    _tidy(pump)
    return found


def _tidy(pump: "Pump") -> None:
    """Drop the index that was exchanged a day ago, and what the server remembers of tasks older than a week."""
    moment = clock.now()
    with pump.database.read() as session:
        known = state.load(session)
    if known.rebuilt_at is not None and moment - known.rebuilt_at >= OLD_KEPT:
        for name in _besides(pump):
            pump.server.drop(name)
    pump.server.forget_tasks((moment - TASKS_KEPT).strftime("%Y-%m-%dT%H:%M:%SZ"))
