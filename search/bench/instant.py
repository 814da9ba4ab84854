"""The whole instant search through HTTP: a real server process over the bench's database, one client typing."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from cocreate.core.runtime import Runtime
from search.bench.measure import quantiles

PATH = "/search/instant?q="
VOCABULARY_SECONDS = 8.0
"""The server reads its vocabulary in a thread after its start; nobody waits for it, and no figure holds it."""


def ask(runtime: Runtime, texts: Sequence[str]) -> dict[str, float]:
    """Milliseconds of one request at the client (p50, p95), and processor milliseconds of the server for each."""
    with _server(runtime) as (port, process_id):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for text in texts[:40]:
            _get(connection, text)
        worked = _processor_seconds(process_id)
        took = [_get(connection, text) for text in texts]
        worked = _processor_seconds(process_id) - worked
    return quantiles(took) | {"cpu_mean": round(worked * 1000 / len(took), 1)}


def _processor_seconds(process_id: int) -> float:
    """What the process has used; 0.0 where the system does not tell."""
    try:
        fields = Path(f"/proc/{process_id}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _get(connection: http.client.HTTPConnection, text: str) -> float:
    started = time.perf_counter()
    connection.request("GET", PATH + quote(text))
    answer = connection.getresponse()
    answer.read()
    took = (time.perf_counter() - started) * 1000
    if answer.status != 200:
        raise RuntimeError(f"{PATH}{text} answered {answer.status}")
    return took


@contextmanager
def _server(runtime: Runtime) -> Iterator[tuple[int, int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    root = Path(__file__).parent.parent.parent
    environment = {
        **os.environ, "COCREATE_HOME": str(runtime.settings.home),
        "COCREATE_DATABASE_URL": runtime.settings.effective_database_url, "PYTHONPATH": str(root),
        "COCREATE_GUEST_CACHE_SECONDS": "0", "COCREATE_MEILISEARCH_URL": "",
    }  # fmt: skip
    command = [sys.executable, "-m", "uvicorn", "main:create", "--factory", "--port", str(port), "--log-level", "error"]
    process = subprocess.Popen(command, cwd=root, env=environment)  # noqa: S603 (our own program)
    try:
        _wait(port)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(10)


def _wait(port: int) -> None:
    for _ in range(400):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                time.sleep(VOCABULARY_SECONDS)
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise RuntimeError("the server did not start")
