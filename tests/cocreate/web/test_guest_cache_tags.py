"""What guests already have is not sent again, and only whole answers are kept."""

from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from cocreate.web.guest_cache import GuestCache

CONTROL = "public, max-age=1"


class Tagged:
    """An application whose answer has a tag, and that answers 304 itself when it is asked with it."""

    def __init__(self) -> None:
        self.asked: list[str | None] = []
        self.control = CONTROL

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        self.asked.append(request.headers.get("if-none-match"))
        headers = {"etag": '"one"', "cache-control": self.control}
        if request.headers.get("if-none-match") == '"one"':
            await Response(status_code=304, headers=headers)(scope, receive, send)
        elif "range" in request.headers:
            await Response("wh", status_code=206, headers=headers)(scope, receive, send)
        else:
            await Response("whole", headers=headers)(scope, receive, send)


@pytest.fixture
def origin() -> Tagged:
    return Tagged()


@pytest.fixture
def web(origin: Tagged) -> TestClient:
    return TestClient(GuestCache(origin, seconds=60))


def test_a_reader_with_the_tag_fills_the_memory_for_those_without(web: TestClient, origin: Tagged) -> None:
    first = web.get("/", headers={"if-none-match": '"one"'})
    assert (first.status_code, first.content, first.headers["etag"]) == (304, b"", '"one"')
    other = web.get("/")
    assert (other.status_code, other.text) == (200, "whole")
    again = web.get("/", headers={"if-none-match": 'W/"one", "two"'})
    assert (again.status_code, again.content) == (304, b"")
    assert web.get("/", headers={"if-none-match": '"two"'}).text == "whole"
    assert len(origin.asked) == 1


def test_a_part_of_an_answer_is_never_kept(web: TestClient) -> None:
    assert web.get("/", headers={"range": "bytes=0-1"}).status_code == 206
    assert web.get("/").text == "whole"


def test_nothing_is_kept_longer_than_its_max_age(origin: Tagged, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    clock: Any = type("Clock", (), {"monotonic": staticmethod(lambda: now[0])})
    monkeypatch.setattr("cocreate.web.guest_cache.time", clock)
    web = TestClient(GuestCache(origin, seconds=60))
    for at, calls in ((100.0, 1), (100.9, 1), (101.1, 2)):
        now[0] = at
        web.get("/")
        assert len(origin.asked) == calls


def test_no_max_age_at_all_is_kept_for_the_configured_time(web: TestClient, origin: Tagged) -> None:
    origin.control = "public"
    web.get("/")
    web.get("/")
    assert len(origin.asked) == 1
