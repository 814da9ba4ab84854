"""Whole pages and parts of them, redirects, refusals in every form."""

import threading

import pytest
from sqlalchemy import event
from sqlmodel import Session, select

from cocreate.core.actor import Role
from cocreate.core.tables import MAX_ID
from cocreate.identity.vehicles.models import Vehicle
from cocreate.notify.inbox.service import tell
from cocreate.web.security import CSP


def test_a_partial_request_gets_the_block_alone(client, runtime, make_member):
    member = make_member()
    with runtime.database.write() as session:
        tell(session, [member.id], "test", key="k", params={}, url="/garage")
    whole, part = client.get("/inbox", actor=member), client.get("/inbox", actor=member, htmx=True)
    assert whole.text.startswith("<!doctype html>")
    assert "<html" not in part.text
    assert "letter-" in part.text
    assert part.text.strip() in whole.text.replace("<!doctype html>", "") or "letter-" in whole.text
    assert "HX-Request-Type" in part.headers["vary"]


def test_a_boosted_request_gets_the_whole_page(client, make_member):
    answer = client.get("/garage", actor=make_member(), headers={"hx-request": "true", "hx-request-type": "full"})
    assert answer.text.startswith("<!doctype html>")


def test_htmx_is_sent_on_by_header(client, make_member):
    answer = client.post("/garage", actor=make_member(), htmx=True, data={"model": "云麓"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (200, "/garage")


@pytest.mark.parametrize(
    "path",
    [
        "https://foreign.example/",
        "//foreign.example",
        "/\\foreign.example",
        "/\t/foreign.example",
        "javascript:alert(1)",
        "",
    ],
)
@pytest.mark.parametrize("htmx", [False, True])
def test_a_redirect_never_leaves_the_site(client, path, htmx):
    answer = client.post("/language", data={"language": "en", "next": path}, htmx=htmx)
    assert answer.headers["hx-redirect" if htmx else "location"] == "/"


def test_a_redirect_keeps_chinese_in_the_address(client):
    answer = client.post("/language", data={"language": "en", "next": "/search?q=座椅"}, htmx=True)
    assert answer.headers["hx-redirect"] == "/search?q=%E5%BA%A7%E6%A4%85"


def test_a_commit_that_fails_is_no_success(client, runtime, make_member):
    member = make_member()
    client.get("/garage", actor=member)  # signs the browser in

    def refuse(_session):
        raise RuntimeError("the disk is full")

    event.listen(Session, "before_commit", refuse)
    try:
        answer = client.post("/garage", actor=member, data={"model": "云麓"})
    finally:
        event.remove(Session, "before_commit", refuse)
    assert answer.status_code == 500
    assert answer.headers["content-security-policy"] == CSP
    assert answer.headers["x-request-id"] in answer.text
    with runtime.database.read() as session:
        assert session.exec(select(Vehicle)).all() == []


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True, scope="session")
def test_a_writer_that_waits_too_long_answers_503(client, runtime, make_member, monkeypatch):
    """On SQLite alone: PostgreSQL's writers do not queue on one lock."""
    member = make_member()
    client.get("/garage", actor=member)
    monkeypatch.setattr(runtime.database, "busy_seconds", 0.2)
    held, release = threading.Event(), threading.Event()

    def hold():
        with runtime.database.write() as session:
            tell(session, [member.id], "test", key="k", params={}, url="/")
            held.set()
            release.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(5)
    answer = client.post("/garage", actor=member, data={"model": "云麓"})
    release.set()
    thread.join(10)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


def test_an_unknown_address_is_a_page_in_the_readers_language(client):
    chinese, english = client.get("/nowhere"), client.get("/nowhere", language="en")
    assert (chinese.status_code, english.status_code) == (404, 404)
    assert "这个地址下没有内容" in chinese.text
    assert 'lang="zh-Hans"' in chinese.text
    assert "There is nothing at this address." in english.text


def test_an_unknown_address_under_api_is_json(client):
    answer = client.get("/api/v1/nowhere")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


@pytest.mark.parametrize("row", ["0", "-1", str(MAX_ID + 1), "9" * 40, "abc", "1e3", "１"])
def test_an_id_that_no_row_can_have_is_not_found(client, make_member, row):
    assert client.get(f"/members/{row}", actor=make_member("管", Role.ADMIN)).status_code == 404


def test_the_largest_id_is_looked_up_and_not_found(client, make_member):
    assert client.get(f"/members/{MAX_ID}", actor=make_member("管", Role.ADMIN)).status_code == 404


def test_a_guest_is_sent_to_sign_in_and_comes_back(client):
    answer = client.get("/garage?x=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Fgarage%3Fx%3D1")
    part = client.get("/inbox", htmx=True, headers={"referer": "http://testserver/roadmap"})
    assert part.headers["hx-redirect"] == "/sign-in?next=%2Froadmap"


def test_a_refusal_for_htmx_is_a_short_note(client, make_member):
    answer = client.get("/members", actor=make_member(), htmx=True)
    assert answer.status_code == 403
    assert "<html" not in answer.text
    assert "没有这项权限" in answer.text


def test_a_wrong_method_is_405(client, make_member):
    assert client.post("/healthz", actor=make_member()).status_code == 405


def test_the_language_follows_switch_account_browser(client, make_member):
    member = make_member(language="en")
    assert 'lang="en"' in client.get("/garage", actor=member).text
    assert 'lang="zh-Hans"' in client.get("/garage", actor=member, headers={"cookie": "lang=zh-Hans"}).text
    assert 'lang="zh-Hans"' in client.get("/sign-in", language="fr").text


def test_every_answer_carries_the_walls(client):
    for path in ("/sign-in", "/nowhere", "/healthz", "/brand.css"):
        headers = client.get(path).headers
        assert headers["content-security-policy"] == CSP
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-request-id"]


def test_health_and_readiness(client, runtime):
    from cocreate.core import schema

    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").status_code == 200
    schema.downgrade(runtime)
    assert client.get("/readyz").status_code == 503


def test_a_flash_is_shown_once_and_cannot_be_forged(client, make_member):
    member = make_member()
    answer = client.post("/garage", actor=member, data={"model": "云麓"})
    cookie = answer.cookies["flash"]
    shown = client.get("/garage", actor=member, headers={"cookie": f"flash={cookie}"})
    assert "已放进车库" in shown.text
    assert 'flash=""' in shown.headers["set-cookie"]
    forged = client.get("/garage", actor=member, headers={"cookie": f"flash={cookie[:-2]}xx"})
    assert "已放进车库" not in forged.text
