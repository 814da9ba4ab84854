"""What it costs to tell ten thousand people: `cocreate bench publish`. A real server process, and readers meanwhile."""

import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, select

from cocreate.core.actor import Actor, Role
from cocreate.core.runtime import Runtime
from cocreate.identity.members.models import Member
from cocreate.identity.members.service import add_member
from cocreate.identity.sessions.service import begin_session, cookie_name, make_actor
from cocreate.notify.inbox.models import InboxMessage
from roadmap.crowd import Crowd, gather
from roadmap.items.forms import StageForm
from roadmap.items.models import ItemStage, RoadmapItem
from roadmap.publishing import service as publishing

PEOPLE, READERS, PAUSE_SECONDS, PATIENCE_SECONDS = 10_000, 4, 0.1, 120.0
SETTLE_SECONDS = 8
"""After a start templates and word lists are made ready beside the first pages; that is not what is measured."""


def publish(runtime: Runtime, people: int = PEOPLE) -> dict[str, Any]:
    """Milliseconds until the page answers that publishes a step to so many people, seconds until all of them have it in
    their inbox, and the p95 in milliseconds of other pages meanwhile, read by four members who pause a tenth of a
    second between pages; beside it the same pages on a quiet site."""
    with runtime.database.write() as session:
        crowd = gather(session, people)
        publisher, publication = _prepare(runtime, session, crowd)
        cookie = _cookie(runtime, session, publisher)
        readers = [_cookie(runtime, session, member) for member in crowd.members[-READERS:]]
    with serving(runtime) as port:
        pages = ["/", "/roadmap", f"/roadmap/{crowd.item_id}", f"/posts/{crowd.posts[0]}", "/inbox", "/releases"]
        for path in pages:  # the first reader of a page waits for its template
            _ask(port, "GET", path, cookie)
        time.sleep(SETTLE_SECONDS)
        with _reading(port, readers, pages) as quiet:
            time.sleep(4)
        with _reading(port, readers, pages) as busy:
            begun = time.perf_counter()
            status = _ask(port, "POST", f"/publishing/{publication}/publish", cookie)
            answered = time.perf_counter() - begun
            told = _wait_for_all(runtime, crowd, begun)
    if status != 303:
        raise RuntimeError(f"publishing was answered with {status}")
    return {
        "people": people, "posts": len(crowd.posts),
        "database": "sqlite" if runtime.database.is_sqlite else "postgresql",
        "answer_ms": round(answered * 1000, 1), "inbox_seconds": round(told, 2),
        "pages": len(busy), **_figures("pages", busy), **_figures("quiet", quiet),
    }  # fmt: skip


def _prepare(runtime: Runtime, session: Session, crowd: Crowd) -> tuple[Member, int]:
    """A step that one has prepared and another approved."""
    first, second = (
        add_member(session, name=name, email=f"{name}@example.com", roles=frozenset({Role.PM}))
        for name in ("pm1", "pm2")
    )
    item = session.get_one(RoadmapItem, crowd.item_id)
    form = StageForm(stage=ItemStage.DECIDED, sentence="决定做：换低噪声风机，随下一个版本推送。")
    row = publishing.prepare(session, item, form, by=_actor(runtime, first))
    batch = publishing.gather(session, [row.id or 0], by=_actor(runtime, first))
    rows = publishing.waiting_of(session, batch)
    publishing.approve(session, batch, by=_actor(runtime, second), seen=publishing.fingerprint(rows))
    return first, batch.id or 0


def _actor(runtime: Runtime, member: Member) -> Actor:
    return make_actor(runtime, member.id, member.name, [Role.PM])


def _cookie(runtime: Runtime, session: Session, member: Member | int) -> str:
    member_id = member if isinstance(member, int) else member.id or 0
    return f"{cookie_name(runtime.settings.secure)}={begin_session(session, member_id)}"


def _ask(port: int, method: str, path: str, cookie: str) -> int:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request(method, path, headers={"cookie": cookie, "sec-fetch-site": "same-origin"})
        answer = connection.getresponse()
        answer.read()
        return answer.status


@contextmanager
def _reading(port: int, cookies: list[str], pages: list[str]) -> Iterator[list[float]]:
    """Members read these pages until the block ends; seconds of each answer."""
    over, times = threading.Event(), list[float]()

    def read(number: int, cookie: str) -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
            while not over.wait(PAUSE_SECONDS):
                begun = time.perf_counter()
                connection.request("GET", pages[number % len(pages)], headers={"cookie": cookie})
                answer = connection.getresponse()
                answer.read()
                if answer.status == 200:
                    times.append(time.perf_counter() - begun)
                number += 1

    threads = [threading.Thread(target=read, args=pair, daemon=True) for pair in enumerate(cookies)]
    for thread in threads:
        thread.start()
    yield times
    over.set()
    for thread in threads:
        thread.join(timeout=30)


def _wait_for_all(runtime: Runtime, crowd: Crowd, begun: float) -> float:
    """Seconds from `begun` until everybody of the crowd has the message."""
    counted = select(sa.func.count()).select_from(InboxMessage).where(InboxMessage.topic == f"item:{crowd.item_id}")
    while time.perf_counter() - begun < PATIENCE_SECONDS:
        with runtime.database.read() as session:
            if session.exec(counted).one() >= len(crowd.members):
                return time.perf_counter() - begun
        time.sleep(0.05)
    raise RuntimeError("not everybody was told in time")


def _figures(name: str, times: list[float]) -> dict[str, float]:
    return {
        f"{name}_p50_ms": round(median(times) * 1000, 1),
        f"{name}_p95_ms": round(quantiles(times, n=20)[18] * 1000, 1),
        f"{name}_max_ms": round(max(times) * 1000, 1),
    }


@contextmanager
def serving(runtime: Runtime) -> Iterator[int]:
    """A server process over the runtime's database, and on PostgreSQL a worker beside it; its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    root = Path(__file__).parent.parent
    settings = runtime.settings
    environment = {
        **os.environ, "COCREATE_HOME": str(settings.home), "COCREATE_PORT": str(port), "PYTHONPATH": str(root),
        "COCREATE_DATABASE_URL": settings.effective_database_url, "COCREATE_GUEST_CACHE_SECONDS": "0",
    }  # fmt: skip
    program = [sys.executable, "-c", "import sys; from main import cli; sys.argv[0] = 'cocreate'; cli()"]
    commands = ["serve"] if runtime.database.is_sqlite else ["serve", "worker"]
    processes = [
        subprocess.Popen([*program, command], cwd=root, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603
        for command in commands
    ]
    try:
        _wait_until_ready(port)
        yield port
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(15)


def _wait_until_ready(port: int) -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until:
        try:
            if _ask(port, "GET", "/readyz", "") == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the server was not ready in time")
