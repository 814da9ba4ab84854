"""Signing up, in and out through the pages."""

import re

import pytest
import time_machine
from sqlmodel import select
from starlette.testclient import TestClient

from cocreate.core import audit, clock
from cocreate.core.actor import Role
from cocreate.identity.members import service
from cocreate.identity.members.models import Member
from cocreate.identity.sessions.models import MemberSession
from cocreate.identity.sessions.service import make_link
from cocreate.web.app import create_app
from tests.client import Client

PASSWORD = "ein langer Satz 夏天"


@pytest.fixture
def owner(make_member):
    """Somebody with a password."""
    return make_member("阿敏", password_hash=service.hash_password(PASSWORD))


def sign_in(client, member, password=PASSWORD, **kwargs):
    return client.post(
        "/sign-in", data={"email": member.email, "password": password, **kwargs.pop("data", {})}, **kwargs
    )


def session_cookie(answer):
    return next(value for value in answer.headers.get_list("set-cookie") if value.startswith(("session=", "__Host-")))


def test_a_new_account_is_signed_in_at_once(client, runtime):
    answer = client.post(
        "/sign-up", data={"name": "小周", "email": "Zhou@Example.com", "password": PASSWORD, "next": "/garage"}
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/garage")
    with runtime.database.read() as session:
        member = session.exec(select(Member)).one()
    assert (member.name, member.email) == ("小周", "zhou@example.com")
    assert PASSWORD not in member.password_hash
    cookie = session_cookie(answer).split(";")[0]
    assert "我的车库" in client.get("/garage", headers={"cookie": cookie}).text


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "\u200b\u202e", "看得见"),
        ("name", "x" * 41, "太长"),
        ("email", "niemand", "name@example.com"),
        ("email", "a@b", "name@example.com"),
        ("password", "kurz", "至少 10 个字符"),
        ("password", "aaaaaaaaaaaa", "太容易"),
        ("password", "1234567890", "太容易"),
        ("password", "zhou@example.com", "不能和邮箱相同"),
    ],
)
def test_a_sign_up_that_does_not_fit_says_why_and_forgets_nothing_but_the_password(
    client, runtime, field, value, message
):
    data = {"name": "小周", "email": "zhou@example.com", "password": PASSWORD} | {field: value}
    answer = client.post("/sign-up", data=data)
    assert answer.status_code == 422
    assert message in answer.text
    assert data["password"] not in re.sub(r'<input[^>]*name="email"[^>]*>', "", answer.text)
    with runtime.database.read() as session:
        assert session.exec(select(Member)).all() == []


def test_an_address_has_one_account(client, owner):
    answer = client.post("/sign-up", data={"name": "x", "email": owner.email.upper(), "password": PASSWORD})
    assert answer.status_code == 422
    assert "已经注册过" in answer.text


def test_of_two_who_sign_up_with_one_address_at_once_one_is_refused(runtime, owner, monkeypatch):
    """The look finds nobody yet; the unique key settles it."""

    def too_early(_session, _statement):
        return type("Nobody", (), {"first": lambda self: None})()

    def sign_up():
        with runtime.database.write() as session:
            monkeypatch.setattr(type(session), "exec", too_early)
            service.add_member(session, name="x", email=owner.email)

    with pytest.raises(service.EmailTaken):
        sign_up()


def test_where_sign_up_is_closed_there_is_no_form(client, runtime):
    runtime.settings.__dict__["open_sign_up"] = False
    try:
        assert client.get("/sign-up").status_code == 403
        assert client.post("/sign-up", data={"name": "x"}).status_code == 403
        assert "注册账号" not in client.get("/sign-in").text
    finally:
        runtime.settings.__dict__["open_sign_up"] = True


