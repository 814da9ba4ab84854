"""Brings what is owed to the server, one round after another: look, settle, send. One process holds the lease.

Nothing is lost: a change goes only when its task succeeded. Nothing is in the way: one bad document is found by
halving the batch it spoils. Nothing is given up: a server that is away is asked again for ever.
"""

import logging
import random
import threading
import time
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

from cocreate.core import clock
from cocreate.core.db import Database
from cocreate.core.runtime import Runtime
from search.meili import documents, outbox, rebuild, state
from search.meili.models import Halt, Owed, Remote
from search.meili.outbox import Key
from search.meili.remote import reader_of
from search.meili.server import OLDEST, Away, Gone, Locked, NoIndex, Outcome, Refused, Server, TooOld
from search.meili.settings import fingerprint

log = logging.getLogger("cocreate.search")
POLL_SECONDS = 0.15
LOOK_EVERY = timedelta(seconds=10)
"""How often a server with nothing to do is asked how it is."""
MOST_PAUSE = 300.0
LISTEN_SECONDS = 3.0
SETTLE_SECONDS = 5.0
TASKS_AT_ONCE = 8
HALTED_PAUSE = timedelta(seconds=30)
Rows = dict[Key, list[int]]


class Pump:
    """Sends, settles and rebuilds. `round` does what is due and says whether there was anything."""

    def __init__(self, database: Database, server: Server, owner: str = "") -> None:
        self.database = database
        self.server = server
        self.owner = owner or uuid.uuid4().hex
        self._leased_until: datetime | None = None
        self._gone = False
        self._listened_at = 0.0

    # -- one round

    def round(self) -> bool:
        """Do what is due; True when there was something. Never raises for what the server does."""
        with self.database.read() as session:
            known = state.load(session)
            owed = outbox.oldest(session) is not None
        if not known.active or not self._due(known, owed) or not self.hold():
            return False
        try:
            self._look(known)
            self._settle_sent()
            return self.send() > 0
        except Locked as refusal:
            self._stop(known, Halt.KEY, str(refusal))
        except TooOld as refusal:
            self._stop(known, Halt.VERSION, str(refusal))
        except (Away, NoIndex, Refused) as trouble:
            self._pause(known, str(trouble))
            self._gone = isinstance(trouble, Gone)
            self._listened_at = time.monotonic()
        return False

    def listen(self) -> None:
        """Of a server that was switched off: hear whether it is on again, without waiting for the end of a pause."""
        if self._gone and time.monotonic() - self._listened_at >= LISTEN_SECONDS:
            self._listened_at = time.monotonic()
            if self.server.healthy():
                self._gone = False
                with self.database.write() as session:
                    state.want_another_try(session)

    @staticmethod
    def _due(known: Remote, owed: bool) -> bool:
        moment = clock.now()
        if known.next_try_at is not None and moment < known.next_try_at:
            return False
        wanted = [at for at in (known.rebuild_wanted_at, known.check_wanted_at) if at is not None]
        idle = known.last_contact_at is None or moment - known.last_contact_at >= LOOK_EVERY
        return owed or idle or any(at <= moment for at in wanted)

    def hold(self) -> bool:
        """Have or renew the lease."""
        moment = clock.now()
        if self._leased_until is not None and self._leased_until - moment > state.LEASE / 2:
            return True
        with self.database.write() as session:
            held = state.take_lease(session, self.owner)
        self._leased_until = moment + state.LEASE if held else None
        return held

    def let_go(self) -> None:
        """Give the lease back, so that the next process need not wait for its end."""
        with self.database.write() as session:
            state.release_lease(session, self.owner)
        self._leased_until = None

    # -- looking

    def _look(self, known: Remote) -> None:
        """Is it there, does it know us, is the index ours, is anything wanted of it?"""
        version = self.server.version() if known.failures or known.halted or not known.engine_version else ""
        if version and _number(version) < OLDEST:
            raise TooOld(f"version {version}; at least {'.'.join(map(str, OLDEST))} is needed")
        reason = self._strange(known)
        self._well(known, version, reason)
        moment = clock.now()
        if reason or (known.rebuild_wanted_at is not None and known.rebuild_wanted_at <= moment):
            rebuild.run(self, reason or known.rebuild_reason)
        with self.database.read() as session:
            check_at = state.load(session).check_wanted_at
        if check_at is not None and check_at <= clock.now():
            rebuild.check(self)

    def _strange(self, known: Remote) -> str:
        """Why the index under our name is not the one we built, as the reason of a rebuild; "" if it is."""
        try:
            mark = f"{fingerprint()}:{self.server.born()}"
        except NoIndex:
            mark = ""
        if mark == known.live_mark and mark:
            return ""
        if not known.live_mark:
            return "first"
        return "settings" if known.live_mark.split(":")[0] != fingerprint() else "lost"

    def _well(self, known: Remote, version: str, strange: str) -> None:
        """Note that it answered; after an outage tell the diary, and compare everything once."""
        moment = clock.now()
        with self.database.write() as session:
            values = {"engine_version": version} if version else {}
            state.change(session, last_contact_at=moment, failures=0, halted=Halt.NONE, down_since=None,
                         next_try_at=None, **values)  # fmt: skip
            if strange and known.ready_at is not None:
                state.change(session, ready_at=None)
            if known.down_since is not None:
                seconds = round((moment - known.down_since).total_seconds())
                state.note_event(session, "back", seconds=max(0, seconds), waiting=outbox.depth(session).waiting)
                state.want_check(session)
        known.failures, known.halted, known.down_since = 0, Halt.NONE, None

    # -- when it goes wrong

    def _pause(self, known: Remote, error: str) -> None:
        """Try again later, and later still: 1 s, 2 s, … 5 min, never all at the same moment."""
        moment = clock.now()
        pause = min(MOST_PAUSE, 2.0 ** min(known.failures, 9)) * random.uniform(0.5, 1.0)  # noqa: S311 (no secret)
        log.warning("search server: %s; next try in %.1f s", error, pause)
        with self.database.write() as session:
            state.change(
                session, failures=known.failures + 1, down_since=known.down_since or moment, last_error=error[:500],
                last_error_at=moment, next_try_at=moment + timedelta(seconds=pause),
            )  # fmt: skip
            if known.failures == 0:
                state.note_event(session, "away", error=error[:200])

    def _stop(self, known: Remote, why: Halt, error: str) -> None:
        """Nobody but a person can mend this: say so once, look again now and then, keep collecting."""
        moment = clock.now()
        with self.database.write() as session:
            state.change(
                session, halted=why, failures=known.failures + 1, down_since=known.down_since or moment,
                last_error=error[:500], last_error_at=moment, next_try_at=moment + HALTED_PAUSE,
            )  # fmt: skip
            if known.halted is not why:
                log.error("search server: stopped (%s): %s", why.value, error)
                state.note_event(session, f"halted_{why.value}", error=error[:200])

    # -- settling and sending

    def _settle_sent(self) -> None:
        """Ask for every task whose end we have not seen, ours or those of a process that died."""
        with self.database.read() as session:
            underway = outbox.sent(session)
        for task, rows in underway.items():
            try:
                outcome = self.server.outcome(task)
            except NoIndex:
                with self.database.write() as session:
                    outbox.mark(session, _numbers(rows), state=Owed.WAITING, task_uid=None)
                continue
            self._settle(rows, outcome)

    def send(self, *, keep: bool = False) -> int:
        """Send what waits and see it through; how many rows. keep: another index needs them as well.

        At most 500 rows make a task, and a few tasks go before the first is waited for: the server joins them.
        """
        count = 0
        underway: list[tuple[Rows, int]] = []
        for _ in range(TASKS_AT_ONCE):
            with self.database.read() as session:
                rows = outbox.waiting(session, documents.AT_ONCE)
                docs = documents.current(session, list(rows))
            count += len(rows)
            for part in _parts(rows, docs):
                task = self._hand_over(part, docs, keep=keep)
                underway += [(part, task)] if task is not None else []
            if len(rows) < documents.AT_ONCE // 2:
                break
        for part, task in underway:
            self._settle(part, self.server.wait(task, SETTLE_SECONDS), keep=keep)
        return count

    def _hand_over(self, rows: Rows, docs: Mapping[Key, Mapping[str, object]], *, keep: bool) -> int | None:
        """Send these rows as one task: documents where there are any, else removals. None when refused on the spot."""
        wanted = [docs[key] for key in rows if key in docs]
        try:
            task = self.server.put(wanted) if wanted else self.server.remove([documents.doc_id(*key) for key in rows])
        except Refused as refusal:
            self._settle(rows, Outcome(ended=True, bad_documents=True, error=str(refusal)), keep=keep)
            return None
        with self.database.write() as session:
            outbox.mark_sent(session, _numbers(rows), task)
        return task

    def _settle(self, rows: Rows, outcome: Outcome, *, keep: bool = False) -> None:
        if not outcome.ended:
            return
        if outcome.succeeded:
            with self.database.write() as session:
                if keep:
                    outbox.mark(session, _numbers(rows), state=Owed.KEPT, task_uid=None)
                else:
                    outbox.settle(session, rows)
        elif outcome.bad_documents:
            self._halve(rows, outcome.error, keep=keep)
        else:
            with self.database.write() as session:
                outbox.mark(session, _numbers(rows), state=Owed.WAITING, task_uid=None)
            raise Away(f"a task failed: {outcome.error}")

    def _halve(self, rows: Rows, error: str, *, keep: bool) -> None:
        """One document spoils a whole batch: send the halves, until the bad one is alone."""
        if len(rows) == 1:
            [(key, numbers)] = rows.items()
            with self.database.write() as session:
                outbox.park(session, numbers, error)
                state.note_event(session, "parked", document=documents.doc_id(*key), error=error[:200])
            return
        keys = list(rows)
        for half in (keys[: len(keys) // 2], keys[len(keys) // 2 :]):
            with self.database.read() as session:
                docs = documents.current(session, half)
            for part in _parts({key: rows[key] for key in half}, docs):
                task = self._hand_over(part, docs, keep=keep)
                if task is not None:
                    self._settle(part, self.server.wait(task, SETTLE_SECONDS), keep=keep)


def _parts(rows: Rows, docs: Mapping[Key, object]) -> list[Rows]:
    """The rows that have a document, and those that are gone; parts without any are left out."""
    there = {key: numbers for key, numbers in rows.items() if key in docs}
    gone = {key: numbers for key, numbers in rows.items() if key not in docs}
    return [part for part in (there, gone) if part]


def _numbers(rows: Rows) -> list[int]:
    return [number for numbers in rows.values() for number in numbers]


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("-", maxsplit=1)[0].split(".")[:2] if part.isdecimal())


def run(runtime: Runtime, over: threading.Event) -> None:
    """The pump of this process, until `over`; ends at once where no server is configured."""
    database = runtime.database
    reader = reader_of(runtime)
    with database.write() as session:
        if reader is None:
            state.deactivate(session)
            return
        state.activate(session)
        # What another life of this process was about to do is begun again.
        state.change(session, next_try_at=None, rebuild_total=0)
        if database.is_sqlite:
            state.release_lease(session)
        outbox.send_again(session, [Owed.KEPT, Owed.COVERED])
    pump = Pump(database, reader.server)
    keep_pumping(pump, over)
    pump.let_go()


def keep_pumping(pump: Pump, over: threading.Event) -> None:
    """Rounds until `over`: at once after a commit of this process that has effects, else as soon as one is noticed."""
    wake = threading.Event()
    pump.database.after_commit.append(wake.set)
    while not over.is_set():
        wake.clear()
        try:
            pump.listen()
            busy = pump.round()
        except Exception:  # a database that is locked or away: the next round will tell
            log.exception("a round of the search pump failed")
            busy = over.wait(5)
        if not busy:
            wake.wait(POLL_SECONDS)
    pump.database.after_commit.remove(wake.set)
