"""Pages kept in memory for guests: the same bytes for all of them, never a member's."""

import pytest
from starlette.responses import Response
from starlette.testclient import TestClient

from cocreate.web.guest_cache import GuestCache


class Origin:
    """An application that counts its answers; the path decides what it says about caching."""

    def __init__(self):
        self.calls = 0

    async def __call__(self, scope, receive, send):
        self.calls += 1
        answer = Response(f"{scope['path']} {self.calls}")
        if "public" in scope["path"]:
            answer.headers["cache-control"] = "public, max-age=2"
        if "cookie" in scope["path"]:
            answer.set_cookie("visit", "1")
        if "private" in scope["path"]:
            answer.headers["cache-control"] = "private, no-store"
        await answer(scope, receive, send)


@pytest.fixture
def origin():
    return Origin()


@pytest.fixture
def web(origin):
    return TestClient(GuestCache(origin, seconds=60))


def test_guests_share_one_answer(web, origin):
    assert [web.get("/public").text for _ in range(3)] == ["/public 1"] * 3
    assert origin.calls == 1


def test_a_private_answer_is_never_kept(web, origin):
    web.get("/private")
    web.get("/private")
    assert origin.calls == 2


def test_an_answer_that_sets_a_cookie_is_never_kept(web, origin):
    web.get("/public/cookie")
    web.cookies.clear()
    web.get("/public/cookie")
    assert origin.calls == 2


@pytest.mark.parametrize(
    "headers", [{"cookie": "session=x"}, {"authorization": "Bearer x"}, {"cookie": "flash=x; lang=en"}]
)
def test_who_brings_a_session_a_token_or_a_flash_is_asked_afresh(web, origin, headers):
    web.get("/public")
    assert web.get("/public", headers=headers).text == "/public 2"
    assert web.get("/public").text == "/public 1"  # and what they got is not given to guests


@pytest.mark.parametrize(
    "headers",
    [
        {"accept-language": "en"},
        {"hx-request-type": "partial"},
        {"cookie": "lang=en"},
        {"cookie": "scheme=dark"},
        {"host": "other"},
    ],
)
def test_what_changes_the_page_has_its_own_entry(web, headers):
    assert web.get("/public").text == "/public 1"
    assert web.get("/public", headers=headers).text == "/public 2"
    assert web.get("/public", headers=headers).text == "/public 2"


def test_only_reading_is_answered_from_memory(web, origin):
    web.get("/public")
    web.post("/public")
    assert origin.calls == 2


def test_an_answer_grows_old(origin):
    web = TestClient(GuestCache(origin, seconds=0.05))
    web.get("/public")
    import time

    time.sleep(0.1)
    assert web.get("/public").text == "/public 2"


def test_a_members_page_says_that_it_is_private(client, make_member):
    member = make_member()
    for path in ("/", "/roadmap", "/garage"):
        assert client.get(path, actor=member).headers["cache-control"] == "private, no-store", path
