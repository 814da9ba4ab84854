"""The reader's side of the server: one per process, asked only while it is there, complete and up to date."""

import logging
import time
from dataclasses import replace
from datetime import timedelta

from sqlmodel import Session

from cocreate.core import clock
from cocreate.core.config import Settings
from cocreate.core.errors import Unavailable
from cocreate.core.runtime import Runtime
from search import embedded
from search.meili import outbox, state
from search.meili.breaker import Breaker
from search.meili.engine import MeiliEngine
from search.meili.models import Halt
from search.meili.server import Server
from search.port import SearchPage, SearchQuery

log = logging.getLogger("cocreate.search")
MEMORY = "search.meili"
LOOKED_SECONDS = 0.5
LATE = timedelta(seconds=10)
"""A server that lacks changes older than this is not asked: it would hide what somebody wrote long ago."""


def server_of(settings: Settings) -> Server | None:
    """The configured server; None where there is none."""
    if not settings.meilisearch_url:
        return None
    return Server(settings.meilisearch_url, settings.meilisearch_key, settings.meilisearch_index)


def reader_of(runtime: Runtime) -> "Reader | None":
    """The one reader of this process; None where no server is configured."""
    found: Reader | None = runtime.memory.get(MEMORY)
    if found is None and (server := server_of(runtime.settings)) is not None:
        found = runtime.memory.setdefault(MEMORY, Reader(server))
    return found


def search(session: Session, runtime: Runtime, query: SearchQuery) -> SearchPage:
    """The server's page where there is a server that is fit to be asked; else the database's, and it says so."""
    reader = reader_of(runtime)
    if reader is None:
        return embedded.search(session, query)
    return reader.search(session, query) or replace(embedded.search(session, query), degraded=True)


class Reader:
    """Asks the server on behalf of readers; None instead of an answer when the database has to answer for it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.engine = MeiliEngine(server)
        self.breaker = Breaker()
        self._looked_at = 0.0
        self._fit = False

    def search(self, session: Session, query: SearchQuery) -> SearchPage | None:
        """The server's page for this query."""
        if not self._may_ask(session):
            return None
        try:
            page = self.engine.search(session, query)
        except Unavailable as trouble:
            self._failed(trouble)
            return None
        self.breaker.worked()
        return page

    def _may_ask(self, session: Session) -> bool:
        moment = time.monotonic()
        if moment - self._looked_at >= LOOKED_SECONDS:
            known, oldest = state.load(session), outbox.oldest(session)
            late = oldest is not None and clock.now() - oldest > LATE
            self._fit = known.active and known.ready_at is not None and known.halted is Halt.NONE and not late
            self._looked_at = moment
        return self._fit and self.breaker.may_ask()

    def _failed(self, trouble: Unavailable) -> None:
        self.breaker.failed()
        log.info("search server: %s; the database answers", trouble)
