"""A page that grew old is fetched by one reader; the others get the old one meanwhile, and never longer."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from cocreate.web.guest_cache import GuestCache


def told(story: Coroutine[Any, Any, None]) -> None:
    """Run a story in a thread of its own: a test before it may have left the browser's loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, story).result(timeout=30)


class SlowOrigin:
    """Answers only when told to; `status` and `control` say what the next answer is."""

    def __init__(self) -> None:
        self.calls, self.status, self.control = 0, 200, b"public, max-age=1"
        self.gate = asyncio.Event()
        self.gate.set()
        self.broken = False

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        self.calls += 1
        number = self.calls
        await self.gate.wait()
        if self.broken:
            raise RuntimeError("down")
        await send(
            {"type": "http.response.start", "status": self.status, "headers": [(b"cache-control", self.control)]}
        )
        await send({"type": "http.response.body", "body": str(number).encode()})


async def get(app: GuestCache) -> str:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    await app({"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}, receive, send)
    return b"".join(message.get("body", b"") for message in sent).decode()


def grow_old(cache: GuestCache) -> None:
    for key, (_until, start, body) in list(cache._entries.items()):
        cache._entries[key] = (0.0, start, body)


def test_one_reader_renews_and_nobody_waits() -> None:
    async def story() -> None:
        origin = SlowOrigin()
        cache = GuestCache(origin, seconds=60)
        assert await get(cache) == "1"
        grow_old(cache)
        origin.gate.clear()
        renewing = asyncio.create_task(get(cache))
        await asyncio.sleep(0.01)
        assert [await get(cache) for _ in range(3)] == ["1", "1", "1"]
        origin.gate.set()
        assert await renewing == "2"
        assert await get(cache) == "2"
        assert origin.calls == 2

    told(story())


@pytest.mark.parametrize(("status", "control"), [(404, b"no-store"), (200, b"private, no-store")])
def test_a_page_that_is_public_no_more_is_forgotten_at_once(status: int, control: bytes) -> None:
    async def story() -> None:
        origin = SlowOrigin()
        cache = GuestCache(origin, seconds=60)
        await get(cache)
        grow_old(cache)
        origin.status, origin.control = status, control
        assert [await get(cache), await get(cache)] == ["2", "3"]

    told(story())


def test_a_page_that_breaks_is_not_served_old_for_ever() -> None:
    async def story() -> None:
        origin = SlowOrigin()
        cache = GuestCache(origin, seconds=60)
        await get(cache)
        grow_old(cache)
        origin.broken = True
        for _ in range(2):
            with pytest.raises(RuntimeError):
                await get(cache)

    told(story())
