"""What is asked of the pump by the clock, and what `cocreate doctor` says of the server."""

from sqlmodel import Session

from cocreate.core import clock
from cocreate.core.runtime import Runtime
from search.meili import outbox, state
from search.meili.models import Halt
from search.meili.remote import server_of
from search.meili.server import ServerError


def want_nightly_check(session: Session) -> None:
    """Every night all documents are compared with their rows; nothing where no server is meant to hear of them."""
    if state.load(session).active:
        state.want_check(session)


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
