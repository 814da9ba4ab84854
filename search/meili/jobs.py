"""What is asked of the pump by the clock, and what `cocreate doctor` says of the server."""

import time

from sqlmodel import Session

from cocreate.core import clock
from cocreate.core.errors import Conflict, Unavailable
from cocreate.core.runtime import Runtime
from search.meili import outbox, rebuild, state
from search.meili.models import Halt
from search.meili.pump import Pump
from search.meili.remote import reader_of, server_of
from search.meili.server import ServerError

TAKEN_UP_SECONDS = 20.0


def want_nightly_check(session: Session) -> None:
    """Every night all documents are compared with their rows; nothing where no server is meant to hear of them."""
    if state.load(session).active:
        state.want_check(session)


def rebuild_now(runtime: Runtime, progress: rebuild.Progress | None = None) -> int:
    """Build the server's index anew, here or by the pump of the running site; how many documents.

    Raises Conflict with a sentence when no server is configured, and Unavailable when that did not work.
    """
    reader = reader_of(runtime)
    if reader is None:
        raise Conflict("no search server is configured: set COCREATE_MEILISEARCH_URL")
    pump = Pump(runtime.database, reader.server)
    with runtime.database.write() as session:
        state.activate(session)
        state.want_another_try(session)
    if not pump.hold():
        return _watched(runtime, progress)
    try:
        documents = rebuild.run(pump, "asked", progress)
        while pump.send():
            pass
    except ServerError as trouble:
        raise Unavailable(f"the search server: {trouble}") from trouble
    finally:
        pump.let_go()
    return documents


def _watched(runtime: Runtime, progress: rebuild.Progress | None) -> int:
    """Ask the process that holds the lease, and wait until it has done it."""
    with runtime.database.write() as session:
        state.want_rebuild(session, "asked")
    until = time.monotonic() + TAKEN_UP_SECONDS
    while True:
        time.sleep(0.2)
        with runtime.database.read() as session:
            known = state.load(session)
        if known.rebuild_wanted_at is None:
            return known.rebuild_documents
        if known.rebuild_total == 0 and time.monotonic() > until:
            raise Unavailable(f"the running site has not begun: {known.last_error or 'see /admin/search'}")
        if known.rebuild_total and progress is not None:
            progress(known.rebuild_done, known.rebuild_total, None)


def doctor(runtime: Runtime) -> tuple[str, bool, str]:
    """Title, whether all is well, and what to do."""
    server = server_of(runtime.settings)
    if server is None:
        return "search server: none, the built-in search answers", True, ""
    title = f"search server {server.url}"
    try:
        version = server.version()
    except ServerError as trouble:
        return title, False, f"{trouble}; the built-in search answers meanwhile, see docs/search.md"
    with runtime.database.read() as session:
        known, depth = state.load(session), outbox.depth(session)
    title = f"{title}, Meilisearch {version}, {depth.waiting} changes waiting"
    if known.halted is not Halt.NONE:
        return title, False, f"nothing is sent: {known.last_error}"
    if known.ready_at is None:
        return title, False, "its index is not built yet: start `cocreate serve` or run `cocreate reindex --remote`"
    if depth.parked:
        return title, False, f"it refuses {depth.parked} documents, see /admin/search"
    late = depth.oldest is not None and (clock.now() - depth.oldest).total_seconds() > 60
    return title, not late, "changes wait for more than a minute: is the worker running?" if late else ""
