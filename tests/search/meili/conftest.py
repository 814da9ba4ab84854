"""A server to talk to: every test that asks for `remote` runs against the fake and against the real one."""

import uuid
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from cocreate.core.db import Database
from search.meili import server, state
from search.meili.models import Remote
from search.meili.outbox import Depth, depth
from search.meili.process import OwnServer
from search.meili.pump import Pump
from search.meili.server import Server
from tests.search.meili.fake import KEY, FakeMeilisearch

NONE = SimpleNamespace(params={})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What the real server does is tried over one database: it never learns which one stands behind us."""
    items[:] = [
        item
        for item in items
        if not {"real", "postgresql"} <= {str(value) for value in getattr(item, "callspec", NONE).params.values()}
    ]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers of a busy test machine wait longer; that they do not wait long is a test of its own."""
    monkeypatch.setattr(server, "ASK_SECONDS", (2.0, 20.0))


@pytest.fixture
def fake() -> Iterator[FakeMeilisearch]:
    with FakeMeilisearch().running() as running:
        yield running


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.meilisearch)])
def remote(request: pytest.FixtureRequest) -> Server:
    """An index of our own on the fake server, then on the real one."""
    name = f"test{uuid.uuid4().hex[:8]}"
    if request.param == "fake":
        return Server(request.getfixturevalue("fake").url, KEY, name)
    real: OwnServer = request.getfixturevalue("meilisearch_server")
    return Server(real.url, real.key, name)


class Pumping:
    """A pump over a database, with what tests ask of it."""

    def __init__(self, database: Database, server: Server) -> None:
        self.database = database
        self.server = server
        self.pump = Pump(database, server)
        with database.write() as session:
            state.activate(session)

    def settle(self, rounds: int = 40) -> None:
        """Rounds until nothing is owed and the index stands."""
        for _ in range(rounds):
            busy = self.pump.round()
            known = self.known()
            if not busy and self.depth().waiting == 0 and known.ready_at and known.rebuild_wanted_at is None:
                return
        raise AssertionError(f"still owed after {rounds} rounds: {self.depth()}, {self.known().last_error}")

    def known(self) -> Remote:
        with self.database.read() as session:
            return state.load(session)

    def depth(self) -> Depth:
        with self.database.read() as session:
            return depth(session)

    def told(self) -> list[str]:
        """The diary, oldest first."""
        with self.database.read() as session:
            return [event.what for event in reversed(state.events(session))]

    def try_now(self) -> None:
        with self.database.write() as session:
            state.want_another_try(session)

    def want_check(self) -> None:
        with self.database.write() as session:
            state.want_check(session)

    def held(self) -> dict[str, str]:
        """Ids and versions on the server."""
        return dict(self.server.versions_of())


@pytest.fixture
def pumping(database: Database) -> Callable[[Server], Pumping]:
    return lambda server: Pumping(database, server)


@pytest.fixture
def expected(database: Database) -> Callable[[], dict[str, str]]:
    """Ids and versions as the rows say."""
    from search.meili.documents import following

    def look() -> dict[str, str]:
        found: dict[str, Any] = {}
        after = 0
        with database.read() as session:
            while True:
                docs, after = following(session, after)
                if not docs:
                    return found
                found |= {doc["id"]: doc["v"] for doc in docs}

    return look
