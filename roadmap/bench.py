"""What a crowd of viewers costs: `cocreate bench live`. A real server process, 64 connections that never pause."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from typing import Any

from sqlmodel import Session, SQLModel

from cocreate.core import clock
from cocreate.core.runtime import Runtime
from roadmap.live.models import LiveSession, LiveTopic

CODE, CLIENTS, SECONDS, TOPICS = "BENCH2", 64, 6.0, 12


def live(runtime: Runtime) -> dict[str, Any]:
    """Requests per second and p95 in milliseconds of the viewers' snapshot: whole bodies, and 304 for known tags.

    The server rebuilds the snapshot every two seconds meanwhile, as it does on a real evening.
    """
    _fill(runtime)
    runtime.close()
    runtime.__dict__.pop("database", None)
    with _server(runtime) as port:
        tag = asyncio.run(_tag(port))
        whole = asyncio.run(_storm(port, {}))
        known = asyncio.run(_storm(port, {"if-none-match": tag}))
    return {"clients": CLIENTS, "topics": TOPICS, "whole": whole, "not_modified": known}


def _fill(runtime: Runtime) -> None:
    """One session with twelve topics. Themes and their voices are written as bare rows: their package makes them by
    running.
    """
    theme: Any = SQLModel.metadata.tables["theme"]
    with runtime.database.write() as session:
        run = _bare(session, "cluster_run", state="done", slot=None)
        _bare(session, "cluster_current", id=1, run_id=run)
        for number in range(1, TOPICS + 1):
            values = {column.name: column.default.arg for column in theme.columns if _plain(column)}
            values |= {"id": number, "root_id": number, "name": f"主题 {number}", "born_at": clock.now()}
            values |= {"size": 40 - number, "created_at": clock.now(), "keywords": [], "quotes": []}
            values |= {"weekly": {}, "models": {}, "kinds": {}, "parts": {}}
            session.connection().execute(theme.insert().values(**values))
            voice = _bare(session, "post", title=f"声音 {number}", kind="problem", source="bench")
            facts = {"created_at": clock.now(), "kind": "problem"}
            _bare(session, "theme_post", run_id=run, post_id=voice, theme_id=number, **facts)
        row = LiveSession(code=CODE, title="一晚直播")
        session.add(row)
        session.flush()
        session.add_all(LiveTopic(session_id=row.id or 0, theme_id=n, position=n) for n in range(1, TOPICS + 1))


def _bare(session: Session, name: str, **values: Any) -> int:
    table: Any = SQLModel.metadata.tables[name]
    result: Any = session.connection().execute(table.insert().values(**values))
    return int(result.inserted_primary_key[0])


def _plain(column: Any) -> bool:
    return column.default is not None and column.default.is_scalar


async def _tag(port: int) -> str:
    head, _ = await _ask(*await asyncio.open_connection("127.0.0.1", port), _request({}))
    return next(line.split(": ", 1)[1] for line in head.split("\r\n") if line.lower().startswith("etag"))


def _request(headers: dict[str, str]) -> bytes:
    lines = [f"GET /api/v1/live/{CODE}/topics HTTP/1.1", "host: bench", *(f"{k}: {v}" for k, v in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def _ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> tuple[str, int]:
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    lengths = [line for line in head.lower().split("\r\n") if line.startswith("content-length")]
    if lengths:
        await reader.readexactly(int(lengths[0].split(":")[1]))
    return head, int(head.split(" ", 2)[1])


async def _storm(port: int, headers: dict[str, str]) -> dict[str, float]:
    request = _request(headers)
    times: list[float] = []
    wrong: list[int] = []
    over = time.perf_counter() + SECONDS

    async def viewer() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (begun := time.perf_counter()) < over:
            _, status = await _ask(reader, writer, request)
            times.append(time.perf_counter() - begun)
            if status != (304 if headers else 200):
                wrong.append(status)
        writer.close()

    await asyncio.gather(*(viewer() for _ in range(CLIENTS)))
    if wrong:
        raise RuntimeError(f"{len(wrong)} answers were not what was asked for, the first {wrong[0]}")
    cuts = quantiles(times, n=20)
    return {
        "requests": len(times), "per_second": round(len(times) / SECONDS),
        "p50_ms": round(cuts[9] * 1000, 1), "p95_ms": round(cuts[18] * 1000, 1),
    }  # fmt: skip


@contextmanager
def _server(runtime: Runtime) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    root = Path(__file__).parent.parent
    environment = {
        **os.environ, "COCREATE_HOME": str(runtime.settings.home),
        "COCREATE_DATABASE_URL": runtime.settings.effective_database_url, "PYTHONPATH": str(root),
    }  # fmt: skip
    command = [sys.executable, "-m", "uvicorn", "main:create", "--factory", "--port", str(port), "--log-level", "error"]
    command.append("--no-access-log")
    process = subprocess.Popen(command, cwd=root, env=environment)  # noqa: S603 (our own program)
    try:
        _wait(port)
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _wait(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("the server did not start")
