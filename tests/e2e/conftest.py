"""A real site in its own process, on both databases, and a real browser at 390 px to walk through it."""

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import uvicorn
from fastapi import FastAPI

import main
from cocreate.core import schema
from cocreate.core.actor import Role
from cocreate.core.config import Settings
from cocreate.core.jobs import Worker
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from cocreate.identity.members.service import add_member
from cocreate.identity.sessions.service import begin_session
from tests.databases import with_database

ROOT = Path(__file__).parent.parent.parent
PROGRAM = [sys.executable, "-c", "import sys; from main import cli; sys.argv[0] = 'cocreate'; cli()"]


@dataclass
class Site:
    """A running site: its address, its runtime for setting things up, and the environment its commands need."""

    url: str
    runtime: Runtime
    environment: dict[str, str]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A `cocreate` command against this site's database."""
        return subprocess.run(
            [*PROGRAM, *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def member(self, name: str, *roles: Role) -> Member:
        with self.runtime.database.write() as session:
            return add_member(session, name=name, email=f"{abs(hash(name))}@example.com", roles=frozenset(roles))

    def cookie(self, member: Member) -> dict[str, str]:
        """A browser cookie that signs this member in."""
        with self.runtime.database.write() as session:
            token = begin_session(session, member.id or 0)
        return {"name": "session", "value": token, "url": self.url}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_ready(url: str, process: subprocess.Popen[bytes], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server stopped at start"
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server was not ready in time")


@pytest.fixture
def ground(dialect: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that nobody has started: a home of its own, an empty, migrated database and a free port."""
    home = tmp_path_factory.mktemp(f"site-{dialect}")
    port = free_port()
    database_url = ""
    if dialect == "postgresql":
        server = request.getfixturevalue("postgres_server")
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE site_{port}")  # type: ignore[call-overload]
        database_url = with_database(server, f"site_{port}")
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("COCREATE_")},
        "COCREATE_HOME": str(home), "COCREATE_PORT": str(port), "COCREATE_DATABASE_URL": database_url,
        "COCREATE_GUEST_CACHE_SECONDS": "0", "PYTHONWARNINGS": "default",
    }  # fmt: skip
    settings = Settings(_env_file=None, home=home, port=port, database_url=database_url)  # type: ignore[call-arg]
    runtime = Runtime(settings, main.MODULES)
    schema.upgrade(runtime)
    yield Site(f"http://127.0.0.1:{port}", runtime, environment)
    runtime.close()


@pytest.fixture
def site(ground: Site, dialect: str) -> Iterator[Site]:
    """The same, with `cocreate serve` (and `cocreate worker` on PostgreSQL) running."""
    processes = []
    with (ground.runtime.settings.home / "server.log").open("wb") as log:
        for command in ["serve"] + (["worker"] if dialect == "postgresql" else []):
            processes.append(
                subprocess.Popen([*PROGRAM, command], cwd=ROOT, env=ground.environment, stdout=log, stderr=log)
            )
    wait_until_ready(ground.url, processes[0])
    yield ground
    for process in reversed(processes):
        process.terminate()
    for process in processes:
        process.wait(timeout=15)


@pytest.fixture
def nearby(app: FastAPI, runtime: Runtime) -> Iterator[Site]:
    """The same pages answered by a thread of this process: for what a browser does with them, nothing has to start."""
    port = free_port()
    config = uvicorn.Config(app, host="127.0.0.1", port=port, lifespan="off", log_level="warning", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="nearby", daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server stopped at start"
        time.sleep(0.01)
    yield Site(f"http://127.0.0.1:{port}", runtime, {})
    server.should_exit = True
    thread.join(timeout=15)
    assert not thread.is_alive()


@pytest.fixture
def lively(nearby: Site, worker: Worker) -> Site:
    """The same, where threads of this process also do what is owed."""
    worker.start()
    return nearby


@pytest.fixture
def phone(chromium, request: pytest.FixtureRequest) -> Iterator[Callable[..., object]]:
    """`phone(member)`: a page on a phone 390 px wide, signed in as the member; `javascript=False` turns scripts off."""
    contexts = []
    site = request.getfixturevalue("nearby" if "nearby" in request.fixturenames else "site")

    def open_page(member: Member | None = None, *, javascript: bool = True, width: int = 390):
        context = chromium.new_context(
            base_url=site.url, viewport={"width": width, "height": 844}, locale="zh-CN", timezone_id="Asia/Shanghai",
            has_touch=width < 500, java_script_enabled=javascript,
        )  # fmt: skip
        if member is not None:
            context.add_cookies([site.cookie(member)])
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        return page

    yield open_page
    for context in contexts:
        context.close()
