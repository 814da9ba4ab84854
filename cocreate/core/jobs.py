"""The worker: huey wakes it, the outbox says what is owed.

With SQLite it lives in the web process (a thread, queue in memory: the outbox row is the durable fact). On PostgreSQL
or with Redis any number of `cocreate worker` processes share the work; a lease keeps two from taking one entry.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from huey import Huey, MemoryHuey, PostgresHuey, RedisHuey, crontab
from huey.consumer import Consumer

from cocreate.core import clock, events, outbox
from cocreate.core.module import Job, Timer
from cocreate.core.runtime import Runtime

log = logging.getLogger("cocreate.jobs")
LANES = (outbox.FAST, outbox.SLOW, outbox.MESSAGES)
SWEEP_SECONDS = 3.0


class _QuietConsumer(Consumer):  # type: ignore[misc]
    """A consumer inside another program leaves that program's signal handlers alone."""

    def _set_signal_handlers(self) -> None:
        pass


def make_queue(runtime: Runtime) -> Huey:
    """The queue that carries wake-up calls: in memory with SQLite, else Redis by setting or PostgreSQL itself."""
    settings = runtime.settings
    options: dict[str, Any] = {"name": "cocreate", "results": False, "utc": False}
    if settings.redis_url:
        return RedisHuey(url=settings.redis_url, **options)
    if runtime.database.is_sqlite:
        return MemoryHuey(**options)
    return PostgresHuey(
        dsn=settings.effective_database_url.replace("postgresql+psycopg://", "postgresql://"), **options
    )