def test_signing_in_leads_to_where_one_wanted_to_go(client, owner):
    answer = sign_in(client, owner, data={"next": "/account/sessions"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/account/sessions")
    assert sign_in(client, owner, data={"next": "//foreign.example"}).headers["location"] == "/"
    assert sign_in(client, owner, htmx=True, data={"next": "/garage"}).headers["hx-redirect"] == "/garage"


def test_an_unknown_address_and_a_wrong_password_are_told_alike(client, make_member, owner):
    """Same status, same words, and for both the password is hashed: see `password_fits`."""
    linked, suspended = (
        make_member("无密码"),
        make_member("停", password_hash=service.hash_password(PASSWORD), suspended=True),
    )
    answers = [
        sign_in(client, owner, "falsches Passwort"),
        sign_in(client, linked, "falsches Passwort"),
        sign_in(client, suspended),
        client.post("/sign-in", data={"email": "nobody@example.com", "password": PASSWORD}),
    ]
    texts = {re.sub(r'value="[^"]*@example.com"', "", re.sub(r"\d+", "", answer.text)) for answer in answers}
    assert {answer.status_code for answer in answers} == {422}
    assert len(texts) == 1
    assert all(
        "set-cookie" not in answer.headers or "session=" not in answer.headers["set-cookie"] for answer in answers
    )


def test_an_unknown_address_costs_a_hash_too(client, monkeypatch):
    hashed = []
    monkeypatch.setattr(service._hasher, "verify", lambda password, stored: hashed.append(stored) or False)
    client.post("/sign-in", data={"email": "nobody@example.com", "password": "x" * 12})
    assert hashed == [service._NOBODY]


def test_even_the_stand_in_hash_lets_nobody_in(monkeypatch):
    monkeypatch.setattr(service._hasher, "verify", lambda password, stored: True)
    assert not service.password_fits("x", None)


def test_too_many_failures_close_the_account_for_a_while(client, runtime, owner):
    with time_machine.travel(clock.now(), tick=False) as traveller:
        for _ in range(runtime.settings.sign_in_tries):
            assert sign_in(client, owner, "falsch" * 3).status_code == 422
        refused = sign_in(client, owner)
        assert refused.status_code == 429
        assert 0 < int(refused.headers["retry-after"]) <= 300
        traveller.shift(301)
        assert sign_in(client, owner).status_code == 303


def test_an_account_is_closed_to_all_addresses_together(app, runtime, owner):
    """Guessing from many machines at once gets no further than from one."""
    answers = []
    for number in range(runtime.settings.sign_in_tries + 1):
        web = TestClient(app, client=(f"203.0.113.{number}", 9), follow_redirects=False)
        data = {"email": owner.email, "password": "falsch" * 3}
        answers.append(web.post("/sign-in", data=data, headers={"sec-fetch-site": "same-origin"}).status_code)
    assert answers == [422] * runtime.settings.sign_in_tries + [429]


def test_too_many_failures_close_the_address_as_well(client, runtime, make_member):
    for number in range(runtime.settings.sign_in_tries):
        client.post("/sign-in", data={"email": f"nobody{number}@example.com", "password": "x" * 12})
    assert client.post("/sign-in", data={"email": "other@example.com", "password": "x" * 12}).status_code == 429


def test_signing_in_rightly_uses_no_try_up(client, runtime, owner):
    for _ in range(runtime.settings.sign_in_tries + 2):
        assert sign_in(client, owner).status_code == 303


def test_the_cookie_is_closed_to_scripts_and_other_sites(client, owner):
    cookie = session_cookie(sign_in(client, owner))
    assert cookie.startswith("session=")
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


def test_over_https_the_cookie_is_bound_to_the_host(runtime, owner):
    settings = runtime.settings
    runtime.settings = settings.model_copy(update={"url": "https://cocreate.example"})
    try:
        client = Client(create_app(runtime), runtime)
        cookie = session_cookie(sign_in(client, owner))
        assert cookie.startswith("__Host-session=")
        assert {"HttpOnly", "Secure", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
        assert "max-age=31536000" in client.get("/sign-in").headers["strict-transport-security"]
        kept = cookie.split(";")[0]
        assert client.get("/garage", headers={"cookie": kept}).status_code == 200
        gone = session_cookie(client.post("/sign-out", headers={"cookie": kept}))
        assert gone.startswith('__Host-session=""')
        assert "Secure" in gone
        plain = kept.replace("__Host-session", "session")
        assert client.get("/garage", headers={"cookie": plain}).status_code == 303
    finally:
        runtime.settings = settings


def test_signing_in_again_begins_a_new_session_and_ends_the_old_one(client, owner):
    first = session_cookie(sign_in(client, owner)).split(";")[0]
    second = session_cookie(sign_in(client, owner, headers={"cookie": first})).split(";")[0]
    assert first != second
    assert client.get("/garage", headers={"cookie": first}).status_code == 303
    assert client.get("/garage", headers={"cookie": second}).status_code == 200


def test_signing_out_ends_this_browsers_session_alone(client, owner):
    here, there = (session_cookie(sign_in(client, owner)).split(";")[0] for _ in range(2))
    answer = client.post("/sign-out", headers={"cookie": here})
    assert 'session=""' in session_cookie(answer)
    assert client.get("/garage", headers={"cookie": here}).status_code == 303
    assert client.get("/garage", headers={"cookie": there}).status_code == 200


def test_looking_at_a_link_does_not_use_it_up(client, runtime, make_member):
    member = make_member()
    with runtime.database.write() as session:
        token = make_link(session, member.id)
    for _ in range(3):
        page = client.get(f"/in/{token}?next=/garage")
        assert page.status_code == 200
        assert page.headers["referrer-policy"] == "same-origin", "no other site learns the link"
    answer = client.post(f"/in/{token}", data={"next": "/garage"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/garage")
    assert client.post(f"/in/{token}").status_code == 404


def test_a_link_of_a_suspended_member_leads_nowhere(client, runtime, make_member):
    member = make_member(suspended=True)
    with runtime.database.write() as session:
        token = make_link(session, member.id)
    assert client.post(f"/in/{token}").status_code == 404


def test_signing_in_is_noted_without_personal_text(client, runtime, owner):
    sign_in(client, owner, headers={"user-agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X) Chrome/1 Safari/1"})
    with runtime.database.read() as session:
        row = session.exec(select(MemberSession)).one()
        entry = audit.trail(session, "member_session", row.id)[0]
    assert (entry.action, entry.actor_id, entry.detail) == ("session.begin", owner.id, {})


def test_whoever_is_signed_in_is_not_asked_again(client, owner):
    assert client.get("/sign-in?next=/garage", actor=owner).headers["location"] == "/garage"
    assert client.get("/sign-up?next=/garage", actor=owner).headers["location"] == "/garage"


def test_no_one_tap_persona_outside_of_a_demo(client):
    assert "persona" not in client.get("/sign-in").text


def test_roles_take_effect_with_the_next_request(client, runtime, make_member):
    member = make_member()
    assert client.get("/members", actor=member).status_code == 403
    with runtime.database.write() as session:
        service.give_roles(session, session.get(Member, member.id), frozenset({Role.ADMIN}), by=service.Actor())
    assert client.get("/members", actor=member).status_code == 200
