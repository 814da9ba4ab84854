"""Meilisearch in the search bench: as it comes, and as we feed and ask it."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from cocreate.core.errors import Unavailable
from cocreate.core.runtime import Runtime
from search.meili import documents
from search.meili.engine import MeiliEngine
from search.meili.process import OwnServer
from search.meili.server import Server, ServerError
from search.meili.settings import SETTINGS
from search.port import Scope, SearchQuery

AT_ONCE, SETTLE_SECONDS = 5000, 300.0
PLAIN, TUNED = "bench_plain", "bench_tuned"
TRIES = 5
T = TypeVar("T")


@contextmanager
def server_at(where: str) -> Iterator[tuple[str, str]]:
    """Address and key of a server: one that is started from a binary for the while, or one that runs."""
    if where.startswith(("http://", "https://")):
        yield where, os.environ.get("COCREATE_MEILISEARCH_KEY", "")
        return
    with tempfile.TemporaryDirectory() as folder:
        own = OwnServer(str(Path(where).resolve()), Path(folder))
        own.start()
        try:
            yield own.url, own.key
        finally:
            own.stop()


class Plain:
    """The posts' texts under the default settings, asked with what was typed."""

    name = "Meilisearch plain"

    def __init__(self, url: str, key: str) -> None:
        self.server = Server(url, key, PLAIN)

    def index(self, texts: dict[int, str]) -> Iterator[int]:
        settle(self.server, self.server.create(PLAIN))
        items = [{"id": str(number), "text": text} for number, text in texts.items()]
        for start in range(0, len(items), AT_ONCE):
            task = self.server.put(items[start : start + AT_ONCE])
            yield min(start + AT_ONCE, len(items))
        settle(self.server, task)

    def search(self, text: str, limit: int, *, typing: bool = False) -> list[int]:
        wish = {"indexUid": PLAIN, "q": text, "limit": limit, "attributesToRetrieve": ["id"]}
        return [int(hit["id"]) for hit in patiently(lambda: self.server.search([wish]))[0]["hits"]]

    def similar(self, text: str, limit: int) -> list[int]:
        return self.search(text, limit)

    def megabytes(self) -> float:
        return 0.0

    def close(self) -> None:
        pass


class Tuned:
    """What our own documents, settings, query rewriting and re-ranking make of it; over the bench's database."""

    name = "Meilisearch tuned, re-ranked"

    def __init__(self, url: str, key: str, runtime: Runtime) -> None:
        self.server = Server(url, key, TUNED)
        self.engine = MeiliEngine(self.server)
        self.runtime = runtime

    def index(self, texts: dict[int, str]) -> Iterator[int]:
        settle(self.server, self.server.create(TUNED))
        settle(self.server, self.server.configure(TUNED, SETTINGS))
        after = done = 0
        with self.runtime.database.read() as session:
            while True:
                batch, after = documents.following(session, after)
                if not batch:
                    break
                task = self.server.put(batch)
                done += len(batch)
                yield done
        settle(self.server, task)

    def search(self, text: str, limit: int, *, typing: bool = False) -> list[int]:
        query = SearchQuery(text, Scope(staff=False), kinds=["post"], limit=limit, typing=typing)
        with self.runtime.database.read() as session:
            return [hit.id for hit in patiently(lambda: self.engine.search(session, query)).hits]

    def similar(self, text: str, limit: int) -> list[int]:
        with self.runtime.database.read() as session:
            hits = patiently(lambda: self.engine.similar(session, text, scope=Scope(staff=False), limit=limit))
            return [hit.id for hit in hits]

    def megabytes(self) -> float:
        return 0.0

    def close(self) -> None:
        pass


def settle(server: Server, task: int) -> None:
    """Wait until the server has done the task; RuntimeError when it failed."""
    outcome = server.wait(task, SETTLE_SECONDS)
    if not outcome.succeeded:
        raise RuntimeError(f"Meilisearch: {outcome.error}")


def patiently(ask: Callable[[], T]) -> T:
    """The answer, asked again when a busy machine let the time-out of 0.4 s pass: quality is measured, not patience."""
    for _ in range(TRIES - 1):
        try:
            return ask()
        except (Unavailable, ServerError):
            time.sleep(0.5)
    return ask()