class Worker:
    """Drains the outbox. `start` runs it in threads; `drain` does one round in the caller's thread."""

    def __init__(self, runtime: Runtime, *, sole: bool, queue: Huey | None = None) -> None:
        self.runtime = runtime
        self.sole = sole
        self.queue = queue or make_queue(runtime)
        self._dirty = {lane: threading.Event() for lane in LANES}
        self._busy = {lane: threading.Lock() for lane in LANES}
        self._consumer: Consumer | None = None
        self._over = threading.Event()
        self._background: list[threading.Thread] = []
        self._drain_task = self.queue.task(name="cocreate_drain")(self._drain_from_queue)
        self.queue.periodic_task(crontab(minute="*"), name="cocreate_minute")(self._every_minute)
        # Each worker thread listens on a connection of its own; whoever ends closes its own.
        self.queue.on_shutdown(name="close_connection")(self.queue.storage.close)
        runtime.database.after_commit.append(self.poke)

    # -- waking up

    def poke(self) -> None:
        """Ask for a drain soon; called after every commit that wrote an outbox row."""
        for lane in LANES:
            self._dirty[lane].set()
            try:
                self._drain_task(lane)
            except Exception:  # a queue that is away delays effects until the next sweep, it loses none
                log.warning("the queue could not be reached; the sweep will find the work", exc_info=True)

    def _drain_from_queue(self, lane: str) -> None:
        self._dirty[lane].set()
        while self._dirty[lane].is_set():
            if not self._busy[lane].acquire(blocking=False):
                return
            try:
                self._dirty[lane].clear()
                self._drain_lane(lane)
            finally:
                self._busy[lane].release()

    def _every_minute(self) -> None:
        moment = clock.now().astimezone(self.runtime.settings.zone)
        with self.runtime.database.write() as session:
            for timer in (timer for module in self.runtime.modules for timer in module.timers):
                if _due(timer, moment, self.runtime.settings):
                    key = f"timer:{timer.job}:{moment:%Y-%m-%dT%H:%M}"
                    job = self.runtime.jobs[timer.job]
                    outbox.enqueue(session, timer.job, lane=outbox.SLOW if job.slow else outbox.FAST, key=key)
            outbox.prune(session)
        self.poke()

    def start(self) -> None:
        """Begin to work in background threads; what an earlier process left behind comes first."""
        if self.sole:
            with self.runtime.database.write() as session:
                outbox.release_all(session)
        self._consumer = _QuietConsumer(
            self.queue, workers=len(LANES) + 1, initial_delay=0.02, max_delay=0.5, scheduler_interval=1
        )
        self._consumer.start()
        self._over.clear()
        threading.Thread(target=self._sweep, name="outbox-sweep", daemon=True).start()
        self._background = [
            threading.Thread(target=run, args=(self.runtime, self._over), name=f"{module.name}-background", daemon=True)
            for module in self.runtime.modules
            for run in module.background
        ]
        for thread in self._background:
            thread.start()
        self.poke()

    def _sweep(self) -> None:
        # Nobody pokes for rows that commands write in processes of their own, nor when a retry comes due.
        while not self._over.wait(SWEEP_SECONDS):
            with self.runtime.database.read() as session:
                due = outbox.any_due(session)
            if due:
                self.poke()

    def stop(self) -> None:
        """Let running entries end, at most five seconds, and stop the threads."""
        self._over.set()
        if self._consumer is not None:
            self._consumer.shutdown_timeout = 5
            self._consumer.stop(graceful=True)
            self._consumer = None
        for thread in self._background:
            thread.join(timeout=5)
        self._background = []
        self.queue.storage.close()
        if self.poke in self.runtime.database.after_commit:
            self.runtime.database.after_commit.remove(self.poke)

    # -- working

    def drain(self) -> int:
        """Run everything that is due, including what that work causes; the number of entries run."""
        total = 0
        while done := sum(self._drain_lane(lane) for lane in LANES):
            total += done
        return total

    def _drain_lane(self, lane: str) -> int:
        done = 0
        while True:
            with self.runtime.database.write() as session:
                entry = outbox.claim(session, lane)
            if entry is None:
                return done
            self._run(entry)
            done += 1

    def _run(self, entry: outbox.Claim) -> None:
        try:
            if entry.kind == "event":
                self._hand_out(entry)
            elif entry.kind == "listener":
                listener_name = entry.payload["listener"]
                listener = self.runtime.listeners.get(entry.name, {})[listener_name]
                with self.runtime.database.write() as session:
                    listener(session, events.restore(entry.name, entry.payload["event"]))
                    outbox.finish(session, entry.id)
            else:
                self._run_job(self.runtime.jobs[entry.name], entry)
        except Exception as error:
            log.exception("outbox entry %s (%s) failed, attempt %s", entry.id, entry.name, entry.attempts)
            with self.runtime.database.write() as session:
                outbox.retry_later(session, entry.id, entry.attempts, f"{type(error).__name__}: {error}")

    def _hand_out(self, entry: outbox.Claim) -> None:
        # One row per listener, so that a failing one is retried alone.
        with self.runtime.database.write() as session:
            for name in self.runtime.listeners.get(entry.name, {}):
                payload = {"listener": name, "event": entry.payload}
                session.add(outbox.OutboxEntry(kind="listener", name=entry.name, payload=payload))
            outbox.finish(session, entry.id)

    def _run_job(self, job: Job, entry: outbox.Claim) -> None:
        if job.own_sessions:
            with self._kept_alive(entry.id):
                job.run(self.runtime, **entry.payload)
            with self.runtime.database.write() as session:
                outbox.finish(session, entry.id)
        else:
            with self.runtime.database.write() as session:
                job.run(session, **entry.payload)
                outbox.finish(session, entry.id)

    @contextmanager
    def _kept_alive(self, entry_id: int) -> Iterator[None]:
        over = threading.Event()

        def renew() -> None:
            while not over.wait(outbox.LEASE.total_seconds() / 3):
                with self.runtime.database.write() as session:
                    outbox.renew(session, entry_id)

        thread = threading.Thread(target=renew, name=f"lease-{entry_id}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(timeout=5)


def _due(timer: Timer, moment: datetime, settings: Any) -> bool:
    if timer.hour is None:
        return (moment.hour * 60 + moment.minute) % timer.every_minutes == 0
    hour = getattr(settings, timer.hour) if isinstance(timer.hour, str) else timer.hour
    return moment.hour == hour and moment.minute == 0
