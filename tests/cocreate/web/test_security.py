"""Walls: cross-site writes, large bodies, tokens."""

import re

import pytest
from fastapi.routing import iter_route_contexts
from sqlmodel import select

from cocreate.core.actor import Role
from cocreate.web.security import SAFE_METHODS, SIGNED_PATHS
from feedback_cluster.triage.models import SavedFilter


@pytest.fixture
def unsafe_routes(app):
    """(method, path) of every route that may change something, parameters filled with 1."""
    return sorted(
        (method, re.sub(r"\{[^}]+\}", "1", route.path_format))
        for route in iter_route_contexts(app.routes)
        if route.path_format
        for method in (route.methods or set()) - SAFE_METHODS
    )


FOREIGN = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "none"},
    {"sec-fetch-site": "", "origin": "https://foreign.example"},
    {"sec-fetch-site": "", "origin": "null"},
    {"sec-fetch-site": ""},
]


@pytest.mark.parametrize("headers", FOREIGN)
def test_no_page_route_takes_a_write_from_another_site(client, unsafe_routes, make_member, headers):
    admin = make_member("管", *Role)
    pages = [(method, path) for method, path in unsafe_routes if not path.startswith(("/api/", *SIGNED_PATHS))]
    assert len(pages) > 15
    sent = {name: value for name, value in headers.items() if value}
    for method, path in pages:
        answer = client.request(method, path, actor=admin, headers={**sent}, browser=False)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "cross_site"), (method, path, headers)


def test_mail_programs_alone_write_without_our_page_and_only_with_a_signed_address(client, unsafe_routes, make_member):
    assert SIGNED_PATHS == ("/unsubscribe/",)
    signed = [path for _, path in unsafe_routes if path.startswith(SIGNED_PATHS)]
    assert signed
    for path in signed:
        assert client.post(path, actor=make_member("管", *Role), browser=False).status_code == 404, path


def test_a_write_of_our_own_origin_passes_where_fetch_metadata_is_unknown(client, make_member):
    answer = client.request(
        "POST", "/garage", actor=make_member(), headers={"origin": "http://testserver"}, browser=False,
        data={"model": "云麓"},
    )  # fmt: skip
    assert answer.status_code == 303


def test_no_json_route_takes_a_cookie(client, unsafe_routes, make_member):
    admin = make_member("管", *Role)
    for method, path in unsafe_routes:
        if path.startswith("/api/"):
            answer = client.request(method, path, actor=admin, json={})
            assert answer.status_code == 401, (method, path)


def test_a_token_without_the_scope_writes_nothing(client, unsafe_routes, make_member, make_token):
    token = make_token(make_member("管", *Role), "nothing:at-all")
    for method, path in unsafe_routes:
        if path.startswith("/api/"):
            answer = client.request(method, path, token=token, json={})
            assert answer.status_code == 403, (method, path)


def test_a_body_that_is_too_large_is_refused_before_it_is_read(client, make_member, runtime):
    large = "x" * (runtime.settings.max_body_bytes + 1)
    answer = client.post("/garage", actor=make_member(), data={"model": large})
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


def test_a_body_without_a_length_is_cut_off_too(client, make_member, runtime):
    def endless():
        for _ in range(runtime.settings.max_body_bytes // 65536 + 2):
            yield b"x" * 65536

    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = client.post("/garage", actor=make_member(), content=endless(), headers=headers)
    assert answer.status_code == 413


def test_who_goes_away_in_the_middle_of_a_form_is_no_failure(app, runtime, portal, caplog):
    parts = [{"type": "http.request", "body": b"model=", "more_body": True}, {"type": "http.disconnect"}]
    headers = {
        "host": "testserver",
        "sec-fetch-site": "same-origin",
        "content-type": "application/x-www-form-urlencoded",
    }
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "path": "/sign-in",
        "raw_path": b"/sign-in", "query_string": b"", "scheme": "http", "client": ("127.0.0.1", 1), "state": {},
        "server": ("testserver", 80), "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    sent = []

    async def receive():
        return parts.pop(0)

    async def send(message):
        sent.append(message)

    portal.call(app, scope, receive, send)
    assert [message["status"] for message in sent if message["type"] == "http.response.start"] == [400]
    assert caplog.records == []


@pytest.mark.parametrize("pieces", [[b"name=%00"], [b"name=a%", b"00b"], [b"name=a\x00"]])
def test_a_form_with_a_nul_is_refused_and_changes_nothing(client, make_member, pieces):
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = client.post("/garage", actor=make_member(), content=iter(pieces), headers=headers)
    assert answer.status_code == 422
    assert "NUL" in answer.text


def test_json_with_a_nul_is_refused_but_text_about_it_is_not(client, make_member, make_token):
    token = make_token(make_member(), "posts:write")

    def sent(body: str) -> int:
        headers = {"content-type": "application/json; charset=utf-8"}
        return client.post("/api/v1/posts", token=token, content=body.encode(), headers=headers).status_code

    assert sent(r'{"kind": "idea", "title": "座椅\u0000通风", "body": "x"}') == 422
    assert sent(r'{"kind": "idea", "title": "座椅 \\u0000 通风", "body": "x"}') == 201


def test_typed_words_with_a_nul_are_refused_beside_a_file_too(client, runtime, make_member):
    pm = make_member("产品林", Role.PM)
    for path, field in (("/triage/filters", "name"), ("/garage", "model")):
        answer = client.post(path, actor=pm, files={field: (None, "座椅\x00"), "more": ("a.bin", b"\x00")})
        assert answer.status_code == 422
        assert "NUL" in answer.text
    with runtime.database.read() as session:
        assert session.exec(select(SavedFilter)).all() == []
    assert (
        client.post("/triage/filters", actor=pm, files={"name": (None, "座椅"), "more": ("a", b"\x00")}).status_code
        == 303
    )


def test_a_nul_in_an_address_is_no_failure_of_ours(client, make_member):
    pm = make_member("产品林", Role.PM)
    for path in ("/themes?model=%00", "/themes?q=%00", "/live/%00", "/triage/filters/put-back?name=%00"):
        method = client.post if "put-back" in path else client.get
        assert method(path, actor=pm).status_code < 500


def test_a_body_that_is_too_large_is_called_so_where_plain_fields_are_read(client, make_member):
    pieces = (b"x" * 100_000 for _ in range(30))
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = client.post("/triage/filters", actor=make_member("产品林", Role.PM), content=pieces, headers=headers)
    assert answer.status_code == 413
