"""What was answered with 2xx is still there after SIGKILL, and counters equal the votes."""

import http.client
import json
import os
import signal
import subprocess
import threading
import time
from contextlib import closing
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from cocreate.identity.sessions.service import add_token
from tests.e2e.conftest import PROGRAM, ROOT, wait_until_ready

pytestmark = pytest.mark.slow


def _writer(url: str, token: str, number: int, acknowledged: list[tuple[int, str]], over: threading.Event) -> None:
    address = urlsplit(url)
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    count = 0
    while not over.is_set():
        count += 1
        title = f"第{number}位车主的第{count}条建议 {time.time_ns()}"
        body = json.dumps({"kind": "idea", "title": title, "body": "方向盘加热再快一点", "board": "all"})
        try:
            with closing(http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)) as connection:
                connection.request("POST", "/api/v1/posts", body, headers)
                answer = connection.getresponse()
                content = answer.read()
                assert answer.status == 201, content[:300]
                post_id = json.loads(content)["id"]
                acknowledged.append((post_id, title))
                connection.request("PUT", f"/api/v1/posts/{post_id}/vote", headers=headers)
                connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            time.sleep(0.02)


def test_acknowledged_writes_survive_kill_9(ground):
    owner = ground.member("耐心的车主")
    with ground.runtime.database.write() as session:
        token = add_token(session, owner.id or 0, ["posts:write", "votes:write"])
        session.connection().execute(
            sa.text("INSERT INTO board (key, name, description, position) VALUES ('all', '全部', '', 1)")
        )
    url = ground.url
    acknowledged: list[tuple[int, str]] = []
    for round_number in range(2):
        process = subprocess.Popen(
            [*PROGRAM, "serve"], cwd=ROOT, env=ground.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_until_ready(url, process)
        over = threading.Event()
        before = len(acknowledged)
        writers = [
            threading.Thread(target=_writer, args=(url, token, number, acknowledged, over), daemon=True)
            for number in range(6)
        ]
        for writer in writers:
            writer.start()
        while len(acknowledged) < before + 50 + 20 * round_number:
            assert process.poll() is None
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        over.set()
        process.wait()
        for writer in writers:
            writer.join(timeout=15)
    with ground.runtime.database.read() as session:
        stored = {row[0]: row[1] for row in session.connection().execute(sa.text("SELECT id, title FROM post"))}
        wrong = session.connection().execute(
            sa.text(
                "SELECT count(*) FROM post WHERE vote_count <> (SELECT count(*) FROM vote WHERE vote.post_id = post.id)"
            )
        )
        assert wrong.scalar() == 0
    assert len(acknowledged) >= 120
    assert [pair for pair in acknowledged if stored.get(pair[0]) != pair[1]] == []
